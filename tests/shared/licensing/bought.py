"""Subscriptions that add up to what a SKU counts."""

from collections.abc import Iterable, Iterator

from shared.microsoft.models import Sku, Subscription, SubscriptionStatus


def bought(*skus: Sku, besides: Iterable[Subscription] = ()) -> tuple[Subscription, ...]:
    """`besides`, and one subscription by state for each SKU that has none there."""
    besides = tuple(besides)
    named = {one.sku_id for one in besides}
    return (*besides, *(one for sku in skus if sku.sku_id not in named for one in _of(sku)))


def _of(sku: Sku) -> Iterator[Subscription]:
    units = {
        SubscriptionStatus.ENABLED: sku.enabled,
        SubscriptionStatus.WARNING: sku.warning,
        SubscriptionStatus.SUSPENDED: sku.suspended,
        SubscriptionStatus.LOCKED_OUT: sku.locked_out,
    }
    for status, total in units.items():
        if total:
            name = f"{sku.sku_id}-{status.lower()}"
            yield Subscription(
                id=name, sku_id=sku.sku_id, commerce_id=f"c-{name}", status=status, total=total
            )
