"""Everything that is kept of an account, as one ZIP file; secrets are left out."""

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import quote

from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import AllTables, Row

README = """Everything that Seatwise keeps of the account {account}, as of {now}.

tables/     one file a partition, one JSON object a line: the row's key and its document
blobs/      bodies as they are stored; what ends in .gz is compressed JSON
directory/  where the account is named among all accounts

Left out: secrets. They cannot be read back by anybody; docs/privacy.md says what each is for.
"""


def write(tables: AllTables, blobs: Blobs, account: AccountId, now: datetime, to: IO[bytes]) -> int:
    """Write the ZIP file; how many rows and blobs are in it. What changes meanwhile may be there as it was or is."""
    count = 0
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(account=account, now=now.isoformat(timespec="seconds")))
        for partition, rows in groupby(_rows(tables, account), lambda row: row.key.partition):
            with archive.open(_path("tables", partition.removeprefix(f"{account}|")), "w") as lines:
                count += _write_lines(lines, rows)
        with archive.open("directory/accounts.jsonl", "w") as lines:
            count += _write_lines(lines, directory_rows(tables, account))
        for blob in blobs.stored(keys.blobs_of(account)):
            data = blobs.get(blob.name)
            if data is None:
                continue  # deleted since it was listed: it is not kept any more
            archive.writestr(
                str(PurePosixPath("blobs") / blob.name.removeprefix(keys.blobs_of(account))), data
            )
            count += 1
    return count


def _rows(tables: AllTables, account: AccountId) -> Iterator[Row]:
    kept_back = keys.secrets_of(account)
    return (
        row for row in tables.rows_between(*keys.partitions_of(account)) if row.key.partition != kept_back
    )


def directory_rows(tables: AllTables, account: AccountId) -> Iterator[Row]:
    """Where the account is named among all: in a row's key, or as the `account` of its document.

    The row of its deletion is not one of them: it goes last.
    """
    for row in tables.rows_between(*keys.directory()):
        if row.key == keys.deletion(account):
            continue
        if account in row.key.row.split("|") or json.loads(row.body).get("account") == account:
            yield row


def _write_lines(lines: IO[bytes], rows: Iterator[Row]) -> int:
    count = 0
    for row in rows:
        line = {"partition": row.key.partition, "row": row.key.row, "document": json.loads(row.body)}
        lines.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def _path(folder: str, partition: str) -> str:
    """A name that every system can unpack: what is unusual in it is percent-encoded."""
    return f"{folder}/{'/'.join(quote(part, safe='') for part in partition.split('|'))}.jsonl"
