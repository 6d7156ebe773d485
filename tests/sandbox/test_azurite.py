"""Azurite keeps what it was given, and counts what it was asked."""

from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite

pytestmark = [pytest.mark.azurite, pytest.mark.processes]


def test_a_folder_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    with Azurite(tmp_path / "storage") as first:
        table = TableServiceClient.from_connection_string(first.connection_string).create_table("kept")
        for number in range(20):
            table.create_entity({"PartitionKey": "p", "RowKey": str(number)})
    with Azurite(tmp_path / "storage") as second:
        table = TableServiceClient.from_connection_string(second.connection_string).get_table_client("kept")
        assert len(list(table.list_entities())) == 20


def test_accounts_do_not_see_each_other(azurite: Azurite, storage_connection: str) -> None:
    TableServiceClient.from_connection_string(storage_connection).create_table("mine")
    other = TableServiceClient.from_connection_string(azurite.connection_string_for("account999"))
    with pytest.raises(ResourceNotFoundError):
        list(other.get_table_client("mine").list_entities())


def test_operations_are_counted_by_kind_for_each_account(azurite: Azurite, storage_connection: str) -> None:
    account = storage_connection.partition("AccountName=")[2].partition(";")[0]
    _use(storage_connection)
    assert azurite.operations(account) == {
        "blob_delete": 1,
        "blob_get": 1,
        "blob_list": 1,
        "blob_put": 1,
        "container_or_queue_admin": 2,
        "queue_delete": 1,
        "queue_get": 1,
        "queue_peek": 1,
        "queue_put": 1,
        "queue_update": 1,
        "table_admin": 1,
        "table_batch": 1,
        "table_delete": 1,
        "table_get": 1,
        "table_insert": 1,
        "table_query": 1,
        "table_update": 2,
    }
    before = azurite.operations(account)
    QueueClient.from_connection_string(storage_connection, "queue").send_message("more")
    assert azurite.operations(account) == before | {"queue_put": 2}
    assert azurite.operations()["queue_put"] >= 2


def _use(connection: str) -> None:
    with TableServiceClient.from_connection_string(connection) as tables:
        table = tables.create_table("table")
        table.create_entity({"PartitionKey": "a|b", "RowKey": "x y"})
        table.upsert_entity({"PartitionKey": "a|b", "RowKey": "x y", "n": 1})
        table.update_entity({"PartitionKey": "a|b", "RowKey": "x y", "n": 2})
        table.get_entity("a|b", "x y")
        list(table.query_entities("PartitionKey eq 'a|b'"))
        table.delete_entity("a|b", "x y")
        table.submit_transaction([("upsert", {"PartitionKey": "a", "RowKey": str(row)}) for row in range(3)])
    with QueueClient.from_connection_string(connection, "queue") as queue:
        queue.create_queue()
        queue.send_message("hello")
        queue.peek_messages()
        (message,) = queue.receive_messages(max_messages=1, messages_per_page=1)
        queue.delete_message(queue.update_message(message, visibility_timeout=5))
    with BlobServiceClient.from_connection_string(connection) as blobs:
        container = blobs.create_container("container")
        container.upload_blob("folder/blob", b"hello")
        container.download_blob("folder/blob").readall()
        list(container.list_blobs())
        container.delete_blob("folder/blob")
