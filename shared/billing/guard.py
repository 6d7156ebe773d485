"""The guard (N1): which changes wait for a person before anything is written. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.accounts.models import GuardSettings
from shared.billing.models import Change, HoldReason, LineRecord

WINDOW = timedelta(hours=24)
"""Losses are added up over this rolling time."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Confirmed seats and recent losses, by tenant. A write whose outcome is open counts as if it was applied."""

    confirmed: Mapping[str, int]
    lost: Mapping[str, int]

    @classmethod
    def of(cls, lines: Iterable[LineRecord], now: datetime) -> "Seats":
        confirmed, lost = Counter[str](), Counter[str]()
        for line in lines:
            unclear = line.unclear_loss
            confirmed[line.tenant_id] += (line.confirmed or 0) - unclear
            recent = sum(loss.seats for loss in line.losses if loss.at > now - WINDOW)
            lost[line.tenant_id] += recent + unclear
        return cls(confirmed, lost)

    def base(self, tenant: str) -> int:
        """What the tenant was billed before the window's losses."""
        return self.confirmed.get(tenant, 0) + self.lost.get(tenant, 0)


def hold_reasons(
    changes: Collection[Change],
    seats: Seats,
    suspicious: frozenset[str],
    settings: GuardSettings,
) -> dict[str, tuple[HoldReason, ...]]:
    """Reasons by change id for every change that must wait, of those that no person has decided on.

    Losses are sums of decreases, never net of increases, together with what was already lost in the window. What a
    person approved or rejected is not in `changes`: it was judged, so it makes nothing else wait. `suspicious` are
    tenants whose snapshot is hard to believe.
    """
    losses = Counter[str]()
    for change in changes:
        losses[change.tenant_id] += change.loss
    reasons: defaultdict[str, list[HoldReason]] = defaultdict(list)
    account_loses = _account_loses_too_much(losses, seats, settings)
    for change in changes:
        if change.tenant_id in suspicious:
            reasons[change.id].append(HoldReason.SUSPICIOUS)
        if not change.loss:
            continue
        if change.after == 0:
            reasons[change.id].append(HoldReason.TO_ZERO)
        if _tenant_loses_too_much(change.tenant_id, losses, seats, settings):
            reasons[change.id].append(HoldReason.TENANT_LOSS)
        if account_loses:
            reasons[change.id].append(HoldReason.ACCOUNT_LOSS)
    return {change_id: tuple(found) for change_id, found in reasons.items()}


def _tenant_loses_too_much(tenant: str, losses: Counter[str], seats: Seats, settings: GuardSettings) -> bool:
    lost = losses[tenant] + seats.lost.get(tenant, 0)
    return lost > settings.tenant_seats and 100 * lost > settings.tenant_percent * seats.base(tenant)


def _account_loses_too_much(losses: Counter[str], seats: Seats, settings: GuardSettings) -> bool:
    earlier = sum(seats.lost.values())
    lost = losses.total() + earlier
    base = sum(seats.confirmed.values()) + earlier
    more_than_share = lost > settings.account_seats and 100 * lost > settings.account_percent * base
    return more_than_share or lost > settings.account_most
