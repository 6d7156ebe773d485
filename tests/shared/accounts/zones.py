"""Zones worth a test: one per distinct history of offsets from 2026 to 2030, and when the clocks of each change."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

FIRST, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
PLACEHOLDERS = {"localtime", "Factory"}
"""Names that mean another zone on each machine, or none."""


@cache
def histories() -> dict[str, tuple[datetime, ...]]:
    """The first zone of each history, and when its clocks change."""
    found: dict[tuple[tuple[datetime, timedelta], ...], str] = {}
    for name in sorted(available_timezones() - PLACEHOLDERS):
        found.setdefault(tuple(_offsets(ZoneInfo(name))), name)
    return {name: tuple(at for at, _ in history[1:]) for history, name in found.items()}


def _offsets(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta]]:
    """The first offset and every later one with its instant. No zone changes twice within a week."""
    yield FIRST, _offset(FIRST, zone)
    weeks = range((END - FIRST) // WEEK + 1)
    for before, after in pairwise(FIRST + n * WEEK for n in weeks):
        new = _offset(after, zone)
        if _offset(before, zone) != new:
            changed = partial(_has, zone, new, before)
            yield before + bisect_left(range(WEEK // MINUTE), True, key=changed) * MINUTE, new


def _has(zone: ZoneInfo, offset: timedelta, start: datetime, minutes: int) -> bool:
    return _offset(start + minutes * MINUTE, zone) == offset


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
