"""Lines that a save of mappings leaves behind: none is billed on without somebody who looks after it (K10, K15)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from shared.billing import ending, why_not
from shared.billing.line_names import LineName, in_full
from shared.billing.mapping.psa_cache import PsaCache
from shared.billing.mapping.still_billed import main_line, still_billed
from shared.billing.models import LicenceMapping, LineRecord
from shared.billing.planning.load import AgreementKey
from shared.billing.psa.base import Line
from shared.errors import Rejected

FURTHEST: Final = timedelta(days=3 * 366)
"""The longest term that is sold: a last day beyond it is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of lines that a save leaves."""

    looked_after: Collection[LineName] = ()
    """They look after these from now on, so they may be left although they still bill."""
    last_days: Mapping[LineName, date] = field(default_factory=dict)
    """These bill nothing after that day: Seatwise ends them in the PSA."""
    or_sooner: bool = False
    """A line that ends sooner, alone or with its agreement, is right as it is."""
    keeps_differences: bool = False
    """A mapping's difference, taken over from one line, is right for the other line that it gets now, too."""

    def in_full(self, left: Collection[LineName], may_end: Collection[LineName]) -> "Said":
        """With the connection of each line: of those that are left, and of those that a last day can be said of.

        Raises Rejected for an id that lines of several connections have.
        """
        looked_after = in_full(self.looked_after, left, "lookedAfter")
        days = in_full(self.last_days, may_end, "lastDays")
        return replace(
            self,
            looked_after=tuple(looked_after.values()),
            last_days={days[name]: day for name, day in self.last_days.items()},
        )


@dataclass(frozen=True, slots=True)
class Left:
    """A line that a mapping in force had, and that no mapping has once the save is done."""

    mapping: LicenceMapping
    """The one in force until now."""
    line_id: str
    of_its_company: bool
    """It bills the users of its company alone: another company of the tenant is billed for other seats."""

    @property
    def name(self) -> LineName:
        return LineName(self.mapping.connection, self.line_id)

    @property
    def place(self) -> AgreementKey:
        return self.mapping.connection, self.mapping.agreement_id

    @property
    def told(self) -> str:
        return f"line {self.line_id} in agreement {self.mapping.agreement_id}"

    def is_line_of(self, other: LicenceMapping) -> bool:
        return LineName(other.connection, other.line_id) == self.name

    def is_replaced_by(self, other: LicenceMapping) -> bool:
        """The other bills the same seats."""
        if other.id == self.mapping.id:
            return True
        is_anothers = self.of_its_company and other.company != self.mapping.company
        return self.mapping.overlaps(other) and not is_anothers


def check_settled(line: LineRecord | None) -> None:
    """Raises Rejected while nobody knows what became of a write to the line."""
    if line is None or line.intent is None:
        return
    if line.intent.undecidable:
        raise Rejected(
            "Nobody knows whether the PSA has the last write to the line. Look there, say first that it was done or "
            "that it was not, then repeat this.",
            "undecidable",
        )
    raise Rejected(
        "A write to the line is not settled yet: nobody knows whether the PSA has it. Repeat this after the next sync, "
        "which finds out."
    )


def check_named(said: Said, let_go: Collection[LineName], ends: Mapping[LineName, date]) -> None:
    """Raises Rejected for a last day that nothing would obey: its line is not left by this save.

    `ends`: last days of lines that a save before has left.
    """
    for name, day in said.last_days.items():
        if name in let_go or ends.get(name) == day:
            continue
        if name in ends:
            raise Rejected(
                f"Line {name.line_id} is to end on {ends[name]:%-d %b %Y} already, as was said before. Say that day "
                "again, or leave its last day out.",
                "ends_already",
                "lastDays",
            )
        raise Rejected(
            f"Line {name} is not left by these mappings, so it would not end on the day that was said. Take its "
            "mapping off it, or leave its last day out.",
            "not_left",
            "lastDays",
        )


def check_left(
    left: Iterable[Left], claims: Collection[LicenceMapping], said: Said, psas: PsaCache, today: date
) -> None:
    """Raises Rejected when the PSA would go on to bill a line that is left behind.

    A person may say its last day, or that they look after it from now on. A line that is created for the same seats
    waits for its last billed day in any case: never are both billed on one day.
    """
    for gone in left:
        claiming = [mapping for mapping in claims if gone.is_replaced_by(mapping)]
        new = [mapping for mapping in claiming if not mapping.line_id]
        last_day = said.last_days.get(gone.name)
        if gone.name in said.looked_after and last_day is None and not new:
            continue
        line = _still_billed(gone, psas, today)
        if line is None:
            continue
        main = main_line(psas, gone.place, gone.line_id, today) or line
        by_itself = None
        if last_day is not None:
            by_itself, last_day = _day_of(gone, main, last_day, said, psas)
        if last_day is not None:
            _check_last_day(gone, main, last_day, psas, today)
            _check_begin_after(gone, claiming, last_day, psas)
        ends = last_day or line.last_day or by_itself
        for mapping in new:
            _check_starts_after(gone, line, ends, mapping.options.starts or today)
        if ends is None:
            raise Rejected(
                f"{_bills(gone, line)}, and nobody would look after it any more. Say its last day, and Seatwise ends "
                "it then; or say that you look after it yourself from now on."
            )


