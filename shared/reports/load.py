"""Loading what a company's month is made from. Nothing is read from Microsoft or a PSA here."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.accounts.company import Company
from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import Basis, LicenceMapping, TenantMappings
from shared.billing.why_this_number import WhyThisNumber, why_this_number
from shared.errors import NotFound
from shared.licensing import product_names
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import fits
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import Day, TenantState
from shared.microsoft import partner_connections
from shared.microsoft.models import User
from shared.reports.figures import MONTHS, figures
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
    added = added_tenants(tables, account.id).get(tenant)
    is_part = added is not None and added.is_filtered
    users = _users(blobs, account.id, tenant, _told_of(days, month, is_part=is_part))
    billed = {
        mapping.licence: _billed(tables, account, tenant, mapping, (last, now))
        for mapping in mappings
        if mapping.bill and month.first <= today
    }
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
        users=users,
        billed=_by_people(billed, _people(company, days, users)) if is_part else billed,
        do_not_bill=frozenset(mapping.licence for mapping in mappings if not mapping.bill),
        mailboxes=state.read(TenantState).mailboxes if state else None,
        names=product_names.load(blobs),
        is_theirs=partial(fits, company.filters) if is_part else None,
    )
    return figures(facts)


def _mappings(tables: Tables, account: Account, company: Company, last: date) -> list[LicenceMapping]:
    """The company's, in force at the end of a day."""
    ends = account_day_end(account, last)
    found = as_of(tables, account.id, MAPPINGS, company.tenant_id, TenantMappings, ends)
    mine = company.name_in_mappings
    return [mapping for mapping in found.mappings if mapping.company == mine] if found else []


def account_day_end(account: Account, day: date) -> datetime:
    """The last moment of a local date."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, tzinfo=account.zone)


def _told_of(days: list[Day], month: Month, *, is_part: bool) -> list[Day]:
    """The days whose people are told of: what was in force when the month began, and each change in it; of a part of
    a tenant also what was in force at the end of each month of the chart.
    """
    found = [day for day in days if day.on >= month.first]
    each = month
    for _ in range(MONTHS if is_part else 1):
        each = each.before
        found = [*[day for day in days if day.on <= each.last][-1:], *found]
    return found


def _people(company: Company, days: list[Day], users: Mapping[str, list[User] | None]) -> list[User] | None:
    """Of a part of a tenant, at the end of what is told; None: kept no longer."""
    found = users.get(days[-1].users_digest) if days else None
    return None if found is None else [user for user in found if fits(company.filters, user)]


def _by_people(
    billed: Mapping[LicenceKey, BilledLine], people: list[User] | None
) -> dict[LicenceKey, BilledLine]:
    """The lines of a part of a tenant count its people, and not what the whole tenant has."""
    return {
        key: replace(
            line,
            counted=None if people is None else sum(key.sku_id in user.skus for user in people),
            wanted=None,
        )
        for key, line in billed.items()
    }


def _users(blobs: Blobs, account: AccountId, tenant: str, days: list[Day]) -> Mapping[str, list[User] | None]:
    """By digest; None: kept no longer."""
    found: dict[str, list[User] | None] = {}
    for day in days:
        if day.users_digest not in found:
            try:
                found[day.users_digest] = snapshots.users(blobs, account, tenant, day)
            except NotFound:
                found[day.users_digest] = None
    return found


def _billed(
    tables: Tables, account: Account, tenant: str, mapping: LicenceMapping, at: tuple[date, datetime]
) -> BilledLine:
    why = why_this_number(tables, account, tenant, mapping.id, *at)
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
    if why.counts is None:
        return None
    return why.counts.assigned if mapping.options.basis is Basis.ASSIGNED else why.counts.purchased
