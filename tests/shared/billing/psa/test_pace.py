"""Staying below a PSA's rate limit without holding up what has begun."""

from datetime import UTC, datetime, timedelta

from shared.billing.psa.pace import Pace, pace_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_work_begins_at_once_below_the_limit() -> None:
    pace = Pace(3)
    pace.count(NOON)
    pace.count(NOON)
    assert pace.pause(NOON) == timedelta()


def test_at_the_limit_new_work_waits_until_the_oldest_call_is_a_minute_ago() -> None:
    pace = Pace(3)
    for second in range(3):
        pace.count(NOON + second * SECOND)
    assert pace.pause(NOON + 10 * SECOND) == 50 * SECOND
    assert pace.pause(NOON + 60 * SECOND) == timedelta()


def test_what_had_begun_and_went_above_the_limit_is_waited_for_too() -> None:
    pace = Pace(3)
    for second in range(5):
        pace.count(NOON + second * SECOND)
    assert pace.pause(NOON + 10 * SECOND) == 52 * SECOND


def test_all_connections_to_one_database_share_one_pace() -> None:
    assert pace_of("na/acme", 5) is pace_of("na/acme", 5)
    assert pace_of("na/acme", 5) is not pace_of("eu/acme", 5)


def test_a_longer_window_counts_the_calls_of_all_of_it() -> None:
    pace = Pace(2, 5 * MINUTE)
    pace.count(NOON)
    pace.count(NOON + MINUTE)
    assert pace.pause(NOON + 2 * MINUTE) == 3 * MINUTE
    pace.count(NOON + 2 * MINUTE)
    assert pace.pause(NOON + 4 * MINUTE) == 2 * MINUTE
    assert pace.pause(NOON + 6 * MINUTE) == timedelta()
