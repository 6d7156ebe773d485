"""A person's word on removed tenants, as the HTTP API will take it later."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from functions.queues.edge import send
from functions.queues.messages import Evaluate
from sandbox.operator.decisions import WHO, reached
from sandbox.standins.controls.commands import ControlError
from shared.accounts.companies import added_companies
from shared.accounts.directory import account_ids, load_account
from shared.alerts import evaluate, removals
from shared.alerts.models import Removal, Slug
from shared.alerts.rules.base import ACCOUNT
from shared.errors import Rejected
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.wiring import Wiring

type Missing = tuple[AccountId, str]
"""An account's removed tenant."""


def decide(state: Path, do: str, words: Sequence[str]) -> Any:
    """`removed` lists them; `confirm-removed TENANT DATE` and `dismiss-removed TENANT` decide (TENANT: name or id)."""
    with reached(state) as wiring:
        missing = sorted(set(_missing(wiring)))
        if do == "removed":
            return [_shown(wiring, *one) for one in missing]
        wanted = 2 if do == "confirm-removed" else 1
        if len(words) != wanted:
            called = "confirm-removed TENANT DATE" if wanted == 2 else "dismiss-removed TENANT"
            raise ControlError(f"It is called as: {called}. A name with blanks stands in quotes.")
        chosen = [one for one in missing if words[0].casefold() in _called(wiring, *one)]
        if not chosen:
            raise ControlError(f"No removed tenant is called '{words[0]}'. `removed` lists them.")
        ends = _date(words[1]) if wanted == 2 else None
        return [_decide(wiring, *one, ends) for one in chosen]


def _missing(wiring: Wiring) -> Iterator[Missing]:
    """Those with an open row that asks for such a word, and those about whom something was decided."""
    for account in account_ids(wiring.tables):
        for alert in evaluate.open_alerts(wiring.tables, account):
            if alert.finding.slug == Slug.TENANT_REMOVED and alert.finding.scope != ACCOUNT:
                yield account, alert.finding.tenant_id
        for tenant in removals.in_force(wiring.tables, account):
            yield account, tenant


def _decide(wiring: Wiring, account: AccountId, tenant: str, ends: date | None) -> dict[str, Any]:
    now = wiring.clock()
    today = now.astimezone(load_account(wiring.tables, account).zone).date()
    by = Decider(WHO, "decided by a control", now)
    try:
        if ends is None:
            removals.dismiss(wiring.tables, account, tenant, today, by)
        else:
            removals.confirm(wiring.tables, account, tenant, ends, today, by)
    except Rejected as rejected:
        raise ControlError(rejected.reason) from rejected
    judged = evaluate.evaluation_of(wiring.tables, account)
    if judged is not None:
        send(wiring, Evaluate(account=account, run=judged.run_id))
    return _shown(wiring, account, tenant)


def _shown(wiring: Wiring, account: AccountId, tenant: str) -> dict[str, Any]:
    removal = removals.in_force(wiring.tables, account).get(tenant)
    return {
        "account": account,
        "customer": _name(wiring, account, tenant),
        "tenant": tenant,
        "decided": _decided(removal),
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


def _called(wiring: Wiring, account: AccountId, tenant: str) -> set[str]:
    return {tenant, _name(wiring, account, tenant).casefold()}


def _name(wiring: Wiring, account: AccountId, tenant: str) -> str:
    company = added_companies(wiring.tables, account).get(tenant)
    return company.name if company else tenant


def _date(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ControlError(f"'{word}' is not a date: say for example 2027-01-31.") from None
