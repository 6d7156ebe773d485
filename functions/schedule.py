"""The tick: every quarter of an hour, what is due for each account."""

from collections.abc import Iterator

import azure.functions as func

from functions.messages import CloseRun, PushConnection, RefreshNames, SendMail, StartRun, Work
from functions.queue_edge import send
from shared.accounts import repository, schedule
from shared.accounts.models import Account
from shared.accounts.runs import Run, RunState
from shared.alerts import evaluate
from shared.licensing import names
from shared.wiring import Wiring, wiring

bp = func.Blueprint()


@bp.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
def tick(timer: func.TimerRequest) -> None:
    """A missed or doubled tick does no harm: what is due follows from what is stored."""
    wired = wiring()
    for account_id in repository.account_ids(wired.tables):
        for work in _due(wired, repository.account(wired.tables, account_id)):
            send(wired, work)
    if names.is_due(wired.tables, wired.clock()):
        send(wired, RefreshNames())


def _due(wired: Wiring, account: Account) -> Iterator[Work]:
    now = wired.clock()
    due = schedule.of(wired.tables, account, now)
    if due.run_on is not None:
        yield StartRun(account=account.id, run=schedule.nightly_id(due.run_on), on=due.run_on)
    if due.stuck is not None:
        yield from _unstick(account, due.stuck)
    if due.digest_on is not None:
        yield SendMail(account=account.id, on=due.digest_on, due=True)
    elif evaluate.has_urgent_news(wired.tables, account):
        yield SendMail(account=account.id, on=now.astimezone(account.zone).date(), due=False)


def _unstick(account: Account, run: Run) -> Iterator[Work]:
    """A run whose messages were lost or poisoned is asked to end: past its time it gives up what is left."""
    if run.state is RunState.READING:
        yield CloseRun(account=account.id, run=run.id)
    for connection in run.connections:
        yield PushConnection(account=account.id, run=run.id, connection=connection)
