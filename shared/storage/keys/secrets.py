"""Keys of secrets, in the encrypted table and in Key Vault."""

import re

from shared.storage.keys.parts import AccountId, hashed, part
from shared.storage.tables import Key

_VAULT_NAME = re.compile(r"(?!h-)[a-z0-9]+(-[a-z0-9]+){0,9}")


def secrets_of(account: AccountId) -> str:
    return f"{account}|secrets"


def secret(account: AccountId, name: str) -> Key:
    return Key(secrets_of(account), part(name))


def is_vault_secret_of(account: AccountId, stored: str) -> bool:
    """Whether a name in Key Vault is a secret of the account."""
    return "--" in stored and stored.rpartition("--")[0] == account


def vault_secret(account: AccountId, name: str) -> str:
    """A name for Key Vault: at most 127 letters, digits and '-', where case does not count.

    What follows the last "--" is the name, so no account's name reads like another account's.
    """
    plain = _VAULT_NAME.fullmatch(name) and len(name) <= 80
    return f"{account}--{name if plain else f'h-{hashed(name)}'}"
