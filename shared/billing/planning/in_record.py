"""What a record remembers of a plan: what waits and why, what would be written, and why nothing is planned. Pure."""

from datetime import datetime

from shared.billing.models import AgreementRecord, Change, Hold, LineKey, LineRecord, Waiting
from shared.billing.planning.plan import Plan, earlier_reasons


def apply_to(record: AgreementRecord, plan: Plan, now: datetime) -> AgreementRecord:
    """The record with the plan's holds in it; a hold that no longer is part of the plan is gone.

    A hold keeps its age and a person's decision as long as its numbers stay the same.
    """
    place = record.connection, record.agreement_id
    lines = {
        mapping_id: _with_plan(line, plan.by_line.get(LineKey(*place, mapping_id)), plan, now)
        for mapping_id, line in record.lines.items()
    }
    return record if lines == record.lines else record.model_copy(update={"lines": lines})


def _with_plan(line: LineRecord, change: Change | None, plan: Plan, now: datetime) -> LineRecord:
    why_not = plan.why_not.get(line.mapping_id)
    hold, would = None, None
    if why_not or line.intent is not None:
        hold = line.hold  # nothing is known about its numbers tonight, so a person's word on them stands
    elif line.blocked or line.frozen or line.drift is not None:
        hold = None if line.mapping_id in plan.unwanted else line.hold
    elif change is not None and change.id in plan.holds:
        before = line.hold if line.hold and line.hold.change.id == change.id else None
        hold = Hold(
            change=change,
            reasons=plan.holds[change.id],
            since=before.since if before else now,
            decided=before.decided if before else None,
        )
    elif change is not None and change.id in plan.approved and line.hold is not None:
        hold = line.hold.model_copy(update={"reasons": earlier_reasons(line, change)})  # it prorates no more
    elif change is not None and not plan.live and not plan.is_scheduled(change):
        would = change
    paid = line.paid
    if paid is not None and line.mapping_id in plan.forgone:
        paid = paid.model_copy(update={"main_waits": False})
    changes = {
        "hold": hold,
        "would": would,
        "waits": line.waits if why_not or _is_not_planned(line) else _waits(line, change, plan),
        "not_planned": why_not,
        "other_sellers": plan.sellers.get(line.mapping_id, line.other_sellers),
        "paid": paid,
    }
    same = all(getattr(line, name) == value for name, value in changes.items())
    return line if same else line.model_copy(update=changes)


def _is_not_planned(line: LineRecord) -> bool:
    return line.intent is not None or bool(line.blocked or line.frozen or line.drift)


def _waits(line: LineRecord, change: Change | None, plan: Plan) -> Waiting | None:
    """The day from which it counts stands until it is written, however long that waits for a person."""
    if change is None:
        return None
    if plan.is_scheduled(change):
        return plan.scheduled[line.mapping_id]
    return line.waits if change.counts_from is not None else None
