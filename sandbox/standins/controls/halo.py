"""Controls of HaloPSA: what people and Halo itself do to recurring invoices, limits, rights, and habits."""

from typing import Any

from sandbox.standins.controls.lookup import ControlError, find_tenant, whole
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.halo.documents import billed, in_effect, shown_line, store
from sandbox.standins.vendors.halo.edits import edit, prepare
from sandbox.standins.vendors.halo.habits import DEFAULTS
from sandbox.standins.worlds.halo import COUNTED_BY_LICENCES, LINE

_RIGHTS = frozenset({"customers", "items", "invoices", "invoices.edit"})


def halo_lines(state: State, faults: Faults, invoice: str) -> list[Document]:
    """Show the lines of a recurring invoice; the invoice may be an id or a tenant."""
    found = _invoice(state, invoice)
    return [_view(found, number) for number in found["lines"]]


def halo_edit_line(
    state: State,
    faults: Faults,
    invoice: str,
    line: int,
    by: str = "mkeller",
    after_reads: int = 0,
    **fields: Any,
) -> list[Document]:
    """A person changes fields of a line: qty_order=7 unit_price=9; after_reads=2: right after the second read."""
    found, number = _line(state, invoice, line)
    if not fields or not set(fields) <= set(LINE):
        raise ControlError(f"Fields of a line are: {', '.join(LINE)}.")
    return _edited(state, found, number, fields, by, after_reads)


def halo_remove_line(
    state: State, faults: Faults, invoice: str, line: int, by: str = "mkeller", after_reads: int = 0
) -> list[Document]:
    """A person removes a line; after_reads=1: right after the next read of the document."""
    found, number = _line(state, invoice, line)
    return _edited(state, found, number, {}, by, after_reads)


def halo_remove_invoice(state: State, faults: Faults, invoice: str) -> Document:
    """A person removes a recurring invoice."""
    found = _invoice(state, invoice)
    state.remove("halo_invoice", f"{found['site']}/{found['id']}")
    return {"removed": found["id"]}


def halo_change_invoice(state: State, faults: Faults, invoice: str, **fields: Any) -> Document:
    """Change fields of the document itself: disabled=true period=3."""
    found = _invoice(state, invoice)
    known = {"name", "period", "disabled", "enddate", "nextcreationdate", "client_id"}
    if not set(fields) <= known:
        raise ControlError(f"Fields of a recurring invoice are: {', '.join(sorted(known))}.")
    fresh = state.change("halo_invoice", f"{found['site']}/{found['id']}", lambda doc: doc.update(fields))
    return {name: fresh[name] for name in ("id", *sorted(known))}


def halo_count_line(state: State, faults: Faults, invoice: str, line: int, counted: float) -> list[Document]:
    """From now on Halo counts this line itself, and finds that many when it makes the invoice."""
    found, number = _line(state, invoice, line)

    def count(document: Document) -> None:
        chosen = document["lines"][number]
        chosen["recurring_invoice_quantity_type"] = COUNTED_BY_LICENCES
        chosen["quantity_licences"] = [{"id": int(number), "licence_id": 1, "licence_name": "counted"}]
        chosen["counted"] = float(counted)

    fresh = state.change("halo_invoice", f"{found['site']}/{found['id']}", count)
    return [_view(fresh, line) for line in fresh["lines"]]


def halo_bill(state: State, faults: Faults, invoice: str) -> list[Document]:
    """Halo makes the invoice: pending rows are rolled into the quantities, counted lines are counted."""
    found = _invoice(state, invoice)
    fresh = store(state, _site_of(state, found), billed(found, state.now()), [])
    return [_view(fresh, number) for number in fresh["lines"]]


def halo_writes(state: State, faults: Faults) -> list[Document]:
    """List every change of a line that a POST to a Halo made, oldest first."""
    return state.all("halo_write")


