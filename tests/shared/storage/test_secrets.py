"""The contract of Secrets, held by the encrypted table and by Key Vault."""

import base64
import logging
import traceback
from collections.abc import Iterator, Sequence

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.storage import keys
from shared.storage.encrypted_table import EncryptedTableSecrets, Sealed, read_keys
from shared.storage.key_vault import KeyVaultSecrets
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from shared.storage.secrets import SecretMissing, Secrets, SecretsUnavailable
from shared.storage.tables import Key, Put, Row, RowChange
from tests.shared.storage.vault import Vault, running

ACME, OTHER = account_id("acme"), account_id("acme--other")
KEY, NEW_KEY = b"k" * 32, b"n" * 32
NEW_VALUE = "0.ARoB-rotated"
VALUE = "0.ARoA-refresh-token-žluť-漢"


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def key_vault(vault: Vault) -> Iterator[KeyVaultSecrets]:
    with running(vault) as client:
        yield KeyVaultSecrets(client)


@pytest.fixture(params=["encrypted table", "key vault"])
def secrets(request: pytest.FixtureRequest) -> Secrets:
    if request.param == "encrypted table":
        return EncryptedTableSecrets(MemoryTables(), [KEY])
    made: KeyVaultSecrets = request.getfixturevalue("key_vault")
    return made


NAMES = [
    "refresh-token",
    "psa:connectwise:main",
    "Main",
    "main",
    "a--b",
    "-",
    "h-1",
    "ž",
    "x" * 200,
    "a/b?c#d",
]


def test_each_secret_is_found_by_its_account_and_name_only(secrets: Secrets) -> None:
    for account in (ACME, OTHER):
        for name in NAMES:
            secrets.put(account, name, f"{account} {name}")
    for account in (ACME, OTHER):
        for name in NAMES:
            assert secrets.get(account, name) == f"{account} {name}"


def test_a_secret_that_is_not_stored_is_missing_and_says_what_to_do(secrets: Secrets) -> None:
    secrets.put(ACME, "refresh-token", VALUE)
    for account, name in ((OTHER, "refresh-token"), (ACME, "other")):
        with pytest.raises(SecretMissing, match="Enter it again") as missing:
            secrets.get(account, name)
        assert missing.value.name == name


def test_a_rotated_secret_is_seen_at_once(secrets: Secrets) -> None:
    secrets.put(ACME, "refresh-token", "old")
    assert secrets.get(ACME, "refresh-token") == "old"
    secrets.put(ACME, "refresh-token", VALUE)
    assert secrets.get(ACME, "refresh-token") == VALUE


def test_a_deleted_secret_is_missing_and_can_be_entered_again(secrets: Secrets) -> None:
    secrets.put(ACME, "refresh-token", "old")
    secrets.put(OTHER, "refresh-token", "theirs")
    secrets.delete(ACME, "refresh-token")
    secrets.delete(ACME, "refresh-token")
    with pytest.raises(SecretMissing):
        secrets.get(ACME, "refresh-token")
    secrets.put(ACME, "refresh-token", VALUE)
    assert secrets.get(ACME, "refresh-token") == VALUE
    assert secrets.get(OTHER, "refresh-token") == "theirs"


def test_a_value_is_in_no_representation_and_no_log(
    secrets: Secrets, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets.put(ACME, "refresh-token", VALUE)
    assert secrets.get(ACME, "refresh-token") == VALUE
    with pytest.raises(SecretMissing) as missing:
        secrets.get(ACME, "other")
    secrets.delete(ACME, "refresh-token")
    seen = (
        caplog.text + repr(secrets) + repr(vars(secrets)) + "".join(traceback.format_exception(missing.value))
    )
    if isinstance(secrets, KeyVaultSecrets):
        assert "secrets/acme--refresh-token" in caplog.text  # what the SDK logs is looked at
    assert VALUE not in seen


# -- Key Vault ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_vault_that_does_not_answer_fails_closed_and_tells_no_value(
    vault: Vault, key_vault: KeyVaultSecrets, status: int
) -> None:
    key_vault.put(ACME, "refresh-token", VALUE)
    vault.fault = status
    with pytest.raises(SecretsUnavailable, match=str(status)) as read:
        key_vault.get(ACME, "refresh-token")
    with pytest.raises(SecretsUnavailable, match=str(status)) as written:
        key_vault.put(ACME, "refresh-token", NEW_VALUE)
    with pytest.raises(SecretsUnavailable, match=str(status)):
        key_vault.delete(ACME, "refresh-token")
    seen = "".join([*traceback.format_exception(read.value), *traceback.format_exception(written.value)])
    assert VALUE not in seen
    assert NEW_VALUE not in seen


