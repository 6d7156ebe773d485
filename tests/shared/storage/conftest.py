"""Each contract test runs twice: in memory and on Azurite, connected as the app is."""

import pytest

from shared.storage.blobs import Blobs
from shared.storage.connect import AzureStorage, connect
from shared.storage.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.storage.queues import WatchedQueues
from shared.storage.tables import AllTables

QUEUE = "read-tenant"
BOTH = ["memory", pytest.param("azurite", marks=pytest.mark.azurite)]


@pytest.fixture
def storage(storage_connection: str) -> AzureStorage:
    """A storage account with everything that the first start creates."""
    storage = connect(storage_connection)
    storage.ensure([QUEUE])
    return storage


@pytest.fixture(params=BOTH)
def tables(request: pytest.FixtureRequest) -> AllTables:
    if request.param == "memory":
        return MemoryTables()
    storage: AzureStorage = request.getfixturevalue("storage")
    return storage.tables


@pytest.fixture(params=BOTH)
def blobs(request: pytest.FixtureRequest) -> Blobs:
    if request.param == "memory":
        return MemoryBlobs()
    storage: AzureStorage = request.getfixturevalue("storage")
    return storage.blobs


@pytest.fixture(params=BOTH)
def queues(request: pytest.FixtureRequest) -> WatchedQueues:
    if request.param == "memory":
        return MemoryQueues()
    storage: AzureStorage = request.getfixturevalue("storage")
    return storage.queues
