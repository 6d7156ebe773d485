"""Loading what a company's month is made from. Nothing is read from Microsoft or a PSA here."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from shared.accounts.account import Account
from shared.accounts.companies import tenant_as_of
from shared.accounts.company import AddedTenant, Company
from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import Basis, LicenceMapping, TenantMappings
from shared.billing.why_this_number import LineOf, WhyThisNumber, why_this_number
from shared.errors import NotFound
from shared.licensing import product_names
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import fits
from shared.licensing.custom_licences.defined import defined_as_of
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.tenant_state import Day, TenantState
from shared.microsoft import partner_connections
from shared.microsoft.models import User
from shared.reports.figures import figures
from shared.reports.models import BilledLine, Month, MonthFacts, MonthFigures
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import as_of
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def month_of(
    tables: Tables, blobs: Blobs, account: Account, company: Company, month: Month, now: datetime
) -> MonthFigures:
    """The company's figures of a month, or of its days so far. Raises Rejected where there is nothing to tell."""
    today = now.astimezone(account.zone).date()
    last, tenant = min(month.last, today), company.tenant_id
    rows = tables.rows(keys.tenants(account.id), keys.tenant_days(tenant))
    days = [day for day in (row.read(Day) for row in rows) if day.on <= month.last]
    mappings = _mappings(tables, account, company, last)
    added = _companies(tables, account, company, last) if mappings else None
    missed = snapshots.days_not_read(tables, account.id, tenant, last, account.zone)
    state = tables.get(keys.tenant_state(account.id, tenant))
    facts = MonthFacts(
        company=company.name,
        month=month,
        today=today,
        days=days,
        not_read=frozenset(day for day in missed if day >= month.first),
        ours=partner_connections.home_tenants(tables, account.id),
        by_subscription=frozenset(mapping.sku_id for mapping in mappings if mapping.subscription_id),
        users=_users(blobs, account.id, company, days, month),
        billed={
            mapping.licence: _billed(
                tables, blobs, account, (LineOf(tenant, mapping.id, added), mapping), (last, now)
            )
            for mapping in mappings
            if mapping.bill and month.first <= today
        },
        custom=_custom(tables, account, mappings, last),
        do_not_bill=frozenset(mapping.licence for mapping in mappings if not mapping.bill),
        mailboxes=state.read(TenantState).mailboxes if state else None,
        is_filtered=bool(company.filters),
        names=product_names.load(blobs),
    )
    return figures(facts)


def _mappings(tables: Tables, account: Account, company: Company, last: date) -> tuple[LicenceMapping, ...]:
    """The company's, in force at the end of a day."""
    ends = account_day_end(account, last)
    found = as_of(tables, account.id, MAPPINGS, company.tenant_id, TenantMappings, ends)
    mine = found.mappings if found else ()
    return tuple(mapping for mapping in mine if mapping.company == company.name_in_mappings)


def _custom(
    tables: Tables, account: Account, mappings: Iterable[LicenceMapping], last: date
) -> dict[str, CustomLicence]:
    """Those that are billed, as they were at the end of a day."""
    found: dict[str, CustomLicence] = {}
    for mapping in mappings:
        if mapping.bill and mapping.licence.is_custom:
            found |= defined_as_of(tables, account.id, mapping.sku_id, account_day_end(account, last))
    return found


def _companies(tables: Tables, account: Account, company: Company, last: date) -> AddedTenant | None:
    """Those of the company's tenant at the end of a day; of most tenants there is one, and nothing is looked up."""
    if not company.filters and not company.beside:
        return AddedTenant((company,))
    return tenant_as_of(tables, account.id, company.tenant_id, account_day_end(account, last))


def account_day_end(account: Account, day: date) -> datetime:
    """The last moment of a local date."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, tzinfo=account.zone)


def _users(
    blobs: Blobs, account: AccountId, company: Company, days: list[Day], month: Month
) -> Mapping[str, list[User] | None]:
    """The company's, by digest, of what was in force when the month began and of each change in it."""
    before = [day for day in days if day.on < month.first]
    found: dict[str, list[User] | None] = {}
    for day in (*before[-1:], *(day for day in days if day.on >= month.first)):
        if day.users_digest not in found:
            try:
                users = snapshots.users(blobs, account, company.tenant_id, day)
                found[day.users_digest] = [user for user in users if fits(company.filters, user)]
            except NotFound:
                found[day.users_digest] = None
    return found


def _billed(
    tables: Tables,
    blobs: Blobs,
    account: Account,
    of: tuple[LineOf, LicenceMapping],
    at: tuple[date, datetime],
) -> BilledLine:
    line_of, mapping = of
    why = why_this_number(tables, blobs, account, line_of, *at)
    kept = agreement_store.get(tables, account.id, mapping.connection, mapping.agreement_id)
    line = kept.record.lines.get(mapping.id)
    return BilledLine(
        mapping_id=mapping.id,
        connection=mapping.connection,
        agreement_id=mapping.agreement_id,
        line_id=(line.line_id if line else "") or mapping.line_id,
        number=why.number,
        wanted=why.wanted,
        options=mapping.options,
        counted=_counted(why, mapping),
        unit_price=line.unit_price if line else None,
    )


def _counted(why: WhyThisNumber, mapping: LicenceMapping) -> int | None:
    if why.shared is not None:
        return len(why.shared.users) if why.shared.users is not None else None
    if why.counts is None:
        return None
    return why.counts.assigned if mapping.options.basis is Basis.ASSIGNED else why.counts.purchased
