"""What became of a text on the invoice. Whatever it is, no seat moves, and nothing of the line waits for it."""

from collections.abc import Sequence

from shared.billing.models import Intent, LedgerEvent, LineRecord, LineText
from shared.billing.psa.base import Effect, Evidence, Line, Write, WriteAnswer, WriteKind
from shared.billing.psa.causes import Cause
from shared.billing.psa.texts import digest, plain, same, shows
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason, by_psa
from shared.billing.pushing.claimed_agreement import ClaimedAgreement


def written(line: LineRecord, write: Write, there: Line | None) -> LineText | None:
    """What is remembered of the text once the PSA was read after a write that had one."""
    known, asked = line.text or LineText(), write.invoice_text
    if there is None or not asked:
        return line.text
    known = known.model_copy(update={"there": plain(there.text)})
    if shows(there.text, asked):
        fresh = {"asked": digest(asked), "shown": digest(there.text), "refused": None, "refused_text": ""}
        return known.model_copy(update={**fresh, "not_applied_in": ""})
    if same(there.text, write.text_before or ""):
        return known
    return refused(known, asked, WriteFailure(reason=WriteFailureReason.OTHER_TEXT))


def refused(known: LineText | None, asked: str, why: WriteFailure | None) -> LineText:
    """The text is not written again; another one is."""
    why = why or WriteFailure(reason=WriteFailureReason.NOT_APPLIED)
    return (known or LineText()).model_copy(update={"refused": why, "refused_text": digest(asked)})


def is_for_its_text(intents: Sequence[Intent], answer: WriteAnswer) -> bool:
    """The PSA may have refused the request for a text in it, or has not the right for texts: seats need not wait."""
    if answer.refusal is None:
        return any(intent.write.sets_text for intent in intents)
    alone = all(intent.write.kind is WriteKind.SET_TEXT for intent in intents)
    return alone and answer.refusal.cause is Cause.RIGHTS


def refuse_texts(work: ClaimedAgreement, intents: Sequence[Intent], answer: WriteAnswer) -> None:
    """No text of the request is tried again, but for one that only the right is missing for: that is for all texts of
    the PSA, and may be there in the next run. What else was in it is planned anew without one.
    """
    told, why = [], by_psa(answer.why)
    is_for_all = answer.refusal is not None
    if is_for_all:
        work.context.texts_refused.set()
    for intent in intents:
        line, changes = work.line_of(intent), dict[str, object]()
        if intent.write.sets_text and is_for_all:
            changes = {"text": _put_off(line, work.context.run, why)}
        elif intent.write.sets_text:
            changes = {"text": refused(line.text, intent.write.invoice_text, why)}
        told.append((line.model_copy(update={"intent": None, **changes}), intent))
        work.look_again |= intent.write.kind is not WriteKind.SET_TEXT
    work.save_all(told, LedgerEvent.NOT_APPLIED, why)


def try_text_again(work: ClaimedAgreement, line: LineRecord, intent: Intent) -> None:
    """Proven not applied: it may be planned once more in this run. Then, where the PSA said yes and shows no text, only
    another one is; where it gave no clear answer, the next run tries again.
    """
    known, run = line.text or LineText(), work.context.run
    if known.not_applied_in != run:
        text = known.model_copy(update={"not_applied_in": run})
    elif intent.why is None or intent.why.reason is WriteFailureReason.OLD_NUMBER:
        text = refused(known, intent.write.invoice_text, intent.why)
    else:
        text = _put_off(line, run, intent.why)
    work.drop_intent(line, intent, LedgerEvent.NOT_APPLIED, intent.why, text=text)


def _put_off(line: LineRecord, run: str, why: WriteFailure | None) -> LineText:
    """The next run tries again; until then it is told why."""
    return (line.text or LineText()).model_copy(update={"put_off_in": run, "refused": why})


def conclude_text(work: ClaimedAgreement, line: LineRecord, intent: Intent, evidence: Evidence) -> None:
    """It stands there, or something else does, which stays. A whole document that undid an edit is told of its line."""
    said: dict[str, object] = {"text": written(line, intent.write, evidence.line)}
    event = LedgerEvent.CONFIRMED if evidence.effect is Effect.APPLIED else LedgerEvent.DIVERGED
    if evidence.why:
        said |= {"refused": by_psa(evidence.why), "refused_in": work.context.run}
    work.drop_intent(line, intent, event, by_psa(evidence.why), **said)
