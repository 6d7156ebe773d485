"""K14, where the PSA prorates by a second, dated line: how many seats it bills, and until when. Pure.

The main line says the new number, which the next invoice bills. The second line bills the new seats for the rest of the
period that is billed already. Fewer seats are written at once. By default nothing is credited: they are paid until that
period ends, so they need no second line when they come back within it. Where the mapping says that they are credited,
the second line bills them back by a quantity below 0; that ConnectWise takes one is assumed.
"""

from datetime import date, timedelta
from typing import NamedTuple

from shared.billing.models import (
    AgreementRecord,
    Change,
    FewerSeats,
    LineRecord,
    MoreSeats,
    Options,
    Paid,
    SecondLine,
)
from shared.billing.psa.base import Proration, Write

_A_DAY = timedelta(days=1)


def is_unknown(
    record: AgreementRecord, line: LineRecord, change: Change, today: date, *, credit: bool
) -> bool:
    """There is something to prorate, and nobody knows until when it is billed already.

    A new line the PSA prorates itself.
    """
    if not change.line_id or record.proration is not Proration.BY_SECOND_LINE or _is_to_begin(line, today):
        return False
    return record.billed_through is None and (credit or change.after > change.before)


class Begins(NamedTuple):
    """From when a change counts. Neither a day nor anything else: from the day on which it is written."""

    day: date | None = None
    unknown: bool = False
    """Nobody can tell: it waits for a person."""
    looks_first: bool = False
    """The period that is known is over: the line is read first."""


def begins(
    record: AgreementRecord, line: LineRecord, change: Change, options: Options, today: date
) -> Begins:
    """From when the mapping wants a change to count. A day after today: it is not written before.

    A line that waits for the next period goes on waiting for that very day, also when it is later: what is written then
    counts from it.
    """
    more = change.after > change.before
    if change.line_id and change.before == 0 and more and options.starts:
        return _at_its_start(record, line, options.starts, today)
    on_period = (
        options.more_seats is MoreSeats.FROM_PERIOD_START
        if more
        else options.fewer_seats is FewerSeats.NEXT_PERIOD
    )
    if not on_period or not change.line_id:
        return Begins()
    if record.proration is not Proration.BY_DATE:
        return Begins() if more else _after_the_invoice(record, today)
    if line.waits is not None and line.waits.more == more:
        return Begins(line.waits.day)
    period = line.billing_period
    if period is None:
        return Begins(unknown=not _never_billed(line, change))
    if period.last < today:
        return Begins(looks_first=True)
    return Begins(period.first if more and not period.is_billed else period.last + _A_DAY)


def _at_its_start(record: AgreementRecord, line: LineRecord, starts: date, today: date) -> Begins:
    """The first seats of a line that starts on a day, where the PSA goes by the day of a change.

    A line has one change a day (`day_of_change`): were they written before, each change until then would count a day
    later. Once they waited for it, they count from that day also where the night comes late.
    """
    waited = line.waits is not None and line.waits.day == starts
    if record.proration is Proration.BY_DATE and (starts > today or waited):
        return Begins(starts)
    return Begins()


def _never_billed(line: LineRecord, change: Change) -> bool:
    """A line made without seats has no period: its first ones count as those of a line that is made with them."""
    return change.before == 0 and line.counts_from is None


def _after_the_invoice(record: AgreementRecord, today: date) -> Begins:
    """Fewer seats, where an invoice takes the number that the line says: the next one has it once this is billed."""
    until = record.billed_through
    if until is None:
        return Begins(unknown=True)
    return Begins() if until >= today else Begins(today + _A_DAY)


def second_line(
    record: AgreementRecord, line: LineRecord, change: Change, today: date, *, credit: bool
) -> Change:
    """The change with what a second line bills beside it. `credit`: fewer seats are paid back.

    A new line has none, nor one that is still to begin: of it nothing is billed yet.
    """
    until = _period_end(record, today)
    if until is None or not change.line_id or _is_to_begin(line, today):
        return change
    if follows := _follows(line, change, until, today):
        return change.model_copy(update={"second": follows})
    seats = change.after - _paid(line, change.before, until)
    if seats == 0 or (seats < 0 and not credit):
        return change
    return change.model_copy(update={"second": SecondLine(seats=seats, until=until)})


def _follows(line: LineRecord, change: Change, until: date, today: date) -> SecondLine | None:
    """What bills seats on, whose second line ends before what is billed by now: from the day after its last one.

    So no day is billed twice, and none is left out where the main line was to say them since. More seats than those
    have a second line of their own, which the next plan makes.
    """
    paid = line.paid
    if paid is None or paid.until >= until or (paid.until < today and not paid.main_waits):
        return None
    seats = min(change.after, paid.seats) - change.before
    return SecondLine(seats=seats, until=until, since=paid.until + _A_DAY) if seats > 0 else None


def is_forgone(line: LineRecord) -> bool:
    """The main line was to say more, and the seats are gone again."""
    return line.paid is not None and line.paid.main_waits


def paid_after(record: AgreementRecord, line: LineRecord, write: Write, today: date) -> Paid | None:
    """What is paid once the main line says the new number: what was not credited stays paid."""
    until = _period_end(record, today)
    if until is None:
        return None
    before = 0 if _is_to_begin(line, today) else _paid(line, write.before, until)
    return Paid(seats=max(write.after, before), until=until)


def still_paid(record: AgreementRecord, line: LineRecord, says: int, *, credited: bool) -> Paid | None:
    """What is paid once somebody else entered a number.

    What is billed already stays paid, so that seats which come back within the period are not billed twice; what was
    entered above it is theirs to bill. `credited`: fewer seats are paid back; nobody knows whether they did that, too,
    so their number counts.
    """
    until = record.billed_through
    if credited or until is None or record.proration is not Proration.BY_SECOND_LINE:
        return None
    return Paid(seats=max(says, _paid(line, line.confirmed or 0, until)), until=until)


def paid_by(line: LineRecord, write: Write) -> Paid | None:
    """What is paid once the second line is there, until its last day."""
    if write.ends is None:
        return line.paid
    seats = _paid(line, line.confirmed or 0, write.ends) + write.after
    return Paid(seats=seats, until=write.ends, main_waits=True)


def day_of_change(record: AgreementRecord, line: LineRecord, wanted: date) -> date:
    """From when a change of the main line counts: where the PSA goes by that day, a line has one change a day.

    Autotask refuses the second one of a day, so it counts from the day after the one before:
    https://www.autotask.net/help/developerhelp/Content/APIs/REST/Entities/ContractServiceAdjustmentsEntity.htm
    """
    newest = line.counts_from
    if record.proration is not Proration.BY_DATE or newest is None or newest < wanted:
        return wanted
    return newest + _A_DAY


def _period_end(record: AgreementRecord, today: date) -> date | None:
    """The last day of the period that is billed already; None: today is not, or it is not prorated this way."""
    until = record.billed_through
    if record.proration is not Proration.BY_SECOND_LINE or until is None or until < today:
        return None
    return until


def _is_to_begin(line: LineRecord, today: date) -> bool:
    return line.begins is not None and line.begins > today


def _paid(line: LineRecord, says: int, until: date) -> int:
    """The seats that are paid until that day: those of second lines, too; else what the main line says."""
    return line.paid.seats if line.paid is not None and line.paid.until >= until else says
