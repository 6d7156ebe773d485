"""Pushing: one message per PSA connection of a run."""

from collections.abc import Iterator

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import Evaluate, PushConnection, QueuedWork, RefreshPsaLists
from shared.accounts import runs
from shared.accounts.directory import load_account
from shared.billing.product_prices import ProductPrices
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa_connections import psa_connection
from shared.errors import NotFound
from shared.wiring import Wiring

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="push-connection", connection="AzureWebJobsStorage")
def push_connection(message: func.QueueMessage) -> None:
    handle(PushConnection, message, _push)


@bp.queue_trigger(arg_name="message", queue_name="refresh-psa-lists", connection="AzureWebJobsStorage")
def refresh_psa_lists(message: func.QueueMessage) -> None:
    handle(RefreshPsaLists, message, _refresh)


def _refresh(wired: Wiring, asked: RefreshPsaLists) -> Iterator[QueuedWork]:
    from shared.billing import psa_lists

    tables, account, now = wired.tables, asked.account, wired.clock()
    try:
        connection = psa_connection(tables, account, asked.connection)
    except NotFound:
        return  # it was removed meanwhile
    psa_lists.refresh(tables, wired.blobs, account, connection, lambda: wired.psa(account, connection), now)
    yield from ()


def _push(wired: Wiring, asked: PushConnection) -> Iterator[QueuedWork]:
    from shared.billing.pushing import push
    from shared.billing.pushing.context import PushContext

    account = load_account(wired.tables, asked.account)
    run = runs.get(wired.tables, account.id, asked.run)
    now = wired.clock
    try:
        connection = psa_connection(wired.tables, account.id, asked.connection)
    except NotFound:
        push.removed(wired.tables, account.id, asked.connection, run, now())
        yield Evaluate(account=account.id, run=run.id)
        return
    try:
        psa = wired.psa(account.id, connection)
    except (PsaRefused, PsaUnavailable) as why:
        push.not_reached(wired.tables, account, connection, run, why, now())
    else:
        context = PushContext(
            tables=wired.tables,
            blobs=wired.blobs,
            psa=psa,
            account=account.id,
            run=run.id,
            zone=account.zone,
            now=now,
            sleep=wired.sleep,
            claim_for=wired.claim_for,
            settles_after=wired.settles_after,
            prices=ProductPrices(psa),
        )
        push.push_connection(context, account, connection, run)
    yield Evaluate(account=account.id, run=run.id)
