"""Work on one agreement under a claim: fresh read, stored intent, one write, settled read-back, ledger.

No PSA offers compare-and-swap, so the order is everything:

* The claim keeps a second worker away while a write may be on its way. The record is replaced by ETag only, so a
  worker whose claim lapsed and was taken over cannot store an intent, and without a stored intent nothing is sent.
* The intent is stored before the request and stays until a read-back proves what became of it.
* Between the fresh read and the write there is a moment that no PSA's interface can close; it holds one request.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.models import (
    AgreementRecord,
    Change,
    Drift,
    Intent,
    LedgerEntry,
    LedgerEvent,
    LineRecord,
    Loss,
)
from shared.billing.planning.plan import Wish
from shared.billing.psa.base import (
    Effect,
    Evidence,
    Line,
    Psa,
    PsaUnavailable,
    Sent,
    Write,
    WriteAnswer,
    WriteKind,
)
from shared.billing.reconcile import adoptions, marker_prefix, reconciled, unowned
from shared.errors import RetryLater
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

SETTLES_AFTER = timedelta(minutes=2)
"""A PSA that gave no clear answer may still apply the request; only after this is "not applied" believed."""
READ_BACKS = (0.0, 1.0, 3.0)
"""Seconds before each read-back of a write: a PSA may show the old number for a moment."""


@dataclass(frozen=True, slots=True)
class PushContext:
    """What the work on an agreement needs: where, with whom, and in which run."""

    tables: Tables
    psa: Psa
    account: AccountId
    run: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    claim_for: timedelta
    settles_after: timedelta = SETTLES_AFTER

    @property
    def moment(self) -> datetime:
        """Now, in the account's zone: its date is the day that a line is billed on."""
        return self.now().astimezone(self.zone)


def work_on(
    context: PushContext, kept: StoredRecord, changes: Iterable[Change], wishes: Mapping[str, Wish]
) -> AgreementRecord:
    """Carry out the allowed changes of one agreement, in turn; the record afterwards.

    Raises RetryLater when somebody else holds the claim, an intent is not settled yet or was settled just now (its
    line can be planned again), PsaUnavailable when the PSA asks for a pause, and that or PsaRefused when the lines
    cannot be read.
    """
    work = _ClaimedAgreement.claimed(context, kept)
    try:
        waits = [wait for line, intent in work.open_intents() if (wait := work.settle(line, intent))]
        work.look(wishes)
        for change in changes:
            work.carry_out(change, wishes)
        if work.created:
            work.look(wishes)  # a creation that a slow PSA carried out twice is told tonight, not tomorrow
        waits += [work.settles_in(intent) for _, intent in work.open_intents() if not intent.undecidable]
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


