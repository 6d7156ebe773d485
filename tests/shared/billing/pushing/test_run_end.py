"""Nothing waits beyond the end of its run: what is not done by then is told, and the run closes."""

from datetime import timedelta

import pytest

from shared.accounts import runs
from shared.accounts.runs import RunState
from shared.billing import agreement_store
from shared.billing.psa.base import PsaUnavailable
from shared.billing.psa_connections import connection_failures
from shared.errors import RetryLater
from tests.shared.billing.hooks import WatchedTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, World


@pytest.fixture
def world() -> World:
    return World()


def test_a_psa_that_asks_for_hours_is_asked_once_more_at_the_runs_end(world: World) -> None:
    world.map_line()
    run = world.start_run()
    world.clock.pass_by(run.ends - world.clock.now() - timedelta(minutes=20))
    world.fake.unavailable = PsaUnavailable("maintenance", timedelta(hours=6), asked_for=True)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert later.value.after <= timedelta(minutes=20)
    world.clock.pass_by(later.value.after)
    assert world.push().state is RunState.CLOSED
    (failure,) = connection_failures(world.tables, ACCOUNT)
    assert "maintenance" in failure.what("ConnectWise")


def test_a_record_that_changes_whenever_it_is_planned_is_waited_for_only_until_the_runs_end(
    world: World,
) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    run, inner = world.start_run(), world.tables

    def somebody_is_faster(moment: str) -> None:
        if moment == "before commit":
            kept = agreement_store.get(inner, ACCOUNT, CONNECTION, mapped.agreement)
            if kept.record.claims < 9:
                changed = kept.record.model_copy(update={"claims": kept.record.claims + 1})
                agreement_store.save(inner, ACCOUNT, kept, changed)

    world.tables = WatchedTables(inner, somebody_is_faster)
    with pytest.raises(RetryLater):
        world.push()
    world.clock.pass_by(run.ends - world.clock.now())
    assert world.push().state is RunState.CLOSED
    world.tables = inner
    (failure,) = connection_failures(world.tables, ACCOUNT)
    assert "an agreement changed while the plan was made" in failure.what("ConnectWise")
    assert runs.get(world.tables, ACCOUNT, run.id).connections == ()
    assert world.fake.sent == []
