"""K4: tenants that a partner's app reads as itself, as their administrators let it in. No GDAP is needed."""

from collections import defaultdict
from datetime import datetime

from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from shared.storage import keys
from shared.storage.documents import Chosen
from shared.storage.keys import AccountId
from shared.storage.tables import Delete, Key, Put, Tables

_KIND = "app-consent"


class AppConsent(Chosen):
    """A read proved that this app may read this tenant."""

    tenant_id: str
    connection: str
    client_id: str
    proven_at: datetime


def may_be_asked(connection: PartnerConnection) -> bool:
    """Only an app registration of the account's own is asked as itself.

    The installation's app may have been let in for another account: that it can read a tenant proves nothing for
    this one. With GDAP it is read for the partner's user, whom Microsoft itself holds to the partner's customers.
    """
    return not connection.by_installation


def tenants_by_app(tables: Tables, account: AccountId) -> dict[str, frozenset[str]]:
    """By connection. A consent is for one app registration: with another one it counts no more."""
    connections = {
        connection.id: connection
        for connection in partner_connections.all_of(tables, account)
        if may_be_asked(connection)
    }
    found = defaultdict[str, set[str]](set)
    for row in tables.rows(keys.settings(account), keys.settings_of_kind(_KIND)):
        consent = row.read(AppConsent)
        connection = connections.get(consent.connection)
        if connection is not None and connection.client_id == consent.client_id:
            found[connection.id].add(consent.tenant_id)
    return {connection: frozenset(tenants) for connection, tenants in found.items()}


def store(tables: Tables, account: AccountId, consent: AppConsent) -> None:
    tables.commit([Put(_key(account, consent.connection, consent.tenant_id), consent)])


def forget(tables: Tables, account: AccountId, connection: str, tenant_id: str) -> None:
    """It is read by the partner's own sign-in again."""
    if row := tables.get(_key(account, connection, tenant_id)):
        tables.commit([Delete(row.key, row.etag)])


def _key(account: AccountId, connection: str, tenant_id: str) -> Key:
    return keys.setting(account, _KIND, f"{connection}-{tenant_id}")
