"""Loading what the rules see of an account; of a thousand tenants' mappings and lines only what they need is kept."""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import added_tenants, former_names
from shared.accounts.company import AddedTenant
from shared.accounts.report_settings import settings_of
from shared.accounts.runs import Run
from shared.alerts import exclusions, failed_messages, removals
from shared.alerts.sharing import shared_out
from shared.alerts.tickets.stored import tickets_failure
from shared.alerts.view import AccountView, Mapped, Nights, OwnLine, PartnerView, Unreadable, WithoutCompany
from shared.billing import agreement_store, why_not
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.mapping.without_line import WithoutLine, mappings_without_line
from shared.billing.models import AgreementRecord, LineKey, LineRecord, LineState, Unplanned, UnplannedReason
from shared.billing.models import LicenceMapping as LineMapping
from shared.billing.profiles import billing_profiles
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing import app_consents
from shared.licensing.customer_lists import stored_customers
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import PartnerList
from shared.mail.records import MailRow, not_arrived, reported_company
from shared.microsoft import partner_connections
from shared.packed import ByTenant
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def account_view(
    tables: Tables, blobs: Blobs, account: Account, run: Run, names: Callable[[str, str], str], now: datetime
) -> AccountView:
    today = now.astimezone(account.zone).date()
    companies = added_tenants(tables, account.id)
    psas = {connection.id: connection for connection in psa_connections(tables, account.id)}
    kept = _kept(tables, account.id, psas, companies)
    mapped, mappings, missing = _mappings(tables, account.id, kept, companies)
    kept.not_in_step.update((without.key, _without_line(without)) for without in missing)
    return AccountView(
        account=account,
        now=now,
        run=run,
        nights=_nights(tables, account.id, run, today),
        names=names,
        companies=companies,
        shared_out=dict(shared_out(tables, blobs, account.id, companies)),
        former=former_names(tables, account.id, {line.tenant_id for line in kept.without_company}),
        mapped=mapped,
        lines=_by_tenant(
            OwnLine(key, line, mappings.get(key.mapping_id)) for key, line in kept.not_in_step.items()
        ),
        without_company=tuple(kept.without_company),
        unreadable=tuple(kept.unreadable),
        profiles=billing_profiles(tables, account.id),
        psas=psas,
        connection_failures={
            failure.connection: failure
            for failure in connection_failures(tables, account.id)
            if failure.connection in psas
        },
        partners=tuple(_partners(tables, blobs, account.id, companies)),
        mails=tuple(_mails(tables, account.id, today)),
        tickets_failure=tickets_failure(tables, account.id),
        poisoned=tuple(failed_messages.recorded(tables, account.id)),
        removals=removals.in_force(tables, account.id),
        exclusions=exclusions.load(tables, account.id, today),
    )


def _mails(tables: Tables, account: AccountId, today: date) -> Iterable[MailRow]:
    """Those that did not arrive. A report's matters as long as it would go there again."""
    for mail in not_arrived(tables, account, today):
        company = reported_company(mail.kind)
        if not company or mail.recipient in settings_of(tables, account, company).recipients:
            yield mail


class _Line(NamedTuple):
    key: LineKey
    unit_price: Decimal | None


class _Kept:
    """What is remembered of all lines: the lines not in step, every price, what is not read or has no company."""

    def __init__(self) -> None:
        self._all = ByTenant[_Line]()
        self.not_in_step: dict[LineKey, LineRecord] = {}
        self.unreadable: list[Unreadable] = []
        self.without_company: list[WithoutCompany] = []

    def of(self, tenant_id: str) -> dict[LineKey, Decimal | None]:
        """The prices of the tenant's lines; None where the PSA told none."""
        return dict(self._all.of(tenant_id))

    def add(self, record: AgreementRecord, companies: Mapping[str, AddedTenant]) -> None:
        where = (record.connection, record.agreement_id)
        self._all.add(
            (line.tenant_id, _Line(LineKey(*where, name), line.unit_price))
            for name, line in record.lines.items()
        )
        for line in record.lines.values():
            key = LineKey(*where, line.mapping_id)
            tenant = companies.get(line.tenant_id)
            has_company = tenant is not None and tenant.company(line.company) is not None
            if not has_company and line.line_id and line.confirmed and _goes_on(line):
                money = line.confirmed * (line.unit_price or Decimal(0))
                self.without_company.append(WithoutCompany(line.tenant_id, *where, line.confirmed, money))
            if line.state not in (LineState.IN_STEP, LineState.SCHEDULED):
                self.not_in_step[key] = line
        if record.unreadable and record.lines:
            tenants = frozenset(line.tenant_id for line in record.lines.values())
            self.unreadable.append(
                Unreadable(
                    record.connection, record.agreement_id, why_not.unreadable(record.unreadable), tenants
                )
            )


