"""Terms of subscriptions (K17): whose are read tonight, and which of the known ones can be relied on."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from shared.licensing.tenant_state import TenantState
from shared.microsoft.models import FailureCause, Subscription, SubscriptionStatus, TenantRead, Term

WEEK: Final = 7
"""Nights over which the tenants' turns are spread."""
_ENDS: Final = 1
"""Which word of a packed term is the day of its end."""
_RENEWS, _STOPS, _UNKNOWN = "renews", "ends", "-"
KEPT_FOR: Final = timedelta(days=30)
"""Terms that were read longer ago are unknown again."""


def in_turn(tenant_id: str, on: date) -> bool:
    """One tenant in seven, each once a week."""
    number = int.from_bytes(hashlib.blake2b(tenant_id.encode(), digest_size=4).digest())
    return (number + on.toordinal()) % WEEK == 0


def due(tenants: Iterable[str], never: Iterable[str], on: date) -> frozenset[str]:
    """Whose terms are read tonight: whose turn it is, and those of which nothing is known yet (K17a)."""
    return frozenset(never).union(tenant for tenant in tenants if in_turn(tenant, on))


def were_never_told(state: TenantState) -> bool:
    """Nobody has answered yet, neither with terms nor with a reason that lasts."""
    terms = state.terms
    if terms is None:
        return True
    return terms.began is None and terms.failure is not None and terms.failure.cause is FailureCause.TRANSIENT


def changed(state: TenantState, read: TenantRead) -> bool:
    """A subscription came, went or passed into another state. More or fewer seats move no term: they do not count."""
    if state.terms is None or state.snapshot is None:
        return False  # the first time is by turn
    return _states(state.snapshot.subscriptions) != _states(read.subscriptions)


def _states(subscriptions: Iterable[Subscription]) -> set[tuple[str, str, datetime | None]]:
    return {
        (subscription.commerce_id, subscription.status, subscription.next_lifecycle)
        for subscription in subscriptions
    }


def known(state: TenantState, now: datetime, until: date = date.max) -> dict[str, Term] | None:
    """What is known of the terms by commerce id, None when they were not read lately; `until`: that end by then.

    A term that has ended is left out: it was followed by one that nobody read yet.
    """
    terms = state.terms
    if terms is None or terms.began is None or now - terms.began > KEPT_FOR:
        return None
    first, last = now.date().isoformat(), until.isoformat()
    found = {}
    for commerce_id, text in terms.known.items():
        words = text.split(" ")
        # Dates as text sort as dates do: only the terms that are wanted are worth the making.
        if first <= words[_ENDS] <= last or (words[_ENDS] == _UNKNOWN and until == date.max):
            found[commerce_id] = _unpacked(commerce_id, words)
    return found


def next_end(state: TenantState, skus: Collection[str], now: datetime) -> date | None:
    """When the first term of the enabled subscriptions of these SKUs ends; None where that is not known."""
    terms = known(state, now) or {}
    bought = state.snapshot.subscriptions if state.snapshot else ()
    mine = (
        terms.get(subscription.commerce_id)
        for subscription in bought
        if subscription.sku_id in skus and subscription.status == SubscriptionStatus.ENABLED
    )
    return min((term.ends for term in mine if term is not None and term.ends is not None), default=None)


def pack(terms: Iterable[Term]) -> dict[str, str]:
    """Terms by commerce id, each as four words; "-" stands for what is not known."""
    return {term.commerce_id: " ".join(_words(term)) for term in terms}


def _words(term: Term) -> tuple[str, str, str, str]:
    until = term.cancellable_until
    return (
        term.duration or _UNKNOWN,
        term.ends.isoformat() if term.ends else _UNKNOWN,
        _UNKNOWN if term.auto_renew is None else _RENEWS if term.auto_renew else _STOPS,
        until.isoformat() if until else _UNKNOWN,
    )


def _unpacked(commerce_id: str, words: list[str]) -> Term:
    duration, ends, renewal, until = words
    return Term(
        commerce_id=commerce_id,
        duration="" if duration == _UNKNOWN else duration,
        ends=None if ends == _UNKNOWN else date.fromisoformat(ends),
        auto_renew=None if renewal == _UNKNOWN else renewal == _RENEWS,
        cancellable_until=None if until == _UNKNOWN else datetime.fromisoformat(until),
    )
