"""Connecting a Microsoft partner by an app registration of its own: proven first, saved then (K4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from uuid import UUID

from shared.errors import Rejected
from shared.microsoft import partner_connections
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import PartnerConnection, SignInMode
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, Secrets, or_later
from shared.storage.tables import Conflict, Tables
from shared.text import one_line


@dataclass(frozen=True, slots=True)
class AppWish:
    """What a person typed of an app registration. A secret that is "" is kept as it is stored."""

    name: str
    tenant_id: str
    client_id: str
    mode: SignInMode
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PartnerSecrets:
    """The values that a connection is signed in with."""

    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    """"" when app-only."""


class _InHand:
    """Secrets that are not stored yet: a sign-in is tried with them first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, account: AccountId, name: str) -> str:
        if not self._values.get(name):
            raise SecretMissing(name)
        return self._values[name]

    def put(self, account: AccountId, name: str, value: str) -> None:
        raise NotImplementedError

    def delete(self, account: AccountId, name: str) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Connecting:
    """Where connections and their secrets are kept, and how a sign-in with secrets in hand is tried."""

    tables: Tables
    secrets: Secrets
    microsoft: Callable[[Secrets], Microsoft]

    def connect(self, account: AccountId, wish: AppWish) -> PartnerConnection:
        """Test and save. A partner tenant that is connected already is changed.

        Raises Rejected, NotRead (why Microsoft refuses), RetryLater, Conflict.
        """
        asked = _checked(wish)
        found = next((o for o in self._all(account) if o.tenant_id.lower() == asked.tenant_id), None)
        if found is not None:
            return self.change(account, found.id, wish)
        new = asked.model_copy(update={"id": id_of(account, asked.tenant_id)})
        given = PartnerSecrets(wish.client_secret, wish.refresh_token)
        self._prove(account, new, given)
        etag = partner_connections.etag_of(self.tables, account, new.id)
        return self.store(account, new, etag, given)

    def change(self, account: AccountId, connection_id: str, wish: AppWish) -> PartnerConnection:
        """As `connect`, for a connection that there is. Raises NotFound too."""
        before, etag = partner_connections.stored(self.tables, account, connection_id)
        asked = _checked(wish)
        if asked.tenant_id != before.tenant_id.lower():
            raise Rejected(
                "A connection stays with its partner tenant. Connect the other one anew.", "fixed", "tenantId"
            )
        changed = ("name", "client_id", "mode")
        after = before.model_copy(update={name: getattr(asked, name) for name in changed})
        kept = self._kept(account, before)
        if wish.client_secret or asked.client_id != before.client_id:
            after = after.model_copy(update={"by_installation": False})
        given = PartnerSecrets(
            wish.client_secret or kept.client_secret, wish.refresh_token or kept.refresh_token
        )
        self._prove(account, after, given)
        return self.store(account, after, etag, given, replaces=before)

    def test(self, account: AccountId, connection_id: str) -> int:
        """How many customers the connection lists, by its stored sign-in. Raises NotFound or NotRead."""
        connection, _ = partner_connections.stored(self.tables, account, connection_id)
        microsoft = self.microsoft(self.secrets)
        microsoft.check_partner(account, connection)
        return len(microsoft.customers(account, connection))

    def store(
        self,
        account: AccountId,
        connection: PartnerConnection,
        etag: str,
        given: PartnerSecrets,
        replaces: PartnerConnection | None = None,
    ) -> PartnerConnection:
        """New secrets lie beside the old ones until the row names them: whatever ends this, they fit together."""
        named = connection.model_copy(update={"secret_version": token_hex(4)})
        with or_later():
            self.secrets.put(account, named.client_secret, given.client_secret)
            if given.refresh_token:
                self.secrets.put(account, named.refresh_token, given.refresh_token)
        try:
            partner_connections.replace(self.tables, account, named, etag)
        except Conflict:
            self.forget(account, named)
            raise
        if replaces is not None:
            self.forget(account, replaces)
        return named

    def forget(self, account: AccountId, connection: PartnerConnection) -> None:
        """Delete the secrets of a connection that nobody signs in by any more."""
        with or_later():
            self.secrets.delete(account, connection.client_secret)
            self.secrets.delete(account, connection.refresh_token)

    def _all(self, account: AccountId) -> list[PartnerConnection]:
        return list(partner_connections.all_of(self.tables, account))

    def _kept(self, account: AccountId, connection: PartnerConnection) -> PartnerSecrets:
        found = []
        for name in (connection.client_secret, connection.refresh_token):
            try:
                with or_later():
                    found.append(self.secrets.get(account, name))
            except SecretMissing:
                found.append("")
        return PartnerSecrets(*found)

    def _prove(self, account: AccountId, connection: PartnerConnection, given: PartnerSecrets) -> None:
        if not given.client_secret:
            raise Rejected("Enter the app registration's client secret.", "required", "clientSecret")
        if connection.mode is SignInMode.REFRESH_TOKEN and not given.refresh_token:
            raise Rejected(
                "Enter a refresh token, or connect by signing in at Microsoft.", "required", "refreshToken"
            )
        names = {
            connection.client_secret: given.client_secret,
            connection.refresh_token: given.refresh_token,
        }
        self.microsoft(_InHand(names)).check_partner(account, connection)


def id_of(account: AccountId, tenant_id: str) -> str:
    """A partner tenant has one connection in an account, so a repeat makes no second one."""
    return f"partner-{keys.hashed(f'{account}|{tenant_id.lower()}')[:8]}"


def checked_guid(text: str, field_name: str, what: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise Rejected(
            f"{what} is a GUID like 00000000-0000-0000-0000-000000000000.", "invalid", field_name
        ) from None


def checked_name(text: str) -> str:
    name = one_line(text, 80)
    if not name:
        raise Rejected("Give the connection a name.", "required", "name")
    return name


def _checked(wish: AppWish) -> PartnerConnection:
    return PartnerConnection(
        id="",
        name=checked_name(wish.name),
        tenant_id=checked_guid(wish.tenant_id, "tenantId", "The tenant id"),
        client_id=checked_guid(wish.client_id, "clientId", "The client id"),
        mode=wish.mode,
    )
