"""Making and sending monthly reports."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import QueuedWork, SendReport
from shared.accounts.directory import load_account
from shared.wiring import Wiring

if TYPE_CHECKING:
    from shared.reports.publish import Publisher

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="send-report", connection="AzureWebJobsStorage")
def send_report(message: func.QueueMessage) -> None:
    handle(SendReport, message, _send)


def _send(wired: Wiring, asked: SendReport) -> Iterator[QueuedWork]:
    from shared.reports.models import Month
    from shared.reports.publish import send_due

    account = load_account(wired.tables, asked.account)
    send_due(publisher(wired), account, asked.company, Month.named(asked.month), wired.clock())
    yield from ()


def publisher(wired: Wiring) -> "Publisher":
    """How the installation's reports are made and leave."""
    from shared.reports.publish import Publisher

    given = wired.settings
    return Publisher(wired.tables, wired.blobs, wired.transport, given.sender, given.reply_to)
