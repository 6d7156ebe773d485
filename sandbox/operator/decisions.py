"""A person's word on held changes, as the HTTP API will take it later."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functions.queues.edge import send
from functions.queues.messages import PushConnection
from sandbox.processes import SandboxProcesses, running
from sandbox.standins.controls.commands import ControlError
from shared.accounts.companies import added_tenants
from shared.accounts.directory import account_ids, load_account
from shared.billing.models import Hold
from shared.billing.planning import approval
from shared.errors import Rejected
from shared.storage.keys import AccountId
from shared.wiring import Wiring

WHO = "sandbox operator"


def decisions(state: Path, do: str, words: Sequence[str]) -> Any:
    """`held` lists what waits; `approve CHANGE` and `reject CHANGE` decide (CHANGE: its id, or `all`)."""
    with reached(state) as wiring:
        waiting = [
            (account, hold)
            for account in account_ids(wiring.tables)
            for hold in approval.held(wiring.tables, account)
        ]
        if do == "held":
            return [_shown(wiring, account, hold) for account, hold in waiting]
        if not words:
            raise ControlError(f"Say which change to {do}: an id of `held`, or `all`.")
        chosen = [(a, h) for a, h in waiting if words[0] in {"all", h.change.id} and h.decided is None]
        if not chosen:
            raise ControlError(f"No held change '{words[0]}' waits for a word. `held` lists them.")
        return [_decide(wiring, account, hold, do) for account, hold in chosen]


def _decide(wiring: Wiring, account: AccountId, hold: Hold, do: str) -> dict[str, Any]:
    tables, change, now = wiring.tables, hold.change, wiring.clock()
    try:
        if do == "reject":
            return _shown(wiring, account, approval.reject(tables, account, change.id, WHO, now))
        approved = approval.approve(tables, load_account(tables, account), change.id, WHO, now)
    except Rejected as rejected:
        return {"change": change.id, "refused": rejected.reason}
    if approved.run is not None:
        send(wiring, PushConnection(account=account, run=approved.run.id, connection=change.connection))
    return _shown(wiring, account, approved.hold)


def _shown(wiring: Wiring, account: AccountId, hold: Hold) -> dict[str, Any]:
    company = added_tenants(wiring.tables, account).get(hold.change.tenant_id)
    return {
        "change": hold.change.id,
        "customer": company.name if company else hold.change.tenant_id,
        "agreement": hold.change.agreement_id,
        "line": hold.change.line_id,
        "before": hold.change.before,
        "after": hold.change.after,
        "reasons": [str(reason) for reason in hold.reasons],
        "decided": str(hold.decided.verdict) if hold.decided else None,
    }


@contextmanager
def reached(state: Path) -> Iterator[Wiring]:
    """The storage of a running sandbox, or of a stopped one, woken up for this."""
    found = running(state)
    if found is not None:
        yield found
        return
    if not (state / "azurite").exists():
        raise ControlError(
            f"There is no sandbox in {state}. Start it first; its folder is the one given as STATE."
        )
    with SandboxProcesses(state, "demo") as processes:
        yield processes.wiring
