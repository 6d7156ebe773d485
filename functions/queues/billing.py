"""Pushing: one message per PSA connection of a run."""

from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import Evaluate, PushConnection, QueuedWork
from shared.accounts import runs
from shared.accounts.directory import load_account
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa_connections import psa_connection
from shared.billing.pushing import push
from shared.billing.pushing.agreement import PushContext
from shared.wiring import Wiring

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="push-connection", connection="AzureWebJobsStorage")
def push_connection(message: func.QueueMessage) -> None:
    handle(PushConnection, message, _push)


def _push(wired: Wiring, asked: PushConnection) -> Iterator[QueuedWork]:
    account = load_account(wired.tables, asked.account)
    run = runs.get(wired.tables, account.id, asked.run)
    connection = psa_connection(wired.tables, account.id, asked.connection)
    now = wired.clock
    try:
        psa = wired.psa(account.id, connection)
    except (PsaRefused, PsaUnavailable) as why:
        push.not_reached(wired.tables, account, connection, run, why, now())
    else:
        context = PushContext(
            tables=wired.tables,
            psa=psa,
            account=account.id,
            run=run.id,
            zone=account.zone,
            now=now,
            sleep=wired.sleep,
            claim_for=wired.claim_for,
            settles_after=wired.settles_after,
        )
        push.push_connection(context, account, connection, run)
    yield Evaluate(account=account.id, run=run.id)
