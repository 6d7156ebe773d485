"""The alert types as the settings page shows them: what each is about, whether it is on, what can be set about it."""

from dataclasses import dataclass

from pydantic import JsonValue

from shared.accounts.account import Account
from shared.alerts.models import ExclusionScope
from shared.alerts.rules import RULES
from shared.alerts.rules.base import Rule


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that an owner may set about a type."""

    name: str
    must_be: str
    """What a value must be, for example "a number of days from 1 to 365"."""
    default: JsonValue
    value: JsonValue
    """What the account set, else the default."""


@dataclass(frozen=True, slots=True)
class AlertType:
    slug: str
    title: str
    about: str
    """One sentence: what its rows are, and what to do about them."""
    on: bool
    reach: frozenset[ExclusionScope]
    """What can be excluded from it."""
    parameters: tuple[Parameter, ...]


def alert_types(account: Account) -> list[AlertType]:
    """Every type, in the order in which sections are shown."""
    return [_described(rule, account) for rule in RULES]


def _described(rule: Rule, account: Account) -> AlertType:
    defaults = rule.parameters().model_dump(mode="json")
    chosen = account.alert_parameters.get(rule.slug, {})
    fields = rule.parameters.model_fields
    return AlertType(
        slug=rule.slug,
        title=rule.words.title,
        about=rule.words.to_do,
        on=rule.slug not in account.alerts_off,
        reach=rule.reach,
        parameters=tuple(
            Parameter(name, field.description or "", defaults[name], chosen.get(name, defaults[name]))
            for name, field in fields.items()
        ),
    )
