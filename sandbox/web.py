"""The front end beside the host, on an origin of its own: the files of web/dist with the headers they have in Azure."""

import gzip
import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.standins.vendors.login import HOST as LOGIN
from sandbox.standins.worlds.operators import APP_CLIENT_ID

WEB = Path(__file__).resolve().parents[1] / "web"
DIST = WEB / "dist"
_PACKED = {".html", ".js", ".css", ".svg"}
"""Files that Azure sends packed, too."""


def web_config(host: str, stand_ins: str) -> dict[str, str]:
    """What /config.json says: where the API is, and where people sign in."""
    return {
        "api": host,
        "authority": f"{stand_ins}/{LOGIN}/organizations/v2.0",
        "clientId": APP_CLIENT_ID,
    }


@contextmanager
def served(origin: str, config: dict[str, str]) -> Iterator[str]:
    """Serves web/dist at this origin while the block lasts. Its address is given back."""
    handler = partial(_Handler, config=config, headers=_headers(config))
    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(origin).port or 80), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def developed(origin: str, config: dict[str, str]) -> Iterator[str]:
    """Vite's development server at this origin while the block lasts."""
    command = ["node", "node_modules/vite/bin/vite.js", "--port", str(urlsplit(origin).port)]
    environment = {**os.environ, "SEATWISE_WEB_CONFIG": json.dumps(config)}
    with subprocess.Popen(command, cwd=WEB, env=environment) as vite:
        try:
            yield origin
        finally:
            vite.terminate()


def _headers(config: dict[str, str]) -> dict[str, str]:
    """The headers of the static site; what it may connect to is here http as well."""
    told: dict[str, str] = json.loads((WEB / "public/staticwebapp.config.json").read_text())["globalHeaders"]
    places = {f"http://{urlsplit(config[name]).netloc}" for name in ("api", "authority")}
    policy = told["Content-Security-Policy"].replace("https:", " ".join(sorted(places)))
    return {**told, "Content-Security-Policy": policy}


class _Handler(SimpleHTTPRequestHandler):
    """A file of the build, or the one page for every path of the app."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *given: Any, config: dict[str, str], headers: dict[str, str]) -> None:
        self._config, self._more = config, headers
        super().__init__(*given, directory=str(DIST))

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/config.json":
            self._tell(json.dumps(self._config).encode(), "application/json")
            return
        if not re.search(r"\.[a-z0-9]+$", path):
            path = self.path = "/index.html"
        file = Path(self.translate_path(path))
        if "gzip" in self.headers.get("Accept-Encoding", "") and file.suffix in _PACKED and file.is_file():
            self._tell(gzip.compress(file.read_bytes()), self.guess_type(file), packed=True)
            return
        super().do_GET()

    def _tell(self, body: bytes, kind: str, *, packed: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        for name, value in self._more.items():
            self.send_header(name, value)
        self.send_header(
            "Cache-Control", "max-age=31536000" if self.path.startswith("/assets/") else "no-store"
        )
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing: the demo's words are its own."""
