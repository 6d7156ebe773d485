"""Deleting an account: no row, blob or secret of it is left, and no message of it does anything any more.

The row of the deletion is stored first and goes last. While it stands the account cannot be opened again, so nothing of
a new account is ever taken for the old one's. What is at work for the account at that moment may still store something:
each tick looks again, until nothing was found for a while. So a sweep that is cut off, or whose message is lost, costs
a quarter of an hour and never leaves a half of an account.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, groupby

from shared.privacy.export import directory_rows
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.secrets import AllSecrets
from shared.storage.tables import TRANSACTION_LIMIT, AllTables, Conflict, Delete, Put, Replace, Row, Tables

AGAIN = timedelta(minutes=12)
"""Longer than a function may take (host.json): what was at work when something was last found has ended by then."""


class Deletion(Document):
    """A row of the directory while an account is being deleted."""

    asked_at: datetime
    found_at: datetime | None = None
    """The end of the newest sweep that found something."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everywhere that something of an account can be."""

    tables: AllTables
    blobs: Blobs
    secrets: AllSecrets


def begin(tables: Tables, account: AccountId, now: datetime) -> None:
    """Nothing is deleted yet: the sweeps do it."""
    tables.commit([Put(keys.deletion(account), Deletion(asked_at=now))])


def is_asked_for(tables: Tables, account: AccountId) -> bool:
    return tables.get(keys.deletion(account)) is not None


def standing(tables: Tables) -> Iterator[AccountId]:
    """The accounts whose deletion has not ended."""
    return (keys.account_id(row.key.row) for row in tables.rows(keys.deletions()))


def go_on(stores: Stores, account: AccountId, clock: Callable[[], datetime]) -> int:
    """One sweep: how much was deleted. Nothing found for AGAIN ends the deletion. Raises SecretsUnavailable."""
    row = stores.tables.get(keys.deletion(account))
    if row is None:
        return 0
    asked, found = row.read(Deletion), sweep(stores, account)
    change: Replace | Delete = Delete(row.key, row.etag)
    if found:
        change = Replace(row.key, asked.model_copy(update={"found_at": clock()}), row.etag)
    elif clock() - (asked.found_at or asked.asked_at) < AGAIN:
        return 0
    with suppress(Conflict):  # another sweep was faster: what it found counts
        stores.tables.commit([change])
    return found


def sweep(stores: Stores, account: AccountId) -> int:
    """Delete all that is there; how much it was. Safe to repeat, and to be cut off at any moment.

    The directory goes first: then nobody finds the account, and the tick starts nothing for it. Raises
    SecretsUnavailable.
    """
    count = _delete(stores.tables, directory_rows(stores.tables, account))
    count += stores.secrets.delete_all(account)
    for blob in list(stores.blobs.stored(keys.blobs_of(account))):
        stores.blobs.delete(blob.name)
        count += 1
    return count + _delete(stores.tables, stores.tables.rows_between(*keys.partitions_of(account)))


def _delete(tables: Tables, rows: Iterator[Row]) -> int:
    """Rows in the order of their partitions. What changed meanwhile is found by the next sweep."""
    count = 0
    for _, together in groupby(rows, lambda row: row.key.partition):
        for some in batched(together, TRANSACTION_LIMIT, strict=False):
            count += len(some)
            try:
                tables.commit([Delete(row.key, row.etag) for row in some])
            except Conflict:
                continue
    return count
