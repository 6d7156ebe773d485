"""What is due when: every zone, both clock changes, month ends, and ticks that come late, twice or not at all."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.local_time import local_instant, newest_due, next_due
from shared.accounts.preferences import Frequency

ZURICH = ZoneInfo("Europe/Zurich")
TICK = timedelta(minutes=15)

zones = st.sampled_from(
    [
        "UTC",
        "Europe/Zurich",
        "America/New_York",
        "America/Sao_Paulo",
        "America/Santiago",
        "America/Havana",
        "America/Nuuk",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Asia/Beirut",
        "Asia/Kathmandu",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    ]
).map(ZoneInfo)
hours = st.integers(0, 23)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
frequencies = st.sampled_from(Frequency)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_before_the_hour_yesterday_is_the_newest_due_date_and_from_the_hour_on_today() -> None:
    assert newest_due(utc(2026, 1, 10, 0, 59, 59), 2, ZURICH) == date(2026, 1, 9)
    assert newest_due(utc(2026, 1, 10, 1), 2, ZURICH) == date(2026, 1, 10)


def test_weekly_is_due_on_mondays_at_the_hour() -> None:
    monday = date(2026, 3, 2)
    assert newest_due(utc(2026, 3, 2, 5, 59), 7, ZURICH, Frequency.WEEKLY) == monday - timedelta(days=7)
    assert newest_due(utc(2026, 3, 2, 6), 7, ZURICH, Frequency.WEEKLY) == monday
    assert newest_due(utc(2026, 3, 8, 23), 7, ZURICH, Frequency.WEEKLY) == monday


def test_monthly_is_due_on_the_first_at_the_hour() -> None:
    assert newest_due(utc(2026, 3, 1, 5, 59), 7, ZURICH, Frequency.MONTHLY) == date(2026, 2, 1)
    assert newest_due(utc(2026, 3, 1, 6), 7, ZURICH, Frequency.MONTHLY) == date(2026, 3, 1)
    assert newest_due(utc(2026, 3, 31, 21), 7, ZURICH, Frequency.MONTHLY) == date(2026, 3, 1)


def test_the_leap_day_is_a_day_like_any_other_and_no_year_has_it_by_mistake() -> None:
    assert newest_due(utc(2028, 2, 29, 12), 2, ZURICH) == date(2028, 2, 29)
    assert newest_due(utc(2028, 3, 1, 0), 2, ZURICH) == date(2028, 2, 29)
    assert newest_due(utc(2027, 3, 1, 0), 2, ZURICH) == date(2027, 2, 28)


@pytest.mark.parametrize("year", [2026, 2027])
def test_the_last_day_of_the_year_runs_into_the_next(year: int) -> None:
    assert newest_due(utc(year, 12, 31, 23, 30), 2, ZURICH) == date(year, 12, 31)
    assert newest_due(utc(year + 1, 1, 1, 1), 2, ZURICH) == date(year + 1, 1, 1)


def test_an_hour_that_spring_leaves_out_is_due_when_the_gap_ends() -> None:
    # Zurich goes from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    assert newest_due(utc(2026, 3, 29, 0, 59), 2, ZURICH) == date(2026, 3, 28)
    assert newest_due(utc(2026, 3, 29, 1), 2, ZURICH) == date(2026, 3, 29)


def test_an_hour_that_autumn_repeats_is_due_at_its_first_time_only() -> None:
    # Zurich shows 02:00 on 25 October 2026 at 00:00 UTC and at 01:00 UTC.
    assert newest_due(utc(2026, 10, 24, 23, 59), 2, ZURICH) == date(2026, 10, 24)
    assert newest_due(utc(2026, 10, 25, 0), 2, ZURICH) == date(2026, 10, 25)
    assert newest_due(utc(2026, 10, 25, 1), 2, ZURICH) == date(2026, 10, 25)


@given(instants, hours, zones)
def test_what_is_due_is_due_already_and_the_next_is_not(now: datetime, hour: int, zone: ZoneInfo) -> None:
    day = newest_due(now, hour, zone)
    assert local_instant(day, hour, zone).astimezone(UTC) <= now
    following = next_due(now, hour, zone)
    assert following > now
    assert newest_due(following, hour, zone) == day + timedelta(days=1)
    assert newest_due(following - timedelta(seconds=1), hour, zone) == day


@given(instants, hours, zones, frequencies)
def test_a_later_tick_never_makes_an_earlier_date_due(
    now: datetime, hour: int, zone: ZoneInfo, frequency: Frequency
) -> None:
    assert newest_due(now, hour, zone, frequency) <= newest_due(now + TICK, hour, zone, frequency)


@given(instants, hours, zones)
def test_two_days_are_due_about_a_day_apart(now: datetime, hour: int, zone: ZoneInfo) -> None:
    first = next_due(now, hour, zone)
    second = next_due(first, hour, zone)
    assert timedelta(hours=22, minutes=59) <= second - first <= timedelta(hours=25, minutes=1)


@given(instants, hours, zones)
def test_a_week_begins_on_monday_and_a_month_on_the_first(now: datetime, hour: int, zone: ZoneInfo) -> None:
    day = newest_due(now, hour, zone)
    weekly = newest_due(now, hour, zone, Frequency.WEEKLY)
    monthly = newest_due(now, hour, zone, Frequency.MONTHLY)
    assert (weekly.weekday(), monthly.day) == (0, 1)
    assert timedelta() <= day - weekly <= timedelta(days=6)
    assert (monthly.year, monthly.month) == (day.year, day.month)


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 1)),
    hours,
    zones,
    st.lists(st.integers(0, 60 * 24 * 9), min_size=1, max_size=40),
)
def test_late_missed_and_doubled_ticks_give_each_date_at_most_once_and_the_newest_always(
    first: date, hour: int, zone: ZoneInfo, minutes: list[int]
) -> None:
    """The rule of the tick: due when newest_due > last done date; then that date is done."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    done: list[date] = []
    for at in [start + timedelta(minutes=n) for n in sorted(minutes) for _ in range(2)]:
        day = newest_due(at, hour, zone)
        if not done or day > done[-1]:
            done.append(day)
        assert done[-1] == day
    assert len(set(done)) == len(done)
