"""Agreement records and their ledger: loading, and replacing by ETag only."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from shared.billing.models import AgreementRecord, LedgerEntry, LineRecord
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import (
    TRANSACTION_LIMIT,
    Conflict,
    Delete,
    Insert,
    Put,
    Replace,
    Row,
    Tables,
    chunks,
)


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was read or written: `etag` is "" for one that is not stored yet."""

    record: AgreementRecord
    etag: str


def all_of(tables: Tables, account: AccountId, connection: str) -> Iterator[StoredRecord]:
    """Every record of a PSA connection, one after the other: a thousand of them need not be in memory at once."""
    for row in rows_of(tables, account, connection):
        yield unpacked(row)


class WaitingMark(Document):
    """An agreement with a line that waits for a person: few of many, so that nobody looks through all of them."""

    agreement_id: str = ""
    """"" in the row that says that every record of the connection has been looked at once."""


def waiting(tables: Tables, account: AccountId, connection: str) -> Iterator[StoredRecord]:
    """The records of a connection with a line that is held, drifted, frozen or undecidable.

    A mark is set in the transaction in which a record begins to wait, and removed here when it does no more. Records of
    before there were marks are looked through once.
    """
    looked = keys.waiting_looked(account, connection)
    if tables.get(looked) is None:
        for stored in all_of(tables, account, connection):
            if _waits(stored.record):
                tables.commit([_mark(account, stored.record)])
        tables.commit([Put(looked, WaitingMark())])
    for row in list(tables.rows(keys.agreements(account, connection), keys.WAITING)):
        stored = get(tables, account, connection, row.read(WaitingMark).agreement_id)
        if _waits(stored.record):
            yield stored
        else:
            with suppress(Conflict):  # it began to wait again at this moment
                tables.commit([Delete(row.key, row.etag)])


def _waits(record: AgreementRecord) -> bool:
    return any(
        line.hold or line.drift or line.frozen or (line.intent and line.intent.undecidable)
        for line in record.lines.values()
    )


def _mark(account: AccountId, record: AgreementRecord) -> Put:
    key = keys.waiting(account, record.connection, record.agreement_id)
    return Put(key, WaitingMark(agreement_id=record.agreement_id))


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
    marks = [_mark(account, record)] if _waits(record) and not _waits(kept.record) else []
    room = (TRANSACTION_LIMIT - 2) // 2 * 2
    for some in chunks(log[:-room]):
        tables.commit(some)
    first = Replace(key, record, kept.etag) if kept.etag else Insert(key, record)
    return replace(kept, record=record, etag=tables.commit([first, *marks, *log[-room:]])[0])


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
