"""When spare seats can be given back (N8), in words: the earliest day that Partner Center's terms allow."""

from collections.abc import Mapping
from datetime import date

from shared.alerts.rules.phrases import day
from shared.alerts.view import AccountView
from shared.licensing.licences import Licence
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Subscription, SubscriptionStatus, Term

UNKNOWN = "term unknown"
_NOW = date.min
"""Sorts before every renewal."""


def droppable(view: AccountView, snapshot: Snapshot, terms: Mapping[str, Term], licence: Licence) -> str:
    """ "droppable now", "droppable at renewal on 17 Dec 2026" or "term unknown"; else how many of them are."""
    chances = [
        (_from(view, terms[bought.commerce_id]), bought)
        for bought in snapshot.subscriptions
        if bought.sku_id == licence.key.sku_id and _is_purchased(bought) and bought.commerce_id in terms
    ]
    days = [on for on, _ in chances if on is not None]
    if not days:
        return UNKNOWN
    first = min(days)
    at_once = [bought for on, bought in chances if on == first]
    seats = sum(bought.total for bought in at_once)
    some = f"{seats:,} of them " if seats < licence.spare else ""
    return f"{some}droppable {_words(first, at_once, terms)}"


def _is_purchased(bought: Subscription) -> bool:
    return bought.status == SubscriptionStatus.ENABLED and not bought.trial


def _from(view: AccountView, term: Term) -> date | None:
    """The day from which its seats can be given back; None: nobody told."""
    if term.cancellable_until is not None and view.now < term.cancellable_until:
        return _NOW
    return term.ends


def _words(first: date, bought: list[Subscription], terms: Mapping[str, Term]) -> str:
    mine = [terms[subscription.commerce_id] for subscription in bought]
    if first is _NOW:
        until = min(term.cancellable_until for term in mine if term.cancellable_until is not None)
        return f"now, until {day(until.date())}"
    if all(term.auto_renew is False for term in mine):
        return f"when the term ends on {day(first)}"
    return f"at renewal on {day(first)}"
