"""The companies that an account added: each links a tenant, or a part of its users, to a company of a PSA."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple

from shared.accounts.company import AddedTenant, Company, by_tenant
from shared.errors import NotFound
from shared.storage.decisions import Decider, as_of, decide, get, history, in_force, newest_of_kind
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

COMPANY = "company"


def all_companies(tables: Tables, account_id: AccountId) -> Iterator[Company]:
    """One after the other: each takes two kilobytes of memory."""
    return (company for _, company in in_force(tables, account_id, COMPANY, Company))


def added_ids(tables: Tables, account_id: AccountId) -> set[str]:
    """The tenants that have a company: much less in memory than their companies are."""
    return {company.tenant_id for company in all_companies(tables, account_id)}


def added_tenants(tables: Tables, account_id: AccountId) -> dict[str, AddedTenant]:
    """Every tenant that has a company, by its id."""
    return by_tenant(all_companies(tables, account_id))


def tenant_as_of(tables: Tables, account_id: AccountId, tenant_id: str, when: datetime) -> AddedTenant | None:
    """The companies that the tenant had at a time; None when it had none. It reads histories: ask about few."""
    names = [
        decision.id
        for decision in newest_of_kind(tables, account_id, COMPANY)
        if (now := decision.read(Company)) is None or now.tenant_id == tenant_id
    ]
    then = (as_of(tables, account_id, COMPANY, name, Company, when) for name in names)
    return by_tenant(company for company in then if company is not None).get(tenant_id)


class ListedCompany(NamedTuple):
    """An added company, who decided that last, and when."""

    company: Company
    who: str
    since: datetime


def listed_companies(tables: Tables, account_id: AccountId) -> list[ListedCompany]:
    """Every added company, by name."""
    decided = ((decision.read(Company), decision) for decision in newest_of_kind(tables, account_id, COMPANY))
    found = [
        ListedCompany(company, decision.who, decision.valid_from) for company, decision in decided if company
    ]
    return sorted(found, key=lambda listed: (listed.company.name.casefold(), listed.company.id))


def company(tables: Tables, account_id: AccountId, company_id: str) -> Company:
    """The added company with this id. Raises NotFound."""
    found = get(tables, account_id, COMPANY, company_id, Company)
    if found is None:
        raise NotFound(f"there is no company '{company_id}'")
    return found


def former_names(tables: Tables, account_id: AccountId, tenants: Collection[str]) -> dict[str, str]:
    """What the removed companies of these tenants were called, by tenant id. It reads histories: ask about few."""
    if not tenants:
        return {}
    removed = [
        decision.id for decision in newest_of_kind(tables, account_id, COMPANY) if decision.content is None
    ]
    versions = (
        version.read(Company) for name in removed for version in history(tables, account_id, COMPANY, name)
    )
    return {
        company.tenant_id: company.name for company in versions if company and company.tenant_id in tenants
    }


def add_company(tables: Tables, account_id: AccountId, company: Company, by: Decider) -> None:
    decide(tables, account_id, COMPANY, company.id, company, by)


def remove_company(tables: Tables, account_id: AccountId, company_id: str, by: Decider) -> None:
    decide(tables, account_id, COMPANY, company_id, None, by)
