"""S12, N6: saving which alerts are on, who gets them, and what their rules are told: checked against the rules."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue, ValidationError

from shared.accounts.account import Account
from shared.accounts.directory import load_account, save_account
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.base import Parameters
from shared.errors import Rejected
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def save(tables: Tables, account: Account) -> None:
    """Save the account's settings, and what its alert types need to be read.

    Raises Rejected that names each field which no rule knows, or that cannot be.
    """
    wrong = [
        *_unknown("alerts_off", account.alerts_off),
        *_unknown("digest.by_type", account.digest.by_type),
        *_unknown("alert_parameters", account.alert_parameters),
        *_parameters(account.alert_parameters),
    ]
    if wrong:
        raise Rejected("; ".join(wrong))
    save_account(tables, with_optional_reads(account))


def load(tables: Tables, account_id: AccountId) -> Account:
    """The account with what its alert types need to be read. Raises NotFound."""
    account = load_account(tables, account_id)
    return account if account.optional_reads is not None else with_optional_reads(account)


def with_optional_reads(account: Account) -> Account:
    """The account that reads what the alert types that are on need, and no more."""
    on = (rule for rule in RULES if rule.slug not in account.alerts_off)
    return account.model_copy(
        update={"optional_reads": frozenset(need for rule in on for need in rule.needs)}
    )


def _unknown(field: str, slugs: Iterable[str]) -> Iterator[str]:
    for slug in sorted(set(slugs) - BY_SLUG.keys()):
        yield f"{field}: '{slug}' is not an alert type; there are {', '.join(BY_SLUG)}"


def _parameters(given: Mapping[str, Mapping[str, JsonValue]]) -> Iterator[str]:
    for slug in sorted(given.keys() & BY_SLUG.keys()):
        field, model = f"alert_parameters.{slug}", BY_SLUG[slug].parameters
        for name in sorted(given[slug].keys() - model.model_fields.keys()):
            there = f"there are {', '.join(model.model_fields)}" if model.model_fields else "there are none"
            yield f"{field}.{name} is not a parameter of this alert type; {there}"
        yield from (f"{field}{wrong}" for wrong in _wrong(model, given[slug]))


def _wrong(model: type[Parameters], given: Mapping[str, JsonValue]) -> list[str]:
    """What each parameter must be, by the description of its field."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) if one["loc"] else "": one["msg"] for one in error.errors()}
        fields = model.model_fields
        return [
            f".{name} must be {fields[name].description}" if name else f": {wrong[name]}" for name in wrong
        ]
    return []
