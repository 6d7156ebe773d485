"""The row of a licence in the monthly report, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.accounts.account import Account
from shared.billing.models import Basis
from shared.licensing.custom_licences.wording import described
from shared.reports.models import BilledLine, LicenceMonth
from shared.text import one_line

_NO_NUMBER: Final = "–"


@dataclass(frozen=True, slots=True)
class LicenceRow:
    name: str
    purchased: str
    assigned: str
    spare: str
    average: str
    billed: str
    price: str
    notes: tuple[str, ...]


def licence_row(licence: LicenceMonth, account: Account, *, prices: bool) -> LicenceRow:
    end, billed = licence.end, licence.billed
    of_seats = licence.rule is None or licence.rule.counts_seats
    return LicenceRow(
        name=licence.name,
        purchased=shown_number(end.purchased if of_seats else None),
        assigned=shown_number(end.assigned),
        spare=shown_number(end.spare if of_seats else None),
        average=_NO_NUMBER if licence.average is None else f"{licence.average:,.2f}".removesuffix(".00"),
        billed=shown_number(billed.number if billed else None),
        price=_price(billed, account) if prices else "",
        notes=tuple(_licence_notes(licence)),
    )


def _licence_notes(licence: LicenceMonth) -> Iterator[str]:
    end = licence.end
    if licence.rule is not None:
        yield f"Counts {described(licence.rule)}; in no total above"
    if licence.key.subscription_id:
        yield f"Subscription {licence.key.subscription_id[:8]}, billed apart"
    for units, what in ((end.on_trial, "on trial"), (end.in_grace, "in grace"), (end.suspended, "suspended")):
        if units:
            yield f"{units:,} {what}, never billed"
    if licence.billed:
        yield from _why(licence.billed)
    elif licence.not_billed:
        yield "Not billed"


def _why(line: BilledLine) -> Iterator[str]:
    """Why the number is that number, where it is not simply the purchased seats."""
    options = line.options
    parts = []
    if options.included:
        parts.append(f"less {options.included:,} included")
    if options.minimum:
        parts.append(f"at least {options.minimum:,}")
    if options.difference:
        parts.append(f"{options.difference:+,} as agreed")
    if parts or options.basis is Basis.ASSIGNED:
        yield f"Billed: {', '.join((f'{shown_number(line.counted)} {options.basis.value}', *parts))}"
    if line.wanted is not None and line.number is not None and line.wanted != line.number:
        yield f"{line.wanted:,} will be billed once the change is on the agreement"


def _price(line: BilledLine | None, account: Account) -> str:
    if line is None or line.number is None or line.unit_price is None:
        return _NO_NUMBER
    return money(line.number * line.unit_price, account)


def money(amount: Decimal, account: Account) -> str:
    symbol = one_line(account.currency_symbol, 8)
    return f"{symbol}{'\u00a0' if symbol[-1:].isalpha() else ''}{amount:,.2f}"


def shown_number(number: int | None) -> str:
    return _NO_NUMBER if number is None else f"{number:,}"
