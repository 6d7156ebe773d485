"""The one way out to other people's HTTP interfaces: patient with reads, strictly once with writes."""

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
    wait_random,
)
from urllib3 import HTTPResponse
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from shared.http.json_text import well_formed
from shared.http.retry_after import retry_after

TIMEOUT = (5.0, 60.0)
"""Seconds to connect, and to wait for the next bytes of the answer."""
LONGEST_ANSWER = 120.0
"""Seconds for the whole of an answer: one that drips would keep its thread as long as it likes."""
MAX_BODY = 64 * 1024 * 1024
"""Bytes of one unpacked answer: a page of 999 users with every plan they have is about 15 MB."""
PIECE = 1 << 16
SHORT_WAIT = timedelta(seconds=10)
"""Up to here a wait is slept; a longer one is the caller's to schedule."""
UNTOLD_WAIT = timedelta(seconds=60)
"""What is suggested to the caller when a service throttles without saying how long."""
ATTEMPTS = 3


class Request(TypedDict, total=False):
    """What may go with a request."""

    headers: Mapping[str, str]
    params: Mapping[str, str | int]
    json: object
    data: Mapping[str, str] | bytes
    timeout: float | tuple[float, float]


class Throttled(Exception):
    """The service asks us to come back later; nothing was read."""

    def __init__(self, host: str, after: timedelta, *, told: bool = True) -> None:
        super().__init__(f"{host} asks for a pause of {after.total_seconds():.0f} s")
        self.after = after
        self.told = told
        """False: the service named no time, `after` is our own guess."""


class _Failure(Exception):
    """`why` is a sentence that holds no address beyond the host, and no body."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unreachable(_Failure):
    """No usable answer after several tries."""


class NotConnected(_Failure):
    """A write that was proven not sent: there was no connection to send it over."""


class Unclear(_Failure):
    """A write of which nobody knows whether it was applied: the connection or the answer was lost."""


class Http:
    """Requests over one session. Redirects are never followed; an answer is whole, or it is an error."""

    def __init__(
        self,
        session: requests.Session,
        sleep: Callable[[float], None],
        clock: Callable[[], datetime],
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        for adapter in session.adapters.values():
            if isinstance(adapter, HTTPAdapter) and adapter.max_retries.total:
                raise ValueError(
                    "The HTTP session repeats requests by itself: a write could be applied twice."
                )
        # One session serves every account: a cookie that one was given must not travel with another's request.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.session = session
        self._stopwatch = stopwatch
        self.clock = clock
        self.sleep = sleep
        self._retrying = Retrying(
            sleep=sleep,
            stop=stop_after_attempt(ATTEMPTS),
            retry=retry_if_exception(_worth_another_try),
            wait=_pause,
            reraise=True,
        )

    def read(self, method: str, url: str, **request: Unpack[Request]) -> requests.Response:
        """Send what changes nothing, so it may be repeated; any answer below 500 but 429 is the caller's to judge.

        Raises Throttled for a wait longer than SHORT_WAIT, Unreachable when two repeats brought no whole answer.
        """
        return self.patiently(lambda: self.ask(method, url, **request))

    def patiently[T](self, attempt: Callable[[], T]) -> T:
        """Repeat an attempt that raises Throttled or Unreachable, as `read` does with its one request."""
        return self._retrying(attempt)

    def ask(self, method: str, url: str, **request: Unpack[Request]) -> requests.Response:
        """One attempt of `read`, for callers that repeat more than one request together (see `patiently`)."""
        try:
            answer = self._send(method, url, request)
        except requests.RequestException as error:
            raise Unreachable(f"{_host(url)} {_what_happened(error)}.") from None
        self._refuse_what_may_pass(answer)
        return answer

    def write(self, method: str, url: str, **request: Unpack[Request]) -> requests.Response:
        """Send exactly one request, never repeated, and return its answer whatever its status.

        Raises NotConnected when it was proven not sent, Unclear when it may have been applied.
        """
        try:
            return self._send(method, url, request)
        except requests.RequestException as error:
            why = f"{_host(url)} {_what_happened(error)}."
            raise (NotConnected(why) if _proven_not_sent(error) else Unclear(why)) from None

    def wait_asked_for(self, answer: requests.Response) -> timedelta | None:
        """The answer's Retry-After; None when it has none that can be understood."""
        return retry_after(answer.headers.get("Retry-After"), self.clock())

    def _send(self, method: str, url: str, request: Request) -> requests.Response:
        sent: Request = {"timeout": TIMEOUT, **request}
        until = self._stopwatch() + LONGEST_ANSWER
        with self.session.request(method, url, allow_redirects=False, stream=True, **sent) as answer:
            return self._whole(answer, until)

    def _whole(self, answer: requests.Response, until: float) -> requests.Response:
        """Read the body up to the limits; what is returned holds no connection any more."""
        body = bytearray()
        for piece in _pieces(answer):
            body += piece
            if len(body) > MAX_BODY:
                raise _TooLarge
            if self._stopwatch() > until:
                raise _TooSlow
        whole = requests.Response()
        whole.status_code, whole.reason, whole.url = answer.status_code, answer.reason, answer.url
        whole.headers, whole.encoding, whole.request = answer.headers, answer.encoding, answer.request
        whole.raw = io.BytesIO(body)
        return whole

    def _refuse_what_may_pass(self, answer: requests.Response) -> None:
        """Raise for answers that another try, now or later, may turn into a good one."""
        host = _host(answer.url)
        after = self.wait_asked_for(answer)
        status = answer.status_code
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Throttled(host, UNTOLD_WAIT if after is None else after, told=after is not None)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and after is not None:
            raise Throttled(host, after)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable(f"{host} answered {status}.")
        if status < HTTPStatus.BAD_REQUEST:
            _refuse_page_or_piece(answer, host)


