"""What people decide about billing: connections, profiles, and the mappings of a tenant."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field, model_validator

from shared.billing.psa.base import BillableOption
from shared.licensing.licences import LicenceKey
from shared.storage.documents import Chosen, Document
from shared.text import MicrosoftId, one_line


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


class PriceKind(StrEnum):
    PSA = "psa"
    """Whatever the line says in the PSA."""
    FIXED = "fixed"
    PERCENT = "percent"
    """So much more or less than the product's price in the PSA, as that is at each look."""


class PriceRule(Document):
    """K6: what a line must charge for a seat."""

    kind: PriceKind = PriceKind.PSA
    amount: Decimal = Decimal(0)
    """Of FIXED the price; of PERCENT what is added, less where it is negative."""

    @property
    def tracks(self) -> bool:
        return self.kind is PriceKind.PERCENT

    def price(self, of_product: Decimal | None) -> Decimal | None:
        """What a line must charge, to the cent, half up; None when it cannot be told, and for the PSA's own price."""
        if self.kind is PriceKind.FIXED:
            return self.amount
        if self.kind is PriceKind.PSA or not of_product:
            return None
        return (of_product * (100 + self.amount) / 100).quantize(_CENT, ROUND_HALF_UP)


_CENT: Final = Decimal("0.01")
THE_PSAS_PRICE: Final = PriceRule()


class BillingProfile(Document):
    """A name for a PSA product, and how its line is charged (K6)."""

    id: str
    name: str
    connection: str
    product_id: str
    billable: BillableOption = BillableOption.BILLABLE
    price: PriceRule = THE_PSAS_PRICE
    agreement_types: tuple[str, ...] = ()
    """Names of the types of agreement that it may be billed by, as the PSA calls them; () is any."""


class Basis(StrEnum):
    PURCHASED = "purchased"
    """Enabled units that are no trial; trial, grace and suspended are never billed."""
    ASSIGNED = "assigned"
    """Units assigned to users; only for a SKU as a whole, Microsoft does not count them by subscription."""


class SoldByOthers(StrEnum):
    """What a person said about seats that none of the account's partners sold."""

    COUNTED = "counted"
    LEFT_OUT = "left_out"


class MoreSeats(StrEnum):
    """From when more seats count within a period."""

    FROM_THEIR_DAY = "from_their_day"
    """The rest of the period is prorated, where the PSA does so."""
    FROM_PERIOD_START = "from_period_start"
    """From the first day of the period, or of the next one once it is billed: nothing is prorated."""


class FewerSeats(StrEnum):
    """From when fewer seats count within a period."""

    AT_ONCE = "at_once"
    """The number is written when it is seen. What is billed already is not paid back, but by a PSA that prorates fewer
    seats by itself."""
    NEXT_PERIOD = "next_period"
    """They are billed until the period is over."""
    CREDITED = "credited"
    """What is billed already is paid back from that day on."""


class Options(Document):
    """K8. billed = max(0, max(minimum, max(0, basis - included)) + difference)."""

    basis: Basis = Basis.PURCHASED
    sold_by_others: SoldByOthers | None = None
    """None: nobody was asked. They count then, and a change waits when a seller comes that was not there before."""
    included: Annotated[int, Field(ge=0)] = 0
    minimum: Annotated[int, Field(ge=0)] = 0
    difference: int = 0
    """Seats that a person took over from a hand edit in the PSA (N2), more or less than the rest gives."""
    starts: date | None = None
    """Effective date of a line that we create; None: the day it is created."""
    invoice_text: Annotated[str, AfterValidator(one_line)] = ""
    """K8: own description; with nothing ticked below it is the whole text. "" begins with the profile's name."""
    names_on_invoice: bool = False
    """The text names the users who have the licence."""
    spare_on_invoice: bool = False
    """The text says how many purchased seats nobody has."""
    terms_on_invoice: bool = False
    """K17: the text says when the commitment renews or ends, and until when it can be cancelled."""
    replaces_text: str = ""
    """Digest of somebody else's text of the line that a person saw and gave up for ours; another one stays."""
    more_seats: MoreSeats = MoreSeats.FROM_THEIR_DAY
    fewer_seats: FewerSeats = FewerSeats.AT_ONCE
    beside_existing: bool = False
    """A person chose to create the line although the agreement has an unowned one of the same product."""

    @model_validator(mode="before")
    @classmethod
    def _credited(cls, stored: object) -> object:
        """Until December 2026 it was stored whether fewer seats are credited."""
        if isinstance(stored, dict) and stored.get("credit_on_decrease"):
            return {"fewer_seats": FewerSeats.CREDITED, **stored}
        return stored

    @property
    def has_text(self) -> bool:
        """Seatwise looks after the line's text on the invoice."""
        return (
            bool(self.invoice_text) or self.names_on_invoice or self.spare_on_invoice or self.terms_on_invoice
        )


