"""S20: what a customer's own user sees: their licences, people, changes and past reports, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from shared.accounts.account import Account
from shared.accounts.companies import all_companies
from shared.accounts.company import Company
from shared.accounts.report_settings import settings_of
from shared.licensing import terms
from shared.licensing.tenant_state import TenantState
from shared.microsoft.models import SubscriptionStatus
from shared.reports.load import month_of
from shared.reports.mail import MadeReport
from shared.reports.models import LicenceMonth, Month, MonthFigures
from shared.reports.publish import kept_report, reports_of
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def companies_of(tables: Tables, account: AccountId, tenant: str) -> list[Company]:
    """The companies that users of an Entra tenant see, by name: added, of this very tenant, and switched on."""
    prefix = keys.customers_of(tenant, account)
    listed = {row.key.row.removeprefix(prefix) for row in tables.rows(keys.directory_of_customers(), prefix)}
    if not listed:
        return []
    found = [
        company
        for company in all_companies(tables, account)
        if company.id in listed
        and company.tenant_id == tenant
        and settings_of(tables, account, company.id).portal
    ]
    return sorted(found, key=lambda company: (company.name.casefold(), company.id))


@dataclass(frozen=True, slots=True)
class PortalTerm:
    seats: int
    duration: str
    """ISO 8601; "" when it is not known."""
    ends: date | None
    """The last day of the commitment; None: not known."""


@dataclass(frozen=True, slots=True)
class PortalLicence:
    licence: LicenceMonth
    terms: tuple[PortalTerm, ...]


@dataclass(frozen=True, slots=True)
class PortalView:
    figures: MonthFigures
    licences: tuple[PortalLicence, ...]
    prices: bool
    """What the customer pays may be shown."""


def portal_view(
    tables: Tables, blobs: Blobs, account: Account, company: Company, now: datetime
) -> PortalView:
    """As of today, with the changes of this month. Raises Rejected before the first read."""
    month = Month.of(now.astimezone(account.zone).date())
    figures = month_of(tables, blobs, account, company, month, now)
    row = tables.get(keys.tenant_state(account.id, company.tenant_id))
    state = row.read(TenantState) if row else TenantState(tenant_id=company.tenant_id)
    licences = tuple(
        PortalLicence(licence, () if figures.is_filtered else tuple(_terms(state, licence, now)))
        for licence in figures.licences
    )
    return PortalView(figures, licences, settings_of(tables, account.id, company.id).portal_prices)


def _terms(state: TenantState, licence: LicenceMonth, now: datetime) -> Iterator[PortalTerm]:
    known = terms.known(state, now) or {}
    for bought in state.snapshot.subscriptions if state.snapshot else ():
        if bought.sku_id != licence.key.sku_id or bought.status != SubscriptionStatus.ENABLED:
            continue
        if licence.key.subscription_id in ("", bought.id) and bought.total:
            term = known.get(bought.commerce_id)
            yield PortalTerm(bought.total, term.duration if term else "", term.ends if term else None)


def shown_reports(tables: Tables, blobs: Blobs, account: Account, company: Company) -> Iterator[Month]:
    """The months whose report the customer may open, the newest first."""
    for report in reports_of(tables, account, company.id):
        month = Month.named(report.month)
        if report_for(tables, blobs, account, company, month) is not None:
            yield month


def report_for(
    tables: Tables, blobs: Blobs, account: Account, company: Company, month: Month
) -> MadeReport | None:
    """None: there is none, or it tells prices, which this portal does not."""
    kept = kept_report(blobs, account, company.id, month)
    if kept is None or (kept.view.prices and not settings_of(tables, account.id, company.id).portal_prices):
        return None
    return kept
