"""In which state a line is: what is remembered of it, held against what its mapping wants now. Pure.

Pages, plan and certificate call a line in step only by this. What a line remembers cannot tell: it was proven to say a
number, and since then another one may be wanted, or nobody could look. A run's counts go by that where nothing tells
what is wanted.
"""

from shared.billing import why_not
from shared.billing.models import (
    AgreementRecord,
    Change,
    HoldReason,
    LineRecord,
    LineState,
    Unplanned,
    UnplannedReason,
)
from shared.billing.planning.plan import change_of, why_not_planned
from shared.billing.planning.wishes import Wish

NO_LINE = why_not.unplanned(Unplanned(reason=UnplannedReason.NO_LINE))
NOT_READ_YET = "The tenant was not read yet: its first complete read gives the number."
NOT_REACHED = "Its PSA connection could not be worked with at the newest attempt: see its alert."
NOT_SEEN = "Its line was not read in the PSA yet."


def line_state(
    record: AgreementRecord, line: LineRecord, wish: Wish | None, *, reached: bool = True
) -> LineState:
    """`line` is of `record`; `wish` is what its mapping in force wants, None where no read of the tenant tells.

    `reached`: the PSA connection could be worked with at the newest attempt.

    A line that waits to be written is scheduled, whatever keeps it: at the next push, or from a later day on. One that
    has nothing to write and was not read in the PSA at the newest attempt is blocked, and its agreement or its
    connection says why.
    """
    remembered = _judged_anew(line).state
    if remembered not in (LineState.HELD, LineState.IN_STEP, LineState.SCHEDULED):
        return remembered
    if wish is None or wish.quantity is None or not wish.is_of(record):
        return LineState.BLOCKED
    change = change_of(record, wish, line)
    if why_not_planned(wish, line, change):
        return LineState.BLOCKED
    if change is not None:
        return LineState.HELD if _is_held(line, change) else LineState.SCHEDULED
    return LineState.IN_STEP if reached and is_read(record, line) else LineState.BLOCKED


def why_blocked(record: AgreementRecord, line: LineRecord, wish: Wish | None, *, reached: bool = True) -> str:
    """Why a line is blocked: a sentence for a person. Only for one whose state is that, told by the same things."""
    here = wish is not None and wish.is_of(record)
    unplanned = why_not_planned(wish, line, change_of(record, wish, line)) if wish and here else None
    if unplanned is not None and line.blocked is None:
        return why_not.unplanned(unplanned)
    judged = _judged_anew(line)
    if judged.state is LineState.BLOCKED:
        return why_not.of_line(judged)
    if wish is None:
        return NOT_READ_YET
    if not here:
        return NO_LINE
    if record.unreadable:
        return why_not.unreadable(record.unreadable)
    return NOT_SEEN if reached else NOT_REACHED


def _judged_anew(line: LineRecord) -> LineRecord:
    """Without why it was not planned the last time, but for a line that must end first."""
    if line.not_planned is not None and line.not_planned.reason is not UnplannedReason.OLD_LINE:
        return line.model_copy(update={"not_planned": None})
    return line


def _is_held(line: LineRecord, change: Change) -> bool:
    """Exactly this change waits for a person; not other numbers, nor one that a person let go."""
    if line.hold is None or line.hold.change.id != change.id:
        return False
    return HoldReason.PRORATION in line.hold.reasons or not line.is_approved(change.id)


def is_read(record: AgreementRecord, line: LineRecord) -> bool:
    """Its agreement could be worked on at the newest attempt, and the line was seen, where there is one."""
    return record.unreadable is None and not (line.line_id and line.confirmed is None)
