"""Mails that were refused, or of which nobody knows whether they arrived."""

from shared.alerts.matching import identity
from shared.alerts.models import Finding
from shared.alerts.rules.base import ACCOUNT, Judgement, Rule, Wording, row
from shared.alerts.rules.phrases import day, name, sentence
from shared.alerts.view import AccountView
from shared.mail.delivery import MailRow, MailState, first_kind

REFUSED = "An admin puts the address or the mail settings right, then chooses “send again”."
UNKNOWN = "Ask whether it arrived; if not, choose “send again”. Its rows come in the next mail anyway."
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
        """Told to everybody: whose address refuses cannot be told. Open until a later mail to it was taken.

        It can wait for the next digest, where what the mail said is new again: a mail about a mail is one nobody needs.
        """
        mails = [mail for mail in view.mails if mail.recipient in view.account.digest.everybody]
        return Judgement(tuple(map(_finding, mails)), frozenset({ACCOUNT}))


def _finding(mail: MailRow) -> Finding:
    kind, refused = first_kind(mail.kind), mail.state is MailState.REFUSED
    became = "was refused" if refused else "may not have arrived"
    what = f"The {KINDS.get(kind) or name(kind)} of {day(mail.on)} {became}"
    return row(
        MailFailed.slug,
        identity(mail.recipient),
        ACCOUNT,
        mail.recipient,
        f"{what}: {sentence(mail.why)}" if mail.why else f"{what}.",
        REFUSED if refused else UNKNOWN,
        value=mail.state,
    )
