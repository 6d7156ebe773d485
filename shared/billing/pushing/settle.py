"""A person's word on a write of which nothing that can be read tells whether the PSA applied it."""

from collections.abc import Iterable, Iterator

from shared.billing import agreement_store
from shared.billing.models import Intent, LedgerEntry, LedgerEvent, LineKey, LineRecord
from shared.billing.planning.proration import paid_by
from shared.billing.psa.base import Write, WriteKind
from shared.billing.psa_connections import psa_connections
from shared.errors import NotFound, Rejected
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables


def undecidable(tables: Tables, account: AccountId) -> Iterator[tuple[LineKey, LineRecord, Intent]]:
    """Every write that waits for such a word."""
    for connection in psa_connections(tables, account):
        for stored in agreement_store.waiting(tables, account, connection.id):
            for line in stored.record.lines.values():
                if line.intent is not None and line.intent.undecidable:
                    yield (
                        LineKey(connection.id, stored.record.agreement_id, line.mapping_id),
                        line,
                        line.intent,
                    )


def settle(
    tables: Tables, account: AccountId, key: LineKey, by: Decider, *, applied: bool, line_id: str = ""
) -> LineRecord:
    """Record what a person saw in the PSA; the line is free again, and its next look proves the number.

    Of a line that was made, `line_id` says which it is. What was not applied is planned again. Raises NotFound, and
    Rejected with the sentence to show.
    """
    stored = agreement_store.get(tables, account, key.connection, key.agreement_id)
    line = stored.record.lines.get(key.mapping_id)
    if line is None:
        raise NotFound("There is no such line.")
    intent = line.intent
    if intent is None or not intent.undecidable:
        raise Rejected("Nothing is unclear about this line any more: look at it again.", "nothing_to_settle")
    said = _applied(stored.record.lines.values(), line, intent.write, line_id, by) if applied else {}
    after = line.model_copy(update={"intent": None, **said})
    before, after_it = _numbers(line, intent.write)
    entry = LedgerEntry.of(
        after,
        LedgerEvent.SETTLED,
        by.now,
        change_id=intent.change_id,
        before=before,
        after=after_it if applied else before,
        who=by.who,
        why=by.reason,
    )
    try:
        agreement_store.save(tables, account, stored, stored.record.with_line(after), [entry])
    except Conflict as conflict:
        raise Rejected(
            "The agreement was changed at this moment. Look at the line again and repeat.", "conflict"
        ) from conflict
    return after


def _numbers(line: LineRecord, write: Write) -> tuple[int, int]:
    """What the mapping's line said and says: a second line leaves it as it is."""
    if write.kind is WriteKind.PRORATE:
        return line.confirmed or 0, line.confirmed or 0
    return write.before, write.after


def _applied(
    lines: Iterable[LineRecord], line: LineRecord, write: Write, line_id: str, by: Decider
) -> dict[str, object]:
    """What a line says once a person saw its write in the PSA."""
    if write.kind is WriteKind.PRORATE:
        return {"paid": paid_by(line, write)}
    if write.kind is WriteKind.SET_TEXT:
        return {}
    made = line.line_id or _made(lines, line_id)
    said: dict[str, object] = {"line_id": made, "confirmed": write.after, "confirmed_at": by.now}
    if write.ends is not None:
        said["ends"] = write.ends
    if write.kind is WriteKind.SET_QUANTITY:
        said["counts_from"] = write.effective
    return said


def _made(lines: Iterable[LineRecord], line_id: str) -> str:
    """The line that a person names as the one that was made. Raises Rejected."""
    if not line_id:
        raise Rejected("Say which line of the agreement it is.", "required", "lineId")
    owned = {line.line_id for line in lines}
    if line_id in owned:
        raise Rejected(
            f"Line {line_id} already belongs to another mapping. A line has one mapping.", "owned", "lineId"
        )
    return line_id
