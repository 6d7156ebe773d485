"""Loading what the rules see of an account; of a thousand tenants' mappings and lines only what they need is kept."""

import sys
from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from decimal import Decimal

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import added_companies, former_names
from shared.accounts.runs import Run
from shared.alerts import exclusions, failed_messages, removals
from shared.alerts.view import AccountView, Mapped, Nights, OwnLine, PartnerView, Unreadable, WithoutCompany
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import AgreementRecord, LineKey, LineRecord, LineState
from shared.billing.models import LicenceMapping as LineMapping
from shared.billing.profiles import billing_profiles
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing.customer_lists import stored_customers
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import PartnerList
from shared.mail.records import not_arrived
from shared.microsoft import partner_connections
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def account_view(
    tables: Tables, blobs: Blobs, account: Account, run: Run, names: Callable[[str, str], str], now: datetime
) -> AccountView:
    today = now.astimezone(account.zone).date()
    companies = added_companies(tables, account.id)
    psas = {one.id: one for one in psa_connections(tables, account.id)}
    kept = (one.record for psa in psas for one in agreement_store.all_of(tables, account.id, psa))
    troubled, prices, unreadable, without_company = _lines(kept, companies)
    mapped, mappings = _mappings(tables, account.id, {key.mapping_id for key in troubled})
    return AccountView(
        account=account,
        now=now,
        run=run,
        nights=_nights(tables, account.id, run, today),
        names=names,
        companies=companies,
        former=former_names(tables, account.id, {one.tenant_id for one in without_company}),
        mapped=mapped,
        prices=prices,
        lines=_by_tenant(OwnLine(key, line, mappings.get(key.mapping_id)) for key, line in troubled.items()),
        without_company=tuple(without_company),
        unreadable=tuple(unreadable),
        profiles=billing_profiles(tables, account.id),
        psas=psas,
        connection_failures={
            one.connection: one for one in connection_failures(tables, account.id) if one.connection in psas
        },
        partners=tuple(_partners(tables, blobs, account.id, companies)),
        mails=not_arrived(tables, account.id, today),
        poisoned=tuple(failed_messages.recorded(tables, account.id)),
        removals=removals.in_force(tables, account.id),
        exclusions=exclusions.load(tables, account.id, now.astimezone(account.zone).date()),
    )


def _lines(
    kept: Iterable[AgreementRecord], companies: Collection[str]
) -> tuple[dict[LineKey, LineRecord], dict[str, Decimal], list[Unreadable], list[WithoutCompany]]:
    """The lines not in step, the prices of all by mapping id, the agreements not read, the lines without company."""
    without_company = []
    troubled: dict[LineKey, LineRecord] = {}
    prices: dict[str, Decimal] = {}
    unreadable = []
    for record in kept:
        for line in record.lines.values():
            if line.tenant_id not in companies and line.line_id and line.confirmed and not line.blocked:
                money = line.confirmed * (line.unit_price or Decimal(0))
                where = (line.tenant_id, record.connection, record.agreement_id)
                without_company.append(WithoutCompany(*where, line.confirmed, money))
            if line.unit_price is not None:
                prices[line.mapping_id] = line.unit_price
            if line.state is not LineState.IN_STEP:
                troubled[LineKey(record.connection, record.agreement_id, line.mapping_id)] = line
        if record.unreadable and record.lines:
            tenants = frozenset(line.tenant_id for line in record.lines.values())
            unreadable.append(Unreadable(record.connection, record.agreement_id, record.unreadable, tenants))
    return troubled, prices, unreadable, without_company


def _by_tenant(lines: Iterable[OwnLine]) -> dict[str, tuple[OwnLine, ...]]:
    found: dict[str, tuple[OwnLine, ...]] = {}
    for own in lines:
        found[own.record.tenant_id] = (*found.get(own.record.tenant_id, ()), own)
    return found


def _mappings(
    tables: Tables, account: AccountId, whole: Collection[str]
) -> tuple[dict[str, tuple[Mapped, ...]], dict[str, LineMapping]]:
    """What is mapped by tenant, and the mappings of the ids in `whole` with everything that was decided."""
    mapped, mappings = {}, {}
    for tenant in mappings_in_force(tables, account):
        mappings.update({one.id: one for one in tenant.mappings if one.id in whole})
        mapped[tenant.tenant_id] = tuple(
            Mapped(
                LicenceKey(sys.intern(one.sku_id), one.subscription_id),
                one.id,
                sys.intern(one.profile) if one.bill else "",
            )
            for one in tenant.mappings
        )
    return mapped, mappings


def _nights(tables: Tables, account: AccountId, evaluated: Run, today: date) -> Nights:
    """Of the last weeks; only when no night of them came to its end, of all that are kept."""
    nights = _ended(runs.recent_nights(tables, account, today)) or _ended(runs.all_runs(tables, account))
    dates = [run.on for run, _ in nights] + ([evaluated.on] if evaluated.nightly else [])
    return Nights(
        on=max(dates, default=evaluated.on),
        last_started=max((run.started_at for run, _ in nights), default=None),
        last_closed=max((closed for _, closed in nights), default=None),
        last_complete=max((closed for run, closed in nights if not run.not_read), default=None),
    )


def _ended(found: Iterable[Run]) -> list[tuple[Run, datetime]]:
    """The nightly runs that came to their end, each with when."""
    return [(run, run.closed_at) for run in found if run.nightly and run.closed_at is not None]


def _partners(
    tables: Tables, blobs: Blobs, account: AccountId, companies: Collection[str]
) -> Iterable[PartnerView]:
    for connection in partner_connections.all_of(tables, account):
        row = tables.get(keys.partner_list(account, connection.id))
        partner = PartnerView(connection, row.read(PartnerList) if row else None)
        customers = stored_customers(blobs, keys.partner_list_blob(account, connection.id))
        added = frozenset(tenant for tenant in companies if tenant in customers)
        if partner.complete:
            rest = tuple(one for tenant, one in customers.items() if tenant not in companies)
            yield PartnerView(connection, partner.listed, rest, added)
        else:
            yield PartnerView(connection, partner.listed, added_before=added)
