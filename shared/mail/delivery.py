"""Delivery of a mail at most once: claimed -> sending -> done, refused or unknown.

`claimed` is a lease and lapses: nothing has left yet. `sending` never lapses: the mail may have left, so whoever
finds it later records it as unknown and nobody sends it again. What a recipient was told advances in the transaction
that records `done`, so whatever an unknown or refused mail said is new in the next one.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.errors import NotFound, Rejected, RetryLater
from shared.mail.base import Delivery, Mail, Receipt, Transport
from shared.mail.message import InvalidMail, check
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.tables import Conflict, Delete, Insert, Key, Replace, Row, RowChange, Tables

LEASE = timedelta(minutes=5)
"""How long a claim keeps others away. Building a mail takes milliseconds."""
SENDING_GRACE = timedelta(minutes=5)
"""Longer than any transport's time-outs: a mail that is `sending` for longer has lost its sender."""
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60))
"""Waits after a definite temporary refusal. When they are used up, the mail is refused."""


class MailState(StrEnum):
    CLAIMED = "claimed"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class MailRow(Document):
    """One mail of one kind to one recipient on one local date."""

    mail_id: str
    kind: str
    on: date
    recipient: str
    state: MailState
    since: datetime
    """When it came into this state."""
    free_at: datetime
    """Only for `claimed`: from then on anyone may claim it again."""
    refusals: int = 0
    """Definite temporary refusals so far."""
    subject: str = ""
    reference: str = ""
    why: str = ""

    @property
    def can_be_sent_again(self) -> bool:
        """It was refused, or nothing is known of it."""
        return self.state in {MailState.REFUSED, MailState.UNKNOWN}


class Told(Document):
    """What a recipient was told by mails that were accepted. Advanced by nothing else."""

    in_flight: str = ""
    """Row key of the one mail that is on its way to them: two kinds of mail never tell the same at once."""
    digest_as_of: datetime | None = None
    """Rows that changed up to then were in a digest."""
    urgent_as_of: datetime | None = None
    """Urgent rows that changed up to then were in an urgent mail."""
    all_rows_at: datetime | None = None
    """When all open rows were last mailed, new or repeated."""
    urgent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, and how what the recipient was told advances once it is accepted."""

    mail: Mail
    tell: Callable[[Told], Told]


@dataclass(frozen=True, slots=True)
class Outcome:
    state: MailState | None
    """None: there was nothing to say, and no mail was kept."""
    sent_now: bool = False
    """True only for the one call that handed the mail over; a repeat reports what became of it."""
    reference: str = ""
    why: str = ""


def mail_id(account: keys.AccountId, kind: str, on: date, recipient: str) -> str:
    """The same mail has the same id, whoever sends it."""
    digest = hashlib.sha256(f"{account}|{kind}|{on.isoformat()}|{recipient}".encode()).hexdigest()[:16]
    return f"{account}-{kind}-{digest}"


def told(tables: Tables, account: keys.AccountId, recipient: str) -> Told:
    row = tables.get(keys.recipient(account, recipient))
    return row.read(Told) if row else Told()


def mails(tables: Tables, account: keys.AccountId) -> Iterator[MailRow]:
    """Every mail of the account by date, for the summary and the pages; `unknown` and `refused` are shown there."""
    return (row.read(MailRow) for row in tables.rows(keys.mails(account), keys.MAILS))


def not_arrived(tables: Tables, account: keys.AccountId, on: date) -> tuple[MailRow, ...]:
    """Each recipient's newest mail, of this month and the last, where it was refused or nothing is known of it."""
    newest: dict[str, MailRow] = {}
    for month in ((on.replace(day=1) - timedelta(days=1)).strftime("%Y-%m"), on.strftime("%Y-%m")):
        for row in tables.rows(keys.mails(account), keys.mails_of_month(month)):
            mail = row.read(MailRow)
            if mail.state in _ENDED:
                newest[mail.recipient] = max(newest.get(mail.recipient, mail), mail, key=_later)
    return tuple(mail for mail in newest.values() if mail.state is not MailState.DONE)


def _later(mail: MailRow) -> tuple[datetime, bool]:
    return mail.since, mail.state is MailState.DONE


