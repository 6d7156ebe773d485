"""What this process keeps until something of it changes: a page of a thousand companies costs one look.

The plan and the certificate are made from every tenant and line, which takes seconds for a thousand tenants. They are
made for the first who asks, and again when the account was judged, a person asked for anything, or the hour is over.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from threading import Lock

from functions.api.principal import Principal
from shared.accounts import audit, runs
from shared.accounts.companies import COMPANY, ListedCompany, listed_companies
from shared.accounts.company import AddedTenant, by_tenant
from shared.accounts.directory import load_account
from shared.alerts import evaluate
from shared.alerts.listing import AlertSort, arranged, closed
from shared.alerts.models import Alert
from shared.alerts.tickets import stored as tickets
from shared.alerts.tickets.models import Opening, Ticket
from shared.billing import profiles
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.planning import preview
from shared.billing.planning.preview import PlanPreview
from shared.licensing.tenants import ListedTenant, listed_tenants
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Certificate
from shared.storage import decisions
from shared.storage.keys import AccountId
from shared.wiring import Wiring

ACCOUNTS = 16
"""So many are kept; the lists of an account with a thousand tenants are some MB."""
CERTIFICATES = 4
"""Larger: every customer x every paid licence."""


class Kept[T]:
    """What `make` gives, once for all who ask, until anything of the account may have changed."""

    def __init__(
        self, make: Callable[[Principal], T], accounts: int, also: Callable[[Principal], str]
    ) -> None:
        self._make, self._accounts, self._also = make, accounts, also
        self._kept: OrderedDict[tuple[Wiring, AccountId], tuple[str, T]] = OrderedDict()
        self._making: defaultdict[AccountId, Lock] = defaultdict(Lock)
        """Who asks while it is made waits for it, and does not make it again."""

    def __call__(self, asking: Principal) -> T:
        with self._making[asking.account]:
            version = f"{_version(asking)}|{self._also(asking)}"
            kept = self._kept.pop((asking.wired, asking.account), None)
            if kept is None or kept[0] != version:
                kept = version, self._make(asking)
            self._kept[asking.wired, asking.account] = kept
            if len(self._kept) > self._accounts:
                self._kept.popitem(last=False)
            return kept[1]


def until_anything_changes[T](
    accounts: int = ACCOUNTS, also: Callable[[Principal], str] = lambda asking: ""
) -> Callable[[Callable[[Principal], T]], Kept[T]]:
    """For what is made from much of the account: of so many accounts it is kept.

    `also` gives another text when something changed that neither a person asked for nor an evaluation followed.
    """
    return lambda make: Kept(make, accounts, also)


def _version(asking: Principal) -> str:
    """Another text when anything of the account may have changed.

    Each run ends in an evaluation, and each request of a person is noted. Time alone changes what is stale, excluded
    or due: by the local hour; by the minute while a run reads or pushes.
    """
    tables, account = asking.tables, asking.account
    local = asking.now.astimezone(load_account(tables, account).zone)
    until = "minutes" if runs.is_any_open(tables, account) else "hours"
    changed = evaluate.version(tables, account), audit.version(tables, account)
    return "|".join((*changed, local.isoformat(timespec=until)))


@until_anything_changes()
def plan_of(asking: Principal) -> PlanPreview:
    """What the next push would do, as of its `at`."""
    account = load_account(asking.tables, asking.account)
    return preview.preview(asking.tables, asking.wired.blobs, account, asking.now)


@until_anything_changes(CERTIFICATES)
def certificate_of(asking: Principal) -> Certificate:
    """Where each paid licence stands, as of its `at`."""
    account = load_account(asking.tables, asking.account)
    return certificate_now(asking.tables, asking.wired.blobs, account, asking.now)


def companies_of(asking: Principal) -> Sequence[ListedCompany]:
    """Every added company, by name, as of now."""
    version = decisions.version(asking.tables, asking.account, COMPANY)
    return _companies(asking.wired, asking.account, version)


def names_of(asking: Principal) -> dict[str, str]:
    """Of the added companies, by tenant id."""
    return {tenant: added.name for tenant, added in tenants_of(asking).items()}


@until_anything_changes()
def listed_of(asking: Principal) -> Sequence[ListedTenant]:
    """Every tenant that is added or that a partner connection lists."""
    return listed_tenants(asking.tables, asking.wired.blobs, asking.account, tenants_of(asking))


type NameOfBilled = Callable[[str, str], str]
"""By a tenant's id and the name of its company in mappings."""


def billed_companies(asking: Principal) -> NameOfBilled:
    """The name of the company that a line bills: of a tenant that is several, the one whose users it counts. Once its
    company was removed, the tenant's own name; "" where no partner connection lists it any more either.
    """
    tenants = tenants_of(asking)

    @cache
    def listed() -> dict[str, str]:
        return {tenant.tenant_id: tenant.name for tenant in listed_of(asking)}

    def name(tenant_id: str, name_in_mappings: str) -> str:
        added = tenants.get(tenant_id)
        return added.name_of(name_in_mappings) if added else listed().get(tenant_id, "")

    return name


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


def tickets_of(asking: Principal, *, ended: bool = False) -> Mapping[Opening, Ticket]:
    """By what they are of: those of open alerts and those that are still to be closed; `ended`, all of them."""
    return _tickets(asking.wired, asking.account, tickets.version(asking.tables, asking.account), ended)


@lru_cache(maxsize=2 * ACCOUNTS)
def _tickets(wired: Wiring, account: AccountId, version: str, ended: bool) -> Mapping[Opening, Ticket]:
    return tickets.by_opening(wired.tables, account, ended=ended) if version else {}


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
