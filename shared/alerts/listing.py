"""The open alerts of an account as a person looks through them: filtered, sorted, and counted by type."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.alerts import summary
from shared.alerts.digest.decide import rank
from shared.alerts.evaluate import closed_alerts, open_alerts
from shared.alerts.models import Alert
from shared.alerts.rules import BY_SLUG
from shared.alerts.summary import TypeCount, in_order
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class AlertSort(StrEnum):
    """What comes first."""

    WORST = "worst"
    """As in a digest: by type, then what costs most."""
    MONEY = "money"
    CHANGED = "changed"
    """What changed last."""
    OPENED = "opened"
    """What is open longest."""
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted; None and "" want all, ids in small letters."""

    slug: str = ""
    tenants: frozenset[str] | None = None
    """About one of these."""
    changed_since: datetime | None = None
    """Opened, changed or raised again after this instant."""
    urgent: bool | None = None
    not_checked: bool | None = None
    """True: only those that could not be judged at the newest evaluation."""

    def wants(self, alert: Alert) -> bool:
        finding = alert.finding
        return (
            (not self.slug or finding.slug == self.slug)
            and (self.tenants is None or finding.tenant_id in self.tenants)
            and (self.changed_since is None or alert.changed_at > self.changed_since)
            and (self.urgent is None or finding.urgent == self.urgent)
            and (self.not_checked is None or (alert.not_checked_since is not None) == self.not_checked)
        )


def alert_id(alert: Alert) -> str:
    """The same for the same thing, over days and changes of its count."""
    return f"{alert.finding.slug}-{keys.hashed(alert.finding.identity)}"


def arranged(
    tables: Tables, account: AccountId, sort: AlertSort = AlertSort.WORST
) -> list[tuple[str, Alert]]:
    """Every open alert with the text that it is sorted by: a page goes on behind it whatever has closed meanwhile."""
    found = [(place_of(alert, sort), alert) for alert in open_alerts(tables, account)]
    return sorted(found, key=lambda placed: placed[0])


def closed(tables: Tables, account: AccountId) -> list[tuple[str, Alert]]:
    """Every closed alert that is still kept, with the text that sorts the newest first."""
    found = [
        (
            f"{_falling(alert.closed_at.timestamp() * 1e6, 17)}|{alert_id(alert)}|{_risen(alert.opened_at)}",
            alert,
        )
        for alert in closed_alerts(tables, account)
        if alert.closed_at is not None
    ]
    return sorted(found, key=lambda placed: placed[0])


def place_of(alert: Alert, sort: AlertSort = AlertSort.WORST) -> str:
    """A text that sorts as the alerts do; no two open alerts have the same."""
    return f"{_PLACES_BY[sort](alert)}|{alert_id(alert)}"


def by_type(alerts: Iterable[Alert]) -> tuple[TypeCount, ...]:
    """How many rows of each type there are and what is at stake; types without a row are left out."""
    counts: dict[str, TypeCount] = {}
    for alert in alerts:
        summary.add(counts, alert.finding)
    return in_order(counts)


_TYPES: Final = {slug: f"{place:03d}" for place, slug in enumerate(BY_SLUG)}


def _falling(number: float, digits: int = 15) -> str:
    """As text that sorts the largest first."""
    return f"{10**digits - 1 - round(number):0{digits}d}"


def _cost(alert: Alert) -> str:
    """As `rank` sorts, as text."""
    money, until, opened_at, seats, who, name = rank(alert)
    cents = _falling(float(-money) * 100)
    return "|".join((cents, until.isoformat(), _risen(opened_at), _falling(-seats), who, name))


def _risen(at: datetime) -> str:
    return f"{round(at.timestamp() * 1_000_000):017d}"


_PLACES_BY: Final[Mapping[AlertSort, Callable[[Alert], str]]] = {
    AlertSort.WORST: lambda alert: f"{_TYPES[alert.finding.slug]}|{_cost(alert)}",
    AlertSort.MONEY: _cost,
    AlertSort.CHANGED: lambda alert: f"{_falling(alert.changed_at.timestamp() * 1e6, 17)}|{_cost(alert)}",
    AlertSort.OPENED: lambda alert: f"{_risen(alert.opened_at)}|{_cost(alert)}",
    AlertSort.CUSTOMER: lambda alert: (
        f"{alert.finding.who.casefold()}|{_TYPES[alert.finding.slug]}|{_cost(alert)}"
    ),
}