def deliver(
    tables: Tables,
    transport: Transport,
    account: keys.AccountId,
    kind: str,
    on: date,
    recipient: str,
    write: Callable[[Told], Letter | None],
    now: datetime,
) -> Outcome:
    """Send the mail of this kind, date and recipient unless that was done or tried before.

    `write` decides and writes under the claim, from what the recipient was told; None means there is nothing to say.
    Raises RetryLater while another worker has it, and after a definite temporary refusal.
    """
    desk = _Desk(tables, keys.mail(account, kind, on, recipient), keys.recipient(account, recipient), now)
    claimed = desk.claim(
        MailRow(
            mail_id=mail_id(account, kind, on, recipient),
            kind=kind,
            on=on,
            recipient=recipient,
            state=MailState.CLAIMED,
            since=now,
            free_at=now + LEASE,
        )
    )
    if isinstance(claimed, Outcome):
        return claimed
    row, etag = claimed
    known = desk.told_when_free()
    letter = write(known.read(Told) if known else Told())
    if letter is None:
        return desk.release(etag)
    try:
        check(letter.mail)
    except InvalidMail as error:
        return desk.refuse(row, etag, str(error))
    row = desk.begin(row, etag, letter, known)
    return desk.settle(row, transport.send(letter.mail), letter)


def send_again(
    tables: Tables,
    transport: Transport,
    account: keys.AccountId,
    failed_id: str,
    write: Callable[[MailRow, Told], Letter | None],
    now: datetime,
) -> Outcome:
    """Send a refused or unknown mail once more, because a person says so: as a mail of its own.

    `write` gets that mail's row and what the recipient was told. Asking twice for one failed mail sends one. Raises
    NotFound, Rejected when it arrived, and RetryLater as `deliver` does.
    """
    failed = next((one for one in mails(tables, account) if one.mail_id == failed_id), None)
    if failed is None:
        raise NotFound(f"there is no mail '{failed_id}'")
    if not failed.can_be_sent_again:
        raise Rejected("Only a mail that was refused, or of which nothing is known, can be sent again.")
    kind = _again(failed.kind)
    row = failed.model_copy(
        update={"kind": kind, "mail_id": mail_id(account, kind, failed.on, failed.recipient)}
    )
    return deliver(
        tables, transport, account, kind, row.on, row.recipient, lambda known: write(row, known), now
    )


_ENDED = frozenset({MailState.DONE, MailState.REFUSED, MailState.UNKNOWN})
_SENT_BEFORE = re.compile(r"(.+)-again(\d+)")


def first_kind(kind: str) -> str:
    """The kind of the mail that a mail sent again repeats."""
    found = _SENT_BEFORE.fullmatch(kind)
    return found[1] if found else kind


def _again(kind: str) -> str:
    """The kind that follows from a failed mail, so that two people who ask at once ask for the same mail."""
    found = _SENT_BEFORE.fullmatch(kind)
    return f"{found[1]}-again{int(found[2]) + 1}" if found else f"{kind}-again1"


