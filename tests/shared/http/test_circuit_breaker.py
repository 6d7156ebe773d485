"""What can be done without is not waited for long, and a service that is down is left alone for a while."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from shared.http.circuit_breaker import MOST_LOST, PAUSE, TIMEOUT, CircuitBreaker
from shared.http.client import Http, Throttled, Unreachable

ONE, OTHER = "https://one.example/a", "https://other.example/a"


class Service(BaseAdapter):
    """Answers {} to everybody, or what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.say: Callable[[], tuple[int, dict[str, str]]] = lambda: (200, {})
        self.asked: list[str] = []
        self.timeouts: set[Any] = set()
        self.slept: list[float] = []
        self.now = datetime(2026, 3, 2, 2, tzinfo=UTC)
        session = requests.Session()
        session.mount("https://", self)
        self.http = CircuitBreaker(Http(session, self.slept.append, lambda: self.now))

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        self.asked.append(str(request.url))
        self.timeouts.add(options["timeout"])
        answer = requests.Response()
        answer.status_code, headers = self.say()
        answer.headers.update(headers)
        answer.url, answer.raw = str(request.url), io.BytesIO(b"{}")
        return answer

    def close(self) -> None:
        """There is nothing to close."""

    def is_silent(self) -> None:
        def silent() -> tuple[int, dict[str, str]]:
            raise requests.ReadTimeout

        self.say = silent

    def is_well(self) -> None:
        self.say = lambda: (200, {})

    def lose(self, times: int, url: str = ONE) -> None:
        for _ in range(times):
            with pytest.raises(Unreachable, match="did not answer in time"):
                self.http.read("GET", url)


@pytest.fixture
def service() -> Service:
    return Service()


def test_silence_is_not_waited_for_twice_nor_as_long(service: Service) -> None:
    service.is_silent()
    service.lose(1)
    assert (len(service.asked), service.timeouts, service.slept) == (1, {TIMEOUT}, [])


def test_a_service_that_lost_some_answers_in_a_row_is_not_asked_any_more(service: Service) -> None:
    service.is_silent()
    service.lose(1000)
    assert len(service.asked) == MOST_LOST


def test_answers_lost_now_and_then_stop_nothing(service: Service) -> None:
    for _ in range(5):
        service.is_silent()
        service.lose(MOST_LOST - 1)
        service.is_well()
        assert service.http.read("GET", ONE).ok


def test_a_refusal_is_an_answer(service: Service) -> None:
    service.is_silent()
    service.lose(MOST_LOST - 1)
    service.say = lambda: (403, {})
    assert service.http.read("GET", ONE).status_code == 403
    service.is_silent()
    service.lose(1)
    assert len(service.asked) == MOST_LOST + 1


def test_another_service_is_asked_all_the_same(service: Service) -> None:
    service.is_silent()
    service.lose(MOST_LOST)
    service.is_well()
    assert service.http.read("GET", OTHER).ok


def test_after_a_while_one_request_tries_again_and_the_others_go_on_without(service: Service) -> None:
    service.is_silent()
    service.lose(MOST_LOST)
    service.now += PAUSE
    service.lose(10)
    assert len(service.asked) == MOST_LOST + 1
    service.is_well()
    service.now += PAUSE
    assert [service.http.read("GET", ONE).ok for _ in range(3)] == [True] * 3


def test_a_short_pause_is_kept_and_a_long_one_is_told(service: Service) -> None:
    service.say = lambda: (429, {"Retry-After": "2"}) if len(service.asked) < 2 else (200, {})
    assert service.http.read("GET", ONE).ok
    assert [round(pause) for pause in service.slept] == [2]
    service.say = lambda: (429, {"Retry-After": "600"})
    with pytest.raises(Throttled) as told:
        service.http.read("GET", ONE)
    assert told.value.after == timedelta(minutes=10)
