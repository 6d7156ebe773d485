"""S6: a licence that is paid for and billed nowhere."""

from collections.abc import Iterator

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import NOT_JUDGED, Judgement, Rule, identity, tenant_scope
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import name, seats
from shared.licensing.licences import Licence, LicenceKey, is_watched, licence, split
from shared.licensing.models import Head, Snapshot


class NoBillingProfile(Rule):
    slug = Slug.NO_BILLING_PROFILE

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        snapshot = view.fresh(head)
        if snapshot is None:
            return NOT_JUDGED
        scope = tenant_scope(head.tenant_id)
        mapped = {mapping.licence for mapping in view.mapped.get(head.tenant_id, ())}
        findings = tuple(
            _finding(view, head.tenant_id, scope, row) for row in _unmapped(view, snapshot, mapped)
        )
        return Judgement(findings, frozenset() if snapshot.doubts else frozenset({scope}))


def _unmapped(view: AccountView, snapshot: Snapshot, mapped: set[LicenceKey]) -> Iterator[Licence]:
    """Rows with seats and no mapping. "Do not bill" is a mapping; of a split SKU each subscription needs one."""
    by_subscription = {key.sku_id for key in mapped if key.subscription_id}
    trials = {one.id for one in snapshot.subscriptions if one.trial}
    for sku in snapshot.skus:
        whole = licence(sku)
        excluded = sku.sku_id in view.account.excluded_skus or not is_watched(sku, snapshot)
        if excluded or whole.key in mapped or whole.purchased <= 0:
            continue
        if sku.sku_id not in by_subscription:
            yield whole
            continue
        for row in split(sku, snapshot.subscriptions):
            if row.purchased > 0 and row.key not in mapped and row.key.subscription_id not in trials:
                yield row


def _finding(view: AccountView, tenant_id: str, scope: str, row: Licence) -> Finding:
    product = name(view.names(row.key.sku_id, row.part_number))
    what = f"{product}: {seats(row.purchased)} purchased, on no agreement line."
    if row.key.subscription_id:
        of = f"subscription {name(row.key.subscription_id)}"
        what = f"{product}: {seats(row.purchased)} of {of}, on no agreement line; its other subscriptions are mapped."
    return Finding(
        slug=Slug.NO_BILLING_PROFILE,
        identity=identity(tenant_id, *filter(None, row.key)),
        scope=scope,
        tenant_id=tenant_id,
        who=name(view.who(tenant_id)),
        what=what,
        fix="An editor maps it to a billing profile, an agreement and a line, or chooses “do not bill”.",
        seats=row.purchased,
    )
