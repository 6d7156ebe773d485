"""The three Azure adapters over one pool of connections."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.storage.azure_blobs import AzureBlobs
from shared.storage.azure_queues import AzureQueues
from shared.storage.azure_tables import AzureTables

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import RequestsTransport

TABLE = "seatwise"
CONTAINER = "seatwise"

CONNECTIONS = 32
"""As many as the Functions worker has threads (PYTHON_THREADPOOL_THREAD_COUNT)."""


@dataclass(frozen=True, slots=True)
class AzureStorage:
    tables: AzureTables
    blobs: AzureBlobs
    queues: AzureQueues

    def ensure(self, queues: Iterable[str]) -> None:
        """Create the table, the container and these queues where they are missing."""
        self.tables.ensure()
        self.blobs.ensure()
        for queue in queues:
            self.queues.ensure(queue)


def connect(connection_string: str) -> AzureStorage:
    """By connection string: Azurite, or an account with a key. Nothing is sent yet."""
    from azure.data.tables import TableClient
    from azure.storage.blob import ContainerClient
    from azure.storage.queue import QueueServiceClient

    options = _options()
    return AzureStorage(
        AzureTables(TableClient.from_connection_string(connection_string, TABLE, **options)),
        AzureBlobs(ContainerClient.from_connection_string(connection_string, CONTAINER, **options)),
        AzureQueues(QueueServiceClient.from_connection_string(connection_string, **options)),
    )


def connect_with_identity(account: str, client_id: str | None = None) -> AzureStorage:
    """By account name and the app's own identity: what `AzureWebJobsStorage__accountName` and `__clientId` say."""
    from azure.identity import DefaultAzureCredential

    return _with_credential(account, DefaultAzureCredential(managed_identity_client_id=client_id))


def _with_credential(account: str, credential: "TokenCredential") -> AzureStorage:
    from azure.data.tables import TableClient
    from azure.storage.blob import ContainerClient
    from azure.storage.queue import QueueServiceClient

    def url(service: str) -> str:
        return f"https://{account}.{service}.core.windows.net"

    options = _options() | {"credential": credential}
    return AzureStorage(
        AzureTables(TableClient(url("table"), TABLE, **options)),
        AzureBlobs(ContainerClient(url("blob"), CONTAINER, **options)),
        AzureQueues(QueueServiceClient(url("queue"), **options)),
    )


def _options() -> dict[str, Any]:
    """One pool of connections for all, and repeats that fit a function of a few minutes."""
    return {
        "transport": _transport(),
        "retry_total": 4,
        "retry_status": 4,
        "retry_backoff_factor": 0.5,  # tables: 0, 1, 2, 4 s
        "retry_backoff_max": 8,
        "initial_backoff": 1,  # blobs and queues: about 2, 3, 5, 9 s
        "increment_base": 2,
        "random_jitter_range": 1,
    }


def _transport() -> "RequestsTransport":
    import requests
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # Looking for proxies and a .netrc at each request costs more than signing it.
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
    # The SDKs would wait up to 5 minutes for one answer; the services themselves give up after 30 seconds.
    # Not owned: closing one client must not close the connections of the other two.
    return RequestsTransport(session=session, session_owner=False, connection_timeout=5, read_timeout=40)
