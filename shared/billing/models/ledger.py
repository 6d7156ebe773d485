"""The ledger: what happened to a line, only ever appended."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict, Unpack

from shared.billing.models.plan import HoldReason
from shared.billing.models.records import LineRecord
from shared.billing.psa.write_failures import WriteFailure
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
    TAKEN = "taken"
    """A person took over the number that somebody wrote in the PSA."""
    KEPT = "kept"
    """A person wants our number written over the one that somebody wrote in the PSA."""
    ENDING = "ending"
    """A person wants the line to bill nothing after `last_day`."""
    ENDED = "ended"
    """The PSA is proven to bill nothing after `last_day`."""
    PRORATED = "prorated"
    """The PSA is proven to bill so many seats more by a second line, until `last_day`."""
    TEXT_INTENDED = "text_intended"
    TEXT_WRITTEN = "text_written"
    """The customer is proven to read the text that the mapping asks for. The ledger never says what it is."""
    TEXT_NOT_WRITTEN = "text_not_written"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    UNDONE = "undone"
    """A person wants the line to say again what it said before its newest change."""


class _Told(TypedDict, total=False):
    """What an entry says beside line, event and time."""

    run: str
    line_id: str
    change_id: str
    before: int | None
    after: int | None
    who: str
    why: str
    last_day: date | None
    failure: WriteFailure | None
    held: tuple[HoldReason, ...]


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
    """What a person gave as the reason; in entries of before December 2026 also a sentence of ours."""
    failure: WriteFailure | None = None
    """Of a write: what was wrong or unclear."""
    held: tuple[HoldReason, ...] = ()
    """Of a change that waits: for what."""
    last_day: date | None = None
    """Of a line that ends."""

    @classmethod
    def of(cls, line: LineRecord, event: LedgerEvent, at: datetime, **told: Unpack[_Told]) -> "LedgerEntry":
        """What happened to a line, by default in no run and without a change."""
        named = {"run": "", "mapping_id": line.mapping_id, "line_id": line.line_id, **told}
        return cls.model_validate({"event": event, "at": at, **named})
