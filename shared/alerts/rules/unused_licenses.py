"""S7, N8: seats that are purchased and assigned to nobody, and when they can be given back."""

from shared.accounts.account import OptionalRead
from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    LinkWording,
    Rule,
    WatchedSkus,
    Wording,
    believed,
    row,
    tenant_scope,
)
from shared.alerts.rules.droppable import droppable
from shared.alerts.rules.phrases import listed, name, seats, sold_by_others
from shared.alerts.view import AccountView
from shared.licensing.licences import Licence
from shared.licensing.tenant_state import TenantState
from shared.licensing.terms import known


class UnusedLicenses(Rule):
    slug = Slug.UNUSED_LICENSES
    needs = frozenset({OptionalRead.TERMS})
    words = Wording(
        "Unused licenses",
        "licence with unused seats",
        "licences with unused seats",
        "These seats are purchased but assigned to nobody: assign them, or drop them with the customer.",
    )
    reach = frozenset(ExclusionScope)
    parameters = WatchedSkus
    link = LinkWording(
        "Exclude unused {product} at {customer}?",
        "Nobody is mailed any more about unused seats of {product} at {customer}.",
    )

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        snapshot = view.fresh(state)
        if snapshot is None:
            return NOT_JUDGED
        phones = view.parameters(self.slug, WatchedSkus).phone_resource_accounts
        watched = view.watched(snapshot, phone_resource_accounts=phones)
        rows = view.licences(snapshot, watched)
        spare = [licence for licence in rows if licence.spare > 0]
        terms = (known(state, view.now) or {}) if spare else {}
        findings = [
            _finding(view, state.tenant_id, licence, droppable(view, snapshot, terms, licence))
            for licence in spare
        ]
        if len(rows) == len(watched):
            return Judgement(tuple(findings), believed(state.tenant_id, snapshot))
        # Of a SKU without a number to trust the row stays as it is; the others do not wait for it.
        settled = (identity(state.tenant_id, licence.key.sku_id) for licence in rows if not licence.spare)
        return Judgement(tuple(findings), settled=frozenset(() if snapshot.counts_are_doubted else settled))


def _finding(view: AccountView, tenant_id: str, licence: Licence, when: str) -> Finding:
    kinds = ((licence.on_trial, "on trial"), (licence.in_grace, "in grace"), (licence.suspended, "suspended"))
    apart = [f"{n:,} {word}" for n, word in kinds if n]
    notes = [f"{listed(apart)} not counted" if apart else "", sold_by_others(licence)]
    more = f" ({'; '.join(filter(None, notes))})" if any(notes) else ""
    product, who = name(view.names(licence.key.sku_id, licence.part_number)), view.who(tenant_id)
    seat, them = ("seat is", "it") if licence.spare == 1 else ("seats are", "them")
    return row(
        Slug.UNUSED_LICENSES,
        identity(tenant_id, licence.key.sku_id),
        tenant_scope(tenant_id),
        who,
        f"{product}: {licence.spare:,} of {seats(licence.purchased)} assigned to nobody{more}; {when}.",
        f"Ask {name(who)} if the {seat} needed: assign {them}, or reduce the subscription by {licence.spare:,}.",
        tenant_id=tenant_id,
        skus=(licence.key.sku_id,),
        value=str(licence.spare),
        seats=licence.spare,
        money=view.seat_price(tenant_id, licence.key.sku_id) * licence.spare,
    )
