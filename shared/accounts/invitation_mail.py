"""The mail of an invitation: sent once, at most."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import templates
from shared.accounts.account import Account
from shared.accounts.invitations import LIVES, Invitation, InvitationCodes
from shared.errors import NotFound
from shared.mail.base import Mail, Transport
from shared.mail.delivery import DeliveryResult, MailToSend, deliver
from shared.mail.records import MailName
from shared.storage import keys
from shared.storage.tables import Tables
from shared.text import header_text, one_line


@dataclass(frozen=True, slots=True)
class Sender:
    """Who such mails come from, and where the front end is that their link opens."""

    address: str
    reply_to: str
    web_origin: str
    codes: InvitationCodes


@dataclass(frozen=True, slots=True)
class InvitationView:
    """The mail in words."""

    subject: str
    preheader: str
    account_name: str
    inviter: str
    role: str
    may: str
    address: str
    ends: str


_MAY = {
    "reader": "see everything, and change nothing",
    "editor": "add companies, map licences, exclude alerts and start a sync",
    "admin": "connect partners and PSAs, approve what is held, and what an editor may",
    "owner": "do everything, also decide who belongs to the account",
}


def send_invitation(
    tables: Tables, transport: Transport, account: Account, name: str, sender: Sender, now: datetime
) -> DeliveryResult | None:
    """Mail an invitation that is still open; None when it is not. A repeat of the message sends no second mail.

    Raises NotFound, and RetryLater when the mail could not leave yet.
    """
    row = tables.get(keys.invitation(account.id, name))
    if row is None:
        raise NotFound("There is no such invitation.")
    invitation = row.read(Invitation)
    if not invitation.is_open(now):
        return None
    kind = f"invitation-{invitation.id}"
    mail_name = MailName(account.id, kind, invitation.made_at.date(), invitation.email)

    def write() -> MailToSend:
        view = _view(account, invitation, sender)
        mail = Mail(
            id=mail_name.id,
            sender=sender.address,
            sender_name="Seatwise",
            reply_to=sender.reply_to or sender.address,
            to=invitation.email,
            subject=view.subject,
            text=templates.text().get_template("invitation.txt").render(view=view),
            html=_html(view),
        )
        return MailToSend(mail)

    return deliver(tables, transport, mail_name, write, now)


def _view(account: Account, invitation: Invitation, sender: Sender) -> InvitationView:
    name, role = one_line(account.name, 80), invitation.role.word
    code = sender.codes.make(account.id, invitation.id)
    ends = (invitation.made_at + LIVES - timedelta(days=1)).astimezone(account.zone)
    return InvitationView(
        subject=f"You are invited to {header_text(account.name, 80)} in Seatwise",
        preheader=f"Sign in with your Microsoft account to join as {role}.",
        account_name=name,
        inviter=one_line(invitation.made_by, 120).partition(" (")[0],
        role=role,
        may=_MAY[role],
        address=f"{sender.web_origin}/join#{code}",
        ends=f"{ends.day} {ends:%b %Y}",
    )


def _html(view: InvitationView) -> str:
    from css_inline import CSSInliner

    page = templates.html().get_template("invitation.html").render(view=view)
    inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
    return inliner.inline(page)
