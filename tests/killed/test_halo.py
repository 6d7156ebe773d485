"""The host is killed while it writes a recurring invoice of HaloPSA; after a restart nothing is doubled or undone.

Two lines of one document change in every test. The kill comes from outside, on the request that marks the moment. What
nothing can tell, a person says, as `settle` lets them. `make killed` goes through every point; each moment of
the push is gone through without processes in tests/shared/billing/psa/halo/test_push.py.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sandbox.seed import seed
from sandbox.standins.state import State
from sandbox.standins.worlds.build import Msp, partner, sold
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import Access, World
from shared.billing.models import LineState
from shared.billing.pushing import settle
from shared.storage.decisions import Decider
from tests import invariants
from tests.journeys.living import DEMO, SHORT_WAITS
from tests.journeys.mortal import Mortal, ProxiedStage, sends_by_sendgrid
from tests.journeys.storage_proxy import StorageProxy
from tests.killed.ending import ended_although_the_host_is_killed

pytestmark = pytest.mark.processes

CUSTOMER = "Rosewood Hotels"
SKUS = ("SPB", "SPE_E3")


def _world() -> World:
    msp = Msp("demo", "quayside", "quayside")
    msp.tenant(
        CUSTOMER,
        "rosewoodhotels.onmicrosoft.com",
        [Access("quayside")],
        [sold("SPB", 44, 44, line=44), sold("SPE_E3", 6, 6, line=6)],
        50,
        [],
        other_lines=[("MANAGED-FIREWALL", 2)],
    )
    home = partner("quayside", "demo", "Quayside Cloud", "quaysidecloud.onmicrosoft.com")
    return World("halo", (home,), tuple(msp.tenants), connectwise=(), halo=(msp.halo(),))


class HaloCustomer(Mortal):
    def in_psa(self, tenant: str) -> dict[str, int]:
        rows = self.stage.stand_ins.control("halo_lines", invoice=tenant)
        return {str(row["id"]): int(row["in_effect"]) for row in rows}

    def written(self) -> int:
        return len(self.stage.stand_ins.control("halo_writes"))

    def say_what_the_psa_shows(self) -> int:
        """A person looks into Halo and says of each write that nothing tells whether it was done."""
        by = Decider("eva", "looked", self.stage.clock.now())
        waiting = list(settle.undecidable(self.tables, DEMO))
        for key, line, intent in waiting:
            there = self.in_psa(CUSTOMER)[line.line_id]
            settle.settle(self.tables, DEMO, key, by, applied=there == intent.write.after)
        return len(waiting)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HaloCustomer]:
    folder, world = tmp_path_factory.mktemp("killed-halo"), _world()
    state = State(folder)
    load_world(state, world)
    state.close()
    with ProxiedStage(folder, "demo", settings={**SHORT_WAITS, **sends_by_sendgrid("demo")}) as stage:
        seed(stage.wiring, world, stage.clock.now())
        with StorageProxy(stage.azurite.connection_string) as proxy:
            stage.proxy = proxy
            living = HaloCustomer(stage, proxy)
            living.night()
            yield living
            living.host.stop()  # before its way to the storage is gone


@pytest.fixture
def living(sandbox: HaloCustomer) -> HaloCustomer:
    sandbox.no_faults()
    if not sandbox.host.alive():
        sandbox.restart()
    return sandbox


@dataclass(frozen=True)
class Point:
    """A moment of the write; `is_applied`: Halo has the document while the host is dead."""

    name: str
    set_trap: Callable[[HaloCustomer], None]
    is_applied: bool


def _log(living: HaloCustomer, event: str) -> str:
    return rf"log\|{living.agreement(CUSTOMER)}\|.*\|{event}"


POINTS = [
    Point(
        "the intents are stored, the request is not sent",
        lambda living: living.kill_at_storage(
            carried_out=True, body=_log(living, "intended"), path=r"\$batch"
        ),
        False,
    ),
    Point(
        "the request arrived, Halo did not apply it",
        lambda living: living.kill_at_vendor_before_it_applies(kind="halo.write"),
        False,
    ),
    Point(
        "Halo has applied it, its answer is not sent",
        lambda living: living.kill_at_vendor(kind="halo.write"),
        True,
    ),
    Point(
        "the answer is there, it is not read back",
        lambda living: living.kill_at_vendor(kind="halo.read.invoicechange"),
        True,
    ),
    Point(
        "it is read back, the ledger does not say so",
        lambda living: living.kill_at_storage(
            carried_out=False, body=_log(living, "confirmed"), path=r"\$batch"
        ),
        True,
    ),
    Point(
        "the ledger says so, nothing else does",
        lambda living: living.kill_at_storage(
            carried_out=True, body=_log(living, "confirmed"), path=r"\$batch"
        ),
        True,
    ),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_a_night_on_which_the_host_is_killed_ends_with_each_line_right_and_written_once(
    point: Point, living: HaloCustomer
) -> None:
    ledger_before, written = invariants.ledger_of(living.tables, DEMO), living.written()
    before = sorted(living.in_psa(CUSTOMER).values())
    for sku in SKUS:
        living.control("add-seats", CUSTOMER, sku, "1")
    wanted = sorted(number + (number != 2) for number in before)  # two of them belong to nobody's mapping
    point.set_trap(living)
    run_id = living.begin_night()
    living.wait_until_killed()
    assert sorted(living.in_psa(CUSTOMER).values()) == (wanted if point.is_applied else before)
    living.restart()
    living.night_ended(run_id)
    if living.say_what_the_psa_shows():
        assert not point.is_applied
        living.night()
    assert sorted(living.in_psa(CUSTOMER).values()) == wanted
    assert {line.state for line in living.lines()} == {LineState.IN_STEP}
    assert living.written() == written + 2
    account, now = living.account(), living.stage.clock.now()
    assert not invariants.i1_every_line_is_in_step_or_says_why(
        living.tables, account, living.in_psa(CUSTOMER), now
    )
    ledger = invariants.ledger_of(living.tables, DEMO)
    assert not invariants.i4_the_ledger_was_only_appended(ledger_before, ledger)


def test_a_line_that_ends_while_the_host_is_killed_ends_on_its_day_and_the_others_stay(
    living: HaloCustomer,
) -> None:
    others = sorted(living.in_psa(CUSTOMER).values())
    there, kept = ended_although_the_host_is_killed(
        living, CUSTOMER, lambda: living.kill_at_vendor(kind="halo.write")
    )
    assert kept.is_ended
    assert kept.ending is not None
    assert there.ends == kept.ending.last_day
    assert there.quantity == kept.confirmed
    assert sorted(living.in_psa(CUSTOMER).values()) == others
