"""Companies: which PSA company a tenant is billed to."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field

from functions.api.company_linking import links, matches_of
from functions.api.kept import companies_of
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal, Reader
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.companies import Company, ListedCompany, company
from shared.billing.company_links import Added, CompanyRequest
from shared.billing.company_matching import CompanyMatch

router = APIRouter(prefix="/accounts/{account}/companies", tags=["companies"])
MOST_AT_ONCE = 1000
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


class CompanyRow(Given):
    """A company of a bulk add. Without `psaCompany` the sure match is taken, if there is one."""

    tenant_id: Id
    psa_connection: Id
    psa_company: Annotated[str, Field(max_length=64)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    partner_connection: Annotated[str, Field(max_length=64)] = ""


class NewCompanies(Given):
    model_config = Given.model_config | examples(
        {
            "companies": [
                {"tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10", "psaConnection": "harbour"},
                {
                    "tenantId": "1e55f1c0-2b7d-4b1a-8a70-6d1f0b8f6a11",
                    "psaConnection": "harbour",
                    "psaCompany": "105",
                },
            ]
        }
    )

    companies: Annotated[list[CompanyRow], Field(min_length=1, max_length=MOST_AT_ONCE)]


class CompanyChange(Given):
    """Only what is named changes."""

    model_config = Given.model_config | examples({"name": "Quayside Marina Ltd"})

    name: Name | None = None
    psa_connection: Id | None = None
    psa_company: Id | None = None
    partner_connection: Annotated[str | None, Field(max_length=64)] = None


class ShownCompany(Shown):
    id: str
    tenant_id: str
    name: str
    psa_connection: str
    psa_company: str
    partner_connection: str


class CompanyInList(ShownCompany):
    who: str
    """Who added or last changed it."""
    since: datetime


class ShownCompanyLine(Shown):
    connection: str
    agreement_id: str
    line_id: str
    seats: int


class ShownCandidate(Shown):
    psa_connection: str
    psa_company: str
    name: str
    by: list[Literal["name", "domain", "similar_name"]]
    linked: bool
    """Another tenant has this company already."""


class ShownMatch(Shown):
    tenant_id: str
    name: str
    domain: str
    state: Literal["sure", "unsure", "none"]
    """Only a sure match is ever taken without a person's choice."""
    candidates: list[ShownCandidate]


class BulkOutcome(Shown):
    tenant_id: str
    outcome: Literal["added", "already_added", "unsure", "no_match", "refused"]
    company: ShownCompany | None
    candidates: list[ShownCandidate]
    """To choose from, where the match is unsure."""
    field: str
    reason: str
    """Why it was refused, as a sentence."""


class BulkOutcomes(Shown):
    added: int
    companies: list[BulkOutcome]
    """In the order in which they were sent."""


def shown(company: Company) -> ShownCompany:
    return ShownCompany.model_validate(company.model_dump())


def shown_in_list(listed: ListedCompany) -> CompanyInList:
    return CompanyInList(**shown(listed.company).model_dump(), who=listed.who, since=listed.since)


def shown_candidates(match: CompanyMatch | None) -> list[ShownCandidate]:
    return [
        ShownCandidate(
            psa_connection=candidate.place.connection,
            psa_company=candidate.place.company.id,
            name=candidate.place.company.name,
            by=[kind.value for kind in candidate.by],
            linked=candidate.linked,
        )
        for candidate in (match.candidates if match else ())
    ]


def shown_match(match: CompanyMatch) -> ShownMatch:
    return ShownMatch(
        tenant_id=match.customer.tenant_id,
        name=match.customer.name,
        domain=match.customer.domain,
        state=match.state.value,
        candidates=shown_candidates(match),
    )


def shown_outcome(added: Added) -> BulkOutcome:
    return BulkOutcome(
        tenant_id=added.tenant_id,
        outcome=added.outcome.value,
        company=shown(added.company) if added.company else None,
        candidates=shown_candidates(added.match),
        field=added.why.field if added.why else "",
        reason=added.why.reason if added.why else "",
    )


