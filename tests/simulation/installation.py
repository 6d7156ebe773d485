"""The app without a host: its own functions, storage in memory, vendors in this process, and a clock that jumps.

A process of it can end at any moment: from then on nothing that it does reaches anybody, until another one goes on.
"""

import heapq
import os
import re
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest import mock
from urllib.parse import urlsplit

import requests
from azure.functions.queue import QueueMessage

import function_app
from functions.queues import tick
from sandbox.standins.dispatch import Delivery, Dispatcher
from sandbox.standins.faults import What
from sandbox.standins.protocol import Call, Request
from sandbox.standins.state import State
from shared.billing.models import PsaConnection
from shared.billing.psa import pace
from shared.billing.psa.base import Psa
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.queues import check_message
from shared.storage.secrets import SecretsUnavailable
from shared.storage.tables import AllTables, RowChange
from shared.wiring import Wiring, WiringOverrides, override_wiring, wiring
from tests.shared.test_config import KEY
from tests.simulation.cheap import InProcess, MemoryState
from tests.simulation.real import Kept, OverSockets, StandInsServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_DELIVERIES: Final = 5
REDELIVERED_AFTER: Final = timedelta(seconds=30)
"""`visibilityTimeout` and `maxDequeueCount` of host.json."""
LEASE: Final = timedelta(minutes=10)
"""So long a message is hidden whose host has ended."""
ANSWERED_AFTER: Final = timedelta(milliseconds=40)


class Killed(BaseException):
    """The process has ended: nobody catches this but who starts another one."""


class StorageFailed(Exception):
    """The storage answered 503 for longer than its client tries."""


class Clock:
    """Moves only when somebody waits or asks a vendor."""

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Met:
    """A fault that a request met."""

    at: datetime
    what: str
    kind: str
    """Of the request, as `graph.users`."""
    tenant: str
    asked: str
    """Its path, query and body: the agreement that it is about is in there."""

    def is_about(self, number: str) -> bool:
        return re.search(rf"(?<!\d){number}(?!\d)", self.asked) is not None


@dataclass(slots=True)
class Moment:
    """A request, by its number from now on, at which something happens."""

    nth: int
    carried_out: bool = False
    """Whether the request is carried out before."""

    def comes(self) -> bool:
        self.nth -= 1
        return self.nth == 0


@dataclass
class Fate:
    """What will happen to the process and its storage."""

    kill_at_storage: Moment | None = None
    kill_at_vendor: Moment | None = None
    fail_at_storage: Moment | None = None
    kill_after_second_line: Moment | None = None
    """The process ends when a line for the rest of a period is made, and the main line not changed yet."""
    second_worker_at: Moment | None = None
    """At that write to a PSA, another worker takes the same message."""
    dead: bool = False
    happened: list[str] = field(default_factory=list)

    def around(self, moments: tuple[str, ...], act: Callable[[], Any]) -> Any:
        """Do `act`, with the first of these moments that has come."""
        self.check()
        now = [(name, moment) for name in moments if (moment := getattr(self, name)) and moment.comes()]
        for name, moment in now:
            setattr(self, name, None)
            self.happened.append(name)
            if moment.carried_out:
                act()
            if name == "fail_at_storage":
                raise StorageFailed
            self.dead = True
            raise Killed
        return act()

    def check(self) -> None:
        if self.dead:
            raise Killed


_STORAGE = ("kill_at_storage", "fail_at_storage")


class MortalTables:
    """The tables as one process reaches them."""

    def __init__(self, kept: AllTables, fate: Fate) -> None:
        self._kept, self._fate = kept, fate
        self.get, self.rows, self.rows_between = kept.get, kept.rows, kept.rows_between

    def commit(self, changes: "Sequence[RowChange]") -> list[str]:
        done: list[str] = self._fate.around(_STORAGE, lambda: self._kept.commit(changes))
        return done


class VirtualWaits(Dispatcher):
    """The stand-ins, whose waits pass on the virtual clock."""

    def __init__(self, state: State, clock: Clock) -> None:
        super().__init__(state)
        self._clock = clock

    def deliver(self, request: Request) -> Delivery:
        delivery = super().deliver(request)
        if delivery.wait:
            self._clock.sleep(min(delivery.wait, 40.0))
            delivery.wait = 0
        return delivery


@dataclass(order=True, slots=True)
class _Waiting:
    due: datetime
    number: float
    queue: str = field(compare=False)
    body: str = field(compare=False)
    deliveries: int = field(compare=False, default=0)

    def overtakes(self, other: "_Waiting") -> bool:
        return self.due == other.due and self.number < other.number


