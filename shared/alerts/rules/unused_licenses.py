"""S7: seats that are purchased and assigned to nobody."""

from decimal import Decimal

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import NOT_JUDGED, Judgement, Rule, identity, tenant_scope
from shared.alerts.rules.view import AccountView
from shared.alerts.rules.words import listed, name, seats
from shared.licensing.licences import Licence, is_watched, licence
from shared.licensing.models import Head


class UnusedLicenses(Rule):
    slug = Slug.UNUSED_LICENSES

    def tenant(self, view: AccountView, head: Head) -> Judgement:
        snapshot = view.fresh(head)
        if snapshot is None:
            return NOT_JUDGED
        scope = tenant_scope(head.tenant_id)
        rows = (
            licence(sku)
            for sku in snapshot.skus
            if sku.sku_id not in view.account.excluded_skus and is_watched(sku, snapshot)
        )
        findings = tuple(_finding(view, head.tenant_id, scope, row) for row in rows if row.spare > 0)
        return Judgement(findings, frozenset() if snapshot.doubts else frozenset({scope}))


def _finding(view: AccountView, tenant_id: str, scope: str, row: Licence) -> Finding:
    product, who = name(view.names(row.key.sku_id, row.part_number)), name(view.who(tenant_id))
    apart = [f"{n:,} {word}" for n, word in ((row.in_grace, "in grace"), (row.suspended, "suspended")) if n]
    more = f"; {listed(apart)} not counted" if apart else ""
    one = row.spare == 1
    return Finding(
        slug=Slug.UNUSED_LICENSES,
        identity=identity(tenant_id, row.key.sku_id),
        scope=scope,
        tenant_id=tenant_id,
        who=who,
        what=f"{product}: {row.spare:,} of {seats(row.purchased)} assigned to nobody{more}.",
        fix=f"Ask {who} whether the {'seat is' if one else 'seats are'} needed: assign {'it' if one else 'them'}, "
        f"or reduce the subscription by {row.spare:,}.",
        value=str(row.spare),
        seats=row.spare,
        money=_price(view, tenant_id, row) * row.spare,
    )


def _price(view: AccountView, tenant_id: str, row: Licence) -> Decimal:
    """A seat's price on the mapped line; 0 when it is unknown, or differs between subscriptions."""
    mine = [one for one in view.mapped.get(tenant_id, ()) if one.licence.sku_id == row.key.sku_id]
    prices = {view.price(one) for one in mine}
    return (prices.pop() or Decimal(0)) if len(prices) == 1 else Decimal(0)
