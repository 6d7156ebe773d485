"""The adapters as the app gets them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.storage.connect import AzureStorage, connect, connect_with_identity
from shared.storage.documents import Document
from shared.storage.tables import Insert, Key


class Note(Document):
    text: str = ""


@pytest.mark.azurite
def test_everything_needed_is_created_once_and_found_the_second_time(storage_connection: str) -> None:
    for _ in range(2):
        connect(storage_connection).ensure(["read-tenant", "close-run"])
    storage = connect(storage_connection)
    key = Key("connect|notes", "a")
    storage.tables.commit([Insert(key, Note(text="1"))])
    storage.blobs.put("connect/a", b"1")
    storage.queues.send("close-run", "1", timedelta(seconds=5))
    again = connect(storage_connection)
    row = again.tables.get(key)
    assert row
    assert row.read(Note).text == "1"
    assert again.blobs.get("connect/a") == b"1"


@pytest.mark.azurite
def test_one_connection_serves_many_threads(storage: AzureStorage) -> None:
    def write(n: int) -> str:
        key = Key("threads|notes", f"{n:03}")
        storage.tables.commit([Insert(key, Note(text=str(n)))])
        storage.blobs.put(f"threads/{n}", str(n).encode())
        row, blob = storage.tables.get(key), storage.blobs.get(f"threads/{n}")
        assert row
        assert blob == str(n).encode()
        return row.read(Note).text

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(write, range(64))) == [str(n) for n in range(64)]


def test_an_account_name_leads_to_the_public_cloud_over_tls() -> None:
    storage = connect_with_identity("seatwisestore", client_id="00000000-0000-0000-0000-000000000001")
    table, blob, queue = storage.tables._client, storage.blobs._client, storage.queues._service
    assert [client.url.rstrip("/") for client in (table, blob, queue)] == [
        "https://seatwisestore.table.core.windows.net",
        "https://seatwisestore.blob.core.windows.net/seatwise",
        "https://seatwisestore.queue.core.windows.net",
    ]


def test_no_vendor_package_is_loaded_before_it_is_used() -> None:
    modules = [
        "connect",
        "azure_tables",
        "azure_blobs",
        "azure_queues",
        "key_vault",
        "encrypted_table",
        "decisions",
    ]
    code = f"import sys, {', '.join(f'shared.storage.{module}' for module in modules)}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "shared.storage.connect" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("azure", "requests", "cryptography")]
