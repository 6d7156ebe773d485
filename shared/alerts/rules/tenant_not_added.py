"""S9: a customer of a partner connection that no company was added for, with or without GDAP."""

from shared.alerts.matching import identity
from shared.alerts.models import ExclusionScope, Finding, Slug
from shared.alerts.rules.base import PARTNER_LISTS, Judgement, LinkWording, Rule, Wording, row
from shared.alerts.rules.phrases import listed, name
from shared.alerts.view import AccountView, PartnerView
from shared.microsoft.models import Customer, SignInMode

type Listing = tuple[PartnerView, Customer]


class TenantNotAdded(Rule):
    slug = Slug.TENANT_NOT_ADDED
    words = Wording(
        "Tenants not added",
        "tenant not added",
        "tenants not added",
        "These customers are in a partner connection but in no company: add them, or exclude the tenant.",
    )
    reach = frozenset({ExclusionScope.TENANT})
    link = LinkWording(
        "Exclude {customer}?",
        "Nobody is mailed any more that this tenant is in no company. If it is added to one later, its "
        "sign-in, licence and renewal alerts stay left out, too, until the exclusion is removed.",
    )

    def account(self, view: AccountView) -> Judgement:
        """By tenant id over all lists; gone only when every list was complete, settled once a company was added."""
        found: dict[str, list[Listing]] = {}
        for partner in sorted(view.partners, key=lambda partner: partner.connection.id):
            for customer in partner.not_added:
                found.setdefault(customer.tenant_id, []).append((partner, customer))
        complete = all(partner.complete for partner in view.partners)
        return Judgement(
            tuple(_finding(tenant, listings) for tenant, listings in found.items()),
            frozenset({PARTNER_LISTS} if complete else ()),
            frozenset(map(identity, view.companies)),
        )


def _finding(tenant_id: str, listings: list[Listing]) -> Finding:
    _, customer = listings[0]
    names = [f"“{name(partner.connection.name)}”" for partner, _ in listings]
    where = f"partner connection{'' if len(names) == 1 else 's'} {listed(names)}"
    domain = f", {name(customer.domain)}" if customer.domain else ""
    what = f"In {where}{domain}, but in no company."
    fix = "An editor adds the tenant to a company, or excludes it."
    if not any(_can_be_read(*listing) for listing in listings):
        what = f"{what} There is no active delegated-admin relationship (GDAP)."
        fix = "Send the customer a GDAP request, then add the tenant to a company; or exclude it."
    who = customer.name or customer.domain or tenant_id
    return row(Slug.TENANT_NOT_ADDED, identity(tenant_id), PARTNER_LISTS, who, what, fix, tenant_id=tenant_id)


def _can_be_read(partner: PartnerView, customer: Customer) -> bool:
    app_only = partner.connection.mode is SignInMode.APP_ONLY
    return customer.gdap is not None or app_only or customer.tenant_id in partner.by_app
