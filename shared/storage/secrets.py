"""Secrets by account and name; a value never reaches a log, a message or an answer."""

from typing import Protocol

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
