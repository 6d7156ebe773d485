"""The guard (N1): which changes wait for a person before anything is written. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from shared.accounts.preferences import GuardSettings
from shared.billing import ending
from shared.billing.models import Change, HoldReason, LineRecord

WINDOW = timedelta(hours=24)
"""Losses are added up over this rolling time."""


class Seats:
    """Confirmed seats and recent losses by tenant. A write whose outcome is open counts as if it was applied."""

    def __init__(self) -> None:
        self.confirmed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def add(self, line: LineRecord, now: datetime, today: date) -> None:
        """`today` is in the account's zone: a line whose last day is over bills nobody any more."""
        unclear = line.unclear_loss
        recent = sum(loss.seats for loss in line.losses if loss.at > now - WINDOW)
        if not ending.is_past(line, today):
            self.confirmed[line.tenant_id] += (line.confirmed or 0) - unclear
        self.lost[line.tenant_id] += recent + unclear

    def base(self, tenant: str) -> int:
        """What the tenant was billed before the window's losses."""
        return self.confirmed[tenant] + self.lost[tenant]


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
    lost = losses[tenant] + seats.lost[tenant]
    return lost > settings.tenant_seats and 100 * lost > settings.tenant_percent * seats.base(tenant)


def _account_loses_too_much(losses: Counter[str], seats: Seats, settings: GuardSettings) -> bool:
    earlier = seats.lost.total()
    lost = losses.total() + earlier
    base = seats.confirmed.total() + earlier
    more_than_share = lost > settings.account_seats and 100 * lost > settings.account_percent * base
    return more_than_share or lost > settings.account_most
