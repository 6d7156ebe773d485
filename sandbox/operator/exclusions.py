"""The list of exclusions and taking one back, as the HTTP API offers them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from functions.queues.alerts import judge_again
from functions.queues.edge import send
from sandbox.operator.decisions import WHO, reached
from sandbox.standins.controls.commands import ControlError
from shared.accounts.directory import account_ids, load_account
from shared.alerts.exclusions import Listed, include, listed
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.wiring import Wiring


def exclusions(state: Path, do: str, words: Sequence[str]) -> Any:
    """`exclusions` lists them; `include ID` removes one (ID: of the list, or `all`), so its alerts are raised again."""
    with reached(state) as wiring:
        found = [
            (account, listing)
            for account in account_ids(wiring.tables)
            for listing in listed(wiring.tables, account, _today(wiring, account))
        ]
        if do == "exclusions":
            return [_shown(account, listing) for account, listing in found]
        if not words:
            raise ControlError("Say which exclusion to remove: an id of `exclusions`, or `all`.")
        chosen = [(account, listing) for account, listing in found if words[0] in {"all", listing.id}]
        if not chosen:
            raise ControlError(f"There is no exclusion '{words[0]}'. `exclusions` lists them.")
        return [_include(wiring, account, listing) for account, listing in chosen]


def _today(wiring: Wiring, account: AccountId) -> date:
    return wiring.clock().astimezone(load_account(wiring.tables, account).zone).date()


def _include(wiring: Wiring, account: AccountId, listing: Listed) -> dict[str, Any]:
    include(wiring.tables, account, listing.id, Decider(WHO, "removed by a control", wiring.clock()))
    for work in judge_again(wiring, account):
        send(wiring, work)
    return {**_shown(account, listing), "removed": True}


def _shown(account: AccountId, listing: Listed) -> dict[str, Any]:
    excluded = listing.exclusion
    return {
        "id": listing.id,
        "account": account,
        "customer": excluded.customer or excluded.tenant_id or "every customer",
        "licence": excluded.product or excluded.sku_id or None,
        "left_out_of": str(excluded.slug) if excluded.slug else None,
        "how_long": excluded.how_long,
        "since": listing.since.isoformat(),
        "who": listing.who,
        "reason": listing.reason,
    }