def _kept(
    tables: Tables, account: AccountId, psas: Collection[str], companies: Mapping[str, AddedTenant]
) -> _Kept:
    kept = _Kept()
    for psa in psas:
        for stored in agreement_store.all_of(tables, account, psa):
            kept.add(stored.record, companies)
    return kept


def _goes_on(line: LineRecord) -> bool:
    """Nobody said the day on which it ends."""
    return line.ending is None and not line.blocked


def _without_line(missing: WithoutLine) -> LineRecord:
    """What stands for the line of a mapping that is in force and of which nothing is remembered."""
    return LineRecord(
        mapping_id=missing.mapping.id,
        tenant_id=missing.tenant_id,
        product_id="",
        not_planned=Unplanned(reason=UnplannedReason.NO_LINE),
    )


def _by_tenant(lines: Iterable[OwnLine]) -> dict[str, tuple[OwnLine, ...]]:
    found: dict[str, tuple[OwnLine, ...]] = {}
    for own in lines:
        found[own.record.tenant_id] = (*found.get(own.record.tenant_id, ()), own)
    return found


def _mappings(
    tables: Tables, account: AccountId, kept: _Kept, companies: Collection[str]
) -> tuple[dict[str, tuple[Mapped, ...]], dict[str, LineMapping], list[WithoutLine]]:
    """What is mapped by tenant; the mappings of lines that are not in step with everything that was decided; and those
    of added tenants that have no line. What is mapped alike by many tenants is in memory once."""
    mapped, mappings, suspects = {}, {}, []
    alike: dict[Mapped, Mapped] = {}
    whole = {key.mapping_id for key in kept.not_in_step}
    for tenant in mappings_in_force(tables, account):
        mappings.update({mapping.id: mapping for mapping in tenant.mappings if mapping.id in whole})
        lines = kept.of(tenant.tenant_id)
        if tenant.tenant_id in companies and any(
            mapping.bill and mapping.line_key not in lines for mapping in tenant.mappings
        ):
            suspects.append(tenant)
        each = (_mapped(mapping, lines.get(mapping.line_key)) for mapping in tenant.mappings)
        mapped[tenant.tenant_id] = tuple(alike.setdefault(found, found) for found in each)
    missing = list(mappings_without_line(tables, account, suspects, kept.of))
    mappings.update({without.mapping.id: without.mapping for without in missing})
    return mapped, mappings, missing


def _mapped(mapping: LineMapping, price: Decimal | None) -> Mapped:
    licence = LicenceKey(sys.intern(mapping.sku_id), mapping.subscription_id)
    profile = sys.intern(mapping.profile) if mapping.bill else ""
    return Mapped(licence, profile, sys.intern(mapping.company), price)


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
    by_app = app_consents.tenants_by_app(tables, account)
    for connection in partner_connections.all_of(tables, account):
        row = tables.get(keys.partner_list(account, connection.id))
        partner = PartnerView(connection, row.read(PartnerList) if row else None)
        customers = stored_customers(blobs, keys.partner_list_blob(account, connection.id))
        added = frozenset(tenant for tenant in companies if tenant in customers)
        if partner.complete:
            rest = tuple(customer for tenant, customer in customers.items() if tenant not in companies)
            let_in = by_app.get(connection.id, frozenset())
            yield PartnerView(connection, partner.listed, rest, added, by_app=let_in)
        else:
            yield PartnerView(connection, partner.listed, added_before=added)
