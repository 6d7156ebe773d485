"""Reading the ledger, the newest first: of the whole account by time, of a tenant or an agreement by its lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import LedgerEntry, LedgerEvent, TenantMappings
from shared.billing.psa_connections import ever_connected
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.decisions import history
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """Which entries are asked for; "" and None ask for all. `since` and `until` are both inclusive."""

    tenant_id: str = ""
    connection: str = ""
    agreement_id: str = ""
    mapping_id: str = ""
    line_id: str = ""
    event: LedgerEvent | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, found: "LedgerRow") -> bool:
        entry = found.entry
        return (
            self.connection in ("", found.connection)
            and self.agreement_id in ("", entry.agreement_id)
            and self.mapping_id in ("", entry.mapping_id)
            and self.line_id in ("", entry.line_id)
            and self.event in (None, entry.event)
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at <= self.until)
        )


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An entry and where it stands. `key` sorts the newest first, over all connections of the account."""

    key: str
    connection: str
    entry: LedgerEntry


def entries(tables: Tables, account: AccountId, query: LedgerQuery, after: str = "") -> Iterator[LedgerRow]:
    """What fits, the newest first, from behind the row of the key `after` on.

    Raises Rejected for a line or mapping without its tenant or agreement: it would be looked for in everything.
    """
    if query.tenant_id:
        found = _of_places(tables, account, query, _places_of(tables, account, query.tenant_id))
    elif query.agreement_id:
        if not query.connection:
            raise Rejected("Say which PSA connection the agreement is of.", "required", "connection")
        place = (query.connection, query.agreement_id, query.mapping_id)
        found = _of_places(tables, account, query, {place})
    elif query.mapping_id or query.line_id:
        field = "mapping" if query.mapping_id else "line"
        raise Rejected(f"Say the tenant or the agreement of the {field} too.", "required", field)
    else:
        found = _by_time(tables, account, query, after)
    return (row for row in found if row.key > after and query.fits(row))


def _places_of(tables: Tables, account: AccountId, tenant_id: str) -> set[tuple[str, str, str]]:
    """Connection, agreement and mapping of everything that was ever mapped for the tenant."""
    versions = history(tables, account, MAPPINGS, tenant_id.lower())
    decided = [found for version in versions if (found := version.read(TenantMappings))]
    return {(m.connection, m.agreement_id, m.id) for decision in decided for m in decision.mappings if m.bill}


def _of_places(
    tables: Tables, account: AccountId, query: LedgerQuery, places: set[tuple[str, str, str]]
) -> Iterator[LedgerRow]:
    """The entries of a few lines are kept oldest first: they are put in order here."""
    rows = [
        _row(account, connection, agreement, entry)
        for connection, agreement, mapping in places
        if (connection, agreement) == (query.connection or connection, query.agreement_id or agreement)
        and mapping == (query.mapping_id or mapping)
        for entry in agreement_store.ledger(
            tables, account, connection, agreement, mapping, query.since if mapping else None
        )
    ]
    return iter(sorted(rows, key=lambda row: row.key))


def _by_time(tables: Tables, account: AccountId, query: LedgerQuery, after: str) -> Iterator[LedgerRow]:
    start = max(after.partition("~")[0], keys.ledger_from(query.until) if query.until else "")
    each = [
        _of_connection(tables, account, connection.id, query.since, start)
        for connection in ever_connected(tables, account)
        if connection.id == (query.connection or connection.id)
    ]
    return merge(*each, key=lambda row: row.key)


def _of_connection(
    tables: Tables, account: AccountId, connection: str, since: datetime | None, start: str
) -> Iterator[LedgerRow]:
    """From the row `start` on, itself included: the same instant may stand in another connection too."""
    partition = keys.agreements(account, connection)
    for stored in tables.rows(partition, keys.NEWEST_OF_LEDGER, start[:-1]):
        entry = stored.read(LedgerEntry)
        if since is not None and entry.at < since:
            return
        yield LedgerRow(f"{stored.key.row}~{connection}", connection, entry)


def _row(account: AccountId, connection: str, agreement: str, entry: LedgerEntry) -> LedgerRow:
    key = keys.newest_of_ledger(account, connection, entry.at, agreement, entry.mapping_id, entry.event)
    named = entry if entry.agreement_id else entry.model_copy(update={"agreement_id": agreement})
    return LedgerRow(f"{key.row}~{connection}", connection, named)
