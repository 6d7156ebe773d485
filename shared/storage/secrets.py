"""Secrets by account and name; a value never reaches a log, a message or an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from shared.errors import RetryLater
from shared.storage.keys import AccountId


class SecretMissing(Exception):
    """There is no such secret: `name` is safe to show."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The secret '{name}' is not stored. Enter it again in the settings of its connection."
        )
        self.name = name


class SecretsUnavailable(Exception):
    """The store of secrets cannot be reached or read: fail closed, nothing is read or written with an old value."""


class Secrets(Protocol):
    """Two implementations: `key_vault.KeyVaultSecrets` and `encrypted_table.EncryptedTableSecrets`."""

    def get(self, account: AccountId, name: str) -> str:
        """Raises SecretMissing or SecretsUnavailable."""
        ...

    def put(self, account: AccountId, name: str, value: str) -> None: ...

    def delete(self, account: AccountId, name: str) -> None: ...


class AllSecrets(Secrets, Protocol):
    """The secrets, for the one who must remove all of an account's: its deletion."""

    def delete_all(self, account: AccountId) -> int:
        """Remove every secret of the account for good; how many there were. Raises SecretsUnavailable."""
        ...


@contextmanager
def or_later() -> Iterator[None]:
    """Without the store nothing is done now: whoever asks is told to come back."""
    try:
        yield
    except SecretsUnavailable as unavailable:
        raise RetryLater(timedelta(minutes=1), str(unavailable).rstrip(".")) from None
