"""An agreement's record under a claim: who holds it, what its lines said last, and saving it with its ledger."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.models import AgreementRecord, Change, Intent, LedgerEntry, LedgerEvent, LineRecord
from shared.billing.planning.wishes import Wish
from shared.billing.product_prices import priced
from shared.billing.psa.base import Line, Write, WriteKind
from shared.billing.psa.texts import digest
from shared.billing.psa.write_failures import WriteFailure
from shared.billing.pushing.context import PushContext
from shared.billing.reconcile import adoptions, reconciled, unowned
from shared.errors import RetryLater
from shared.storage.tables import Conflict


class ClaimedAgreement:
    """The claimed record while it is worked on; every `save` is one transaction with its ledger entries.

    The claim keeps a second worker away while a write may be on its way. The record is replaced by ETag only: a worker
    whose claim lapsed and was taken over cannot store anything.
    """

    def __init__(self, context: PushContext, kept: StoredRecord, claimed_until: datetime) -> None:
        self.context = context
        self._kept = kept
        self._claimed_until = claimed_until
        self._fresh: dict[str, Line] | None = None
        """The lines as they were read, until the next write is sent."""
        self.record = kept.record
        self.created = False
        """A line was made for a mapping."""
        self.look_again = False
        """Something was not as it had been looked at: what is left of the plan is made anew."""
        self.passed_over: list[Change] = []
        """Changes whose line was not as they expect it when they were to be written."""

    @classmethod
    def claimed(cls, context: PushContext, kept: StoredRecord) -> "ClaimedAgreement":
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
        context, free = self.context, self.record.model_copy(update={"claimed_until": None})
        adopted = adoptions(self._kept.record, free, context.now(), context.run)
        try:
            agreement_store.save(context.tables, context.account, self._kept, free, adopted)
        except Conflict:
            return

    @property
    def is_held(self) -> bool:
        """The claim has not lapsed: what is done is not done by another worker too."""
        return self.context.now() < self._claimed_until

    def open_intents(self) -> list[tuple[LineRecord, Intent]]:
        return [(line, line.intent) for line in self.record.lines.values() if line.intent]

    def line_of(self, intent: Intent) -> LineRecord:
        """The line whose open intent it is."""
        return next(line for line, open_ in self.open_intents() if open_ == intent)

    def lines(self, wishes: Mapping[str, Wish]) -> dict[str, Line]:
        """The lines as no write of ours has changed them since they were read."""
        return self.look(wishes) if self._fresh is None else self._fresh

    def look(self, wishes: Mapping[str, Wish]) -> dict[str, Line]:
        """Read the lines, and remember what they say."""
        fresh = self.read()
        mine = priced(self.record, wishes, self.context.prices)
        self.record = reconciled(self.record, fresh, mine, self.context.moment, self.context.run)
        return fresh

    def read(self) -> dict[str, Line]:
        """Read the lines; the record stays as it is."""
        self._fresh = {line.id: line for line in self.context.psa.lines(self.record.agreement_id)}
        return self._fresh

    def is_about_to_change(self) -> None:
        """What was read is old from now on."""
        self._fresh = None

    @property
    def document(self) -> str:
        """The whole document of the lines as they were last read, "" where lines stand alone or there is none."""
        return next((line.document for line in (self._fresh or {}).values()), "")

    def unowned(self, product_id: str) -> tuple[str, ...]:
        """Lines of the product that no mapping owns, as they were last read."""
        owned = {line.line_id for line in self.record.lines.values()}
        return tuple(line.id for line in unowned(product_id, self._fresh or {}, owned))

    def is_anothers(self, there: Line, line: LineRecord) -> bool:
        """Another mapping owns the line of the PSA."""
        lines = self.record.lines.values()
        return any(other.line_id == there.id and other.mapping_id != line.mapping_id for other in lines)

    def is_repeatable(self, intent: Intent) -> bool:
        return intent.write.kind in self.context.psa.repeatable

    @property
    def may_send(self) -> bool:
        """A whole document that may still be on its way would undo whatever is sent after it."""
        return not (self.context.psa.whole_document and self.open_intents())

    def keep(self, lines: Sequence[LineRecord]) -> None:
        """Store lines alone: what is told of them stands in the ledger already."""
        context, record = self.context, self._with(lines)
        self._kept = agreement_store.save(context.tables, context.account, self._kept, record)
        self.record = record

    def save(
        self, line: LineRecord, intent: Intent, event: LedgerEvent, why: WriteFailure | None = None
    ) -> None:
        """Store the line and what happened to its write, in one transaction."""
        self.save_all([(line, intent)], event, why)

    def save_all(
        self,
        told: Sequence[tuple[LineRecord, Intent]],
        event: LedgerEvent,
        why: WriteFailure | None = None,
    ) -> None:
        """Store lines and what happened to the one request that wrote them all."""
        context, record = self.context, self._with([line for line, _ in told])
        entries = [entry for line, intent in told for entry in self._entries(line, intent, event, why)]
        entries = [*adoptions(self._kept.record, self.record, context.now(), context.run), *entries]
        self._kept = agreement_store.save(context.tables, context.account, self._kept, record, entries)
        self.record = record

    def _entries(
        self, line: LineRecord, intent: Intent, event: LedgerEvent, why: WriteFailure | None
    ) -> Iterator[LedgerEntry]:
        """What the ledger says of one line: of its number, and of a text that was written."""
        context, write = self.context, intent.write
        if write.kind is not WriteKind.SET_TEXT:
            yield LedgerEntry.of(
                line,
                event,
                context.now(),
                run=context.run,
                line_id=intent.line_id if write.kind is WriteKind.PRORATE else line.line_id,
                change_id=intent.change_id,
                before=write.before,
                after=write.after,
                failure=why,
                last_day=write.ends,
            )
        if write.sets_text and (of_text := _of_text(line, write, event)):
            yield LedgerEntry.of(line, of_text, context.now(), run=context.run, failure=why)

    def _with(self, lines: Sequence[LineRecord]) -> AgreementRecord:
        record = self.record
        for line in lines:
            record = record.with_line(line)
        return record

    def drop_intent(
        self,
        line: LineRecord,
        intent: Intent,
        event: LedgerEvent,
        why: WriteFailure | None,
        **changes: object,
    ) -> None:
        """The write is over; `changes` are what else the line says from now on."""
        self.save(line.model_copy(update={"intent": None, **changes}), intent, event, why)

    def drop_intents(
        self, intents: Sequence[Intent], event: LedgerEvent, why: WriteFailure | None, **changes: object
    ) -> None:
        """The request is over for all lines that it was to write."""
        told = [
            (self.line_of(intent).model_copy(update={"intent": None, **changes}), intent)
            for intent in intents
        ]
        self.save_all(told, event, why)


def _of_text(line: LineRecord, write: Write, event: LedgerEvent) -> LedgerEvent | None:
    """What the ledger says of the text of a write; None while it is not known what became of it."""
    if event is LedgerEvent.INTENDED:
        return LedgerEvent.TEXT_INTENDED
    if event in (LedgerEvent.UNKNOWN, LedgerEvent.UNDECIDABLE):
        return None
    stands = line.text is not None and line.text.asked == digest(write.invoice_text)
    return LedgerEvent.TEXT_WRITTEN if stands else LedgerEvent.TEXT_NOT_WRITTEN
