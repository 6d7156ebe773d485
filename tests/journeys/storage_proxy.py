"""A proxy between the host and the storage emulator that ends a process at one chosen request."""

import asyncio
import os
import re
import threading
from dataclasses import dataclass
from signal import SIGKILL, Signals
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

SERVICES = ("BlobEndpoint", "QueueEndpoint", "TableEndpoint")
OF_THE_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
"""Headers that belong to one connection; what remains is what was signed."""


@dataclass(frozen=True)
class Trap:
    """A request that fits ends `pid`: before it reaches the storage, or after it was carried out there."""

    pid: int
    method: str = ""
    path: str = ""
    body: str = ""
    carried_out: bool = False
    nth: int = 1
    """The first that fits, or the one after so many."""
    signal: Signals = SIGKILL

    def fits(self, method: str, path: str, body: bytes) -> bool:
        return (
            self.method in ("", method)
            and re.search(self.path, path) is not None
            and re.search(self.body.encode(), body) is not None
        )


class StorageProxy:
    """Carries all three services. A request is signed over its path and not over its host, so it stays valid."""

    def __init__(self, connection_string: str) -> None:
        parts = connection_string.strip(";").split(";")
        self._parts = dict(part.split("=", 1) for part in parts)
        self._trap: Trap | None = None
        self._fitted = 0
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    @property
    def connection_string(self) -> str:
        """The same account, reached through this proxy."""
        return "".join(f"{name}={value};" for name, value in self._parts.items())

    def kill_at(self, trap: Trap) -> None:
        self._fitted = 0
        self._trap = trap

    def let_pass(self) -> None:
        """No trap any more."""
        self._trap = None

    async def _serve(self) -> None:
        runners = []
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            for service in SERVICES:
                runner, self._parts[service] = await self._listen(session, URL(self._parts[service]))
                runners.append(runner)
            self._ready.set()
            await self._ended.wait()
            for runner in runners:
                await runner.cleanup()

    async def _listen(self, session: aiohttp.ClientSession, behind: URL) -> tuple[web.ServerRunner, str]:
        async def carry(request: web.BaseRequest) -> web.StreamResponse:
            return await self._carry(session, behind.origin(), request)

        runner = web.ServerRunner(web.Server(carry, access_log=None), shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port: int = runner.addresses[0][1]
        return runner, f"http://127.0.0.1:{port}{behind.path}"

    async def _carry(
        self, session: aiohttp.ClientSession, behind: URL, request: web.BaseRequest
    ) -> web.StreamResponse:
        body = await request.read()
        trap = self._sprung(request.method, request.path, body)
        if trap and not trap.carried_out:
            return self._kill(trap, request)
        try:
            async with session.request(
                request.method,
                URL(f"{behind}{request.raw_path}", encoded=True),
                headers=[(n, v) for n, v in request.headers.items() if n.lower() not in OF_THE_CONNECTION],
                data=body or None,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            ) as answer:
                content = await answer.read()
        except aiohttp.ClientError:
            return _cut(request)  # the storage is away
        if trap:
            return self._kill(trap, request)
        kept = [(n, v) for n, v in answer.headers.items() if n.lower() not in OF_THE_CONNECTION]
        response = web.Response(status=answer.status, body=content)
        response.headers.clear()
        response.headers.extend(kept)
        return response

    def _sprung(self, method: str, path: str, body: bytes) -> Trap | None:
        trap = self._trap
        if trap is None or not trap.fits(method, path, body):
            return None
        self._fitted += 1
        if self._fitted < trap.nth:
            return None
        self._trap = None
        return trap

    def _kill(self, trap: Trap, request: web.BaseRequest) -> web.Response:
        os.kill(trap.pid, trap.signal)
        return _cut(request)


def _cut(request: web.BaseRequest) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
