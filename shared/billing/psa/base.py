"""What Seatwise asks of any PSA, shaped so that absolute numbers, signed deltas and whole documents all fit.

No PSA offers compare-and-swap or an idempotency key. So safety is the caller's: a claim, an intent stored before the
write, one write without repeat, a settled read-back. An adapter never retries a write and never shows a part as the
whole: a list is complete or it raises.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from shared.billing.psa.billing_period import BillingPeriod
from shared.billing.psa.failures import NotThere, PsaRefused, PsaUnavailable
from shared.billing.psa.write_failures import WriteFailure
from shared.billing.psa.writes import BillableOption, Write, WriteKind

__all__ = ["BillableOption", "NotThere", "PsaRefused", "PsaUnavailable", "Write", "WriteKind"]
"""What a PSA raises, and what it is asked to write, belong to what is asked of it, so they are imported from here."""


class Period(StrEnum):
    """How often a price is charged."""

    MONTHLY = "monthly"
    ANNUAL = "annual"
    OTHER = "other"
    UNKNOWN = "unknown"
    """The PSA does not say, or says it in words that are not known: it differs from none."""

    def differs_from(self, other: "Period") -> bool:
        return Period.UNKNOWN not in (self, other) and self is not other


@dataclass(frozen=True, slots=True)
class PsaCompany:
    id: str
    name: str
    identifier: str
    website: str = ""
    """As a person typed it, "" when there is none."""


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    sku: str
    name: str
    price: Decimal
    cost: Decimal
    active: bool
    period: Period = Period.UNKNOWN
    """What its price is for."""


class Proration(StrEnum):
    """How a change within a period that is already billed is charged for the rest of it. Stored."""

    NONE = "none"
    BY_SECOND_LINE = "by_second_line"
    """By a second, dated line beside the first: ours to write."""
    BY_DATE = "by_date"
    """By the PSA itself, from the day of the change."""
    BY_ROW = "by_row"
    """By a row of the line that the PSA rolls into its quantity."""


@dataclass(frozen=True, slots=True)
class Agreement:
    id: str
    name: str
    type: str
    company_id: str
    active: bool
    """False: cancelled, expired or inactive; its lines are not written."""
    ends: date | None
    next_invoice: date | None
    not_understood: str = ""
    """Which of its fields are not: it is known to exist, and nothing of it is read or written until it is understood.
    An agreement whose very id is not understood has the id ""."""
    period: Period = Period.UNKNOWN
    """How often it is billed."""
    proration: Proration = Proration.NONE
    billed_through: date | None = None
    """The last day that is billed already; None: it is not known, as where nobody said whether it is in advance."""
    starts: date | None = None
    """Its first day; None: the PSA does not say."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What a line says from a later day on: a change that the PSA has already."""

    day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One billing line as the PSA shows it now."""

    id: str
    agreement_id: str
    product_id: str
    quantity: Decimal
    """What it says after all changes that the PSA has already, also those of a later day."""
    unit_price: Decimal
    """0 is a line that charges nothing, or, with `price_untold`, one whose price the PSA did not tell."""
    description: str
    marker: str
    """Our reference on the line, "" when it carries none. A hint only: a person can change it."""
    effective: date | None
    ends: date | None
    not_writable: str
    """Why it must not be written, "" when it may: a sentence. What its quantity must be like is judged elsewhere."""
    fingerprint: str
    """Hash of every field that we never mean to change, but by ending it."""
    billable: BillableOption | None = None
    """None when the PSA says something else than our three."""
    pending: tuple[Pending, ...] = ()
    """Its changes of a later day, the soonest first."""
    document: str = field(default="", compare=False)
    """Hash of the whole document that it was read in, "" where a line stands alone."""
    text: str = ""
    """What the customer reads on the invoice, "" where the PSA takes another text, as its product's."""
    but_text: str = ""
    """Hash of every field that stays as it is when quantity or text are written."""
    but_end: str = ""
    """Hash of every field that stays as it is when the line is ended."""
    untold: str = ""
    """Why its number is not known although it reads as 0, "" when it is: a sentence. Of a line that was just made it is
    the number; of one that had seats it proves nothing.
    """
    not_understood: str = ""
    """Which of its fields are not. It may bill, whatever number it seems to have."""
    price_untold: bool = False
    periods: tuple[BillingPeriod, ...] = field(default=(), compare=False)
    """Those around today, the oldest first, where the PSA tells them by the line."""

    @property
    def last_day(self) -> date | None:
        """The last day that it is billed on, by what the PSA has already; None: it goes on, or has no seats at all."""
        if self.ends is not None or self.quantity or not self.pending:
            return self.ends
        return self.pending[-1].day - timedelta(days=1)

    def bills_from(self, day: date) -> bool:
        """It is billed on that day or later: a line that has ended, or that has no seats, is history."""
        if self.quantity <= 0 and not self.pending and not self.not_understood:
            return False
        return self.last_day is None or self.last_day >= day

    def bills_on(self, day: date) -> bool:
        """It is billed on that very day: its last day counts, and a start in the future does not yet."""
        return self.bills_from(day) and (self.effective is None or self.effective <= day)