def check_ending(
    ending: Mapping[Left, date], claims: Collection[LicenceMapping], psas: PsaCache, today: date
) -> None:
    """Raises Rejected for a mapping that would bill what the line which a save before has left still bills.

    `ending`: those lines with their last days. A mapping that names such a line takes it back: it ends no more.
    """
    for gone, last_day in ending.items():
        claiming = [
            mapping for mapping in claims if gone.is_replaced_by(mapping) and not gone.is_line_of(mapping)
        ]
        line = _still_billed(gone, psas, today) if claiming else None
        if line is None:
            continue
        _check_begin_after(gone, claiming, last_day, psas)
        for mapping in claiming:
            if not mapping.line_id:
                _check_starts_after(gone, line, last_day, mapping.options.starts or today)


def _day_of(
    gone: Left, line: Line, asked: date, said: Said, psas: PsaCache
) -> tuple[date | None, date | None]:
    """When the line ends with its agreement, and on which day it is to be ended."""
    agreement = psas.agreement(*gone.place)
    ends = agreement.ends if agreement else None
    by = psas.ends_by(gone.mapping.connection)
    return ends, ending.day_of(line, asked, by, ends, or_sooner=said.or_sooner)


def _check_last_day(gone: Left, line: Line, last_day: date, psas: PsaCache, today: date) -> None:
    """Raises Rejected for a day on which the line cannot end."""
    where = gone.place
    if not today <= last_day <= today + FURTHEST:
        raise Rejected(
            f"The last day of {gone.told} must be between {today:%-d %b %Y} and {today + FURTHEST:%-d %b %Y}.",
            "out_of_range",
            "lastDays",
        )
    if line.last_day is not None and line.last_day < last_day:
        raise Rejected(
            f"{_told(gone, line)} ends on {line.last_day:%-d %b %Y} already. Choose that day or an earlier one.",
            "ends_already",
            "lastDays",
        )
    agreement = psas.agreement(*where)
    why = ending.why_not(line, last_day, psas.ends_by(where[0]), agreement.ends if agreement else None)
    if why is not None:
        told = f"{gone.told.capitalize()} cannot be ended on {last_day:%-d %b %Y}."
        raise Rejected(f"{told} {why_not.blocked(why)}", why.reason.value, "lastDays")


def _check_begin_after(
    gone: Left, claiming: Iterable[LicenceMapping], last_day: date, psas: PsaCache
) -> None:
    """Raises Rejected for a line that is there already and would bill the same seats before that day is over."""
    for mapping in claiming:
        there = psas.lines(mapping.connection, mapping.agreement_id).get(mapping.line_id)
        if there is not None and not gone.is_line_of(mapping) and not _begins_after(there, last_day):
            raise Rejected(
                f"Line {there.id} can be billed before {gone.told} has ended. Give it a start date after "
                f"{last_day:%-d %b %Y} in the PSA, or ask for a line of its own.",
                "both_billed",
                "lineId",
            )


def _begins_after(line: Line, day: date) -> bool:
    return line.effective is not None and line.effective > day


def _still_billed(left: Left, psas: PsaCache, today: date) -> Line | None:
    return still_billed(psas, left.place, left.mapping.id, left.line_id, today)


def _check_starts_after(left: Left, line: Line, ends: date | None, starts: date) -> None:
    if ends is None:
        raise Rejected(
            f"{_bills(left, line)}: a new line beside it would bill the same seats twice. Say its last day and give "
            "the new line a start date after it, then save again; or keep the line."
        )
    if ends >= starts:
        raise Rejected(
            f"{_bills(left, line)} until {ends:%-d %b %Y}. Give the new line a start date after that day, then "
            "save again."
        )


def _bills(left: Left, line: Line) -> str:
    seats = f"{line.quantity.normalize():f}"
    return f"{_told(left, line)} still bills {seats} {'seat' if seats == '1' else 'seats'}"


def _told(left: Left, line: Line) -> str:
    """The line that is left, or one that bills seats beside it."""
    return f"Line {line.id} beside {left.told}" if line.id != left.line_id else left.told.capitalize()


def by_hand(left: Iterable[Left], looked_after: Collection[LineName]) -> Iterator[str]:
    """What a person said about lines that go on to be billed, for the record."""
    for gone in left:
        if gone.name in looked_after:
            yield f"From now on {gone.told} is looked after by hand."


def check_differences(
    before: Iterable[LicenceMapping],
    claims: Iterable[LicenceMapping],
    said: Said,
    other_product: Collection[str],
) -> None:
    """Raises Rejected for a difference that was taken over from one line and would go along to another one (N2).

    `other_product`: mappings whose line bills another product than their profile: they get another line.
    """
    were = {mapping.id: mapping for mapping in before if mapping.bill}
    for mapping in claims:
        old, difference = were.get(mapping.id), mapping.options.difference
        if said.keeps_differences or not difference or old is None or not old.options.difference:
            continue
        were_there = old.connection, old.agreement_id, old.line_id
        is_there = were_there == (mapping.connection, mapping.agreement_id, mapping.line_id)
        if is_there and mapping.id not in other_product:
            continue
        raise Rejected(
            f"The mapping bills {difference:+,} seats that were taken over from a hand edit of its line until now. Set "
            "this difference to 0, or say that it is right for the other line, too.",
            "difference",
            "keepsDifferences",
        )
