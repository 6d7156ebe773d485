"""W5 of tickets: the real limits of each PSA, of which other tools use half, on the night of an MSP in trouble."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from time import sleep
from typing import Any, NamedTuple

import pytest
import requests

from shared.alerts.tickets.models import TicketProgress
from tests.shared.alerts.tickets.test_killed import AtADesk
from tests.shared.billing.psa.tickets_worlds import (
    AutotaskTicketsWorld,
    ConnectWiseTicketsWorld,
    HaloTicketsWorld,
    InProcess,
    StandInWorld,
)

TICKETS = 150
"""Made in one night and closed in the next: more than any of the three lets pass at once."""


class Counted(InProcess):
    """The network, with when each request arrived, how it was answered, and how many were on their way at once."""

    def __init__(self, there: StandInWorld, pause: float = 0) -> None:
        super().__init__(there.stand_ins)
        self._clock, self._pause = there.http, pause
        self._lock, self._one = Lock(), Lock()
        self.at: list[datetime] = []
        self.statuses: Counter[int] = Counter()
        self._now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        there.http.session.mount("https://", self)

    def send(self, request: requests.PreparedRequest, *given: Any, **more: Any) -> requests.Response:
        entity = str(request.url).partition("v1.0/")[2].partition("/")[0].partition("?")[0]
        with self._lock:
            self.at.append(self._clock.clock())
            self._now[entity] += 1
            self.most[entity] = max(self.most[entity], self._now[entity])
        sleep(self._pause)
        try:
            with self._one:  # the stand-in answers one after the other
                answer = super().send(request, *given, **more)
        finally:
            with self._lock:
                self._now[entity] -= 1
        self.statuses[answer.status_code] += 1
        return answer

    def busiest(self, window: timedelta) -> int:
        """The most requests within any such time of the desk's clock; the stand-ins count by a clock of the wall."""
        times, most, first = sorted(self.at), 0, 0
        for last, at in enumerate(times):
            while times[first] <= at - window:
                first += 1
            most = max(most, last - first + 1)
        return most


class Limit(NamedTuple):
    there: Callable[[], StandInWorld]
    calls: int
    window: timedelta
    share: float
    """Of all calls, the most that may be ours beside the others' half."""


LIMITS = {
    "connectwise": Limit(ConnectWiseTicketsWorld, 1_000, timedelta(minutes=1), 0.5),
    "autotask": Limit(AutotaskTicketsWorld, 10_000, timedelta(hours=1), 0.2),
    "halo": Limit(HaloTicketsWorld, 300, timedelta(minutes=5), 0.5),
}


def finish(desk: AtADesk) -> None:
    """One message after another until nothing is left; each of them waits as long as it is told to."""
    for _ in range(20):
        after = desk.keep()
        if after is None:
            return
        desk.now += after
    raise AssertionError("more attempts than a message has")


@pytest.mark.parametrize("limit", LIMITS.values(), ids=list(LIMITS))
def test_with_other_tools_at_half_of_the_limit_no_ticket_of_ours_is_refused(limit: Limit) -> None:
    desk = AtADesk(limit.there())
    desk.switch_on(at_most=200, **desk.chosen)
    network = Counted(desk.there)
    desk.there.without_limit()
    for number in range(TICKETS):
        desk.customer(f"t{number}")
    desk.judge()
    finish(desk)
    assert {ticket.progress for ticket in desk.kept()} == {TicketProgress.OPEN}
    assert len(desk.there.truth()) == TICKETS
    for number in range(TICKETS):
        desk.unused(f"t{number}", 0)
    desk.judge()
    finish(desk)
    assert desk.kept() == []
    assert len(desk.there.truth()) == TICKETS
    assert all(seen.closed for seen in desk.there.truth().values())
    assert network.statuses[HTTPStatus.TOO_MANY_REQUESTS] == 0
    assert network.busiest(limit.window) <= limit.share * limit.calls


def test_never_more_than_two_calls_are_at_one_endpoint_of_autotask_however_many_work() -> None:
    there = AutotaskTicketsWorld()
    network = Counted(there, pause=0.002)
    references = [f"SW-{number:016x}" for number in range(16)]
    with ThreadPoolExecutor(max_workers=8) as many:
        made = list(
            many.map(lambda reference: there.psa.create(there.new(reference=reference)).receipt, references)
        )
        list(many.map(lambda ticket: there.psa.close(ticket, there.closed, "Seatwise: settled."), made))
    assert len(there.truth()) == len(references)
    assert network.most["Tickets"] == 2
    assert network.statuses[HTTPStatus.TOO_MANY_REQUESTS] == 0
