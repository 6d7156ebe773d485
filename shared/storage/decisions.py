"""What people decide, kept as versions: who, when, why, and what was in force at any time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Put, Replace, Row, RowChange, Tables


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, when, and why: kept with every version of a decision."""

    who: str
    reason: str
    now: datetime


class Decision(Document):
    """One version: in force from `valid_from` until the next one of the same kind and id."""

    kind: str
    id: str
    valid_from: datetime
    who: str
    reason: str
    content: str | None
    """The document as JSON, in full: a default that changes later does not change what was decided. None: ended."""

    def read[D: Document](self, model: type[D]) -> D | None:
        return None if self.content is None else model.model_validate_json(self.content)


class Changed(Document):
    """When anything of a kind was last decided."""

    at: datetime


def decide(
    tables: Tables,
    account: AccountId,
    kind: str,
    name: str,
    document: Document | None,
    by: Decider,
) -> Decision:
    """Put a document in force, or end what is in force (None).

    Raises Conflict when somebody else decided the same at the same moment: read again, show it, ask again.
    A decision is always later than the one it follows, also within one microsecond or when clocks differ.
    """
    row = tables.get(keys.decision_now(account, kind, name))
    return _follow(tables, account, (kind, name), row, document, by)


def decide_after(
    tables: Tables,
    account: AccountId,
    what: tuple[str, str],
    before: Decision | None,
    document: Document | None,
    by: Decider,
) -> Decision:
    """As `decide`, of this kind and id, only as long as what was last decided is `before`. Raises Conflict."""
    row = tables.get(keys.decision_now(account, *what))
    if (row.read(Decision) if row else None) != before:
        raise Conflict("somebody else decided meanwhile")
    return _follow(tables, account, what, row, document, by)


def _follow(
    tables: Tables,
    account: AccountId,
    what: tuple[str, str],
    row: Row | None,
    document: Document | None,
    by: Decider,
) -> Decision:
    """One more version after the one in the row, which must still be so. Raises Conflict."""
    (kind, name), now = what, by.now
    key = keys.decision_now(account, kind, name)
    if row is not None:
        now = max(now, row.read(Decision).valid_from + timedelta(microseconds=1))
    decision = Decision(
        kind=kind,
        id=name,
        valid_from=now,
        who=by.who,
        reason=by.reason,
        content=None if document is None else document.model_dump_json(),
    )
    in_force: RowChange = Insert(key, decision) if row is None else Replace(key, decision, row.etag)
    tables.commit(
        [
            in_force,
            Insert(keys.decision_version(account, kind, name, now), decision),
            Put(keys.decisions_changed(account, kind), Changed(at=now)),
        ]
    )
    return decision


def version(tables: Tables, account: AccountId, kind: str) -> str:
    """Another text after each decision of the kind; "" before the first."""
    row = tables.get(keys.decisions_changed(account, kind))
    return row.etag if row else ""


def get[D: Document](tables: Tables, account: AccountId, kind: str, name: str, model: type[D]) -> D | None:
    """What is in force now."""
    decision = newest(tables, account, kind, name)
    return decision.read(model) if decision else None


def newest(tables: Tables, account: AccountId, kind: str, name: str) -> Decision | None:
    """What was last decided, an end included."""
    row = tables.get(keys.decision_now(account, kind, name))
    return row.read(Decision) if row else None


def in_force[D: Document](
    tables: Tables, account: AccountId, kind: str, model: type[D]
) -> Iterator[tuple[str, D]]:
    """Id and document of everything of a kind that is in force now."""
    for decision in newest_of_kind(tables, account, kind):
        document = decision.read(model)
        if document is not None:
            yield decision.id, document


def newest_of_kind(tables: Tables, account: AccountId, kind: str) -> Iterator[Decision]:
    """The newest decision about everything of a kind, also where it ended what was in force."""
    for row in tables.rows(keys.decisions(account), keys.decisions_now(kind)):
        yield row.read(Decision)


def as_of[D: Document](
    tables: Tables, account: AccountId, kind: str, name: str, model: type[D], when: datetime
) -> D | None:
    """What was in force at a time."""
    found = None
    for decision in history(tables, account, kind, name):
        if decision.valid_from > when:
            break
        found = decision
    return found.read(model) if found else None


def history(tables: Tables, account: AccountId, kind: str, name: str) -> Iterator[Decision]:
    """Every version, oldest first."""
    for row in tables.rows(keys.decisions(account), keys.decision_versions(kind, name)):
        yield row.read(Decision)
