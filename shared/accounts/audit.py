"""The audit log: who did what, when, from where, before and after. It is only appended.

What a person asks for is noted before it takes effect (`begin`) and the note is removed when it has ended (`end`): a
process that ends in between leaves the note, which is then an entry of its own, so that no effect is without a trace.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge

from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Delete, Insert, Key, Put, Tables
from shared.text import one_line

LONGEST = 4_000
"""Characters kept of what was before and after: the whole of it is in the decisions' own versions."""


GOES_ON = timedelta(minutes=10)
"""Nothing that a person asks for takes longer: a request is cut after 230 s."""


class Via(StrEnum):
    """From where something was done."""

    API = "api"
    LINK = "link"
    """A link in a mail."""
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something now, and from where."""

    who: str
    """A member's id and name, "link sent to <address>", or "Seatwise"."""
    via: Via
    now: datetime

    def decider(self, reason: str) -> Decider:
        """As the versions of a decision keep it."""
        return Decider(self.who, reason, self.now)


class AuditEntry(Document):
    at: datetime
    who: str
    via: Via
    action: str
    """Thing and verb, for example "member.role" or "company.added"."""
    subject: str
    """Id of the thing."""
    before: str = ""
    after: str = ""
    interrupted: bool = False
    """It was begun, and nobody knows how it ended: it may have taken effect or not."""


class Touched(Document):
    """When a person's request last began or ended."""

    at: datetime


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """The note of something that goes on."""

    account: AccountId
    at: datetime
    key: Key
    etag: str


def begin(tables: Tables, account: AccountId, by: Actor, action: str, subject: str) -> OpenEntry:
    """Note what is about to be done, before anything of it takes effect."""
    key = keys.audit_begun(keys.audit_entry(account, by.now))
    noted = AuditEntry(
        at=by.now,
        who=one_line(by.who, 200),
        via=by.via,
        action=action,
        subject=one_line(subject, 200),
        interrupted=True,
    )
    etag, _ = tables.commit([Insert(key, noted), _touched(account, by.now)])
    return OpenEntry(account, by.now, key, etag)


def end(tables: Tables, begun: OpenEntry) -> None:
    """It has an entry of its own by now, or changed nothing."""
    try:
        tables.commit([Delete(begun.key, begun.etag), _touched(begun.account, begun.at)])
    except Conflict:
        if tables.get(begun.key) is not None:  # else the account was deleted meanwhile, with its log
            raise


def version(tables: Tables, account: AccountId) -> str:
    """Another text after each request of a person, and while one goes on; "" before the first."""
    row = tables.get(keys.audit_changed(account))
    return row.etag if row else ""


def _touched(account: AccountId, at: datetime) -> Put:
    return Put(keys.audit_changed(account), Touched(at=at))


@contextmanager
def noted(tables: Tables, account: AccountId, by: Actor, action: str, subject: str) -> Iterator[None]:
    """Around what takes effect: begin, and end when it is done or was refused by a rule."""
    begun = begin(tables, account, by, action, subject)
    try:
        yield
    except (Rejected, NotFound):
        end(tables, begun)
        raise
    end(tables, begun)


def record(
    tables: Tables, account: AccountId, by: Actor, action: str, subject: str, *change: str
) -> AuditEntry:
    """Append an entry; `change` is what was before and what is after. No secret may be in either."""
    before, after = (*change, "", "")[:2]
    entry = AuditEntry(
        at=by.now,
        who=one_line(by.who, 200),
        via=by.via,
        action=action,
        subject=one_line(subject, 200),
        before=before[:LONGEST],
        after=after[:LONGEST],
    )
    tables.commit([Insert(keys.audit_entry(account, by.now), entry)])
    return entry


def entries(
    tables: Tables, account: AccountId, now: datetime, after: str = ""
) -> Iterator[tuple[str, AuditEntry]]:
    """Row key and entry, the newest first, also what was interrupted; `after` goes on behind the row of that key."""
    rows = tables.rows(keys.audit(account), keys.AUDIT, after)
    recorded = ((row.key.row, row.read(AuditEntry)) for row in rows)
    left = [(key, entry) for key, entry in _interrupted(tables, account, now) if key > after]
    return merge(recorded, left, key=lambda placed: placed[0])


def _interrupted(tables: Tables, account: AccountId, now: datetime) -> Iterator[tuple[str, AuditEntry]]:
    """What was begun too long ago to go on still, and left no entry of its own."""
    for row in tables.rows(keys.audit(account), keys.AUDIT_BEGUN):
        noted = row.read(AuditEntry)
        of_then = tables.rows(keys.audit(account), keys.audit_entries_at(row.key))
        if noted.at < now - GOES_ON and all(other.read(AuditEntry).who != noted.who for other in of_then):
            yield f"{keys.AUDIT}{row.key.row.removeprefix(keys.AUDIT_BEGUN)}", noted
