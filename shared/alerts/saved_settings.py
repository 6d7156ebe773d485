"""S12, N6: saving which alerts are on, who gets them, and what their rules are told: checked against the rules."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic import JsonValue, ValidationError

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.accounts.directory import AccountChange, load_account, save_account, update_account
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.base import Parameters
from shared.errors import Rejected
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import one_line

SENTENCE = 500


class Wrong(NamedTuple):
    """A field that cannot be as it is, and what it must be."""

    field: str
    sentence: str


def save(tables: Tables, account: Account) -> None:
    """Save a new account's settings, and what its alert types need to be read.

    Raises Rejected that names each field which no rule knows, or that cannot be.
    """
    _refuse(_wrong_fields(account))
    save_account(tables, with_optional_reads(account))


def change(
    tables: Tables,
    account_id: AccountId,
    fields: Mapping[str, object],
    check: Callable[[Account], None] = lambda _: None,
) -> AccountChange:
    """Change some settings of an account, all of them or none: `fields` by their names in Account, nested as there.

    A nested value is merged into what is there; any other one replaces it. `check` is given the version that would be
    changed, and raises when it is not the one that the person saw. Raises Rejected that names each wrong field, and
    NotFound.
    """

    def changed(before: Account) -> Account:
        check(before)
        try:
            after = Account.model_validate(_merged(before, fields))
        except ValidationError as error:
            raise _rejected([_wrong_value(fault["loc"], fault["msg"]) for fault in error.errors()]) from None
        _refuse([*_wrong_fields(after), *_unknown_companies(tables, before, after)])
        return with_optional_reads(after)

    return update_account(tables, account_id, changed)


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


def _merged(before: Account, fields: Mapping[str, object]) -> dict[str, object]:
    """The account as plain values, with the fields that are given. A document inside is merged field by field."""
    values = before.model_dump()
    for name, value in fields.items():
        was = getattr(before, name, None)
        if isinstance(was, Document) and isinstance(value, dict):
            values[name] = was.model_dump() | value
        else:
            values[name] = value
    return values


def _wrong_value(place: tuple[int | str, ...], message: str) -> Wrong:
    """Pydantic's word on a value, without its prefix. Keys that a person gave are cut to a line."""
    field = ".".join(one_line(str(part), 60) for part in place)
    return Wrong(field, f"{field}: {one_line(message.removeprefix('Value error, '), SENTENCE)}")


def _refuse(wrong: Iterable[Wrong]) -> None:
    found = list(wrong)
    if found:
        raise _rejected(found)


def _rejected(wrong: list[Wrong]) -> Rejected:
    return Rejected("; ".join(fault.sentence for fault in wrong), "invalid", wrong[0].field)


def _wrong_fields(account: Account) -> Iterator[Wrong]:
    yield from _unknown("alerts_off", account.alerts_off)
    yield from _unknown("digest.by_type", account.digest.by_type)
    yield from _unknown("alert_parameters", account.alert_parameters)
    yield from _parameters(account.alert_parameters)


def _unknown(field: str, slugs: Iterable[str]) -> Iterator[Wrong]:
    for slug in sorted(set(slugs) - BY_SLUG.keys()):
        told = f"'{one_line(slug, 60)}' is not an alert type; there are {', '.join(BY_SLUG)}"
        yield Wrong(field, f"{field}: {told}")


def _unknown_companies(tables: Tables, before: Account, after: Account) -> Iterator[Wrong]:
    """Routes to companies that are not there. One that was saved may outlive its company."""
    new = after.digest.by_company.keys() - before.digest.by_company.keys()
    if new:
        for tenant in sorted(new - added_tenants(tables, after.id).keys()):
            field = "digest.by_company"
            yield Wrong(field, f"{field}: no company is added for the tenant '{one_line(tenant, 60)}'")


def _parameters(given: Mapping[str, Mapping[str, JsonValue]]) -> Iterator[Wrong]:
    for slug in sorted(given.keys() & BY_SLUG.keys()):
        field, model = f"alert_parameters.{slug}", BY_SLUG[slug].parameters
        for name in sorted(given[slug].keys() - model.model_fields.keys()):
            there = f"there are {', '.join(model.model_fields)}" if model.model_fields else "there are none"
            wrong = f"{field}.{one_line(name, 60)}"
            yield Wrong(wrong, f"{wrong} is not a parameter of this alert type; {there}")
        yield from _wrong_parameters(field, model, given[slug])


def _wrong_parameters(field: str, model: type[Parameters], given: Mapping[str, JsonValue]) -> Iterator[Wrong]:
    """What each parameter must be, by the description of its field."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        for name, told in {
            str(fault["loc"][0]) if fault["loc"] else "": fault["msg"] for fault in error.errors()
        }.items():
            place = f"{field}.{name}" if name else field
            must = f"{place} must be {model.model_fields[name].description}" if name else f"{place}: {told}"
            yield Wrong(place, must)
