"""What is remembered about each agreement line, and why it cannot be written."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.billing.models.line_text import LineText
from shared.billing.models.not_written import Block, BlockReason, Unplanned, block_of, unplanned_of
from shared.billing.models.plan import Change, Hold, Verdict
from shared.billing.psa.base import Period, Sent, Write
from shared.billing.psa.billing_period import BillingPeriod
from shared.billing.psa.write_failures import WriteFailure, failure_of
from shared.licensing.licences import LicenceKey
from shared.storage.documents import Document


class Drift(Document):
    """Somebody else changed the line in the PSA."""

    psa: Decimal
    since: datetime


class Frozen(Document):
    """A person wants the line left alone, whatever its licences and the PSA say."""

    since: datetime
    who: str
    reason: str = ""


class Intent(Document):
    """A write that was about to be sent. While it is stored nobody knows whether the PSA has it."""

    write: Write
    change_id: str
    at: datetime
    why: Annotated[WriteFailure | None, BeforeValidator(failure_of)] = None
    """What was unclear about it; None until somebody looked."""
    sent: Sent | None = None
    """What the PSA answered, of a write that must not be repeated; None: nobody knows whether it was sent."""
    line_id: str = ""
    """The line that the PSA's answer named."""
    receipt: str = ""
    beside: tuple[str, ...] = ()
    """Of a creation: lines of the product that were there before and that no mapping owned."""
    undecidable: bool = False
    """Nothing that can be read tells what became of it: a person says so, or it shows up after all."""

    @property
    def may_be_repeated(self) -> bool:
        """It is known not to have left, or the PSA said that it did not take it."""
        return self.sent in (Sent.NOT_SENT, Sent.CONFLICT)


class Loss(Document):
    """Seats that a confirmed, not person-approved write took away."""

    at: datetime
    seats: int


class Ending(Document):
    """A person's word that a line bills nothing after its last day. No mapping has the line any more."""

    last_day: date
    mapping_id: str
    """The mapping that had it."""
    licence: LicenceKey | None = None
    """What it bills; None: it was stored without that, and the mapping tells."""
    of_its_company: bool = False
    """It bills the users of its company alone: another one was billed for the same SKU beside it."""
    second: bool = False
    """It bills seats of the mapping beside its main line, which ends on the same day."""
    replaced_by: tuple[str, ...] = ()
    """Mappings of the same seats whose new line is not made before this one is proven to end."""
    who: str
    since: datetime


class Paid(Document):
    """Seats that are billed until that day, whatever the line says until then: more of them need a second line."""

    seats: int
    until: date
    main_waits: bool = False
    """The second line is there, and the main line does not say so many yet."""


class Waiting(Document):
    """Other seats are wanted, and count from the first day of a period, or of the line, on: not written before."""

    day: date
    more: bool
    """They are more seats than the line says."""


class LineState(StrEnum):
    """A line is in exactly one; of several the first in this order."""

    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    DRIFT = "drift"
    HELD = "held"
    SCHEDULED = "scheduled"
    """It waits to be written: at the next push, or from a later day on."""
    IN_STEP = "in_step"


