"""How long a service asks us to wait."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(days=1)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Understand a Retry-After header: seconds, or a date of HTTP.

    None, too, for one that asks for no wait or names a time that is over: asked again at once, it would say the same.
    """
    if header is None:
        return None
    try:
        # A header that came twice, once of a proxy, is told as a list: whoever waits the longest waits for both.
        seconds = max(map(float, header.split(",")))
    except ValueError:
        try:
            until = parsedate_to_datetime(header)
            seconds = ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, OverflowError):
            return None
    if math.isnan(seconds) or seconds <= 0:
        return None
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))
