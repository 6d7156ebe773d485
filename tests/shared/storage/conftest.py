"""Each contract test runs twice: in memory and on Azurite."""

from uuid import uuid4

import pytest

from shared.storage.azure_blobs import AzureBlobs
from shared.storage.azure_tables import AzureTables
from shared.storage.blobs import Blobs
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Tables

BOTH = ["memory", pytest.param("azurite", marks=pytest.mark.azurite)]


@pytest.fixture(params=BOTH)
def tables(request: pytest.FixtureRequest) -> Tables:
    """An empty table."""
    if request.param == "memory":
        return MemoryTables()
    from azure.data.tables import TableClient

    connection: str = request.getfixturevalue("storage_connection")
    tables = AzureTables(TableClient.from_connection_string(connection, f"t{uuid4().hex}"))
    tables.ensure()
    return tables


@pytest.fixture(params=BOTH)
def blobs(request: pytest.FixtureRequest) -> Blobs:
    """An empty container."""
    if request.param == "memory":
        return MemoryBlobs()
    from azure.storage.blob import ContainerClient

    connection: str = request.getfixturevalue("storage_connection")
    blobs = AzureBlobs(ContainerClient.from_connection_string(connection, f"c{uuid4().hex}"))
    blobs.ensure()
    return blobs
