"""Mailing the invitations of members."""

from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import QueuedWork, SendInvitation
from shared.accounts.directory import load_account
from shared.wiring import Wiring

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="send-invitation", connection="AzureWebJobsStorage")
def mail_invitation(message: func.QueueMessage) -> None:
    handle(SendInvitation, message, _send)


def _send(wired: Wiring, asked: SendInvitation) -> Iterator[QueuedWork]:
    from shared.accounts.invitation_mail import Sender, send_invitation

    account, given = load_account(wired.tables, asked.account), wired.settings
    sender = Sender(given.sender, given.reply_to, given.web_origin, wired.invitation_codes)
    send_invitation(wired.tables, wired.transport, account, asked.invitation, sender, wired.clock())
    yield from ()
