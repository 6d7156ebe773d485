"""What is remembered about each agreement line, and why it cannot be written."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from shared.billing.models.plan import Change, Hold, Verdict
from shared.billing.psa.base import BillableOption, Period, Sent, Write
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
    why: str = ""
    """What was unclear about it; "" until somebody looked."""
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


class BlockReason(StrEnum):
    """Why a line must not be written. Stored: a word that is here once stays."""

    AGREEMENT_GONE = "agreement_gone"
    AGREEMENT_ENDED = "agreement_ended"
    OTHER_COMPANY = "other_company"
    """Its agreement belongs to another company of the PSA than the tenant is linked to."""
    OTHER_PERIOD = "other_period"
    """Its agreement is billed monthly, annually or otherwise, and the mapping means another period."""
    LINE_GONE = "line_gone"
    LINE_ENDED = "line_ended"
    STARTS_LATER = "starts_later"
    """It begins to be billed on a later day than the mapping says."""
    OTHER_PRODUCT = "other_product"
    OTHER_BILLING = "other_billing"
    """It is billed otherwise (billable, no charge, do not bill) than the billing profile says."""
    NOT_WHOLE = "not_whole"
    UNOWNED_LINE = "unowned_line"
    """The agreement has a line of the product that no mapping owns: a person chooses first (K7)."""
    NEWER_LINE = "newer_line"
    """Such a line came after a person said that a second one is right: it may be the one that was asked for."""
    CREATED_TWICE = "created_twice"
    SECOND_LINE = "second_line"
    """Beside the mapping's line there is another one that we created and that is billed."""
    PSA = "psa"
    """The adapter's own reason, in `text`."""


OF_THE_AGREEMENT = frozenset(
    {
        BlockReason.AGREEMENT_GONE,
        BlockReason.AGREEMENT_ENDED,
        BlockReason.OTHER_COMPANY,
        BlockReason.OTHER_PERIOD,
    }
)
"""Reasons that the list of agreements gives and takes back; a look at the lines does neither."""


class Block(Document):
    """Why a line cannot be written, by the newest look; its sentence is made in `why_not.py`."""

    reason: BlockReason
    line_id: str = ""
    """The other line that it is about."""
    quantity: Decimal | None = None
    marker: str = ""
    text: str = ""
    """The PSA's own words, or a line's description."""
    day: date | None = None
    count: int = 0
    billable: BillableOption | None = None
    expected: BillableOption | None = None
    period: Period | None = None
    meant: Period | None = None


class UnplannedReason(StrEnum):
    """Why a line that may be out of step is not planned. Stored: a word that is here once stays."""

    UNREAD = "unread"
    """The tenant could not be read at the newest attempt: its own row says who must do what."""
    TOO_OLD = "too_old"
    ANOTHER_LINE = "another_line"
    """A save of its mapping was not completed."""
    ANOTHER_PRODUCT = "another_product"
    NO_LINE = "no_line"
    """Its mapping is in force, and no line is kept for it."""
    NOT_COUNTABLE = "not_countable"


SAVED_AGAIN_IS_RIGHT = frozenset(
    {UnplannedReason.ANOTHER_LINE, UnplannedReason.ANOTHER_PRODUCT, UnplannedReason.NO_LINE}
)
"""Reasons that a person ends by saving the mappings again."""


class Unplanned(Document):
    reason: UnplannedReason
    read_on: date | None = None
    text: str = ""
    """What of the licence cannot be counted."""


_OLD_BLOCKS = {
    "The agreement is no longer in the PSA. Choose another one for the mapping, or end it.": "agreement_gone",
    "The agreement is cancelled or has ended in the PSA. Renew it there, or choose another one.": "agreement_ended",
}
_OLD_UNPLANNED = {
    "The tenant could not be read at the newest attempt.": "unread",
    "A change of its mapping was not completed.": "another_line",
    "Its billing profile names another product now.": "another_product",
}
"""Sentences that were stored until November 2026."""


def _block_of(stored: object) -> object:
    if not isinstance(stored, str):
        return stored
    if stored in _OLD_BLOCKS:
        return Block(reason=BlockReason(_OLD_BLOCKS[stored]))
    return Block(reason=BlockReason.PSA, text=stored) if stored else None


def _unplanned_of(stored: object) -> object:
    if not isinstance(stored, str):
        return stored
    reason = UnplannedReason(_OLD_UNPLANNED.get(stored, UnplannedReason.NOT_COUNTABLE))
    return Unplanned(reason=reason, text=stored) if stored else None


class LineState(StrEnum):
    """A line is in exactly one; of several the first in this order."""

    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    FROZEN = "frozen"
    DRIFT = "drift"
    HELD = "held"
    IN_STEP = "in_step"


class LineRecord(Document):
    """Everything remembered about the line of one mapping."""

    # Written by mapping/: which line of which mapping.
    mapping_id: str
    tenant_id: str
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

    # Written by line_decisions.py: what a person said of the line.
    frozen: Frozen | None = None

    # Written by reconcile: what a look at the PSA shows.
    unit_price: Decimal | None = None
    blocked: Annotated[Block | None, BeforeValidator(_block_of)] = None
    """Why the line cannot be written, by the newest look."""
    drift: Drift | None = None

    # Written by pushing/: what was sent and what became of it.
    confirmed: int | None = None
    """What the PSA was last proven to say; None: never seen."""
    confirmed_at: datetime | None = None
    losses: tuple[Loss, ...] = ()
    intent: Intent | None = None
    refused: str = ""
    """Why the PSA refused the last write, in its words or ours; it is tried again at the next run."""
    refused_in: str = ""
    """That run: it does not try again."""
    not_applied_in: str = ""
    """The newest run in which a write was proven not applied: a second such write of a run counts as refused."""
    written_in: str = ""
    """The run that last wrote the line."""

    # Written by planning/: what waits, and why.
    hold: Hold | None = None
    not_planned: Annotated[Unplanned | None, BeforeValidator(_unplanned_of)] = None
    """Why the line may be out of step and is not planned: its number cannot be trusted."""
    would: Change | None = None
    """What would be written if the account were live."""
    other_sellers: tuple[str, ...] | None = None
    """Who else sold seats of the number: when it was first in step, and by changes that a person approved. None: it
    was not in step yet."""

    def serves(self, chosen: str) -> bool:
        """It is the line of a mapping that names this one ("" asks for a line of its own)."""
        return self.line_id == chosen if chosen else not self.adopted

    @property
    def gave_its_line_up(self) -> bool:
        """Another mapping of the tenant took it, in a save that was not completed yet."""
        return self.adopted and not self.line_id

    @property
    def state(self) -> LineState:
        if self.intent is not None:
            return LineState.UNKNOWN
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
