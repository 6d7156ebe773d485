"""The reading half of a run: start, read each tenant, close."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import batched
from typing import Final

import azure.functions as func

from functions.queues.edge import handle, handle_each
from functions.queues.messages import (
    CloseRun,
    Evaluate,
    PartOfRun,
    PushConnection,
    QueuedWork,
    ReadTenant,
    ReadTenants,
    RefreshNames,
    StartRun,
)
from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import Run
from shared.alerts import saved_settings
from shared.billing.planning import close_reading
from shared.licensing import product_names, reading
from shared.licensing.custom_licences.defined import NO_CUSTOM, Defined, defined
from shared.licensing.reading import TenantToRead
from shared.licensing.run_reading import RunReading
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from shared.storage.keys import AccountId
from shared.wiring import Wiring

bp = func.Blueprint()

TENANTS_TOGETHER: Final = 5
"""Tenants in one message of a large account's night."""
MANY: Final = 100
"""Fewer tenants are read side by side, each by a message of its own: that is sooner done."""


@bp.queue_trigger(arg_name="message", queue_name="start-run", connection="AzureWebJobsStorage")
def start_run(message: func.QueueMessage) -> None:
    handle(StartRun, message, _start)


def _start(wired: Wiring, asked: StartRun) -> Iterator[QueuedWork]:
    now = wired.clock()
    account = saved_settings.load(wired.tables, asked.account)
    run = runs.start(
        wired.tables,
        account.id,
        Run(id=asked.run, on=asked.on, started_at=now, nightly=asked.nightly, tenants=asked.tenants),
    )
    to_read = reading.read_partners(_reading(wired, account, run, now))
    yield from messages_of(account.id, run.id, to_read)
    yield CloseRun(account=account.id, run=run.id)


def messages_of(account: AccountId, run: str, to_read: Sequence[TenantToRead]) -> Iterator[QueuedWork]:
    """Who is to be read, each tenant in exactly one message."""
    together = TENANTS_TOGETHER if len(to_read) >= MANY else 1
    for few in batched(to_read, together, strict=False):
        parts = tuple(
            PartOfRun(
                tenant=tenant.tenant_id,
                connections=tenant.connections,
                terms=tenant.terms,
                by_app=tenant.by_app,
            )
            for tenant in few
        )
        message = ReadTenants(account=account, run=run, tenants=parts)
        yield from [message] if len(parts) > 1 else message.alone()


@bp.queue_trigger(arg_name="message", queue_name="read-tenant", connection="AzureWebJobsStorage")
def read_tenant(message: func.QueueMessage) -> None:
    handle(ReadTenant, message, _read)


@bp.queue_trigger(arg_name="message", queue_name="read-tenants", connection="AzureWebJobsStorage")
def read_tenants(message: func.QueueMessage) -> None:
    handle_each(ReadTenants, message, ReadTenants.alone, _read)


def _read(wired: Wiring, asked: ReadTenant) -> Iterator[QueuedWork]:
    account, run, partners, custom = _settings_of(wired, asked.account, asked.run)
    tenant = TenantToRead(asked.tenant, asked.connections, asked.terms, asked.attempt, asked.by_app)
    reading.read_tenant(_reading(wired, account, run, wired.clock(), custom), partners, tenant)
    yield from ()


def _reading(
    wired: Wiring, account: Account, run: Run, now: datetime, custom: Defined = NO_CUSTOM
) -> RunReading:
    return RunReading(wired.tables, wired.blobs, wired.secrets, wired.microsoft, account, run, now, custom)


@lru_cache(maxsize=32)
def _settings_of(
    wired: Wiring, account: AccountId, run_id: str
) -> tuple[Account, Run, dict[str, PartnerConnection], Defined]:
    """What a run's thousand readings have in common, looked up once per process: the settings as of the run."""
    tables = wired.tables
    partners = {connection.id: connection for connection in partner_connections.all_of(tables, account)}
    run = runs.get(tables, account, run_id)
    return saved_settings.load(tables, account), run, partners, defined(tables, account)


@bp.queue_trigger(arg_name="message", queue_name="close-run", connection="AzureWebJobsStorage")
def close_run(message: func.QueueMessage) -> None:
    handle(CloseRun, message, _close)


def _close(wired: Wiring, asked: CloseRun) -> Iterator[QueuedWork]:
    account = saved_settings.load(wired.tables, asked.account)
    run = close_reading.close_reading(wired.tables, wired.blobs, account, asked.run, wired.clock())
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
