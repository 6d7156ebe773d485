"""Bodies too large for a row: users of a snapshot, mails, the product-names file."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

_LEGAL_NAME = re.compile(r"(?!.*//)(?!(.*/)?\.{1,2}(/|$))[A-Za-z0-9._:-][A-Za-z0-9._:/-]{0,1023}(?<![./])")


class Stored(NamedTuple):
    """A blob as it was listed."""

    name: str
    etag: str
    written_at: datetime


class Blobs(Protocol):
    """Two implementations: `azure_blobs.AzureBlobs` and `memory.MemoryBlobs`, one contract suite."""

    def put(self, name: str, data: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def stored(self, prefix: str) -> Iterator[Stored]:
        """Every blob whose name begins like this, by name, page after page."""
        ...

    def delete(self, name: str, etag: str = "") -> None:
        """Remove it; already gone is fine. With an ETag only the version that was listed: a newer one stays."""
        ...


def check_name(name: str) -> None:
    """Raise ValueError for a name that is not built in `keys.py`: a dot segment would lead to another account."""
    if not _LEGAL_NAME.fullmatch(name):
        raise ValueError(
            "a blob name is 1 to 1,024 of A-Z a-z 0-9 . _ : - and / between parts; build it in keys.py"
        )
