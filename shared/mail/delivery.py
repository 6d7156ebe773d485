"""Delivery of a mail at most once: claimed -> sending -> done, refused, unknown or undeliverable.

`claimed` is a lease and lapses: nothing has left yet. `sending` never lapses: the mail may have left, so whoever
finds it later records it as unknown and nobody sends it again. What a kind of mail remembers about its recipient is
that kind's own; it is written in the transaction that records `done`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import NotFound, Rejected, RetryLater
from shared.mail.base import CannotTell, Delivery, Mail, Receipt, Transport, Undeliverable
from shared.mail.message import InvalidMail, check
from shared.mail.records import MailName, MailRow, MailState, mails
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.tables import Conflict, Delete, Insert, Key, Replace, Row, RowChange, Tables

LEASE = timedelta(minutes=5)
"""How long a claim keeps others away. Building a mail takes milliseconds."""
SENDING_GRACE = timedelta(minutes=5)
"""Longer than any transport's time-outs: a mail that is `sending` for longer has lost its sender."""
PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60))
"""Waits after a definite temporary refusal. When they are used up, the mail is refused."""


class MailUnderWay(Document):
    """Of one recipient: two kinds of mail never tell the same at once."""

    row: str = ""
    """Row key of the mail that is on its way to them, "" for none."""


@dataclass(frozen=True, slots=True)
class MailToSend:
    mail: Mail
    remember: Callable[[], Sequence[RowChange]] = tuple
    """What the kind of mail writes down once it is accepted; called anew when a row of it changed meanwhile."""


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    state: MailState | None
    """None: there was nothing to say, and no mail was kept."""
    sent_now: bool = False
    """True only for the one call that handed the mail over; a repeat reports what became of it."""
    reference: str = ""
    why: str = ""


def deliver(
    tables: Tables,
    transport: Transport,
    name: MailName,
    write: Callable[[], MailToSend | None],
    now: datetime,
) -> DeliveryResult:
    """Send the mail of this kind, date and recipient unless that was done or tried before.

    `write` decides and writes under the claim; None means there is nothing to say. Raises RetryLater while another
    worker has it, and after a definite temporary refusal.
    """
    rows = _MailRows(tables, name, now)
    claimed = rows.claim()
    if isinstance(claimed, DeliveryResult):
        return claimed
    row, etag = claimed
    under_way = rows.wait_for_others()
    written = write()
    if written is None:
        return rows.release(etag)
    try:
        check(written.mail)
    except InvalidMail as error:
        return rows.end(row, etag, {"state": MailState.REFUSED, "why": str(error)})
    note = ""
    try:
        known = transport.undeliverable(name.recipient)
        if known is not None:
            return rows.end(row, etag, _undeliverable(known))
    except CannotTell as error:  # no reason to keep a mail back; who looks at it sees that nobody knows
        note = f"Accepted; it could not be asked whether the address is delivered to: {error}"
    row = rows.begin(row, etag, written.mail.subject, under_way)
    return rows.settle(row, transport.send(written.mail), written, note)


def send_again(
    tables: Tables,
    transport: Transport,
    account: keys.AccountId,
    failed_id: str,
    write: Callable[[MailName], MailToSend | None],
    now: datetime,
) -> DeliveryResult:
    """Send a mail that did not arrive once more, because a person says so: as a mail of its own.

    Asking twice for one failed mail sends one. Raises NotFound, Rejected when it arrived, and RetryLater as `deliver`
    does.
    """
    failed = next((mail for mail in mails(tables, account) if mail.mail_id == failed_id), None)
    if failed is None:
        raise NotFound(f"there is no mail '{failed_id}'")
    if not failed.can_be_sent_again:
        raise Rejected("Only a mail that did not arrive, or of which nothing is known, can be sent again.")
    name = MailName(account, failed.kind, failed.on, failed.recipient).again
    return deliver(tables, transport, name, lambda: write(name), now)


def take_back(
    tables: Tables,
    name: MailName,
    known: Undeliverable,
    forget: Callable[[], Sequence[RowChange]],
    now: datetime,
) -> None:
    """Record of a mail that was accepted that it did not arrive, and with it what its kind remembers no more.

    Raises RetryLater when a row changed meanwhile; nothing to do when the mail is not `done` any more.
    """
    found = tables.get(name.key)
    row = found.read(MailRow) if found else None
    if found is None or row is None or row.state is not MailState.DONE:
        return
    row = row.model_copy(update={**_undeliverable(known), "since": now})
    try:
        tables.commit([Replace(name.key, row, found.etag), *forget()])
    except Conflict as error:
        raise RetryLater(timedelta(minutes=1), "a mail to this recipient was just settled") from error


