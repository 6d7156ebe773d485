"""S20: the portal of a customer's own users. The tenant of their token says which companies they see."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.api.logo import PICTURE, picture
from functions.api.models import Shown
from functions.api.monthly_reports import PDF, as_pdf
from functions.api.principal import Customer, CustomerUser
from functions.api.reports import (
    MonthName,
    ShownCounts,
    ShownPersonChange,
    ShownPersonMonth,
    ShownSeatChange,
    shown_change,
    shown_counts,
    shown_person,
    shown_person_change,
)
from shared.accounts.account import Account
from shared.accounts.company import Company
from shared.accounts.directory import load_account
from shared.errors import NotFound
from shared.reports import portal
from shared.reports.models import Month
from shared.reports.portal import PortalLicence
from shared.storage import keys

router = APIRouter(prefix="/portal/{account}", tags=["portal"])
type PortalCompany = Annotated[str, Path(alias="company", max_length=64)]


class ShownPortalCompany(Shown):
    id: str
    name: str


class ShownPortal(Shown):
    msp: str
    has_logo: bool
    companies: list[ShownPortalCompany]
    """Mostly one."""


class ShownTerm(Shown):
    seats: int
    duration: str
    """ISO 8601 (P1M, P1Y, P3Y); "" when it is not known."""
    ends: date | None


class ShownPortalLicence(Shown):
    name: str
    counts: ShownCounts
    terms: list[ShownTerm]
    changes: list[ShownSeatChange]
    """Of this month."""
    unit_price: Decimal | None
    """Null unless the MSP shows prices."""


class ShownPortalView(Shown):
    company: str
    as_of: date
    currency_symbol: str
    licences: list[ShownPortalLicence]
    people: list[ShownPersonMonth] | None
    person_changes: list[ShownPersonChange]


class ShownPortalReport(Shown):
    month: str


@router.get("", operation_id="getPortal")
def get_portal(asking: CustomerUser) -> ShownPortal:
    """Whose portal it is, and the companies that the signed-in user sees."""
    account = load_account(asking.tables, asking.account)
    return ShownPortal(
        msp=account.name,
        has_logo=asking.wired.blobs.get(keys.logo_blob(asking.account)) is not None,
        companies=[ShownPortalCompany(id=found.id, name=found.name) for found in asking.companies],
    )


@router.get("/logo", operation_id="getPortalLogo", response_class=Response, responses=PICTURE)
def get_logo(asking: CustomerUser) -> Response:
    kept = asking.wired.blobs.get(keys.logo_blob(asking.account))
    if kept is None:
        raise NotFound("There is no logo.")
    return picture(kept)


@router.get("/companies/{company}", operation_id="getPortalCompany")
def get_company(company_id: PortalCompany, asking: CustomerUser) -> ShownPortalView:
    """Licences and people as of today, and what changed this month."""
    account, company = _of(asking, company_id)
    view = portal.portal_view(asking.tables, asking.wired.blobs, account, company, asking.now)
    people = view.figures.people
    return ShownPortalView(
        company=company.name,
        as_of=view.figures.last,
        currency_symbol=account.currency_symbol,
        licences=[_licence(found, prices=view.prices) for found in view.licences],
        people=None if people is None else [shown_person(person) for person in people],
        person_changes=[shown_person_change(change) for change in view.figures.person_changes],
    )


def _licence(found: PortalLicence, *, prices: bool) -> ShownPortalLicence:
    licence = found.licence
    return ShownPortalLicence(
        name=licence.name,
        counts=shown_counts(licence.end),
        terms=[ShownTerm(seats=term.seats, duration=term.duration, ends=term.ends) for term in found.terms],
        changes=[shown_change(change) for change in licence.changes],
        unit_price=licence.billed.unit_price if prices and licence.billed else None,
    )


@router.get("/companies/{company}/reports", operation_id="listPortalReports")
def list_reports(company_id: PortalCompany, asking: CustomerUser) -> list[ShownPortalReport]:
    """The newest month first."""
    account, company = _of(asking, company_id)
    months = portal.shown_reports(asking.tables, asking.wired.blobs, account, company)
    return [ShownPortalReport(month=str(month)) for month in months]


@router.get(
    "/companies/{company}/reports/{month}",
    operation_id="downloadPortalReport",
    response_class=Response,
    responses=PDF,
)
def download(company_id: PortalCompany, month: MonthName, asking: CustomerUser) -> Response:
    account, company = _of(asking, company_id)
    kept = portal.report_for(asking.tables, asking.wired.blobs, account, company, Month.named(month))
    if kept is None:
        raise NotFound(f"There is no report of {month}.")
    return as_pdf(kept)


def _of(asking: Customer, company_id: str) -> tuple[Account, Company]:
    """Raises NotFound for a company that the user does not see, whoever's it is."""
    found = next((company for company in asking.companies if company.id == company_id), None)
    if found is None:
        raise NotFound("There is no such company, or it is not shown to you.")
    return load_account(asking.tables, asking.account), found
