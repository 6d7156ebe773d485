"""K11: licensed users of a shared-out tenant who belong to no company, or to several."""

from collections.abc import Iterator

from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    LinkWording,
    Rule,
    Wording,
    believed,
    row,
    tenant_scope,
)
from shared.alerts.rules.phrases import name
from shared.alerts.sharing import SkuShares
from shared.alerts.view import AccountView
from shared.licensing.tenant_state import TenantState
from shared.microsoft.models import Sku


class FilterCoverage(Rule):
    slug = "filter_coverage"
    words = Wording(
        "Users not in exactly one company",
        "licence with users who are not in exactly one company",
        "licences with users who are not in exactly one company",
        "The filters of your companies give these users to nobody, or to several: who is in none is not billed, and of "
        "a licence whose users are in several nothing is written.",
    )
    reach = frozenset({ExclusionScope.TENANT, ExclusionScope.SKU, ExclusionScope.LICENCE})
    link = LinkWording(
        "Exclude {product} users outside the filters at {customer}?",
        "Nobody is mailed any more about users of {product} at {customer} who are not in exactly one company.",
    )

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        snapshot, added = view.fresh(state), view.companies.get(state.tenant_id)
        if snapshot is None or added is None:
            return NOT_JUDGED
        judged = frozenset() if snapshot.users_are_doubted else believed(state.tenant_id, snapshot)
        if not added.is_filtered:
            return Judgement((), judged)
        shares = view.shares(state.tenant_id, snapshot)
        if shares is None:
            return NOT_JUDGED
        findings = (
            finding
            for sku in view.watched(snapshot)
            if sku.sku_id in shares.by_sku
            for finding in _findings(view, state.tenant_id, sku, shares.by_sku[sku.sku_id])
        )
        return Judgement(tuple(findings), judged)


def _findings(view: AccountView, tenant_id: str, sku: Sku, shares: SkuShares) -> Iterator[Finding]:
    product, who = name(view.names(sku.sku_id, sku.part_number)), view.who(tenant_id)
    kinds = (
        ("none", shares.in_none, "fit no company, so nobody is billed for them"),
        ("several", shares.in_several, "fit several companies, so no line of it is written"),
    )
    for kind, users, what in kinds:
        if users:
            people = "1 user who has it" if users == 1 else f"{users:,} users who have it"
            yield row(
                FilterCoverage.slug,
                identity(tenant_id, sku.sku_id, kind),
                tenant_scope(tenant_id),
                who,
                f"{product}: {people} {what}.".replace("user who has it fit", "user who has it fits"),
                "An editor changes the filters of the companies, or the customer corrects the users' office, "
                "department, state or city in Microsoft 365.",
                tenant_id=tenant_id,
                skus=(sku.sku_id,),
                value=str(users),
                seats=users,
                money=view.seat_price(tenant_id, sku.sku_id) * users,
            )
