"""Lines that end on a day (K15): which there are, and what ending all lines of a tenant would do."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.kept import billed_companies
from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal, Reader
from shared.accounts import audit, companies
from shared.billing.mapping.ending_lines import EndingLine, all_ending_lines, all_lines_end
from shared.billing.mapping.preview import Saving, preview_mappings
from shared.billing.mapping.request import psas_for
from shared.billing.mapping.save import map_tenant
from shared.errors import NotFound

router = APIRouter(prefix="/accounts/{account}/ending-lines", tags=["mappings"])


class ShownEndingLine(Shown):
    tenant_id: str
    connection: str
    agreement_id: str
    line_id: str
    seats: int
    """What it bills until its last day; seats do not move it any more."""
    last_day: date
    state: Literal["unknown", "blocked", "frozen", "drift", "held", "scheduled", "in_step"]
    proven: bool
    """The PSA was read back, and bills nothing after that day."""
    how: Literal["date", "no_seats", "a_person", ""]
    """How the PSA ends it: the line has a last day; or no seats from the day after on, which cannot be taken
    back. Only told by a preview."""
    change: str
    """Id of what is written for it, "" when there is nothing to write."""
    why: str
    """Why it cannot be ended, as a sentence."""
    who: str


class EndingLineOfCompany(ShownEndingLine):
    company: str
    """Of a tenant that is several companies the one whose users the line bills."""


class EndOfTenant(Given):
    model_config = Given.model_config | examples(
        {"tenantId": "9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10", "lastDay": "2026-12-31"}
    )

    tenant_id: Annotated[str, Field(min_length=1, max_length=64)]
    company_id: Annotated[str, Field(max_length=64)] = ""
    """Only the lines of this company of the tenant; "": all of them."""
    last_day: date


class PreviewOfEnd(Shown):
    mode: Literal["preview", "live"]
    """preview: nothing is written to the PSA before the account is switched live."""
    ending: list[ShownEndingLine]
    left: list[str]
    """Every line that no mapping would have, by its id, or as connection/id where several connections have it; those
    that are not in `ending` end sooner or bill nothing."""


def shown_ending(line: EndingLine) -> ShownEndingLine:
    return ShownEndingLine(
        tenant_id=line.tenant_id,
        connection=line.connection,
        agreement_id=line.agreement_id,
        line_id=line.line_id,
        seats=line.seats,
        last_day=line.last_day,
        state=line.state.value,
        proven=line.proven,
        how=line.by.value if line.by else "",
        change=line.change.id if line.change else "",
        why=line.why,
        who=line.who,
    )


@router.get("", operation_id="listEndingLines", response_model=Page[EndingLineOfCompany], responses=CSV)
def list_lines(asking: Reader, paging: Pages) -> Page[EndingLineOfCompany] | Response:
    """Lines that no mapping has any more, until their last day is over; the soonest first."""
    named = billed_companies(asking)
    shown = (
        EndingLineOfCompany(**dict(shown_ending(line)), company=named(line.tenant_id, line.company))
        for line in all_ending_lines(asking.tables, asking.account)
    )
    rows = sorted(
        (f"{line.last_day}\n{line.connection}\n{line.agreement_id}\n{line.line_id}", line) for line in shown
    )
    return paging.answer_all(asking, "ending-lines", rows)


@router.post("/preview", operation_id="previewEndOfTenant")
def preview(asked: EndOfTenant, asking: Editor) -> PreviewOfEnd:
    """What removing a tenant, or one company of it, would do to its lines, by the code that does it. Nothing is stored
    or written.
    """
    of = companies.company(asking.tables, asking.account, asked.company_id) if asked.company_id else None
    if of is not None and of.tenant_id != asked.tenant_id.lower():
        raise NotFound("This company is none of that tenant.")
    named = of.name_in_mappings if of else None
    wanted, said = all_lines_end(asking.tables, asking.account, asked.tenant_id, asked.last_day, named)
    psas = psas_for(asking.tables, asking.account, wanted, asking.wired.psa)
    by = asking.actor.decider("preview")
    saving = Saving(wanted, by, said)
    found = preview_mappings(asking.tables, asking.wired.blobs, psas, asking.account, saving)
    return PreviewOfEnd(
        mode=found.mode.value, ending=[shown_ending(line) for line in found.ending], left=list(found.left)
    )


def end_all_lines(
    asking: Principal, tenant_id: str, last_day: date, reason: str, company: str | None = None
) -> None:
    """Every line of a tenant, or of one company of it by its name in mappings, ends on that day, unless it ends sooner.

    Raises Rejected when one cannot.
    """
    wanted, said = all_lines_end(asking.tables, asking.account, tenant_id, last_day, company)
    if not said.last_days:
        return
    psas = psas_for(asking.tables, asking.account, wanted, asking.wired.psa)
    map_tenant(asking.tables, psas, asking.account, wanted, asking.actor.decider(reason), said)
    lines = ",".join(map(str, said.last_days))
    audit.record(
        asking.tables, asking.account, asking.actor, "lines.ended", wanted.tenant_id, lines, f"{last_day}"
    )
