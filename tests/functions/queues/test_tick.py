"""What one account's check asks for: each thing that is due, and nothing when nothing is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from functions.queues import tick
from functions.queues.messages import (
    CheckAccount,
    CleanUp,
    CloseRun,
    Evaluate,
    PushConnection,
    QueuedWork,
    SendMail,
    StartRun,
)
from shared.accounts import due_work, runs
from shared.accounts.account import Account
from shared.accounts.directory import save_account
from shared.accounts.preferences import DigestSettings
from shared.accounts.runs import Run, RunState
from shared.alerts.models import Evaluation
from shared.storage import keys
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from shared.storage.tables import Put
from tests.functions.memory_wiring import MemoryWiring

MSP = account_id("northwind")
NIGHT = date(2026, 3, 2)
AT_TWO = datetime(2026, 3, 2, 2, tzinfo=UTC)
"""When the night's sync is due, in the zone of the account."""
AT_SEVEN = AT_TWO + timedelta(hours=5)
ACCOUNT = Account(
    id=MSP,
    name="Northwind",
    since=AT_TWO - timedelta(days=30),
    timezone="UTC",
    digest=DigestSettings(recipients=("clerk@northwind.example",)),
)


@pytest.fixture
def tables() -> MemoryTables:
    store = MemoryTables()
    save_account(store, ACCOUNT)
    due_work.advance(
        store, ACCOUNT, digest_on=NIGHT - timedelta(days=1), cleaned_on=NIGHT - timedelta(days=1)
    )
    return store


def check(tables: MemoryTables, now: datetime) -> list[QueuedWork]:
    return list(tick.messages_due(MemoryWiring(now=now, tables=tables), CheckAccount(account=MSP)))


def night(tables: MemoryTables, state: RunState, connections: tuple[str, ...] = ()) -> None:
    closed = AT_TWO + timedelta(hours=1) if state is RunState.CLOSED else None
    run = Run(
        id="2026-03-02", on=NIGHT, started_at=AT_TWO, state=state, connections=connections, closed_at=closed
    )
    runs.start(tables, MSP, run)


def judged(tables: MemoryTables, at: datetime, urgent_at: datetime | None = None) -> None:
    evaluation = Evaluation(
        at=at,
        run_id="2026-03-02",
        tenants_read=1,
        tenants_not_read=0,
        on_date=NIGHT,
        overdue_at=at + timedelta(hours=26),
        urgent_at=urgent_at,
    )
    tables.commit([Put(keys.evaluation(MSP), evaluation)])


def test_a_night_that_is_due_is_started(tables: MemoryTables) -> None:
    assert check(tables, AT_TWO) == [StartRun(account=MSP, run="2026-03-02", on=NIGHT)]


def test_a_night_that_runs_is_not_started_again(tables: MemoryTables) -> None:
    night(tables, RunState.READING)
    assert check(tables, AT_TWO + timedelta(minutes=15)) == []


def test_a_reading_that_is_past_its_time_is_asked_to_end(tables: MemoryTables) -> None:
    night(tables, RunState.READING)
    assert CloseRun(account=MSP, run="2026-03-02") in check(tables, AT_TWO + timedelta(hours=3))


def test_a_push_that_is_past_its_time_is_asked_to_end_at_each_connection(tables: MemoryTables) -> None:
    night(tables, RunState.PUSHING, ("cw", "cw-2"))
    asked = check(tables, AT_TWO + timedelta(hours=3))
    assert [work.connection for work in asked if isinstance(work, PushConnection)] == ["cw", "cw-2"]


def test_the_digest_and_the_clean_up_follow_a_night_that_has_closed(tables: MemoryTables) -> None:
    night(tables, RunState.CLOSED)
    judged(tables, AT_TWO + timedelta(hours=1))
    assert check(tables, AT_SEVEN) == [
        SendMail(account=MSP, on=NIGHT, due=True),
        CleanUp(account=MSP, on=NIGHT),
    ]


def test_what_is_urgent_goes_at_the_next_check(tables: MemoryTables) -> None:
    night(tables, RunState.CLOSED)
    due_work.advance(tables, ACCOUNT, cleaned_on=NIGHT)
    judged(tables, AT_TWO + timedelta(hours=1), urgent_at=AT_TWO + timedelta(hours=1))
    assert check(tables, AT_TWO + timedelta(hours=2)) == [SendMail(account=MSP, on=NIGHT, due=False)]


def test_an_account_without_a_night_for_26_hours_is_judged_anew(tables: MemoryTables) -> None:
    night(tables, RunState.CLOSED)
    due_work.advance(tables, ACCOUNT, cleaned_on=NIGHT)
    judged(tables, AT_TWO + timedelta(hours=1))
    asked = check(tables, AT_TWO + timedelta(hours=28))
    assert Evaluate(account=MSP, run="2026-03-02") in asked
