"""The host is killed at the moments that hurt most; after a restart nothing is lost, doubled or wrong.

Each test is one night or morning of the same MSP of two customers. The kill comes from outside: from the storage proxy
or from a stand-in, on the request that marks the moment.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.queues.edge import send
from functions.queues.messages import SendMail
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.accounts import runs
from shared.accounts.runs import RunState
from shared.billing.models import LedgerEntry, LineRecord, LineState
from shared.billing.psa_connections import psa_connections, save_psa_connection
from shared.mail.records import MailState
from tests import invariants
from tests.journeys.living import DEMO, SHORT_WAITS
from tests.journeys.mortal import Mortal, ProxiedStage, sends_by_sendgrid
from tests.journeys.storage_proxy import StorageProxy
from tests.killed.ending import ended_although_the_host_is_killed

pytestmark = pytest.mark.processes

WORLD = "wide:2"
FIRST, SECOND = (tenant.name for tenant in world_named(WORLD).tenants)


class TwoCustomers(Mortal):
    """The sandbox of these tests, of which one line is watched."""

    def line(self) -> LineRecord:
        """The line of the first customer's largest SKU: the one that changes in every test."""
        return max(self.lines(FIRST), key=lambda line: line.confirmed or 0)

    def in_psa_now(self) -> int:
        return self.in_psa(FIRST)[self.line().line_id]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCustomers]:
    """One sandbox for all tests here, after a first whole day."""
    state = tmp_path_factory.mktemp("killed")
    with ProxiedStage(state, WORLD, settings={**SHORT_WAITS, **sends_by_sendgrid(WORLD)}) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        with StorageProxy(stage.azurite.connection_string) as proxy:
            stage.proxy = proxy
            living = TwoCustomers(stage, proxy)
            living.night()
            living.morning()
            yield living
            living.host.stop()  # before its way to the storage is gone


@pytest.fixture
def living(sandbox: TwoCustomers) -> TwoCustomers:
    """The sandbox with a host that lives, whatever the test before left behind."""
    sandbox.no_faults()
    if not sandbox.host.alive():
        sandbox.restart()
    return sandbox


# -- what must hold afterwards


def assert_everything_holds(living: TwoCustomers, ledger_before: list[LedgerEntry]) -> None:
    """I1, I2, I4 and I8, and that every line has come to rest: whatever was unclear has been settled."""
    account, now = living.account(), living.stage.clock.now()
    quantities = {**living.in_psa(FIRST), **living.in_psa(SECOND)}
    ledger, applied = invariants.ledger_of(living.tables, DEMO), living.applied()
    assert not invariants.i1_every_line_is_in_step_or_says_why(living.tables, account, quantities, now)
    assert {line.state for line in living.lines()} == {LineState.IN_STEP}
    assert not invariants.i2_every_intent_is_applied_at_most_once(living.tables, DEMO, applied)
    assert not invariants.i4_no_write_without_an_intent_before_it(living.tables, DEMO, applied)
    assert not invariants.i4_the_ledger_was_only_appended(ledger_before, ledger)
    sent = Counter(mail["custom_args"]["mail_id"] for mail in living.accepted_mails())
    assert set(sent.values()) <= {1}


# -- at night


@dataclass(frozen=True)
class Point:
    """A moment of the night: how the kill is set, and what is seen of it while the host is dead."""

    name: str
    set_trap: Callable[[TwoCustomers], None]
    is_seen: Callable[[TwoCustomers, str], bool]


def _is_read_but_not_planned(living: TwoCustomers, run_id: str) -> bool:
    read = [head.run for head in living.heads() if head.snapshot and head.snapshot.doubts == ()]
    return run_id in read and runs.get(living.tables, DEMO, run_id).state is RunState.READING


def _is_intended(living: TwoCustomers, applied: bool) -> bool:
    line = living.line()
    if line.intent is None:
        return False
    wanted = line.intent.write.after if applied else line.intent.write.before
    return living.in_psa_now() == wanted


def _is_confirmed(living: TwoCustomers, run_id: str) -> bool:
    line = living.line()
    return line.intent is None and line.written_in == run_id and living.in_psa_now() == line.confirmed


