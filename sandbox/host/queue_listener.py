"""One queue of the app: takes messages, calls the function, and deletes, repeats or sets aside what it took."""

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import aiohttp

from sandbox.host.messages import TypedData
from sandbox.host.outputs import Outputs
from sandbox.host.queue_storage import QueueItem, QueueStorage, StorageError
from sandbox.host.settings import QueueSettings
from sandbox.host.waking import register, wake
from sandbox.host.worker import LoadedFunction, Worker

log = logging.getLogger("sandbox.host")

SHORTEST_WAIT: Final = 0.1
STORAGE_FAILURES: Final = (StorageError, aiohttp.ClientError, TimeoutError)


@dataclass(frozen=True)
class Polling:
    """How messages are fetched: `lease` is how long a taken message stays hidden, `longest_wait` is in seconds."""

    lease: timedelta
    longest_wait: float


class QueueListener:
    def __init__(
        self,
        function: LoadedFunction,
        queue: str,
        store: QueueStorage,
        worker: Worker,
        outputs: Outputs,
        settings: QueueSettings,
        polling: Polling,
    ) -> None:
        self._function = function
        self._queue = queue
        self._store = store
        self._worker = worker
        self._outputs = outputs
        self._settings = settings
        self._polling = polling
        # As in Azure, a poison queue has none of its own: what fails there stays hidden until its lease is over.
        self._poison = "" if queue.endswith("-poison") else f"{queue}-poison"
        self._running: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self.polls = 0
        self.empty_polls = 0
        register(queue, self._woken)

    async def run(self) -> None:
        """Take and run messages until cancelled. What runs then goes on: see `drain`."""
        wait = SHORTEST_WAIT
        while True:
            self._woken.clear()
            taken = await self._take() if self._has_room() else None
            if taken:
                wait = SHORTEST_WAIT
                for item in taken:
                    self._start(item)
                if len(taken) == self._settings.batch_size:
                    continue
            try:
                # Without room only a finished message can change anything, and that wakes too.
                await asyncio.wait_for(self._woken.wait(), wait if taken is not None else None)
                wait = SHORTEST_WAIT
            except TimeoutError:
                wait = min(wait * 2, self._polling.longest_wait)

    async def drain(self, patience: float) -> None:
        """Let what runs finish, for `patience` seconds at most."""
        if self._running:
            await asyncio.wait(self._running, timeout=patience)

    async def run_by_hand(self, text: str) -> None:
        """Call the function with a message that is in no queue."""
        outcome = await self._worker.invoke(
            self._function, TypedData(string=text), {"QueueTrigger": TypedData(string=text)}
        )
        if not outcome.failure:
            await self._outputs.write(self._function, outcome)

    def _has_room(self) -> bool:
        return len(self._running) <= self._settings.new_batch_threshold

    async def _take(self) -> list[QueueItem]:
        self.polls += 1
        try:
            taken = await self._store.take(self._queue, self._settings.batch_size, self._polling.lease)
        except STORAGE_FAILURES as failed:
            # A queue that nobody made yet is as good as empty: the host never creates a trigger's queue.
            if not (isinstance(failed, StorageError) and failed.status == 404):
                log.warning("Queue %s could not be read: %r", self._queue, failed)
            taken = []
        if not taken:
            self.empty_polls += 1
        return taken

    def _start(self, item: QueueItem) -> None:
        task = asyncio.create_task(self._handle(item))
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        was_full = not self._has_room()
        self._running.discard(task)
        if was_full and self._has_room():
            self._woken.set()
        if not task.cancelled() and (failed := task.exception()):
            # Its lease runs out and it is delivered again, as when a host dies.
            log.error("A message of queue %s was left: %r", self._queue, failed)

    async def _handle(self, item: QueueItem) -> None:
        if item.dequeue_count > self._settings.max_dequeue_count:
            await self._set_aside(item, f"was delivered {item.dequeue_count} times")
            return
        body = self._decoded(item.text)
        if body is None:
            await self._set_aside(item, "is not base64")
            return
        async with _Lease(self._store, self._queue, item, self._polling.lease):
            outcome = await self._worker.invoke(self._function, body, _metadata(item, body))
            if not outcome.failure:
                await self._outputs.write(self._function, outcome)
        await self._settle(item, failed=bool(outcome.failure))

    async def _settle(self, item: QueueItem, *, failed: bool) -> None:
        if not failed:
            await self._store.delete(self._queue, item)
        elif not self._poison:
            log.warning("A message of queue %s is left until its lease is over.", self._queue)
        elif item.dequeue_count >= self._settings.max_dequeue_count:
            await self._set_aside(item, f"failed {item.dequeue_count} times")
        else:
            await self._store.hide(self._queue, item, self._settings.visibility_timeout)
            wake(self._queue, self._settings.visibility_timeout)

    async def _set_aside(self, item: QueueItem, why: str) -> None:
        if not self._poison:
            log.warning("A message of queue %s %s and is left there.", self._queue, why)
            return
        log.warning("A message of queue %s %s and was moved to %s.", self._queue, why, self._poison)
        await self._store.put(self._poison, item.text)
        await self._store.delete(self._queue, item)
        wake(self._poison)

    def _decoded(self, text: str) -> TypedData | None:
        if not self._settings.base64:
            return TypedData(string=text)
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error:
            return None
        try:
            return TypedData(string=body.decode())
        except UnicodeDecodeError:
            return TypedData(bytes=body)


class _Lease:
    """Keeps a message hidden while it is handled: renewed at half time, and the last renewal is over on leaving."""

    def __init__(self, store: QueueStorage, queue: str, item: QueueItem, lease: timedelta) -> None:
        self._half = lease.total_seconds() / 2
        self._renew: Callable[[], Awaitable[None]] = lambda: store.hide(queue, item, lease)
        self._queue = queue
        self._renewal: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        self._schedule()

    async def __aexit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        if self._renewal:
            # The receipt of the message is the renewal's answer, so deleting has to wait for it.
            await self._renewal
            if self._timer:
                self._timer.cancel()

    def _schedule(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._half, self._begin)

    def _begin(self) -> None:
        self._renewal = asyncio.create_task(self._renew_once())

    async def _renew_once(self) -> None:
        try:
            await self._renew()
        except STORAGE_FAILURES as failed:
            log.warning("A message of queue %s was not renewed: %r", self._queue, failed)
        self._schedule()


def _metadata(item: QueueItem, body: TypedData) -> dict[str, TypedData]:
    return {
        "Id": TypedData(string=item.id),
        "PopReceipt": TypedData(string=item.receipt),
        "QueueTrigger": body,
        "DequeueCount": TypedData(json=str(item.dequeue_count)),
        "InsertionTime": TypedData(json=json.dumps(item.inserted.isoformat())),
        "ExpirationTime": TypedData(json=json.dumps(item.expires.isoformat())),
        "NextVisibleTime": TypedData(json=json.dumps(item.next_visible.isoformat())),
    }
