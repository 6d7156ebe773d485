"""What the digests and urgent mails told one recipient: every row is named once as new, or is remembered as left out.

Up to `digest_as_of` all changes are told, but for the rows in `left_out` and `changes_left_out`. Rows that are closed
drop out of both with the next digest, so that they never hold more than what is open.
"""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator

from shared.alerts.models import Alert
from shared.storage.documents import Document

MARK = 5
"""Bytes that stand for a row. Of two rows that shared them, one would at worst be called new twice."""
MOST_LEFT_OUT = 9_000
"""Rows that are remembered as left out, so that the memory fits into one stored row; further ones count as told by
the attached list."""


def mark(alert: Alert) -> bytes:
    finding = alert.finding
    return hashlib.sha256(f"{finding.slug}|{finding.identity}".encode(errors="surrogatepass")).digest()[:MARK]


def _packed(marks: frozenset[bytes]) -> str:
    return base64.b64encode(b"".join(sorted(marks))).decode()


def _unpacked(stored: object) -> frozenset[bytes]:
    if isinstance(stored, frozenset):
        return stored
    joined = base64.b64decode(str(stored))
    return frozenset(joined[at : at + MARK] for at in range(0, len(joined), MARK))


Marks = Annotated[frozenset[bytes], PlainSerializer(_packed), PlainValidator(_unpacked)]


class RowState(StrEnum):
    """What a row is to one recipient."""

    NEW = "new"
    OPEN_AGAIN = "open again"
    """It was open before, was closed, and came back."""
    CHANGED = "changed"
    OPEN = "open"


NEWS = frozenset({RowState.NEW, RowState.OPEN_AGAIN, RowState.CHANGED})


class NewestMail(Document):
    """What it advanced, kept so that it can be taken back: an accepted mail may turn out not to have arrived."""

    named: Marks = frozenset()
    changes_named: Marks = frozenset()
    all_rows_before: datetime | None = None
    urgent_before: datetime | None = None


class DigestMemory(Document):
    """Advanced by nothing but a mail that was accepted."""

    digest_as_of: datetime | None = None
    """Changes up to then are told, but for what was left out."""
    left_out: Marks = frozenset()
    """Rows that no mail has named yet."""
    changes_left_out: Marks = frozenset()
    """Rows that a mail named before they changed."""
    named_urgently: dict[str, datetime] = Field(default_factory=dict)
    """By mark: up to when the changes of a row were told by urgent mails since the last digest."""
    urgent_as_of: datetime | None = None
    """From before rows were remembered singly: urgent rows that changed up to then were in an urgent mail."""
    all_rows_at: datetime | None = None
    """When all rows that were open were last repeated, or all shown because they were few."""
    urgent_at: datetime | None = None
    """When the last urgent mail went out."""
    newest: NewestMail | None = None

    def state(self, alert: Alert) -> RowState:
        """Whether this row is news to the recipient, and of which kind."""
        this = mark(alert)
        if this in self.left_out:
            return _first(alert)
        if this in self.changes_left_out:
            return RowState.CHANGED
        urgently = self.named_urgently.get(this.hex())
        if urgently is None and alert.finding.urgent:
            urgently = self.urgent_as_of
        known = max(filter(None, (self.digest_as_of, urgently)), default=None)
        if known is not None and alert.changed_at <= known:
            return RowState.OPEN
        return RowState.CHANGED if known is not None and alert.opened_at <= known else _first(alert)

    def after_digest(self, mail: "NamedRows", now: datetime) -> "DigestMemory":
        """Every row that was open is named, left out, or was told before."""
        return self.model_copy(
            update={
                "digest_as_of": max(filter(None, (self.digest_as_of, mail.as_of))),
                "left_out": mail.left_out,
                "changes_left_out": mail.changes_left_out,
                "named_urgently": {},
                "all_rows_at": now if mail.repeats_all else self.all_rows_at,
                "newest": self._newest(mail),
            }
        )

    def after_urgent(self, mail: "NamedRows", now: datetime) -> "DigestMemory":
        """Only what was named is told; the next digest tells the rest."""
        named = mail.named | mail.changes_named
        kept = {this: at for this, at in self.named_urgently.items() if bytes.fromhex(this) in mail.open}
        return self.model_copy(
            update={
                "left_out": self.left_out - named,
                "changes_left_out": self.changes_left_out - named,
                "named_urgently": kept | {this.hex(): mail.as_of for this in named},
                "urgent_at": now,
                "newest": self._newest(mail),
            }
        )

    def taken_back(self) -> "DigestMemory":
        """As if the newest mail had not been sent; once."""
        if self.newest is None:
            return self
        before = self.newest
        named = before.named | before.changes_named
        return self.model_copy(
            update={
                "left_out": self.left_out | before.named,
                "changes_left_out": self.changes_left_out | before.changes_named,
                "named_urgently": {
                    this: at for this, at in self.named_urgently.items() if bytes.fromhex(this) not in named
                },
                "all_rows_at": before.all_rows_before,
                "urgent_at": before.urgent_before,
                "newest": None,
            }
        )

    def _newest(self, mail: "NamedRows") -> NewestMail:
        return NewestMail(
            named=mail.named,
            changes_named=mail.changes_named,
            all_rows_before=self.all_rows_at,
            urgent_before=self.urgent_at,
        )


@dataclass(frozen=True, slots=True)
class NamedRows:
    """What one mail names and what it leaves out, of the rows that are news."""

    as_of: datetime
    named: frozenset[bytes] = frozenset()
    changes_named: frozenset[bytes] = frozenset()
    left_out: frozenset[bytes] = frozenset()
    changes_left_out: frozenset[bytes] = frozenset()
    open: frozenset[bytes] = frozenset()
    repeats_all: bool = True
    """What is only still open is repeated by it, or all of it is shown."""


def named_rows(
    as_of: datetime,
    shown: Collection[Alert],
    left_out: Collection[Alert],
    memory: DigestMemory,
    *,
    repeats_all: bool,
) -> NamedRows:
    """`left_out` by rank: of more than are remembered, the first are."""
    told = {mark(alert): memory.state(alert) for alert in shown}
    rest = {mark(alert): memory.state(alert) for alert in left_out}
    waiting = [this for this, state in rest.items() if state in NEWS][:MOST_LEFT_OUT]
    changed = frozenset(this for this in waiting if rest[this] is RowState.CHANGED)
    return NamedRows(
        as_of=as_of,
        named=frozenset(this for this, state in told.items() if state in NEWS - {RowState.CHANGED}),
        changes_named=frozenset(this for this, state in told.items() if state is RowState.CHANGED),
        left_out=frozenset(waiting) - changed,
        changes_left_out=changed,
        open=frozenset(told) | frozenset(rest),
        repeats_all=repeats_all,
    )


def _first(alert: Alert) -> RowState:
    return RowState.OPEN_AGAIN if alert.first_opened_at is not None else RowState.NEW