def json_of(answer: requests.Response) -> Any:
    """The answer's JSON, see `well_formed`. Raises Unreachable when it is something else."""
    try:
        return json.loads(well_formed(answer.content), parse_constant=_no_number)
    except (ValueError, RecursionError):
        what = "a web page" if _looks_like_a_page(answer) else "something that is not JSON"
        raise Unreachable(
            f"{_host(answer.url)} answered {answer.status_code} with {what} instead of data."
        ) from None


class _TooLarge(requests.RequestException): ...


class _TooSlow(requests.RequestException): ...


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """The body as it comes in: `iter_content` holds back what it has until a piece is full."""
    raw = answer.raw
    if not isinstance(raw, HTTPResponse):
        yield from answer.iter_content(PIECE)
        return
    try:
        while piece := raw.read1(PIECE, decode_content=True):
            yield piece
    except ReadTimeoutError:
        raise requests.ReadTimeout from None
    except DecodeError:
        raise requests.exceptions.ContentDecodingError from None
    except SSLError:
        raise requests.exceptions.SSLError from None
    except HTTPError:
        raise requests.exceptions.ChunkedEncodingError from None


def _refuse_page_or_piece(answer: requests.Response, host: str) -> None:
    """A good status over a web page (a proxy, a maintenance notice) or over half a JSON is no answer."""
    if _looks_like_a_page(answer):
        raise Unreachable(f"{host} answered {answer.status_code} with a web page instead of data.")
    body = answer.content.removeprefix(b"\xef\xbb\xbf").strip()
    if (body.startswith(b"{") and not body.endswith(b"}")) or (
        body.startswith(b"[") and not body.endswith(b"]")
    ):
        raise Unreachable(f"{host} broke off in the middle of its answer.")


def _looks_like_a_page(answer: requests.Response) -> bool:
    return "text/html" in answer.headers.get("Content-Type", "").lower() or answer.content[
        :64
    ].lstrip().startswith((b"<!", b"<html", b"<HTML"))


def _worth_another_try(error: BaseException) -> bool:
    if isinstance(error, Throttled):
        return not error.told or error.after <= SHORT_WAIT
    return isinstance(error, Unreachable)


_growing = wait_exponential_jitter(initial=1, max=8, jitter=1)
_jitter = wait_random(0, 0.5)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Throttled) and error.told:
        return error.after.total_seconds() + _jitter(state)
    return _growing(state)


def _proven_not_sent(error: requests.RequestException) -> bool:
    if isinstance(error, (requests.ConnectTimeout, InvalidURL, InvalidHeader, InvalidSchema, MissingSchema)):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _what_happened(error: requests.RequestException) -> str:
    """Our own words: those of requests may hold the whole address."""
    match error:
        case _TooLarge():
            return f"sent more than {MAX_BODY // 1024 // 1024} MB"
        case _TooSlow():
            return f"was not done with its answer after {LONGEST_ANSWER:.0f} s"
        case requests.exceptions.SSLError():
            return "could not prove its identity (TLS)"
        case requests.ConnectTimeout():
            return "did not let us connect in time"
        case requests.Timeout():
            return "did not answer in time"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return "broke off in the middle of its answer"
        case requests.ConnectionError() if _proven_not_sent(error):
            return "could not be connected to"
        case InvalidHeader():
            return "was not asked: a key or token for it holds a character that cannot be sent"
        case requests.ConnectionError():
            return "cut the connection"
        case _:
            return "could not be asked"


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The address"


def _no_number(name: str) -> Any:
    """NaN and Infinity are Python's idea of JSON, nobody else's."""
    raise ValueError(name)