class LineKey(NamedTuple):
    """Where a mapping's line is kept: names the line also before it exists in the PSA."""

    connection: str
    agreement_id: str
    mapping_id: str


class LicenceMapping(Document):
    """One licence of a tenant: the one line that bills it, or the decision not to bill it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{8,32}$")]
    sku_id: MicrosoftId
    subscription_id: MicrosoftId = ""
    company: str = ""
    """Whose users it bills, of a tenant with several companies; "" is the company that was added first."""
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

    def overlaps(self, other: "LicenceMapping") -> bool:
        """Both are of the same seats: of one licence, or of a SKU as a whole and one of its subscriptions."""
        parts = {self.subscription_id, other.subscription_id}
        return self.sku_id == other.sku_id and (len(parts) == 1 or "" in parts)

    @property
    def line_key(self) -> LineKey:
        """Only of one that bills."""
        return LineKey(self.connection, self.agreement_id, self.id)

    @model_validator(mode="after")
    def _names_its_line(self) -> "LicenceMapping":
        if self.bill and not (self.profile and self.connection and self.agreement_id):
            raise ValueError("a mapping that bills names its profile, connection and agreement")
        if self.subscription_id and self.options.basis is Basis.ASSIGNED:
            raise ValueError("a single subscription can only be billed by purchased seats")
        if self.subscription_id and (self.options.names_on_invoice or self.options.spare_on_invoice):
            raise ValueError(
                "names and spare seats are known of a licence as a whole, not of one subscription"
            )
        return self


class TenantMappings(Document):
    """Every mapping of one tenant, decided as a whole so that no two of them bill the same seats."""

    tenant_id: MicrosoftId
    mappings: tuple[LicenceMapping, ...]

    @model_validator(mode="after")
    def _bills_nothing_twice(self) -> "TenantMappings":
        licences = [mapping.licence for mapping in self.mappings]
        whole = {licence.sku_id for licence in licences if not licence.subscription_id}
        if len({(mapping.company, mapping.licence) for mapping in self.mappings}) != len(self.mappings):
            raise ValueError("a licence has one mapping")
        shared = {sku_id for sku_id, companies in self._billed_to().items() if len(companies) > 1}
        if any(m.bill and m.sku_id in shared and m.options.basis is Basis.PURCHASED for m in self.mappings):
            raise ValueError("a licence that several companies share is billed by assigned seats")
        if any(licence.subscription_id and licence.sku_id in whole for licence in licences):
            raise ValueError("a SKU is mapped as a whole or by subscription, not both")
        if len({mapping.id for mapping in self.mappings}) != len(self.mappings):
            raise ValueError("a mapping id is used once")
        return self

    def _billed_to(self) -> dict[str, set[str]]:
        """The companies that are billed for a SKU, by its id."""
        found: dict[str, set[str]] = {}
        for mapping in self.mappings:
            if mapping.bill:
                found.setdefault(mapping.sku_id, set()).add(mapping.company)
        return found