def test_a_vault_out_of_reach_fails_closed() -> None:
    with running(Vault()) as client:
        pass
    with pytest.raises(SecretsUnavailable, match="ServiceRequestError"):
        KeyVaultSecrets(client).get(ACME, "refresh-token")


def test_a_refused_identity_is_told_which_role_it_needs(vault: Vault, key_vault: KeyVaultSecrets) -> None:
    vault.fault = 403
    with pytest.raises(SecretsUnavailable, match="Key Vault Secrets Officer"):
        key_vault.get(ACME, "refresh-token")


def test_every_read_asks_the_vault(vault: Vault, key_vault: KeyVaultSecrets) -> None:
    key_vault.put(ACME, "refresh-token", VALUE)
    for _ in range(3):
        key_vault.get(ACME, "refresh-token")
    assert vault.reads == 3


# -- the encrypted table ------------------------------------------------------------------------------------------


def _stored(tables: MemoryTables, name: str = "refresh-token") -> Row:
    row = tables.get(keys.secret(ACME, name))
    assert row
    return row


def test_a_stored_row_tells_nothing_of_the_value() -> None:
    tables = MemoryTables()
    EncryptedTableSecrets(tables, [KEY]).put(ACME, "refresh-token", VALUE)
    body = _stored(tables).body
    for clear in (VALUE.encode(), base64.b64encode(VALUE.encode()), KEY, base64.b64encode(KEY)):
        assert clear not in body


def test_one_value_stored_twice_looks_different() -> None:
    tables = MemoryTables()
    secrets = EncryptedTableSecrets(tables, [KEY])
    secrets.put(ACME, "a", VALUE)
    secrets.put(ACME, "b", VALUE)
    first, second = _stored(tables, "a").read(Sealed), _stored(tables, "b").read(Sealed)
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext


@pytest.mark.parametrize("to", [keys.secret(OTHER, "refresh-token"), keys.secret(ACME, "other")])
def test_a_row_copied_elsewhere_does_not_decrypt(to: Key) -> None:
    tables = MemoryTables()
    secrets = EncryptedTableSecrets(tables, [KEY])
    secrets.put(ACME, "refresh-token", VALUE)
    tables.commit([Put(to, _stored(tables).read(Sealed))])
    account = OTHER if to.partition.startswith(OTHER) else ACME
    with pytest.raises(SecretsUnavailable, match="altered"):
        secrets.get(account, "refresh-token" if account == OTHER else "other")


def test_after_a_change_of_keys_old_secrets_are_read_and_new_ones_need_the_new_key() -> None:
    tables = MemoryTables()
    EncryptedTableSecrets(tables, [KEY]).put(ACME, "old", VALUE)
    both = EncryptedTableSecrets(tables, [NEW_KEY, KEY])
    assert both.get(ACME, "old") == VALUE
    both.put(ACME, "new", VALUE)
    only_new = EncryptedTableSecrets(tables, [NEW_KEY])
    assert only_new.get(ACME, "new") == VALUE
    with pytest.raises(SecretsUnavailable, match="not configured here"):
        only_new.get(ACME, "old")


class _Down:
    """Tables whose service cannot be reached."""

    def get(self, key: Key) -> Row | None:
        raise ServiceRequestError("connection refused")

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        raise ServiceRequestError("connection refused")

    def commit(self, changes: Sequence[RowChange]) -> list[str]:
        raise ServiceRequestError("connection refused")


def test_a_table_out_of_reach_fails_closed_and_tells_no_value() -> None:
    secrets = EncryptedTableSecrets(_Down(), [KEY])
    with pytest.raises(SecretsUnavailable):
        secrets.get(ACME, "refresh-token")
    with pytest.raises(SecretsUnavailable):
        secrets.delete(ACME, "refresh-token")
    with pytest.raises(SecretsUnavailable) as written:
        secrets.put(ACME, "refresh-token", VALUE)
    assert VALUE not in "".join(traceback.format_exception(written.value))


def test_keys_are_read_in_order_and_a_wrong_one_is_named_but_not_quoted() -> None:
    first, second = base64.b64encode(KEY).decode(), base64.b64encode(NEW_KEY).decode()
    assert read_keys(f"{first}, {second}") == [KEY, NEW_KEY]
    for wrong in ("", "c2VjcmV0", "not base64!", first[:-4]):
        with pytest.raises(ValueError, match="key 2 must be 32 bytes") as refused:
            read_keys(f"{first},{wrong}")
        assert not wrong or wrong not in "".join(traceback.format_exception(refused.value))
    with pytest.raises(ValueError, match="at least one"):
        EncryptedTableSecrets(MemoryTables(), [])
