"""A copy of all that is stored, rows and blobs of every account, in one ZIP file; and back into an empty storage."""

import json
import zipfile
from collections.abc import Iterator
from itertools import batched, groupby
from pathlib import Path

from pydantic import ConfigDict

from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.tables import TRANSACTION_LIMIT, AllTables, Insert, Key

ROWS, BLOBS = "rows.jsonl", "blobs/"


class Kept(Document):
    """A stored document as it is, of whatever kind and version."""

    model_config = ConfigDict(extra="allow", frozen=True)


class NotEmpty(Exception):
    """There are rows already: two installations are never merged."""


def save(tables: AllTables, blobs: Blobs, file: Path) -> int:
    """Write the copy; how many rows and blobs it has. Best when no night is running: it takes no moment for all."""
    count = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(ROWS, "w", force_zip64=True) as lines:
            for row in tables.rows_between(*keys.every_partition()):
                line = json.dumps([row.key.partition, row.key.row, row.body.decode()])
                lines.write(line.encode() + b"\n")
                count += 1
        for blob in blobs.stored(""):
            data = blobs.get(blob.name)
            if data is not None:  # else deleted since it was listed
                archive.writestr(BLOBS + blob.name, data)
                count += 1
    return count


def restore(tables: AllTables, blobs: Blobs, file: Path) -> int:
    """Put a copy into an empty storage; how many rows and blobs it was. Blobs first: a row never names a missing one.

    Raises NotEmpty. Cut off in the middle, empty the storage and begin again.
    """
    if next(tables.rows_between(*keys.every_partition()), None) is not None:
        raise NotEmpty("The table is not empty. Restore into an empty one.")
    count = 0
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            if name.startswith(BLOBS):
                blobs.put(name.removeprefix(BLOBS), archive.read(name))
                count += 1
        with archive.open(ROWS) as lines:
            for _, together in groupby(_inserts(lines), lambda insert: insert.key.partition):
                for some in batched(together, TRANSACTION_LIMIT, strict=False):
                    tables.commit(some)
                    count += len(some)
    return count


def _inserts(lines: Iterator[bytes]) -> Iterator[Insert]:
    for line in lines:
        partition, row, body = json.loads(line)
        yield Insert(Key(partition, row), Kept.model_validate_json(body))
