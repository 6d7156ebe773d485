"""The HTTP server of the stand-ins: one port, every vendor by its host name, and the sandbox's own pages."""

import asyncio
import json
import os
import socket
import zlib
from http import HTTPStatus

from aiohttp import web

from sandbox.standins.controls.commands import RUNNING, ControlError, control
from sandbox.standins.dispatch import Delivery, Dispatcher
from sandbox.standins.pages import page_for
from sandbox.standins.protocol import Answer, request_to
from sandbox.standins.state import State
from sandbox.standins.vendors.login import HOST as LOGIN

_WORTH_PACKING = 600


class Server:
    """Carries requests to the dispatcher and deliveries back, with all the ways a connection can go wrong."""

    def __init__(self, state: State, dispatcher: Dispatcher | None = None) -> None:
        self._dispatcher = dispatcher or Dispatcher(state)
        self._state = state

    async def handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        host = incoming.headers.get("Host", "")
        name = host.rsplit(":", 1)[0].lower()
        path, headers = incoming.raw_path, dict(incoming.headers)
        if name in ("127.0.0.1", "localhost", ""):
            if not path.startswith(f"/{LOGIN}/"):
                return await self._own(incoming)
            # A browser cannot be led here under Microsoft's name, so the name is the beginning of the path.
            name, path = LOGIN, path.removeprefix(f"/{LOGIN}")
            headers["x-sandbox-base"] = f"http://{host}/{LOGIN}"
        body = await incoming.read()
        request = request_to(incoming.method, name, path, headers, body)
        delivery = self._dispatcher.deliver(request)
        return await self._carry(incoming, delivery)

    async def _carry(self, incoming: web.BaseRequest, delivery: Delivery) -> web.StreamResponse:
        if delivery.wait:
            await asyncio.sleep(delivery.wait)
        if delivery.answer is None:
            _drop(incoming, reset=delivery.reset)
            return web.Response(status=500)
        response, size = _response(incoming, delivery.answer)
        self._dispatcher.counts[f"bytes.{delivery.vendor}"] += size
        if delivery.answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._dispatcher.counts[f"throttled.{delivery.vendor}"] += 1
        if not delivery.cut:
            return response
        return await _cut(incoming, response)

    async def _own(self, incoming: web.BaseRequest) -> web.StreamResponse:
        counts = self._dispatcher.counts
        match incoming.method, incoming.path:
            case "GET", "/sandbox/counts":
                return web.json_response(dict(sorted(counts.items())))
            case "POST", "/sandbox/counts/reset":
                counts.clear()
                return web.json_response({})
            case "POST", "/sandbox/control":
                return self._control(await incoming.read())
            case "GET", path:
                page = page_for(path, self._state, self._dispatcher.faults, counts)
                return web.Response(status=page.status, text=page.html, content_type="text/html")
        return web.json_response({"error": "Not found."}, status=404)

    def _control(self, body: bytes) -> web.Response:
        try:
            command = json.loads(body)
            self._dispatcher.apply_what_is_due()
            return web.json_response({"result": control(self._state, command, self._dispatcher.faults)})
        except (ControlError, ValueError) as wrong:
            return web.json_response({"error": str(wrong)}, status=400)


def _response(incoming: web.BaseRequest, answer: Answer) -> tuple[web.Response, int]:
    headers = dict(answer.headers)
    body = answer.gzipped
    if "gzip" not in incoming.headers.get("Accept-Encoding", ""):
        body = zlib.decompress(body, wbits=31) if body and answer.body is None else answer.raw()
    elif body is None:
        body = answer.raw()
        if len(body) > _WORTH_PACKING:
            body = zlib.compress(body, 1, wbits=31)
            headers["Content-Encoding"] = "gzip"
    else:
        headers["Content-Encoding"] = "gzip"
    if answer.status != 204:
        headers["Content-Type"] = answer.content_type
    return web.Response(status=answer.status, body=body, headers=headers), len(body)


async def _cut(incoming: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Announce the whole body, send half of it, and close."""
    body = whole.body
    content = body if isinstance(body, bytes) else b""
    partial = web.StreamResponse(status=whole.status, headers=whole.headers)
    partial.content_length = len(content)
    await partial.prepare(incoming)
    await partial.write(content[: len(content) // 2])
    _drop(incoming, reset=False)
    return partial


def _drop(incoming: web.BaseRequest, *, reset: bool) -> None:
    transport = incoming.transport
    if transport is None:
        return
    if reset:
        linger_zero = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        transport.abort()
    else:
        transport.close()


async def serve(state: State, port: int) -> None:
    """Serve until cancelled. Prints READY and the address on stdout."""
    server = web.Server(Server(state).handle, access_log=None)
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    chosen = runner.addresses[0][1]
    running = state.folder / RUNNING
    try:
        running.write_text(json.dumps({"url": f"http://127.0.0.1:{chosen}", "pid": os.getpid()}))
        print(f"READY http://127.0.0.1:{chosen}", flush=True)
        await asyncio.Event().wait()
    finally:
        running.unlink(missing_ok=True)
        await runner.cleanup()
