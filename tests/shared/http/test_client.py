"""The HTTP client against a real server that misbehaves as told."""

import gzip
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from shared.http.client import Http, NotConnected, Throttled, Unclear, Unreachable, json_of
from shared.http.retry_after import retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
type Answer = tuple[int, dict[str, str], bytes]
CUT: Answer = (-1, {}, b"")
RESET: Answer = (-2, {}, b"")
SILENT: Answer = (-3, {}, b"")
DRIPPING: Answer = (-4, {}, b"")
DRIPPING_CHUNK: Answer = (-5, {}, b"")


class Service:
    """Gives the answers of a list, one per request, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {}, b"{}")]
        self.seen: list[tuple[str, str]] = []
        self.callers: set[tuple[str, int]] = set()
        """The connections that were opened."""
        self.url = ""
        self.closing = threading.Event()

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            service.seen.append((self.command, self.path))
            service.callers.add(self.client_address)
            status, headers, body = service.next()
            if status == RESET[0]:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            if status == SILENT[0]:
                service.closing.wait(5)
                return
            if status in (DRIPPING[0], DRIPPING_CHUNK[0]):
                self._drip(chunked=status == DRIPPING_CHUNK[0])
                return
            cut = status == CUT[0]
            self.send_response(200 if cut else status)
            for name, value in ({"Content-Type": "application/json"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + (100 if cut else 0)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = cut

        def _drip(self, *, chunked: bool) -> None:
            """A byte now and then, of ever so many that are announced."""
            self.send_response(200)
            self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "10000")))
            self.end_headers()
            self.wfile.write(b"2710\r\n" if chunked else b"")
            with suppress(OSError):
                for _ in range(200):
                    self.wfile.write(b" ")
                    service.closing.wait(0.01)
            self.close_connection = True

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}/things?key=s3cret"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Sleeper:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def http(sleeper: Sleeper) -> Iterator[Http]:
    with requests.Session() as session:
        session.trust_env = False
        yield Http(session, sleeper, lambda: NOW)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_good_answer_takes_one_request_and_no_sleep(http: Http, service: Service, sleeper: Sleeper) -> None:
    service.answers = [(200, {}, b'{"value": [1]}')]
    assert json_of(http.read("GET", service.url)) == {"value": [1]}
    assert len(service.seen) == 1
    assert sleeper.slept == []


def test_a_packed_answer_with_a_byte_order_mark_is_understood(http: Http, service: Service) -> None:
    body = gzip.compress(b'\xef\xbb\xbf{"name": "\xc3\xbc"}')
    service.answers = [(200, {"Content-Encoding": "gzip"}, body)]
    assert json_of(http.read("GET", service.url)) == {"name": "ü"}


def test_a_short_pause_is_slept_at_least_as_long_as_asked(
    http: Http, service: Service, sleeper: Sleeper
) -> None:
    service.answers = [(429, {"Retry-After": "7"}, b"{}"), (200, {}, b"{}")]
    assert http.read("GET", service.url).status_code == 200
    assert len(sleeper.slept) == 1
    assert 7 <= sleeper.slept[0] < 8


def test_a_pause_given_as_a_date_is_understood(http: Http, service: Service, sleeper: Sleeper) -> None:
    service.answers = [(503, {"Retry-After": "Sun, 22 Nov 2026 12:00:04 GMT"}, b""), (200, {}, b"{}")]
    assert http.read("GET", service.url).status_code == 200
    assert 4 <= sleeper.slept[0] < 5


def test_a_long_pause_is_left_to_the_caller_after_one_request(
    http: Http, service: Service, sleeper: Sleeper
) -> None:
    service.answers = [(429, {"Retry-After": "57"}, b"{}")]
    with pytest.raises(Throttled) as caught:
        http.read("GET", service.url)
    assert caught.value.after == timedelta(seconds=57)
    assert len(service.seen) == 1
    assert sleeper.slept == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_pause_asked_for_by_a_service_in_trouble_is_kept_whatever_its_status(
    http: Http, service: Service, status: int
) -> None:
    service.answers = [(status, {"Retry-After": "57"}, b"")]
    with pytest.raises(Throttled) as told:
        http.read("GET", service.url)
    assert (told.value.after, len(service.seen)) == (timedelta(seconds=57), 1)


def test_throttling_without_a_time_backs_off_with_growing_pauses_and_then_gives_up(
    http: Http, service: Service, sleeper: Sleeper
) -> None:
    service.answers = [(429, {}, b"slow down")]
    with pytest.raises(Throttled) as caught:
        http.read("GET", service.url)
    assert caught.value.after == timedelta(seconds=60)
    assert len(service.seen) == 3
    assert 1 <= sleeper.slept[0] <= 2 <= sleeper.slept[1] <= 3


@pytest.mark.parametrize("fault", [(500, {}, b""), (503, {}, b"<html>"), CUT, RESET])
def test_a_passing_fault_is_survived(http: Http, service: Service, fault: Answer) -> None:
    service.answers = [fault, (200, {}, b"{}")]
    assert http.read("POST", service.url, json={}).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        (502, {}, b"bad gateway s3cret"),
        CUT,
        RESET,
        (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><p>s3cret</p>"),
        (200, {}, b"\n<!doctype html><p>We are back soon</p>"),
        (200, {}, b'{"value": [{"id": "s3cret"}, {"i'),
    ],
)
def test_a_lasting_fault_ends_after_three_requests_and_tells_no_secret(
    http: Http, service: Service, fault: Answer
) -> None:
    service.answers = [fault]
    with pytest.raises(Unreachable) as caught:
        http.read("GET", service.url, headers={"Authorization": "Bearer s3cret"})
    assert len(service.seen) == 3
    assert caught.value.why.startswith("127.0.0.1 ")
    assert "s3cret" not in str(caught.value)


def test_a_service_that_stays_silent_is_unreachable(http: Http, service: Service) -> None:
    service.answers = [SILENT]
    with pytest.raises(Unreachable, match="did not answer in time"):
        http.read("GET", service.url, timeout=0.05)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 412])
def test_a_refusal_or_redirect_is_returned_and_not_followed(
    http: Http, service: Service, status: int
) -> None:
    service.answers = [(status, {"Location": "/elsewhere"}, b"{}")]
    assert http.read("GET", service.url).status_code == status
    assert len(service.seen) == 1


def test_something_that_is_not_json_says_so(http: Http, service: Service) -> None:
    service.answers = [(200, {"Content-Type": "text/csv"}, b"a;b\n1;2\n")]
    answer = http.read("GET", service.url)
    assert answer.text == "a;b\n1;2\n"
    with pytest.raises(Unreachable, match="answered 200 with something that is not JSON"):
        json_of(answer)


@pytest.mark.parametrize(
    "body", [b'{"count": NaN}', b'{"count": Infinity}', b"[" * 100_000 + b"]" * 100_000, b"\xff"]
)
def test_json_that_only_python_would_take_is_refused(http: Http, service: Service, body: bytes) -> None:
    service.answers = [(200, {}, body)]
    answer = http.read("GET", service.url)
    with pytest.raises(Unreachable):
        json_of(answer)


def test_an_endless_answer_is_refused(http: Http, service: Service) -> None:
    service.answers = [(200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * (64 * 1024 * 1024 + 1)))]
    with pytest.raises(Unreachable, match="more than 64 MB"):
        http.read("GET", service.url)


@pytest.fixture
def hurried() -> Iterator[Http]:
    """A minute passes between any two looks at its stopwatch."""
    minutes = count(step=60.0)
    with requests.Session() as session:
        session.trust_env = False
        yield Http(session, lambda _: None, lambda: NOW, lambda: next(minutes))


@pytest.mark.parametrize("answer", [DRIPPING, DRIPPING_CHUNK], ids=["whole", "chunked"])
def test_an_answer_that_drips_is_given_up(hurried: Http, service: Service, answer: Answer) -> None:
    service.answers = [answer]
    with pytest.raises(Unreachable, match="not done with its answer after 120 s"):
        hurried.read("GET", service.url)
    with pytest.raises(Unclear):
        hurried.write("POST", service.url, json={})


def test_the_next_request_goes_over_the_same_connection(http: Http, service: Service) -> None:
    service.answers = [(200, {"Content-Encoding": "gzip"}, gzip.compress(b'{"value": []}')), (200, {}, b"{}")]
    for _ in range(3):
        http.read("GET", service.url)
    assert len(service.callers) == 1


@pytest.mark.parametrize("status", [200, 301, 404, 429, 500, 503])
def test_a_write_is_sent_once_and_answered_whatever_the_status(
    http: Http, service: Service, sleeper: Sleeper, status: int
) -> None:
    service.answers = [(status, {"Retry-After": "5"}, b"{}")]
    answer = http.write("PATCH", service.url, json=[])
    assert answer.status_code == status
    assert http.wait_asked_for(answer) == timedelta(seconds=5)
    assert service.seen == [("PATCH", "/things?key=s3cret")]
    assert sleeper.slept == []


@pytest.mark.parametrize("fault", [CUT, RESET, SILENT])
def test_a_write_whose_answer_is_lost_is_unclear_and_never_repeated(
    http: Http, service: Service, fault: Answer
) -> None:
    service.answers = [fault]
    with pytest.raises(Unclear) as caught:
        http.write("POST", service.url, json={}, timeout=0.2)
    assert len(service.seen) == 1
    assert "s3cret" not in str(caught.value)


def test_a_write_without_a_connection_is_proven_not_sent(http: Http) -> None:
    with pytest.raises(NotConnected, match="could not be connected to"):
        http.write("POST", f"http://127.0.0.1:{free_port()}/?key=s3cret", json={})


def test_a_host_without_an_address_is_proven_not_sent(http: Http) -> None:
    with pytest.raises(NotConnected):
        http.write("POST", "http://nowhere.invalid/", json={})


def test_a_cookie_given_to_one_request_does_not_travel_with_the_next(http: Http, service: Service) -> None:
    service.answers = [(200, {"Set-Cookie": "session=of-another-account"}, b"{}"), (200, {}, b"{}")]
    http.read("GET", service.url)
    assert "Cookie" not in http.read("GET", service.url).request.headers


@pytest.mark.parametrize("send", ["read", "write"])
def test_a_key_that_cannot_be_sent_is_not_told(http: Http, service: Service, send: str) -> None:
    with pytest.raises((NotConnected, Unreachable), match="cannot be sent") as caught:
        getattr(http, send)("GET", service.url, headers={"Authorization": "Bearer s3cret\n"})
    assert "s3cret" not in str(caught.value)
    assert service.seen == []


def test_a_session_that_repeats_by_itself_is_refused() -> None:
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=3))
    with pytest.raises(ValueError, match="applied twice"):
        Http(session, lambda _: None, lambda: NOW)


@pytest.mark.parametrize(
    "header", ["Sun, 22 Nov 99999999999 12:00:04 GMT", "Sun, 22 Nov 2026 12:00:04 +99999999999999"]
)
def test_a_date_that_no_calendar_has_is_no_wait(header: str) -> None:
    assert retry_after(header, NOW) is None


@pytest.mark.parametrize(
    "header", ["0", "-5", "Sat, 21 Nov 2026 11:59:59 GMT", "Fri, 27 Nov 0001 00:01:00 +1400"]
)
def test_a_pause_that_is_over_already_says_nothing_and_nobody_is_asked_again_at_once(
    http: Http, service: Service, sleeper: Sleeper, header: str
) -> None:
    """As of a service whose clock is behind: each night's work would ask it without end."""
    assert retry_after(header, NOW) is None
    service.answers = [(429, {"Retry-After": header}, b"{}")] * 3
    with pytest.raises(Throttled) as throttled:
        http.read("GET", service.url)
    assert throttled.value.after == timedelta(seconds=60)
    assert min(sleeper.slept) >= 1


@pytest.mark.parametrize("header, seconds", [("5, 120", 120), ("120,5", 120), ("7, 7", 7), ("-5, 9", 9)])
def test_of_a_pause_that_is_told_twice_the_longer_one_is_kept(header: str, seconds: int) -> None:
    """A proxy adds its own header to the service's."""
    assert retry_after(header, NOW) == timedelta(seconds=seconds)


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_any_retry_after_header_gives_a_bounded_wait_or_none(header: str) -> None:
    wait = retry_after(header, NOW)
    assert wait is None or timedelta() <= wait <= timedelta(days=1)
