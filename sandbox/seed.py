"""Seatwise's own side of a world: accounts, connections, companies, profiles, mappings, and yesterday's baseline."""

import hashlib
import json
from datetime import datetime, timedelta

from functions.queues.edge import send
from functions.queues.messages import RefreshPsaLists
from sandbox import seeded_history
from sandbox.seeded_psas import SeededPsa, psas_of
from sandbox.standins.worlds.operators import OPERATORS
from sandbox.standins.worlds.types import Partner, Tenant, World
from shared.accounts import due_work
from shared.accounts.account import Account, Mode
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.directory import account_ids
from shared.accounts.members import Member, Person, Role, add_member
from shared.accounts.opening import Opened
from shared.accounts.preferences import DigestSettings
from shared.alerts import saved_settings as alert_settings
from shared.alerts.models import Slug
from shared.billing import agreement_store, psa_lists
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineRecord,
    PsaConnection,
    TenantMappings,
)
from shared.billing.profiles import save_profile
from shared.billing.psa_connections import psa_connections, save_psa_connection
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from shared.storage import keys
from shared.storage.decisions import Decider, decide
from shared.storage.keys import AccountId, account_id
from shared.storage.tables import Put, Tables, chunks
from shared.wiring import Wiring

ZONE = "Europe/London"
_NAMES = {
    "demo": ("Harbour IT", Mode.LIVE),
    "preview": ("Tidewater Systems", Mode.PREVIEW),
    "halo": ("Quayside Cloud", Mode.LIVE),
    "northwind": ("Northwind Managed IT", Mode.LIVE),
}


def is_seeded(wiring: Wiring) -> bool:
    return any(True for _ in account_ids(wiring.tables))


def seed(wiring: Wiring, world: World, now: datetime) -> None:
    """Store what the MSPs of the world decided, and the quantities that were confirmed the day before."""
    yesterday = now - timedelta(days=1)
    for name in sorted({partner.account for partner in world.partners}):
        _account(wiring, account_id(name), world, yesterday)


def ask_for_psa_lists(wiring: Wiring, now: datetime) -> None:
    """Have the host read what each PSA offers to choose from, as it does when a PSA is connected."""
    for account in account_ids(wiring.tables):
        for psa in psa_connections(wiring.tables, account):
            if psa_lists.ask(wiring.tables, account, psa.id, now):
                send(wiring, RefreshPsaLists(account=account, connection=psa.id))


def _account(wiring: Wiring, account: AccountId, world: World, yesterday: datetime) -> None:
    name, mode = _NAMES[account]
    partners = [partner for partner in world.partners if partner.account == account]
    for partner in partners:
        _partner(wiring, account, partner)
    for psa in psas_of(world):
        if psa.account == account:
            mine = [tenant for tenant in world.tenants if tenant.psa_site == psa.key and tenant.added]
            _psa(wiring, account, psa)
            _profiles(wiring.tables, account, psa, mine, yesterday)
            _companies(wiring.tables, account, psa, mine, partners, yesterday)
            _baseline(wiring.tables, account, psa, mine, yesterday)
            for tenant in filter(seeded_history.is_older, mine):
                through = next(partner for partner in partners if partner.key in tenant.partner_keys)
                seeded_history.begin_history(
                    wiring.tables, wiring.blobs, account, (tenant, through), yesterday + timedelta(days=1)
                )
    _members(wiring.tables, account, yesterday)
    settings = Account(
        id=account,
        name=name,
        since=yesterday,
        mode=mode,
        timezone=ZONE,
        currency_symbol="£",
        digest=DigestSettings(recipients=(f"licences@{account}.example.com",)),
        alerts_off=_unwatched(world, partners),
        reads_terms=not _is_plain(world),
    )
    due_work.advance(wiring.tables, settings, digest_on=yesterday.astimezone(settings.zone).date())
    alert_settings.save(wiring.tables, settings)  # last: an account that is listed is complete


def _members(tables: Tables, account: AccountId, yesterday: datetime) -> None:
    """The people of the MSP, whose owner opened the account."""
    for known in OPERATORS:
        if known.account == account:
            person = Person(tenant_id=known.tenant_id, object_id=known.object_id)
            role = Role.named(known.role)
            member = Member(person=person, role=role, name=known.name, email=known.email, since=yesterday)
            add_member(tables, account, member)
            if role is Role.OWNER:
                tables.commit([Put(keys.opened_by(known.tenant_id), Opened(account=account, person=person))])


def _unwatched(world: World, partners: list[Partner]) -> frozenset[str]:
    """Who has no shared mailboxes does not want two more calls per tenant to be told so."""
    mine = [tenant for tenant in world.tenants if _is_of(tenant, partners)]
    has_mailboxes = any(tenant.shared_mailboxes for tenant in mine)
    return frozenset() if has_mailboxes else frozenset({Slug.SHARED_MAILBOX_LICENSES})


def _is_plain(world: World) -> bool:
    """A plain wide world measures the reading of licences alone."""
    return world.name.startswith("wide:") and world.name.count(":") == 1


