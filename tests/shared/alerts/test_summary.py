"""The first page's row is what the evaluation saw, and the lists say the same."""

import pytest

from shared.accounts import runs
from shared.accounts.runs import LineCounts
from shared.alerts import saved_settings
from shared.alerts.listing import arranged, by_type
from shared.alerts.summary import Summary, summary
from shared.licensing import readings
from shared.licensing.tenant_state import ReadStatus
from shared.microsoft.models import Customer
from shared.storage.keys import account_id
from tests.shared.alerts.world import TRANSIENT, World, mapping, sku


def told(world: World) -> Summary:
    world.evaluate()
    found = summary(world.tables, world.account.id)
    assert found is not None
    return found


@pytest.fixture
def acme(world: World) -> World:
    saved_settings.save(world.tables, world.account)
    world.add("t1", sku("e3", 10, 4), name="Contoso")
    world.add("t2", sku("e3", 10), name="Fabrikam")
    world.map("t2", mapping("mapping02", "e3"))
    return world


def test_before_the_first_evaluation_there_is_no_summary(world: World) -> None:
    assert summary(world.tables, world.account.id) is None


def test_the_summary_counts_what_was_read_and_what_is_open(acme: World) -> None:
    acme.partner("p1", [Customer(tenant_id="new", name="New")])
    acme.partner("p2", [Customer(tenant_id="new", name="New")])
    acme.fail("t2")
    found = told(acme)
    assert (found.tenants_read, found.tenants_not_read, found.tenants_not_added) == (1, 1, 1)
    assert found.at == acme.now


def test_the_summary_counts_the_same_alerts_as_the_list(acme: World) -> None:
    for _ in range(3):
        found = told(acme)
        assert found.exceptions == by_type(one for _, one in arranged(acme.tables, acme.account.id))
        acme.sleep()
        acme.fail("t2")
    acme.read("t1", sku("e3", 4, 4))
    found = told(acme)
    assert found.exceptions == by_type(one for _, one in arranged(acme.tables, acme.account.id))


def test_the_summary_says_what_the_night_pushed(acme: World) -> None:
    pushed = LineCounts(unchanged=3, written=2)
    runs.update(acme.tables, acme.account.id, acme.run, lambda run: run.model_copy(update={"lines": pushed}))
    found = told(acme)
    assert (found.pushed, found.pushed_on) == (pushed, acme.now.date())
    acme.sleep()
    assert told(acme).pushed == LineCounts()


def test_the_summary_of_another_account_is_its_own(acme: World) -> None:
    told(acme)
    assert summary(acme.tables, account_id("other")) is None


def test_how_each_tenant_was_read_is_kept_with_the_evaluation(acme: World) -> None:
    acme.fail("t2")
    told(acme)
    kept = readings.stored(acme.blobs, acme.account.id)
    assert {one: kept[one].status for one in kept} == {"t1": ReadStatus.READ, "t2": ReadStatus.NOT_READ}
    assert kept["t2"].failure == TRANSIENT
    assert kept["t2"].read_at is not None
    assert readings.stored(acme.blobs, account_id("other")) == {}
