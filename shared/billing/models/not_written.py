"""Why a line is not written or not planned, as stored; `why_not.py` makes the sentences."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from shared.billing.psa.base import BillableOption, Period
from shared.licensing.not_countable import Uncounted
from shared.storage.documents import Document


class BlockReason(StrEnum):
    """Why a line must not be written. Stored: a word that is here once stays."""

    AGREEMENT_GONE = "agreement_gone"
    AGREEMENT_UNLISTED = "agreement_unlisted"
    """The PSA's list does not show it, and nothing proves that a line of it, which is to end, bills nothing."""
    AGREEMENT_ENDED = "agreement_ended"
    OTHER_COMPANY = "other_company"
    """Its agreement belongs to another company of the PSA than the tenant is linked to."""
    OTHER_PERIOD = "other_period"
    """Its agreement is billed monthly, annually or otherwise, and the mapping means another period."""
    PRODUCT_PERIOD = "product_period"
    """Its agreement is billed for another period than its product is charged for."""
    OTHER_TYPE = "other_type"
    """Its agreement is of a type that its billing profile does not name."""
    LINE_GONE = "line_gone"
    LINE_ENDED = "line_ended"
    STARTS_LATER = "starts_later"
    """It begins to be billed on a later day than the mapping says."""
    OTHER_PRODUCT = "other_product"
    OTHER_BILLING = "other_billing"
    """It is billed otherwise (billable, no charge, do not bill) than the billing profile says."""
    OTHER_PRICE = "other_price"
    """It charges another price for a seat than the billing profile says."""
    NO_PRODUCT_PRICE = "no_product_price"
    """Its price follows from its product's, and the product has none in the PSA."""
    NO_PRICE = "no_price"
    """It was made without a price, and its product has one: it charges nothing."""
    NOT_WHOLE = "not_whole"
    UNOWNED_LINE = "unowned_line"
    """The agreement has a line of the product that no mapping owns: a person chooses first (K7)."""
    NEWER_LINE = "newer_line"
    """Such a line came after a person said that a second one is right: it may be the one that was asked for."""
    CREATED_TWICE = "created_twice"
    SECOND_LINE = "second_line"
    """Beside the mapping's line there is another one that we created and that is billed."""
    OTHER_END = "other_end"
    """It is to end on a day that a person said, and somebody gave it another last day in the PSA."""
    ENDS_BY_HAND = "ends_by_hand"
    """Its PSA ends no line on a day."""
    AFTER_AGREEMENT = "after_agreement"
    """The agreement ends before that day."""
    ENDS_WITH_AGREEMENT = "ends_with_agreement"
    """The agreement ends on that very day, and its PSA cannot take the seats away on the day after."""
    CHANGES_LATER = "changes_later"
    """The PSA has a change of its seats already, of a later day."""
    PSA = "psa"
    """The adapter's own reason, in `text`."""


OF_THE_AGREEMENT = frozenset(
    {
        BlockReason.AGREEMENT_GONE,
        BlockReason.AGREEMENT_UNLISTED,
        BlockReason.AGREEMENT_ENDED,
        BlockReason.OTHER_COMPANY,
        BlockReason.OTHER_PERIOD,
        BlockReason.PRODUCT_PERIOD,
        BlockReason.OTHER_TYPE,
    }
)
"""Reasons that the list of agreements gives and takes back; a look at the lines does neither."""
NOT_LISTED = frozenset({BlockReason.AGREEMENT_GONE, BlockReason.AGREEMENT_UNLISTED})
"""Reasons that the list gives where it does not show the agreement."""


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
    price: Decimal | None = None
    expected_price: Decimal | None = None


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
    OLD_LINE = "old_line"
    """The line that billed the same seats before is not proven to end."""


SAVED_AGAIN_IS_RIGHT = frozenset(
    {UnplannedReason.ANOTHER_LINE, UnplannedReason.ANOTHER_PRODUCT, UnplannedReason.NO_LINE}
)
"""Reasons that a person ends by saving the mappings again."""


class Unplanned(Document):
    reason: UnplannedReason
    read_on: date | None = None
    uncounted: Uncounted | None = None
    text: str = ""
    """In its place until December 2026: the sentence."""


class UnreadableReason(StrEnum):
    """Why an agreement could not be worked on at the newest attempt. Stored: a word that is here once stays."""

    PSA = "psa"
    """The adapter's words, in `text`."""
    NOT_UNDERSTOOD = "not_understood"
    """Fields of its row in the PSA's list, named in `text`."""
    NOT_FINISHED = "not_finished"
    """Another worker had it, a write of it was still unclear, or the run's time was over."""


class Unreadable(Document):
    reason: UnreadableReason
    text: str = ""


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


def block_of(stored: object) -> object:
    """A stored block; until November 2026 it was a sentence."""
    if not isinstance(stored, str):
        return stored
    if stored in _OLD_BLOCKS:
        return Block(reason=BlockReason(_OLD_BLOCKS[stored]))
    return Block(reason=BlockReason.PSA, text=stored) if stored else None


def unplanned_of(stored: object) -> object:
    """What a line is not planned for, as stored; until November 2026 it was a sentence."""
    if not isinstance(stored, str):
        return stored
    reason = UnplannedReason(_OLD_UNPLANNED.get(stored, UnplannedReason.NOT_COUNTABLE))
    return Unplanned(reason=reason, text=stored) if stored else None


def unreadable_of(stored: object) -> object:
    """Why an agreement could not be worked on, as stored; until December 2026 it was a sentence."""
    if not isinstance(stored, str):
        return stored
    return Unreadable(reason=UnreadableReason.PSA, text=stored) if stored else None
