"""What the field showed, lived for two nights: a trial beside paid seats, other sellers, one tenant that refuses."""

from collections.abc import Iterator

import pytest

from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.alerts.models import Slug
from shared.billing.models import HoldReason
from tests.journeys.living import SHORT_WAITS, Living

pytestmark = pytest.mark.processes

WORLD = "wide:3"
TRIAL, DIRECT, REFUSING = (tenant.name for tenant in world_named(WORLD).tenants)


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """Two nights: the second with a trial, with seats of another seller, and with a tenant that refuses the user."""
    with SandboxProcesses(tmp_path_factory.mktemp("field"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        living = Living(stage, stage.start_host(timers=False))
        living.night()
        control = stage.stand_ins.control
        control("buy", tenant=TRIAL, sku=sku_of(living, TRIAL), units=25, trial=True)
        control("buy", tenant=DIRECT, sku=sku_of(living, DIRECT), units=5, seller=living.tenant_id(DIRECT))
        control("tenant_trouble", tenant=REFUSING, code=50057)
        living.night()
        yield living


def sku_of(living: Living, tenant: str) -> str:
    """The part number of what its largest line bills."""
    snapshot = living.head(tenant).snapshot
    assert snapshot is not None
    billed = max(line.confirmed or 0 for line in living.lines(tenant))
    return next(sku.part_number for sku in snapshot.skus if sku.enabled == billed)


def test_seats_on_trial_are_neither_written_nor_held(living: Living) -> None:
    snapshot = living.head(TRIAL).snapshot
    assert snapshot is not None
    [trial] = [subscription for subscription in snapshot.subscriptions if subscription.trial]
    [sku] = [sku for sku in snapshot.skus if sku.sku_id == trial.sku_id]
    assert sku.enabled - 25 in {line.confirmed for line in living.lines(TRIAL)}
    assert living.holds(TRIAL) == []
    assert all(line.confirmed == living.in_psa(TRIAL)[line.line_id] for line in living.lines(TRIAL))
    assert living.stage.stand_ins.control("writes") == []


def test_seats_that_the_customer_bought_itself_wait_for_a_person(living: Living) -> None:
    [hold] = living.holds(DIRECT)
    assert hold.reasons == (HoldReason.SOLD_BY_OTHERS,)
    assert hold.change.after - hold.change.before == 5


def test_a_user_that_one_tenant_disabled_is_that_tenants_row_alone(living: Living) -> None:
    [alert] = living.alerts(Slug.INVALID_AUTH)
    assert (alert.finding.who, alert.finding.urgent) == (REFUSING, False)
    assert "Code: AADSTS50057." in alert.finding.what
