"""What became of a write: reading it back, settling what stayed unclear, and what the line says afterwards.

The intent of a write stays until what can be read proves what became of it, or a person says so.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from shared.billing.models import Block, BlockReason, Drift, Intent, LedgerEvent, LineRecord, Loss
from shared.billing.planning.proration import paid_after, paid_by
from shared.billing.psa.base import Effect, Evidence, Line, PsaUnavailable, WriteAnswer, WriteKind
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason, by_psa
from shared.billing.pushing.claimed_agreement import ClaimedAgreement
from shared.billing.pushing.text_outcome import conclude_text, try_text_again, written

READ_BACKS = (0.0, 1.0, 3.0)
"""Seconds before each read-back of a write: a PSA may show the old number for a moment."""


_PROVEN = {WriteKind.END_LINE: LedgerEvent.ENDED, WriteKind.PRORATE: LedgerEvent.PRORATED}


def find_out(work: ClaimedAgreement, line: LineRecord, intent: Intent) -> timedelta | None:
    """Find out what became of the write of an earlier attempt; how long until the line is looked at again.

    None: it stays as it is until a person says what became of it, or it shows up.
    """
    context = work.context
    evidence = context.psa.find_effect(intent.write, intent.line_id)
    if intent.undecidable and (evidence.line is None or evidence.effect is Effect.UNDECIDABLE):
        return None
    if evidence.effect is Effect.NOT_APPLIED:
        if context.now() < intent.at + context.settles_after:
            return settles_in(work, intent)
        if intent.undecidable:
            return None
        context.sleep(READ_BACKS[1])
        evidence = context.psa.find_effect(intent.write, intent.line_id)
    _conclude(work, line, intent, evidence)
    return timedelta(seconds=1)


def settles_in(work: ClaimedAgreement, intent: Intent) -> timedelta:
    return max(timedelta(seconds=1), intent.at + work.context.settles_after - work.context.now())


def read_back(work: ClaimedAgreement, intents: Sequence[Intent], answer: WriteAnswer) -> None:
    """Believe nothing but what can be read. What stays unclear stays an intent: the line is "unknown"."""
    left, was_read = list(intents), False
    for pause in READ_BACKS:
        work.context.sleep(pause)
        for intent in tuple(left):
            try:
                evidence = work.context.psa.find_effect(intent.write, intent.line_id)
            except PsaUnavailable:
                continue
            was_read = True
            if evidence.effect is not Effect.NOT_APPLIED:
                _conclude(work, work.line_of(intent), intent, evidence)
                left.remove(intent)
        if not left:
            return
    shown = WriteFailureReason.OLD_NUMBER if was_read else WriteFailureReason.NOT_READ_BACK
    why = by_psa(answer.why) or WriteFailure(reason=shown)
    doubted = [(work.line_of(intent), intent.model_copy(update={"why": why})) for intent in left]
    told = [(line.model_copy(update={"intent": intent}), intent) for line, intent in doubted]
    work.save_all(told, LedgerEvent.UNKNOWN, why)


def _conclude(work: ClaimedAgreement, line: LineRecord, intent: Intent, evidence: Evidence) -> None:
    if evidence.line is not None and work.is_anothers(evidence.line, line):
        _lose(work, line, intent, evidence.line)
        return
    text_alone = intent.write.kind is WriteKind.SET_TEXT
    match evidence.effect:
        case Effect.APPLIED | Effect.DIVERGED if text_alone:
            conclude_text(work, line, intent, evidence)
        case Effect.APPLIED:
            _confirm(work, line, intent, evidence.line)
        case Effect.NOT_APPLIED if work.is_repeatable(intent) or _was_not_taken(work, intent):
            try_again(work, line, intent)
        case Effect.NOT_APPLIED | Effect.UNDECIDABLE:
            why = evidence.failure or by_psa(evidence.why) or intent.why
            _leave_to_a_person(work, line, intent.model_copy(update={"why": why}))
        case Effect.DIVERGED:
            _diverge(work, line, intent, evidence)


def _unlike(work: ClaimedAgreement, price: Decimal | None, why: WriteFailure) -> dict[str, object]:
    """What is remembered of a line that has the number and is otherwise not as it was asked for."""
    if price is None:
        return {"refused": why, "refused_in": work.context.run}
    return {"catalogue_price": price, "blocked": Block(reason=BlockReason.NO_PRICE, price=price)}


def _was_not_taken(work: ClaimedAgreement, intent: Intent) -> bool:
    """The PSA said no to a write that must not be repeated, and no line has come up since that could be it."""
    if not intent.may_be_repeated:
        return False
    if intent.write.line_id:
        return True
    work.read()
    return set(work.unowned(intent.write.product_id)) <= set(intent.beside)


def _leave_to_a_person(work: ClaimedAgreement, line: LineRecord, intent: Intent) -> None:
    """A repeat could bill twice, and nothing tells whether the first one was applied."""
    left = intent.model_copy(update={"undecidable": True})
    work.save(line.model_copy(update={"intent": left}), left, LedgerEvent.UNDECIDABLE, intent.why)


def _lose(work: ClaimedAgreement, line: LineRecord, intent: Intent, there: Line) -> None:
    """The line that was created belongs to another mapping meanwhile: the next one has a mark of its own."""
    why = WriteFailure(reason=WriteFailureReason.CHOSEN_BY_ANOTHER, line_ids=(there.id,))
    said = {"refused": why, "refused_in": work.context.run, "mark": work.record.claims}
    work.drop_intent(line, intent, LedgerEvent.REFUSED, why, **said)


def try_again(work: ClaimedAgreement, line: LineRecord, intent: Intent) -> None:
    """Proven not applied: it may be planned once more in this run, and then at the next."""
    if intent.write.kind is WriteKind.SET_TEXT:
        try_text_again(work, line, intent)
        return
    run, why = work.context.run, intent.why
    said: dict[str, object] = {"not_applied_in": run}
    if line.not_applied_in == run:
        said = {
            "refused": why or WriteFailure(reason=WriteFailureReason.NOT_APPLIED),
            "refused_in": run,
        }
    work.drop_intent(line, intent, LedgerEvent.NOT_APPLIED, why, **said)


def _confirm(work: ClaimedAgreement, line: LineRecord, intent: Intent, there: Line | None) -> None:
    work.created |= not intent.write.line_id
    event = _PROVEN.get(intent.write.kind, LedgerEvent.CONFIRMED)
    work.save(_applied(work, line, intent, there), intent, event)


def _applied(work: ClaimedAgreement, line: LineRecord, intent: Intent, there: Line | None) -> LineRecord:
    """The line now that the PSA is proven to have the intent's number."""
    now, write = work.context.now(), intent.write
    if write.kind is WriteKind.PRORATE:
        return line.model_copy(update={"intent": None, "refused": None, "paid": paid_by(line, write)})
    if write.kind is WriteKind.END_LINE:
        over: dict[str, object] = {"intent": None, "refused": None, "would": None}
        return line.model_copy(update={**over, "ends": write.ends, "written_in": work.context.run})
    loss = max(0, write.before - write.after)
    losses = tuple(earlier for earlier in line.losses if earlier.at > now - timedelta(days=1))
    if loss and not line.is_approved(intent.change_id):
        losses = (*losses, Loss(at=now, seats=loss))
    return line.model_copy(
        update={
            "line_id": there.id if there else line.line_id,
            "confirmed": write.after,
            "confirmed_at": now,
            "counts_from": write.effective if write.kind is WriteKind.SET_QUANTITY else None,
            "unit_price": there.unit_price if there else line.unit_price,
            "losses": losses,
            "paid": paid_after(work.record, line, write, work.context.moment.date()),
            "text": written(line, write, there),
            "intent": None,
            "refused": None,
            "drift": None,
            "hold": None,
            "would": None,
            "waits": None,
            "written_in": work.context.run,
        }
    )


