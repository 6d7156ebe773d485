"""Rows in partitions with one write primitive: a transaction that happens as a whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shared.storage.documents import Document

TRANSACTION_LIMIT = 100
"""Entities in one transaction (Azure Table Storage)."""


class Key(NamedTuple):
    """Built in `keys.py` only. Both parts: 1 to 512 printable ASCII characters without `/ \\ # ?`."""

    partition: str
    row: str


@dataclass(frozen=True, slots=True)
class Row:
    key: Key
    body: bytes
    etag: str

    def read[D: Document](self, model: type[D]) -> D:
        return model.model_validate_json(self.body)


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a row that must not exist yet."""

    key: Key
    document: Document


@dataclass(frozen=True, slots=True)
class Replace:
    """Overwrite a row that must still be the one that was read."""

    key: Key
    document: Document
    etag: str


@dataclass(frozen=True, slots=True)
class Put:
    """Write a row whatever was there."""

    key: Key
    document: Document


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a row that must still be the one that was read."""

    key: Key
    etag: str


type RowChange = Insert | Replace | Put | Delete


class Conflict(Exception):
    """A row was not as the transaction expects (exists, gone or changed). Nothing of it was written."""


class TooLarge(Exception):
    """A document does not fit into one row even compressed: it belongs into a blob."""


class Tables(Protocol):
    """Two implementations: `azure_tables.AzureTables` and `memory.MemoryTables`, one contract suite."""

    def get(self, key: Key) -> Row | None: ...

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        """Every row of the partition whose row key starts with `prefix`, by row key, page after page.

        With `after` only those behind that row key, whether there is such a row or not.
        """
        ...

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        """Apply 1 to 100 changes of one partition as one transaction; the new ETags in order ("" for a Delete).

        Raises Conflict when a row is not as expected, TooLarge, ValueError for what can never be one transaction:
        mixed partitions, a row changed twice, a count outside 1..100, a Replace or Delete without an ETag.
        """
        ...


class AllTables(Tables, Protocol):
    """The tables, for the few who must see all of an account: its export and its deletion."""

    def rows_between(self, first: str, end: str) -> Iterator[Row]:
        """Every row of the partitions from `first` on and before `end`, by partition and row key, page after page."""
        ...


def chunks[C](changes: Sequence[C]) -> Iterator[Sequence[C]]:
    """Cut a long list of changes into transactions."""
    for start in range(0, len(changes), TRANSACTION_LIMIT):
        yield changes[start : start + TRANSACTION_LIMIT]