@router.get("", operation_id="listCompanies", response_model=Page[CompanyInList], responses=CSV)
def list_companies(asking: Reader, paging: Pages) -> Page[CompanyInList] | Response:
    """By name."""
    after = paging.after(asking, "companies")
    keyed = ((by_name(listed.company.name, listed.company.id), listed) for listed in companies_of(asking))
    rows = ((key, shown_in_list(listed)) for key, listed in keyed if key > after)
    return paging.answer(asking, "companies", rows)


@router.get("/matches", operation_id="listCompanyMatches", response_model=Page[ShownMatch], responses=CSV)
def list_matches(asking: Editor, paging: Pages) -> Page[ShownMatch] | Response:
    """What each tenant without a company would be linked to, by name and domain. Nothing is added."""
    found = matches_of(asking)
    rows = ((by_name(match.customer.name, match.customer.tenant_id), shown_match(match)) for match in found)
    return paging.answer_all(asking, "company-matches", rows)


@router.post("", operation_id="addCompany", status_code=201)
def add(asked: NewCompany, asking: Editor, response: Response) -> ShownCompany:
    """Add a tenant: from the next sync on it is read. The same once more answers with the same company."""
    request = CompanyRequest(
        asked.tenant_id, asked.psa_connection, asked.psa_company, asked.name, asked.partner_connection
    )
    added, new = links(asking).add(request, asking.actor.decider("company added"))
    if new:
        record(asking, "company.added", added.id, None, added)
    response.headers["Location"] = f"/api/accounts/{asking.account}/companies/{added.id}"
    return versioned(response, shown(added))


@router.post("/bulk", operation_id="addCompanies")
def add_all(asked: NewCompanies, asking: Editor) -> BulkOutcomes:
    """Add many. A row that cannot be added keeps no other from being added; an unsure match is never taken."""
    requests = [
        CompanyRequest(row.tenant_id, row.psa_connection, row.psa_company, row.name, row.partner_connection)
        for row in asked.companies
    ]
    found = links(asking).add_all(requests, asking.actor.decider("companies added in bulk"))
    added = [outcome.company for outcome in found if outcome.outcome == "added" and outcome.company]
    if added:
        said = ",".join(company.id for company in added)
        audit.record(asking.tables, asking.account, asking.actor, "company.added", "bulk", "", said)
    return BulkOutcomes(added=len(added), companies=[shown_outcome(outcome) for outcome in found])


@router.get("/{company}", operation_id="getCompany")
def get_company(company_id: CompanyId, asking: Reader, response: Response) -> ShownCompany:
    return versioned(response, shown(company(asking.tables, asking.account, company_id)))


@router.get(
    "/{company}/lines", operation_id="listCompanyLines", response_model=Page[ShownCompanyLine], responses=CSV
)
def list_lines(company_id: CompanyId, asking: Reader, paging: Pages) -> Page[ShownCompanyLine] | Response:
    """The lines of its agreements that bill the tenant: whoever removes the company says what becomes of them."""
    of = company(asking.tables, asking.account, company_id)
    found = links(asking).billed_lines(of.tenant_id)
    rows = sorted(("\n".join(line[:3]), ShownCompanyLine.model_validate(line._asdict())) for line in found)
    return paging.answer_all(asking, "company-lines", rows)


@router.patch("/{company}", operation_id="changeCompany")
def change(
    company_id: CompanyId, asked: CompanyChange, asking: Editor, seen: Seen, response: Response
) -> ShownCompany:
    """While lines of the present PSA company bill, it cannot be linked to another one."""
    before, after = links(asking).change(
        company_id,
        asked.model_dump(exclude_none=True),
        lambda found: seen.check(shown(found)),
        asking.actor.decider("company changed"),
    )
    if after != before:
        record(asking, "company.changed", after.id, before, after)
    return versioned(response, shown(after))


def record(
    asking: Principal, action: str, subject: str, before: Company | None, after: Company | None
) -> None:
    told = [company.model_dump_json() if company else "" for company in (before, after)]
    audit.record(asking.tables, asking.account, asking.actor, action, subject, *told)
