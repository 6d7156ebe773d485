"""The vendors' side of a sandbox: documents in memory, written through to one file at every change."""

import copy
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.clock import SandboxClock

Document = dict[str, Any]


def stamp(moment: datetime) -> str:
    """An instant as most vendors write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_stamp(text: str) -> datetime:
    return datetime.fromisoformat(text)


class State:
    """Documents by kind and key. The same code serves the running stand-ins and a stopped state.

    A document that was changed keeps its former self, so that a stale read can be answered.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock = SandboxClock(folder)
        # One request is answered at a time, not always by the thread that began: tests ask without a server.
        self._file = sqlite3.connect(
            folder / "standins.sqlite", isolation_level=None, check_same_thread=False
        )
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=OFF")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS document (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
        )
        self._documents: dict[str, dict[str, Document]] = {}
        self._former: dict[tuple[str, str], Document] = {}
        self._stale = False
        self._as_of: datetime | None = None
        for kind, key, body in self._file.execute("SELECT kind, key, body FROM document ORDER BY rowid"):
            self._documents.setdefault(kind, {})[key] = json.loads(body)

    def close(self) -> None:
        self._file.close()

    @property
    def empty(self) -> bool:
        return not self._documents

    def find(self, kind: str, key: str) -> Document | None:
        if self._stale and (kind, key) in self._former:
            return self._former[kind, key]
        return self._documents.get(kind, {}).get(key)

    def get(self, kind: str, key: str) -> Document:
        found = self.find(kind, key)
        if found is None:
            raise KeyError(f"{kind} {key}")
        return found

    def all(self, kind: str) -> list[Document]:
        documents = self._documents.get(kind, {})
        if not self._stale:
            return list(documents.values())
        return [self._former.get((kind, key), document) for key, document in documents.items()]

    def put(self, kind: str, key: str, document: Document) -> None:
        self._documents.setdefault(kind, {})[key] = document
        self._file.execute(
            "INSERT INTO document VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind, key, json.dumps(document, separators=(",", ":"))),
        )

    def change(self, kind: str, key: str, edit: Callable[[Document], None]) -> Document:
        """Edit one document, remember what it was, and count its version up."""
        document = self.get(kind, key)
        self._former[kind, key] = copy.deepcopy(document)
        edit(document)
        document["version"] = document.get("version", 0) + 1
        self.put(kind, key, document)
        return document

    def remove(self, kind: str, key: str) -> None:
        self._documents.get(kind, {}).pop(key, None)
        self._former.pop((kind, key), None)
        self._file.execute("DELETE FROM document WHERE kind = ? AND key = ?", (kind, key))

    @contextmanager
    def reading_stale(self, stale: bool) -> Iterator[None]:
        """Within, changed documents are read as they were before their last change."""
        self._stale = stale
        try:
            yield
        finally:
            self._stale = False

    @contextmanager
    def in_one_go(self) -> Iterator[None]:
        """Write many documents in one transaction."""
        self._file.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Within, it is that moment."""
        self._as_of = moment
        try:
            yield
        finally:
            self._as_of = None

    def now(self) -> datetime:
        return self._as_of or self.clock.now()

    def day(self, days: float) -> datetime:
        """The instant that many days from the moment this state was made."""
        began = parse_stamp(self.get("meta", "world")["began"])
        return began + timedelta(days=days)
