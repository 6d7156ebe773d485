"""Removing a company: what becomes of the lines that bill its tenant."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from functions.api.companies import CompanyId, record
from functions.api.company_linking import links
from functions.api.ending_lines import end_all_lines
from functions.api.principal import Editor
from shared.accounts.companies import company
from shared.billing.line_names import line_name

router = APIRouter(prefix="/accounts/{account}/companies", tags=["companies"])


@router.delete("/{company}", operation_id="removeCompany", status_code=204)
def remove(
    company_id: CompanyId,
    asking: Editor,
    looked_after: Annotated[
        str,
        Query(
            alias="lookedAfter",
            max_length=4000,
            description="The lines that you look after from now on, by comma: all that bill the tenant. Each by "
            "its id, or as connection/id where lines of several connections have it",
        ),
    ] = "",
    last_day: Annotated[
        date | None,
        Query(alias="lastDay", description="The last day that its other lines are billed on: they are ended"),
    ] = None,
    reason: Annotated[str, Query(max_length=200)] = "",
) -> None:
    """The tenant is read and pushed no more. Its lines end on the last day; without one, each must be named."""
    if last_day is not None:
        of = company(asking.tables, asking.account, company_id)
        why = reason or "the company was removed"
        end_all_lines(asking, of.tenant_id, last_day, why, of.name_in_mappings)
    lines = frozenset(line_name(text) for text in looked_after.split(",") if text.strip())
    gone = links(asking).remove(company_id, lines, asking.actor.decider(reason))
    record(asking, "company.removed", gone.id, gone, None)
