"""The HTTP side of the host: functions under their routes, and the host's own addresses under /admin."""

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from aiohttp.web_request import BaseRequest

from sandbox.host.messages import Message, TypedData
from sandbox.host.outputs import Outputs
from sandbox.host.routes import Route, Routes
from sandbox.host.worker import Worker

LARGEST_BODY: Final = 100 * 1024 * 1024


@dataclass(frozen=True)
class Keys:
    """The keys of the host. A function's level takes either, admin's only the master key."""

    function: str
    master: str


class HttpFront:
    def __init__(
        self,
        routes: Routes,
        worker: Worker,
        outputs: Outputs,
        keys: Keys,
        start: Callable[[str, str], bool],
        stats: Callable[[], Mapping[str, Any]],
    ) -> None:
        """`start` begins a function by hand and says whether there is such a one."""
        self._routes = routes
        self._worker = worker
        self._outputs = outputs
        self._keys = keys
        self._start = start
        self._stats = stats

    async def listen(self, port: int) -> tuple[web.ServerRunner, str]:
        """Listen on 127.0.0.1; port 0 takes a free one."""
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), handle_signals=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, bound = runner.addresses[0][:2]
        return runner, f"http://{host}:{bound}"

    async def _answer(self, request: BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if path.startswith("/admin/"):
            return await self._admin(request, path)
        found = self._routes.find(request.method, path)
        if found is None:
            return web.Response(status=404)
        route, values = found
        if not self._is_allowed(route, request):
            return web.Response(status=401)
        if (request.content_length or 0) > LARGEST_BODY:
            return web.Response(status=413)
        outcome = await self._worker.invoke(route.function, await _as_message(request, values))
        if outcome.failure:
            return web.Response(status=500)
        await self._outputs.write(route.function, outcome)
        return _as_response(outcome.returned)

    def _is_allowed(self, route: Route, request: BaseRequest) -> bool:
        if route.auth_level == "anonymous":
            return True
        given = (request.headers.get("x-functions-key") or request.query.get("code") or "").encode()
        accepted = (
            [self._keys.master] if route.auth_level == "admin" else [self._keys.master, self._keys.function]
        )
        return any(hmac.compare_digest(given, key.encode()) for key in accepted)

    async def _admin(self, request: BaseRequest, path: str) -> web.Response:
        if request.method == "GET" and path == "/admin/host/status":
            return web.json_response({"state": "Running", "functions": len(self._worker.functions)})
        if request.method == "GET" and path == "/admin/host/stats":
            return web.json_response(self._stats())
        name = path.removeprefix("/admin/functions/")
        if request.method != "POST" or name == path:
            return web.Response(status=404)
        try:
            given = json.loads(await request.read() or b"{}")
            text = given["input"] if given else ""
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400, text='The body must be JSON such as {"input": ""}.')
        if not self._start(name, str(text or "")):
            return web.Response(
                status=404, text=f"There is no function '{name}' that can be started by hand."
            )
        return web.Response(status=202)


async def _as_message(request: BaseRequest, values: Mapping[str, str]) -> TypedData:
    # The real host hands over a body only when its length was announced; a chunked one arrives empty.
    body = await request.read() if request.content_length else b""
    return TypedData(
        http=Message(
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.raw_path}",
            headers={name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers},
            query=_query(request),
            params=values,
            body=TypedData(bytes=body),
        )
    )


def _query(request: BaseRequest) -> dict[str, str]:
    """As the real host passes it on: repeated values joined, empty ones left out."""
    joined = ((name, ",".join(request.query.getall(name))) for name in request.query)
    return {name: value for name, value in joined if value}


def _as_response(value: TypedData | None) -> web.Response:
    if value is None:
        return web.Response(status=204)
    if value.kind != "http":
        return web.Response(text=str(value.value))
    http = value.value
    body: bytes = http.body.value if http.body else b""
    response = web.Response(status=int(http.status_code), body=body)
    for name, text in http.headers.items():
        response.headers[name] = text
    for cookie in http.cookies or ():
        _add_cookie(response, cookie)
    return response


def _add_cookie(response: web.Response, cookie: Message) -> None:
    response.set_cookie(
        cookie.name,
        cookie.value,
        domain=(cookie.domain and cookie.domain.value) or None,
        path=(cookie.path and cookie.path.value) or "/",
        max_age=int(cookie.max_age.value) if cookie.max_age else None,
        secure=bool(cookie.secure and cookie.secure.value),
        httponly=bool(cookie.http_only and cookie.http_only.value),
        samesite=cookie.same_site or None,
    )
