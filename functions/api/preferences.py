"""Preferences of an account (S14-S17), and the other numbers that it may set."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Reader
from functions.api.settings import save
from functions.api.versions import Seen, versioned
from shared.accounts.account import Account
from shared.accounts.directory import load_account
from shared.accounts.preferences import Hour, Symbol, Zone

router = APIRouter(prefix="/accounts/{account}/preferences", tags=["preferences"])
_EXAMPLE = {
    "timezone": "Europe/London",
    "syncHour": 2,
    "currencySymbol": "£",
    "delegatedAdmin": True,
    "showNames": False,
    "splitLicences": False,
    "readsTerms": True,
    "guard": {
        "tenantPercent": 20,
        "tenantSeats": 5,
        "accountPercent": 10,
        "accountSeats": 20,
        "accountMost": 500,
    },
    "retention": {"countsMonths": 25, "ledgerYears": 10},
}
type Percent = Annotated[int, Field(ge=0, le=100)]
type Seats = Annotated[int, Field(ge=0, le=1_000_000)]


class Guard(Shown):
    """When decreases wait for a person: percent of the confirmed seats or seats, whichever allows more."""

    tenant_percent: int
    tenant_seats: int
    account_percent: int
    account_seats: int
    account_most: int
    """Never more than this, however large the account."""


class Retention(Shown):
    counts_months: int
    """Counts and users, runs, closed alerts and mails."""
    ledger_years: int
    """The ledger, and what people decided."""


class ShownPreferences(Shown):
    model_config = Shown.model_config | examples(_EXAMPLE)

    timezone: str
    sync_hour: int
    """Local hour at which the night's sync begins."""
    currency_symbol: str
    """For display only: nothing is converted."""
    delegated_admin: bool
    """Preselected where a company is added."""
    show_names: bool
    """The first tick where a licence is mapped; saved mappings stay as they are."""
    split_licences: bool
    """The first choice where a licence of several subscriptions is mapped: a line for each, or one for all; saved
    mappings stay as they are."""
    reads_terms: bool
    """Partner Center is asked for terms."""
    guard: Guard
    retention: Retention


class GuardChange(Given):
    tenant_percent: Percent | None = None
    tenant_seats: Seats | None = None
    account_percent: Percent | None = None
    account_seats: Seats | None = None
    account_most: Seats | None = None


class RetentionChange(Given):
    counts_months: Annotated[int | None, Field(ge=13, le=1200)] = None
    ledger_years: Annotated[int | None, Field(ge=1, le=100)] = None


class PreferencesChange(Given):
    """Only what is named changes."""

    model_config = Given.model_config | examples({"currencySymbol": "CHF", "syncHour": 3})

    timezone: Zone | None = None
    sync_hour: Hour | None = None
    currency_symbol: Symbol | None = None
    delegated_admin: bool | None = None
    show_names: bool | None = None
    split_licences: bool | None = None
    reads_terms: bool | None = None
    guard: GuardChange | None = None
    retention: RetentionChange | None = None


def shown(account: Account) -> ShownPreferences:
    return ShownPreferences(
        timezone=account.timezone,
        sync_hour=account.sync_hour,
        currency_symbol=account.currency_symbol,
        delegated_admin=account.delegated_admin,
        show_names=account.show_names,
        split_licences=account.split_licences,
        reads_terms=account.reads_terms,
        guard=Guard.model_validate(account.guard.model_dump()),
        retention=Retention.model_validate(account.retention.model_dump()),
    )


@router.get("", operation_id="getPreferences")
def get_preferences(asking: Reader, response: Response) -> ShownPreferences:
    return versioned(response, shown(load_account(asking.tables, asking.account)))


@router.patch("", operation_id="changePreferences")
def change(asked: PreferencesChange, asking: Admin, seen: Seen, response: Response) -> ShownPreferences:
    """One set per account: what an admin saves here holds for everybody."""
    fields = asked.model_dump(exclude_none=True)
    return versioned(response, save(asking, seen, "preferences.changed", fields, shown))
