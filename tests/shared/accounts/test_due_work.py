"""What a tick starts: once per period, late or doubled ticks included, and a digest after its run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.accounts import due_work, runs
from shared.accounts.account import Account
from shared.accounts.preferences import DigestSettings, Frequency
from shared.accounts.runs import RUN_LIMIT, Run, RunState
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from shared.storage.tables import Key, Row

SYNC = datetime(2026, 3, 3, 2, tzinfo=UTC)
DIGEST = datetime(2026, 3, 3, 7, tzinfo=UTC)
TUESDAY = date(2026, 3, 3)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tables() -> MemoryTables:
    return MemoryTables()


def an_account(frequency: Frequency = Frequency.DAILY, since: datetime = SYNC - timedelta(days=9)) -> Account:
    return Account(
        id=account_id("northwind-msp"),
        name="Northwind",
        since=since,
        timezone="UTC",
        digest=DigestSettings(recipients=("a@msp.example.com",), frequency=frequency),
    )


def run_of(tables: MemoryTables, on: date, state: RunState = RunState.CLOSED) -> Run:
    started = datetime(on.year, on.month, on.day, 2, tzinfo=UTC)
    closed = started if state is RunState.CLOSED else None
    run = Run(id=on.isoformat(), on=on, started_at=started, state=state, closed_at=closed)
    return runs.start(tables, an_account().id, run)


def test_a_night_is_started_at_its_hour_and_not_before(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY - timedelta(days=1))
    assert due_work.of(tables, an_account(), SYNC - MINUTE).run_on is None
    assert due_work.of(tables, an_account(), SYNC).run_on == TUESDAY


def test_a_late_tick_starts_the_newest_missed_night_only(tables: MemoryTables) -> None:
    assert due_work.of(tables, an_account(), SYNC + timedelta(days=3, hours=5)).run_on == date(2026, 3, 6)


def test_a_doubled_tick_starts_nothing_twice(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY, RunState.READING)
    assert due_work.of(tables, an_account(), SYNC + MINUTE).run_on is None


def test_a_run_whose_time_is_over_is_asked_to_end(tables: MemoryTables) -> None:
    run = run_of(tables, TUESDAY, RunState.PUSHING)
    assert due_work.of(tables, an_account(), SYNC + RUN_LIMIT).stuck == ()
    assert due_work.of(tables, an_account(), SYNC + RUN_LIMIT + MINUTE).stuck == (run,)


def test_a_run_of_the_day_whose_message_was_lost_is_asked_to_end_too(tables: MemoryTables) -> None:
    night = run_of(tables, TUESDAY)
    approved = Run(
        id="approved-1", on=TUESDAY, started_at=DIGEST, nightly=False, tenants=(), state=RunState.PUSHING
    )
    runs.start(tables, an_account().id, approved)
    late = DIGEST + RUN_LIMIT + MINUTE
    assert due_work.of(tables, an_account(), late).stuck == (approved,)
    closed = {"state": RunState.CLOSED, "closed_at": late}
    for one in (approved, night):
        runs.update(tables, an_account().id, one.id, lambda run: run.model_copy(update=closed))
    assert due_work.of(tables, an_account(), late + MINUTE).stuck == ()


def test_a_run_that_cannot_end_is_asked_for_a_day_and_then_left(tables: MemoryTables) -> None:
    """What fails all day long fails for a reason that waiting does not mend; its poisoned messages are told."""
    run = run_of(tables, TUESDAY, RunState.PUSHING)
    over = SYNC + RUN_LIMIT
    assert due_work.of(tables, an_account(), over + timedelta(days=1)).stuck == (run,)
    assert due_work.of(tables, an_account(), over + timedelta(days=1, minutes=1)).stuck == ()


def test_a_tick_reads_no_run_that_closed(tables: MemoryTables) -> None:
    """It comes every quarter of an hour, and runs are kept for two years."""
    run_of(tables, TUESDAY)
    for day in range(300):
        run_of(tables, TUESDAY - timedelta(days=1 + day))
    seen: list[int] = []

    class Counting(MemoryTables):
        def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
            found = list(tables.rows(partition, prefix, after))
            seen.append(len(found))
            return iter(found)

        def get(self, key: Key) -> Row | None:
            seen.append(1)
            return tables.get(key)

    due_work.of(Counting(), an_account(), SYNC + MINUTE)
    assert sum(seen) <= 4


def test_a_digest_waits_for_its_run_to_close_but_not_longer_than_three_hours(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY, RunState.PUSHING)
    assert due_work.of(tables, an_account(), DIGEST).digest_on is None
    assert due_work.of(tables, an_account(), DIGEST + timedelta(hours=3)).digest_on == TUESDAY


def test_a_digest_goes_once_per_due_date(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY)
    assert due_work.of(tables, an_account(), DIGEST).digest_on == TUESDAY
    due_work.advance(tables, an_account(), digest_on=TUESDAY)
    assert due_work.of(tables, an_account(), DIGEST + timedelta(hours=9)).digest_on is None
    due_work.advance(tables, an_account(), digest_on=TUESDAY - timedelta(days=5))
    assert due_work.of(tables, an_account(), DIGEST + timedelta(hours=9)).digest_on is None


def test_a_weekly_digest_that_was_missed_on_monday_goes_on_tuesday(tables: MemoryTables) -> None:
    monday = TUESDAY - timedelta(days=1)
    run_of(tables, monday)
    assert due_work.of(tables, an_account(Frequency.WEEKLY), DIGEST).digest_on == monday


def test_no_digest_was_due_before_the_account_began(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY)
    young = an_account(since=DIGEST + MINUTE)
    assert due_work.of(tables, young, DIGEST + timedelta(hours=4)).digest_on is None


def test_a_digest_hour_before_the_sync_hour_waits_for_the_run_of_the_day_before(tables: MemoryTables) -> None:
    account = an_account().model_copy(update={"sync_hour": 22})
    run_of(tables, TUESDAY - timedelta(days=1))
    assert due_work.of(tables, account, DIGEST).digest_on == TUESDAY


def test_old_rows_are_deleted_once_after_each_run_that_closed(tables: MemoryTables) -> None:
    run_of(tables, TUESDAY - timedelta(days=1), RunState.PUSHING)
    assert due_work.of(tables, an_account(), SYNC - MINUTE).clean_on is None
    run_of(tables, TUESDAY)
    assert due_work.of(tables, an_account(), SYNC + MINUTE).clean_on == TUESDAY
    due_work.advance(tables, an_account(), cleaned_on=TUESDAY)
    assert due_work.of(tables, an_account(), SYNC + MINUTE).clean_on is None
    assert due_work.of(tables, an_account(), DIGEST).digest_on == TUESDAY
