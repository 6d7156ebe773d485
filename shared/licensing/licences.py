"""Licence rows of a snapshot: one per SKU, or one per subscription of a SKU that is split.

What is purchased is counted from the subscriptions, each by its state, and must add up to what Microsoft counts.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Sku, Subscription, SubscriptionStatus


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
    """Enabled units that are no trial: only these can be billed."""
    sold_by_others: int | None
    """So many of the purchased units were sold by nobody of our partner connections; None: no seller is told."""
    on_trial: int
    in_grace: int
    suspended: int
    assigned: int | None

    @property
    def spare(self) -> int:
        return 0 if self.assigned is None else max(0, self.purchased - self.assigned)


class NotCountable(Exception):
    """The snapshot does not give this row a number that can be trusted; the text says why."""


def whole(snapshot: Snapshot, sku: Sku, ours: Collection[str]) -> Licence:
    """The row of a SKU as a whole. `ours` are the tenant ids of the account's partners.

    Raises NotCountable when the subscriptions do not add up to what Microsoft counts for the SKU.
    """
    return _row(snapshot, sku, _subscriptions(snapshot, sku), ours, LicenceKey(sku.sku_id), sku.consumed)


def split(snapshot: Snapshot, sku: Sku, ours: Collection[str]) -> list[Licence]:
    """One row per subscription of the SKU. Raises NotCountable as `whole` does."""
    return [
        _row(snapshot, sku, [subscription], ours, LicenceKey(sku.sku_id, subscription.id), None)
        for subscription in _subscriptions(snapshot, sku)
    ]


def countable(snapshot: Snapshot, ours: Collection[str]) -> Iterator[Licence]:
    """The rows of the SKUs, as wholes, that have a number to trust."""
    for sku in snapshot.skus:
        try:
            yield whole(snapshot, sku, ours)
        except NotCountable:
            continue


def find(snapshot: Snapshot, key: LicenceKey, ours: Collection[str]) -> Licence | None:
    """The row that a mapping names; None when the SKU or subscription is gone. Raises NotCountable."""
    sku = next((sku for sku in snapshot.skus if sku.sku_id == key.sku_id), None)
    if sku is None:
        return None
    rows = split(snapshot, sku, ours) if key.subscription_id else [whole(snapshot, sku, ours)]
    return next((row for row in rows if row.key == key), None)


def other_sellers(snapshot: Snapshot, sku_id: str, ours: Collection[str]) -> frozenset[str]:
    """Who else sold purchased units of a SKU, by tenant id; "" is whoever Microsoft does not name beside others."""
    if not _names_sellers(snapshot):
        return frozenset()
    return frozenset(
        subscription.owner_tenant_id
        for subscription in snapshot.subscriptions
        if subscription.sku_id == sku_id
        and _is_purchased(subscription)
        and subscription.total
        and subscription.owner_tenant_id not in ours
    )


def _subscriptions(snapshot: Snapshot, sku: Sku) -> list[Subscription]:
    """The SKU's subscriptions, once it is sure that they are all of them."""
    found = [subscription for subscription in snapshot.subscriptions if subscription.sku_id == sku.sku_id]
    total = _units(found, SubscriptionStatus.ENABLED)
    if total != sku.enabled:
        raise NotCountable(
            f"The subscriptions of {sku.part_number} add up to {total} seats, but Microsoft counts {sku.enabled}."
        )
    return found


def _row(
    snapshot: Snapshot,
    sku: Sku,
    subscriptions: Sequence[Subscription],
    ours: Collection[str],
    key: LicenceKey,
    assigned: int | None,
) -> Licence:
    bought = [subscription for subscription in subscriptions if _is_purchased(subscription)]
    others = [subscription for subscription in bought if subscription.owner_tenant_id not in ours]
    purchased = sum(subscription.total for subscription in bought)
    return Licence(
        key=key,
        part_number=sku.part_number,
        purchased=purchased,
        sold_by_others=sum(subscription.total for subscription in others)
        if _names_sellers(snapshot)
        else None,
        on_trial=_units(subscriptions, SubscriptionStatus.ENABLED) - purchased,
        in_grace=_units(subscriptions, SubscriptionStatus.WARNING),
        suspended=_units(subscriptions, SubscriptionStatus.SUSPENDED, SubscriptionStatus.LOCKED_OUT),
        assigned=assigned,
    )


def _units(subscriptions: Sequence[Subscription], *statuses: SubscriptionStatus) -> int:
    return sum(subscription.total for subscription in subscriptions if subscription.status in statuses)


def _is_purchased(subscription: Subscription) -> bool:
    return subscription.status == SubscriptionStatus.ENABLED and not subscription.trial


def _names_sellers(snapshot: Snapshot) -> bool:
    """A tenant of which no subscription names a seller was read before sellers were, or Microsoft tells none."""
    return any(subscription.owner_tenant_id for subscription in snapshot.subscriptions)
