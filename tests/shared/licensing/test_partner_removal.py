"""A partner connection is removed only when every added tenant is still listed by another one."""

import gzip
from datetime import UTC, datetime

import pytest

from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.errors import NotFound, Rejected
from shared.licensing.partner_removal import remove_partner
from shared.licensing.tenant_state import CustomerList, PartnerList
from shared.microsoft import partner_connections
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import Customer, PartnerConnection
from shared.microsoft.partner_connecting import Connecting
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.secrets import Secrets
from shared.storage.tables import Put
from tests.shared.storage.memory_secrets import MemorySecrets

ACCOUNT = keys.account_id("msp")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def nowhere(_: Secrets) -> Microsoft:
    raise AssertionError("nobody signs in here")


class Desk:
    def __init__(self) -> None:
        self.tables, self.blobs, self.secrets = MemoryTables(), MemoryBlobs(), MemorySecrets()
        self.connecting = Connecting(self.tables, self.secrets, nowhere)

    def partner(self, name: str, *tenants: str) -> None:
        connection = PartnerConnection(id=name, name=name.title(), tenant_id=f"home-{name}", client_id="app")
        partner_connections.save(self.tables, ACCOUNT, connection)
        self.secrets.put(ACCOUNT, connection.client_secret, "s3cret")
        row = PartnerList(connection_id=name, run="r", began=NOW, customers=len(tenants))
        self.tables.commit([Put(keys.partner_list(ACCOUNT, name), row)])
        listed = CustomerList(customers=tuple(Customer(tenant_id=t, name=t) for t in tenants))
        self.blobs.put(keys.partner_list_blob(ACCOUNT, name), gzip.compress(listed.body()))

    def company(self, tenant: str) -> None:
        company = Company(
            id=tenant, tenant_id=tenant, name=tenant.title(), psa_connection="cw", psa_company="1"
        )
        add_company(self.tables, ACCOUNT, company, Decider("ann", "", NOW))

    def remove(self, name: str) -> None:
        remove_partner(self.connecting, self.blobs, ACCOUNT, name, NOW)

    def left(self) -> list[str]:
        return [one.id for one in partner_connections.all_of(self.tables, ACCOUNT)]


def test_tenants_of_another_connection_keep_being_read() -> None:
    desk = Desk()
    desk.partner("first", "contoso", "fabrikam")
    desk.partner("second", "contoso")
    desk.company("contoso")
    desk.remove("first")
    assert desk.left() == ["second"]
    assert [one for _, one in desk.secrets.kept] == ["partner-second-client-secret"]
    assert desk.tables.get(keys.partner_list(ACCOUNT, "first")) is None
    assert desk.blobs.get(keys.partner_list_blob(ACCOUNT, "first")) is None


def test_a_tenant_that_would_not_be_read_any_more_keeps_the_connection() -> None:
    desk = Desk()
    desk.partner("first", "contoso", "fabrikam")
    desk.partner("second", "contoso")
    desk.company("contoso")
    desk.company("fabrikam")
    with pytest.raises(
        Rejected, match="1 tenant is read through First alone, for example Fabrikam"
    ) as refused:
        desk.remove("first")
    assert refused.value.code == "in_use"
    assert desk.left() == ["first", "second"]
    desk.remove("second")


def test_the_last_connection_stays_while_companies_are_added_even_when_nothing_was_read() -> None:
    desk = Desk()
    desk.partner("first")
    desk.company("contoso")
    with pytest.raises(Rejected):
        desk.remove("first")


def test_a_removed_partner_is_not_there_and_what_it_sold_was_sold_by_us() -> None:
    desk = Desk()
    desk.partner("first")
    desk.remove("first")
    assert partner_connections.home_tenants(desk.tables, ACCOUNT) == {"home-first"}
    with pytest.raises(NotFound):
        desk.remove("first")
