"""A proxy before Azurite that spoils answers: the service applied the request, or never saw it."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(StrEnum):
    BUSY = "503, not applied"
    BUSY_AFTER = "503, applied"
    CUT_AFTER = "connection cut, applied"


type Answer = tuple[int, list[tuple[str, str]], bytes]

# Said anew by this side.
OWN = ("transfer-encoding", "connection", "content-length")
BUSY: Answer = (503, [], b"")


class Proxy:
    def __init__(self, endpoint: str) -> None:
        self.address = urlsplit(endpoint)
        self.faults: list[Fault | None] = []
        """What happens to the next requests, in order."""
        self.requests = 0

    def forward(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self.address.hostname or "", self.address.port, timeout=10)
        try:
            connection.request(request.command, request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in OWN]
            return answer.status, kept, answer.read()
        finally:
            connection.close()


@contextmanager
def unsteady(connection_string: str) -> Iterator[tuple[str, Proxy]]:
    """The connection string with its tables behind a proxy, and the proxy."""
    parts = dict(part.split("=", 1) for part in connection_string.split(";") if part)
    proxy = Proxy(parts["TableEndpoint"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            proxy.requests += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = proxy.faults.pop(0) if proxy.faults else None
            status, headers, content = BUSY if fault is Fault.BUSY else proxy.forward(self, body)
            if fault is Fault.CUT_AFTER:
                self.close_connection = True
                return
            if fault is Fault.BUSY_AFTER:
                status, headers, content = BUSY
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    parts["TableEndpoint"] = f"http://127.0.0.1:{server.server_port}{proxy.address.path}"
    try:
        yield ";".join(f"{name}={value}" for name, value in parts.items()), proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
