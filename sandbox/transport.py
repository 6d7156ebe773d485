"""Lead the product's https requests to the stand-ins: same URL, same Host header, another address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter


class SandboxAdapter(HTTPAdapter):
    """Connects to the stand-ins in plain HTTP and keeps the original host in the `Host` header."""

    def __init__(self, base_url: str, connections: int = 32) -> None:
        self._address = urlsplit(base_url).netloc
        super().__init__(pool_connections=connections, pool_maxsize=connections)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        original = urlsplit(str(request.url))
        led = request.copy()
        led.url = urlunsplit(("http", self._address, original.path, original.query, ""))
        led.headers["Host"] = original.netloc
        response = super().send(led, stream, timeout, verify, cert, proxies)
        response.url, response.request = str(request.url), request
        return response


def sandbox_session(base_url: str, connections: int = 32) -> requests.Session:
    """A session whose https goes to the stand-ins at `base_url`; it ignores proxies and certificates of the machine."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update(_HEADERS)
    session.mount("https://", SandboxAdapter(base_url, connections))
    return session


def led_to(base_url: str, address: str) -> str:
    """A page of a vendor for a browser, which no name can lead to the stand-ins: there the name begins the path."""
    vendor = urlsplit(address)
    return urlunsplit(("http", urlsplit(base_url).netloc, f"/{vendor.netloc}{vendor.path}", vendor.query, ""))


_HEADERS: dict[str, Any] = {"Accept-Encoding": "gzip"}