class EndsBy(StrEnum):
    """How a PSA ends a line on a day."""

    DATE = "date"
    """The line itself has a last day."""
    NO_SEATS = "no_seats"
    """From the day after it has no seats, which must be within its agreement; it cannot be taken back."""
    A_PERSON = "a_person"
    """It knows no such day: a person takes the line out when it is over."""


class Sent(StrEnum):
    """What is known right after the one request of a write."""

    ANSWERED = "answered"
    """The PSA said yes: still only a claim until it was read back."""
    REFUSED = "refused"
    """The PSA said no, for good: `why` is its reason. Nothing was changed."""
    NOT_SENT = "not_sent"
    """Throttled or not connected: proven not applied, may be tried again after `after`."""
    UNCLEAR = "unclear"
    """Time-out, reset, 5xx: it may have been applied, or may still be."""
    CONFLICT = "conflict"
    """Nothing was sent: the line or its document is not as it was when it was looked at. Look again."""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    sent: Sent
    why: str = ""
    after: timedelta = timedelta()
    asked_for: bool = False
    """True: NOT_SENT because the PSA itself asked for a pause. Some PSAs said so and had applied it all the same."""
    never_left: bool = False
    """True: NOT_SENT because no request was made, or none could be: nothing can have come of it."""
    line_id: str = ""
    """The line that the PSA's answer names, where it made one."""
    receipt: str = ""
    """What else the answer names the write by, for example the id of a queued item."""
    refusal: "PsaRefused | None" = None
    """REFUSED, and not this line: every write of the connection would be, for this cause."""


class Effect(StrEnum):
    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    DIVERGED = "diverged"
    """The line says neither before nor after, or something else of it changed: a person must look."""
    UNDECIDABLE = "undecidable"
    """Nothing that can be read tells whether it was applied, and a repeat could apply it twice: a person says which."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a read-back showed. `line` is None when the line is not there, nor maybe its agreement."""

    effect: Effect
    line: Line | None
    why: str = ""
    """What the adapter says of it, for a person."""
    failure: WriteFailure | None = None
    """What is not as it was asked for."""
    price: Decimal | None = None
    """What its product charges, of a new line that came without a price and would charge nothing."""


class Psa(Protocol):
    """One signed-in PSA connection."""

    max_parallel: int
    """Agreements that may be worked on at once."""
    repeatable: frozenset[WriteKind]
    """Writes that do no harm when applied twice, as an absolute number: others are repeated only when not sent."""
    whole_document: bool
    """An agreement is one document: its changed lines go in one request, and no other before that one is settled."""
    creates_empty: bool
    """A line is made without seats; how many there are is a second write."""
    ends_by: EndsBy
    text_with_quantity: bool
    """A quantity and a text of the same line go in one request."""

    def check(self) -> None:
        """Prove that the credentials and rights are good. Raises PsaRefused or PsaUnavailable."""
        ...

    def companies(self) -> list[PsaCompany]: ...

    def products(self) -> list[Product]: ...

    def agreements(self) -> list[Agreement]:
        """Every agreement, cancelled ones included."""
        ...

    def lines(self, agreement_id: str) -> list[Line]:
        """Every line of one agreement, ours and foreign. Raises NotThere when the agreement is gone."""
        ...

    def apply(self, *writes: Write) -> WriteAnswer:
        """Send exactly one write request, never repeated here. Does not raise for what the PSA answers.

        More than one write only to a whole document: new quantities and texts of lines of one agreement. A creation
        comes alone.

        It may read before, to find that there is a CONFLICT.
        """
        ...

    def find_effect(self, write: Write, line_id: str = "") -> Evidence:
        """Read what became of a write: by line id, which the answer to a creation gave, else by its marker.

        A marker is a hint: workflow rules, rights and people change it or hide it.

        One read, no waiting: settling a slow or stale PSA is the caller's. An agreement that is gone has DIVERGED,
        like a line that is. Raises PsaUnavailable or PsaRefused.
        """
        ...
