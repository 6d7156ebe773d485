"""Licence rows of a snapshot: one per SKU, or one per subscription of a SKU that is split.

What is purchased is counted from the subscriptions, each by its state, and must add up to what Microsoft counts.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from shared.licensing.not_countable import NotCountable, Uncounted, UncountedReason
from shared.licensing.tenant_state import Day, Snapshot
from shared.microsoft.models import Sku, Subscription, SubscriptionStatus

CUSTOM: Final = "custom-"
"""How the id of a custom licence begins, where any other licence has the id of its SKU."""


class LicenceKey(NamedTuple):
    """What a mapping names. `subscription_id` is "" for the whole SKU."""

    sku_id: str
    subscription_id: str = ""

    @property
    def is_custom(self) -> bool:
        """Its quantity comes from a rule (K12)."""
        return self.sku_id.startswith(CUSTOM)

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


class CustomLicences(Protocol):
    """The custom licences of a tenant."""

    def sources(self, key: LicenceKey) -> Collection[str]:
        """Ids of the SKUs whose seats it counts. Raises NotCountable for one that is not known."""

    def parts(self, key: LicenceKey, rows: "LicenceRows") -> list[Licence]:
        """What adds up to its number. Raises NotCountable."""

    def row(self, key: LicenceKey, rows: "LicenceRows") -> Licence:
        """All of it together. Raises NotCountable."""


class LicenceRows:
    """The rows of one snapshot, or of a day of history: what is looked up for each of its mappings is sorted once."""

    def __init__(
        self, snapshot: Snapshot | Day, ours: Collection[str], custom: CustomLicences | None = None
    ) -> None:
        """`ours` are the tenant ids of the account's partners. Without `custom` no custom licence has a number."""
        self.snapshot = snapshot
        self._ours = ours
        self._custom = custom
        self._skus = {sku.sku_id: sku for sku in snapshot.skus}
        self._subscriptions: dict[str, list[Subscription]] = {}
        for subscription in snapshot.subscriptions:
            self._subscriptions.setdefault(subscription.sku_id, []).append(subscription)
        # Where no subscription names a seller it was read before sellers were, or Microsoft tells none.
        self._names_sellers = any(subscription.owner_tenant_id for subscription in snapshot.subscriptions)

    def whole(self, sku_id: str) -> Licence:
        """The row of a SKU as a whole.

        Raises NotCountable when the subscriptions do not add up to what Microsoft counts for the SKU.
        """
        sku = self._skus[sku_id]
        return self._row(sku, self._all_of(sku), LicenceKey(sku_id), sku.consumed)

    def split(self, sku_id: str) -> list[Licence]:
        """One row per subscription of the SKU. Raises NotCountable as `whole` does."""
        sku = self._skus[sku_id]
        return [
            self._row(sku, [subscription], LicenceKey(sku_id, subscription.id), None)
            for subscription in self._all_of(sku)
        ]

    def find(self, key: LicenceKey) -> Licence | None:
        """The row that a mapping names; None when the SKU or subscription is gone. Raises NotCountable."""
        if key.is_custom:
            return self._customs().row(key, self)
        if key.sku_id not in self._skus:
            return None
        if not key.subscription_id:
            return self.whole(key.sku_id)
        return next((row for row in self.split(key.sku_id) if row.key == key), None)

    def parts(self, key: LicenceKey) -> list[Licence]:
        """What adds up to that row, each with its own number: the licences of a sum, of any other row itself; [] when
        it is gone. Raises NotCountable.
        """
        if key.is_custom:
            return self._customs().parts(key, self)
        row = self.find(key)
        return [] if row is None else [row]

    def has(self, sku_id: str) -> bool:
        """Microsoft lists the SKU."""
        return sku_id in self._skus

    def countable(self) -> Iterator[Licence]:
        """The rows of the SKUs, as wholes, that have a number to trust."""
        for sku_id in self._skus:
            try:
                yield self.whole(sku_id)
            except NotCountable:
                continue

    def other_sellers(self, key: LicenceKey) -> frozenset[str]:
        """Who else sold purchased units of a licence, by tenant id; "" is whoever Microsoft does not name beside
        others.
        """
        if not self._names_sellers:
            return frozenset()
        skus = self._customs().sources(key) if key.is_custom else (key.sku_id,)
        return frozenset(
            subscription.owner_tenant_id
            for sku_id in skus
            for subscription in self._subscriptions.get(sku_id, ())
            if subscription.owner_tenant_id not in self._ours
            and is_purchased(subscription)
            and subscription.total
        )

    def _customs(self) -> CustomLicences:
        """Raises NotCountable where nobody told them."""
        if self._custom is None:
            raise NotCountable(
                Uncounted(reason=UncountedReason.RULE_UNKNOWN, part_number="the custom licence", told=0)
            )
        return self._custom

    def _all_of(self, sku: Sku) -> list[Subscription]:
        """The SKU's subscriptions, once it is sure that they are all of them."""
        found = self._subscriptions.get(sku.sku_id, [])
        total = _units(found, SubscriptionStatus.ENABLED)
        if total != sku.enabled:
            raise NotCountable(
                Uncounted(
                    reason=UncountedReason.SUBSCRIPTIONS_DIFFER,
                    part_number=sku.part_number,
                    told=sku.enabled,
                    counted=total,
                )
            )
        untold = _units((one for one in found if one.trial is None), SubscriptionStatus.ENABLED)
        if untold:
            raise NotCountable(
                Uncounted(reason=UncountedReason.TRIAL_UNKNOWN, part_number=sku.part_number, told=untold)
            )
        return found

    def _row(
        self, sku: Sku, subscriptions: Sequence[Subscription], key: LicenceKey, assigned: int | None
    ) -> Licence:
        bought = [subscription for subscription in subscriptions if is_purchased(subscription)]
        purchased = sum(subscription.total for subscription in bought)
        others = sum(
            subscription.total for subscription in bought if subscription.owner_tenant_id not in self._ours
        )
        return Licence(
            key=key,
            part_number=sku.part_number,
            purchased=purchased,
            sold_by_others=others if self._names_sellers else None,
            on_trial=_units(subscriptions, SubscriptionStatus.ENABLED) - purchased,
            in_grace=_units(subscriptions, SubscriptionStatus.WARNING),
            suspended=_units(subscriptions, SubscriptionStatus.SUSPENDED, SubscriptionStatus.LOCKED_OUT),
            assigned=assigned,
        )


def _units(subscriptions: Iterable[Subscription], *statuses: SubscriptionStatus) -> int:
    return sum(subscription.total for subscription in subscriptions if subscription.status in statuses)


def is_purchased(subscription: Subscription) -> bool:
    """Its seats can be billed: enabled, and no trial."""
    return subscription.status == SubscriptionStatus.ENABLED and not subscription.trial
