"""Loading what an account's certificate is made from. Nothing is read from Microsoft or a PSA here."""

from collections.abc import Iterator
from datetime import datetime

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.alerts import exclusions
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import LineKey
from shared.billing.planning.line_state import is_read
from shared.billing.planning.people import NumbersOf, mapped_of
from shared.billing.profiles import billing_profiles
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.licensing.custom_licences.defined import defined
from shared.licensing.customer_lists import stored_customers
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import TenantState
from shared.licensing.tenants import partner_lists
from shared.microsoft.models import Customer
from shared.microsoft.partner_connections import home_tenants
from shared.reports.certificate.judge import certificate
from shared.reports.certificate.models import Certificate, CertificateFacts, KeptLine, ReadTenant
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


def certificate_now(tables: Tables, blobs: Blobs, account: Account, now: datetime) -> Certificate:
    """By the newest accepted reads and what the PSA was last proven to say."""
    companies = added_tenants(tables, account.id)
    not_added: dict[str, Customer] = {}
    incomplete: list[str] = []
    for connection, listed in partner_lists(tables, account.id):
        if listed is None or listed.failure is not None or listed.began is None:
            incomplete.append(connection.name)
        customers = stored_customers(blobs, keys.partner_list_blob(account.id, connection.id))
        not_added |= {tenant: found for tenant, found in customers.items() if tenant not in companies}
    facts = CertificateFacts(
        now=now,
        today=now.astimezone(account.zone).date(),
        ours=home_tenants(tables, account.id),
        companies=companies,
        mappings={found.tenant_id: found.mappings for found in mappings_in_force(tables, account.id)},
        lines=dict(_lines(tables, account.id)),
        profiles=billing_profiles(tables, account.id),
        exclusions=exclusions.load(tables, account.id, now.astimezone(account.zone).date()),
        not_added=not_added,
        incomplete_lists=tuple(incomplete),
    )
    numbers_of, custom = NumbersOf(blobs, account.id, facts.ours), defined(tables, account.id)

    def read_tenant(state: TenantState) -> ReadTenant:
        tenant_id, mapped = state.tenant_id, facts.mappings.get(state.tenant_id, ())
        if state.snapshot is None:
            return ReadTenant(state, None)
        rules = mapped_of(custom.of_tenant(tenant_id), mapped)
        return ReadTenant(state, numbers_of(tenant_id, companies.get(tenant_id), state.snapshot, rules))

    read = (read_tenant(state) for state in tenant_states(tables, account.id) if state.tenant_id in companies)
    return certificate(facts, read)


def _lines(tables: Tables, account: AccountId) -> Iterator[tuple[LineKey, KeptLine]]:
    failed = {failure.connection for failure in connection_failures(tables, account)}
    for connection in psa_connections(tables, account):
        for kept in agreement_store.all_of(tables, account, connection.id):
            record = kept.record
            for line in record.lines.values():
                key = LineKey(record.connection, record.agreement_id, line.mapping_id)
                yield (
                    key,
                    KeptLine(line, record.read_at, connection.id not in failed and is_read(record, line)),
                )
