"""The ledger: what happened to a line, only ever appended."""

from datetime import datetime
from enum import StrEnum

from shared.storage.documents import Document


class LedgerEvent(StrEnum):
    ADOPTED = "adopted"
    RELEASED = "released"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    INTENDED = "intended"
    CONFIRMED = "confirmed"
    NOT_APPLIED = "not_applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDECIDABLE = "undecidable"
    SETTLED = "settled"
    """A person said what became of a write that nothing could tell."""
    DIVERGED = "diverged"


class LedgerEntry(Document):
    """One line of the record that is only appended."""

    event: LedgerEvent
    at: datetime
    run: str
    mapping_id: str
    line_id: str
    agreement_id: str = ""
    """Empty in entries of before December 2026, as `tenant_id`: the key names the agreement."""
    tenant_id: str = ""
    change_id: str = ""
    before: int | None = None
    after: int | None = None
    who: str = "Seatwise"
    why: str = ""
