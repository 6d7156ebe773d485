"""One mail per recipient of an account: the digest that is due, or what is urgent."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.accounts import runs, schedule
from shared.accounts.account import Account
from shared.accounts.due import newest_due
from shared.alerts.digest import decide as digest
from shared.alerts.evaluate import evaluation_of, open_alerts
from shared.alerts.exclude_link.link import Links
from shared.alerts.models import Alert, Evaluation, Finding
from shared.errors import RetryLater
from shared.mail import delivery
from shared.mail.base import Mail, Transport
from shared.mail.delivery import Letter, MailRow, MailState, Outcome, Told, deliver, mail_id
from shared.storage.tables import Tables

_log = logging.getLogger("seatwise.mail")

KINDS = frozenset({"digest", "urgent"})
"""Mails about alerts. Others, such as invitations, are sent again by whoever sends them."""
JUDGED_WITHIN = timedelta(minutes=30)
"""An evaluation that takes longer was given up: the digest then tells what was known before."""


def send_mails(
    tables: Tables,
    transport: Transport,
    account: Account,
    sender: str,
    on: date,
    due: bool,
    now: datetime,
    links: Links | None = None,
    reply_to: str = "",
) -> bool:
    """Deliver to every recipient who has something to be told, and remember that it was dealt with.

    Answers and wishes to get no more mails go to `reply_to`, "" for the sender.

    False when a mail was refused or nothing is known of it: judged anew, that becomes an alert for the others. What is
    urgent is then tried again the next day; whoever has theirs by then is not written to.

    Raises RetryLater when a mail could not leave yet; recipients who have theirs are not written to again.
    """
    evaluation = evaluation_of(tables, account.id)
    if evaluation is None:
        return True
    if due:
        _wait_for_judgement(tables, account, evaluation, now)
    alerts = list(open_alerts(tables, account.id))
    waiting, arrived, all_arrived = None, False, True
    kind = "digest" if due else "urgent"
    for recipient in account.digest.everybody:
        desk = _Desk(
            account,
            _of(recipient, account, alerts),
            evaluation,
            recipient,
            sender,
            kind,
            on,
            now,
            links,
            reply_to,
        )
        try:
            outcome = deliver(tables, transport, account.id, kind, on, recipient, desk.write, now)
        except RetryLater as later:
            waiting = later
            continue
        arrived |= outcome.state is MailState.DONE
        if outcome.state in {MailState.REFUSED, MailState.UNKNOWN}:
            all_arrived = False
            _log.error("%s: the %s of %s is %s: %s", account.id, kind, on, outcome.state, outcome.why)
    if waiting is not None:
        raise waiting
    schedule.mailed(
        tables,
        account,
        as_of=evaluation.at,
        digest_on=on if due else None,
        # One dead address does not use up the day for everybody else's urgent news.
        urgent_on=on if arrived and not due else None,
        again_on=None if all_arrived else now.astimezone(account.zone).date() + timedelta(days=1),
    )
    return all_arrived


def send_again(
    tables: Tables,
    transport: Transport,
    account: Account,
    sender: str,
    failed_id: str,
    now: datetime,
    links: Links | None = None,
    reply_to: str = "",
) -> Outcome:
    """Send a failed mail's recipient what it said, as far as it is still so, and what is new since.

    No state: there is nothing to say to them any more. Raises Rejected with a sentence for a person, and RetryLater
    when it could not leave yet.
    """
    evaluation = evaluation_of(tables, account.id)
    alerts = list(open_alerts(tables, account.id))

    def write(mail: MailRow, told: Told) -> Letter | None:
        to = mail.recipient
        ours = delivery.first_kind(mail.kind) in KINDS
        if evaluation is None or not ours or to not in account.digest.everybody:
            return None
        theirs = _of(to, account, alerts)
        return _Desk(account, theirs, evaluation, to, sender, mail.kind, mail.on, now, links, reply_to).write(
            told
        )

    return delivery.send_again(tables, transport, account.id, failed_id, write, now)


def _of(recipient: str, account: Account, alerts: Iterable[Alert]) -> list[Alert]:
    """The rows that are this recipient's."""
    rows = ((alert.finding, alert) for alert in alerts)
    return [alert for row, alert in rows if recipient in account.digest.to(row.slug, row.tenant_id)]


def _wait_for_judgement(tables: Tables, account: Account, evaluation: Evaluation, now: datetime) -> None:
    """Raises RetryLater while the night's run has closed and its evaluation is on its way."""
    night = schedule.nightly_id(newest_due(now, account.sync_hour, account.zone))
    run = runs.find(tables, account.id, night)
    if run is not None and run.closed_at is not None and evaluation.at < run.closed_at > now - JUDGED_WITHIN:
        raise RetryLater(timedelta(seconds=30), "the run that closed is being judged")


@dataclass(frozen=True, slots=True)
class _Desk:
    """Writes the mail of one recipient, or none when there is nothing to say."""

    account: Account
    alerts: list[Alert]
    evaluation: Evaluation
    recipient: str
    sender: str
    kind: str
    on: date
    now: datetime
    links: Links | None
    reply_to: str

    def write(self, told: Told) -> Letter | None:
        view = digest.decide(
            self.alerts,
            told,
            self.account,
            self.evaluation,
            recipient=self.recipient,
            due=delivery.first_kind(self.kind) == "digest",
            now=self.now,
            exclude=self._exclude,
        )
        if view is None:
            return None
        rendered = digest.render(view)
        mail = Mail(
            id=mail_id(self.account.id, self.kind, self.on, self.recipient),
            sender=self.sender,
            sender_name="Seatwise",
            reply_to=self.reply_to or self.sender,
            to=self.recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )
        return Letter(mail, view.tell)

    def _exclude(self, finding: Finding) -> str:
        return self.links.url(self.account.id, finding, self.recipient, self.now) if self.links else ""
