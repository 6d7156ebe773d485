"""What costs time in a simulation and proves nothing there: connections, files, and parsing the same bytes again."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from sandbox.standins.protocol import Request, request_to
from sandbox.standins.state import Document as Kept
from sandbox.standins.state import State
from shared.storage.documents import Document


class MemoryState(State):
    """The vendors' side without its file: nobody reads it again."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
            super().__init__(Path(folder))
            self._file.close()

    def put(self, kind: str, key: str, document: Kept) -> None:
        self._documents.setdefault(kind, {})[key] = document

    def remove(self, kind: str, key: str) -> None:
        self._documents.get(kind, {}).pop(key, None)
        self._former.pop((kind, key), None)

    @contextlib.contextmanager
    def in_one_go(self) -> Iterator[None]:
        yield


class InProcess(requests.Session):
    """Hands each request to `asked`, as it would be on the wire; msal and the product's client use no more of it."""

    def __init__(self, asked: Callable[[Request], requests.Response]) -> None:
        super().__init__()
        self._asked = asked

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        json: Any = None,
        **_: Any,
    ) -> requests.Response:
        sent = {"Accept": "*/*", **(headers or {})}
        body, kind = _body(data, json)
        if kind:
            sent.setdefault("Content-Type", kind)
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        host, _slash, target = url.removeprefix("https://").partition("/")
        told = self._asked(request_to(method, host, f"/{target}", sent, body))
        told.url = url
        return told


def _body(data: Any, given: Any) -> tuple[bytes, str]:
    if given is not None:
        return json.dumps(given, allow_nan=False).encode(), "application/json"
    if isinstance(data, bytes):
        return data, ""
    if data:
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    return b"", ""


@contextlib.contextmanager
def parsed_once() -> Iterator[None]:
    """Within, the same bytes are one document: they are frozen, and years of nights read the same ones again."""
    parse = getattr(Document.model_validate_json, "__func__")  # noqa: B009

    @lru_cache(maxsize=30_000)
    def kept(model: type[Document], body: str | bytes) -> Document:
        found: Document = parse(model, body)
        return found

    def once(model: type[Document], body: str | bytes) -> Document:
        return kept(model, body)

    setattr(Document, "model_validate_json", classmethod(once))  # noqa: B010
    try:
        yield
    finally:
        delattr(Document, "model_validate_json")
