"""K15: a line that ends on a day which a person said. Pure.

Its mapping has it no more. It is kept in its agreement's record until its last day is over, under an id of its own: so
its end is planned, intended, written and read back as any change is, and told while the PSA shows something else.
"""

import hashlib
from datetime import date, timedelta
from typing import Final

from shared.billing.models import (
    OF_THE_AGREEMENT,
    AgreementRecord,
    Block,
    BlockReason,
    Change,
    Ending,
    LineRecord,
    change_id,
)
from shared.billing.psa.base import Agreement, EndsBy, Line

A_DAY: Final = timedelta(days=1)


def ending_id(mapping_id: str, line_id: str) -> str:
    """Of a line that ends: the mapping may have another line in the same agreement meanwhile."""
    return "e" + hashlib.sha256(f"{mapping_id}|{line_id}".encode()).hexdigest()[:15]


def ending_line(line: LineRecord, there: Line, ending: Ending) -> LineRecord:
    """What is kept of a mapping's line from now on; `there` is the line as the PSA shows it."""
    return LineRecord(
        mapping_id=ending_id(line.mapping_id, line.line_id),
        tenant_id=line.tenant_id,
        company=line.company,
        product_id=line.product_id,
        line_id=line.line_id,
        adopted=True,
        unit_price=there.unit_price,
        confirmed=int(there.quantity),
        confirmed_at=ending.since,
        paid=line.paid,
        counts_from=line.counts_from,
        ending=ending,
        ends=there.last_day,
    )


def looked_at(line: LineRecord, there: Line | None, now: date) -> LineRecord | None:
    """The line after a complete read of its agreement; None: it is over.

    A last day that is neither the one before nor the one that was asked for is somebody else's: told, not overwritten.
    """
    ending = line.ending
    if ending is None or line.intent is not None:
        return line
    if line.blocked is not None and line.blocked.reason in OF_THE_AGREEMENT:
        return line  # that stands until the list of agreements takes it back
    over = there is None or not there.bills_from(now)
    if over and now > ending.last_day and (line.is_ended or _is_proven_gone(line, there)):
        return None
    if there is None:
        return _with(line, Block(reason=BlockReason.LINE_GONE))
    if there.last_day == ending.last_day:
        return _with(line, None, ends=ending.last_day)
    if there.last_day != line.ends:
        return _with(line, Block(reason=BlockReason.OTHER_END, day=there.last_day))
    if why := there.not_writable or (there.untold if line.confirmed else ""):
        return _with(line, Block(reason=BlockReason.PSA, text=why))
    if there.quantity != there.quantity.to_integral_value():
        return _with(line, Block(reason=BlockReason.NOT_WHOLE, quantity=there.quantity))
    return _with(line, None, confirmed=int(there.quantity))


def _is_proven_gone(line: LineRecord, there: Line | None) -> bool:
    """A line that was never proven to end bills nothing: one answer without it proves nothing, nor one without seats
    that is not understood, or that a user who may not see everything gets.
    """
    if there is None:
        return line.blocked is not None and line.blocked.reason is BlockReason.LINE_GONE
    return not there.not_writable and not (there.untold and line.confirmed)


def may_bill_on(line: LineRecord, there: Line | None) -> bool:
    """After the last day that a person said, by a read of an agreement that the PSA's list does not show. That shows
    no line: list and read agree then that it is gone.
    """
    if there is None or line.ending is None:
        return False
    unclear = bool(there.not_writable or (there.untold and line.confirmed))
    return unclear or there.bills_from(line.ending.last_day + A_DAY)


def _with(line: LineRecord, blocked: Block | None, **changes: object) -> LineRecord:
    return line.model_copy(update={"blocked": blocked, **changes})


def without_what_is_over(record: AgreementRecord, there: Agreement | None, today: date) -> AgreementRecord:
    """The record of an agreement that bills nothing any more, and is not read, without lines proven to be over.

    A line whose end was never proven stays: the agreement may be revived, and the line would bill on.
    """
    if there is not None and there.active:
        return record
    over = {
        name: line
        for name, line in record.lines.items()
        if line.is_ended and line.intent is None and is_past(line, today)
    }
    lines = {name: line for name, line in record.lines.items() if name not in over}
    let_go = (*record.let_go, *(line.line_id for line in over.values()))
    return record.model_copy(update={"lines": lines, "let_go": let_go}) if over else record


def is_past(line: LineRecord, today: date) -> bool:
    return line.ending is not None and today > line.ending.last_day


def change(record: AgreementRecord, line: LineRecord) -> Change | None:
    """What ends the line; None while it is ended already, or is not ours to touch now."""
    ending = line.ending
    if ending is None or line.is_ended or line.intent is not None or line.blocked or line.confirmed is None:
        return None
    seats = line.confirmed
    return Change(
        mapping_id=line.mapping_id,
        tenant_id=line.tenant_id,
        connection=record.connection,
        agreement_id=record.agreement_id,
        line_id=line.line_id,
        before=seats,
        after=seats,
        ends=ending.last_day,
        id=change_id(line.mapping_id, line.line_id, seats, seats, f"ends {ending.last_day}"),
    )


def day_of(
    there: Line, asked: date, by: EndsBy, agreement_ends: date | None, *, or_sooner: bool
) -> date | None:
    """The day on which to end a line for which a day was asked for; None: it ends by itself.

    `or_sooner`: what ends sooner already is right as it is, with its agreement or alone.
    """
    if not or_sooner:
        return asked
    if there.last_day is not None and there.last_day < asked:
        return None
    if agreement_ends is None or agreement_ends > asked:
        return asked
    return agreement_ends if by is EndsBy.DATE else None


def why_not(there: Line, last_day: date, by: EndsBy, agreement_ends: date | None) -> Block | None:
    """Why the line cannot be ended on that day; None: it can."""
    if by is EndsBy.A_PERSON:
        return Block(reason=BlockReason.ENDS_BY_HAND)
    if agreement_ends is not None and last_day > agreement_ends:
        return Block(reason=BlockReason.AFTER_AGREEMENT, day=agreement_ends)
    if by is EndsBy.DATE:
        return None
    if agreement_ends is not None and last_day >= agreement_ends:
        return Block(reason=BlockReason.ENDS_WITH_AGREEMENT, day=agreement_ends)
    later = [change.day for change in there.pending if change.day > last_day]
    return Block(reason=BlockReason.CHANGES_LATER, day=later[0]) if later else None
