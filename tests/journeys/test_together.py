"""A large account's night, five tenants in a message: one tenant's fault, and the end of the host, cost no other."""

from collections import Counter
from collections.abc import Iterator

import pytest

from functions.queues.sync import MANY
from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.accounts.runs import Run
from shared.billing.models import LineState
from shared.licensing.tenant_state import ReadStatus
from tests.journeys.living import SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

WORLD = f"wide:{MANY}"
LEASE_SECONDS = 4
BUSY, BROKEN = (world_named(WORLD).tenants[number].name for number in (3, 47))


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with SandboxProcesses(tmp_path_factory.mktemp("together"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        yield Living(stage, stage.start_host(timers=False, lease_seconds=LEASE_SECONDS))


def batches(living: Living) -> int:
    return living.count("graph.batch")


def read_by(living: Living, run: Run) -> Counter[ReadStatus]:
    return Counter(state.status for state in living.heads() if state.run == run.id)


def test_all_are_read_once_each(living: Living) -> None:
    run = living.night()
    assert (run.read, run.not_read) == (MANY, 0)
    assert batches(living) == MANY
    assert {line.state for line in living.lines()} == {LineState.IN_STEP}


def test_one_that_is_busy_and_one_that_is_broken_cost_no_other(living: Living) -> None:
    living.fault("throttle", kind="graph.batch", tenant=BUSY, count=1, retry_after=1)
    living.fault("duplicate_sku", kind="graph.subscribed_skus", tenant=BROKEN)
    run = living.night()
    living.no_faults()
    assert (run.read, run.not_read) == (MANY - 1, 1)
    [unread] = [state for state in living.heads() if state.status is not ReadStatus.READ]
    assert unread.tenant_id == living.tenant_id(BROKEN)


def test_a_host_that_is_killed_among_five_goes_on_where_it_was(living: Living) -> None:
    before = batches(living)
    living.fault("kill", pid=living.host.pid, kind="graph.batch", tenant=BUSY, count=1, when="after_apply")
    run_id = living.begin_night()
    eventually(lambda: not living.host.alive(), "the host to be killed")
    living.host = living.stage.start_host(timers=False, lease_seconds=LEASE_SECONDS)
    run = living.night_ended(run_id)
    assert (run.read, run.not_read) == (MANY, 0)
    assert read_by(living, run) == {ReadStatus.READ: MANY}
    # Who was read before is not read again: only what was under way when the host ended.
    assert MANY < batches(living) - before <= MANY + 24
    assert {line.state for line in living.lines()} == {LineState.IN_STEP}
