"""Agreement records and their ledger: loading, and replacing by ETag only."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.billing.models import AgreementRecord, LedgerEntry, LineRecord
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import TRANSACTION_LIMIT, Conflict, Insert, Replace, Row, Tables, chunks


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was read or written: `etag` is "" for one that is not stored yet."""

    record: AgreementRecord
    etag: str


def all_of(tables: Tables, account: AccountId, connection: str) -> Iterator[StoredRecord]:
    """Every record of a PSA connection, one after the other: a thousand of them need not be in memory at once."""
    for row in rows_of(tables, account, connection):
        yield unpacked(row)


def with_any(tables: Tables, account: AccountId, connection: str, *fields: str) -> Iterator[StoredRecord]:
    """The records of a connection with a line that may have one of these fields set: the many others stay packed.

    What equals its default is not stored, so a body without a field's name has it in no line.
    """
    names = [f'"{field}":'.encode() for field in fields]
    for row in rows_of(tables, account, connection):
        if any(name in row.body for name in names):
            yield unpacked(row)


def rows_of(tables: Tables, account: AccountId, connection: str) -> Iterator[Row]:
    return tables.rows(keys.agreements(account, connection), keys.AGREEMENTS)


def unpacked(row: Row) -> StoredRecord:
    return StoredRecord(row.read(AgreementRecord), row.etag)


def get(tables: Tables, account: AccountId, connection: str, agreement_id: str) -> StoredRecord:
    row = tables.get(keys.agreement(account, connection, agreement_id))
    if row is None:
        return StoredRecord(AgreementRecord(connection=connection, agreement_id=agreement_id), "")
    return unpacked(row)


def save(
    tables: Tables,
    account: AccountId,
    kept: StoredRecord,
    record: AgreementRecord,
    entries: Iterable[LedgerEntry] = (),
) -> StoredRecord:
    """Replace the record and append to the ledger in one transaction. Raises Conflict when it was changed meanwhile.

    Of more entries than fit, the last ones go with the record and the others before it: a repeat may tell them twice,
    and none is lost.
    """
    key = keys.agreement(account, record.connection, record.agreement_id)
    known = {**kept.record.lines, **record.lines}
    log = [row for entry in entries for row in _log_rows(account, record, known, entry)]
    room = (TRANSACTION_LIMIT - 1) // 2 * 2
    for some in chunks(log[:-room]):
        tables.commit(some)
    first = Replace(key, record, kept.etag) if kept.etag else Insert(key, record)
    return replace(kept, record=record, etag=tables.commit([first, *log[-room:]])[0])


type Replacement = tuple[AgreementRecord, Iterable[LedgerEntry]]


def update(
    tables: Tables,
    account: AccountId,
    connection: str,
    agreement_id: str,
    change: Callable[[AgreementRecord], Replacement | None],
) -> AgreementRecord:
    """Replace the record by what `change` makes of the newest one, however often somebody else is faster.

    `change` is asked again for each newer record; None leaves it as it is.
    """
    while True:
        kept = get(tables, account, connection, agreement_id)
        made = change(kept.record)
        if made is None:
            return kept.record
        try:
            return save(tables, account, kept, *made).record
        except Conflict:
            continue


def _log_rows(
    account: AccountId, record: AgreementRecord, known: Mapping[str, LineRecord], entry: LedgerEntry
) -> tuple[Insert, Insert]:
    """An entry by its line, and by its time: both questions are asked, and neither reads the whole ledger."""
    line, place = known.get(entry.mapping_id), (account, record.connection)
    named = entry.model_copy(
        update={"agreement_id": record.agreement_id, "tenant_id": line.tenant_id if line else ""}
    )
    of, at, event = (record.agreement_id, entry.mapping_id), entry.at, entry.event
    return (
        Insert(keys.ledger_entry(*place, *of, at, event), named),
        Insert(keys.newest_of_ledger(*place, at, *of, event), named),
    )


def ledger(
    tables: Tables,
    account: AccountId,
    connection: str,
    agreement_id: str,
    mapping_id: str = "",
    since: datetime | None = None,
) -> Iterator[LedgerEntry]:
    """What happened to the lines of an agreement, or of one mapping there, oldest first by mapping.

    `since` leaves out what is older; it needs the mapping.
    """
    after = keys.ledger_after(agreement_id, mapping_id, since) if since and mapping_id else ""
    prefix = keys.ledger_prefix(agreement_id, mapping_id)
    for row in tables.rows(keys.agreements(account, connection), prefix, after):
        yield row.read(LedgerEntry)