class LineRecord(Document):
    """Everything remembered about the line of one mapping."""

    # Written by mapping/: which line of which mapping.
    mapping_id: str
    tenant_id: str
    company: str = ""
    """As the mapping names the company whose users it bills."""
    product_id: str
    line_id: str = ""
    adopted: bool = False
    """The mapping chose the line; else it asks for one of its own."""
    beside: tuple[str, ...] | None = None
    """Of a line that is to be created beside others of its product: those that were there when a person said so. None:
    nobody said so, or before December 2026."""
    mark: int = 0
    """How the mark of a line that is created for it ends: the number of the agreement's newest claim when the mapping
    came. Each repeat of a creation has the same mark, and none that was asked for later."""
    period: Period = Period.UNKNOWN
    """How often the agreement was billed when the mapping was saved; what was not known then is learned later."""

    ending: Ending | None = None
    """The line ends on a day, and belongs to no mapping: `mapping_id` is an id of its own."""

    # Written by line_decisions.py: what a person said of the line.
    frozen: Frozen | None = None

    # Written by reconcile: what a look at the PSA shows.
    unit_price: Decimal | None = None
    catalogue_price: Decimal | None = None
    """What its product charges, of a line that was made without a price; None: it has one, or a person chose it so."""
    blocked: Annotated[Block | None, BeforeValidator(block_of)] = None
    """Why the line cannot be written, by the newest look."""
    drift: Drift | None = None
    billing_period: BillingPeriod | None = None
    """That of the day of the look, where the PSA tells it by the line."""
    begins: date | None = None
    """Its first day in the PSA, where that was still to come at the newest look."""
    ends: date | None = None
    """Of a line that ends: the last day that it was last proven to have in the PSA."""

    text: LineText | None = None
    """Of a line whose mapping asks for a text on the invoice, or once did."""

    # Written by pushing/: what was sent and what became of it.
    confirmed: int | None = None
    """What the PSA was last proven to say; None: never seen."""
    confirmed_at: datetime | None = None
    counts_from: date | None = None
    """The day from which its newest change counts."""
    losses: tuple[Loss, ...] = ()
    paid: Paid | None = None
    """In an agreement that prorates by a second line."""
    intent: Intent | None = None
    refused: Annotated[WriteFailure | None, BeforeValidator(failure_of)] = None
    """Why the PSA refused the last write, in its words or ours; it is tried again at the next run."""
    refused_in: str = ""
    """That run: it does not try again."""
    not_applied_in: str = ""
    """The newest run in which a write was proven not applied: a second such write of a run counts as refused."""
    written_in: str = ""
    """The run that last wrote the line."""

    # Written by planning/: what waits, and why.
    hold: Hold | None = None
    not_planned: Annotated[Unplanned | None, BeforeValidator(unplanned_of)] = None
    """Why the line may be out of step and is not planned: its number cannot be trusted."""
    would: Change | None = None
    """What would be written if the account were live."""
    waits: Waiting | None = None
    other_sellers: tuple[str, ...] | None = None
    """Who else sold seats of the number: when it was first in step, and by changes that a person approved. None: it
    was not in step yet."""

    def serves(self, chosen: str) -> bool:
        """It is the line of a mapping that names this one ("" asks for a line of its own)."""
        return self.line_id == chosen if chosen else not self.adopted

    @property
    def is_ended(self) -> bool:
        """The PSA is proven to bill nothing after the day that a person said."""
        return self.ending is not None and self.ends == self.ending.last_day

    @property
    def rests(self) -> bool:
        """It is to end, and its agreement is inactive or gone, which bills nothing: if that is revived, it is ended."""
        if self.ending is None or self.blocked is None:
            return False
        return self.blocked.reason in (BlockReason.AGREEMENT_GONE, BlockReason.AGREEMENT_ENDED)

    @property
    def goes_on(self) -> bool:
        """It bills, or may, and ends on no day."""
        return self.ending is None and bool(self.confirmed or self.intent)

    @property
    def gave_its_line_up(self) -> bool:
        """Another mapping of the tenant took it, in a save that was not completed yet."""
        return self.adopted and not self.line_id

    @property
    def state(self) -> LineState:
        """As far as the line itself remembers; `planning/line_state.py` holds that against what is wanted of it now."""
        if self.intent is not None:
            return LineState.UNKNOWN
        if self.rests:
            return LineState.IN_STEP if self.is_ended else LineState.SCHEDULED
        if self.blocked:
            return LineState.BLOCKED
        if self.frozen is not None:
            return LineState.FROZEN
        if self.refused or self.not_planned:
            return LineState.BLOCKED
        if self.drift is not None:
            return LineState.DRIFT
        if self.hold is not None:
            return LineState.HELD
        if self.ending is not None and not self.is_ended:
            return LineState.SCHEDULED
        if self.waits is not None or not self.line_id or self.confirmed is None:
            return LineState.SCHEDULED
        return LineState.IN_STEP

    def is_approved(self, change_id: str) -> bool:
        """A person approved exactly this change."""
        if self.hold is None or self.hold.decided is None or self.hold.change.id != change_id:
            return False
        return self.hold.decided.verdict is Verdict.APPROVED

    @property
    def unclear_loss(self) -> int:
        """Seats that may be gone already: an open intent, which no person approved, takes them away."""
        if self.intent is None or self.is_approved(self.intent.change_id):
            return 0
        return max(0, self.intent.write.before - self.intent.write.after)