POINTS = [
    Point(
        "a snapshot is stored, the plan is not",
        lambda living: living.kill_at_storage(
            carried_out=True, body=rf"day\|{living.tenant_id(FIRST)}\|", path=r"\$batch"
        ),
        _is_read_but_not_planned,
    ),
    Point(
        "the plan is stored, the run is not handed over",
        lambda living: living.kill_at_storage(carried_out=False, path=r"runs", body="pushing"),
        _is_read_but_not_planned,
    ),
    Point(
        "the intent is stored, the request is not sent",
        lambda living: living.kill_at_storage(
            carried_out=True, body=rf"log\|{living.agreement(FIRST)}\|.*\|intended", path=r"\$batch"
        ),
        lambda living, _: _is_intended(living, applied=False),
    ),
    Point(
        "the request arrived, the PSA did not apply it",
        lambda living: living.kill_at_vendor_before_it_applies(
            method="PATCH", path=f"/agreements/{living.agreement(FIRST)}/"
        ),
        lambda living, _: _is_intended(living, applied=False),
    ),
    Point(
        "the PSA has applied it, its answer is not sent",
        lambda living: living.kill_at_vendor(method="PATCH", path=f"/agreements/{living.agreement(FIRST)}/"),
        lambda living, _: _is_intended(living, applied=True),
    ),
    Point(
        "the answer is there, it is not read back",
        lambda living: living.kill_at_vendor(
            method="GET", path=rf"/agreements/{living.agreement(FIRST)}/additions/\d+"
        ),
        lambda living, _: _is_intended(living, applied=True),
    ),
    Point(
        "it is read back, the ledger does not say so",
        lambda living: living.kill_at_storage(
            carried_out=False, body=rf"log\|{living.agreement(FIRST)}\|.*\|confirmed", path=r"\$batch"
        ),
        lambda living, _: _is_intended(living, applied=True),
    ),
    Point(
        "the ledger says so, nothing else does",
        lambda living: living.kill_at_storage(
            carried_out=True, body=rf"log\|{living.agreement(FIRST)}\|.*\|confirmed", path=r"\$batch"
        ),
        _is_confirmed,
    ),
    Point(
        "the run is closed, the message is not deleted",
        lambda living: living.kill_at_storage(
            carried_out=False, method="DELETE", path="/push-connection/messages/"
        ),
        _is_confirmed,
    ),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_a_night_on_which_the_host_is_killed_ends_well_after_a_restart(
    point: Point, living: TwoCustomers
) -> None:
    ledger_before = invariants.ledger_of(living.tables, DEMO)
    writes_before, wanted = len(living.applied()), living.in_psa_now() + 1
    living.control("add-seats", FIRST, "SPB", "1")
    living.control("add-seats", SECOND, "SPB", "1")
    point.set_trap(living)
    run_id = living.begin_night()
    living.wait_until_killed()
    assert point.is_seen(living, run_id)
    living.restart()
    run = living.night_ended(run_id)
    assert (run.read, run.lines.failed) == (2, 0)
    assert living.in_psa_now() == wanted
    assert len(living.applied()) == writes_before + 2
    assert_everything_holds(living, ledger_before)


# -- in the morning


@dataclass(frozen=True)
class MailPoint:
    """A moment of the mail's way, and whether the provider has it while the host is dead."""

    name: str
    body: str
    carried_out: bool
    accepted: bool


MAIL_POINTS = [
    MailPoint("the mail is marked as leaving, it is not sent", "sending", True, False),
    MailPoint("the provider has accepted it, it is not marked", "done", False, True),
]


@pytest.mark.parametrize("point", MAIL_POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_a_mail_at_whose_sending_the_host_is_killed_is_never_sent_twice_and_its_rows_come_in_the_next(
    point: MailPoint, living: TwoCustomers
) -> None:
    newcomer = f"Newcomer {MAIL_POINTS.index(point)} Ltd"
    living.control("add-tenant", newcomer)
    living.night()
    ledger_before, mails_before = invariants.ledger_of(living.tables, DEMO), len(living.accepted_mails())
    living.kill_at_storage(path=r"\$batch", body=point.body, carried_out=point.carried_out)
    on = living.begin_morning()
    living.wait_until_killed()
    assert living.mail_row(on).state is MailState.SENDING
    assert len(living.accepted_mails()) == mails_before + point.accepted
    living.restart()

    living.stage.clock.move_by(timedelta(minutes=15))
    living.host.tick()
    living.morning_ended(on)
    assert living.mail_row(on).state is MailState.UNKNOWN
    assert len(living.accepted_mails()) == mails_before + point.accepted

    send(living.stage.wiring, SendMail(account=DEMO, on=on, due=True))  # the same message comes once more
    living.night()
    living.morning()
    told = living.accepted_mails()[mails_before:]
    assert len(told) == 1 + point.accepted
    assert newcomer in _text(told[-1])
    assert all(newcomer in _text(mail) for mail in told)
    assert_everything_holds(living, ledger_before)

    living.night()
    living.morning()
    assert len(living.accepted_mails()) == mails_before + len(told)  # and then it is quiet


def _text(mail: dict[str, Any]) -> str:
    return next(str(part["value"]) for part in mail["content"] if part["type"] == "text/plain")


def test_seats_of_a_billed_period_are_one_second_line_although_the_host_is_killed_after_it(
    living: TwoCustomers,
) -> None:
    _bill_in_advance(living)
    living.stage.stand_ins.control("set_prorate", agreement=SECOND)
    ledger_before, before = invariants.ledger_of(living.tables, DEMO), living.in_psa(SECOND)
    line = max(living.lines(SECOND), key=lambda line: line.confirmed or 0)
    living.control("add-seats", SECOND, "SPB", "1")
    living.kill_at_vendor(method="POST", path=f"/agreements/{living.agreement(SECOND)}/additions")
    run_id = living.begin_night()
    living.wait_until_killed()
    (second,) = living.in_psa(SECOND).keys() - before.keys()
    assert living.in_psa(SECOND) == {**before, second: 1}
    living.restart()
    living.night_ended(run_id)
    living.night()
    assert living.in_psa(SECOND) == {**before, second: 1, line.line_id: before[line.line_id] + 1}
    assert_everything_holds(living, ledger_before)


def _bill_in_advance(living: TwoCustomers) -> None:
    """The owner says of which types the invoice is for the period that begins."""
    (connection,) = psa_connections(living.tables, DEMO)
    settings = {**json.loads(connection.settings_json), "billed_in_advance": "Microsoft 365"}
    changed = connection.model_copy(update={"settings_json": json.dumps(settings)})
    save_psa_connection(living.tables, DEMO, changed)


def test_a_line_that_ends_while_the_host_is_killed_ends_on_its_day(living: TwoCustomers) -> None:
    def trap() -> None:
        living.kill_at_vendor(method="PATCH", path="/additions/")

    there, kept = ended_although_the_host_is_killed(living, SECOND, trap)
    assert kept.is_ended
    assert kept.ending is not None
    assert there.ends == kept.ending.last_day
    assert there.quantity == kept.confirmed
