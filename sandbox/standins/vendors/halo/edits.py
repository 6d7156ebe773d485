"""What a person does in Halo itself: change a line by hand, also just after somebody else has read it."""

from copy import deepcopy
from typing import Any

from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.halo.documents import Change, store


def edit(state: State, site: Document, invoice: Document, line: str, changes: Document, who: str) -> Document:
    """A person changes fields of one line; an empty `changes` removes the line."""
    fresh = deepcopy(invoice)
    change = Change(state, site, who)
    if changes:
        before = deepcopy(fresh["lines"][line])
        fresh["lines"][line] |= changes
        change.note_line(invoice, before, fresh["lines"][line])
    else:
        gone = fresh["lines"].pop(line)
        change.note(invoice, "line", gone["item_shortdescription"], "", gone["id"])
    fresh["last_modified"] = stamp(state.now())
    return store(state, site, fresh, change.log)


def after_a_read(state: State, site: Document, invoice: Document) -> None:
    """Do what a control prepared for the moment after this document was read."""
    waiting: Document | None = invoice.get("after_reads")
    if waiting is None:
        return
    key = f"{site['key']}/{invoice['id']}"
    if waiting["reads"] > 1:
        left = waiting | {"reads": waiting["reads"] - 1}
        state.change("halo_invoice", key, lambda document: document.update(after_reads=left))
        return

    def forget(document: Document) -> None:
        document.pop("after_reads")

    fresh = state.change("halo_invoice", key, forget)
    edit(state, site, fresh, waiting["line"], waiting["changes"], waiting["who"])


def prepare(state: State, site: Document, invoice: Document, waiting: dict[str, Any]) -> None:
    state.change(
        "halo_invoice",
        f"{site['key']}/{invoice['id']}",
        lambda document: document.update(after_reads=waiting),
    )
