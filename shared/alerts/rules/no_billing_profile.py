"""S6: a licence that is paid for and billed nowhere."""

from collections.abc import Iterator, Set

from shared.accounts.company import AddedTenant, Company
from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import (
    NOT_JUDGED,
    Judgement,
    More,
    Rule,
    WatchedSkus,
    Wording,
    believed,
    row,
    tenant_scope,
)
from shared.alerts.rules.phrases import name, seats, sold_by_others
from shared.alerts.view import AccountView
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot, TenantState
from shared.microsoft.models import Sku

FIX = "An editor maps it to a billing profile, an agreement and a line, or chooses “do not bill”."


class NoBillingProfile(Rule):
    slug = Slug.NO_BILLING_PROFILE
    words = Wording(
        "No billing profile assigned",
        "licence without billing profile",
        "licences without billing profile",
        "These licences are paid for but billed to nobody: map each to a billing profile, or choose “do not bill”.",
    )
    reach = frozenset({ExclusionScope.TENANT, ExclusionScope.SKU})
    parameters = WatchedSkus

    def tenant(self, view: AccountView, state: TenantState) -> Judgement:
        snapshot = view.fresh(state)
        if snapshot is None:
            return NOT_JUDGED
        added = view.companies[state.tenant_id]
        if added.is_filtered:
            return _shared_out(view, state.tenant_id, snapshot, added)
        mapped = {mapping.licence for mapping in view.mapped.get(state.tenant_id, ())}
        phones = view.parameters(self.slug, WatchedSkus).phone_resource_accounts
        watched = view.watched(snapshot, phone_resource_accounts=phones)
        licences = LicenceRows(snapshot, view.ours)
        findings = [
            finding for sku in watched for finding in _findings(view, state.tenant_id, licences, sku, mapped)
        ]
        return Judgement(tuple(findings), believed(state.tenant_id, snapshot))


def _shared_out(view: AccountView, tenant_id: str, snapshot: Snapshot, added: AddedTenant) -> Judgement:
    """Of a tenant with filters each company needs a mapping of what its own users have."""
    shares = view.shares(tenant_id, snapshot)
    if shares is None:
        return NOT_JUDGED
    mapped = {(found.company, found.licence) for found in view.mapped.get(tenant_id, ())}
    findings = []
    for sku in view.watched(snapshot):
        for company in added.companies:
            key, name_ = LicenceKey(sku.sku_id), company.name_in_mappings
            users = shares.by_sku[sku.sku_id].by_company[name_] if sku.sku_id in shares.by_sku else 0
            if users and (name_, key) not in mapped:
                findings.append(_of_company(view, company, sku, users))
    return Judgement(tuple(findings), believed(tenant_id, snapshot))


def _of_company(view: AccountView, company: Company, sku: Sku, users: int) -> Finding:
    return row(
        Slug.NO_BILLING_PROFILE,
        identity(company.tenant_id, sku.sku_id, company.id),
        tenant_scope(company.tenant_id),
        company.name,
        f"{name(view.names(sku.sku_id, sku.part_number))}: {seats(users)} of its users, on no agreement line.",
        FIX,
        tenant_id=company.tenant_id,
        company=company.id,
        skus=(sku.sku_id,),
        seats=users,
    )


def _findings(
    view: AccountView, tenant_id: str, licences: LicenceRows, sku: Sku, mapped: Set[LicenceKey]
) -> Iterator[Finding]:
    """Rows with seats and no mapping. "Do not bill" is a mapping; of a split SKU each subscription needs one."""
    key = LicenceKey(sku.sku_id)
    if key in mapped:
        return
    is_split = any(mapping.sku_id == sku.sku_id for mapping in mapped)
    try:
        rows = licences.split(sku.sku_id) if is_split else [licences.whole(sku.sku_id)]
    except NotCountable as unclear:
        # That nobody knows how many are paid for is no reason to bill none of them.
        if not is_split and sku.enabled:
            yield _finding(view, tenant_id, sku, key, sku.enabled, f"on no agreement line. {unclear}")
        return
    for licence in rows:
        if licence.purchased > 0 and licence.key not in mapped:
            yield _finding(view, tenant_id, sku, licence.key, licence.purchased, _what(licence))


def _what(licence: Licence) -> str:
    others, part = sold_by_others(licence), licence.key.subscription_id
    if part:
        what = f"of subscription {name(part)}, on no agreement line; other subscriptions of it are mapped"
    else:
        what = "purchased, on no agreement line"
    return f"{what}; {others}." if others else f"{what}."


def _finding(view: AccountView, tenant_id: str, sku: Sku, key: LicenceKey, units: int, what: str) -> Finding:
    what = f"{name(view.names(sku.sku_id, sku.part_number))}: {seats(units)} {what}"
    more = More(tenant_id=tenant_id, skus=(sku.sku_id,), seats=units)
    scope = tenant_scope(tenant_id)
    return row(
        Slug.NO_BILLING_PROFILE,
        identity(tenant_id, *filter(None, key)),
        scope,
        view.who(tenant_id),
        what,
        FIX,
        **more,
    )
