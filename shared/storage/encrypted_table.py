"""Secrets in the tables, encrypted: where there is no Key Vault (local installations, the sandbox)."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence

from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, SecretsUnavailable
from shared.storage.tables import Conflict, Delete, Put, Row, Tables, chunks

_KEY_BYTES = 32
_NONCE_BYTES = 12


class Sealed(Document):
    """AES-256-GCM under the key that `key_id` names; account and name are bound in as associated data."""

    key_id: str
    nonce: str
    ciphertext: str


def read_keys(text: str) -> list[bytes]:
    """Keys of 32 bytes in base64, separated by commas: the first encrypts or signs, all of them decrypt or verify.

    To change the key, put the new one in front, enter or save each secret again, then drop the old one.
    Raises ValueError without quoting a key.
    """
    found = []
    for number, part in enumerate(text.split(","), start=1):
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != _KEY_BYTES:
            raise ValueError(f"key {number} must be 32 bytes in base64 (44 characters, ending in '=')")
        found.append(key)
    return found


class EncryptedTableSecrets:
    """A row copied to another account or name does not decrypt: the store fails closed."""

    def __init__(self, tables: Tables, encryption_keys: Sequence[bytes]) -> None:
        if not encryption_keys:
            raise ValueError("at least one encryption key is needed")
        self._tables = tables
        self._keys = {_key_id(key): key for key in encryption_keys}
        self._current = _key_id(encryption_keys[0])

    def get(self, account: AccountId, name: str) -> str:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        row = self._row(account, name)
        if row is None:
            raise SecretMissing(name)
        sealed = row.read(Sealed)
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise SecretsUnavailable(
                f"The secret '{name}' was encrypted with a key that is not configured here (key {sealed.key_id}). "
                "Add that key after the current one, or enter the secret again."
            )
        try:
            value = AESGCM(key).decrypt(
                base64.b64decode(sealed.nonce), base64.b64decode(sealed.ciphertext), _bound_to(account, name)
            )
        except InvalidTag:
            raise SecretsUnavailable(
                f"The stored secret '{name}' was altered and is not used. Enter it again in the settings."
            ) from None
        return value.decode()

    def put(self, account: AccountId, name: str, value: str) -> None:
        from azure.core.exceptions import AzureError
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = AESGCM(self._keys[self._current]).encrypt(
            nonce, value.encode(), _bound_to(account, name)
        )
        sealed = Sealed(
            key_id=self._current,
            nonce=base64.b64encode(nonce).decode(),
            ciphertext=base64.b64encode(ciphertext).decode(),
        )
        try:
            self._tables.commit([Put(keys.secret(account, name), sealed)])
        except AzureError as error:
            raise _unreachable(error) from error

    def delete(self, account: AccountId, name: str) -> None:
        """Remove it; already gone is fine. Raises SecretsUnavailable."""
        from azure.core.exceptions import AzureError

        while (row := self._row(account, name)) is not None:
            try:
                self._tables.commit([Delete(row.key, row.etag)])
            except Conflict:
                continue  # written in between: the newer value goes too
            except AzureError as error:
                raise _unreachable(error) from error

    def delete_all(self, account: AccountId) -> int:
        """Raises SecretsUnavailable."""
        from azure.core.exceptions import AzureError

        rows: list[Row] = []
        try:
            rows += self._tables.rows(keys.secrets_of(account))
            for some in chunks([Delete(row.key, row.etag) for row in rows]):
                self._tables.commit(some)
        except Conflict:
            return len(rows)  # one was written in between: the next sweep finds it
        except AzureError as error:
            raise _unreachable(error) from error
        return len(rows)

    def _row(self, account: AccountId, name: str) -> Row | None:
        from azure.core.exceptions import AzureError

        try:
            return self._tables.get(keys.secret(account, name))
        except AzureError as error:
            raise _unreachable(error) from error


def _unreachable(error: Exception) -> SecretsUnavailable:
    return SecretsUnavailable(
        f"The table of secrets cannot be reached ({type(error).__name__}). Nothing was changed."
    )


def _key_id(key: bytes) -> str:
    """Names a key without telling anything about it."""
    return hashlib.sha256(b"seatwise key id" + key).hexdigest()[:8]


def _bound_to(account: AccountId, name: str) -> bytes:
    return f"{account}|{name}".encode(errors="surrogatepass")
