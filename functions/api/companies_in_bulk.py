"""Companies in bulk: what each tenant would be linked to, and many added at once; what is unsure is never taken."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.companies import Id, ShownCompany, shown
from functions.api.company_linking import links, matches_of
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor
from shared.accounts import audit
from shared.billing.company_links import Added, CompanyRequest
from shared.billing.company_matching import CompanyMatch

router = APIRouter(prefix="/accounts/{account}/companies", tags=["companies"])
MOST_AT_ONCE = 1000


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


@router.get("/matches", operation_id="listCompanyMatches", response_model=Page[ShownMatch], responses=CSV)
def list_matches(asking: Editor, paging: Pages) -> Page[ShownMatch] | Response:
    """What each tenant without a company would be linked to, by name and domain. Nothing is added."""
    found = matches_of(asking)
    rows = ((by_name(match.customer.name, match.customer.tenant_id), shown_match(match)) for match in found)
    return paging.answer_all(asking, "company-matches", rows)


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
