"""Companies: which PSA company a tenant is billed to."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from functions.api.company_linking import links
from functions.api.filters import GivenFilters, ShownFilters
from functions.api.kept import companies_of
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal, Reader
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.companies import ListedCompany, company
from shared.accounts.company import Company, Filters
from shared.billing.company_links import CompanyRequest

router = APIRouter(prefix="/accounts/{account}/companies", tags=["companies"])
type Id = Annotated[str, Field(min_length=1, max_length=64)]
type CompanyId = Annotated[str, Path(alias="company", max_length=64)]
type Name = Annotated[str, Field(min_length=1, max_length=200)]


class NewCompany(Given):
    model_config = Given.model_config | examples(
        {
            "tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10",
            "psaConnection": "harbour",
            "psaCompany": "104",
        }
    )

    tenant_id: Id
    psa_connection: Id
    psa_company: Id
    name: Annotated[str, Field(max_length=200)] = ""
    """"" takes the customer's name in the partner's list."""
    partner_connection: Annotated[str, Field(max_length=64)] = ""
    """The preferred one; "" takes the first that can read the tenant."""
    filters: GivenFilters | None = None
    """Which users are this company's; several companies of a tenant each have filters."""


class CompanyChange(Given):
    """Only what is named changes."""

    model_config = Given.model_config | examples({"name": "Quayside Marina Ltd"})

    name: Name | None = None
    psa_connection: Id | None = None
    psa_company: Id | None = None
    partner_connection: Annotated[str | None, Field(max_length=64)] = None
    filters: GivenFilters | None = None
    """All of them anew; empty ones make every user the company's."""


class ShownCompany(Shown):
    id: str
    tenant_id: str
    name: str
    psa_connection: str
    psa_company: str
    partner_connection: str
    filters: ShownFilters
    """All empty: every user of the tenant is the company's."""


class CompanyInList(ShownCompany):
    who: str
    """Who added or last changed it."""
    since: datetime


class ShownCompanyLine(Shown):
    connection: str
    agreement_id: str
    line_id: str
    seats: int


def shown(company: Company) -> ShownCompany:
    return ShownCompany.model_validate(company.model_dump())


def shown_in_list(listed: ListedCompany) -> CompanyInList:
    return CompanyInList(**shown(listed.company).model_dump(), who=listed.who, since=listed.since)


@router.get("", operation_id="listCompanies", response_model=Page[CompanyInList], responses=CSV)
def list_companies(asking: Reader, paging: Pages) -> Page[CompanyInList] | Response:
    """By name."""
    after = paging.after(asking, "companies")
    keyed = ((by_name(listed.company.name, listed.company.id), listed) for listed in companies_of(asking))
    rows = ((key, shown_in_list(listed)) for key, listed in keyed if key > after)
    return paging.answer(asking, "companies", rows)


@router.post("", operation_id="addCompany", status_code=201)
def add(asked: NewCompany, asking: Editor, response: Response) -> ShownCompany:
    """Add a tenant: from the next sync on it is read. The same once more answers with the same company."""
    request = CompanyRequest(
        asked.tenant_id,
        asked.psa_connection,
        asked.psa_company,
        asked.name,
        asked.partner_connection,
        asked.filters.filters() if asked.filters else Filters(),
    )
    added, new = links(asking).add(request, asking.actor.decider("company added"))
    if new:
        record(asking, "company.added", added.id, None, added)
    response.headers["Location"] = f"/api/accounts/{asking.account}/companies/{added.id}"
    return versioned(response, shown(added))


@router.get("/{company}", operation_id="getCompany")
def get_company(company_id: CompanyId, asking: Reader, response: Response) -> ShownCompany:
    return versioned(response, shown(company(asking.tables, asking.account, company_id)))


@router.get(
    "/{company}/lines", operation_id="listCompanyLines", response_model=Page[ShownCompanyLine], responses=CSV
)
def list_lines(company_id: CompanyId, asking: Reader, paging: Pages) -> Page[ShownCompanyLine] | Response:
    """The lines of its agreements that bill the tenant: whoever removes the company says what becomes of them."""
    of = company(asking.tables, asking.account, company_id)
    found = links(asking).billed_lines(of)
    rows = sorted(("\n".join(line[:3]), ShownCompanyLine.model_validate(line._asdict())) for line in found)
    return paging.answer_all(asking, "company-lines", rows)


@router.patch("/{company}", operation_id="changeCompany")
def change(
    company_id: CompanyId, asked: CompanyChange, asking: Editor, seen: Seen, response: Response
) -> ShownCompany:
    """While lines of the present PSA company bill, it cannot be linked to another one."""
    before, after = links(asking).change(
        company_id,
        _changes(asked),
        lambda found: seen.check(shown(found)),
        asking.actor.decider("company changed"),
    )
    if after != before:
        record(asking, "company.changed", after.id, before, after)
    return versioned(response, shown(after))


def _changes(asked: CompanyChange) -> dict[str, str | Filters]:
    texts: dict[str, str | Filters] = asked.model_dump(exclude_none=True, exclude={"filters"})
    return {**texts, "filters": asked.filters.filters()} if asked.filters is not None else texts


def record(
    asking: Principal, action: str, subject: str, before: Company | None, after: Company | None
) -> None:
    told = [company.model_dump_json() if company else "" for company in (before, after)]
    audit.record(asking.tables, asking.account, asking.actor, action, subject, *told)
