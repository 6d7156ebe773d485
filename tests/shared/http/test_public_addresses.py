"""What leads into our own network is not connected to, and nothing is sent there."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from shared.http.client import Http, NotConnected, Unreachable
from shared.wiring import WiringOverrides

LAST = b"last"


@dataclass
class Inner:
    """A server in our own network that writes down what each caller sends, until one says that it is the last."""

    server: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.getsockname()[1])

    def listen(self) -> None:
        while LAST not in self.heard:
            caller, _ = self.server.accept()
            with caller:
                self.heard.append(caller.recv(100))

    def end(self) -> list[bytes]:
        """What it was sent before this call."""
        listener = threading.Thread(target=self.listen)
        listener.start()
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(LAST)
        listener.join()
        return self.heard[:-1]


@pytest.fixture
def inner() -> Iterator[Inner]:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        server.settimeout(30)
        yield Inner(server)


@pytest.fixture
def http() -> Http:
    return Http(WiringOverrides().session(), sleep=lambda _: None, clock=lambda: datetime.now(UTC))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_of_our_own_network_is_not_spoken_to(http: Http, inner: Inner, host: str) -> None:
    url = f"https://{host}:{inner.port}/"
    with pytest.raises(NotConnected, match="could not be connected to"):
        http.write("POST", url, json={"secret": 1})
    with pytest.raises(Unreachable, match="could not be connected to"):
        http.read("GET", url)
    assert inner.end() == [b""] * 4  # the write was tried once, the read three times
