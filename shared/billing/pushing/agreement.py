"""Work on one agreement under a claim: fresh read, stored intent, one write, settled read-back, ledger.

No PSA offers compare-and-swap, so the order is everything:

* The claim keeps a second worker away while a write may be on its way. The record is replaced by ETag only, so a
  worker whose claim lapsed and was taken over cannot store an intent, and without a stored intent nothing is sent.
* The intent is stored before the request and stays until a read-back proves what became of it.
* Between the fresh read and the write there is a moment that no PSA's interface can close; it holds one request.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.models import AgreementRecord, Change, Intent, LedgerEvent, LineRecord, TextChange
from shared.billing.planning.text_changes import text_change
from shared.billing.planning.wishes import Wish
from shared.billing.product_prices import priced
from shared.billing.psa.base import Line, Psa, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.write_failures import WriteFailure, WriteFailureReason, by_psa
from shared.billing.pushing import writes
from shared.billing.pushing.claimed_agreement import ClaimedAgreement
from shared.billing.pushing.context import PushContext
from shared.billing.pushing.outcome import find_out, read_back, settles_in, try_again
from shared.billing.pushing.text_outcome import is_for_its_text, refuse_texts
from shared.billing.reconcile import adoptions, is_made_twice, reconciled
from shared.errors import RetryLater
from shared.storage.tables import Conflict


def work_on(
    context: PushContext,
    kept: StoredRecord,
    changes: Iterable[Change],
    wishes: Mapping[str, Wish],
    texts: Iterable[TextChange] = (),
) -> AgreementRecord:
    """Carry out the allowed changes and texts of one agreement, in turn; the record afterwards.

    Raises RetryLater when somebody else holds the claim, an intent is not settled yet or was settled just now (its
    line can be planned again), PsaUnavailable when the PSA asks for a pause, and that or PsaRefused when the lines
    cannot be read.
    """
    work = ClaimedAgreement.claimed(context, kept)
    try:
        waits = [wait for line, intent in work.open_intents() if (wait := find_out(work, line, intent))]
        work.look(wishes)
        still_told = any(is_made_twice(line) for line in work.record.lines.values())
        # A line that ends was let go if the look showed that it is over.
        left = [change for change in changes if change.mapping_id in work.record.lines]
        for together in _requests(left, texts, context.psa):
            if work.may_send:
                prorated = [change for change in together.changes if _is_prorated(work, change, wishes)]
                _carry_out(work, together._replace(changes=prorated), wishes)
            else:
                _leave_waiting(work, together.changes)
        if work.created or still_told:
            work.look(wishes)  # a creation that a slow PSA carried out twice is told tonight, not tomorrow
        waits += [settles_in(work, intent) for _, intent in work.open_intents() if not intent.undecidable]
        if waits:
            raise RetryLater(max(waits), "a write whose outcome was unclear is settled first")
        if work.look_again or _is_free_again(work, wishes):
            raise RetryLater(timedelta(seconds=1), "it was changed after it was looked at")
        return work.record
    finally:
        work.release()


def _is_free_again(work: ClaimedAgreement, wishes: Mapping[str, Wish]) -> bool:
    """A change that was passed over could be written by the newest look: the list of lines was cut in between."""
    lines = work.lines(wishes) if work.passed_over else {}
    return any(
        _as_planned(line, change, lines.get(change.line_id))
        for change in work.passed_over
        if (line := work.record.lines.get(change.mapping_id))
    )


def look_at(context: PushContext, kept: StoredRecord, wishes: Mapping[str, Wish]) -> AgreementRecord:
    """Read the lines of an agreement without writing any, and remember what they say: the record afterwards.

    Raises PsaUnavailable or PsaRefused. When somebody else changed the record meanwhile, theirs is the newer look.
    """
    fresh = {line.id: line for line in context.psa.lines(kept.record.agreement_id)}
    mine = priced(kept.record, wishes, context.prices)
    record = reconciled(kept.record, fresh, mine, context.moment, context.run)
    adopted = adoptions(kept.record, record, context.now(), context.run)
    try:
        agreement_store.save(context.tables, context.account, kept, record, adopted)
    except Conflict:
        return kept.record
    return record


class _Request(NamedTuple):
    """What goes out together."""

    changes: Sequence[Change]
    texts: Sequence[TextChange] = ()


def _requests(changes: Iterable[Change], texts: Iterable[TextChange], psa: Psa) -> Iterator[_Request]:
    """Of a whole document every changed line in one; a new line has a request of its own. A text goes with the quantity
    of its line where the PSA takes both at once, else after it.
    """
    changes, left = list(changes), {text.key.mapping_id: text for text in texts}
    there = [change for change in changes if psa.whole_document and change.line_id]
    if psa.whole_document and (there or left):
        yield _Request(there, tuple(left.values()))
        left = {}
    for change in changes:
        if change not in there:
            text = left.pop(change.mapping_id, None) if psa.text_with_quantity and not change.ends else None
            yield _Request([change], [text] if text else [])
    yield from (_Request([], [text]) for text in left.values())


def _is_prorated(work: ClaimedAgreement, change: Change, wishes: Mapping[str, Wish]) -> bool:
    """The second line of a change is proven to be there, or it needs none: only then is the main line written.

    Cut off after the second line, what is paid already says that it is not made again. Of a line that ends before what
    is billed already, none is made: a person is told.
    """
    line, second = work.record.lines[change.mapping_id], change.second
    if second is None:
        return True
    fresh = work.lines(wishes).get(change.line_id)
    if fresh is None or not _as_planned(line, change, fresh):
        work.passed_over.append(change)
        return False
    if fresh.last_day is not None and fresh.last_day < second.until:
        why = WriteFailure(reason=WriteFailureReason.ENDS_WITHIN, day=fresh.last_day, after=change.after)
        refused = line.model_copy(update={"refused": why, "refused_in": work.context.run})
        work.record = work.record.with_line(refused)
        return False
    write = writes.second_line(work, change, second, wishes[change.mapping_id], fresh)
    beside = work.unowned(line.product_id)
    intent = Intent(write=write, change_id=change.id, at=work.context.now(), beside=beside)
    told = line.model_copy(update={"intent": intent, "refused": None})
    work.save_all([(told, intent)], LedgerEvent.INTENDED)
    _send_and_read_back(work, [intent])
    line = work.record.lines[change.mapping_id]
    if line.intent is not None or line.paid is None:
        return False
    work.look_again |= second.since is not None and line.paid.seats < change.after
    return line.paid.seats >= change.after


def _leave_waiting(work: ClaimedAgreement, changes: Sequence[Change]) -> None:
    """Say of lines why they are not written: they go out as soon as it is known what became of the document before."""
    why = WriteFailure(reason=WriteFailureReason.DOCUMENT_UNCLEAR)
    for change in changes:
        line = work.record.lines[change.mapping_id]
        if line.intent is None:
            waits = line.model_copy(update={"refused": why, "refused_in": ""})
            work.record = work.record.with_line(waits)


def _carry_out(work: ClaimedAgreement, together: _Request, wishes: Mapping[str, Wish]) -> None:
    """Write changes by one request, but those whose line is no longer as the change expects it."""
    if intents := _intend(work, together, wishes):
        _send_and_read_back(work, intents)


def _send_and_read_back(work: ClaimedAgreement, intents: list[Intent]) -> None:
    """The one request of stored intents, and what became of it."""
    answer = _send(work, intents)
    if not work.is_repeatable(intents[0]):
        intents = _answered(work, intents, answer)
    match answer.sent:
        case Sent.NOT_SENT if answer.asked_for and not work.is_repeatable(intents[0]):
            # Some PSAs said so and had applied it: it stays an intent until it is settled.
            raise PsaUnavailable(answer.why, answer.after, asked_for=True)
        case Sent.NOT_SENT:
            work.drop_intents(intents, LedgerEvent.NOT_APPLIED, by_psa(answer.why))
            raise PsaUnavailable(answer.why, answer.after, asked_for=answer.asked_for)
        case Sent.CONFLICT:
            for intent in intents:
                try_again(work, work.line_of(intent), intent.model_copy(update={"why": by_psa(answer.why)}))
            work.look_again = True
        case Sent.REFUSED if is_for_its_text(intents, answer):
            refuse_texts(work, intents, answer)
        case Sent.REFUSED if answer.refusal is not None:
            # Not this line's matter: it stays as it is, and no row of it repeats what the connection's row says.
            work.drop_intents(intents, LedgerEvent.REFUSED, by_psa(answer.why))
            raise answer.refusal
        case Sent.REFUSED:
            why = by_psa(answer.why)
            said = {"refused": why, "refused_in": work.context.run}
            work.drop_intents(intents, LedgerEvent.REFUSED, why, **said)
        case Sent.ANSWERED | Sent.UNCLEAR:
            read_back(work, intents, answer)


def _intend(work: ClaimedAgreement, together: _Request, wishes: Mapping[str, Wish]) -> list[Intent]:
    """Store an intent for each line that is as its change expects it: all of them together, or none."""
    lines, told = work.lines(wishes), []
    mine = priced(work.record, wishes, work.context.prices)
    texts = {text.key.mapping_id: text for text in _to_write(work, together.texts, wishes)}
    for change in together.changes:
        line, fresh = work.record.lines[change.mapping_id], lines.get(change.line_id)
        if not _as_planned(line, change, fresh):
            work.passed_over.append(change)
            continue
        if change.looks_first:
            work.look_again = True  # now it is known from which day it counts
            texts.pop(change.mapping_id, None)  # it goes with its number
            continue
        write = (
            writes.end(change, line, fresh)
            if change.ends
            else writes.new_quantity(work, line, change, mine[change.mapping_id], fresh)
        )
        write = writes.with_text(write, texts.pop(change.mapping_id, None), fresh)
        beside = () if change.line_id else work.unowned(line.product_id)
        intent = Intent(write=write, change_id=change.id, at=work.context.now(), beside=beside)
        told.append((line.model_copy(update={"intent": intent, "refused": None}), intent))
    for mapping_id, text in texts.items():
        line, fresh = work.record.lines[mapping_id], lines.get(text.line_id)
        if fresh is not None and fresh.quantity == line.confirmed:
            write = writes.new_text(line, text, fresh)
            intent = Intent(write=write, change_id="", at=work.context.now())
            told.append((line.model_copy(update={"intent": intent}), intent))
    if told:
        work.save_all(told, LedgerEvent.INTENDED)
    return [intent for _, intent in told]


def _to_write(
    work: ClaimedAgreement, texts: Iterable[TextChange], wishes: Mapping[str, Wish]
) -> Iterator[TextChange]:
    """Those that may still be written now that their lines were read: a text of somebody else stays."""
    if work.context.texts_refused.is_set():
        return
    for text in texts:
        line, wish = work.record.lines.get(text.key.mapping_id), wishes[text.key.mapping_id]
        if line is not None and (now := text_change(work.record, line, wish)):
            yield now


def _answered(work: ClaimedAgreement, intents: Sequence[Intent], answer: WriteAnswer) -> list[Intent]:
    """Keep with the intents what the PSA answered to a write that must not be repeated, before anything is read."""
    told = [
        intent.model_copy(
            update={
                "sent": answer.sent,
                "line_id": answer.line_id if not intent.write.line_id else "",
                "receipt": answer.receipt,
                "why": by_psa(answer.why),
            }
        )
        for intent in intents
    ]
    lines = [work.line_of(intent) for intent in intents]
    work.keep([line.model_copy(update={"intent": one}) for line, one in zip(lines, told, strict=True)])
    return told


def _send(work: ClaimedAgreement, intents: Sequence[Intent]) -> WriteAnswer:
    """The one request. A claim that lapsed while the intents were stored may be another worker's by now."""
    if not work.is_held:
        return WriteAnswer(Sent.NOT_SENT, "The claim lapsed before the request was sent.")
    work.is_about_to_change()
    return work.context.psa.apply(*(intent.write for intent in intents))


def _as_planned(line: LineRecord, change: Change, fresh: Line | None) -> bool:
    """The fresh read still says what the change starts from, and nothing came between."""
    if line.intent is not None or line.blocked or line.drift is not None or line.line_id != change.line_id:
        return False
    if not change.line_id:
        return True
    if change.ends is not None:
        return fresh is not None and fresh.last_day == line.ends and fresh.quantity == change.before
    return fresh is not None and fresh.quantity == change.before and line.confirmed == change.before
