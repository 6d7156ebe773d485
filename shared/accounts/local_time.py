"""What is due at a moment: pure functions of the account's zone, so that late, doubled and missed ticks do no harm."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.accounts.preferences import Frequency

MINUTE = timedelta(minutes=1)


def local_instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When the local clock first shows that hour or later on that day: once per day, also across DST changes.

    An hour that the spring gap leaves out happens at the end of the gap; an hour that autumn repeats is the first one.
    """
    asked = datetime.combine(day, time(hour), tzinfo=zone)
    early, late = asked.replace(fold=1).astimezone(UTC), asked.astimezone(UTC)
    if early >= late:
        return asked
    # The hour is inside a gap, which ends between the two: Troll's takes two hours, Chatham's begins at a quarter to.
    wall = asked.replace(tzinfo=None)
    minutes = range((late - early) // MINUTE)
    past = bisect_left(
        minutes, True, key=lambda n: (early + n * MINUTE).astimezone(zone).replace(tzinfo=None) >= wall
    )
    return (early + past * MINUTE).astimezone(zone)


def newest_due(now: datetime, hour: int, zone: ZoneInfo, frequency: Frequency = Frequency.DAILY) -> date:
    """The newest local date whose due instant is not after `now`. Older missed dates are not made up for."""
    day = now.astimezone(zone).date()
    if local_instant(day, hour, zone).timestamp() > now.timestamp():
        day -= timedelta(days=1)
    match frequency:
        case Frequency.DAILY:
            return day
        case Frequency.WEEKLY:
            return day - timedelta(days=day.weekday())
        case Frequency.MONTHLY:
            return day.replace(day=1)


def next_due(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """The next daily due instant after `now` (UTC)."""
    day = newest_due(now, hour, zone) + timedelta(days=1)
    return datetime.fromtimestamp(local_instant(day, hour, zone).timestamp(), tz=now.tzinfo)
