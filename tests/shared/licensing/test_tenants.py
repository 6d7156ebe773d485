"""The list of tenants: every customer of a partner and every added one, each once."""

import pytest

from shared.accounts.companies import added_tenants
from shared.licensing.tenants import ListedTenant, Listing, listed_tenants, partner_lists
from shared.microsoft.models import Customer, Gdap
from shared.storage.keys import account_id
from tests.shared.alerts.world import TRANSIENT, World, sku


@pytest.fixture
def acme() -> World:
    world = World()
    world.add("t1", sku("e3", 10), name="Zeta")
    world.partner(
        "p1", [Customer(tenant_id="t2", name="Alpha", domain="alpha.example", gdap=Gdap(status="active"))]
    )
    world.partner("p2", [Customer(tenant_id="t2", name="ALPHA")])
    return world


def found(world: World) -> dict[str, ListedTenant]:
    added = added_tenants(world.tables, world.account.id)
    tenants = listed_tenants(world.tables, world.blobs, world.account.id, added)
    return {one.tenant_id: one for one in tenants}


def test_a_tenant_of_two_partners_is_one_row_that_names_both(acme: World) -> None:
    tenants = found(acme)
    assert list(tenants) == ["t2", "t1"]
    assert tenants["t2"].listings == (
        Listing("p1", "Partner p1", can_be_read=True),
        Listing("p2", "Partner p2", can_be_read=False),
    )
    assert (tenants["t2"].name, tenants["t2"].company, tenants["t2"].reading) == ("Alpha", None, None)


def test_an_added_tenant_says_when_it_was_read_and_why_not(acme: World) -> None:
    acme.evaluate()
    good = found(acme)["t1"].reading
    assert good is not None
    assert (good.status, good.failure) == ("read", None)
    acme.fail("t1")
    acme.evaluate()
    bad = found(acme)["t1"].reading
    assert bad is not None
    assert (bad.status, bad.read_at, bad.failure) == ("not_read", good.read_at, TRANSIENT)


def test_an_added_tenant_that_no_partner_lists_is_in_the_list(acme: World) -> None:
    acme.leave("t1")
    tenant = found(acme)["t1"]
    assert (tenant.name, tenant.listings) == ("Zeta", ())
    assert tenant.company is not None


def test_how_each_partners_list_went_is_told(acme: World) -> None:
    acme.stale_list("p2", TRANSIENT)
    told = {connection.id: listed for connection, listed in partner_lists(acme.tables, acme.account.id)}
    assert told["p1"] is not None
    assert told["p1"].failure is None
    assert told["p2"] is not None
    assert told["p2"].failure == TRANSIENT


def test_another_account_sees_none_of_it(acme: World) -> None:
    assert listed_tenants(acme.tables, acme.blobs, account_id("other"), {}) == []
