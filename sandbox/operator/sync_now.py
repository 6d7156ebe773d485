"""Sync now, as the HTTP API takes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from functions.queues.edge import send
from functions.queues.messages import StartRun
from sandbox.operator.decisions import WHO, reached
from sandbox.standins.controls.commands import ControlError
from shared.accounts import sync_now
from shared.accounts.companies import added_tenants
from shared.accounts.company import AddedTenant
from shared.accounts.directory import account_ids, load_account
from shared.errors import TooOften
from shared.storage.decisions import Decider
from shared.wiring import Wiring


def sync(state: Path, words: Sequence[str]) -> Any:
    """`sync-now` starts a run of every account, `sync-now COMPANY` of the one that has it (a name or a tenant id)."""
    with reached(state) as wiring:
        return _runs(wiring, words[0].casefold() if words else "")


def _names(tenant_id: str, of: AddedTenant) -> set[str]:
    return {tenant_id, *(company.name.casefold() for company in of.companies)}


def _runs(wiring: Wiring, called: str) -> list[dict[str, Any]]:
    started = []
    for name in account_ids(wiring.tables):
        account, tenants = load_account(wiring.tables, name), None
        if called:
            added = added_tenants(wiring.tables, name)
            tenants = tuple(tenant_id for tenant_id, of in added.items() if called in _names(tenant_id, of))
            if not tenants:
                continue
        try:
            run = sync_now.sync_now(wiring.tables, account, tenants, Decider(WHO, "", wiring.clock()))
        except TooOften as early:
            raise ControlError(f"{early.why}. Again in {early.after.total_seconds():.0f} s.") from early
        send(wiring, StartRun.of(account.id, run))
        started.append({"account": name, "run": run.id, "tenants": tenants or "all"})
    if called and not started:
        raise ControlError(f"No company is called '{called}'.")
    return started
