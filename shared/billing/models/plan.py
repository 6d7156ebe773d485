"""What a push would do to a line, and why it waits for a person."""

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from shared.billing.models.mappings import LineKey
from shared.storage.documents import Document


class HoldReason(StrEnum):
    """Why a change waits for a person (N1)."""

    TO_ZERO = "to_zero"
    TENANT_LOSS = "tenant_loss"
    ACCOUNT_LOSS = "account_loss"
    SUSPICIOUS = "suspicious"
    PRORATION = "proration"
    SOLD_BY_OTHERS = "sold_by_others"


class Verdict(StrEnum):
    APPROVED = "approved"
    REJECTED = "rejected"


class HoldDecision(Document):
    """A person's word on exactly these numbers."""

    verdict: Verdict
    who: str
    at: datetime


class SecondLine(Document):
    """Seats for which a second line bills the rest of a period that is billed already."""

    seats: int
    until: date
    since: date | None = None
    """Its first day; None: the day on which it is written."""


class Change(Document):
    """What a push would do to one line."""

    mapping_id: str
    tenant_id: str
    agreement_id: str
    connection: str
    line_id: str
    """"" for a line that is still to be created."""
    before: int
    after: int
    effective: date | None = None
    ends: date | None = None
    """Its last day, of a line that is to be ended; its seats stay until then."""
    second: SecondLine | None = None
    """Written first."""
    counts_from: date | None = None
    """The first day of a period, or of the line, where the mapping dates it so; None: the day it is written."""
    looks_first: bool = False
    """Which day that is must be read anew: nothing is written before."""
    id: str
    """Hash of line, before, after and day: the same numbers are the same change, night after night."""

    @property
    def loss(self) -> int:
        return max(0, self.before - self.after)

    @property
    def key(self) -> LineKey:
        return LineKey(self.connection, self.agreement_id, self.mapping_id)


class TextChange(NamedTuple):
    """A text on the invoice that a push would write. It has no number and no id: nothing of it waits for a person."""

    key: LineKey
    line_id: str
    before: str | None
    """None: nobody has looked yet; the look before the write says whether it may be replaced."""
    after: str


def change_id(mapping_id: str, line_id: str, before: int, after: int, effective: object) -> str:
    """The same numbers of the same line are the same change, so its hold and its approval last over nights."""
    text = f"{mapping_id}|{line_id}|{before}|{after}|{effective or ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


class Hold(Document):
    """A change that waits, with the reasons and, once somebody decided, the decision."""

    change: Change
    reasons: tuple[HoldReason, ...]
    since: datetime
    decided: HoldDecision | None = None
