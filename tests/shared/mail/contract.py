"""What every transport must make of what its provider says: subclass it as `Test...` beside a provider."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from shared.http.client import Http
from shared.mail.base import Delivery, Mail, Receipt, Transport
from tests.shared.mail.test_message import MAIL

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


class Says(StrEnum):
    """What a provider is told to do with the next mail."""

    YES = "yes"
    NOT_NOW = "not now"
    NEVER = "never"
    SILENCE_AFTER_BODY = "the body arrives, then the connection is cut"


@dataclass
class Provider:
    says: Says = Says.YES
    subjects: list[str] = field(default_factory=list)
    """Of the mails whose bodies arrived, accepted or not."""
    payloads: list[dict[str, Any]] = field(default_factory=list)
    transport: Transport | None = None

    def send(self, mail: Mail = MAIL) -> Receipt:
        assert self.transport is not None
        return self.transport.send(mail)


@contextmanager
def http_server(
    provider: Provider,
    answer: Callable[[], tuple[int, bytes]],
    asked: Callable[[str], tuple[int, bytes]] = lambda _: (404, b""),
) -> Iterator[int]:
    """`answer` to a mail that is handed over, `asked` to a question, by its path."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            provider.payloads.append(payload | {"path": self.path, "key": self.headers["Authorization"]})
            provider.subjects.append(_subject(payload))
            status, body = answer()
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            if status == 202:
                self.send_header("X-Message-Id", "sg-1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            status, body = asked(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def http() -> Http:
    session = requests.Session()
    session.trust_env = False
    return Http(session, lambda _: None, lambda: NOW)


@contextmanager
def answering(
    answers: Mapping[Says, tuple[int, bytes]], make: Callable[[str], Transport]
) -> Iterator[Provider]:
    """A provider by HTTP that gives these answers, and silence where there is none; `make` gets its address."""
    provider = Provider()
    with http_server(provider, lambda: answers.get(provider.says, (0, b""))) as port:
        provider.transport = make(f"http://127.0.0.1:{port}")
        yield provider


def _subject(payload: Mapping[str, Any]) -> str:
    """Of a mail in fields, or of a finished message."""
    return payload.get("subject") or payload.get("Subject") or subject_in(payload["Content"]["Raw"]["Data"])


def subject_in(raw: str | bytes) -> str:
    return str(message_from_bytes(base64.b64decode(raw), policy=default)["Subject"])


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class TransportContract:
    """Also of what hands nothing over to anybody."""

    kind: str
    """Its name in the registry."""

    @staticmethod
    def opened(folder: Path, /) -> AbstractContextManager[Provider]:
        """A provider with its transport."""
        raise NotImplementedError

    @pytest.fixture
    def provider(self, tmp_path: Path) -> Iterator[Provider]:
        with self.opened(tmp_path) as provider:
            yield provider

    def test_an_accepted_mail_has_a_reference(self, provider: Provider) -> None:
        receipt = provider.send()
        assert receipt.delivery is Delivery.ACCEPTED
        assert receipt.reference
        assert not receipt.why

    @pytest.mark.parametrize("part", ["to", "subject"])
    def test_a_mail_that_cannot_be_sent_is_refused_before_it_leaves(
        self, provider: Provider, part: str
    ) -> None:
        changed: dict[str, Any] = {part: "a@b.example\r\nBcc: thief@evil.example"}
        receipt = provider.send(replace(MAIL, **changed))
        assert receipt.delivery is Delivery.REFUSED
        assert "is not" in receipt.why
        assert provider.subjects == []


class RemoteContract(TransportContract):
    """Of a transport whose provider answers, or does not."""

    @pytest.mark.parametrize(
        "says, expected",
        [
            (Says.NOT_NOW, Delivery.NOT_NOW),
            (Says.NEVER, Delivery.REFUSED),
            (Says.SILENCE_AFTER_BODY, Delivery.UNCLEAR),
        ],
    )
    def test_what_the_provider_says_is_told_apart_and_nothing_is_sent_twice(
        self, provider: Provider, says: Says, expected: Delivery
    ) -> None:
        provider.says = says
        receipt = provider.send()
        assert receipt.delivery is expected
        assert receipt.why
        assert len(provider.subjects) <= 1

    def test_the_mail_that_arrives_is_the_mail_that_was_sent(self, provider: Provider) -> None:
        mail = replace(MAIL, subject="2 new: Müller & Söhne “Ltd” 👩‍👧 – 1 held push, and 13 other rows")
        assert provider.send(mail).delivery is Delivery.ACCEPTED
        assert provider.subjects == [mail.subject]
