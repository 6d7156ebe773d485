"""What a sandbox begins with, at the vendors' side: frozen values without dates, so that a world never grows old.

Days are counted from the moment the state folder is made: `starts_in_days=-30` was thirty days before.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.standins.worlds.autotask import Autotask
from sandbox.standins.worlds.halo import HaloPsa

GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"


class Gdap(StrEnum):
    """State of a partner's delegated admin relationship with a tenant; NONE = there never was one."""

    ACTIVE = "active"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    PENDING = "approvalPending"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Partner:
    """One Microsoft partner tenant with the app registration that an account uses there."""

    key: str
    account: str
    """Which Seatwise account it belongs to: "demo" or "preview"."""
    tenant_id: str
    name: str
    domain: str
    client_id: str
    secret: str
    refresh_token: str
    user_id: str
    user_name: str
    secret_expired: bool = False


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship beside the one that counts: an older one, or Microsoft's own (`MLT_...`)."""

    name: str
    gdap: Gdap
    ends_in_days: int
    roles: tuple[str, ...] = (GLOBAL_READER,)


@dataclass(frozen=True, slots=True)
class Access:
    """How one partner stands to one tenant."""

    partner: str
    gdap: Gdap = Gdap.ACTIVE
    roles: tuple[str, ...] = (GLOBAL_READER,)
    consent: bool = True
    """Delegated permissions were consented there (else AADSTS65001)."""
    app_consent: bool = True
    """The app has application permissions there (app-only mode; else AADSTS700016)."""
    ends_in_days: int = 400
    relationship: str = "reseller"
    sells: bool = True
    """False: an indirect provider sells there, so Partner Center keeps the subscriptions from this partner (403)."""
    others: tuple[Relationship, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One bought subscription. `status` is Graph's: Enabled, Warning (in grace), Suspended, LockedOut, Deleted."""

    id: str
    commerce_id: str
    units: int
    status: str = "Enabled"
    trial: bool = False
    term: str = "P1Y"
    cycle: str = "monthly"
    auto_renew: bool = True
    created_in_days: int = -200
    renews_in_days: int = 165


@dataclass(frozen=True, slots=True)
class Holding:
    """What a tenant has of one SKU: its subscriptions, and how many of its users are assigned it."""

    sku_id: str
    subscriptions: tuple[Subscription, ...]
    assigned: int = 0


@dataclass(frozen=True, slots=True)
class Mapping:
    """An intended mapping, for whoever seeds Seatwise: this licence belongs on that line."""

    sku_id: str
    subscription_id: str | None
    """None = the whole SKU; else only this subscription (Graph's id) of it."""
    addition_id: int
    product_id: int
    baseline_quantity: int
    """What Seatwise confirmed yesterday on that line."""


@dataclass(frozen=True, slots=True)
class SharedMailbox:
    """A shared mailbox: one of the tenant's users by number, with or without licences. Its size is told nowhere."""

    number: int
    name: str
    archive: bool = False
    hold: bool = False
    """On litigation hold."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer tenant and what links it to the PSA."""

    id: str
    name: str
    domain: str
    access: tuple[Access, ...]
    holdings: tuple[Holding, ...]
    users: int
    cases: tuple[str, ...] = ()
    """Tags that say what this tenant shows, for example "held" or "grace"."""
    psa_site: str | None = None
    psa_company_id: int | None = None
    agreement_id: int | None = None
    mappings: tuple[Mapping, ...] = ()
    added: bool = True
    """False = nobody added it to Seatwise."""
    user_overrides: dict[int, dict[str, object]] = field(default_factory=dict)
    """User number -> fields that differ from the generated ones."""
    shared_mailboxes: tuple[SharedMailbox, ...] = ()

    @property
    def partner_keys(self) -> tuple[str, ...]:
        return tuple(access.partner for access in self.access)


@dataclass(frozen=True, slots=True)
class Product:
    """A ConnectWise catalogue item."""

    id: int
    identifier: str
    description: str
    price: float
    cost: float
    product_class: str = "Agreement"
    sku_id: str | None = None
    inactive: bool = False
    bill_cycle: str = "Monthly"


@dataclass(frozen=True, slots=True)
class Company:
    """A ConnectWise company."""

    id: int
    identifier: str
    name: str
    website: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A ConnectWise agreement addition, as it stands in the PSA now."""

    id: int
    product_id: int
    quantity: float
    unit_price: float
    unit_cost: float
    bill_customer: str = "Billable"
    updated_by: str = "seatwise"
    updated_in_days: float = -1
    effective_in_days: int = -180
    cancelled_in_days: int | None = None
    serial_number: str = ""
    invoice_description: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A ConnectWise agreement with its lines."""

    id: int
    company_id: int
    name: str
    type_name: str
    lines: tuple[Line, ...]
    prorate: bool = False
    billing_cycle: str = "Monthly"
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ConnectWise:
    """One ConnectWise database with the API member Seatwise uses."""

    key: str
    account: str
    site: str
    """Host name, for example api-na.myconnectwise.net."""
    company_login: str
    public_key: str
    private_key: str
    client_id: str
    member: str
    codebase: str
    companies: tuple[Company, ...]
    agreements: tuple[Agreement, ...]
    products: tuple[Product, ...]
    agreement_types: tuple[str, ...] = ("Microsoft 365", "Managed Services", "Backup")
    billed_in_advance: tuple[str, ...] = ()
    """Those of these types of which the MSP told Seatwise so."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything the stand-ins know at the beginning."""

    name: str
    partners: tuple[Partner, ...]
    tenants: tuple[Tenant, ...]
    connectwise: tuple[ConnectWise, ...]
    halo: tuple[HaloPsa, ...] = ()
    autotask: tuple[Autotask, ...] = ()
    sendgrid_key: str = "SG.sandbox-only-key"
