"""Bodies too large for a row: users of a snapshot, mails, the product-names file."""

import re
from typing import Protocol

_LEGAL_NAME = re.compile(r"(?!.*//)(?!(.*/)?\.{1,2}(/|$))[A-Za-z0-9._:-][A-Za-z0-9._:/-]{0,1023}(?<![./])")


class Blobs(Protocol):
    """Two implementations: `azure_blobs.AzureBlobs` and `memory.MemoryBlobs`, one contract suite."""

    def put(self, name: str, data: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def delete(self, name: str) -> None:
        """Remove it; already gone is fine."""
        ...


def check_name(name: str) -> None:
    """Raise ValueError for a name that is not built in `keys.py`: a dot segment would lead to another account."""
    if not _LEGAL_NAME.fullmatch(name):
        raise ValueError(
            "a blob name is 1 to 1,024 of A-Z a-z 0-9 . _ : - and / between parts; build it in keys.py"
        )
