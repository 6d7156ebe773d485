"""The same life over real sockets and a real storage emulator: the clock alone stays virtual, and queues go by it.

Every request of the product leaves by its real HTTP client to a server of the stand-ins on a port of this machine;
every row and blob is kept by Azurite. What a fault makes a client wait for passes on the virtual clock.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests
from aiohttp import web

from sandbox.azurite import Azurite
from sandbox.standins.dispatch import Dispatcher
from sandbox.standins.server import Server
from sandbox.transport import SandboxAdapter
from shared.storage.blobs import Blobs
from shared.storage.connect import connect
from shared.storage.tables import AllTables


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an installation keeps its rows and blobs."""

    tables: AllTables
    blobs: Blobs


@contextmanager
def azurite() -> Iterator[Kept]:
    with Azurite(None) as emulator:
        storage = connect(emulator.connection_string)
        storage.ensure([])
        yield Kept(storage.tables, storage.blobs)


class OverSockets(requests.Session):
    """A session that connects to the stand-ins' port. `around` sends what is asked, or something happens instead."""

    def __init__(self, port: int, around: Callable[[str, str, Callable[[], requests.Response]], Any]) -> None:
        super().__init__()
        self.trust_env = False
        self._around = around
        self.headers.update({"Accept-Encoding": "gzip"})
        self.mount("https://", SandboxAdapter(f"http://127.0.0.1:{port}"))

    def request(self, method: str, url: str, *words: Any, **named: Any) -> requests.Response:  # type: ignore[override]
        send = partial(super().request, method, url, *words, **named)
        made: requests.Response = self._around(method, url, send)
        return made


class StandInsServer:
    """A server of the stand-ins in a thread of its own."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._loop = asyncio.new_event_loop()
        self._server = Server(dispatcher.state, dispatcher)
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port: int = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)

    async def _start(self) -> int:
        self._runner = web.ServerRunner(web.Server(self._server.handle, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