class VirtualQueues:
    """Messages by the time that they are due; `later` and `twice` are what queues do to them now and then."""

    def __init__(self, clock: Clock, fate: Fate) -> None:
        self._clock, self._fate = clock, fate
        self._waiting: list[_Waiting] = []
        self._numbers = count()
        self.twice = 0
        """So many of the next messages arrive twice."""
        self.shuffled: Callable[[], float] | None = None

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        check_message(body, after)
        self._fate.around(("kill_at_storage",), lambda: self._put(queue, body, after))

    def _put(self, queue: str, body: str, after: timedelta) -> None:
        if self.twice > 0:
            self._fate.happened.append("message doubled")
        for _ in range(2 if self.twice > 0 else 1):
            number = self.shuffled() if self.shuffled else next(self._numbers)
            message = _Waiting(self._clock.now() + after, number, queue, body)
            if self.shuffled and any(message.overtakes(other) for other in self._waiting):
                self._fate.happened.append("message out of order")
            heapq.heappush(self._waiting, message)
        self.twice -= self.twice > 0

    def again(self, message: _Waiting, after: timedelta) -> None:
        message.due = self._clock.now() + after
        heapq.heappush(self._waiting, message)

    def poisoned(self, message: _Waiting) -> None:
        self._put(f"{message.queue}-poison", message.body, timedelta())

    def next_due(self) -> datetime | None:
        return self._waiting[0].due if self._waiting else None

    def take(self) -> _Waiting:
        return heapq.heappop(self._waiting)

    def waiting(self, queue: str) -> int | None:
        return sum(message.queue == queue for message in self._waiting)


class _Vault:
    """The secrets, behind a vault that may be down."""

    def __init__(self) -> None:
        self.kept: Any = None
        self.down = False

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise SecretsUnavailable("The vault cannot be reached.")
        return getattr(self.kept, name)


@cache
def _functions() -> dict[str, Callable[[QueueMessage], None]]:
    """The app's functions by the queue that starts each."""
    return {
        queue: function.get_user_function()
        for function in function_app.app.get_functions()
        if (queue := getattr(function.get_trigger(), "queue_name", None))
    }


def _settings(sendgrid_key: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "SEATWISE_SECRET_KEYS": KEY,
        "SEATWISE_MAIL": "sendgrid",
        "SEATWISE_MAIL_API_KEY": sendgrid_key,
        "SEATWISE_SENDER": "seatwise@msp.example",
    }


