"""Work on one agreement under a claim: fresh read, stored intent, one write, settled read-back, ledger.

No PSA offers compare-and-swap, so the order is everything:

* The claim keeps a second worker away while a write may be on its way. The record is replaced by ETag only, so a
  worker whose claim lapsed and was taken over cannot store an intent, and without a stored intent nothing is sent.
* The intent is stored before the request and stays until a read-back proves what became of it.
* Between the fresh read and the write there is a moment that no PSA's interface can close; it holds one request.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.models import AgreementRecord, Change, Intent, LedgerEvent, LineRecord
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import Line, PsaUnavailable, Sent, Write, WriteAnswer, WriteKind
from shared.billing.pushing.claimed_agreement import ClaimedAgreement
from shared.billing.pushing.context import PushContext
from shared.billing.pushing.outcome import find_out, read_back, settles_in
from shared.billing.reconcile import adoptions, marker_prefix, reconciled
from shared.errors import RetryLater
from shared.storage.tables import Conflict


def work_on(
    context: PushContext, kept: StoredRecord, changes: Iterable[Change], wishes: Mapping[str, Wish]
) -> AgreementRecord:
    """Carry out the allowed changes of one agreement, in turn; the record afterwards.

    Raises RetryLater when somebody else holds the claim, an intent is not settled yet or was settled just now (its
    line can be planned again), PsaUnavailable when the PSA asks for a pause, and that or PsaRefused when the lines
    cannot be read.
    """
    work = ClaimedAgreement.claimed(context, kept)
    try:
        waits = [wait for line, intent in work.open_intents() if (wait := find_out(work, line, intent))]
        work.look(wishes)
        for change in changes:
            _carry_out(work, change, wishes)
        if work.created:
            work.look(wishes)  # a creation that a slow PSA carried out twice is told tonight, not tomorrow
        waits += [settles_in(work, intent) for _, intent in work.open_intents() if not intent.undecidable]
        if waits:
            raise RetryLater(max(waits), "a write whose outcome was unclear is settled first")
        return work.record
    finally:
        work.release()


def look_at(context: PushContext, kept: StoredRecord, wishes: Mapping[str, Wish]) -> AgreementRecord:
    """Read the lines of an agreement without writing any, and remember what they say: the record afterwards.

    Raises PsaUnavailable or PsaRefused. When somebody else changed the record meanwhile, theirs is the newer look.
    """
    fresh = {line.id: line for line in context.psa.lines(kept.record.agreement_id)}
    record = reconciled(kept.record, fresh, wishes, context.moment, context.run)
    adopted = adoptions(kept.record, record, context.now(), context.run)
    try:
        agreement_store.save(context.tables, context.account, kept, record, adopted)
    except Conflict:
        return kept.record
    return record


def _carry_out(work: ClaimedAgreement, change: Change, wishes: Mapping[str, Wish]) -> None:
    """Write one change, unless the line is no longer as the change expects it."""
    lines = work.lines(wishes)
    line, fresh = work.record.lines[change.mapping_id], lines.get(change.line_id)
    if not _as_planned(line, change, fresh):
        return
    intent = _intend(work, line, change, wishes[change.mapping_id], fresh)
    answer = _send(work, intent)
    intent = _answered(work, intent, answer)
    line = work.record.lines[change.mapping_id]
    match answer.sent:
        case Sent.NOT_SENT if answer.asked_for and not work.is_repeatable(intent):
            # Some PSAs said so and had applied it: it stays an intent until it is settled.
            raise PsaUnavailable(answer.why, answer.after, asked_for=True)
        case Sent.NOT_SENT:
            work.drop_intent(line, intent, LedgerEvent.NOT_APPLIED, answer.why)
            raise PsaUnavailable(answer.why, answer.after, asked_for=answer.asked_for)
        case Sent.CONFLICT:
            work.is_about_to_change()
            work.drop_intent(line, intent, LedgerEvent.NOT_APPLIED, answer.why)
        case Sent.REFUSED if answer.refusal is not None:
            # Not this line's matter: it stays as it is, and no row of it repeats what the connection's row says.
            work.drop_intent(line, intent, LedgerEvent.REFUSED, answer.why)
            raise answer.refusal
        case Sent.REFUSED:
            said = {"refused": answer.why, "refused_in": work.context.run}
            work.drop_intent(line, intent, LedgerEvent.REFUSED, answer.why, **said)
        case Sent.ANSWERED | Sent.UNCLEAR:
            read_back(work, line, intent, answer)


def _intend(
    work: ClaimedAgreement, line: LineRecord, change: Change, wish: Wish, fresh: Line | None
) -> Intent:
    now = work.context.now()
    write = _write(line, change, wish, fresh, work.context.moment.date())
    beside = () if change.line_id else work.unowned(line.product_id)
    intent = Intent(write=write, change_id=change.id, at=now, beside=beside)
    work.save(line.model_copy(update={"intent": intent, "refused": ""}), intent, LedgerEvent.INTENDED)
    return intent


def _answered(work: ClaimedAgreement, intent: Intent, answer: WriteAnswer) -> Intent:
    """Keep with the intent what the PSA answered to a write that must not be repeated, before anything is read."""
    if work.is_repeatable(intent):
        return intent
    told = intent.model_copy(
        update={
            "sent": answer.sent,
            "line_id": answer.line_id if not intent.write.line_id else "",
            "receipt": answer.receipt,
            "why": answer.why,
        }
    )
    line = work.line_of(intent)
    work.keep(line.model_copy(update={"intent": told}))
    return told


def _send(work: ClaimedAgreement, intent: Intent) -> WriteAnswer:
    """The one request. A claim that lapsed while the intent was stored may be another worker's by now."""
    if not work.is_held:
        return WriteAnswer(Sent.NOT_SENT, "The claim lapsed before the request was sent.")
    work.is_about_to_change()
    return work.context.psa.apply(intent.write)


def _as_planned(line: LineRecord, change: Change, fresh: Line | None) -> bool:
    """The fresh read still says what the change starts from, and nothing came between."""
    if line.intent is not None or line.blocked or line.drift is not None or line.line_id != change.line_id:
        return False
    if not change.line_id:
        return True
    return fresh is not None and fresh.quantity == change.before and line.confirmed == change.before


def _write(line: LineRecord, change: Change, wish: Wish, fresh: Line | None, today: date) -> Write:
    if change.line_id:
        return Write(
            kind=WriteKind.SET_QUANTITY,
            agreement_id=change.agreement_id,
            line_id=change.line_id,
            product_id=line.product_id,
            before=change.before,
            after=change.after,
            effective=today,
            fingerprint=fresh.fingerprint if fresh else "",
        )
    return Write(
        kind=WriteKind.CREATE_LINE,
        agreement_id=change.agreement_id,
        product_id=line.product_id,
        before=0,
        after=change.after,
        effective=change.effective or today,
        marker=f"{marker_prefix(line.mapping_id)}{line.mark}",
        billable=wish.billable,
        invoice_text=wish.options.invoice_text,
    )
