"""Bodies too large for a row: users of a snapshot, mails, the product-names file."""

from typing import Protocol


class Blobs(Protocol):
    """Two implementations: `azure_blobs.AzureBlobs` and `memory.MemoryBlobs`, one contract suite."""

    def put(self, name: str, data: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def delete(self, name: str) -> None:
        """Remove it; already gone is fine."""
        ...