@dataclass(frozen=True, slots=True)
class _Desk:
    """The two rows of one mail, which share a partition: the mail's and its recipient's."""

    tables: Tables
    key: Key
    recipient: Key
    now: datetime

    def claim(self, fresh: MailRow) -> tuple[MailRow, str] | Outcome:
        """Take the mail for LEASE, or say what became of it before."""
        found = self.tables.get(self.key)
        if found is None:
            return fresh, self._commit(Insert(self.key, fresh))
        row = found.read(MailRow)
        if row.state is MailState.SENDING:
            return _outcome(self.lost(found))
        if row.state is not MailState.CLAIMED:
            return _outcome(row)
        if row.free_at > self.now:
            raise RetryLater(row.free_at - self.now, row.why or "another worker prepares this mail")
        row = row.model_copy(update={"since": self.now, "free_at": self.now + LEASE})
        return row, self._commit(Replace(self.key, row, found.etag))

    def lost(self, found: Row) -> MailRow:
        """Record a mail that is `sending` for too long as unknown. Raises RetryLater while it may be under way."""
        row = found.read(MailRow)
        rest = row.since + SENDING_GRACE - self.now
        if rest > timedelta(0):
            raise RetryLater(rest, "a mail to this recipient is being sent")
        why = "Seatwise stopped while it handed this mail over: it may have arrived or not"
        row = row.model_copy(update={"state": MailState.UNKNOWN, "since": self.now, "why": why})
        self._commit(Replace(found.key, row, found.etag))
        return row

    def told_when_free(self) -> Row | None:
        """What the recipient was told, once no other mail is on its way to them. Raises RetryLater until then."""
        known = self.tables.get(self.recipient)
        other = known.read(Told).in_flight if known else ""
        if other and other != self.key.row:
            found = self.tables.get(Key(self.key.partition, other))
            if found and found.read(MailRow).state is MailState.SENDING:
                try:
                    self.lost(found)
                except Conflict as error:
                    raise RetryLater(
                        timedelta(minutes=1), "a mail to this recipient was just settled"
                    ) from error
        return known

    def release(self, etag: str) -> Outcome:
        """Nothing to say: no trace is kept, so that a later call on the same date decides anew."""
        self._commit(Delete(self.key, etag))
        return Outcome(None)

    def refuse(self, row: MailRow, etag: str, why: str) -> Outcome:
        """Record a mail that cannot be sent as it was written."""
        row = row.model_copy(update={"state": MailState.REFUSED, "since": self.now, "why": why})
        self._commit(Replace(self.key, row, etag))
        return _outcome(row)

    def begin(self, row: MailRow, etag: str, letter: Letter, known: Row | None) -> MailRow:
        """The last step before the mail may leave; it fails when anything changed since the letter was written."""
        row = row.model_copy(
            update={"state": MailState.SENDING, "since": self.now, "subject": letter.mail.subject, "why": ""}
        )
        told = (known.read(Told) if known else Told()).model_copy(update={"in_flight": self.key.row})
        self._commit(Replace(self.key, row, etag), _over(self.recipient, told, known))
        return row

    def settle(self, row: MailRow, receipt: Receipt, letter: Letter) -> Outcome:
        """Record what the transport said. It knows better than who found the mail `sending` in the meantime."""
        after = _after(row, receipt, self.now)
        for again in range(_SETTLE_TRIES, -1, -1):
            mail, known = self.tables.get(self.key), self.tables.get(self.recipient)
            told = known.read(Told) if known else Told()
            if told.in_flight == self.key.row:
                told = told.model_copy(update={"in_flight": ""})
            if after.state is MailState.DONE:
                told = letter.tell(told)
            changes: list[RowChange] = [_over(self.key, after, mail), _over(self.recipient, told, known)]
            try:
                self.tables.commit(changes)
                break
            except Conflict:
                if not again:
                    raise
        if after.state is MailState.CLAIMED:
            raise RetryLater(after.free_at - self.now, after.why)
        return _outcome(after, sent_now=after.state is MailState.DONE)

    def _commit(self, *changes: RowChange) -> str:
        """The ETag of the first row. Raises RetryLater when a row is no longer as this worker read it."""
        try:
            return self.tables.commit(changes)[0]
        except Conflict as error:
            raise RetryLater(LEASE, "another worker took this mail") from error


_SETTLE_TRIES = 4


def _over(key: Key, document: Document, read: Row | None) -> RowChange:
    return Replace(key, document, read.etag) if read else Insert(key, document)


def _outcome(row: MailRow, *, sent_now: bool = False) -> Outcome:
    return Outcome(row.state, sent_now, row.reference, row.why)


def _after(row: MailRow, receipt: Receipt, now: datetime) -> MailRow:
    """The state that follows from what the transport said."""
    state = {
        Delivery.ACCEPTED: MailState.DONE,
        Delivery.REFUSED: MailState.REFUSED,
        Delivery.UNCLEAR: MailState.UNKNOWN,
        Delivery.NOT_NOW: MailState.CLAIMED,
    }[receipt.delivery]
    changed: dict[str, object] = {"reference": receipt.reference, "why": receipt.why, "since": now}
    if state is MailState.CLAIMED and row.refusals >= len(PAUSES):
        state = MailState.REFUSED
        changed["why"] = f"given up after {row.refusals + 1} tries: {receipt.why}"
    elif state is MailState.CLAIMED:
        changed |= {"refusals": row.refusals + 1, "free_at": now + PAUSES[row.refusals]}
    return row.model_copy(update={**changed, "state": state})
