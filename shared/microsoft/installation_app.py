"""K4: the installation's own app registration, which partners may consent to instead of making one of their own."""

from dataclasses import dataclass, field

from shared.microsoft.models import INSTALLATION_SECRET
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, Secrets


@dataclass(frozen=True, slots=True)
class InstallationApp:
    client_id: str
    client_secret: str = field(repr=False)


class WithInstallationApp:
    """The accounts' secrets, and that of the installation's app: a setting, which is never written or deleted here."""

    def __init__(self, secrets: Secrets, app: InstallationApp | None) -> None:
        self._secrets, self._app = secrets, app

    def get(self, account: AccountId, name: str) -> str:
        if name != INSTALLATION_SECRET:
            return self._secrets.get(account, name)
        if self._app is None:
            raise SecretMissing(name)
        return self._app.client_secret

    def put(self, account: AccountId, name: str, value: str) -> None:
        if name != INSTALLATION_SECRET:
            self._secrets.put(account, name, value)

    def delete(self, account: AccountId, name: str) -> None:
        if name != INSTALLATION_SECRET:
            self._secrets.delete(account, name)
