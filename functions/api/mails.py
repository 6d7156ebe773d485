"""Mails: what became of each, and sending a failed one again."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from functions.api.lists import CSV, Page, Pages, descending
from functions.api.models import Shown, examples
from functions.api.principal import Admin, Reader
from functions.queues.alerts import judge_again, mailer
from functions.queues.reports import publisher
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.alerts.digest.arrival import KINDS
from shared.alerts.digest.send import send_again
from shared.mail.records import MailRow, first_kind, mails, reported_company
from shared.reports.publish import send_failed_again

router = APIRouter(prefix="/accounts/{account}/mails", tags=["mails"])
type Undeliverable = Literal["bounced", "blocked", "invalid", "complained", "unsubscribed"]
type State = Literal["claimed", "sending", "done", "refused", "unknown", "undeliverable"]


class ShownMail(Shown):
    model_config = Shown.model_config | examples(
        {
            "id": "harbour-it-digest-5f0c9a1be2d34876",
            "kind": "digest",
            "on": "2026-11-27",
            "recipient": "licences@harbour-it.example",
            "state": "done",
            "since": "2026-11-27T07:00:04Z",
            "subject": "2 new: 1 held push, 1 renewal due",
            "undeliverable": None,
            "why": "",
            "canBeSentAgain": False,
        }
    )

    id: str
    kind: str
    on: date
    recipient: str
    state: State
    """claimed: being written; sending: on its way; unknown: it may have arrived or not, and is not repeated;
    undeliverable: the mail service delivers nothing to the address."""
    since: datetime
    subject: str
    undeliverable: Undeliverable | None
    why: str
    """Why it was refused or not delivered, or what is not known."""
    can_be_sent_again: bool


class SentAgain(Shown):
    state: State | None
    """Null: there is nothing to say to this recipient any more."""
    sent_now: bool
    """False: it had been sent again before."""
    why: str


def shown(mail: MailRow) -> ShownMail:
    return ShownMail(
        id=mail.mail_id,
        kind=mail.kind,
        on=mail.on,
        recipient=mail.recipient,
        state=mail.state.value,
        since=mail.since,
        subject=mail.subject,
        undeliverable=mail.undeliverable.value if mail.undeliverable else None,
        why=mail.why,
        can_be_sent_again=mail.can_be_sent_again and _is_of_alerts_or_a_report(mail),
    )


def _is_of_alerts_or_a_report(mail: MailRow) -> bool:
    """An invitation is sent again by inviting anew."""
    return first_kind(mail.kind) in KINDS or reported_company(mail.kind) != ""


@router.get("", operation_id="listMails", response_model=Page[ShownMail], responses=CSV)
def list_mails(
    asking: Reader,
    paging: Pages,
    state: Annotated[State | None, Query(description="Only mails in this state")] = None,
) -> Page[ShownMail] | Response:
    """The newest first."""
    found = (mail for mail in mails(asking.tables, asking.account) if state in (None, mail.state.value))
    rows = sorted((descending(mail.since, mail.mail_id), shown(mail)) for mail in found)
    return paging.answer_all(asking, "mails", rows)


@router.post("/{mail}/send-again", operation_id="sendMailAgain")
def send_mail_again(mail: str, asking: Admin) -> SentAgain:
    """Send what a failed mail said, as far as it is still so, and what is new since; a report as it was made.

    Twice sends it once.
    """
    wired, account = asking.wired, load_account(asking.tables, asking.account)
    failed = next((row for row in mails(asking.tables, asking.account) if row.mail_id == mail), None)
    if failed is not None and reported_company(failed.kind):
        outcome = send_failed_again(publisher(wired), account, mail, asking.now)
    else:
        outcome = send_again(mailer(wired), account, mail, asking.now)
    became = outcome.state.value if outcome.state else ""
    audit.record(asking.tables, asking.account, asking.actor, "mail.sent_again", mail, "", became)
    asking.enqueue(*judge_again(wired, asking.account))
    return SentAgain(
        state=outcome.state.value if outcome.state else None, sent_now=outcome.sent_now, why=outcome.why
    )
