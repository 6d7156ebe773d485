"""Every zone of the world from 2026 to 2030: a period is due once, whatever the clocks and the ticks do."""

import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from shared.accounts.local_time import local_instant, newest_due
from shared.accounts.preferences import Frequency
from tests.shared.accounts.zones import END, FIRST, histories

TICK, SECOND, DAY, HOUR = timedelta(minutes=15), timedelta(seconds=1), timedelta(days=1), timedelta(hours=1)
AROUND = 2 * DAY
DATES = [FIRST.date() + n * DAY for n in range((END - FIRST).days)]
BEGINS = {
    Frequency.WEEKLY: [day for day in DATES if day.weekday() == 0],
    Frequency.MONTHLY: [day for day in DATES if day.day == 1],
}


def ticks(middle: datetime) -> list[datetime]:
    return [middle - AROUND + n * TICK for n in range(2 * AROUND // TICK)]


def furthest(instants: list[datetime], zone: ZoneInfo) -> list[datetime]:
    """What the local clock has shown at most by each instant: an hour that is repeated does not count again."""
    shown: list[datetime] = []
    for at in instants:
        wall = at.astimezone(zone).replace(tzinfo=None)
        shown.append(max(wall, shown[-1]) if shown else wall)
    return shown


def test_the_world_has_many_histories_and_those_known_to_be_odd_are_among_them() -> None:
    changes = {at.astimezone(UTC) for times in histories().values() for at in times}
    assert len(histories()) > 50
    assert all(at.minute % 15 == 0 for at in changes)  # so that ticks meet every change
    assert sum(1 for times in histories().values() if len(times) >= 8) > 25


@pytest.mark.parametrize("name", histories())
def test_around_each_change_a_date_is_due_when_the_clock_first_shows_the_hour(name: str) -> None:
    zone = ZoneInfo(name)
    for change in histories()[name]:
        instants = ticks(change)
        shown = furthest(instants, zone)
        for day in {wall.date() for wall in shown[96:-96]}:
            for hour in range(24):
                first = bisect_left(shown, datetime(day.year, day.month, day.day, hour))  # noqa: DTZ001
                at = local_instant(day, hour, zone).astimezone(UTC)
                assert at == instants[first], (day, hour)
                assert newest_due(at, hour, zone) == day
                assert newest_due(at - SECOND, hour, zone) == day - DAY


@pytest.mark.parametrize("name", histories())
def test_each_date_of_five_years_is_due_once_and_in_order(name: str) -> None:
    zone = ZoneInfo(name)
    hour = random.Random(name).randrange(24)
    due = [local_instant(day, hour, zone).astimezone(UTC) for day in DATES]
    for day, at in zip(DATES, due, strict=True):
        assert newest_due(at, hour, zone) == day
        assert newest_due(at - SECOND, hour, zone) == day - DAY
    assert all(timedelta(hours=21) < later - before < timedelta(hours=27) for before, later in pairwise(due))


@pytest.mark.parametrize("frequency", BEGINS)
@pytest.mark.parametrize("name", histories())
def test_each_week_and_month_of_five_years_is_due_once_and_in_order(name: str, frequency: Frequency) -> None:
    zone = ZoneInfo(name)
    for hour in (0, 2, 7, 23):
        for before, day in pairwise(BEGINS[frequency]):
            at = local_instant(day, hour, zone).astimezone(UTC)
            assert newest_due(at, hour, zone, frequency) == day
            assert newest_due(at - SECOND, hour, zone, frequency) == before
