"""A small PSA in memory that passes the same contract suite as the real adapters."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from shared.billing.psa.base import (
    Agreement,
    BillableOption,
    Effect,
    EndsBy,
    Evidence,
    Line,
    NotThere,
    Pending,
    Period,
    Product,
    PsaCompany,
    PsaRefused,
    PsaUnavailable,
    Sent,
    Write,
    WriteAnswer,
    WriteKind,
)
from shared.billing.psa.read_back import judge_created, judge_once, judge_quantity

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(StrEnum):
    """What the fake does with one write. Without a choice it applies and answers."""

    ANSWERED = "answered"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNCLEAR_APPLIED = "unclear_applied"
    UNCLEAR_NOT_APPLIED = "unclear_not_applied"
    ANSWERED_NOT_APPLIED = "answered_not_applied"
    """A lying yes: only a read-back finds out."""
    NOT_SENT_APPLIED = "not_sent_applied"
    """Throttled by its word, and applied all the same."""
    REFUSED_APPLIED = "refused_applied"
    """Refused by its word, and applied all the same."""
    UNCLEAR_APPLIED_LATE = "unclear_applied_late"
    """A slow PSA carries it out after `late_by`; without one the next read still shows the old state, the one after it
    the new."""


class Takes(StrEnum):
    """What the fake takes as a new quantity."""

    NUMBERS = "numbers"
    DIFFERENCES = "differences"
    """So many more or fewer: the same write twice counts twice."""
    DOCUMENTS = "documents"
    """All lines of an agreement as they were read just before: what somebody else changed since is undone."""


@dataclass(frozen=True, slots=True)
class _Late:
    writes: tuple[Write, ...]
    document: dict[str, Line]
    reads_left: int
    due: datetime


class FakePsa:
    """Fill it with `add_*`, choose `outcomes`, then look at `sent` (every write request) and `applied`."""

    def __init__(self, *, max_parallel: int = 8, takes: Takes = Takes.NUMBERS) -> None:
        self.max_parallel = max_parallel
        self.takes = takes
        absolute = {WriteKind.SET_QUANTITY, WriteKind.SET_TEXT, WriteKind.END_LINE}
        texts = () if takes is Takes.DOCUMENTS else (WriteKind.SET_TEXT,)
        self.repeatable = frozenset(absolute if takes is Takes.NUMBERS else texts)
        self.text_with_quantity = takes is not Takes.DIFFERENCES
        self.text_rule: Callable[[str], str] = lambda text: text
        """What becomes of a text that is written: a PSA may cut it, or keep it as HTML."""
        self.ends_by = EndsBy.NO_SEATS if takes is Takes.DIFFERENCES else EndsBy.DATE
        self.whole_document = takes is Takes.DOCUMENTS
        self.creates_empty = False
        self.now: Callable[[], datetime] = lambda: EPOCH
        self.late_by = timedelta()
        self.shown_after = timedelta()
        """How long a read still shows the state before a change."""
        self.outcomes: deque[Outcome] = deque()
        self.retry_after = timedelta(seconds=30)
        self.refuse_with = "InvalidObject: the fake refuses this"
        self.stale_reads = 0
        """How many of the next reads still show the state before the last change."""
        self.unavailable: PsaUnavailable | None = None
        self.refused: PsaRefused | None = None
        """Set it to let every read fail."""
        self.refuses_writes: PsaRefused | None = None
        """Set it to let every write be refused for the whole connection."""
        self.marker_rule: Callable[[str], str] = lambda marker: marker
        """What becomes of our mark on a new line: a workflow rule may empty, cut or change it."""
        self.prices_new_lines = True
        """False: a new line takes no price from its product."""
        self.names_new_lines = True
        """The answer to a creation has the id of the line."""
        self.makes_twice = False
        """Each creation makes two lines of the same mark."""
        self.requests = 0
        self.sent: list[Write] = []
        self.applied: list[Write] = []
        self.made: list[str] = []
        """Of each of them the line."""
        self.reads = 0
        self._companies: dict[str, PsaCompany] = {}
        self._products: dict[str, Product] = {}
        self._agreements: dict[str, Agreement] = {}
        self._lines: dict[str, Line] = {}
        self._unlisted: set[str] = set()
        self._before_last_change: dict[str, Line] = {}
        self._last_change = EPOCH
        self._late: list[_Late] = []
        self._next_id = 1000

    # The world

    def add_company(self, name: str = "Acme", **changes: Any) -> PsaCompany:
        company = replace(PsaCompany(id=self._new_id(), name=name, identifier=name.lower()), **changes)
        self._companies[company.id] = company
        return company

    def add_product(self, sku: str = "M365-BP", **changes: Any) -> Product:
        price, cost = Decimal("22.00"), Decimal("18.00")
        product = Product(self._new_id(), sku, f"Product {sku}", price, cost, True, Period.MONTHLY)
        product = replace(product, **changes)
        self._products[product.id] = product
        return product

    def add_agreement(self, company_id: str, name: str = "Managed services", **changes: Any) -> Agreement:
        agreement = Agreement(
            id=self._new_id(),
            name=name,
            type="Managed services",
            company_id=company_id,
            active=True,
            ends=None,
            next_invoice=None,
            period=Period.MONTHLY,
        )
        agreement = replace(agreement, **changes)
        self._agreements[agreement.id] = agreement
        return agreement

    def add_line(self, agreement_id: str, product_id: str, quantity: int = 10, **changes: Any) -> Line:
        line = Line(
            id=self._new_id(),
            agreement_id=agreement_id,
            product_id=product_id,
            quantity=Decimal(quantity),
            unit_price=Decimal("22.00"),
            description="Microsoft 365 Business Premium",
            marker="",
            effective=date(2026, 1, 1),
            ends=None,
            not_writable="",
            fingerprint="",
            billable=BillableOption.BILLABLE,
        )
        return self._keep(replace(line, **changes))

    def edit_line(self, line_id: str, **changes: Any) -> Line:
        """Change a line as a person would in the PSA."""
        return self._keep(replace(self._lines[line_id], **changes))

    def edit_product(self, product_id: str, **changes: Any) -> Product:
        self._products[product_id] = replace(self._products[product_id], **changes)
        return self._products[product_id]

    def edit_agreement(self, agreement_id: str, **changes: Any) -> Agreement:
        self._agreements[agreement_id] = replace(self._agreements[agreement_id], **changes)
        return self._agreements[agreement_id]

    def remove_line(self, line_id: str) -> None:
        self._before_last_change = dict(self._lines)
        del self._lines[line_id]

    def remove_agreement(self, agreement_id: str) -> None:
        del self._agreements[agreement_id]
        self._before_last_change = dict(self._lines)
        self._lines = {id_: line for id_, line in self._lines.items() if line.agreement_id != agreement_id}

    def hide_agreement(self, agreement_id: str) -> Agreement:
        """It is shown no more, as when a right is missing for a while, and its lines are kept."""
        return self._agreements.pop(agreement_id)

    def unlist_agreement(self, agreement_id: str) -> Agreement:
        """The list lacks it, and it is read by its id as before: the page that names it was lost."""
        self._unlisted.add(agreement_id)
        return self._agreements.pop(agreement_id)

    def show_agreement(self, agreement: Agreement) -> None:
        self._unlisted.discard(agreement.id)
        self._agreements[agreement.id] = agreement

    def line(self, line_id: str) -> Line:
        """The line as it truly is, without a read."""
        return self._lines[line_id]

    def created_line(self) -> str:
        """The one line that carries a mark."""
        (marked,) = [line.id for line in self._lines.values() if line.marker]
        return marked

    # The Psa protocol

    def check(self) -> None:
        self._begin_read()

    def companies(self) -> list[PsaCompany]:
        self._begin_read()
        return list(self._companies.values())

    def products(self) -> list[Product]:
        self._begin_read()
        return list(self._products.values())

    def agreements(self) -> list[Agreement]:
        self._begin_read()
        return list(self._agreements.values())

    def lines(self, agreement_id: str) -> list[Line]:
        shown = self._begin_read()
        if agreement_id not in self._agreements and agreement_id not in self._unlisted:
            raise NotThere("NotFound", f"Agreement {agreement_id} is not in the PSA any more.")
        mine = [line for line in shown if line.agreement_id == agreement_id]
        return [replace(line, document=self._hash(mine)) for line in mine]

    def _hash(self, lines: Iterable[Line]) -> str:
        said = [(line.id, line.quantity, line.fingerprint) for line in lines]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16] if self.whole_document else ""

    def document(self, agreement_id: str) -> dict[str, Line]:
        """All lines of an agreement as they truly are."""
        return {id_: line for id_, line in self._lines.items() if line.agreement_id == agreement_id}

    def apply(self, *writes: Write) -> WriteAnswer:
        assert len(writes) == 1 or self.whole_document
        write, document = writes[0], self.document(writes[0].agreement_id)
        if write.document and write.document != self._hash(document.values()):
            return WriteAnswer(Sent.CONFLICT, "The document was changed since it was looked at.")
        self.requests += 1
        self.sent.extend(writes)
        if refusal := self.refuses_writes:
            return WriteAnswer(Sent.REFUSED, refusal.sentence, refusal=refusal)
        match self.outcomes.popleft() if self.outcomes else Outcome.ANSWERED:
            case Outcome.ANSWERED:
                return self._change(*writes) or WriteAnswer(Sent.ANSWERED, line_id=self._named(write))
            case Outcome.REFUSED:
                return WriteAnswer(Sent.REFUSED, self.refuse_with)
            case Outcome.NOT_SENT:
                return WriteAnswer(Sent.NOT_SENT, "Too many requests.", self.retry_after, asked_for=True)
            case Outcome.NOT_SENT_APPLIED:
                self._change(*writes)
                return WriteAnswer(Sent.NOT_SENT, "Too many requests.", self.retry_after, asked_for=True)
            case Outcome.REFUSED_APPLIED:
                self._change(*writes)
                return WriteAnswer(Sent.REFUSED, self.refuse_with)
            case Outcome.UNCLEAR_APPLIED:
                return self._change(*writes) or WriteAnswer(Sent.UNCLEAR, "No answer in time.")
            case Outcome.UNCLEAR_NOT_APPLIED:
                return WriteAnswer(Sent.UNCLEAR, "No answer in time.")
            case Outcome.ANSWERED_NOT_APPLIED:
                return WriteAnswer(Sent.ANSWERED)
            case Outcome.UNCLEAR_APPLIED_LATE:
                reads = 0 if self.late_by else 1
                self._late.append(_Late(writes, document, reads, self.now() + self.late_by))
                return WriteAnswer(Sent.UNCLEAR, "No answer in time.")

    def _named(self, write: Write) -> str:
        is_new = not write.line_id and self.names_new_lines
        return list(self._lines)[-1] if is_new else ""

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        shown = [line for line in self._begin_read() if line.agreement_id == write.agreement_id]
        if not write.line_id:
            if write.agreement_id not in self._agreements:
                return Evidence(Effect.DIVERGED, None)
            return self._unless_it_has_no_price(write, judge_created(write, shown, line_id))
        judge = judge_quantity if self.takes is Takes.NUMBERS else judge_once
        return judge(write, next((line for line in shown if line.id == write.line_id), None))

    # Inside

    def _price_of_new(self, write: Write) -> Decimal:
        if not self.prices_new_lines:
            return Decimal()
        return Decimal("22.00") if write.unit_price is None else write.unit_price

    def _unless_it_has_no_price(self, write: Write, evidence: Evidence) -> Evidence:
        line = evidence.line
        if evidence.effect is not Effect.APPLIED or line is None or line.unit_price:
            return evidence
        if write.unit_price == 0:
            return evidence
        price = self._products[write.product_id].price
        return Evidence(Effect.DIVERGED, line, "The new line was made without a price.", price=price)

    def _begin_read(self) -> Iterable[Line]:
        self.reads += 1
        if problem := self.unavailable or self.refused:
            raise problem
        due = [late for late in self._late if late.reads_left == 0 and late.due <= self.now()]
        self._late = [
            replace(late, reads_left=max(0, late.reads_left - 1)) for late in self._late if late not in due
        ]
        for late in due:
            self.carry_out(late.writes, late.document)
        if self.stale_reads:
            self.stale_reads -= 1
            return list(self._before_last_change.values())
        if self.shown_after and self.now() < self._last_change + self.shown_after:
            return list(self._before_last_change.values())
        return list(self._lines.values())

    def carry_out(self, writes: Iterable[Write], document: dict[str, Line]) -> None:
        """A request of before, which has all lines as they were then where it is a document."""
        if self.whole_document:
            self._lines.update(document)
        self._change(*writes)

    def _change(self, *writes: Write) -> WriteAnswer | None:
        """Carry a request out; an answer only when the PSA would refuse it."""
        before, refused = dict(self._lines), None
        for write in writes:
            refused = self._change_one(write) or refused
        self._before_last_change = before if len(writes) > 1 else self._before_last_change
        return refused

    def _change_one(self, write: Write) -> WriteAnswer | None:
        if write.agreement_id not in self._agreements:
            return WriteAnswer(Sent.REFUSED, "NotFound: no such agreement")
        if write.line_id and write.line_id not in self._lines:
            return WriteAnswer(Sent.REFUSED, "NotFound: no such line")
        if write.kind is WriteKind.END_LINE:
            self._end(write)
        elif write.kind is WriteKind.SET_TEXT:
            self._set_text(write)
        elif write.kind is WriteKind.SET_QUANTITY:
            if write.sets_text:
                self._set_text(write)
            there = self._lines[write.line_id].quantity if self.takes is Takes.DIFFERENCES else write.before
            self.edit_line(write.line_id, quantity=Decimal(there + write.after - write.before))
        else:
            for _ in range(2 if self.makes_twice else 1):
                self._make(write)
        self.applied.append(write)
        self.made.append(write.line_id or list(self._lines)[-1])
        return None

    def _set_text(self, write: Write) -> None:
        self.edit_line(write.line_id, text=self.text_rule(write.invoice_text))

    def _make(self, write: Write) -> None:
        self.add_line(
            write.agreement_id,
            write.product_id,
            write.after,
            marker=self.marker_rule(write.marker),
            effective=write.effective,
            ends=write.ends,
            billable=write.billable,
            unit_price=self._price_of_new(write),
            description=write.invoice_text or "Microsoft 365 Business Premium",
            text=self.text_rule(write.invoice_text),
        )

    def _end(self, write: Write) -> None:
        assert write.ends is not None
        left = self._lines[write.line_id].quantity - write.before
        if self.takes is not Takes.DIFFERENCES:
            self.edit_line(write.line_id, ends=write.ends)
        else:
            after = Pending(write.ends + timedelta(days=1), left)
            self.edit_line(write.line_id, quantity=left, pending=(after,))

    def _keep(self, line: Line) -> Line:
        self._before_last_change, self._last_change = dict(self._lines), self.now()
        but_end = _fingerprint(replace(line, ends=None))
        but_text = _fingerprint(replace(line, text=""))
        self._lines[line.id] = replace(
            line, fingerprint=_fingerprint(line), but_end=but_end, but_text=but_text
        )
        return self._lines[line.id]

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)


def _fingerprint(line: Line) -> str:
    kept = (line.product_id, line.unit_price, line.description, line.marker, line.effective, line.ends)
    return hashlib.sha256(repr((*kept, line.text, line.billable)).encode()).hexdigest()[:32]
