"""A vault in memory, for tests of what stores secrets."""

from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, SecretsUnavailable


class MemorySecrets:
    """Secrets in a dict; `down` is a vault that cannot be reached."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.down = False

    def get(self, account: AccountId, name: str) -> str:
        self._check()
        if (account, name) not in self.kept:
            raise SecretMissing(name)
        return self.kept[account, name]

    def put(self, account: AccountId, name: str, value: str) -> None:
        self._check()
        self.kept[account, name] = value

    def delete(self, account: AccountId, name: str) -> None:
        self._check()
        self.kept.pop((account, name), None)

    def delete_all(self, account: AccountId) -> int:
        self._check()
        names = [key for key in self.kept if key[0] == account]
        for key in names:
            del self.kept[key]
        return len(names)

    def _check(self) -> None:
        if self.down:
            raise SecretsUnavailable("The vault cannot be reached.")
