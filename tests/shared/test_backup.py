"""What was backed up comes back into an empty storage as it was; tried on Azurite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.azurite import Azurite
from shared import backup
from shared.accounts.directory import account_ids, load_account, save_account
from shared.alerts.evaluate import open_alerts
from shared.storage import keys
from shared.storage.connect import AzureStorage, connect
from shared.storage.encrypted_table import EncryptedTableSecrets
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Key
from tests.conftest import _unused
from tests.functions.api.conftest import MSP, OTHER, an_account
from tests.shared.privacy.two_accounts import SECRET_KEY, TwoAccounts, two_accounts


@pytest.fixture
def kept(storage_connection: str) -> TwoAccounts:
    return two_accounts(storage_connection)


@pytest.fixture
def empty(azurite: Azurite) -> AzureStorage:
    storage = connect(azurite.connection_string_for(next(_unused)))
    storage.ensure([])
    return storage


def rows(storage: AzureStorage) -> dict[Key, bytes]:
    return {row.key: row.body for row in storage.tables.rows_between(*keys.every_partition())}


def blobs(storage: AzureStorage) -> Iterator[tuple[str, bytes | None]]:
    return ((blob.name, storage.blobs.get(blob.name)) for blob in storage.blobs.stored(""))


@pytest.mark.azurite
def test_every_row_and_blob_comes_back_and_the_accounts_load(
    kept: TwoAccounts, empty: AzureStorage, tmp_path: Path
) -> None:
    file = tmp_path / "seatwise.zip"
    saved = backup.save(kept.storage.tables, kept.storage.blobs, file)
    assert backup.restore(empty.tables, empty.blobs, file) == saved
    assert set(rows(empty)) == set(kept.rows()), "also those that the copy did not look for"
    assert rows(empty) == rows(kept.storage)
    assert dict(blobs(empty)) == dict(blobs(kept.storage))
    names = [load_account(empty.tables, account).name for account in account_ids(empty.tables)]
    assert len(names) == 2
    assert len(list(open_alerts(empty.tables, MSP))) == len(list(open_alerts(kept.storage.tables, MSP)))
    assert EncryptedTableSecrets(empty.tables, [SECRET_KEY]).get(MSP, "refresh-token") == f"secret of {MSP}"


def test_a_storage_that_has_rows_is_left_as_it_is(tmp_path: Path) -> None:
    file, tables, other, blobs = tmp_path / "seatwise.zip", MemoryTables(), MemoryTables(), MemoryBlobs()
    save_account(tables, an_account(MSP, "Harbour IT"))
    save_account(other, an_account(OTHER, "Tidewater"))
    backup.save(tables, blobs, file)
    with pytest.raises(backup.NotEmpty):
        backup.restore(other, blobs, file)
    assert list(account_ids(other)) == [OTHER]
