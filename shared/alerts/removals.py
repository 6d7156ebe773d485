"""K1: what people decided about tenants that are in no customer list any more. Nothing ends without such a word."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from shared.alerts.matching import identity
from shared.alerts.models import Alert, Removal, Slug
from shared.errors import NotFound, Rejected
from shared.storage import decisions, keys
from shared.storage.decisions import Decider
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

KIND: Final = "removal"
DISMISSED_FOR: Final = timedelta(days=30)
"""A row that was dismissed comes back after this, if the tenant is still missing."""
FURTHEST: Final = timedelta(days=3 * 366)
"""The longest term that is sold: a date beyond it is a slip of the hand."""


class RemovalDecision(NamedTuple):
    """One line of the list of what was decided."""

    tenant_id: str
    removal: Removal
    who: str
    since: datetime
    reason: str


class RemovedTenant(NamedTuple):
    """A tenant that is in no customer list any more, and what a person said about it."""

    tenant_id: str
    name: str
    missing_since: datetime | None
    """When its row opened; None while there is none, because of what was decided."""
    decided: RemovalDecision | None


def confirm(
    tables: Tables,
    account: AccountId,
    tenant_id: str,
    ends: date,
    today: date,
    by: Decider,
) -> Removal:
    """The customer has left, and `ends` is the last day to bill. Records it; whoever asks ends the lines first.

    The row closes until that day is over, and comes back for as long as the company is still added then.
    Raises Rejected, and NotFound for a tenant that nobody misses.
    """
    check(tables, account, tenant_id, ends, today)
    removal = Removal(ends=ends, until=ends + timedelta(days=1))
    return _decide(tables, account, tenant_id, removal, by)


def check(tables: Tables, account: AccountId, tenant_id: str, ends: date, today: date) -> None:
    """Raises what confirming this would: Rejected, and NotFound for a tenant that nobody misses."""
    if not today <= ends <= today + FURTHEST:
        raise Rejected(
            f"The last day to bill must be between {today.isoformat()} and {(today + FURTHEST).isoformat()}, "
            f"not {ends.isoformat()}.",
            "out_of_range",
            "lastDay",
        )
    _check_missed(tables, account, tenant_id)


def dismiss(tables: Tables, account: AccountId, tenant_id: str, today: date, by: Decider) -> Removal:
    """The row needs nobody for 30 days, unless the tenant comes back and goes again. Raises NotFound."""
    removal = Removal(until=today + DISMISSED_FOR)
    return _decide(tables, account, tenant_id, removal, by)


def in_force(tables: Tables, account: AccountId) -> dict[str, Removal]:
    """By tenant id."""
    return dict(decisions.in_force(tables, account, KIND, Removal))


def decided(tables: Tables, account: AccountId) -> Iterator[RemovalDecision]:
    for decision in decisions.newest_of_kind(tables, account, KIND):
        removal = decision.read(Removal)
        if removal is not None:
            yield RemovalDecision(decision.id, removal, decision.who, decision.valid_from, decision.reason)


def removed(tables: Tables, account: AccountId, names: Mapping[str, str]) -> list[RemovedTenant]:
    """Those with an open row that asks for a word, and those about whom something was decided, by name.

    `names` are those of the added tenants by their id.
    """
    said = {decision.tenant_id: decision for decision in decided(tables, account)}
    rows = tables.rows(keys.alerts(account), keys.open_alerts_of(Slug.TENANT_REMOVED))
    alerts = {alert.finding.tenant_id: alert for alert in (row.read(Alert) for row in rows) if _asks(alert)}
    found = [
        RemovedTenant(
            tenant,
            names.get(tenant) or (alerts[tenant].finding.who if tenant in alerts else tenant),
            alerts[tenant].opened_at if tenant in alerts else None,
            said.get(tenant),
        )
        for tenant in {*said, *alerts}
    ]
    return sorted(found, key=lambda decision: (decision.name.casefold(), decision.tenant_id))


def _asks(alert: Alert) -> bool:
    """A row about lines whose company was removed is settled in the PSA and by the mappings, not by such a word."""
    return alert.finding.identity == identity(alert.finding.tenant_id)


def end_for_returned(
    tables: Tables, account: AccountId, removals: Collection[str], listed: Collection[str], now: datetime
) -> None:
    """A tenant that is listed again has not left: what was decided does not count when it goes another time.

    Raises Conflict when a person decides about the same tenant at this moment.
    """
    for tenant in sorted(set(removals) & set(listed)):
        reason = "the tenant is in a customer list again"
        decisions.decide(tables, account, KIND, tenant, None, Decider("Seatwise", reason, now))


def _decide(tables: Tables, account: AccountId, tenant_id: str, removal: Removal, by: Decider) -> Removal:
    _check_missed(tables, account, tenant_id)
    decisions.decide(tables, account, KIND, tenant_id, removal, by)
    return removal


def _check_missed(tables: Tables, account: AccountId, tenant_id: str) -> None:
    row = tables.get(keys.alert(account, Slug.TENANT_REMOVED, identity(tenant_id)))
    if row is None and decisions.get(tables, account, KIND, tenant_id, Removal) is None:
        raise NotFound(
            f"tenant '{tenant_id}' is not among the removed tenants, so there is nothing to decide"
        )
