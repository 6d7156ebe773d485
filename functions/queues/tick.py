"""The tick: every quarter of an hour, what is due for each account."""

from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle, send
from functions.queues.messages import (
    CheckAccount,
    CleanUp,
    CloseRun,
    DeleteAccount,
    Evaluate,
    PushConnection,
    QueuedWork,
    RefreshNames,
    SendMail,
    SendReport,
    StartRun,
)
from shared.accounts import due_work
from shared.accounts.account import Account
from shared.accounts.directory import account_ids, load_account
from shared.accounts.runs import Run, RunState
from shared.alerts import evaluate
from shared.licensing import product_names
from shared.wiring import Wiring, wiring

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
def tick(timer: func.TimerRequest) -> None:
    """A missed or doubled tick does no harm: what is due follows from what is stored."""
    wired = wiring()
    for work in due_for_all(wired):
        send(wired, work)


def due_for_all(wired: Wiring) -> Iterator[QueuedWork]:
    """A look at each account, the next sweep of each that is being deleted, and what all share."""
    from shared.privacy import deletion

    yield from (CheckAccount(account=account) for account in account_ids(wired.tables))
    yield from (DeleteAccount(account=account) for account in deletion.standing(wired.tables))
    if product_names.is_due(wired.tables, wired.clock()):
        yield RefreshNames()


@bp.queue_trigger(arg_name="message", queue_name="check-account", connection="AzureWebJobsStorage")
def check_account(message: func.QueueMessage) -> None:
    handle(CheckAccount, message, messages_due)


def messages_due(wired: Wiring, asked: CheckAccount) -> Iterator[QueuedWork]:
    """The messages that start what is due for the account now."""
    from shared.reports import schedule

    now = wired.clock()
    account = load_account(wired.tables, asked.account)
    due = due_work.of(wired.tables, account, now)
    if due.run_on is not None:
        yield StartRun(account=account.id, run=due_work.nightly_id(due.run_on), on=due.run_on)
    for run in due.stuck:
        yield from _unstick(account, run)
    if (judged := evaluate.is_overdue(wired.tables, account.id, now)) is not None:
        yield Evaluate(account=account.id, run=judged.run_id)
    if due.digest_on is not None:
        yield SendMail(account=account.id, on=due.digest_on, due=True)
    elif evaluate.has_urgent_news(wired.tables, account, now):
        yield SendMail(account=account.id, on=now.astimezone(account.zone).date(), due=False)
    for company, month in schedule.due(wired.tables, account, now):
        yield SendReport(account=account.id, company=company, month=str(month))
    if due.clean_on is not None:
        yield CleanUp(account=account.id, on=due.clean_on)


def _unstick(account: Account, run: Run) -> Iterator[QueuedWork]:
    """A run whose messages were lost or poisoned is asked to end: past its time it gives up what is left."""
    if run.state is RunState.READING:
        yield CloseRun(account=account.id, run=run.id)
    for connection in run.connections:
        yield PushConnection(account=account.id, run=run.id, connection=connection)


@bp.queue_trigger(arg_name="message", queue_name="clean-up", connection="AzureWebJobsStorage")
def clean_up(message: func.QueueMessage) -> None:
    handle(CleanUp, message, _clean)


def _clean(wired: Wiring, asked: CleanUp) -> Iterator[QueuedWork]:
    from shared.clean_up import clean

    account, now = load_account(wired.tables, asked.account), wired.clock()
    due_work.advance(wired.tables, account, cleaned_on=asked.on)  # first: what fails has its turn tomorrow
    clean(wired.tables, wired.blobs, account, asked.on, now)
    yield from ()
