"""From reading to pushing, once per run: the plan is made and its holds are stored before any push begins."""

from datetime import datetime

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import Run, RunState
from shared.billing.planning import load
from shared.billing.psa_connections import psa_connections
from shared.licensing import reading
from shared.storage.blobs import Blobs
from shared.storage.tables import Tables


def close_reading(tables: Tables, blobs: Blobs, account: Account, run_id: str, now: datetime) -> Run:
    """End the reading of a run and name the PSA connections that are to be worked on; repeats change nothing.

    Raises RetryLater while tenants are being read, or when a record changed while the plan was stored.
    """
    run = runs.get(tables, account.id, run_id)
    if run.state is not RunState.READING:
        return run
    reading.finish_reading(tables, account.id, run, now)
    load.store_holds(tables, account.id, load.plan_account(tables, blobs, account, now), now, run.id)
    connections = tuple(connection.id for connection in psa_connections(tables, account.id))

    def handed_over(run: Run) -> Run:
        if run.state is not RunState.READING:
            return run
        if not connections:
            return run.model_copy(update={"state": RunState.CLOSED, "closed_at": now})
        return run.model_copy(update={"state": RunState.PUSHING, "connections": connections})

    return runs.update(tables, account.id, run_id, handed_over)
