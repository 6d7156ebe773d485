"""The export holds everything of the account, and nothing of another."""

import io
import json
import zipfile

import pytest

from sandbox.azurite import Azurite
from shared.privacy import export
from shared.storage import keys
from shared.storage.encrypted_table import EncryptedTableSecrets
from shared.storage.keys import account_id
from shared.storage.memory import MemoryBlobs, MemoryTables
from tests.conftest import _unused
from tests.functions.api.conftest import MSP, OTHER
from tests.functions.memory_wiring import NOW
from tests.shared.privacy.two_accounts import SECRET_KEY, TwoAccounts, two_accounts


@pytest.fixture(scope="module")
def kept(azurite: Azurite) -> TwoAccounts:
    """No test of this file changes a row."""
    return two_accounts(azurite.connection_string_for(next(_unused)))


def exported(kept: TwoAccounts, account: str = MSP) -> dict[str, bytes]:
    file = io.BytesIO()
    export.write(kept.storage.tables, kept.storage.blobs, account_id(account), NOW, file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(files: dict[str, bytes]) -> list[dict[str, str]]:
    return [
        json.loads(line) for name, data in files.items() if ".jsonl" in name for line in data.splitlines()
    ]


@pytest.mark.azurite
def test_the_export_holds_every_row_and_every_blob_of_the_account(kept: TwoAccounts) -> None:
    files = exported(kept)
    of_account = {
        (key.partition, key.row)
        for key in kept.rows()
        if MSP in (*key.partition.split("|"), *key.row.split("|")) and key.partition != keys.secrets_of(MSP)
    }
    of_account |= {
        ("directory|opened", key.row) for key in kept.rows() if key.partition == "directory|opened"
    }
    assert len({key[0] for key in of_account}) >= 10, "rows of every kind"
    assert {(line["partition"], line["row"]) for line in lines(files)} == of_account
    blobs = {name.removeprefix("blobs/") for name in files if name.startswith("blobs/")}
    assert {f"{MSP}/{name}" for name in blobs} == {
        name for name in kept.blobs() if name.startswith(f"{MSP}/")
    }


@pytest.mark.azurite
def test_nothing_of_another_account_and_no_secret_is_in_it(kept: TwoAccounts) -> None:
    files = exported(kept)
    assert OTHER.encode() not in b"".join([*files.values(), *(name.encode() for name in files)])
    assert keys.secrets_of(MSP) not in {line["partition"] for line in lines(files)}
    assert b"secret of" not in b"".join(files.values())


@pytest.mark.azurite
def test_an_account_whose_id_begins_like_anothers_is_apart(kept: TwoAccounts) -> None:
    kept.storage.blobs.put("harbour-it-2/readings.json.gz", b"bodies of harbour-it-2")
    assert not any(b"harbour-it-2" in data for data in exported(kept).values())
    assert len(lines(exported(kept, "harbour"))) == 0


@pytest.mark.azurite
def test_the_text_of_a_document_is_in_it_as_it_is_stored(kept: TwoAccounts) -> None:
    row = kept.storage.tables.get(keys.setting(MSP, "account"))
    assert row is not None
    found = next(line for line in lines(exported(kept)) if line["row"] == row.key.row)
    assert found["document"] == json.loads(row.body)


def test_no_secret_is_exported() -> None:
    tables, file = MemoryTables(), io.BytesIO()
    EncryptedTableSecrets(tables, [SECRET_KEY]).put(MSP, "refresh-token", "secret")
    export.write(tables, MemoryBlobs(), MSP, NOW, file)
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["README.txt", "directory/accounts.jsonl"]
