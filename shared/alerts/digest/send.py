"""One mail per recipient of an account: the digest that is due, or what is urgent."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.accounts import due_work, runs
from shared.accounts.account import Account
from shared.accounts.local_time import newest_due
from shared.alerts.digest.arrival import DIGEST, URGENT
from shared.alerts.digest.compose import Digest, compose
from shared.alerts.digest.decide import decide
from shared.alerts.digest.memory import DigestMemory
from shared.alerts.digest.wording import DigestWords
from shared.alerts.evaluate import evaluation_of, open_alerts
from shared.alerts.exclude_link.link import Links
from shared.alerts.models import Alert, Evaluation, Finding
from shared.errors import RetryLater
from shared.mail import delivery
from shared.mail.base import Mail, Transport
from shared.mail.delivery import DeliveryResult, MailToSend, deliver
from shared.mail.records import FAILED, MailName, MailState, first_kind
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import RowChange, Tables

_log = logging.getLogger("seatwise.mail")

JUDGED_WITHIN = timedelta(minutes=30)
"""An evaluation that takes longer was given up: the digest then tells what was known before."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """How an installation's digests leave, and what they come from."""

    tables: Tables
    transport: Transport
    sender: str
    reply_to: str = ""
    """Answers and wishes to get no more mails go there; "" is the sender."""
    links: Links | None = None
    web: str = ""
    """The address of the front end, where each row of a mail can be opened; "" is none."""


def send_mails(mailer: Mailer, account: Account, on: date, *, due: bool, now: datetime) -> bool:
    """Deliver to every recipient who has something to be told, and remember that it was dealt with.

    False when a mail did not arrive or nothing is known of it: judged anew, that becomes an alert for the others. What
    is urgent is then tried again the next day; whoever has theirs by then is not written to.

    Raises RetryLater when a mail could not leave yet; recipients who have theirs are not written to again.
    """
    evaluation = evaluation_of(mailer.tables, account.id)
    if evaluation is None:
        return True
    if due:
        _wait_for_judgement(mailer.tables, account, evaluation, now)
    alerts = list(open_alerts(mailer.tables, account.id))
    waiting, arrived, all_arrived = None, False, True
    kind = DIGEST if due else URGENT
    for recipient in account.digest.everybody:
        name = MailName(account.id, kind, on, recipient)
        writer = _DigestWriter(mailer, account, _of(recipient, account, alerts), evaluation, name, now)
        try:
            result = deliver(mailer.tables, mailer.transport, name, writer.write, now)
        except RetryLater as later:
            waiting = later
            continue
        arrived |= result.state is MailState.DONE
        if result.state in FAILED:
            all_arrived = False
            _log.error("%s: the %s of %s is %s: %s", account.id, kind, on, result.state, result.why)
    if waiting is not None:
        raise waiting
    due_work.mailed(
        mailer.tables,
        account,
        as_of=evaluation.at,
        digest_on=on if due else None,
        # One dead address does not use up the day for everybody else's urgent news.
        urgent_on=on if arrived and not due else None,
        again_on=None if all_arrived else now.astimezone(account.zone).date() + timedelta(days=1),
    )
    return all_arrived


def send_again(mailer: Mailer, account: Account, failed_id: str, now: datetime) -> DeliveryResult:
    """Send a failed mail's recipient what it said, as far as it is still so, and what is new since.

    No state: there is nothing to say to them any more. Raises Rejected with a sentence for a person, and RetryLater
    when it could not leave yet.
    """
    evaluation = evaluation_of(mailer.tables, account.id)
    alerts = list(open_alerts(mailer.tables, account.id))

    def write(name: MailName) -> MailToSend | None:
        if evaluation is None or name.recipient not in account.digest.everybody:
            return None
        theirs = _of(name.recipient, account, alerts)
        return _DigestWriter(mailer, account, theirs, evaluation, name, now).write()

    return delivery.send_again(mailer.tables, mailer.transport, account.id, failed_id, write, now)


def memory_of(tables: Tables, account: AccountId, recipient: str) -> DigestMemory:
    """What the recipient was told by digests and urgent mails."""
    row = tables.get(keys.digest_memory(account, recipient))
    return row.read(DigestMemory) if row else DigestMemory()


def _of(recipient: str, account: Account, alerts: Iterable[Alert]) -> list[Alert]:
    """The rows that are this recipient's."""
    rows = ((alert.finding, alert) for alert in alerts)
    return [alert for row, alert in rows if recipient in account.digest.to(row.slug, row.tenant_id)]


def _wait_for_judgement(tables: Tables, account: Account, evaluation: Evaluation, now: datetime) -> None:
    """Raises RetryLater while the night's run has closed and its evaluation is on its way."""
    night = due_work.nightly_id(newest_due(now, account.sync_hour, account.zone))
    run = runs.find(tables, account.id, night)
    if run is not None and run.closed_at is not None and evaluation.at < run.closed_at > now - JUDGED_WITHIN:
        raise RetryLater(timedelta(seconds=30), "the run that closed is being judged")


@dataclass(frozen=True, slots=True)
class _DigestWriter:
    """Writes the mail of one recipient, or none when there is nothing to say."""

    mailer: Mailer
    account: Account
    alerts: list[Alert]
    evaluation: Evaluation
    name: MailName
    now: datetime

    def write(self) -> MailToSend | None:
        memory = memory_of(self.mailer.tables, self.account.id, self.name.recipient)
        due = first_kind(self.name.kind) == DIGEST
        mail = decide(self.alerts, memory, self.account, self.evaluation, due=due, now=self.now)
        if mail is None:
            return None
        words = DigestWords(
            self.account, self.evaluation, self.name.recipient, self.now, self._exclude, self.mailer.web
        )
        digest = compose(mail, memory, words)
        return MailToSend(self._mail(digest), lambda: self._remember(digest))

    def _mail(self, digest: Digest) -> Mail:
        return Mail(
            id=self.name.id,
            sender=self.mailer.sender,
            sender_name="Seatwise",
            reply_to=self.mailer.reply_to or self.mailer.sender,
            to=self.name.recipient,
            subject=digest.rendered.subject,
            text=digest.rendered.text,
            html=digest.rendered.html,
            attachments=digest.attachments,
        )

    def _remember(self, digest: Digest) -> Sequence[RowChange]:
        key = keys.digest_memory(self.account.id, self.name.recipient)
        row = self.mailer.tables.get(key)
        known = row.read(DigestMemory) if row else DigestMemory()
        return [delivery.over(key, digest.told(known), row)]

    def _exclude(self, finding: Finding) -> str:
        links = self.mailer.links
        return links.url(self.account.id, finding, self.name.recipient, self.now) if links else ""
