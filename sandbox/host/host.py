"""The local host: one app, its HTTP functions, queues and timers, until it is told to stop."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox.clock import SandboxClock
from sandbox.host.http_front import HttpFront, Keys
from sandbox.host.ncrontab import Schedule, ScheduleError
from sandbox.host.outputs import Outputs, queue_outputs
from sandbox.host.queue_listener import Polling, QueueListener
from sandbox.host.queue_storage import QueueStorage
from sandbox.host.routes import Routes
from sandbox.host.settings import HostError, HostSettings, connection_string, read_host_settings, resolve
from sandbox.host.stats import stats
from sandbox.host.timers import StatusFile, TimerListener
from sandbox.host.worker import LoadedFunction, Worker

log = logging.getLogger("sandbox.host")

# A running function may finish for this long after SIGTERM; then its message's lease brings it back.
PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Options:
    app: Path
    port: int = 0
    state: Path | None = None
    lease: timedelta = timedelta(minutes=10)
    longest_wait: float = 0.5
    timers: bool = True


class Host:
    def __init__(self, options: Options, worker: Worker, environment: Mapping[str, str]) -> None:
        self._options = options
        self._worker = worker
        self._environment = environment
        self._settings: HostSettings = read_host_settings(options.app)
        self._stores = {
            name: QueueStorage(connection_string(name, environment)) for name in self._connections()
        }
        self._outputs = Outputs(self._stores, environment, as_base64=self._settings.queues.base64)
        self._now = _clock(options.state)
        self._queues = {
            function.name: self._queue_listener(function)
            for function in worker.functions
            if function.is_triggered_by("queueTrigger")
        }
        self._timers = self._timer_listeners()
        self._by_hand: set[asyncio.Task[None]] = set()

    async def run(self, ready: Callable[[str], None]) -> None:
        """Serve until SIGTERM or SIGINT. `ready` is told the address."""
        stop = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        front = HttpFront(
            Routes(self._worker.functions, self._settings.route_prefix),
            self._worker,
            self._outputs,
            _keys(self._options.state),
            self._start,
            self._stats,
        )
        runner, address = await front.listen(self._options.port)
        loops = [asyncio.create_task(listener.run()) for listener in self._queues.values()]
        timers = list(self._timers.values()) if self._options.timers else []
        loops += [asyncio.create_task(timer.run()) for timer in timers]
        for loop in loops:
            loop.add_done_callback(_report)
        try:
            ready(address)
            await stop.wait()
        finally:
            await self._end(runner.cleanup, loops)

    async def _end(self, close_front: Callable[[], Any], loops: list[asyncio.Task[None]]) -> None:
        for loop in loops:
            loop.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(close_front(), PATIENCE_SECONDS)
        await asyncio.gather(*(listener.drain(PATIENCE_SECONDS) for listener in self._queues.values()))
        if self._by_hand:
            await asyncio.wait(self._by_hand, timeout=PATIENCE_SECONDS)
        for store in self._stores.values():
            await store.close()

    def _start(self, name: str, text: str) -> bool:
        if name in self._timers:
            run = self._timers[name].run_once(past_due=False)
        elif name in self._queues:
            run = self._queues[name].run_by_hand(text)
        else:
            return False
        task = asyncio.create_task(run)
        self._by_hand.add(task)
        task.add_done_callback(self._by_hand.discard)
        task.add_done_callback(_report)
        return True

    def _stats(self) -> dict[str, Any]:
        return stats(self._worker, self._queues.values())

    def _connections(self) -> set[str]:
        bindings = [f.trigger for f in self._worker.functions if f.is_triggered_by("queueTrigger")]
        bindings += [output for function in self._worker.functions for output in queue_outputs(function)]
        return {binding["connection"] for binding in bindings}

    def _queue_listener(self, function: LoadedFunction) -> QueueListener:
        return QueueListener(
            function,
            resolve(function.trigger["queueName"], self._environment),
            self._stores[function.trigger["connection"]],
            self._worker,
            self._outputs,
            self._settings.queues,
            Polling(self._options.lease, self._options.longest_wait),
        )

    def _timer_listeners(self) -> dict[str, TimerListener]:
        statuses = StatusFile(self._options.state / "timers.json" if self._options.state else None)
        listeners = {}
        for function in self._worker.functions:
            if not function.is_triggered_by("timerTrigger"):
                continue
            try:
                schedule = Schedule.parse(resolve(function.trigger["schedule"], self._environment))
            except ScheduleError as refused:
                raise HostError(f"{function.name}: {refused}") from refused
            listeners[function.name] = TimerListener(
                function, schedule, self._now, statuses, self._worker, self._outputs
            )
        return listeners


async def serve(options: Options, ready: Callable[[str], None]) -> None:
    """Load the app and serve it. Raise HostError when it cannot be."""
    worker = await Worker.load(options.app)
    await Host(options, worker, os.environ).run(ready)


def _clock(state: Path | None) -> Callable[[], datetime]:
    return SandboxClock(state).now if state else lambda: datetime.now(UTC)


def _keys(state: Path | None) -> Keys:
    """The keys of this state, made at its first start: host-keys.json."""
    file = state / "host-keys.json" if state else None
    if file and file.exists():
        return Keys(**json.loads(file.read_text()))
    keys = Keys(function=secrets.token_urlsafe(24), master=secrets.token_urlsafe(24))
    if file:
        file.touch(mode=0o600)
        file.write_text(json.dumps({"function": keys.function, "master": keys.master}))
    return keys


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (failed := task.exception()):
        log.error("The host lost one of its listeners", exc_info=failed)
