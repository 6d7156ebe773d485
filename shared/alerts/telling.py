"""One mail per recipient of an account: the digest that is due, or what is urgent."""

from datetime import date, datetime

from shared.accounts import schedule
from shared.accounts.models import Account
from shared.alerts import digest
from shared.alerts.evaluate import evaluation_of, open_alerts
from shared.alerts.models import Alert, Evaluation
from shared.errors import RetryLater
from shared.mail.base import Mail, Transport
from shared.mail.delivery import Letter, Told, deliver, mail_id
from shared.storage.tables import Tables


def tell(
    tables: Tables,
    transport: Transport,
    account: Account,
    sender: str,
    on: date,
    due: bool,
    now: datetime,
) -> None:
    """Deliver to every recipient who has something to be told, and remember that it was dealt with.

    Raises RetryLater when a mail could not leave yet; recipients who have theirs are not written to again.
    """
    evaluation = evaluation_of(tables, account.id)
    if evaluation is None:
        return
    alerts = list(open_alerts(tables, account.id))
    waiting = None
    for recipient in account.digest.recipients:
        try:
            deliver(
                tables,
                transport,
                account.id,
                "digest" if due else "urgent",
                on,
                recipient,
                lambda told, recipient=recipient: _letter(
                    told, alerts, account, evaluation, recipient, sender, on, due, now
                ),
                now,
            )
        except RetryLater as later:
            waiting = later
    if waiting is not None:
        raise waiting
    schedule.advance(tables, account, digest_on=on if due else None, urgent_as_of=evaluation.at)


def _letter(
    told: Told,
    alerts: list[Alert],
    account: Account,
    evaluation: Evaluation,
    recipient: str,
    sender: str,
    on: date,
    due: bool,
    now: datetime,
) -> Letter | None:
    view = digest.decide(alerts, told, account, evaluation, recipient=recipient, due=due, now=now)
    if view is None:
        return None
    rendered = digest.render(view)
    mail = Mail(
        id=mail_id(account.id, "digest" if due else "urgent", on, recipient),
        sender=sender,
        sender_name="Seatwise",
        reply_to=sender,
        to=recipient,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers={"List-Unsubscribe": f"<mailto:{sender}?subject=unsubscribe>"},
    )
    return Letter(mail, view.tell)
