"""Lists that this process keeps until something of them changes: a page of a thousand companies costs one look."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from functions.api.principal import Principal
from shared.accounts.companies import COMPANY, AddedTenant, ListedCompany, by_tenant, listed_companies
from shared.alerts import evaluate
from shared.alerts.listing import AlertSort, arranged, closed
from shared.alerts.models import Alert
from shared.billing import profiles
from shared.billing.mapping.in_force import MAPPINGS
from shared.storage import decisions
from shared.storage.keys import AccountId
from shared.wiring import Wiring

ACCOUNTS = 16
"""So many are kept; the lists of an account with a thousand tenants are some MB."""


def companies_of(asking: Principal) -> Sequence[ListedCompany]:
    """Every added company, by name, as of now."""
    version = decisions.version(asking.tables, asking.account, COMPANY)
    return _companies(asking.wired, asking.account, version)


def names_of(asking: Principal) -> dict[str, str]:
    """Of the added companies, by tenant id."""
    return {tenant: added.name for tenant, added in tenants_of(asking).items()}


def tenants_of(asking: Principal) -> dict[str, AddedTenant]:
    """The tenants that have a company, by their id."""
    return by_tenant(listed.company for listed in companies_of(asking))


def uses_of_profiles(asking: Principal) -> Mapping[str, int]:
    """How many licences are billed by each profile, by its id, as of now."""
    version = decisions.version(asking.tables, asking.account, MAPPINGS)
    return _uses_of_profiles(asking.wired, asking.account, version)


def alerts_of(asking: Principal, sort: AlertSort) -> Sequence[tuple[str, Alert]]:
    """Every open alert as of the newest evaluation, with the text that it is sorted by."""
    return _alerts(asking.wired, asking.account, evaluate.version(asking.tables, asking.account), sort)


def closed_alerts_of(asking: Principal) -> Sequence[tuple[str, Alert]]:
    """Every alert that was closed and is still kept, the newest first: only an evaluation closes any."""
    return _closed_alerts(asking.wired, asking.account, evaluate.version(asking.tables, asking.account))


@lru_cache(maxsize=ACCOUNTS)
def _companies(wired: Wiring, account: AccountId, _version: str) -> Sequence[ListedCompany]:
    return tuple(listed_companies(wired.tables, account))


@lru_cache(maxsize=ACCOUNTS)
def _uses_of_profiles(wired: Wiring, account: AccountId, _version: str) -> Mapping[str, int]:
    return profiles.uses(wired.tables, account)


@lru_cache(maxsize=ACCOUNTS)
def _alerts(wired: Wiring, account: AccountId, _version: str, sort: AlertSort) -> Sequence[tuple[str, Alert]]:
    return tuple(arranged(wired.tables, account, sort))


@lru_cache(maxsize=ACCOUNTS)
def _closed_alerts(wired: Wiring, account: AccountId, _version: str) -> Sequence[tuple[str, Alert]]:
    return tuple(closed(wired.tables, account))
