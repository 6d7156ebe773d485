"""Words that rows of different alert types have in common."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from shared.alerts.view import AccountView, OwnLine
from shared.billing.models import Intent
from shared.billing.psa.write_failures import told
from shared.licensing.licences import Licence
from shared.licensing.tenant_state import ReadFailure
from shared.text import one_line

NAME = 80
SENTENCE = 400
"""Vendors' text in a row is cut to these lengths: a row stays readable, and small enough to store."""


def seats(count: int) -> str:
    return f"{count:,} seat{'' if count == 1 else 's'}"


def sold_by_others(licence: Licence) -> str:
    """How many of the purchased seats none of the account's partners sold; "" when it is none, or not told."""
    return f"{licence.sold_by_others:,} of them sold by somebody else" if licence.sold_by_others else ""


@lru_cache(1024)  # the same few products and customers over and over
def name(text: str) -> str:
    return one_line(text, NAME)


def sentence(text: str) -> str:
    """A vendor's or adapter's text as a sentence that ends."""
    line = one_line(text, SENTENCE)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def coded(text: str, code: str) -> str:
    """A sentence with the vendor's own code, which support asks for."""
    return f"{sentence(text)} Code: {name(code)}." if code else sentence(text)


def listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"


def moment(view: AccountView, at: datetime) -> str:
    local = at.astimezone(view.account.zone)
    return f"{local.day} {local:%b %Y}, {local:%H:%M}"


def last_read(view: AccountView, at: datetime | None, failure: ReadFailure | None) -> str:
    when = f"Last read completely on {moment(view, at)}." if at else "Never read completely."
    return f"{when} {coded(failure.sentence, failure.code)}" if failure else when


def unclear(intent: Intent, psa: str) -> str:
    write = intent.write
    asked = f"it is not known whether {psa} went from {write.before:,} to {write.after:,}."
    return f"{asked} {sentence(told(intent.why))}" if intent.why else asked


def undecidable(intent: Intent, psa: str) -> str:
    """Nothing that can be read tells: what was asked for, and what may be there."""
    write, asked_on = intent.write, day(intent.at.date())
    if write.line_id:
        asked = (
            f"on {asked_on} {psa} was asked to go from {write.before:,} to {write.after:,}, and nothing tells"
        )
        return f"{asked} whether it did."
    asked = f"on {asked_on} {psa} was asked to make a line of {seats(write.after)}; a line may exist that Seatwise"
    return f"{asked} cannot recognise, so it makes no second one."


def line(view: AccountView, own: OwnLine) -> str:
    """Which line: what is billed and where."""
    product = ""
    if own.mapping is not None:
        profile = view.profiles.get(own.mapping.profile)
        product = (profile.name if profile else "") or view.names(own.mapping.sku_id, "")
    return f"{name(product) or 'The line'} on agreement {name(own.key.agreement_id)}"
