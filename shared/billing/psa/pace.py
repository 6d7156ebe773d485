"""Staying below a PSA's rate limit, which it shares out among all the tools of an MSP."""

from collections import deque
from datetime import datetime, timedelta
from functools import cache
from threading import Lock

_MINUTE = timedelta(minutes=1)


class Pace:
    """Counts the calls of the last `window`; new work begins only while they are fewer than `calls`.

    What has begun is not held up: between a fresh read and its write no time may pass.
    """

    def __init__(self, calls: int, window: timedelta = _MINUTE) -> None:
        self._calls = calls
        self._window = window
        self._made: deque[datetime] = deque()
        self._lock = Lock()

    def count(self, now: datetime) -> None:
        """One call is made now."""
        with self._lock:
            self._made.append(now)
            while self._made and self._made[0] <= now - self._window:
                self._made.popleft()

    def pause(self, now: datetime) -> timedelta:
        """How long to wait before new work begins."""
        with self._lock:
            recent = [at for at in self._made if at > now - self._window]
        if len(recent) < self._calls:
            return timedelta()
        return recent[len(recent) - self._calls] + self._window - now


@cache
def pace_of(database: str, calls: int, window: timedelta = _MINUTE) -> Pace:
    """The one pace of a PSA's database in this process: every connection to it counts."""
    return Pace(calls, window)
