"""Alert settings: who is mailed what and when, and which alert types are on (S4, S5, S12, N6)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from functions.api.alerts import AlertTypeName
from functions.api.models import Given, Shown, examples
from functions.api.principal import Owner, Reader
from functions.api.settings import save
from functions.api.versions import Seen, versioned
from shared.accounts.account import Account
from shared.accounts.directory import load_account
from shared.accounts.preferences import Address, Addresses, Frequency, Hour
from shared.alerts.types import AlertType, alert_types

router = APIRouter(prefix="/accounts/{account}/alert-settings", tags=["alerts"])
CALLED: Final = {
    "digest.recipients": "addresses",
    "digest.by_company": "companyAddresses",
    "digest.by_type": "types",
    "alert_parameters": "types",
    "alerts_off": "types",
}
MOST_ADDRESSES: Final = 50
type Some = Annotated[list[Address], Field(max_length=MOST_ADDRESSES)]


class ShownParameter(Shown):
    name: str
    must_be: str
    """What a value must be, as the end of a sentence."""
    default: JsonValue
    value: JsonValue


class ShownAlertType(Shown):
    type: str
    title: str
    about: str
    """What its rows are, and what to do about them."""
    on: bool
    addresses: list[str]
    """Who gets its rows instead of the account's addresses; empty: those."""
    excludable_by: list[str]
    parameters: list[ShownParameter]


class AlertSettings(Shown):
    model_config = Shown.model_config | examples(
        {
            "addresses": ["licences@harbour-it.example"],
            "frequency": "daily",
            "hour": 7,
            "repeatAfterDays": 7,
            "companyAddresses": {},
            "types": [
                {
                    "type": "renewal_due",
                    "title": "Renewals due",
                    "about": "These subscriptions renew soon: change their seats or auto-renewal before they do.",
                    "on": True,
                    "addresses": [],
                    "excludableBy": ["sku", "tenant"],
                    "parameters": [
                        {
                            "name": "days",
                            "mustBe": "a number of days from 1 to 365",
                            "default": 30,
                            "value": 30,
                        }
                    ],
                }
            ],
        }
    )

    addresses: list[str]
    """The notification addresses: at least one."""
    frequency: Frequency
    """daily, weekly (Mondays) or monthly (the 1st)."""
    hour: int
    """Local hour of the account's zone."""
    repeat_after_days: int
    """Open rows are mailed again after so many days."""
    company_addresses: dict[str, list[str]]
    """By tenant id: who gets a company's rows instead of the account's addresses."""
    types: list[ShownAlertType]


class AlertTypeChange(Given):
    on: bool | None = None
    addresses: Some | None = None
    """Empty: the account's addresses get its rows."""
    parameters: Annotated[dict[str, JsonValue] | None, Field(max_length=20)] = None
    """All that differ from their defaults."""


class AlertSettingsChange(Given):
    """Only what is named changes."""

    model_config = Given.model_config | examples(
        {
            "frequency": "weekly",
            "types": {"renewal_due": {"parameters": {"days": 60}}, "unused_licenses": {"on": False}},
        }
    )

    addresses: Annotated[Addresses, Field(max_length=MOST_ADDRESSES)] | None = None
    frequency: Frequency | None = None
    hour: Hour | None = None
    repeat_after_days: Annotated[int | None, Field(ge=1, le=31)] = None
    company_addresses: Annotated[dict[str, Some] | None, Field(max_length=2000)] = None
    """The whole table: what is not in it any more is routed no more."""
    types: dict[AlertTypeName, AlertTypeChange] | None = None


def shown(account: Account) -> AlertSettings:
    digest = account.digest
    return AlertSettings(
        addresses=list(digest.recipients),
        frequency=digest.frequency,
        hour=digest.hour,
        repeat_after_days=digest.repeat_after_days,
        company_addresses={tenant: list(to) for tenant, to in digest.by_company.items()},
        types=[
            _shown_type(alert_type, digest.by_type.get(alert_type.slug, ()))
            for alert_type in alert_types(account)
        ],
    )


def _shown_type(alert_type: AlertType, to: tuple[str, ...]) -> ShownAlertType:
    return ShownAlertType(
        type=alert_type.slug,
        title=alert_type.title,
        about=alert_type.about,
        on=alert_type.on,
        addresses=list(to),
        excludable_by=sorted(alert_type.reach),
        parameters=[
            ShownParameter(name=it.name, must_be=it.must_be, default=it.default, value=it.value)
            for it in alert_type.parameters
        ],
    )


@router.get("", operation_id="getAlertSettings")
def get_alert_settings(asking: Reader, response: Response) -> AlertSettings:
    """Who is mailed what and when; each alert type with what it is about and what can be set about it."""
    return versioned(response, shown(load_account(asking.tables, asking.account)))


@router.patch("", operation_id="changeAlertSettings")
def change(asked: AlertSettingsChange, asking: Owner, seen: Seen, response: Response) -> AlertSettings:
    """What is saved counts from the next evaluation and the next mail on."""
    fields = _fields(asked, load_account(asking.tables, asking.account))
    return versioned(response, save(asking, seen, "alert_settings.changed", fields, shown, CALLED))


def _fields(asked: AlertSettingsChange, now: Account) -> dict[str, Any]:
    """By their names in Account. What an account stores by type is replaced whole, so it begins from what is there."""
    digest: dict[str, Any] = {
        name: value
        for name, value in {
            "recipients": asked.addresses,
            "frequency": asked.frequency,
            "hour": asked.hour,
            "repeat_after_days": asked.repeat_after_days,
        }.items()
        if value is not None
    }
    if asked.company_addresses is not None:
        digest["by_company"] = {tenant: to for tenant, to in asked.company_addresses.items() if to}
    fields: dict[str, Any] = {}
    if asked.types:
        digest["by_type"] = _routes(now, asked.types)
        fields["alerts_off"] = _off(now, asked.types)
        fields["alert_parameters"] = _parameters(now, asked.types)
    return fields | ({"digest": digest} if digest else {})


type _Changes = Mapping[str, AlertTypeChange]


def _routes(now: Account, changes: _Changes) -> dict[str, Any]:
    routes: dict[str, Any] = dict(now.digest.by_type)
    routes |= {slug: change.addresses for slug, change in changes.items() if change.addresses is not None}
    return {slug: to for slug, to in routes.items() if to}


def _off(now: Account, changes: _Changes) -> frozenset[str]:
    on = {slug for slug, change in changes.items() if change.on is True}
    return (now.alerts_off | {slug for slug, change in changes.items() if change.on is False}) - on


def _parameters(now: Account, changes: _Changes) -> dict[str, Any]:
    parameters: dict[str, Any] = {slug: dict(chosen) for slug, chosen in now.alert_parameters.items()}
    parameters |= {
        slug: change.parameters for slug, change in changes.items() if change.parameters is not None
    }
    return {slug: chosen for slug, chosen in parameters.items() if chosen}
