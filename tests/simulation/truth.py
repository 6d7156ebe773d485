"""What is true without the product: what Microsoft sold at any time, what the PSAs say, and what they applied.

The arithmetic is this module's own. It shares nothing with the plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.standins.state import Document, State, parse_stamp
from shared.billing.models import LicenceMapping

READ_FOR = timedelta(hours=36)
"""I6: nothing older is pushed."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a tenant has of one SKU."""

    purchased: int
    """Enabled, and no trial."""
    enabled: int
    assigned: int
    by_subscription: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """One change of a line that a write to a PSA made."""

    kind: str
    site: str
    agreement: str
    line: str
    before: int | None
    """None: the line was made."""
    after: int | None
    """None: the line is gone."""
    at: datetime

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


class Truth:
    """Asked of the stand-ins' own documents."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sold: dict[str, list[tuple[datetime, dict[str, Holding]]]] = {}
        self.note()

    def note(self) -> None:
        """Remember what is sold from now on; after everything that may have changed it."""
        now = self._state.now()
        for tenant in self._state.all("tenant"):
            known = self._sold.setdefault(tenant["id"], [])
            sold = {holding["sku_id"]: _holding(holding) for holding in tenant["holdings"]}
            if not known or known[-1][1] != sold:
                known.append((now, sold))

    def sold_at(self, tenant: str, at: datetime) -> dict[str, Holding]:
        found: dict[str, Holding] = {}
        for since, sold in self._sold.get(tenant, ()):
            if since > at:
                break
            found = sold
        return found

    def wanted_at(self, tenant: str, mapping: LicenceMapping, at: datetime) -> int:
        """What the line of a mapping must say by what was sold then."""
        return wanted(self.sold_at(tenant, at), mapping)

    def wanted_lately(self, tenant: str, mapping: LicenceMapping, at: datetime) -> set[int]:
        """Each number that a read of the time before could give."""
        begins = at - READ_FOR - timedelta(hours=4)
        instants = [since for since, _ in self._sold.get(tenant, ()) if begins < since <= at]
        return {self.wanted_at(tenant, mapping, instant) for instant in (begins, *instants)}

    def quantities(self) -> dict[str, int]:
        """What each line of each PSA says now, by its id."""
        told: dict[str, int] = {}
        for agreement in self._state.all("cw_agreement"):
            told |= {number: int(line["quantity"]) for number, line in agreement["additions"].items()}
        for invoice in self._state.all("halo_invoice"):
            told |= {number: _in_effect(line) for number, line in invoice["lines"].items()}
        for contract in self._state.all("at_contract"):
            last = date.fromisoformat(contract["endDate"][:10])
            told |= {number: _units(service, last) for number, service in contract["services"].items()}
        return told

    def applied(self) -> Iterator[Applied]:
        """Every change that a write made, in the order of each PSA."""
        for row in self._state.all("cw_write"):
            yield _applied("connectwise", row["agreement"], row["addition"], row)
        for row in self._state.all("halo_write"):
            yield _applied("halo", row["invoice"], row["line"], row)
        for row in self._state.all("at_write"):
            yield _applied("autotask", f"{row['site']}/{row['contract']}", row["service"], row)

    def on_their_way(self) -> int:
        """Requests that a vendor took and has not applied yet."""
        return len(self._state.all("late"))


def wanted(sold: dict[str, Holding], mapping: LicenceMapping) -> int:
    """billed = max(0, max(minimum, basis - included, 0) + difference)."""
    holding = sold.get(mapping.sku_id)
    options = mapping.options
    if holding is None:
        basis = 0
    elif mapping.subscription_id:
        basis = dict(holding.by_subscription).get(mapping.subscription_id, 0)
    elif options.basis.value == "assigned":
        basis = holding.assigned
    else:
        basis = holding.purchased
    billed: int = max(options.minimum, basis - options.included, 0)
    return max(0, billed + options.difference)


def _holding(document: Document) -> Holding:
    enabled = [part for part in document["subscriptions"] if part["status"] == "Enabled"]
    bought = [part for part in enabled if not part["trial"]]
    return Holding(
        purchased=sum(part["units"] for part in bought),
        enabled=sum(part["units"] for part in enabled),
        assigned=document["assigned"],
        by_subscription=tuple((part["id"], part["units"]) for part in bought),
    )


def _in_effect(line: Document) -> int:
    pending = sum(row["quantity"] for row in line["prorata_data"] if not row["isinvoiced"])
    return int(line["qty_order"] + pending)


def _units(service: Document, last: date) -> int:
    changes = [
        change["unitChange"]
        for change in service["adjustments"]
        if date.fromisoformat(change["effectiveDate"][:10]) <= last
    ]
    return int(service["begins"]) + int(sum(changes))


def _applied(kind: str, place: str, line: Any, row: Document) -> Applied:
    site, agreement = place.split("/")
    before, after = (None if row[name] is None else int(row[name]) for name in ("before", "after"))
    return Applied(kind, site, agreement, str(line), before, after, parse_stamp(row["at"]))
