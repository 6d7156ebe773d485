"""Licence rows of a snapshot: one per SKU, or one per subscription of a SKU that is split."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from shared.licensing.tenant_state import UNLIMITED_UNITS, Snapshot
from shared.microsoft.models import Sku, Subscription

# Free by their nature whatever Microsoft counts: known part numbers (S6, S7).
_FREE = frozenset(
    {
        "CCIBOTS_PRIVPREV_VIRAL",
        "FLOW_FREE",
        "FORMS_PRO",
        "MICROSOFT_BUSINESS_CENTER",
        "POWER_BI_STANDARD",
        "POWERAPPS_DEV",
        "POWERAPPS_VIRAL",
        "RIGHTSMANAGEMENT_ADHOC",
        "STREAM",
        "TEAMS_EXPLORATORY",
        "WINDOWS_STORE",
    }
)


class LicenceKey(NamedTuple):
    """What a mapping names. `subscription_id` is "" for the whole SKU."""

    sku_id: str
    subscription_id: str = ""

    def __str__(self) -> str:
        return f"{self.sku_id}/{self.subscription_id}" if self.subscription_id else self.sku_id


@dataclass(frozen=True, slots=True)
class Licence:
    """Units of one row. `assigned` is None for a split row: Microsoft counts users per SKU only."""

    key: LicenceKey
    part_number: str
    purchased: int
    in_grace: int
    suspended: int
    assigned: int | None

    @property
    def spare(self) -> int:
        return 0 if self.assigned is None else max(0, self.purchased - self.assigned)


def licence(sku: Sku) -> Licence:
    return Licence(
        key=LicenceKey(sku.sku_id),
        part_number=sku.part_number,
        purchased=sku.enabled,
        in_grace=sku.warning,
        suspended=sku.suspended + sku.locked_out,
        assigned=sku.consumed,
    )


def split(sku: Sku, subscriptions: Iterable[Subscription]) -> list[Licence]:
    """One row per subscription of the SKU, by what each subscription's state makes of its units."""
    return [
        Licence(
            key=LicenceKey(sku.sku_id, one.id),
            part_number=sku.part_number,
            purchased=one.total if one.status == "Enabled" else 0,
            in_grace=one.total if one.status == "Warning" else 0,
            suspended=one.total if one.status in {"Suspended", "LockedOut"} else 0,
            assigned=None,
        )
        for one in subscriptions
        if one.sku_id == sku.sku_id
    ]


class NotCountable(Exception):
    """The snapshot does not give this row a number that can be trusted; the text says why."""


def purchased(snapshot: Snapshot, key: LicenceKey) -> int:
    """Enabled units of one row; a SKU or subscription that is gone counts 0. Grace and suspended never count.

    Raises NotCountable when the subscriptions of a split SKU do not add up to what Microsoft counts for the SKU.
    """
    sku = next((sku for sku in snapshot.skus if sku.sku_id == key.sku_id), None)
    if sku is None:
        return 0
    if not key.subscription_id:
        return sku.enabled
    rows = split(sku, snapshot.subscriptions)
    total = sum(row.purchased for row in rows)
    if total != sku.enabled:
        raise NotCountable(
            f"The subscriptions of {sku.part_number} add up to {total} seats, but Microsoft counts {sku.enabled}."
        )
    return next((row.purchased for row in rows if row.key == key), 0)


def assigned(snapshot: Snapshot, sku_id: str) -> int:
    """Units of a SKU that are assigned to users; 0 when the SKU is gone."""
    return next((sku.consumed for sku in snapshot.skus if sku.sku_id == sku_id), 0)


def is_watched(sku: Sku, snapshot: Snapshot) -> bool:
    """S6, S7: not SKUs of 10,000 units or more, nor for the company, nor trial or known to be free."""
    if sku.enabled >= UNLIMITED_UNITS or sku.applies_to == "Company" or sku.part_number in _FREE:
        return False
    paid = [one for one in snapshot.subscriptions if one.sku_id == sku.sku_id and one.total > 0]
    return not paid or not all(one.trial for one in paid)
