"""Removing a partner connection: only when every added tenant is still listed by another one."""

from datetime import datetime

from shared.accounts.companies import added_tenants
from shared.errors import Rejected
from shared.licensing.customer_lists import stored_customers
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from shared.microsoft.partner_connecting import Connecting
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Delete, Tables
from shared.text import counted


def remove_partner(
    connecting: Connecting, blobs: Blobs, account: AccountId, connection_id: str, now: datetime
) -> PartnerConnection:
    """Raises NotFound, Conflict, and Rejected while a tenant of an added company is listed by no other connection:
    it could not be read any more.
    """
    tables = connecting.tables
    before, etag = partner_connections.stored(tables, account, connection_id)
    alone = _only_here(tables, blobs, account, before)
    if alone:
        raise Rejected(
            f"{counted(len(alone), 'tenant')} read through {before.name} alone, for example {alone[0]}. Remove their "
            "companies first, or connect another partner that lists them.",
            "in_use",
        )
    removed = before.model_copy(update={"removed_at": now})
    partner_connections.replace(tables, account, removed, etag)
    if row := tables.get(keys.partner_list(account, before.id)):
        tables.commit([Delete(row.key, row.etag)])
    blobs.delete(keys.partner_list_blob(account, before.id))
    connecting.forget(account, before)
    return removed


def _only_here(tables: Tables, blobs: Blobs, account: AccountId, connection: PartnerConnection) -> list[str]:
    """Names of the added companies whose tenant no other connection lists, as far as the lists were read."""
    added, elsewhere = added_tenants(tables, account), set[str]()
    for other in partner_connections.all_of(tables, account):
        if other.id != connection.id:
            elsewhere |= stored_customers(blobs, keys.partner_list_blob(account, other.id)).keys()
    others = any(partner.id != connection.id for partner in partner_connections.all_of(tables, account))
    mine = stored_customers(blobs, keys.partner_list_blob(account, connection.id))
    return sorted(
        company.name
        for tenant, company in added.items()
        if tenant not in elsewhere
        and (tenant in mine or company.partner_connection == connection.id or not others)
    )