def _is_of(tenant: Tenant, partners: list[Partner]) -> bool:
    return any(partner.key in tenant.partner_keys for partner in partners)


def _partner(wiring: Wiring, account: AccountId, partner: Partner) -> None:
    connection = PartnerConnection(
        id=partner.key, name=partner.name, tenant_id=partner.tenant_id, client_id=partner.client_id
    )
    partner_connections.save(wiring.tables, account, connection)
    wiring.secrets.put(account, connection.client_secret, partner.secret)
    wiring.secrets.put(account, connection.refresh_token, partner.refresh_token)


def _psa(wiring: Wiring, account: AccountId, psa: SeededPsa) -> None:
    connection = PsaConnection(
        id=psa.key, name=psa.name, kind=psa.kind, settings_json=json.dumps(psa.settings)
    )
    save_psa_connection(wiring.tables, account, connection)
    wiring.secrets.put(account, connection.secret, psa.secret)


def _profiles(
    tables: Tables, account: AccountId, psa: SeededPsa, mine: list[Tenant], yesterday: datetime
) -> None:
    used = {mapping.product_id for tenant in mine for mapping in tenant.mappings}
    for product_id, name in psa.products.items():
        if product_id in used:
            profile = BillingProfile(
                id=_profile_id(psa, product_id),
                name=name,
                connection=psa.key,
                product_id=str(product_id),
            )
            save_profile(tables, account, profile, _decider(yesterday))


def _profile_id(psa: SeededPsa, product_id: int) -> str:
    """Two PSAs of an account may number their products alike."""
    return f"p{product_id}-{psa.key}"


def _companies(
    tables: Tables,
    account: AccountId,
    psa: SeededPsa,
    mine: list[Tenant],
    partners: list[Partner],
    yesterday: datetime,
) -> None:
    for tenant in mine:
        by = _decider(seeded_history.began(tenant, yesterday))
        company = Company(
            id=f"{psa.key}-{tenant.psa_company_id}",
            tenant_id=tenant.id,
            name=tenant.name,
            psa_connection=psa.key,
            psa_company=str(tenant.psa_company_id),
            partner_connection=next((p.key for p in partners if p.key in tenant.partner_keys), ""),
        )
        add_company(tables, account, company, Decider(by.who, "company added", by.now))
        wanted = TenantMappings(tenant_id=tenant.id, mappings=_mappings(psa, tenant))
        decide(tables, account, MAPPINGS, tenant.id, wanted, Decider(by.who, by.reason, by.now))


def _mappings(psa: SeededPsa, tenant: Tenant) -> tuple[LicenceMapping, ...]:
    return tuple(
        LicenceMapping(
            id=_mapping_id(tenant.id, mapping.addition_id),
            sku_id=mapping.sku_id,
            subscription_id=mapping.subscription_id or "",
            profile=_profile_id(psa, mapping.product_id),
            connection=psa.key,
            agreement_id=str(tenant.agreement_id),
            line_id=str(mapping.addition_id),
        )
        for mapping in tenant.mappings
    )


def _baseline(
    tables: Tables, account: AccountId, psa: SeededPsa, mine: list[Tenant], yesterday: datetime
) -> None:
    """What Seatwise would have confirmed the night before."""
    records = [
        AgreementRecord(
            connection=psa.key,
            agreement_id=str(tenant.agreement_id),
            read_at=yesterday,
            lines={
                _mapping_id(tenant.id, mapping.addition_id): LineRecord(
                    mapping_id=_mapping_id(tenant.id, mapping.addition_id),
                    tenant_id=tenant.id,
                    product_id=str(mapping.product_id),
                    line_id=str(mapping.addition_id),
                    adopted=True,
                    confirmed=mapping.baseline_quantity,
                    confirmed_at=seeded_history.began(tenant, yesterday),
                )
                for mapping in tenant.mappings
            },
        )
        for tenant in mine
        if tenant.mappings
    ]
    puts = [
        Put(keys.agreement(account, record.connection, record.agreement_id), record) for record in records
    ]
    for some in chunks(puts):
        tables.commit(some)
    older = {str(tenant.agreement_id) for tenant in filter(seeded_history.is_older, mine)}
    for record in records:
        if record.agreement_id in older:
            _take_over(tables, account, record)


def _take_over(tables: Tables, account: AccountId, record: AgreementRecord) -> None:
    """Append to the ledger that the lines were taken over, so that it begins as early as they do."""
    entries = [
        LedgerEntry.of(line, LedgerEvent.ADOPTED, line.confirmed_at, after=line.confirmed, who="Olivia Owen")
        for line in record.lines.values()
        if line.confirmed_at
    ]
    kept = agreement_store.get(tables, account, record.connection, record.agreement_id)
    agreement_store.save(tables, account, kept, record, entries)


def _mapping_id(tenant_id: str, addition_id: int) -> str:
    return hashlib.sha256(f"{tenant_id}|{addition_id}".encode()).hexdigest()[:12]


def _decider(at: datetime) -> Decider:
    return Decider(who="Olivia Owen", reason="the demo's beginning", now=at)
