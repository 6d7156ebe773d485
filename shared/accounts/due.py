"""What is due at a moment: pure functions of the account's zone, so that late, doubled and missed ticks do no harm."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.accounts.models import Frequency


def local_instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """When the local clock first shows that hour or later on that day: once per day, also across DST changes.

    An hour that the spring gap leaves out happens at the end of the gap; an hour that autumn repeats is the first one.
    """
    return datetime.combine(day, time(hour), tzinfo=zone)


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
