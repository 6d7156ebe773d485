"""A company as it is kept: the link of a tenant, or of a part of its users, to a company of a PSA."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator

from shared.storage.documents import Document
from shared.text import MicrosoftId


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

    def name_of(self, name_in_mappings: str) -> str:
        """The name of the one that a mapping names; of all where it was removed."""
        company = self.company(name_in_mappings)
        return company.name if company else self.name


def by_tenant(companies: Iterable[Company]) -> dict[str, AddedTenant]:
    found: dict[str, list[Company]] = {}
    for company in companies:
        found.setdefault(company.tenant_id, []).append(company)
    return {tenant: AddedTenant(_ordered(mine)) for tenant, mine in found.items()}


def _ordered(companies: Sequence[Company]) -> tuple[Company, ...]:
    return tuple(sorted(companies, key=lambda company: (company.beside, company.name.casefold(), company.id)))