def halo_limit(
    state: State, faults: Faults, site: str, per_5_minutes: int = 300, others: int = 0
) -> Document:
    """How many requests a Halo takes in 5 minutes, and how many of them other tools of the MSP use."""
    limit = {"limit_per_5_minutes": whole(per_5_minutes, "per_5_minutes")}
    return _change_site(state, site, limit | {"others_per_5_minutes": whole(others, "others")})


def halo_rights(state: State, faults: Faults, site: str, missing: str = "") -> Document:
    """Rights the API application lacks: customers, items, invoices, invoices.edit (comma between, empty = none)."""
    wanted = [right.strip() for right in str(missing).split(",") if right.strip()]
    if not set(wanted) <= _RIGHTS:
        raise ControlError(f"Rights are: {', '.join(sorted(_RIGHTS))}.")
    return _change_site(state, site, {"missing_rights": wanted})


def halo_secret(state: State, faults: Faults, site: str, secret: str) -> Document:
    """Change the client secret, so that the one Seatwise has is wrong."""
    return _change_site(state, site, {"client_secret": str(secret)})


def halo_habits(state: State, faults: Faults, site: str, **habits: Any) -> Document:
    """How this Halo behaves, e.g. retry_after=60 largest_page=20 record_count=zero; without words as usual."""
    unknown = set(habits) - set(DEFAULTS)
    if unknown:
        raise ControlError(f"Habits of a Halo are: {', '.join(DEFAULTS)}.")
    return _change_site(state, site, {"habits": dict(habits)})


def _edited(
    state: State, found: Document, number: str, fields: Document, by: str, after_reads: int
) -> list[Document]:
    site = _site_of(state, found)
    if after_reads:
        waiting = {"reads": whole(after_reads, "after_reads"), "line": number, "changes": fields, "who": by}
        prepare(state, site, found, waiting)
        return []
    fresh = edit(state, site, found, number, fields, by)
    return [_view(fresh, line) for line in fresh["lines"]]


def _view(invoice: Document, number: str) -> Document:
    line = shown_line(invoice["lines"][number], invoice["id"])
    told = (
        "id",
        "_itemid",
        "qty_order",
        "unit_price",
        "startdate",
        "enddate",
        "prorata_data",
        "customfields",
    )
    return {name: line[name] for name in told} | {"in_effect": in_effect(invoice["lines"][number])}


def _invoice(state: State, text: Any) -> Document:
    """By id, or by the tenant it bills."""
    invoices = state.all("halo_invoice")
    wanted = str(text).strip()
    found = next((invoice for invoice in invoices if str(invoice["id"]) == wanted), None)
    if found is not None:
        return found
    if wanted.isdigit():
        known = ", ".join(str(invoice["id"]) for invoice in invoices[:20]) or "none"
        raise ControlError(f"There is no recurring invoice {text}. Known: {known}.")
    tenant = find_tenant(state, text)
    invoice = state.find("halo_invoice", f"{tenant['psa_site']}/{tenant['agreement_id']}")
    if invoice is None:
        raise ControlError(f"{tenant['name']} has no recurring invoice in a Halo.")
    return invoice


def _line(state: State, invoice: str, line: int) -> tuple[Document, str]:
    found = _invoice(state, invoice)
    if str(line) not in found["lines"]:
        known = ", ".join(found["lines"]) or "none"
        raise ControlError(f"Recurring invoice {found['id']} has no line {line}. It has: {known}.")
    return found, str(line)


def _site_of(state: State, invoice: Document) -> Document:
    return state.get("halo_site", invoice["site"])


def _change_site(state: State, site: str, change: Document) -> Document:
    sites = state.all("halo_site")
    found = next(
        (other for other in sites if str(site).strip().lower() in ("", other["key"], other["host"])), None
    )
    if found is None:
        raise ControlError(f"There is no Halo {site!r}. Choose one of: {', '.join(s['key'] for s in sites)}.")
    fresh = state.change("halo_site", found["key"], lambda document: document.update(change))
    told = ("key", "limit_per_5_minutes", "others_per_5_minutes", "missing_rights", "habits")
    return {name: fresh[name] for name in told}
