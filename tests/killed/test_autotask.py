"""The host is killed between the intent and the ledger of an adjustment, which Autotask can neither list nor undo.

After a restart it was applied once, or nobody can tell and a person says so: it is never sent twice. `make killed` goes
through every point.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.billing.models import LineRecord, LineState
from shared.billing.psa.base import Write, WriteKind
from shared.billing.pushing import settle
from shared.storage.decisions import Decider
from tests import invariants
from tests.journeys.living import DEMO, SHORT_WAITS
from tests.journeys.mortal import Mortal, ProxiedStage, sends_by_sendgrid
from tests.journeys.storage_proxy import StorageProxy
from tests.killed.ending import ended_although_the_host_is_killed

pytestmark = pytest.mark.processes

WORLD = "wide:1:autotask"
TENANT = world_named(WORLD).tenants[0].name
ADJUSTMENTS = "/serviceadjustments"


class OneCustomer(Mortal):
    """The sandbox of these tests, of which the line of the largest SKU is watched."""

    def line(self) -> LineRecord:
        return max(self.lines(TENANT), key=lambda line: line.confirmed or 0)

    def in_psa(self, tenant: str) -> dict[str, int]:
        rows = self.stage.stand_ins.control("autotask_lines", contract=tenant)
        return {str(row["id"]): int(row["units"]) for row in rows}

    def in_psa_now(self) -> int:
        return self.in_psa(TENANT)[self.line().line_id]

    def applied(self) -> list[Write]:
        return [
            Write(
                kind=WriteKind.SET_QUANTITY,
                agreement_id=str(row["contract"]),
                line_id=str(row["service"]),
                product_id="",
                before=row["before"],
                after=row["after"],
            )
            for row in self.stage.stand_ins.control("autotask_writes")
        ]

    def say_what_autotask_shows(self) -> int:
        """As a person does who looks into the contract."""
        waiting = list(settle.undecidable(self.tables, DEMO))
        for key, line, intent in waiting:
            applied = self.in_psa(TENANT)[line.line_id] == intent.write.after
            by = Decider("eva", "looked", self.stage.clock.now())
            settle.settle(self.tables, DEMO, key, by, applied=applied)
        return len(waiting)


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneCustomer]:
    """One sandbox for all tests here, after a first night."""
    state = tmp_path_factory.mktemp("killed-autotask")
    with ProxiedStage(state, WORLD, settings={**SHORT_WAITS, **sends_by_sendgrid(WORLD)}) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        with StorageProxy(stage.azurite.connection_string) as proxy:
            stage.proxy = proxy
            living = OneCustomer(stage, proxy)
            living.night()
            yield living
            living.host.stop()  # before its way to the storage is gone


@dataclass(frozen=True)
class Point:
    name: str
    set_trap: Callable[[OneCustomer], None]
    applied: bool
    """What is in Autotask while the host is dead."""
    person: bool = False
    """Nothing that can be read tells what became of it."""


def _ledger(living: OneCustomer, event: str) -> str:
    return rf"log\|{living.agreement(TENANT)}\|.*\|{event}"


POINTS = [
    Point(
        "the intent is stored, the request is not sent",
        lambda living: living.kill_at_storage(
            carried_out=True, body=_ledger(living, "intended"), path=r"\$batch"
        ),
        applied=False,
        person=True,
    ),
    Point(
        "the request arrived, it is not applied",
        lambda living: living.kill_at_vendor_before_it_applies(method="POST", path=ADJUSTMENTS),
        applied=False,
        person=True,
    ),
    Point(
        "it is applied, the answer is not sent",
        lambda living: living.kill_at_vendor(method="POST", path=ADJUSTMENTS),
        applied=True,
    ),
    Point(
        "it is read back, the ledger does not say so",
        lambda living: living.kill_at_storage(
            carried_out=False, body=_ledger(living, "confirmed"), path=r"\$batch"
        ),
        applied=True,
    ),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_an_adjustment_at_which_the_host_is_killed_is_applied_once(point: Point, living: OneCustomer) -> None:
    ledger_before = invariants.ledger_of(living.tables, DEMO)
    writes_before, before = len(living.applied()), living.in_psa_now()
    living.control("add-seats", TENANT, "SPB", "1")
    point.set_trap(living)
    run_id = living.begin_night()
    living.wait_until_killed()
    assert living.in_psa_now() == before + point.applied
    living.restart()
    living.night_ended(run_id)
    assert living.line().state is (LineState.UNKNOWN if point.person else LineState.IN_STEP)
    assert living.say_what_autotask_shows() == point.person
    if point.person:
        living.night()
    assert (living.in_psa_now(), len(living.applied())) == (before + 1, writes_before + 1)
    account, now = living.account(), living.stage.clock.now()
    quantities, ledger = living.in_psa(TENANT), invariants.ledger_of(living.tables, DEMO)
    assert not invariants.i1_every_line_is_in_step_or_says_why(living.tables, account, quantities, now)
    assert {line.state for line in living.lines()} == {LineState.IN_STEP}
    assert not invariants.i2_every_intent_is_applied_at_most_once(living.tables, DEMO, living.applied())
    assert not invariants.i4_no_write_without_an_intent_before_it(living.tables, DEMO, living.applied())
    assert not invariants.i4_the_ledger_was_only_appended(ledger_before, ledger)


def test_a_line_that_ends_while_the_host_is_killed_loses_its_seats_once(living: OneCustomer) -> None:
    def trap() -> None:
        living.kill_at_vendor(method="POST", path=ADJUSTMENTS)

    there, kept = ended_although_the_host_is_killed(living, TENANT, trap)
    assert kept.is_ended
    assert kept.ending is not None
    assert there.last_day == kept.ending.last_day
    assert there.quantity == 0
    writes = living.stage.stand_ins.control("autotask_writes")
    assert [row["after"] for row in writes if str(row["service"]) == kept.line_id][-1] == 0
    assert not invariants.i2_every_intent_is_applied_at_most_once(
        living.tables, DEMO, [write for write in living.applied() if write.line_id != kept.line_id]
    )
