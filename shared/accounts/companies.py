"""The companies that an account added: each links a tenant, or a part of its users, to a company of a PSA."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from shared.errors import NotFound
from shared.storage.decisions import Decider, decide, get, history, in_force, newest_of_kind
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import MicrosoftId

COMPANY = "company"


def folded(text: str) -> str:
    """As filters compare texts: trimmed, upper and lower case alike."""
    return text.strip().casefold()


def _each_once(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Without blanks and repetitions, in a stable order."""
    found = {folded(text): text.strip() for text in reversed(texts) if text.strip()}
    return tuple(found[name] for name in sorted(found))


type Texts = Annotated[tuple[str, ...], AfterValidator(_each_once)]


class Filters(Document):
    """K11: which users of the tenant are the company's. A user fits each field that is named by any of its texts."""

    office: Texts = ()
    department: Texts = ()
    state: Texts = ()
    city: Texts = ()

    def __bool__(self) -> bool:
        return bool(self.office or self.department or self.state or self.city)


class Company(Document):
    """The link that adds a tenant: tenant x PSA company."""

    id: str
    tenant_id: MicrosoftId
    name: str
    psa_connection: str
    psa_company: str
    partner_connection: str = ""
    """The preferred partner connection; "" takes the first that can read the tenant."""
    filters: Filters = Filters()
    """Of a tenant with several companies each has some."""
    beside: bool = False
    """It was added to a tenant that had a company already: mappings name it by its id, and the first one by ""."""

    @property
    def name_in_mappings(self) -> str:
        return self.id if self.beside else ""


@dataclass(frozen=True, slots=True)
class AddedTenant:
    """The companies of one tenant: one for all of its users, or some, each for those that fit its filters (K5)."""

    companies: tuple[Company, ...]
    """The first that was added comes first."""

    @property
    def name(self) -> str:
        return ", ".join(company.name for company in self.companies)

    @property
    def partner_connection(self) -> str:
        return next((c.partner_connection for c in self.companies if c.partner_connection), "")

    @property
    def is_filtered(self) -> bool:
        """Its users are billed by where they belong; also where that was only begun."""
        return len(self.companies) > 1 or any(company.filters for company in self.companies)

    def company(self, name_in_mappings: str) -> Company | None:
        """The one that a mapping names; None when it was removed."""
        return next((c for c in self.companies if c.name_in_mappings == name_in_mappings), None)


def all_companies(tables: Tables, account_id: AccountId) -> list[Company]:
    return [company for _, company in in_force(tables, account_id, COMPANY, Company)]


def added_tenants(tables: Tables, account_id: AccountId) -> dict[str, AddedTenant]:
    """Every tenant that has a company, by its id."""
    return by_tenant(all_companies(tables, account_id))


def by_tenant(companies: Iterable[Company]) -> dict[str, AddedTenant]:
    found: dict[str, list[Company]] = {}
    for company in companies:
        found.setdefault(company.tenant_id, []).append(company)
    return {tenant: AddedTenant(_ordered(mine)) for tenant, mine in found.items()}


def _ordered(companies: Sequence[Company]) -> tuple[Company, ...]:
    return tuple(sorted(companies, key=lambda company: (company.beside, company.name.casefold(), company.id)))


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
