"""K14, where the PSA prorates by a second, dated line: how many seats it bills, and until when. Pure.

The main line says the new number, which the next invoice bills. The second line bills the new seats for the rest of the
period that is billed already. Fewer seats are written at once, and nothing is credited: they are paid until that
period ends, so they need no second line when they come back within it.
"""

from datetime import date

from shared.billing.models import AgreementRecord, Change, LineRecord, Paid, SecondLine
from shared.billing.psa.base import Proration, Write


def is_unknown(record: AgreementRecord, change: Change) -> bool:
    """More seats of a line, and nobody knows until when it is billed already. A new line the PSA prorates itself."""
    more = change.line_id != "" and change.after > change.before
    return more and record.proration is Proration.BY_SECOND_LINE and record.billed_through is None


def second_line(
    record: AgreementRecord, line: LineRecord, before: int, after: int, today: date
) -> SecondLine | None:
    """What a second line bills beside a change of a line that is there; None: there is nothing to prorate."""
    until = _period_end(record, today)
    if until is None or not line.line_id:
        return None
    seats = after - max(before, _paid(line, until))
    return SecondLine(seats=seats, until=until) if seats > 0 else None


def paid_after(
    record: AgreementRecord, line: LineRecord, before: int, after: int, today: date
) -> Paid | None:
    """What is paid once the line says `after`: the most that it said within the period."""
    until = _period_end(record, today)
    if until is None:
        return None
    return Paid(seats=max(before, after, _paid(line, until)), until=until)


def paid_by(line: LineRecord, write: Write) -> Paid | None:
    """What is paid once the second line is there, until its last day."""
    if write.ends is None:
        return line.paid
    return Paid(seats=max(line.confirmed or 0, _paid(line, write.ends)) + write.after, until=write.ends)


def _period_end(record: AgreementRecord, today: date) -> date | None:
    """The last day of the period that is billed already; None: today is not, or it is not prorated this way."""
    until = record.billed_through
    if record.proration is not Proration.BY_SECOND_LINE or until is None or until < today:
        return None
    return until


def _paid(line: LineRecord, until: date) -> int:
    return line.paid.seats if line.paid is not None and line.paid.until == until else 0
