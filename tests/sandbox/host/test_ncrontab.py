"""Schedules are read as Azure reads them, which differs from every other cron."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.host.ncrontab import Schedule, ScheduleError

START = datetime(2026, 1, 1, tzinfo=UTC)


def occurrences(expression: str, count: int, start: datetime = START) -> list[str]:
    schedule, found, at = Schedule.parse(expression), [], start
    for _ in range(count):
        after = schedule.next_after(at)
        assert after is not None
        at = after
        found.append(at.strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    "expression,expected",
    [
        ("0 */15 * * * *", ["2026-01-01 00:15:00", "2026-01-01 00:30:00", "2026-01-01 00:45:00"]),
        ("*/15 * * * *", ["2026-01-01 00:15:00", "2026-01-01 00:30:00"]),
        ("30 5 2 * * *", ["2026-01-01 02:05:30", "2026-01-02 02:05:30"]),
        ("0 0 0 1 * *", ["2026-02-01 00:00:00", "2026-03-01 00:00:00"]),
        ("0 0 0 29 2 *", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("0 0 9 * * 1-5", ["2026-01-01 09:00:00", "2026-01-02 09:00:00", "2026-01-05 09:00:00"]),
        ("0 0 9 * * 0", ["2026-01-04 09:00:00"]),
        ("0 0 9 * * Tuesday", ["2026-01-06 09:00:00"]),
        ("0 0 9 * sept tue", ["2026-09-01 09:00:00"]),
        (
            "0 50/4 0 * * *",
            ["2026-01-01 00:50:00", "2026-01-01 00:54:00", "2026-01-01 00:58:00", "2026-01-02 00:50:00"],
        ),
        ("0 0 20-22/2,5 * * *", ["2026-01-01 05:00:00", "2026-01-01 20:00:00", "2026-01-01 22:00:00"]),
        ("0 0 0 * 12-11 *", ["2026-11-01 00:00:00"]),
        ("59 59 23 31 12 *", ["2026-12-31 23:59:59", "2027-12-31 23:59:59"]),
    ],
)
def test_occurrences_come_in_order(expression: str, expected: list[str]) -> None:
    assert occurrences(expression, len(expected)) == expected


def test_day_of_month_and_weekday_must_both_match() -> None:
    assert occurrences("0 15 10 13 * Fri", 2) == ["2026-02-13 10:15:00", "2026-03-13 10:15:00"]


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * * *", "* * * * * * *", "60 * * * * *", "0 0 24 * * *", "0 0 0 0 * *", "0 0 0 32 * *", "0 0 0 * 13 *",
        "0 0 0 * * 7", "0 0 0 L * *", "0 0 0 ? * *", "0 0 0 * * 5#2", "@daily", "00:05:00", "0 0 0 * * someday",
        "0 1,,2 * * * *", "0 /5 * * * *", "0 */x * * * *", "0 1- * * * *", "0 ² * * * *",
    ],
)  # fmt: skip
def test_what_azure_refuses_is_refused_with_a_sentence(expression: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        Schedule.parse(expression)
    assert str(refused.value).endswith(".")


def test_a_day_that_never_comes_is_never() -> None:
    assert Schedule.parse("0 0 0 30 2 *").next_after(START) is None


def field(least: int, most: int) -> st.SearchStrategy[str]:
    value = st.integers(least, most)
    span = st.tuples(value, value).map(lambda pair: f"{min(pair)}-{max(pair)}")
    one = st.one_of(st.just("*"), value.map(str), span)
    stepped = st.tuples(one, st.integers(1, 70)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(one, stepped), min_size=1, max_size=3).map(",".join)


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
SCHEDULES = st.tuples(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12)).map(
    lambda texts: " ".join(texts) + " *"
)


def matches(schedule: Schedule, at: datetime) -> bool:
    return (
        at.second in schedule.seconds
        and at.minute in schedule.minutes
        and at.hour in schedule.hours
        and at.day in schedule.days
        and at.month in schedule.months
        and at.isoweekday() % 7 in schedule.weekdays
    )


@given(SCHEDULES, INSTANTS)
def test_the_next_occurrence_is_later_and_matches_every_field(expression: str, at: datetime) -> None:
    schedule = Schedule.parse(expression)
    found = schedule.next_after(at)
    assert found is not None
    assert found > at
    assert matches(schedule, found)


@given(field(0, 59), field(0, 23), INSTANTS)
def test_no_occurrence_within_a_day_is_left_out(minute: str, hour: str, at: datetime) -> None:
    schedule = Schedule.parse(f"0 {minute} {hour} * * *")
    start = at.replace(second=0, microsecond=0)
    every = [start + timedelta(minutes=count) for count in range(1, 2 * 24 * 60)]
    expected = [instant for instant in every if matches(schedule, instant)]
    found, point = [], start
    while (after := schedule.next_after(point)) and after <= every[-1]:
        found.append(after)
        point = after
    assert found == expected


@given(SCHEDULES, INSTANTS)
def test_occurrences_never_stand_still(expression: str, at: datetime) -> None:
    schedule = Schedule.parse(expression)
    found = [at]
    for _ in range(5):
        after = schedule.next_after(found[-1])
        assert after is not None
        found.append(after)
    assert all(earlier < later for earlier, later in pairwise(found))
