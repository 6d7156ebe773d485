"""The tenants of an account as a person looks through them: every customer of its partners, and every added one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from shared.accounts.company import AddedTenant
from shared.licensing import app_consents, readings
from shared.licensing.customer_lists import stored_customers
from shared.licensing.readings import TenantReading
from shared.licensing.tenant_state import PartnerList
from shared.microsoft import partner_connections
from shared.microsoft.models import Customer, PartnerConnection, SignInMode
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class Listing:
    """A partner connection's newest complete list has the tenant."""

    connection: str
    name: str
    can_be_read: bool
    """There is an active GDAP relationship, or the app was consented to in the tenant itself."""
    gdap_ends: date | None = None
    by_app: bool = False
    """A read proved that the partner's app may read it as itself."""


@dataclass(frozen=True, slots=True)
class ListedTenant:
    tenant_id: str
    name: str
    domain: str
    listings: tuple[Listing, ...]
    company: AddedTenant | None
    """None: it is not added."""
    reading: TenantReading | None
    """As of the newest evaluation; None: it was never asked for."""


def listed_tenants(
    tables: Tables, blobs: Blobs, account: AccountId, added: Mapping[str, AddedTenant]
) -> list[ListedTenant]:
    """Every tenant once, by name, whatever number of partner connections list it. `added`: companies by tenant id."""
    found: dict[str, tuple[Customer, tuple[Listing, ...]]] = {}
    by_app = app_consents.tenants_by_app(tables, account)
    for connection in partner_connections.all_of(tables, account):
        customers = stored_customers(blobs, keys.partner_list_blob(account, connection.id))
        let_in = by_app.get(connection.id, frozenset())
        for tenant, customer in customers.items():
            first, others = found.get(tenant, (customer, ()))
            found[tenant] = first, (*others, _listing(connection, customer, by_app=tenant in let_in))
    seen = readings.stored(blobs, account)
    tenants = [
        _tenant(tenant, found.get(tenant), added.get(tenant), seen.get(tenant))
        for tenant in found.keys() | added.keys()
    ]
    return sorted(tenants, key=lambda tenant: (tenant.name.casefold(), tenant.tenant_id))


def partner_lists(
    tables: Tables, account: AccountId
) -> Iterable[tuple[PartnerConnection, PartnerList | None]]:
    """Each partner connection and how its newest list went; None: it was never read."""
    for connection in partner_connections.all_of(tables, account):
        row = tables.get(keys.partner_list(account, connection.id))
        yield connection, row.read(PartnerList) if row else None


def _listing(connection: PartnerConnection, customer: Customer, *, by_app: bool) -> Listing:
    gdap = customer.gdap
    readable = gdap is not None or connection.mode is SignInMode.APP_ONLY or by_app
    return Listing(connection.id, connection.name, readable, gdap.ends if gdap else None, by_app)


def _tenant(
    tenant: str,
    found: tuple[Customer, tuple[Listing, ...]] | None,
    company: AddedTenant | None,
    reading: TenantReading | None,
) -> ListedTenant:
    """By the company's name where there is one: it is what people call the customer."""
    customer, listings = found or (Customer(tenant_id=tenant, name=""), ())
    name = (company.name if company else "") or customer.name or customer.domain or tenant
    return ListedTenant(tenant, name, customer.domain, listings, company, reading)
