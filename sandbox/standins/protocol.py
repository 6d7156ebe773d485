"""What every stand-in speaks: a request, the call it is, and the answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as the vendor would see it. Header and query names are lower-cased."""

    method: str
    host: str
    path: str
    """Percent-decoded, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    raw_query: str = ""

    def json(self) -> Any:
        """The body as JSON; None when it is not JSON (`NaN` and `Infinity` are not)."""
        try:
            return json.loads(self.body, parse_constant=_no_number)
        except (ValueError, RecursionError):
            return None

    def form(self) -> dict[str, str]:
        """The fields of the body; one that is no UTF-8 has no useful field."""
        return dict(parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True))


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def request_to(method: str, host: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
    """Build a Request from a request target such as `/v1.0/users?$top=999`."""
    path, _, raw_query = target.partition("?")
    query = {name.lower(): value for name, value in parse_qsl(raw_query, keep_blank_values=True)}
    lowered = {name.lower(): value for name, value in headers.items()}
    return Request(method.upper(), host.lower(), unquote(path), query, lowered, body, raw_query)


@dataclass(frozen=True, slots=True)
class Call:
    """What a request is: its kind (counted; faults match a prefix of it) and whose data it asks for."""

    kind: str
    tenant: str = ""
    counted_as: str = ""
    """The coarser name under which it is counted too."""


@dataclass(slots=True)
class Answer:
    """What goes back. `body` is bytes, or anything JSON can say."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    gzipped: bytes | None = None
    """The body, already compressed."""

    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        if self.body is None:
            return b""
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()


class Vendor(Protocol):
    """One stand-in. Handlers are synchronous: a request is applied wholly or not at all."""

    name: str
    hosts: frozenset[str]

    def call(self, request: Request) -> Call:
        """Say what this request is, without doing it."""

    def answer(self, request: Request, call: Call) -> Answer:
        """Do it."""

    def throttled(self, retry_after: int | None) -> Answer:
        """A 429 as this vendor words it."""

    def failing(self, status: int) -> Answer:
        """A 5xx as this vendor words it."""
