"""Each contract test runs twice: in memory and on Azurite."""

from uuid import uuid4

import pytest

from shared.storage.azure_tables import AzureTables
from shared.storage.memory import MemoryTables
from shared.storage.tables import Tables

BOTH = ["memory", pytest.param("azurite", marks=pytest.mark.azurite)]


@pytest.fixture(params=BOTH)
def tables(request: pytest.FixtureRequest) -> Tables:
    """An empty store."""
    if request.param == "memory":
        return MemoryTables()
    from azure.data.tables import TableClient

    connection = request.getfixturevalue("storage_connection")
    client = TableClient.from_connection_string(connection, f"t{uuid4().hex}")
    client.create_table()
    return AzureTables(client)
