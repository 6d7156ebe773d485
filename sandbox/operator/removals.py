"""A person's word on removed tenants, as the HTTP API takes it."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from functions.queues.alerts import judge_again
from functions.queues.edge import send
from sandbox.operator.decisions import WHO, reached
from sandbox.standins.controls.commands import ControlError
from shared.accounts.companies import added_tenants
from shared.accounts.directory import account_ids, load_account
from shared.alerts import removals
from shared.alerts.models import Removal
from shared.alerts.removals import RemovedTenant
from shared.errors import Rejected
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.wiring import Wiring


class Missing(NamedTuple):
    """An account's removed tenant."""

    account: AccountId
    tenant: RemovedTenant

    @property
    def called(self) -> set[str]:
        return {self.tenant.tenant_id, self.tenant.name.casefold()}


def decide(state: Path, do: str, words: Sequence[str]) -> Any:
    """`removed` lists them; `confirm-removed TENANT DATE` and `dismiss-removed TENANT` decide (TENANT: name or id)."""
    with reached(state) as wiring:
        missing = list(_missing(wiring))
        if do == "removed":
            return [_shown(gone) for gone in missing]
        wanted = 2 if do == "confirm-removed" else 1
        if len(words) != wanted:
            called = "confirm-removed TENANT DATE" if wanted == 2 else "dismiss-removed TENANT"
            raise ControlError(f"It is called as: {called}. A name with blanks stands in quotes.")
        chosen = [gone for gone in missing if words[0].casefold() in gone.called]
        if not chosen:
            raise ControlError(f"No removed tenant is called '{words[0]}'. `removed` lists them.")
        ends = _date(words[1]) if wanted == 2 else None
        for gone in chosen:
            _decide(wiring, gone, ends)
        decided = {(gone.account, gone.tenant.tenant_id) for gone in chosen}
        return [_shown(gone) for gone in _missing(wiring) if (gone.account, gone.tenant.tenant_id) in decided]


def _missing(wiring: Wiring) -> Iterator[Missing]:
    for account in account_ids(wiring.tables):
        names = {tenant: added.name for tenant, added in added_tenants(wiring.tables, account).items()}
        for tenant in removals.removed(wiring.tables, account, names):
            yield Missing(account, tenant)


def _decide(wiring: Wiring, gone: Missing, ends: date | None) -> None:
    now = wiring.clock()
    today = now.astimezone(load_account(wiring.tables, gone.account).zone).date()
    by = Decider(WHO, "decided by a control", now)
    try:
        if ends is None:
            removals.dismiss(wiring.tables, gone.account, gone.tenant.tenant_id, today, by)
        else:
            removals.confirm(wiring.tables, gone.account, gone.tenant.tenant_id, ends, today, by)
    except Rejected as rejected:
        raise ControlError(rejected.reason) from rejected
    for work in judge_again(wiring, gone.account):
        send(wiring, work)


def _shown(gone: Missing) -> dict[str, Any]:
    return {
        "account": gone.account,
        "customer": gone.tenant.name,
        "tenant": gone.tenant.tenant_id,
        "decided": _decided(gone.tenant.decided.removal if gone.tenant.decided else None),
    }


def _decided(removal: Removal | None) -> str:
    if removal is None:
        return "nothing yet: its lines keep their quantities"
    if removal.ends is None:
        return f"dismissed: raised again on {removal.until} if it is still missing"
    return (
        f"confirmed: {removal.ends} is the last day to bill. That is recorded; ending its lines is not built yet, so "
        f"end them in the PSA. The row comes back on {removal.until} while the company is still added."
    )


def _date(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ControlError(f"'{word}' is not a date: say for example 2027-01-31.") from None
