"""Azurite keeps what it was given, and counts what it was asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite, AzuriteError, command_of
from tests.sandbox.host.conftest import eventually

PROJECT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.azurite, pytest.mark.processes]


def test_a_folder_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    with Azurite(tmp_path / "storage") as first:
        table = TableServiceClient.from_connection_string(first.connection_string).create_table("kept")
        for number in range(20):
            table.create_entity({"PartitionKey": "p", "RowKey": str(number)})
    with Azurite(tmp_path / "storage") as second:
        table = TableServiceClient.from_connection_string(second.connection_string).get_table_client("kept")
        assert len(list(table.list_entities())) == 20


def test_an_emulator_whose_starter_was_killed_is_ended_first(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys; from sandbox.azurite import Azurite;"
        "Azurite(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT, check=False, timeout=60)
    leftover = int((tmp_path / "azurite.pid").read_text().split()[0])
    assert command_of(leftover)
    with Azurite(tmp_path) as fresh:
        TableServiceClient.from_connection_string(fresh.connection_string).create_table("works")
        # Not by asking for its number: a process that ended keeps it until its parent has heard so, and an orphan's
        # parent is whatever the machine makes of it.
        assert not command_of(leftover)


def test_a_second_emulator_on_one_folder_is_refused(tmp_path: Path) -> None:
    with Azurite(tmp_path), pytest.raises(AzuriteError, match=f"is in use by process {os.getpid()}"):
        Azurite(tmp_path).start()
    with Azurite(tmp_path):
        pass


def test_a_machine_without_node_is_told_what_to_install(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from sandbox.azurite import Azurite; Azurite(pathlib.Path(sys.argv[1])).start()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=PROJECT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "The storage emulator needs Node.js 18 or newer: install it" in ran.stderr


def test_accounts_do_not_see_each_other(azurite: Azurite, storage_connection: str) -> None:
    TableServiceClient.from_connection_string(storage_connection).create_table("mine")
    other = TableServiceClient.from_connection_string(azurite.connection_string_for("account999"))
    with pytest.raises(ResourceNotFoundError):
        list(other.get_table_client("mine").list_entities())


def test_operations_are_counted_by_kind_for_each_account(azurite: Azurite, storage_connection: str) -> None:
    account = storage_connection.partition("AccountName=")[2].partition(";")[0]
    _use(storage_connection)
    expected = {
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
    assert eventually(lambda: azurite.operations(account) == expected), azurite.operations(account)
    QueueClient.from_connection_string(storage_connection, "queue").send_message("more")
    assert eventually(lambda: azurite.operations(account) == expected | {"queue_put": 2})
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
