"""Timers follow the sandbox's clock: once when due, once for all that was missed, never two at a time."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import SandboxClock
from tests.sandbox.host.conftest import RunningHost, StartHost, eventually

pytestmark = [pytest.mark.azurite, pytest.mark.processes]

# Ten minutes before each quarter, no timer of the sample app comes up by itself during a test.
NOON = datetime(2026, 11, 22, 12, 5, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> SandboxClock:
    clock = SandboxClock(tmp_path)
    clock.move_to(NOON)
    return clock


@pytest.fixture
def timed(start_host: StartHost, clock: SandboxClock, tmp_path: Path) -> RunningHost:
    host = start_host("--state", str(tmp_path))
    assert eventually((tmp_path / "timers.json").exists)
    return host


def test_a_timer_runs_when_the_clock_comes_to_its_time(timed: RunningHost, clock: SandboxClock) -> None:
    clock.move_to(datetime(2026, 11, 22, 12, 14, 58, tzinfo=UTC))
    (ran,) = timed.noted("tick")
    assert ran["past_due"] is False
    assert ran["status"]["Last"] == "0001-01-01T00:00:00"
    assert ran["status"]["Next"] == "2026-11-22T12:15:00+00:00"


def test_a_jump_of_the_clock_makes_one_run_that_is_past_due(
    timed: RunningHost, clock: SandboxClock, tmp_path: Path
) -> None:
    clock.move_by(timedelta(hours=5))
    (ran,) = timed.noted("tick")
    assert ran["past_due"] is True
    timed.noted("ticked")
    time.sleep(0.8)
    assert len(timed.notes("tick")) == 1
    assert _next(tmp_path) == datetime(2026, 11, 22, 17, 15, tzinfo=UTC)


def test_a_host_that_was_down_makes_up_for_a_missed_run(
    timed: RunningHost, start_host: StartHost, clock: SandboxClock, tmp_path: Path
) -> None:
    timed.end()
    clock.move_by(timedelta(hours=1))
    restarted = start_host("--state", str(tmp_path))
    (ran,) = restarted.noted("tick")
    assert ran["past_due"] is True


def test_a_timer_without_a_monitor_does_not_make_up(
    timed: RunningHost, start_host: StartHost, clock: SandboxClock, tmp_path: Path
) -> None:
    timed.end()
    clock.move_by(timedelta(days=1))
    restarted = start_host("--state", str(tmp_path))
    restarted.noted("ticked")
    assert restarted.notes("failing_tick") == []


def test_a_failing_run_does_not_stop_the_schedule(timed: RunningHost, clock: SandboxClock) -> None:
    clock.move_by(timedelta(days=1))
    timed.noted("failing_tick")
    clock.move_by(timedelta(days=1))
    assert len(timed.noted("failing_tick", 2)) == 2


def test_what_comes_due_during_a_run_is_made_up_for(timed: RunningHost, clock: SandboxClock) -> None:
    clock.move_by(timedelta(hours=1))
    timed.noted("tick")
    clock.move_by(timedelta(hours=1))
    assert [note["past_due"] for note in timed.noted("tick", 2)] == [True, True]


def test_a_clock_moved_back_brings_the_earlier_run(timed: RunningHost, clock: SandboxClock) -> None:
    clock.move_to(datetime(2026, 11, 21, 12, 14, 58, tzinfo=UTC))
    assert timed.noted("tick")[0]["past_due"] is False


def test_runs_started_by_hand_do_not_overlap(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host("--no-timers", "--state", str(tmp_path))
    for _ in range(3):
        assert host.start("tick").status_code == 202
    host.noted("ticked", 3)
    rows = [json.loads(line)["what"] for line in (tmp_path / "notes.jsonl").read_text().splitlines()]
    assert rows == ["tick", "ticked"] * 3


def test_without_timers_nothing_runs_by_itself(
    start_host: StartHost, clock: SandboxClock, tmp_path: Path
) -> None:
    host = start_host("--no-timers", "--state", str(tmp_path))
    clock.move_by(timedelta(days=1))
    time.sleep(0.8)
    assert host.notes("tick") == []


def _next(state: Path) -> datetime:
    return datetime.fromisoformat(json.loads((state / "timers.json").read_text())["tick"]["next"])