def _diverge(work: ClaimedAgreement, line: LineRecord, intent: Intent, evidence: Evidence) -> None:
    """Neither before nor after, or something else of the line is otherwise: shown, never corrected."""
    run, write = work.context.run, intent.write
    there, why = evidence.line, evidence.failure or by_psa(evidence.why)
    reasons = WriteFailureReason
    gone = WriteFailure(reason=reasons.LINE_GONE if write.line_id else reasons.AGREEMENT_GONE)
    if there is None and not work.is_repeatable(intent):
        # It may come back with what the PSA did, whatever it answered.
        _leave_to_a_person(work, line, intent.model_copy(update={"why": gone}))
        return
    if there is None:
        why = gone
        after = line.model_copy(update={"intent": None, "refused": why, "refused_in": run})
    elif write.kind is WriteKind.PRORATE:
        # Whatever of it is otherwise, it is there: another one would be billed beside it.
        said = why or WriteFailure(reason=reasons.OTHER_FIELD)
        after = _applied(work, line, intent, there).model_copy(update=_unlike(work, evidence.price, said))
    elif write.kind is WriteKind.END_LINE and there.last_day != write.ends:
        other = Block(reason=BlockReason.OTHER_END, day=there.last_day)
        after = line.model_copy(update={"intent": None, "blocked": other})
    elif there.quantity == write.after or write.kind is WriteKind.END_LINE:
        why = why or WriteFailure(reason=reasons.OTHER_FIELD)
        after = _applied(work, line, intent, there).model_copy(update=_unlike(work, evidence.price, why))
    else:
        why = WriteFailure(
            reason=reasons.OTHER_NUMBER, quantity=there.quantity, before=write.before, after=write.after
        )
        known = write.before if line.confirmed is None else line.confirmed
        drift = Drift(psa=there.quantity, since=work.context.now())
        changes = {"intent": None, "line_id": there.id, "confirmed": known, "drift": drift}
        after = line.model_copy(update=changes)
    work.save(after, intent, LedgerEvent.DIVERGED, why)
