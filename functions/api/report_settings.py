"""S19, S20: whether and to whom a company's report goes, and whether its users see the portal; many at once."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Email, Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.api.reports import CompanyId
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.companies import all_companies, company
from shared.accounts.company import Company
from shared.accounts.report_settings import (
    MOST_RECIPIENTS,
    ReportSettings,
    Switched,
    all_settings,
    save,
    settings_of,
    switch,
)

router = APIRouter(prefix="/accounts/{account}", tags=["reports"])


class GivenReportSettings(Given):
    model_config = Given.model_config | examples(
        {"scheduled": True, "recipients": ["anna@quayside.example"], "portal": True}
    )

    scheduled: bool = False
    """On the 1st for the month before, after that night's sync."""
    recipients: Annotated[list[Email], Field(default_factory=list, max_length=MOST_RECIPIENTS)]
    prices: bool = False
    """The report tells what the customer pays; what it costs you is in no report."""
    portal: bool = False
    """Users of the customer's own tenant may look into the portal."""
    portal_prices: bool = False


class ShownReportSettings(Shown):
    scheduled: bool
    scheduled_since: datetime | None
    recipients: list[str]
    prices: bool
    portal: bool
    portal_prices: bool


class ReportSettingsInList(ShownReportSettings):
    company: str
    tenant_id: str
    name: str


class SwitchRequest(Given):
    model_config = Given.model_config | examples({"companies": ["4f1c2a9b8d3e"], "scheduled": True})

    companies: Annotated[list[str], Field(min_length=1, max_length=1000)]
    scheduled: bool
    preview: bool = True
    """Only tell what would become of each."""


class ShownSwitched(Shown):
    company: str
    name: str
    was_scheduled: bool
    scheduled: bool
    recipients: list[str]
    why_not: str
    """A sentence; "": it is done, or would be."""


def _shown(settings: ReportSettings) -> ShownReportSettings:
    return ShownReportSettings.model_validate(settings.model_dump())


@router.get("/companies/{company}/report-settings", operation_id="getReportSettings")
def get_settings(company_id: CompanyId, asking: Reader, response: Response) -> ShownReportSettings:
    of = company(asking.tables, asking.account, company_id)
    return versioned(response, _shown(settings_of(asking.tables, asking.account, of.id)))


@router.put("/companies/{company}/report-settings", operation_id="saveReportSettings")
def save_settings(
    company_id: CompanyId, asked: GivenReportSettings, asking: Admin, seen: Seen, response: Response
) -> ShownReportSettings:
    """Everything is off until it is switched on. Recipients are this company's: no other's report goes to them."""
    of = company(asking.tables, asking.account, company_id)
    before = settings_of(asking.tables, asking.account, of.id)
    seen.check(_shown(before))
    wanted = ReportSettings.model_validate(asked.model_dump())
    after = save(asking.tables, asking.account, of, wanted, asking.actor.decider("report settings"))
    _record_settings(asking, of.id, before, after)
    return versioned(response, _shown(after))


@router.get(
    "/report-settings",
    operation_id="listReportSettings",
    response_model=Page[ReportSettingsInList],
    responses=CSV,
)
def list_settings(asking: Reader, paging: Pages) -> Page[ReportSettingsInList] | Response:
    """What holds for each company, by name: also for those of which nothing was chosen yet."""
    chosen = all_settings(asking.tables, asking.account)
    found = list(all_companies(asking.tables, asking.account))
    rows = sorted(
        (by_name(of.name, of.id), _in_list(of, chosen.get(of.id, ReportSettings()))) for of in found
    )
    return paging.answer_all(asking, "report-settings", rows)


def _in_list(of: Company, settings: ReportSettings) -> ReportSettingsInList:
    return ReportSettingsInList(company=of.id, tenant_id=of.tenant_id, name=of.name, **settings.model_dump())


@router.post("/report-settings/switch", operation_id="switchReports")
def switch_reports(asked: SwitchRequest, asking: Admin) -> list[ShownSwitched]:
    """Switch the reports of many companies on or off; first with `preview`, to see who would get what."""
    by = asking.actor.decider("reports switched in bulk")
    found = switch(
        asking.tables,
        asking.account,
        asked.companies,
        scheduled=asked.scheduled,
        by=by,
        preview=asked.preview,
    )
    if not asked.preview:
        for each in found:
            _record_settings(asking, each.company.id, each.before, each.after)
    return [_switched(each) for each in found]


def _switched(found: Switched) -> ShownSwitched:
    return ShownSwitched(
        company=found.company.id,
        name=found.company.name,
        was_scheduled=found.before.scheduled,
        scheduled=found.after.scheduled,
        recipients=list(found.after.recipients),
        why_not=found.why_not,
    )


def _record_settings(
    asking: Principal, company_id: str, before: ReportSettings, after: ReportSettings
) -> None:
    if after != before:
        told = [settings.model_dump_json() for settings in (before, after)]
        audit.record(asking.tables, asking.account, asking.actor, "report.settings", company_id, *told)
