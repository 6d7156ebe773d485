"""What an owner may set, each with its default: hours, mails, bounds of the guard, what is kept how long."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import chain
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, JsonValue, StringConstraints

from shared.storage.documents import Chosen, Document
from shared.text import MicrosoftId, address, one_line


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
        raise ValueError(
            f"'{one_line(name, 60)}' is not a timezone; use an IANA name such as Europe/Zurich"
        ) from None
    return name


def _all_different(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


def _printable(symbol: str) -> str:
    if not symbol or one_line(symbol) != symbol:
        raise ValueError("a currency symbol is 1 to 8 characters, without line breaks or control characters")
    return symbol


Hour = Annotated[int, Field(ge=0, le=23)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Address = Annotated[str, AfterValidator(address), StringConstraints(to_lower=True)]
"""In lower case: one person who is named twice, in capitals and without, gets one mail."""
Addresses = Annotated[tuple[Address, ...], Field(min_length=1), AfterValidator(_all_different)]
Symbol = Annotated[str, StringConstraints(max_length=8), AfterValidator(_printable)]


class DigestSettings(Document):
    """Who is mailed what, and when.

    A row goes to the addresses of its alert type and to those of its company. Where neither names any, it goes to
    `recipients`: so every row goes to somebody, and who is routed to gets nothing else. Who should get all rows,
    routed ones too, is named in `recipients` and in every route.
    """

    recipients: Addresses
    by_type: Mapping[str, Addresses] = {}
    """By the slug of an alert type: instead of `recipients`, or besides its company's (N6)."""
    by_company: Mapping[MicrosoftId, Addresses] = {}
    """By the tenant id of a company: instead of `recipients`, or besides its type's (N6)."""
    frequency: Frequency = Frequency.DAILY
    hour: Hour = 7
    """Local hour of the account's zone."""
    repeat_after_days: Annotated[int, Field(ge=1, le=31)] = 7

    def to(self, slug: str, tenant_id: str) -> tuple[str, ...]:
        """Who gets the rows of this type about this tenant; "" is of no tenant."""
        routed = (*self.by_type.get(slug, ()), *self.by_company.get(tenant_id, ()))
        return tuple(dict.fromkeys(routed)) or self.recipients

    @property
    def everybody(self) -> tuple[str, ...]:
        """All who may get a mail, each once."""
        routed = (*self.by_type.values(), *self.by_company.values())
        return tuple(dict.fromkeys(chain(self.recipients, *routed)))


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


class Preferences(Chosen):
    """One set per account. What an owner saved stays, whatever becomes of a default."""

    timezone: Zone
    sync_hour: Hour = 2
    """Local hour at which the night's sync begins."""
    currency_symbol: Symbol = "$"
    """For display only: nothing is converted (S16)."""
    delegated_admin: bool = True
    """Preselected where a company is added (S14)."""
    show_names: bool = False
    """The first tick where a licence is mapped; saved mappings stay as they are (S15)."""
    split_licences: bool = False
    """The first choice where a licence of several subscriptions is mapped: a line for each, or one for all (K9)."""
    digest: DigestSettings
    guard: GuardSettings = GuardSettings()
    retention: RetentionSettings = RetentionSettings()
    alerts_off: frozenset[str] = frozenset()
    """Slugs of the alert types that the owner switched off (S12)."""
    alert_parameters: Mapping[str, Mapping[str, JsonValue]] = {}
    """By the slug of an alert type: the owner's choice of its parameters, checked where it is saved."""
    reads_terms: bool = True
    """Partner Center is asked for terms (K17): 0.2 more calls per tenant; it tells an indirect reseller nothing."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)