@dataclass(frozen=True, slots=True)
class _MailRows:
    """The two rows of one mail, which share a partition: its own, and which mail is under way to its recipient."""

    tables: Tables
    name: MailName
    now: datetime

    @property
    def key(self) -> Key:
        return self.name.key

    @property
    def under_way(self) -> Key:
        return keys.mail_under_way(self.name.account, self.name.recipient)

    def claim(self) -> tuple[MailRow, str] | DeliveryResult:
        """Take the mail for LEASE, or say what became of it before."""
        found = self.tables.get(self.key)
        free_at = self.now + LEASE
        if found is None:
            fresh = MailRow(
                mail_id=self.name.id,
                kind=self.name.kind,
                on=self.name.on,
                recipient=self.name.recipient,
                state=MailState.CLAIMED,
                since=self.now,
                free_at=free_at,
            )
            return fresh, self._commit(Insert(self.key, fresh))
        row = found.read(MailRow)
        if row.state is MailState.SENDING:
            return _result(self.lost(found))
        if row.state is not MailState.CLAIMED:
            return _result(row)
        if row.free_at > self.now:
            raise RetryLater(row.free_at - self.now, row.why or "another worker prepares this mail")
        row = row.model_copy(update={"since": self.now, "free_at": free_at})
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

    def wait_for_others(self) -> Row | None:
        """The recipient's row, once no other mail is on its way to them. Raises RetryLater until then."""
        known = self.tables.get(self.under_way)
        other = known.read(MailUnderWay).row if known else ""
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

    def release(self, etag: str) -> DeliveryResult:
        """Nothing to say: no trace is kept, so that a later call on the same date decides anew."""
        self._commit(Delete(self.key, etag))
        return DeliveryResult(None)

    def end(self, row: MailRow, etag: str, changes: dict[str, object]) -> DeliveryResult:
        """Record a mail that is not handed over."""
        row = row.model_copy(update={"since": self.now, **changes})
        self._commit(Replace(self.key, row, etag))
        return _result(row)

    def begin(self, row: MailRow, etag: str, subject: str, under_way: Row | None) -> MailRow:
        """The last step before the mail may leave; it fails when another mail left since this one was written."""
        row = row.model_copy(
            update={"state": MailState.SENDING, "since": self.now, "subject": subject, "why": ""}
        )
        ours = MailUnderWay(row=self.key.row)
        self._commit(Replace(self.key, row, etag), over(self.under_way, ours, under_way))
        return row

    def settle(self, row: MailRow, receipt: Receipt, written: MailToSend, note: str) -> DeliveryResult:
        """Record what the transport said. It knows better than who found the mail `sending` in the meantime."""
        after = _after(row, receipt, self.now)
        accepted = after.state is MailState.DONE
        if accepted:
            after = after.model_copy(update={"why": note})
        for tries_left in range(_SETTLE_TRIES, -1, -1):
            mail, known = self.tables.get(self.key), self.tables.get(self.under_way)
            under_way = known.read(MailUnderWay) if known else MailUnderWay()
            if under_way.row == self.key.row:
                under_way = MailUnderWay()
            changes: list[RowChange] = [over(self.key, after, mail), over(self.under_way, under_way, known)]
            if accepted:
                changes += written.remember()
            try:
                self.tables.commit(changes)
                break
            except Conflict:
                if not tries_left:
                    raise
        if after.state is MailState.CLAIMED:
            raise RetryLater(after.free_at - self.now, after.why)
        return _result(after, sent_now=accepted)

    def _commit(self, *changes: RowChange) -> str:
        """The ETag of the first row. Raises RetryLater when a row is no longer as this worker read it."""
        try:
            return self.tables.commit(changes)[0]
        except Conflict as error:
            raise RetryLater(LEASE, "another worker took this mail") from error


_SETTLE_TRIES = 4


def over(key: Key, document: Document, read: Row | None) -> RowChange:
    """Write a document over the row as it was read."""
    return Replace(key, document, read.etag) if read else Insert(key, document)


def _result(row: MailRow, *, sent_now: bool = False) -> DeliveryResult:
    return DeliveryResult(row.state, sent_now, row.reference, row.why)


def _undeliverable(known: Undeliverable) -> dict[str, object]:
    return {"state": MailState.UNDELIVERABLE, "undeliverable": known.reason, "why": known.why}


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
