"""Mails that were refused or not delivered, or of which nobody knows whether they arrived."""

from datetime import timedelta

from shared.alerts.matching import identity
from shared.alerts.models import Finding
from shared.alerts.rules.base import ACCOUNT, Judgement, Rule, Wording, row
from shared.alerts.rules.phrases import day, name, sentence
from shared.alerts.view import AccountView
from shared.mail.base import UndeliverableReason
from shared.mail.records import MailRow, MailState, first_kind, reported_company

REFUSED = "An admin puts the address or the mail settings right, then chooses “send again”."
UNKNOWN = "Ask whether it arrived; if not, choose “send again”. Its rows come in the next mail anyway."
UNDELIVERABLE = {
    UndeliverableReason.BOUNCED: "a mail to this address came back, so the mail service delivers no more to it",
    UndeliverableReason.BLOCKED: "the recipient’s mail server refused it",
    UndeliverableReason.INVALID: "the mail service says that there can be no such address",
    UndeliverableReason.COMPLAINED: "the recipient marked a mail as spam, so the mail service delivers no more to them",
    UndeliverableReason.UNSUBSCRIBED: "the recipient told the mail service to deliver no more mails to them",
}
ON_A_LIST = (
    "An admin puts the address right, or takes it off the mail service’s list, then chooses “send again”."
)
ASK = "Ask whether it arrived; if not, choose “send again”."
KINDS = {"digest": "digest", "urgent": "urgent mail"}


class MailFailed(Rule):
    slug = "mail_failed"
    words = Wording(
        "Mails that did not arrive",
        "mail that did not arrive",
        "mails that did not arrive",
        "Nobody read what stood in these mails: put the address right, or tell their recipients yourself.",
        who="Address",
    )

    def account(self, view: AccountView) -> Judgement:
        """Told to everybody: whose address refuses cannot be told. Open until a later mail to it was taken; a report,
        until the next one of that company, or as long as its recipient is one.

        It can wait for the next digest, where what the mail said is new again: a mail about a mail is one nobody needs.
        """
        theirs = view.account.digest.everybody
        mails = [mail for mail in view.mails if mail.recipient in theirs or reported_company(mail.kind)]
        return Judgement(tuple(_finding(mail, view) for mail in mails), frozenset({ACCOUNT}))


def _finding(mail: MailRow, view: AccountView) -> Finding:
    company = reported_company(mail.kind)
    became, fix = _BECAME[mail.state]
    what = f"{_report(mail, company, view) if company else _mail(mail)} {became}"
    if mail.undeliverable is not None:
        what = f"{what}: {UNDELIVERABLE[mail.undeliverable]}"
    return row(
        MailFailed.slug,
        identity(mail.recipient, company) if company else identity(mail.recipient),
        ACCOUNT,
        mail.recipient,
        f"{what}: {sentence(mail.why)}" if mail.why else f"{what}.",
        ASK if company and mail.state is MailState.UNKNOWN else fix,
        value=mail.state,
    )


def _mail(mail: MailRow) -> str:
    kind = first_kind(mail.kind)
    return f"The {KINDS.get(kind) or name(kind)} of {day(mail.on)}"


def _report(mail: MailRow, company: str, view: AccountView) -> str:
    """It is dated on the 1st, and of the month before."""
    added = (known for tenant in view.companies.values() for known in tenant.companies)
    called = next((known.name for known in added if known.id == company), company)
    return f"The report of {name(called)} for {mail.on - timedelta(days=1):%B %Y}"


_BECAME = {
    MailState.REFUSED: ("was refused", REFUSED),
    MailState.UNKNOWN: ("may not have arrived", UNKNOWN),
    MailState.UNDELIVERABLE: ("was not delivered", ON_A_LIST),
}
