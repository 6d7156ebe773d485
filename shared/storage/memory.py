"""The store in memory: for tests and benchmarks, held to the same contract as Azure."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from shared.storage.blobs import Stored, check_name
from shared.storage.queues import check_message
from shared.storage.table_limits import (
    check_changes,
    check_key,
    check_key_text,
    check_payload,
    packed,
    unpacked,
)
from shared.storage.tables import Conflict, Delete, Insert, Key, Put, Replace, Row, RowChange


class MemoryTables:
    """Rows in a dict; one lock makes each transaction whole."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, Row]] = {}
        self._lock = threading.Lock()
        self._versions = itertools.count(1)

    def get(self, key: Key) -> Row | None:
        check_key(key)
        with self._lock:
            return self._partitions.get(key.partition, {}).get(key.row)

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        for text in (partition, *filter(None, (prefix, after))):
            check_key_text(text)
        with self._lock:
            kept = self._partitions.get(partition, {})
            names = sorted(name for name in kept if name.startswith(prefix) and name > after)
            found = [kept[name] for name in names]
        yield from found

    def rows_between(self, first: str, end: str) -> Iterator[Row]:
        check_key_text(first)
        check_key_text(end)
        with self._lock:
            partitions = sorted(name for name in self._partitions if first <= name < end)
            found = [
                self._partitions[name][row] for name in partitions for row in sorted(self._partitions[name])
            ]
        yield from found

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        check_changes(changes)
        bodies = [None if isinstance(change, Delete) else packed(change.document) for change in changes]
        check_payload([body for body in bodies if body is not None])
        with self._lock:
            partition = self._partitions.setdefault(changes[0].key.partition, {})
            for change in changes:
                _expect(change, partition.get(change.key.row))
            etags = []
            for change, body in zip(changes, bodies, strict=True):
                if body is None:
                    del partition[change.key.row]
                    etags.append("")
                else:
                    etag = f'W/"{next(self._versions)}"'
                    partition[change.key.row] = Row(change.key, unpacked(body), etag)
                    etags.append(etag)
            return etags


def _expect(change: RowChange, stored: Row | None) -> None:
    match change:
        case Insert() if stored is not None:
            raise Conflict(f"{change.key.row} exists already")
        case Replace() | Delete() if stored is None:
            raise Conflict(f"{change.key.row} is gone")
        case Replace() | Delete() if stored is not None and stored.etag != change.etag:
            raise Conflict(f"{change.key.row} was changed by somebody else")
        case Insert() | Replace() | Delete() | Put():
            return


class MemoryBlobs:
    def __init__(self, now: Callable[[], datetime] = lambda: datetime.min.replace(tzinfo=UTC)) -> None:
        self._blobs: dict[str, tuple[bytes, Stored]] = {}
        self._versions = itertools.count(1)
        self._now = now

    def put(self, name: str, data: bytes) -> None:
        check_name(name)
        self._blobs[name] = bytes(data), Stored(name, f'"{next(self._versions)}"', self._now())

    def get(self, name: str) -> bytes | None:
        check_name(name)
        return self._blobs[name][0] if name in self._blobs else None

    def stored(self, prefix: str) -> Iterator[Stored]:
        check_name(f"{prefix}-")
        yield from [self._blobs[name][1] for name in sorted(self._blobs) if name.startswith(prefix)]

    def delete(self, name: str, etag: str = "") -> None:
        check_name(name)
        if not etag or (name in self._blobs and self._blobs[name][1].etag == etag):
            self._blobs.pop(name, None)


class SentMessage(NamedTuple):
    queue: str
    body: str
    after: timedelta


class MemoryQueues:
    """Messages are kept in the order they were sent; whoever plays the host takes them from `messages`."""

    def __init__(self) -> None:
        self.messages: list[SentMessage] = []

    def send(self, queue: str, body: str, after: timedelta = timedelta()) -> None:
        check_message(body, after)
        self.messages.append(SentMessage(queue, body, after))

    def waiting(self, queue: str) -> int | None:
        return sum(message.queue == queue for message in self.messages)
