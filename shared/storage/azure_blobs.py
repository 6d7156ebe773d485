"""Blobs in one container of Azure Blob Storage."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from shared.storage.blobs import Stored, check_name

if TYPE_CHECKING:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.blob import ContainerClient


class AzureBlobs:
    def __init__(self, client: "ContainerClient") -> None:
        self._client = client

    def ensure(self) -> None:
        """Create the container if it is missing."""
        from azure.core.exceptions import ResourceExistsError

        try:
            self._client.create_container()
        except ResourceExistsError:
            return

    def put(self, name: str, data: bytes) -> None:
        check_name(name)
        self._client.upload_blob(name, data, overwrite=True)

    def get(self, name: str) -> bytes | None:
        from azure.core.exceptions import ResourceNotFoundError

        check_name(name)
        try:
            return self._client.download_blob(name).readall()
        except ResourceNotFoundError as error:
            if not _only_the_blob(error):
                raise
            return None

    def stored(self, prefix: str) -> Iterator[Stored]:
        check_name(f"{prefix}-")
        for blob in self._client.list_blobs(name_starts_with=prefix):
            yield Stored(blob.name, blob.etag, blob.last_modified)

    def delete(self, name: str, etag: str = "") -> None:
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

        check_name(name)
        unchanged: dict[str, Any] = (
            {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        )
        try:
            self._client.delete_blob(name, **unchanged)
        except ResourceModifiedError:
            return
        except ResourceNotFoundError as error:
            if not _only_the_blob(error):
                raise


def _only_the_blob(missing: "ResourceNotFoundError") -> bool:
    """A missing container is a fault of the installation, not an empty name."""
    return getattr(missing, "error_code", None) == "BlobNotFound"
