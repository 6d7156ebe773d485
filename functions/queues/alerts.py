"""Judging an account after a run, telling people, and what became of messages that could not be processed."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import azure.functions as func
from pydantic import BaseModel

from functions.queues.edge import handle, send
from functions.queues.messages import QUEUES, Evaluate, KeepTickets, QueuedWork, SendMail
from shared.accounts.directory import is_listed
from shared.alerts import evaluate, failed_messages, saved_settings
from shared.alerts.tickets.stored import ticket_settings, tickets_failure
from shared.errors import RetryLater
from shared.licensing import product_names
from shared.storage.keys import AccountId, account_id
from shared.wiring import Wiring, wiring

if TYPE_CHECKING:
    from shared.alerts.digest.send import Mailer

bp = func.Blueprint()
_log = logging.getLogger("seatwise.alerts")
MOST_ATTEMPTS = 20
"""Of one message about tickets, before it is left to the next evaluation."""


@bp.queue_trigger(arg_name="message", queue_name="evaluate", connection="AzureWebJobsStorage")
def evaluate_account(message: func.QueueMessage) -> None:
    handle(Evaluate, message, _evaluate)


def _evaluate(wired: Wiring, asked: Evaluate) -> Iterator[QueuedWork]:
    from shared.alerts.digest.arrival import take_back_what_did_not_arrive

    account, now = saved_settings.load(wired.tables, asked.account), wired.clock()
    take_back_what_did_not_arrive(wired.tables, wired.transport, account, now)
    evaluate.evaluate(wired.tables, wired.blobs, account, asked.run, product_names.load(wired.blobs), now)
    if ticket_settings(wired.tables, account.id).on:
        yield KeepTickets(account=account.id)


@bp.queue_trigger(arg_name="message", queue_name="keep-tickets", connection="AzureWebJobsStorage")
def keep_tickets(message: func.QueueMessage) -> None:
    handle(KeepTickets, message, _keep_tickets)


def _keep_tickets(wired: Wiring, asked: KeepTickets) -> Iterator[QueuedWork]:
    """What could not be done after some attempts waits for the next evaluation."""
    from shared.alerts.tickets.keep import keep

    account = saved_settings.load(wired.tables, asked.account)
    before = tickets_failure(wired.tables, account.id)
    try:
        keep(wired.tables, account, lambda psa: wired.psa_tickets(account.id, psa), wired.clock)
    except RetryLater as later:
        if asked.attempt < MOST_ATTEMPTS:
            raise
        _log.warning("tickets of %s wait for the next evaluation: %s", account.id, later.why)
    failure = tickets_failure(wired.tables, account.id)
    if (failure is None) != (before is None):
        yield from judge_again(wired, account.id)


@bp.queue_trigger(arg_name="message", queue_name="send-mail", connection="AzureWebJobsStorage")
def send_mail(message: func.QueueMessage) -> None:
    handle(SendMail, message, _send)


def _send(wired: Wiring, asked: SendMail) -> Iterator[QueuedWork]:
    from shared.alerts.digest.send import send_mails

    account = saved_settings.load(wired.tables, asked.account)
    if not send_mails(mailer(wired), account, asked.on, due=asked.due, now=wired.clock()):
        yield from judge_again(wired, account.id)


def mailer(wired: Wiring) -> "Mailer":
    """How the installation's digests leave."""
    from shared.alerts.digest.send import Mailer

    given = wired.settings
    return Mailer(wired.tables, wired.transport, given.sender, given.reply_to, wired.links, given.web_origin)


def judge_again(wired: Wiring, account: AccountId) -> Iterator[Evaluate]:
    """The message that judges an account anew, after a person decided something; none before its first run."""
    judged = evaluate.evaluation_of(wired.tables, account)
    if judged is not None:
        yield Evaluate(account=account, run=judged.run_id)


class _Addressed(BaseModel):
    """As much of any message as says whose it was."""

    account: str


def _watch(queue: str) -> None:
    """Register the trigger of one poison queue."""

    @bp.function_name(f"{queue.replace('-', '_')}_poison")
    @bp.queue_trigger(arg_name="message", queue_name=f"{queue}-poison", connection="AzureWebJobsStorage")
    def poisoned(message: func.QueueMessage) -> None:
        """A message that could not be processed is never lost silently: its account gets an alert."""
        body = message.get_body().decode(errors="replace")
        _log.error("%s: a message could not be processed", queue)
        try:
            account = account_id(_Addressed.model_validate_json(body).account)
        except ValueError:
            return
        wired = wiring()
        if not is_listed(wired.tables, account):
            return  # deleted: nothing is kept of it any more
        failed_messages.record(wired.tables, account, queue, body, wired.clock())
        if queue != Evaluate.queue:  # what cannot be evaluated is not asked for again
            for work in judge_again(wired, account):
                send(wired, work)


for _queue in QUEUES:
    _watch(_queue)
