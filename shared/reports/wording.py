"""Each word of the monthly report, in one place."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from shared.accounts.account import Account
from shared.billing.models import Basis
from shared.reports.models import (
    BilledLine,
    Counts,
    LicenceMonth,
    MonthFigures,
    PersonChange,
    PersonEvent,
    SeatChange,
)
from shared.reports.view import (
    Bar,
    BigNumber,
    ChangeRow,
    LicenceRow,
    PersonChangeRow,
    PersonRow,
    ReportView,
)
from shared.text import one_line

TITLE: Final = "Microsoft 365 licences"
_NO_NUMBER: Final = "–"


def report_view(figures: MonthFigures, account: Account, *, prices: bool) -> ReportView:
    """`prices`: what the customer pays for a seat is told too. What it costs the MSP is in no figure."""
    last = figures.last
    return ReportView(
        title=TITLE,
        msp=one_line(account.name, 80),
        company=one_line(figures.company, 120),
        month=f"{figures.month.first:%B %Y}",
        period=_period(figures, account),
        date=(last.year, last.month, last.day),
        numbers=_numbers(figures),
        notes=tuple(_notes(figures)),
        changes=tuple(_changes(figures)),
        licences=tuple(_licence(licence, account, prices=prices) for licence in figures.licences),
        prices=prices,
        chart=_chart(figures),
        chart_title=f"{'Licences of these people' if figures.is_part else 'Purchased seats'} over twelve months",
        chart_alt=_chart_alt(figures),
        person_changes=tuple(_person_change(change) for change in figures.person_changes),
        mailboxes=tuple(
            PersonRow(one_line(box.name, 120), one_line(box.address, 120), ", ".join(box.licences))
            for box in figures.mailboxes
        ),
        mailboxes_note=_mailboxes_note(figures, account),
        people=tuple(
            PersonRow(one_line(person.name, 120), one_line(person.upn, 120), ", ".join(person.licences))
            for person in figures.people or ()
        ),
        people_note=_people_note(figures),
    )


def _period(figures: MonthFigures, account: Account) -> str:
    first = figures.month.first
    return f"{first.day} to {day_of(figures.last)} {figures.last.year}, by the days of {account.timezone}"


def _numbers(figures: MonthFigures) -> tuple[BigNumber, ...]:
    if figures.is_part:
        people = "–" if figures.people is None else f"{len(figures.people):,}"
        return (
            BigNumber(people, "people with a licence"),
            BigNumber(f"{figures.assigned:,}", "licences that they have"),
            BigNumber(f"{len(figures.person_changes):,}", "changes of people"),
        )
    return (
        BigNumber(f"{figures.purchased:,}", "seats purchased"),
        BigNumber(f"{figures.assigned:,}", "assigned to people"),
        BigNumber(f"{figures.spare:,}", "spare"),
    )


def _notes(figures: MonthFigures) -> Iterator[str]:
    if figures.known_from > figures.month.first:
        yield f"The first numbers are of {day_of(figures.known_from)}: nothing is told of the days before."
    if figures.not_read:
        count = len(figures.not_read)
        yield (
            f"Microsoft could not be read on {count} day{'' if count == 1 else 's'} ({_spans(figures.not_read)}). "
            "These days are in no average, and a change on one of them is told with the next day that was read."
        )
    if figures.is_part:
        yield f"Only the people of {one_line(figures.company, 120)} are told of: seats are bought for the whole tenant."
        return
    doubtful = [licence.name for licence in figures.licences if licence.end.purchased is None]
    if doubtful:
        yield f"Microsoft gave no consistent number of seats at the month's end for {', '.join(doubtful)}."


def _spans(days: Sequence[date]) -> str:
    """Days in a row as one span."""
    spans: list[list[date]] = []
    for day in days:
        if spans and (day - spans[-1][-1]).days == 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(
        day_of(span[0]) if len(span) == 1 else f"{day_of(span[0])} to {day_of(span[-1])}" for span in spans
    )


def _changes(figures: MonthFigures) -> Iterator[ChangeRow]:
    """Changes of seats by day; who was assigned one stands with the people."""
    found = ((change, licence) for licence in figures.licences for change in licence.changes)
    for change, licence in sorted(found, key=lambda pair: (pair[0].on, pair[1].name.casefold())):
        before, after = change.before, change.after
        apart = tuple(_apart_changes(before, after))
        if before.purchased == after.purchased and not apart and not figures.is_part:
            continue
        notes = list(apart)
        if change.not_read_since:
            notes.append(f"between {day_of(change.not_read_since)} and {day_of(change.on)}")
        yield ChangeRow(day_of(change.on), licence.name, _seats_step(figures, change), "; ".join(notes))


def _seats_step(figures: MonthFigures, change: SeatChange) -> str:
    if figures.is_part:
        return _step(change.before.assigned, change.after.assigned)
    return _step(change.before.purchased, change.after.purchased)


def _step(before: int | None, after: int | None) -> str:
    return _shown(after) if before == after else f"{_shown(before)} to {_shown(after)}"


def _apart_changes(before: Counts, after: Counts) -> Iterator[str]:
    for old, new, what in (
        (before.in_grace, after.in_grace, "in grace"),
        (before.suspended, after.suspended, "suspended"),
        (before.on_trial, after.on_trial, "on trial"),
    ):
        if old != new:
            yield f"{what}: {old:,} to {new:,}"


def _licence(licence: LicenceMonth, account: Account, *, prices: bool) -> LicenceRow:
    end, billed = licence.end, licence.billed
    return LicenceRow(
        name=licence.name,
        purchased=_shown(end.purchased),
        assigned=_shown(end.assigned),
        spare=_shown(end.spare),
        average=_NO_NUMBER if licence.average is None else f"{licence.average:,.2f}".removesuffix(".00"),
        billed=_shown(billed.number if billed else None),
        price=_price(billed, account) if prices else "",
        notes=tuple(_licence_notes(licence)),
    )


def _licence_notes(licence: LicenceMonth) -> Iterator[str]:
    end = licence.end
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
        yield f"Billed: {', '.join((f'{_shown(line.counted)} {options.basis.value}', *parts))}"
    if line.wanted is not None and line.number is not None and line.wanted != line.number:
        yield f"{line.wanted:,} will be billed once the change is on the agreement"


def _price(line: BilledLine | None, account: Account) -> str:
    if line is None or line.number is None or line.unit_price is None:
        return _NO_NUMBER
    return money(line.number * line.unit_price, account)


def money(amount: Decimal, account: Account) -> str:
    symbol = one_line(account.currency_symbol, 8)
    return f"{symbol}{'\u00a0' if symbol[-1:].isalpha() else ''}{amount:,.2f}"


def _chart(figures: MonthFigures) -> tuple[Bar, ...]:
    highest = max((seats or 0 for _, seats in figures.seats), default=0) or 1
    return tuple(
        Bar(f"{month.first:%b}", _shown(seats), (seats or 0) / highest, month == figures.month)
        for month, seats in figures.seats
    )


def _chart_alt(figures: MonthFigures) -> str:
    told = [f"{month.first:%B %Y} {seats:,}" for month, seats in figures.seats if seats is not None]
    what = "Licences of these people" if figures.is_part else "Purchased seats"
    return f"{what} at the end of each month: {', '.join(told)}."


def _person_change(change: PersonChange) -> PersonChangeRow:
    came, went = (", ".join(names) for names in (change.came, change.went))
    what = {
        PersonEvent.NEW: f"New: {came}",
        PersonEvent.GONE: f"No licence any more (had {went})",
        PersonEvent.CHANGED: "; ".join(
            filter(None, (came and f"Added: {came}", went and f"Removed: {went}"))
        ),
    }[change.event]
    return PersonChangeRow(day_of(change.on), one_line(change.name, 120), one_line(change.upn, 120), what)


def _mailboxes_note(figures: MonthFigures, account: Account) -> str:
    at = figures.mailboxes_at
    return f"As of {day_of(at.astimezone(account.zone).date())}." if at else ""


def _people_note(figures: MonthFigures) -> str:
    if figures.people is None:
        return "Who had a licence is no longer kept."
    return "" if figures.people else "Nobody had a licence."


def _shown(number: int | None) -> str:
    return _NO_NUMBER if number is None else f"{number:,}"


def day_of(day: date) -> str:
    return f"{day.day} {day:%b}"
