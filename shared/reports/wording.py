"""Each word of the monthly report, in one place: the view that the PDF and the mail are both made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.accounts.account import Account
from shared.reports.licence_rows import LicenceRow, licence_row, shown_number
from shared.reports.models import Counts, MonthFigures, PersonChange, PersonEvent
from shared.text import header_text, one_line

TITLE: Final = "Microsoft 365 licences"


@dataclass(frozen=True, slots=True)
class BigNumber:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    on: str
    name: str
    seats: str
    note: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    text: str
    share: float
    """Of the highest bar, 0 to 1."""
    now: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    upn: str
    licences: str


@dataclass(frozen=True, slots=True)
class PersonChangeRow:
    on: str
    name: str
    upn: str
    what: str


@dataclass(frozen=True, slots=True)
class ReportView:
    title: str
    msp: str
    company: str
    month: str
    period: str
    date: tuple[int, int, int]
    """The last day that is told: the PDF's own date, so that the same figures give the same bytes."""
    numbers: tuple[BigNumber, ...]
    notes: tuple[str, ...]
    changes: tuple[ChangeRow, ...]
    licences: tuple[LicenceRow, ...]
    prices: bool
    chart: tuple[Bar, ...]
    chart_alt: str
    person_changes: tuple[PersonChangeRow, ...]
    mailboxes: tuple[PersonRow, ...]
    mailboxes_note: str
    people: tuple[PersonRow, ...]
    people_note: str

    @property
    def subject(self) -> str:
        return header_text(f"{self.company}: {self.title}, {self.month}")

    @property
    def preheader(self) -> str:
        """What a mail program shows beside the subject."""
        count = len(self.changes)
        numbers = ", ".join(f"{number.value} {number.label}" for number in self.numbers)
        return f"{numbers}. {count} change{'' if count == 1 else 's'}."


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
        licences=tuple(licence_row(licence, account, prices=prices) for licence in figures.licences),
        prices=prices,
        chart=_chart(figures),
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
    assigned = BigNumber(f"{figures.assigned:,}", "assigned to people")
    if figures.is_filtered:
        return (assigned,)
    purchased = BigNumber(f"{figures.purchased:,}", "seats purchased")
    return purchased, assigned, BigNumber(f"{figures.spare:,}", "spare")


def _notes(figures: MonthFigures) -> Iterator[str]:
    if figures.known_from > figures.month.first:
        yield f"The first numbers are of {day_of(figures.known_from)}: nothing is told of the days before."
    if figures.not_read:
        count = len(figures.not_read)
        yield (
            f"Microsoft could not be read on {count} day{'' if count == 1 else 's'} ({_spans(figures.not_read)}). "
            "These days are in no average, and a change on one of them is told with the next day that was read."
        )
    without_number = [licence for licence in figures.licences if licence.end.purchased is None]
    doubtful = [licence.name for licence in without_number if licence.rule is None]
    unknown = [licence.name for licence in without_number if licence.rule is not None]
    if figures.is_filtered:
        yield "Only licences of your own people are told: purchased and spare seats are shared with other companies."
    elif doubtful:
        yield f"Microsoft gave no consistent number of seats at the month's end for {', '.join(doubtful)}."
    if unknown:
        yield f"What counts for {', '.join(unknown)} was not known at the month's end."


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
        if before.purchased == after.purchased and not apart:
            continue
        notes = list(apart)
        if change.not_read_since:
            notes.append(f"between {day_of(change.not_read_since)} and {day_of(change.on)}")
        yield ChangeRow(day_of(change.on), licence.name, _step(before, after), "; ".join(notes))


def _step(before: Counts, after: Counts) -> str:
    if before.purchased == after.purchased:
        return shown_number(after.purchased)
    return f"{shown_number(before.purchased)} to {shown_number(after.purchased)}"


def _apart_changes(before: Counts, after: Counts) -> Iterator[str]:
    for old, new, what in (
        (before.in_grace, after.in_grace, "in grace"),
        (before.suspended, after.suspended, "suspended"),
        (before.on_trial, after.on_trial, "on trial"),
    ):
        if old != new:
            yield f"{what}: {old:,} to {new:,}"


def _chart(figures: MonthFigures) -> tuple[Bar, ...]:
    highest = max((seats or 0 for _, seats in figures.seats), default=0) or 1
    return tuple(
        Bar(f"{month.first:%b}", shown_number(seats), (seats or 0) / highest, month == figures.month)
        for month, seats in figures.seats
    )


def _chart_alt(figures: MonthFigures) -> str:
    told = [f"{month.first:%B %Y} {seats:,}" for month, seats in figures.seats if seats is not None]
    return f"Purchased seats at the end of each month: {', '.join(told)}."


def _person_change(change: PersonChange) -> PersonChangeRow:
    came, went = (", ".join(names) for names in (change.came, change.went))
    changed = "; ".join(filter(None, (came and f"added: {came}", went and f"removed: {went}")))
    what = {
        PersonEvent.NEW: f"New: {came}",
        PersonEvent.GONE: f"No licence any more (had {went})",
        PersonEvent.CHANGED: changed[:1].upper() + changed[1:],
    }[change.event]
    return PersonChangeRow(day_of(change.on), one_line(change.name, 120), one_line(change.upn, 120), what)


def _mailboxes_note(figures: MonthFigures, account: Account) -> str:
    if figures.mailboxes_at is None:
        return ""
    day = figures.mailboxes_at.astimezone(account.zone).date()
    year = "" if day.year == figures.month.first.year else f" {day.year}"
    return f"As of {day_of(day)}{year}."


def _people_note(figures: MonthFigures) -> str:
    if figures.people is None:
        return "Who had a licence is no longer kept."
    return "" if figures.people else "Nobody had a licence."


def day_of(day: date) -> str:
    return f"{day.day} {day:%b}"
