"""Billing profiles, mappings and what is remembered about each agreement line."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field, model_validator

from shared.billing.psa.base import BillableOption, Sent, Write
from shared.licensing.licences import LicenceKey
from shared.storage.documents import Chosen, Document
from shared.text import MicrosoftId


class PsaConnection(Chosen):
    """One connected PSA. `settings_json` is its kind's settings model; its secret is named, never held."""

    id: str
    name: str
    kind: str
    settings_json: str
    secret_version: str = ""
    """Ends the secret's name: a new secret is stored beside the old one until the settings that need it are."""
    removed_at: datetime | None = None
    """Since then nothing is read or written by it; its ledger is kept."""

    @property
    def secret(self) -> str:
        """Name of the secret that holds the private key or password."""
        return f"psa-{self.id}-secret{self.secret_version and f'-{self.secret_version}'}"


class BillingProfile(Document):
    """A name for a PSA product (K6). The price is the PSA's own."""

    id: str
    name: str
    connection: str
    product_id: str
    billable: BillableOption = BillableOption.BILLABLE


class Basis(StrEnum):
    PURCHASED = "purchased"
    """Enabled units that are no trial; trial, grace and suspended are never billed."""
    ASSIGNED = "assigned"
    """Units assigned to users; only for a SKU as a whole, Microsoft does not count them by subscription."""


class SoldByOthers(StrEnum):
    """What a person said about seats that none of the account's partners sold."""

    COUNTED = "counted"
    LEFT_OUT = "left_out"


class Options(Document):
    """K8. billed = max(minimum, max(0, basis - included))."""

    basis: Basis = Basis.PURCHASED
    sold_by_others: SoldByOthers | None = None
    """None: nobody was asked. They count then, and a change waits when a seller comes that was not there before."""
    included: Annotated[int, Field(ge=0)] = 0
    minimum: Annotated[int, Field(ge=0)] = 0
    starts: date | None = None
    """Effective date of a line that we create; None: the day it is created."""
    invoice_text: str = ""
    beside_existing: bool = False
    """A person chose to create the line although the agreement has an unowned one of the same product."""


class LicenceMapping(Document):
    """One licence of a tenant: the one line that bills it, or the decision not to bill it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{8,32}$")]
    sku_id: MicrosoftId
    subscription_id: MicrosoftId = ""
    bill: bool = True
    """False: "do not bill"; the fields below are then empty."""
    profile: str = ""
    connection: str = ""
    agreement_id: str = ""
    line_id: str = ""
    """The adopted line; "" asks to create one."""
    options: Options = Options()

    @property
    def licence(self) -> LicenceKey:
        return LicenceKey(self.sku_id, self.subscription_id)

    @model_validator(mode="after")
    def _names_its_line(self) -> "LicenceMapping":
        if self.bill and not (self.profile and self.connection and self.agreement_id):
            raise ValueError("a mapping that bills names its profile, connection and agreement")
        if self.subscription_id and self.options.basis is Basis.ASSIGNED:
            raise ValueError("a single subscription can only be billed by purchased seats")
        return self


class TenantMappings(Document):
    """Every mapping of one tenant, decided as a whole so that no two of them bill the same seats."""

    tenant_id: MicrosoftId
    mappings: tuple[LicenceMapping, ...]

    @model_validator(mode="after")
    def _bills_nothing_twice(self) -> "TenantMappings":
        licences = [mapping.licence for mapping in self.mappings]
        whole = {licence.sku_id for licence in licences if not licence.subscription_id}
        if len(set(licences)) != len(licences):
            raise ValueError("a licence has one mapping")
        if any(licence.subscription_id and licence.sku_id in whole for licence in licences):
            raise ValueError("a SKU is mapped as a whole or by subscription, not both")
        if len({mapping.id for mapping in self.mappings}) != len(self.mappings):
            raise ValueError("a mapping id is used once")
        return self


class LineKey(NamedTuple):
    """Where a mapping's line is kept: names the line also before it exists in the PSA."""

    connection: str
    agreement_id: str
    mapping_id: str


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
    id: str
    """Hash of line, before, after and effective: the same numbers are the same change, night after night."""

    @property
    def loss(self) -> int:
        return max(0, self.before - self.after)

    @property
    def key(self) -> LineKey:
        return LineKey(self.connection, self.agreement_id, self.mapping_id)


class Hold(Document):
    """A change that waits, with the reasons and, once somebody decided, the decision."""

    change: Change
    reasons: tuple[HoldReason, ...]
    since: datetime
    decided: HoldDecision | None = None


class Drift(Document):
    """Somebody else changed the line in the PSA."""

    psa: Decimal
    since: datetime


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
        """The PSA said that it did not take it."""
        return self.sent is Sent.NOT_SENT


class Loss(Document):
    """Seats that a confirmed, not person-approved write took away."""

    at: datetime
    seats: int


class LineState(StrEnum):
    """A line is in exactly one; of several the first in this order."""

    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    DRIFT = "drift"
    HELD = "held"
    IN_STEP = "in_step"


class LineRecord(Document):
    """Everything remembered about the line of one mapping."""

    mapping_id: str
    tenant_id: str
    product_id: str
    line_id: str = ""
    adopted: bool = False
    """The mapping chose the line; else it asks for one of its own."""
    mark: int = 0
    """How the mark of a line that is created for it ends: the number of the agreement's newest claim when the mapping
    came. Each repeat of a creation has the same mark, and none that was asked for later."""
    confirmed: int | None = None
    """What the PSA was last proven to say; None: never seen."""
    confirmed_at: datetime | None = None
    unit_price: Decimal | None = None
    losses: tuple[Loss, ...] = ()
    intent: Intent | None = None
    blocked: str = ""
    """Why the line cannot be written, by the newest read of it."""
    refused: str = ""
    """Why the PSA refused the last write; it is tried again at the next run."""
    refused_in: str = ""
    """That run: it does not try again."""
    not_applied_in: str = ""
    """The newest run in which a write was proven not applied: a second such write of a run counts as refused."""
    drift: Drift | None = None
    hold: Hold | None = None
    not_planned: str = ""
    """Why the line may be out of step and is not planned: its number cannot be trusted."""
    would: Change | None = None
    """What would be written if the account were live."""
    written_in: str = ""
    """The run that last wrote the line."""
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
        if self.blocked or self.refused or self.not_planned:
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


class AgreementRecord(Document):
    """One agreement: until when it is worked on, and its lines by mapping id. Replaced by ETag only."""

    connection: str
    agreement_id: str
    claimed_until: datetime | None = None
    """None: nobody works on it."""
    claims: int = 0
    """How often it was claimed."""
    prorates: bool = False
    read_at: datetime | None = None
    """When its lines were last read from the PSA."""
    unreadable: str = ""
    """Why they could not be read at the newest attempt."""
    let_go: tuple[str, ...] = ()
    """Its lines that a person let go of: not ours any more, also where one carries our mark."""
    lines: dict[str, LineRecord] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _owns_each_line_once(self) -> "AgreementRecord":
        owned = [line.line_id for line in self.lines.values() if line.line_id]
        if len(set(owned)) != len(owned):
            raise ValueError("a line belongs to at most one mapping")
        return self

    def with_line(self, line: LineRecord) -> "AgreementRecord":
        lines = {**self.lines, line.mapping_id: line}
        return AgreementRecord.model_validate({**dict(self), "lines": lines})


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
