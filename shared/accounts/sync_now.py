"""Sync now (K7): a run that a person asks for, of the whole account or of some tenants, at most every ten minutes."""

from datetime import datetime, timedelta
from typing import Final

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.accounts.runs import Run
from shared.errors import NotFound, Rejected, TooOften
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.documents import Document
from shared.storage.tables import Conflict, Insert, Replace, RowChange, Tables

EVERY: Final = timedelta(minutes=10)
"""Each reads Microsoft and the PSA: an account has one in so long."""


class NewestSyncNow(Document):
    """The newest run of this kind, and when it was asked for."""

    run: str
    at: datetime


def sync_now(
    tables: Tables,
    account: Account,
    tenants: tuple[str, ...] | None,
    by: Decider,
    *,
    every_agreement: bool = False,
) -> Run:
    """Store the run; the caller starts it. `tenants` None reads every added tenant.

    `every_agreement` reads all lines in the PSAs too, as the certificate wants them.

    Raises Rejected without any tenant, NotFound for a tenant that is not added, and TooOften within ten minutes of the
    run before.
    """
    wanted = None if tenants is None else tuple(sorted({tenant.lower() for tenant in tenants}))
    if wanted is not None:
        _check(tables, account, wanted)
    run = Run(
        id=f"now-{by.now:%Y%m%dT%H%M%S}",
        on=by.now.astimezone(account.zone).date(),
        started_at=by.now,
        nightly=False,
        tenants=wanted,
        who=by.who,
        every_agreement=every_agreement,
    )
    key = keys.sync_now(account.id)
    row = tables.get(key)
    if row is not None:
        _check_pause(row.read(NewestSyncNow), by.now)
    newest = NewestSyncNow(run=run.id, at=by.now)
    mark: RowChange = Replace(key, newest, row.etag) if row else Insert(key, newest)
    try:
        tables.commit([*runs.rows_of(account.id, run), mark])
    except Conflict:
        raise TooOften(EVERY, "somebody else asked for a sync at this moment") from None
    return run


def _check(tables: Tables, account: Account, tenants: tuple[str, ...]) -> None:
    if not tenants:
        raise Rejected("Name at least one tenant.", "empty", "tenants")
    added = added_tenants(tables, account.id)
    for tenant in tenants:
        if tenant not in added:
            raise NotFound(f"tenant '{tenant}' has no company")


def _check_pause(before: NewestSyncNow, now: datetime) -> None:
    rest = before.at + EVERY - now
    if rest > timedelta(0):
        raise TooOften(
            rest, f"an account is synced at most every 10 minutes; run {before.run} was the newest"
        )
