"""The partner connections of an account."""

from collections.abc import Iterator

from shared.errors import NotFound
from shared.microsoft.models import PartnerConnection
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Insert, Put, Replace, Row, Tables
from shared.text import one_line

_KIND = "partner"


def all_of(tables: Tables, account: AccountId) -> Iterator[PartnerConnection]:
    """Those that are connected now."""
    return (connection for connection in _ever(tables, account) if connection.removed_at is None)


def home_tenants(tables: Tables, account: AccountId) -> frozenset[str]:
    """The tenant ids of the account's partners, the removed ones too: what one of them sold was sold by us."""
    return frozenset(connection.tenant_id.lower() for connection in _ever(tables, account))


def _ever(tables: Tables, account: AccountId) -> Iterator[PartnerConnection]:
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_KIND)):
        yield row.read(PartnerConnection)


def stored(tables: Tables, account: AccountId, connection_id: str) -> tuple[PartnerConnection, str]:
    """With its ETag. Raises NotFound for a connection that is not the account's, or not any more."""
    row = _row(tables, account, connection_id)
    found = row.read(PartnerConnection) if row else None
    if row is None or found is None or found.removed_at is not None:
        raise NotFound(f"There is no partner connection '{one_line(connection_id, 60)}'.")
    return found, row.etag


def etag_of(tables: Tables, account: AccountId, connection_id: str) -> str:
    """Of a connection that is there or was removed; "" when there was never one."""
    row = _row(tables, account, connection_id)
    return row.etag if row else ""


def _row(tables: Tables, account: AccountId, connection_id: str) -> Row | None:
    return tables.get(keys.setting(account, _KIND, connection_id))


def save(tables: Tables, account: AccountId, connection: PartnerConnection) -> None:
    tables.commit([Put(keys.setting(account, _KIND, connection.id), connection)])


def replace(tables: Tables, account: AccountId, connection: PartnerConnection, etag: str) -> None:
    """Raises Conflict when somebody else changed it meanwhile; with "" for an ETag, when it is there already."""
    key = keys.setting(account, _KIND, connection.id)
    tables.commit([Replace(key, connection, etag) if etag else Insert(key, connection)])
