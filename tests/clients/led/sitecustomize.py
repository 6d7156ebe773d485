"""Python itself imports this before any client: the vendors' names resolve to the front, whatever the client does.

Nothing else is changed: URLs, Host headers, TLS and its checks are the client's own.
"""

import os
import socket
from typing import Any

from names import NAMES

_PORT = int(os.environ["CLIENTS_FRONT_PORT"])
_resolve, _connect = socket.getaddrinfo, socket.socket.connect


def _led(host: Any, port: Any, *rest: Any, **words: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    return _resolve("127.0.0.1" if name in NAMES else host, port, *rest, **words)


def _connected(self: socket.socket, address: Any) -> None:
    """Port 443 is the front's own, which a person without rights cannot open."""
    _connect(self, ("127.0.0.1", _PORT) if address == ("127.0.0.1", 443) else address)


socket.getaddrinfo = _led
socket.socket.connect = _connected  # type: ignore[method-assign, assignment]
