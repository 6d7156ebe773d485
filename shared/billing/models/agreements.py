"""What is remembered about an agreement, with all its lines."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from shared.billing.models.not_written import Unreadable, unreadable_of
from shared.billing.models.records import LineRecord, Paid
from shared.billing.psa.base import Proration
from shared.storage.documents import Document


class AgreementRecord(Document):
    """One agreement: until when it is worked on, and its lines by mapping id. Replaced by ETag only."""

    connection: str
    agreement_id: str
    claimed_until: datetime | None = None
    """None: nobody works on it."""
    claims: int = 0
    """How often it was claimed."""
    proration: Proration = Proration.NONE
    billed_through: date | None = None
    """The last day that is billed already, of an agreement that prorates by a second line; None: nobody knows."""
    read_at: datetime | None = None
    """When its lines were last read from the PSA."""
    unreadable: Annotated[Unreadable | None, BeforeValidator(unreadable_of)] = None
    """Why they could not be read at the newest attempt."""
    let_go: tuple[str, ...] = ()
    """Its lines that a person let go of: not ours any more, also where one carries our mark."""
    let_go_paid: dict[str, Paid] = Field(default_factory=dict)
    """By the id of such a line: what is billed of it already, for the mapping that takes it back."""
    lines: dict[str, LineRecord] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _prorated(cls, stored: object) -> object:
        """Until December 2026 it was stored whether it prorates, and all that did were ConnectWise's."""
        if isinstance(stored, dict) and stored.get("prorates"):
            return {"proration": Proration.BY_SECOND_LINE, **stored}
        return stored

    @model_validator(mode="after")
    def _owns_each_line_once(self) -> "AgreementRecord":
        owned = [line.line_id for line in self.lines.values() if line.line_id]
        if len(set(owned)) != len(owned):
            raise ValueError("a line belongs to at most one mapping")
        return self

    def with_line(self, line: LineRecord) -> "AgreementRecord":
        lines = {**self.lines, line.mapping_id: line}
        return AgreementRecord.model_validate({**dict(self), "lines": lines})