class Installation:
    """One installation with its vendors. `state` is theirs; it is asked for the truth without the product."""

    def __init__(self, state: State, clock: Clock, sendgrid_key: str, storage: Kept | None = None) -> None:
        self.clock, self.state = clock, state
        self.stand_ins = VirtualWaits(state, clock)
        self.stand_ins.faults.tell = self._met
        self.fate = Fate()
        kept = storage or Kept(MemoryTables(), MemoryBlobs(clock.now))
        self.tables, self.blobs = MortalTables(kept.tables, self.fate), kept.blobs
        self._server = StandInsServer(self.stand_ins) if storage else None
        self.queues = VirtualQueues(clock, self.fate)
        self.bugs: list[str] = []
        self.restarts = 0
        self.faults_met: list[Met] = []
        self._delivering: _Waiting | None = None
        self._environment = _settings(sendgrid_key)
        self.vault = _Vault()
        self.wired = self._start()

    def _start(self) -> Wiring:
        """Another process, which remembers nothing."""
        pace.pace_of.cache_clear()
        session = OverSockets(self._server.port, self._sent) if self._server else InProcess(self.asked)
        with mock.patch.dict(os.environ, self._environment, clear=True):
            override_wiring(
                WiringOverrides(clock=self.clock.now, sleep=self.clock.sleep, session=lambda: session)
            )
            wired = wiring()
        stores: Any = SimpleNamespace(tables=self.tables, blobs=self.blobs, queues=self.queues)
        wired.__dict__["storage"] = stores
        self.vault.kept = wired.secrets
        wired.__dict__["secrets"] = self.vault
        wired.__dict__["psa"] = lambda account, connection: self._psa(wired, account, connection)
        return wired

    @staticmethod
    def _psa(wired: Wiring, account: AccountId, connection: PsaConnection) -> Psa:
        """One agreement after the other: two at once would make no two runs of a story alike."""
        psa = Wiring.psa(wired, account, connection)
        psa.max_parallel = 1
        return psa

    # -- the vendors

    def asked(self, request: Request) -> requests.Response:
        """Answer as the vendor does, or as its network does."""
        self.clock.instant += ANSWERED_AFTER
        self._second_worker(request.method, request.host)
        moments = ("kill_at_vendor", *(("kill_after_second_line",) if _makes_second_line(request) else ()))
        delivery = self.fate.around(moments, lambda: self.stand_ins.deliver(request))
        if delivery.reset:
            raise requests.ConnectionError("reset")
        if delivery.answer is None:
            raise requests.ReadTimeout
        if delivery.cut:
            raise requests.exceptions.ChunkedEncodingError
        return _told(delivery.answer)

    def _met(self, what: What, request: Request, call: Call) -> None:
        text = f"{request.path}?{request.raw_query} {request.body.decode(errors='replace')}"
        self.faults_met.append(Met(self.clock.now(), str(what), call.kind, call.tenant, text))

    def _sent(self, method: str, url: str, send: Callable[[], requests.Response]) -> requests.Response:
        """Over a real connection."""
        self.clock.instant += ANSWERED_AFTER
        self._second_worker(method, str(urlsplit(url).hostname))
        answer: requests.Response = self.fate.around(("kill_at_vendor",), send)
        return answer

    def stop(self) -> None:
        if self._server:
            self._server.stop()

    def _second_worker(self, method: str, host: str) -> None:
        """Just before a write to a PSA, another worker gets the message whose work this is."""
        moment, message = self.fate.second_worker_at, self._delivering
        if moment is None or message is None or message.queue != "push-connection" or method == "GET":
            return
        if any(name in host for name in ("microsoft", "sendgrid", "partnercenter")):
            return
        if moment.comes():
            self.fate.second_worker_at = None
            self.fate.happened.append("second_worker_at")
            self._run(_Waiting(message.due, message.number, message.queue, message.body))

    # -- the host

    def tick(self) -> None:
        """The timer fires; a process that ends at it is started again."""
        try:
            tick.tick(SimpleNamespace(past_due=False))
        except Killed:
            self.restart()
        except StorageFailed:
            return

    def restart(self) -> None:
        self.restarts += 1
        self.fate.dead = False
        self.wired = self._start()

    def work_until(self, end: datetime) -> None:
        """Deliver every message that is due until then; the clock ends there or later."""
        while (due := self.queues.next_due()) is not None and due <= end:
            self.clock.instant = max(self.clock.instant, due)
            self._deliver(self.queues.take())
        self.clock.instant = max(self.clock.instant, end)

    def idle_by(self, end: datetime) -> bool:
        due = self.queues.next_due()
        return due is None or due > end

    def _deliver(self, message: _Waiting) -> None:
        self._delivering = message
        try:
            done = self._run(message)
        except Killed:
            self.restart()
            self.queues.again(message, LEASE)
            return
        finally:
            self._delivering = None
        if not done:
            if message.deliveries >= MOST_DELIVERIES:
                self.queues.poisoned(message)
            else:
                self.queues.again(message, REDELIVERED_AFTER)

    def _run(self, message: _Waiting) -> bool:
        """Whether the function came to its end."""
        message.deliveries += 1
        delivered = QueueMessage(id="1", body=message.body.encode(), dequeue_count=message.deliveries)
        try:
            _functions()[message.queue](delivered)
        except StorageFailed:
            return False
        except Exception as bug:
            if self.fate.dead:
                raise Killed from bug
            if not any(isinstance(cause, StorageFailed) for cause in _causes(bug)):
                self.bugs.append(f"{message.queue} raised {type(bug).__name__}: {bug}")
            return False
        self.fate.check()
        return True

    @contextmanager
    def person(self) -> "Iterator[Wiring]":
        """What a person does goes on in a request of its own, to which nothing happens."""
        armed = Fate(**{name: getattr(self.fate, name) for name in _MOMENTS})
        for name in _MOMENTS:
            setattr(self.fate, name, None)
        try:
            yield self.wired
        finally:
            for name in _MOMENTS:
                setattr(self.fate, name, getattr(armed, name))


_MOMENTS = (
    "kill_at_storage",
    "kill_at_vendor",
    "fail_at_storage",
    "kill_after_second_line",
    "second_worker_at",
)


def _makes_second_line(request: Request) -> bool:
    """Seatwise marks the line in ConnectWise that bills the rest of a period."""
    return request.method == "POST" and re.search(rb"lic:[a-z0-9]+:p:", request.body) is not None


def _causes(error: BaseException) -> "Iterator[BaseException]":
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__


def _told(answer: Any) -> requests.Response:
    told = requests.Response()
    told.status_code = answer.status
    body = (
        zlib.decompress(answer.gzipped, wbits=31) if answer.gzipped and answer.body is None else answer.raw()
    )
    told.raw = BytesIO(body)
    told.headers["Content-Type"] = answer.content_type
    told.headers.update(answer.headers)
    return told


def new_installation(
    now: datetime, begin: Callable[[State], str], storage: Kept | None = None
) -> Installation:
    """An installation at that instant; `begin` fills the vendors' side and gives the mail provider's key."""
    state, clock = MemoryState(), Clock(now)
    state.clock = clock  # type: ignore[assignment]
    return Installation(state, clock, begin(state), storage)
