"""The partner connections of an account."""

from collections.abc import Iterator

from shared.microsoft.models import PartnerConnection
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Put, Tables

_KIND = "partner"


def all_of(tables: Tables, account: AccountId) -> Iterator[PartnerConnection]:
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_KIND)):
        yield row.read(PartnerConnection)


def home_tenants(tables: Tables, account: AccountId) -> frozenset[str]:
    """The tenant ids of the account's partners: what one of them sold was sold by us."""
    return frozenset(connection.tenant_id.lower() for connection in all_of(tables, account))


def save(tables: Tables, account: AccountId, connection: PartnerConnection) -> None:
    tables.commit([Put(keys.setting(account, _KIND, connection.id), connection)])
