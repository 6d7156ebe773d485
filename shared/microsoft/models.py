"""What Microsoft says about partners, customers and tenants, as validated values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from shared.microsoft.doubts import Doubt
from shared.microsoft.read_problems import ReadProblem, sentence
from shared.storage.documents import Chosen, Document


class SignInMode(StrEnum):
    REFRESH_TOKEN = "refresh_token"
    """Secure Application Model: one partner refresh token, redeemed per tenant (GDAP)."""
    APP_ONLY = "app_only"
    """client_credentials, consented per tenant."""


INSTALLATION_SECRET: Final = "installation-partner-app"
"""Names the client secret of the installation's app registration, which no account holds."""


class PartnerConnection(Chosen):
    """The consent to one Microsoft partner tenant. Secrets are named, never held."""

    id: str
    name: str
    tenant_id: str
    client_id: str
    mode: SignInMode = SignInMode.REFRESH_TOKEN
    by_installation: bool = False
    """It signs in by the installation's own app registration, whose secret is a setting and no account's."""
    secret_version: str = ""
    """Ends the secrets' names: new ones are stored beside the old ones until the row that needs them is."""
    removed_at: datetime | None = None
    """Since then nothing is read by it."""

    @property
    def client_secret(self) -> str:
        """Name of the secret that holds the app's client secret."""
        if self.by_installation:
            return INSTALLATION_SECRET
        return f"partner-{self.id}-client-secret{self._version}"

    @property
    def refresh_token(self) -> str:
        """Name of the secret that holds the partner's refresh token."""
        return f"partner-{self.id}-refresh-token{self._version}"

    @property
    def by_app(self) -> "PartnerConnection":
        """The same app registration, asked as itself and not for its service user."""
        return self.model_copy(update={"mode": SignInMode.APP_ONLY})

    @property
    def _version(self) -> str:
        return self.secret_version and f"-{self.secret_version}"


@dataclass(frozen=True, slots=True)
class Renewal:
    """A refresh token to be stored, as long as the one it was made of is still the stored one."""

    replaces: SecretStr
    refresh_token: SecretStr


class Gdap(Document):
    """The best delegated-admin relationship with a customer."""

    status: str
    ends: date | None = None


class Customer(Document):
    """One customer tenant in a partner's list, with or without GDAP."""

    tenant_id: str
    name: str
    domain: str = ""
    gdap: Gdap | None = None
    """None: no active relationship."""


class FailureCause(StrEnum):
    """Who must act before a tenant or partner can be read again."""

    TRANSIENT = "transient"
    PARTNER = "partner"
    TENANT = "tenant"
    GONE = "gone"
    INVALID = "invalid"
    """Microsoft answered, but the answer cannot be true or is not whole."""


class NotRead(Exception):
    """A read that did not complete: nothing of it may be used."""

    def __init__(
        self,
        cause: FailureCause,
        code: str,
        problem: ReadProblem,
        detail: str = "",
        *,
        after: timedelta | None = None,
    ) -> None:
        super().__init__(f"{sentence(problem, detail)} ({code})")
        self.cause = cause
        self.code = code
        """The vendor's own code, e.g. AADSTS7000222 or 403 Authorization_RequestDenied."""
        self.problem = problem
        self.detail = detail
        """What only this case has: a status, a field of an answer."""
        self.after = after
        """How long Microsoft asked us to wait, when it did; else None."""

    @property
    def sentence(self) -> str:
        """Plain words for a person: what is wrong and who must do what."""
        return sentence(self.problem, self.detail)


class LinkRefused(NotRead):
    """The service refused a link, or the token of a page, that it had just given itself: the question is not at fault.

    Such tokens expire. Whoever asks begins again at the first page.
    """

    @classmethod
    def of(cls, refusal: NotRead) -> "LinkRefused":
        return cls(refusal.cause, refusal.code, refusal.problem, refusal.detail, after=refusal.after)


class Sku(Document):
    """Units of one SKU of a tenant: Graph subscribedSku."""

    sku_id: str
    part_number: str
    applies_to: str = "User"
    enabled: int
    warning: int
    suspended: int
    locked_out: int
    consumed: int
    subscription_ids: tuple[str, ...] = ()


class SubscriptionStatus(StrEnum):
    """What a subscription's units are counted as. Microsoft may come to know more: those count as nothing."""

    ENABLED = "Enabled"
    WARNING = "Warning"
    """In grace."""
    SUSPENDED = "Suspended"
    LOCKED_OUT = "LockedOut"
    DELETED = "Deleted"


class Subscription(Document):
    """One subscription behind a SKU: Graph companySubscription."""

    id: str
    sku_id: str
    commerce_id: str = ""
    owner_tenant_id: str = ""
    """The partner's tenant, or another one, that sold it; "" when Microsoft does not say."""
    status: str
    total: int
    trial: bool | None = False
    """None: Microsoft does not say."""
    next_lifecycle: datetime | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A licensed user; `skus` are the ids of the assigned SKUs, sorted."""

    id: str
    name: str
    upn: str
    mail: str
    enabled: bool
    user_type: str
    department: str
    office: str
    state: str
    city: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TenantRead:
    """Everything of one complete read. Instants are UTC; `began` is before the first request."""

    tenant_id: str
    connection_id: str
    began: datetime
    ended: datetime
    skus: tuple[Sku, ...]
    subscriptions: tuple[Subscription, ...]
    users: tuple[User, ...]
    doubts: tuple[Doubt, ...] = ()
    """Why the answer is hard to believe in itself: changes of the tenant are held."""


GROUP_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class GroupCount(Document):
    """How many users are in a group, by itself or by groups within it: each counted once."""

    group_id: str
    members: int
    guests: int = 0
    disabled: int = 0
    """Accounts that cannot sign in."""
    disabled_guests: int = 0
    """Who is both: counted among the guests and among the disabled."""


class Term(Document):
    """What Partner Center says of one subscription's commitment. What it does not say is None, or ""."""

    commerce_id: str
    duration: str = ""
    """ISO 8601: P1M, P1Y, P3Y."""
    ends: date | None = None
    """The last day of the commitment; it renews then, or ends. None: there is no such day, or it is not told."""
    auto_renew: bool | None = None
    cancellable_until: datetime | None = None
    """Until then seats can be given back although the term goes on."""


class MailboxSource(StrEnum):
    """Which service told what a tenant's mailboxes are."""

    EXCHANGE = "exchange"
    GRAPH = "graph"


class MailboxKind(StrEnum):
    """What a mailbox is for. Stored: a word that is here once stays."""

    USER = "user"
    SHARED = "shared"
    ROOM = "room"
    EQUIPMENT = "equipment"


class MailboxCount(Document):
    """How many mailboxes a tenant has, with licences or without, each counted once."""

    source: MailboxSource
    by_kind: Mapping[MailboxKind, int]
    """Of each kind; what is for something else (searches, team sites, old journals) is of none."""

    @property
    def has_any(self) -> bool:
        return any(self.by_kind.values())


class SharedMailbox(Document):
    """A shared mailbox that has licences."""

    user_id: str
    name: str
    address: str
    skus: tuple[str, ...]
    archive: bool | None = None
    """It has an archive; None: not told."""
    hold: bool | None = None
    """It is on litigation hold; None: not told."""


@dataclass(frozen=True, slots=True)
class MailboxRead:
    """Every shared mailbox of a tenant that has licences."""

    source: MailboxSource
    listed: int
    """How many shared mailboxes were found, with or without licences."""
    licensed: tuple[SharedMailbox, ...]
