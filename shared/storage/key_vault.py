"""Secrets in Azure Key Vault."""

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from shared.storage.keys import AccountId, is_vault_secret_of, vault_secret
from shared.storage.secrets import SecretMissing, SecretsUnavailable

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError
    from azure.keyvault.secrets import SecretClient


_log = logging.getLogger("seatwise.secrets")


class KeyVaultSecrets:
    """Every `get` asks the vault, so a secret that was changed a moment ago is the one that is used.

    A caller that needs one several times within one invocation keeps it in a variable, never longer.
    Causes are not chained: a request of the SDK that is part of an error carries the value it was to store.
    """

    def __init__(self, client: "SecretClient") -> None:
        self._client = client

    def get(self, account: AccountId, name: str) -> str:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            value = self._client.get_secret(vault_secret(account, name)).value
        except ResourceNotFoundError:
            raise SecretMissing(name) from None
        except AzureError as error:
            raise _unavailable(name, "read", error) from None
        if value is None:
            raise SecretMissing(name)
        return value

    def put(self, account: AccountId, name: str, value: str) -> None:
        """Store it. A name that was deleted before is recovered first, as the vault keeps it for 90 days."""
        from azure.core.exceptions import AzureError, ResourceExistsError

        stored = vault_secret(account, name)
        try:
            try:
                self._client.set_secret(stored, value)
            except ResourceExistsError:
                self._client.begin_recover_deleted_secret(stored).wait()
                self._client.set_secret(stored, value)
        except AzureError as error:
            raise _unavailable(name, "stored", error) from None

    def delete(self, account: AccountId, name: str) -> None:
        """Remove it; already gone is fine. Raises SecretsUnavailable."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            self._client.begin_delete_secret(vault_secret(account, name)).wait()
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _unavailable(name, "deleted", error) from None

    def delete_all(self, account: AccountId) -> int:
        """The deleted ones are purged, too; where the vault forbids that, they end when its own time is over."""
        from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

        try:
            kept = [secret.name for secret in self._client.list_properties_of_secrets() if secret.name]
            there = [name for name in kept if is_vault_secret_of(account, name)]
            for name in there:
                self._client.begin_delete_secret(name).wait()
            deleted = [secret.name for secret in self._client.list_deleted_secrets() if secret.name]
            for name in (name for name in deleted if is_vault_secret_of(account, name)):
                try:
                    self._client.purge_deleted_secret(name)
                except ResourceNotFoundError:
                    continue
                except HttpResponseError as refused:
                    if refused.status_code != HTTPStatus.FORBIDDEN:
                        raise
                    _log.warning("%s: a deleted secret could not be purged: the vault forbids it", account)
        except AzureError as error:
            raise _unavailable("(all of an account)", "deleted", error) from None
        return len(there)


def _unavailable(name: str, done: str, error: "AzureError") -> SecretsUnavailable:
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        hint = "Give the app's identity the role 'Key Vault Secrets Officer' on the vault."
    else:
        hint = "It is tried again with the next run."
    reason = f"{type(error).__name__}{f', {status}' if status else ''}"
    return SecretsUnavailable(
        f"The secret '{name}' could not be {done}: Key Vault did not answer ({reason}). {hint}"
    )
