"""The reading half of a run: start, read each tenant, close."""

from collections.abc import Iterator
from functools import lru_cache

import azure.functions as func

from functions.queues.edge import handle
from functions.queues.messages import (
    CloseRun,
    Evaluate,
    PushConnection,
    QueuedWork,
    ReadTenant,
    RefreshNames,
    StartRun,
)
from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import Run
from shared.alerts import settings
from shared.billing.planning import close_reading
from shared.licensing import product_names, reading
from shared.licensing.reading import TenantToRead
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from shared.storage.keys import AccountId
from shared.wiring import Wiring

bp = func.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="start-run", connection="AzureWebJobsStorage")
def start_run(message: func.QueueMessage) -> None:
    handle(StartRun, message, _start)


def _start(wired: Wiring, asked: StartRun) -> Iterator[QueuedWork]:
    now = wired.clock()
    account = settings.load(wired.tables, asked.account)
    run = runs.start(
        wired.tables,
        account.id,
        Run(id=asked.run, on=asked.on, started_at=now, nightly=asked.nightly, tenants=asked.tenants),
    )
    to_read = reading.read_partners(
        wired.tables, wired.blobs, wired.secrets, wired.microsoft, account, run, now
    )
    for one in to_read:
        yield ReadTenant(
            account=account.id,
            run=run.id,
            tenant=one.tenant_id,
            connections=one.connections,
            terms=one.terms,
        )
    yield CloseRun(account=account.id, run=run.id)


@bp.queue_trigger(arg_name="message", queue_name="read-tenant", connection="AzureWebJobsStorage")
def read_tenant(message: func.QueueMessage) -> None:
    handle(ReadTenant, message, _read)


def _read(wired: Wiring, asked: ReadTenant) -> Iterator[QueuedWork]:
    account, run, partners = _settings_of(wired, asked.account, asked.run)
    tenant = TenantToRead(asked.tenant, asked.connections, asked.terms, asked.attempt)
    reading.read_tenant(
        wired.tables, wired.blobs, wired.microsoft, account, partners, run, tenant, wired.clock()
    )
    yield from ()


@lru_cache(maxsize=32)
def _settings_of(
    wired: Wiring, account: AccountId, run_id: str
) -> tuple[Account, Run, dict[str, PartnerConnection]]:
    """What a run's thousand readings have in common, looked up once per process: the settings as of the run."""
    tables = wired.tables
    partners = {connection.id: connection for connection in partner_connections.all_of(tables, account)}
    return settings.load(tables, account), runs.get(tables, account, run_id), partners


@bp.queue_trigger(arg_name="message", queue_name="close-run", connection="AzureWebJobsStorage")
def close_run(message: func.QueueMessage) -> None:
    handle(CloseRun, message, _close)


def _close(wired: Wiring, asked: CloseRun) -> Iterator[QueuedWork]:
    account = settings.load(wired.tables, asked.account)
    run = close_reading.close_reading(wired.tables, account, asked.run, wired.clock())
    for connection in run.connections:
        yield PushConnection(account=account.id, run=run.id, connection=connection)
    if not run.connections:
        yield Evaluate(account=account.id, run=run.id)


@bp.queue_trigger(arg_name="message", queue_name="refresh-names", connection="AzureWebJobsStorage")
def refresh_names(message: func.QueueMessage) -> None:
    handle(RefreshNames, message, _refresh)


def _refresh(wired: Wiring, _: RefreshNames) -> Iterator[QueuedWork]:
    product_names.refresh(wired.http, wired.tables, wired.blobs, wired.clock())
    yield from ()
