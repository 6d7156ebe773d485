"""The audit log: who did what, when, from where, before and after. It is only appended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Insert, Tables
from shared.text import one_line

LONGEST = 4_000
"""Characters kept of what was before and after: the whole of it is in the decisions' own versions."""


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


def entries(tables: Tables, account: AccountId, after: str = "") -> Iterator[tuple[str, AuditEntry]]:
    """Row key and entry, the newest first; `after` goes on behind the row of that key."""
    for row in tables.rows(keys.audit(account), keys.AUDIT, after):
        yield row.key.row, row.read(AuditEntry)
