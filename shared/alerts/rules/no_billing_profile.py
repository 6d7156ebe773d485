"""S6: a licence that is paid for and billed nowhere."""

from collections.abc import Iterator

from shared.alerts.matching import identity
from shared.alerts.models import Finding, Reach, Slug
from shared.alerts.rules.base import NOT_JUDGED, Judgement, More, Rule, Wording, believed, row, tenant_scope
from shared.alerts.rules.phrases import name, seats
from shared.alerts.view import AccountView
from shared.licensing.licences import Licence, licence, split
from shared.licensing.tenant_state import Snapshot, TenantState

FIX = "An editor maps it to a billing profile, an agreement and a line, or chooses “do not bill”."


class NoBillingProfile(Rule):
    slug = Slug.NO_BILLING_PROFILE
    words = Wording(
        "No billing profile assigned",
        "licence without billing profile",
        "licences without billing profile",
        "These licences are paid for but billed to nobody: map each to a billing profile, or choose “do not bill”.",
    )
    reach = frozenset({Reach.TENANT, Reach.SKU})

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        snapshot = view.fresh(state)
        if snapshot is None:
            return NOT_JUDGED
        findings = (
            _finding(view, state.tenant_id, one) for one in _unmapped(view, state.tenant_id, snapshot)
        )
        return Judgement(tuple(findings), believed(state.tenant_id, snapshot))


def _unmapped(view: AccountView, tenant_id: str, snapshot: Snapshot) -> Iterator[Licence]:
    """Rows with seats and no mapping. "Do not bill" is a mapping; of a split SKU each subscription needs one."""
    mapped = {mapping.licence for mapping in view.mapped.get(tenant_id, ())}
    are_split = {key.sku_id for key in mapped if key.subscription_id}
    trials = {one.id for one in snapshot.subscriptions if one.trial}
    for sku in snapshot.skus:
        whole = licence(sku)
        if not view.watches(sku, snapshot) or whole.key in mapped or whole.purchased <= 0:
            continue
        if sku.sku_id not in are_split:
            yield whole
            continue
        for one in split(sku, snapshot.subscriptions):
            if one.purchased > 0 and one.key not in mapped and one.key.subscription_id not in trials:
                yield one


def _finding(view: AccountView, tenant_id: str, one: Licence) -> Finding:
    units, part = seats(one.purchased), one.key.subscription_id
    what = f"{units} purchased, on no agreement line."
    if part:
        what = f"{units} of subscription {name(part)}, on no agreement line; other subscriptions of it are mapped."
    what = f"{name(view.names(one.key.sku_id, one.part_number))}: {what}"
    key, scope = identity(tenant_id, *filter(None, one.key)), tenant_scope(tenant_id)
    more = More(tenant_id=tenant_id, skus=(one.key.sku_id,), seats=one.purchased)
    return row(Slug.NO_BILLING_PROFILE, key, scope, view.who(tenant_id), what, FIX, **more)