class _ClaimedAgreement:
    """The claimed record while it is worked on; every `_save` is one transaction with its ledger entries."""

    def __init__(self, context: PushContext, kept: StoredRecord, claimed_until: datetime) -> None:
        self._context = context
        self._kept = kept
        self._claimed_until = claimed_until
        self._fresh: dict[str, Line] | None = None
        """The lines as they were read, until the next write is sent."""
        self.record = kept.record
        self.created = False
        """A line was made for a mapping."""

    @classmethod
    def claimed(cls, context: PushContext, kept: StoredRecord) -> "_ClaimedAgreement":
        """Claim the agreement. Raises RetryLater while somebody else holds it."""
        record, now = kept.record, context.now()
        if record.claimed_until is not None and record.claimed_until > now:
            raise RetryLater(
                record.claimed_until - now, f"agreement {record.agreement_id} is being worked on"
            )
        until = now + context.claim_for
        mine = record.model_copy(update={"claimed_until": until, "claims": record.claims + 1})
        try:
            return cls(context, agreement_store.save(context.tables, context.account, kept, mine), until)
        except Conflict as conflict:
            raise RetryLater(
                timedelta(seconds=5), f"agreement {record.agreement_id} was changed"
            ) from conflict

    def release(self) -> None:
        """Give the claim back with what was learnt. If it was lost meanwhile, the record is another worker's."""
        context, free = self._context, self.record.model_copy(update={"claimed_until": None})
        adopted = adoptions(self._kept.record, free, context.now(), context.run)
        try:
            agreement_store.save(context.tables, context.account, self._kept, free, adopted)
        except Conflict:
            return

    def open_intents(self) -> list[tuple[LineRecord, Intent]]:
        return [(line, line.intent) for line in self.record.lines.values() if line.intent]

    def settle(self, line: LineRecord, intent: Intent) -> timedelta | None:
        """Find out what became of the write of an earlier attempt; how long until the line is looked at again.

        None: it stays as it is until a person says what became of it, or it shows up.
        """
        context = self._context
        evidence = context.psa.find_effect(intent.write, intent.line_id)
        if evidence.effect is Effect.NOT_APPLIED:
            if context.now() < intent.at + context.settles_after:
                return self.settles_in(intent)
            if intent.undecidable:
                return None
            context.sleep(READ_BACKS[1])
            evidence = context.psa.find_effect(intent.write, intent.line_id)
        self._conclude(line, intent, evidence)
        return timedelta(seconds=1)

    def settles_in(self, intent: Intent) -> timedelta:
        return max(timedelta(seconds=1), intent.at + self._context.settles_after - self._context.now())

    def look(self, wishes: Mapping[str, Wish]) -> dict[str, Line]:
        """Read the lines, and remember what they say."""
        context = self._context
        self._fresh = {line.id: line for line in context.psa.lines(self.record.agreement_id)}
        self.record = reconciled(self.record, self._fresh, wishes, context.moment, context.run)
        return self._fresh

    def carry_out(self, change: Change, wishes: Mapping[str, Wish]) -> None:
        """Write one change, unless the line is no longer as the change expects it."""
        lines = self.look(wishes) if self._fresh is None else self._fresh
        line, fresh = self.record.lines[change.mapping_id], lines.get(change.line_id)
        if not _as_planned(line, change, fresh):
            return
        intent = self._intend(line, change, wishes[change.mapping_id], fresh)
        answer = self._send(intent)
        intent = self._answered(intent, answer)
        line = self.record.lines[change.mapping_id]
        match answer.sent:
            case Sent.NOT_SENT if answer.asked_for and not self._is_repeatable(intent):
                # Some PSAs said so and had applied it: it stays an intent until it is settled.
                raise PsaUnavailable(answer.why, answer.after, asked_for=True)
            case Sent.NOT_SENT:
                self._drop_intent(line, intent, LedgerEvent.NOT_APPLIED, answer.why)
                raise PsaUnavailable(answer.why, answer.after, asked_for=answer.asked_for)
            case Sent.CONFLICT:
                self._fresh = None
                self._drop_intent(line, intent, LedgerEvent.NOT_APPLIED, answer.why)
            case Sent.REFUSED if answer.refusal is not None:
                # Not this line's matter: it stays as it is, and no row of it repeats what the connection's row says.
                self._drop_intent(line, intent, LedgerEvent.REFUSED, answer.why)
                raise answer.refusal
            case Sent.REFUSED:
                said = {"refused": answer.why, "refused_in": self._context.run}
                self._drop_intent(line, intent, LedgerEvent.REFUSED, answer.why, **said)
            case Sent.ANSWERED | Sent.UNCLEAR:
                self._read_back(line, intent, answer)

    def _intend(self, line: LineRecord, change: Change, wish: Wish, fresh: Line | None) -> Intent:
        now = self._context.now()
        write = _write(line, change, wish, fresh, self._context.moment.date())
        beside = () if change.line_id else self._unowned(line.product_id)
        intent = Intent(write=write, change_id=change.id, at=now, beside=beside)
        self._save(line.model_copy(update={"intent": intent, "refused": ""}), intent, LedgerEvent.INTENDED)
        return intent

    def _unowned(self, product_id: str) -> tuple[str, ...]:
        """Lines of the product that no mapping owns, by the newest look."""
        owned = {line.line_id for line in self.record.lines.values()}
        return tuple(line.id for line in unowned(product_id, self._fresh or {}, owned))

    def _is_repeatable(self, intent: Intent) -> bool:
        return intent.write.kind in self._context.psa.repeatable

    def _answered(self, intent: Intent, answer: WriteAnswer) -> Intent:
        """Keep with the intent what the PSA answered to a write that must not be repeated, before anything is read."""
        if self._is_repeatable(intent):
            return intent
        told = intent.model_copy(
            update={
                "sent": answer.sent,
                "line_id": answer.line_id if not intent.write.line_id else "",
                "receipt": answer.receipt,
                "why": answer.why,
            }
        )
        line = self.record.lines[self._mapping_of(intent)]
        self._keep(line.model_copy(update={"intent": told}))
        return told

    def _mapping_of(self, intent: Intent) -> str:
        return next(line.mapping_id for line, open_ in self.open_intents() if open_ == intent)

    def _send(self, intent: Intent) -> WriteAnswer:
        """The one request. A claim that lapsed while the intent was stored may be another worker's by now."""
        if self._context.now() >= self._claimed_until:
            return WriteAnswer(Sent.NOT_SENT, "The claim lapsed before the request was sent.")
        self._fresh = None
        return self._context.psa.apply(intent.write)

    def _read_back(self, line: LineRecord, intent: Intent, answer: WriteAnswer) -> None:
        """Believe nothing but what can be read. What stays unclear stays an intent: the line is "unknown"."""
        evidence = None
        for pause in READ_BACKS:
            self._context.sleep(pause)
            try:
                evidence = self._context.psa.find_effect(intent.write, intent.line_id)
            except PsaUnavailable:
                continue
            if evidence.effect is not Effect.NOT_APPLIED:
                self._conclude(line, intent, evidence)
                return
        if evidence is None:
            why = "It could not be read back."
        else:
            why = "The PSA accepted the change but still shows the old number."
        why = answer.why or why
        doubted = intent.model_copy(update={"why": why})
        self._save(line.model_copy(update={"intent": doubted}), doubted, LedgerEvent.UNKNOWN, why)

    def _conclude(self, line: LineRecord, intent: Intent, evidence: Evidence) -> None:
        if evidence.line is not None and self._is_anothers(evidence.line, line):
            self._lose(line, intent, evidence.line)
            return
        match evidence.effect:
            case Effect.APPLIED:
                self._confirm(line, intent, evidence.line)
            case Effect.NOT_APPLIED if self._is_repeatable(intent) or self._was_not_taken(intent):
                self._try_again(line, intent)
            case Effect.NOT_APPLIED | Effect.UNDECIDABLE:
                self._leave_to_a_person(line, intent)
            case Effect.DIVERGED:
                self._diverge(line, intent, evidence.line, evidence.why)

    def _was_not_taken(self, intent: Intent) -> bool:
        """The PSA said no to a write that must not be repeated, and no line has come up since that could be it."""
        if not intent.may_be_repeated:
            return False
        self._fresh = {line.id: line for line in self._context.psa.lines(self.record.agreement_id)}
        return set(self._unowned(intent.write.product_id)) <= set(intent.beside)

    def _leave_to_a_person(self, line: LineRecord, intent: Intent) -> None:
        """A repeat could bill twice, and nothing tells whether the first one was applied."""
        left = intent.model_copy(update={"undecidable": True})
        self._save(line.model_copy(update={"intent": left}), left, LedgerEvent.UNDECIDABLE, intent.why)

    def _is_anothers(self, there: Line, line: LineRecord) -> bool:
        lines = self.record.lines.values()
        return any(one.line_id == there.id and one.mapping_id != line.mapping_id for one in lines)

    def _lose(self, line: LineRecord, intent: Intent, there: Line) -> None:
        """The line that was created belongs to another mapping meanwhile: the next one has a mark of its own."""
        why = f"The line that was created for it ({there.id}) was chosen for another mapping."
        said = {"refused": why, "refused_in": self._context.run, "mark": self.record.claims}
        self._drop_intent(line, intent, LedgerEvent.REFUSED, why, **said)

    def _try_again(self, line: LineRecord, intent: Intent) -> None:
        """Proven not applied: it may be planned once more in this run, and then at the next."""
        run, why = self._context.run, intent.why
        said = {"not_applied_in": run}
        if line.not_applied_in == run:
            said = {
                "refused": why or "The PSA took the change twice and did not apply it.",
                "refused_in": run,
            }
        self._drop_intent(line, intent, LedgerEvent.NOT_APPLIED, why, **said)

    def _confirm(self, line: LineRecord, intent: Intent, there: Line | None) -> None:
        self.created |= not intent.write.line_id
        self._save(self._applied(line, intent, there), intent, LedgerEvent.CONFIRMED)

    def _applied(self, line: LineRecord, intent: Intent, there: Line | None) -> LineRecord:
        """The line now that the PSA is proven to have the intent's number."""
        now, write = self._context.now(), intent.write
        loss = max(0, write.before - write.after)
        losses = tuple(one for one in line.losses if one.at > now - timedelta(days=1))
        if loss and not line.is_approved(intent.change_id):
            losses = (*losses, Loss(at=now, seats=loss))
        return line.model_copy(
            update={
                "line_id": there.id if there else line.line_id,
                "confirmed": write.after,
                "confirmed_at": now,
                "unit_price": there.unit_price if there else line.unit_price,
                "losses": losses,
                "intent": None,
                "refused": "",
                "drift": None,
                "hold": None,
                "would": None,
                "written_in": self._context.run,
            }
        )

    def _diverge(self, line: LineRecord, intent: Intent, there: Line | None, why: str) -> None:
        """Neither before nor after, or something else of the line is otherwise, `why`: shown, never corrected."""
        run, write = self._context.run, intent.write
        gone = f"The {'line' if write.line_id else 'agreement'} vanished while it was written."
        if there is None and intent.sent is Sent.ANSWERED:
            # It may come back with what the PSA said that it did.
            self._leave_to_a_person(line, intent.model_copy(update={"why": gone}))
            return
        if there is None:
            why = gone
            after = line.model_copy(update={"intent": None, "refused": why, "refused_in": run})
        elif there.quantity == write.after:
            why = why or "The number was written, but another field of the line is not as it was."
            after = self._applied(line, intent, there)
            after = after.model_copy(update={"refused": why, "refused_in": run})
        else:
            why = f"While it was written, somebody else changed the line: it says {there.quantity.normalize():f}."
            known = write.before if line.confirmed is None else line.confirmed
            drift = Drift(psa=there.quantity, since=self._context.now())
            changes = {"intent": None, "line_id": there.id, "confirmed": known, "drift": drift}
            after = line.model_copy(update=changes)
        self._save(after, intent, LedgerEvent.DIVERGED, why)

    def _drop_intent(
        self, line: LineRecord, intent: Intent, event: LedgerEvent, why: str, **changes: object
    ) -> None:
        self._save(line.model_copy(update={"intent": None, **changes}), intent, event, why)

    def _keep(self, line: LineRecord) -> None:
        """The line alone: what is told of it stands in the ledger already."""
        context, record = self._context, self.record.with_line(line)
        self._kept = agreement_store.save(context.tables, context.account, self._kept, record)
        self.record = record

    def _save(self, line: LineRecord, intent: Intent, event: LedgerEvent, why: str = "") -> None:
        """The line and its ledger entry in one transaction."""
        entry = LedgerEntry(
            event=event,
            at=self._context.now(),
            run=self._context.run,
            mapping_id=line.mapping_id,
            line_id=line.line_id,
            change_id=intent.change_id,
            before=intent.write.before,
            after=intent.write.after,
            why=why,
        )
        context, record = self._context, self.record.with_line(line)
        entries = [*adoptions(self._kept.record, self.record, context.now(), context.run), entry]
        self._kept = agreement_store.save(context.tables, context.account, self._kept, record, entries)
        self.record = record


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
