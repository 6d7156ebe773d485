"""Subscriptions whose term soon renews or ends: the last chance to change their seats."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from shared.accounts.account import OptionalRead
from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    Parameters,
    Rule,
    Wording,
    believed,
    row,
    tenant_scope,
)
from shared.alerts.rules.phrases import day, name, seats
from shared.alerts.view import AccountView
from shared.licensing.licences import LicenceRows
from shared.licensing.tenant_state import TenantState
from shared.licensing.terms import known
from shared.microsoft.models import Sku, Subscription, SubscriptionStatus, Term

_MONTH = "P1M"
_FOR: Final[Mapping[str, str]] = {_MONTH: " for a month", "P1Y": " for a year", "P3Y": " for three years"}


class When(Parameters):
    days: Annotated[int, Field(ge=1, le=365, description="a number of days from 1 to 365")] = 30
    """A renewal is a row so many days before."""


class RenewalDue(Rule):
    slug = Slug.RENEWAL_DUE
    needs = frozenset({OptionalRead.TERMS})
    words = Wording(
        "Renewals due",
        "renewal due",
        "renewals due",
        "These subscriptions renew soon: change their seats or auto-renewal before they do.",
    )
    reach = frozenset({ExclusionScope.TENANT, ExclusionScope.SKU})
    parameters = When

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        if not view.account.reads_terms:  # nobody is told any more when it renews
            return Judgement(scopes=frozenset({tenant_scope(state.tenant_id)}))
        last = view.today + timedelta(days=view.parameters(self.slug, When).days)
        snapshot, terms = view.fresh(state), known(state, view.now, until=last)
        if snapshot is None or terms is None:
            return NOT_JUDGED
        watched = {sku.sku_id: sku for sku in snapshot.skus if view.watches(sku, snapshot)}
        spare = (
            {licence.key.sku_id: licence.spare for licence in LicenceRows(snapshot, view.ours).countable()}
            if terms
            else {}
        )
        findings = []
        for subscription in snapshot.subscriptions:
            sku, term = watched.get(subscription.sku_id), terms.get(subscription.commerce_id)
            if sku is None or term is None or term.ends is None or term.ends < view.today:
                continue
            if _matters(subscription, term):
                renewal = _Renewal(
                    state.tenant_id, sku, subscription, term, term.ends, spare.get(sku.sku_id, 0)
                )
                findings.append(_finding(view, renewal))
        return Judgement(tuple(findings), believed(state.tenant_id, snapshot))


class _Renewal(NamedTuple):
    tenant_id: str
    sku: Sku
    subscription: Subscription
    term: Term
    ends: date
    spare: int


def _matters(subscription: Subscription, term: Term) -> bool:
    """A month's term that goes on by itself is due every month, which is no news."""
    if subscription.status != SubscriptionStatus.ENABLED or subscription.trial or not subscription.total:
        return False
    return term.duration != _MONTH or term.auto_renew is False


def _finding(view: AccountView, due: _Renewal) -> Finding:
    sku, subscription = due.sku, due.subscription
    who = view.who(due.tenant_id)
    happens, fix = _words(due.term, name(who), day(due.ends), plural=subscription.total > 1)
    idle = f"; {due.spare:,} assigned to nobody" if due.spare else ""
    return row(
        Slug.RENEWAL_DUE,
        identity(due.tenant_id, subscription.id),
        tenant_scope(due.tenant_id),
        who,
        f"{name(view.names(sku.sku_id, sku.part_number))}: {seats(subscription.total)} {happens}{idle}.",
        fix,
        tenant_id=due.tenant_id,
        skus=(sku.sku_id,),
        value=f"{due.ends.isoformat()} {due.term.auto_renew}",
        seats=subscription.total,
        until=due.ends,
    )


def _words(term: Term, who: str, ends: str, *, plural: bool) -> tuple[str, str]:
    """What happens on that day, and what to do before."""
    if term.auto_renew is None:
        reach = "reach" if plural else "reaches"
        return (
            f"{reach} the end of the term on {ends}",
            "Look up in Partner Center whether it renews by itself.",
        )
    if term.auto_renew:
        renew = "renew" if plural else "renews"
        return (
            f"{renew} on {ends}{_FOR.get(term.duration, '')}",
            f"Agree on the number of seats with {who} by then: the new term fixes it.",
        )
    end, them = ("end", "them") if plural else ("ends", "it")
    return (
        f"{end} on {ends}, because auto-renewal is off",
        f"Ask {who} whether to keep {them}: if so, switch auto-renewal on in Partner Center by then.",
    )
