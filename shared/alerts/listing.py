"""The open alerts of an account as a person looks through them: filtered, sorted, and counted by type."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from shared.alerts.digest.decide import rank
from shared.alerts.evaluate import open_alerts
from shared.alerts.models import Alert
from shared.alerts.rules import BY_SLUG
from shared.alerts.summary import TypeCount, in_order
from shared.errors import Rejected
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
    """Which alerts are wanted; None and "" want all."""

    slug: str = ""
    tenant_id: str = ""
    changed_since: datetime | None = None
    """Opened, changed or raised again after this instant."""
    urgent: bool | None = None
    not_checked: bool | None = None
    """True: only those that could not be judged at the newest evaluation."""

    def wants(self, alert: Alert) -> bool:
        finding = alert.finding
        return (
            (not self.slug or finding.slug == self.slug)
            and (not self.tenant_id or finding.tenant_id == self.tenant_id.lower())
            and (self.changed_since is None or alert.changed_at > self.changed_since)
            and (self.urgent is None or finding.urgent == self.urgent)
            and (self.not_checked is None or (alert.not_checked_since is not None) == self.not_checked)
        )


def alert_id(alert: Alert) -> str:
    """The same for the same thing, over days and changes of its count."""
    return f"{alert.finding.slug}-{keys.hashed(alert.finding.identity)}"


def listed(
    tables: Tables, account: AccountId, wanted: AlertFilter, sort: AlertSort = AlertSort.WORST
) -> list[Alert]:
    """Raises Rejected for a type that there is not."""
    if wanted.slug and wanted.slug not in BY_SLUG:
        raise Rejected(f"There is no such alert type; there are {', '.join(BY_SLUG)}.", "unknown", "type")
    found = [alert for alert in open_alerts(tables, account) if wanted.wants(alert)]
    return sorted(found, key=_ORDERS[sort])


def by_type(alerts: Iterable[Alert]) -> tuple[TypeCount, ...]:
    """How many rows of each type there are and what is at stake; types without a row are left out."""
    counts: dict[str, TypeCount] = {}
    for alert in alerts:
        slug = alert.finding.slug
        counts[slug] = counts.get(slug, TypeCount(slug=slug)).plus(alert.finding)
    return in_order(counts)


_PLACES: Final = {slug: place for place, slug in enumerate(BY_SLUG)}
_ORDERS: Final[Mapping[AlertSort, Callable[[Alert], Any]]] = {
    AlertSort.WORST: lambda alert: (_PLACES[alert.finding.slug], rank(alert)),
    AlertSort.MONEY: rank,
    AlertSort.CHANGED: lambda alert: (-alert.changed_at.timestamp(), rank(alert)),
    AlertSort.OPENED: lambda alert: (alert.opened_at, rank(alert)),
    AlertSort.CUSTOMER: lambda alert: (
        alert.finding.who.casefold(),
        _PLACES[alert.finding.slug],
        rank(alert),
    ),
}
