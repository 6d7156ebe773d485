"""Requests for what can be done without: a service that gives no answers is soon not asked any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Unpack
from urllib.parse import urlsplit

import requests
from tenacity import retry_if_exception

from shared.http.client import SHORT_WAIT, Http, Request, Throttled, Unreachable

TIMEOUT: Final = (5.0, 30.0)
"""Seconds to connect, and to wait for the next bytes of the answer."""
MOST_LOST: Final = 3
"""Answers of one host that were lost one after the other: then it is down, and not only one request unlucky."""
PAUSE: Final = timedelta(minutes=5)
"""After that one request in so long tries whether the host is there again."""


@dataclass(slots=True)
class _Losses:
    count: int
    why: str
    asked: datetime


class CircuitBreaker(Http):
    """`Http` whose reads are tried once, and not at all at a host that is down. One per process.

    So a service that takes every request and answers none holds up the work that does not need it once, and not at
    each of a thousand tenants. A short pause that is asked for is kept and the request repeated.
    """

    def __init__(self, http: Http) -> None:
        super().__init__(http.session, http.sleep, http.clock)
        self._retrying = self._retrying.copy(retry=retry_if_exception(_is_short_pause))
        self._lock = Lock()
        self._lost: dict[str, _Losses] = {}

    def ask(self, method: str, url: str, **request: Unpack[Request]) -> requests.Response:
        """One attempt, or none. Raises Throttled or Unreachable."""
        host = urlsplit(url).hostname or ""
        self._refuse_if_down(host)
        limits: Request = {"timeout": TIMEOUT}
        try:
            answer = super().ask(method, url, **limits | request)
        except Unreachable as lost:
            self._count(host, lost.why)
            raise
        with self._lock:
            self._lost.pop(host, None)
        return answer

    def _refuse_if_down(self, host: str) -> None:
        now = self.clock()
        with self._lock:
            losses = self._lost.get(host)
            if losses is None or losses.count < MOST_LOST:
                return
            if now - losses.asked < PAUSE:
                raise Unreachable(losses.why)
            losses.asked = now  # this one request tries; the others go on without

    def _count(self, host: str, why: str) -> None:
        now = self.clock()
        with self._lock:
            before = self._lost.get(host)
            self._lost[host] = _Losses(before.count + 1 if before else 1, why, now)


def _is_short_pause(error: BaseException) -> bool:
    return isinstance(error, Throttled) and error.told and error.after <= SHORT_WAIT
