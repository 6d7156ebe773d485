"""One mail per recipient of an account: the digest that is due, or what is urgent."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.accounts import runs, schedule
from shared.accounts.due import newest_due
from shared.accounts.models import Account
from shared.alerts import digest
from shared.alerts.evaluate import evaluation_of, open_alerts
from shared.alerts.exclude_link import Links
from shared.alerts.models import Alert, Evaluation, Finding
from shared.errors import RetryLater
from shared.mail.base import Mail, Transport
from shared.mail.delivery import Letter, MailState, Told, deliver, mail_id
from shared.storage.tables import Tables

_log = logging.getLogger("seatwise.mail")

JUDGED_WITHIN = timedelta(minutes=30)
"""An evaluation that takes longer was given up: the digest then tells what was known before."""


def tell(
    tables: Tables,
    transport: Transport,
    account: Account,
    sender: str,
    on: date,
    due: bool,
    now: datetime,
    links: Links | None = None,
) -> None:
    """Deliver to every recipient who has something to be told, and remember that it was dealt with.

    Raises RetryLater when a mail could not leave yet; recipients who have theirs are not written to again.
    """
    evaluation = evaluation_of(tables, account.id)
    if evaluation is None:
        return
    if due:
        _wait_for_judgement(tables, account, evaluation, now)
    alerts = list(open_alerts(tables, account.id))
    waiting = None
    kind = "digest" if due else "urgent"
    for recipient in account.digest.recipients:
        desk = _Desk(account, alerts, evaluation, recipient, sender, kind, on, now, links)
        try:
            outcome = deliver(tables, transport, account.id, kind, on, recipient, desk.write, now)
        except RetryLater as later:
            waiting = later
            continue
        if outcome.state in {MailState.REFUSED, MailState.UNKNOWN}:
            _log.error("%s: the %s of %s is %s: %s", account.id, kind, on, outcome.state, outcome.why)
    if waiting is not None:
        raise waiting
    schedule.advance(
        tables,
        account,
        digest_on=on if due else None,
        urgent_as_of=evaluation.at,
        urgent_on=None if due else on,
    )


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

    def write(self, told: Told) -> Letter | None:
        view = digest.decide(
            self.alerts,
            told,
            self.account,
            self.evaluation,
            recipient=self.recipient,
            due=self.kind == "digest",
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
            reply_to=self.sender,
            to=self.recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            headers={"List-Unsubscribe": f"<mailto:{self.sender}?subject=unsubscribe>"},
        )
        return Letter(mail, view.tell)

    def _exclude(self, finding: Finding) -> str:
        return self.links.url(self.account.id, finding, self.recipient, self.now) if self.links else ""
