"""The account, its preferences and the companies it added."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints

from shared.storage.documents import Document
from shared.storage.keys import AccountId


class Mode(StrEnum):
    PREVIEW = "preview"
    """Everything is worked out and shown, nothing is written to a PSA. A new account starts here."""
    LIVE = "live"


class Frequency(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    """Mondays."""
    MONTHLY = "monthly"
    """The 1st."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a timezone; use an IANA name such as Europe/Zurich") from None
    return name


MicrosoftId = Annotated[str, StringConstraints(to_lower=True)]
"""Of a tenant, SKU or subscription: whoever typed it, it is found in what is read, where all are in lower case."""
Hour = Annotated[int, Field(ge=0, le=23)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class DigestSettings(Document):
    recipients: Annotated[tuple[str, ...], Field(min_length=1)]
    frequency: Frequency = Frequency.DAILY
    hour: Hour = 7
    """Local hour of the account's zone."""
    repeat_after_days: Annotated[int, Field(ge=1, le=31)] = 7


class GuardSettings(Document):
    """N1: when decreases wait for a person. Percent of the confirmed seats or seats, whichever allows more."""

    tenant_percent: Annotated[int, Field(ge=0, le=100)] = 20
    tenant_seats: Annotated[int, Field(ge=0)] = 5
    account_percent: Annotated[int, Field(ge=0, le=100)] = 10
    account_seats: Annotated[int, Field(ge=0)] = 20
    account_most: Annotated[int, Field(ge=0)] = 500
    """Never more than this, however large the account."""


class RetentionSettings(Document):
    """What is older is deleted, a share of it each night."""

    counts_months: Annotated[int, Field(ge=13)] = 25
    """Counts and users, runs, closed alerts and mails."""
    ledger_years: Annotated[int, Field(ge=1)] = 10
    """The ledger, and what people decided."""


class Account(Document):
    id: AccountId
    name: str
    since: datetime
    """When the account began (UTC): no digest was due before."""
    mode: Mode = Mode.PREVIEW
    timezone: Zone
    sync_hour: Hour = 2
    currency_symbol: str = "$"
    digest: DigestSettings
    guard: GuardSettings = GuardSettings()
    retention: RetentionSettings = RetentionSettings()
    alerts_off: frozenset[str] = frozenset()
    """Slugs of the alert types that the owner switched off (S12)."""
    renewal_days: Annotated[int, Field(ge=1, le=365)] = 30
    """A renewal is an alert so many days before."""
    excluded_skus: frozenset[MicrosoftId] = frozenset()
    """SKU ids left out for the whole account (K10)."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def watches_shared_mailboxes(self) -> bool:
        """Somebody wants to hear of them: reading them takes two more calls per tenant."""
        return "shared_mailbox_licenses" not in self.alerts_off

    @property
    def watches_terms(self) -> bool:
        """Somebody wants to be reminded of renewals: reading terms takes up to 0.2 more calls per tenant."""
        return "renewal_due" not in self.alerts_off


class Company(Document):
    """The link that adds a tenant: tenant x PSA company."""

    id: str
    tenant_id: MicrosoftId
    name: str
    psa_connection: str
    psa_company: str
    partner_connection: str = ""
    """The preferred partner connection; "" takes the first that can read the tenant."""
