"""The contract of Blobs, held by the memory store and by Azure's (Azurite)."""

import gzip

import pytest
from azure.core.exceptions import ResourceNotFoundError

from shared.storage.blobs import Blobs
from shared.storage.connect import connect
from shared.storage.keys import account_id, partner_list_blob, product_names_blob, users_blob

ACME = account_id("acme")


@pytest.mark.parametrize("data", [b"", b"x", gzip.compress(b"users", mtime=0), bytes(range(256)) * 20_000])
def test_a_body_comes_back_byte_by_byte(blobs: Blobs, data: bytes) -> None:
    blobs.put("acme/users/a/1.json.gz", data)
    assert blobs.get("acme/users/a/1.json.gz") == data


def test_a_body_is_overwritten_as_a_whole(blobs: Blobs) -> None:
    blobs.put("acme/a", b"long and old")
    blobs.put("acme/a", b"new")
    assert blobs.get("acme/a") == b"new"


def test_what_is_not_there_is_none_and_deleting_it_is_fine(blobs: Blobs) -> None:
    assert blobs.get("acme/a") is None
    blobs.delete("acme/a")
    blobs.put("acme/a", b"1")
    blobs.put("acme/ab", b"2")
    blobs.delete("acme/a")
    blobs.delete("acme/a")
    assert blobs.get("acme/a") is None
    assert blobs.get("acme/ab") == b"2"


def test_blobs_are_listed_by_how_their_name_begins(blobs: Blobs) -> None:
    for name in ("acme/users/b/2", "acme/users/b/1", "acme/users/bc/1", "acme/a", "other/users/b/1"):
        blobs.put(name, b"")
    assert [blob.name for blob in blobs.stored("acme/users/b/")] == ["acme/users/b/1", "acme/users/b/2"]
    assert list(blobs.stored("acme/none/")) == []


def test_a_blob_that_was_written_again_since_it_was_listed_is_not_deleted(blobs: Blobs) -> None:
    blobs.put("acme/users/a/1", b"old")
    blobs.put("acme/users/a/2", b"old")
    again, gone = blobs.stored("acme/users/a/")
    blobs.put("acme/users/a/1", b"new")
    blobs.delete(again.name, again.etag)
    blobs.delete(gone.name, gone.etag)
    blobs.delete(gone.name, gone.etag)
    assert blobs.get("acme/users/a/1") == b"new"
    assert blobs.get("acme/users/a/2") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "a/../b",
        "../b",
        "a/..",
        "a/./b",
        "a b",
        "a?b",
        "a#b",
        "a\\b",
        "ž",
        "a%2fb",
        "a\n",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="a blob name is"):
        blobs.put(name, b"")
    with pytest.raises(ValueError, match="a blob name is"):
        blobs.get(name)
    with pytest.raises(ValueError, match="a blob name is"):
        blobs.delete(name)


def test_every_name_of_keys_is_taken_whatever_the_vendor_calls_things(blobs: Blobs) -> None:
    names = [
        product_names_blob(),
        *(users_blob(ACME, tenant, "d1") for tenant in ("..", ".", "a/b", "%2e%2e", "ž", "72f988bf")),
        *(partner_list_blob(ACME, connection) for connection in ("..", "main")),
    ]
    for name in names:
        blobs.put(name, name.encode())
    assert [blobs.get(name) for name in names] == [name.encode() for name in names]


@pytest.mark.azurite
def test_a_missing_container_is_a_fault_and_not_an_empty_name(storage_connection: str) -> None:
    blobs = connect(storage_connection).blobs
    with pytest.raises(ResourceNotFoundError, match="ContainerNotFound"):
        blobs.get("acme/a")
    with pytest.raises(ResourceNotFoundError, match="ContainerNotFound"):
        blobs.delete("acme/a")
