"""What people at the MSP decide about companies: the users of one tenant are shared out to two of them."""

import random
from collections.abc import Iterable

from sandbox.standins.worlds.skus import BY_ID
from shared.accounts.companies import added_tenants
from shared.accounts.company import Filters
from shared.billing.company_links import CompanyLinks, CompanyRequest
from shared.billing.mapping.choices import mapping_id, mappings_of
from shared.billing.models import Basis, LicenceMapping, Options, PriceRule, TenantMappings
from shared.billing.psa_connections import psa_connections
from tests.simulation.mapping_life import MSP, MappingLife
from tests.simulation.truth import Truth
from tests.simulation.world import Branch

HERE, THERE = ("Portland", "Seattle"), ("Austin", " boise ")
"""Cities of the two companies; users in others are nobody's."""


class CompanyLife:
    def __init__(self, mappings: MappingLife, truth: Truth, branches: Iterable[Branch]) -> None:
        self._mappings, self._truth = mappings, truth
        self._branches = list(branches)

    def shared_out(self, chance: random.Random) -> None:
        """A tenant that has a branch in its PSA becomes two companies, each billed for its own users."""
        branch = chance.choice(self._branches)
        added = added_tenants(self._mappings.tables, MSP).get(branch.tenant_id)
        before = mappings_of(self._mappings.tables, MSP, branch.tenant_id)
        splits = any(mapping.subscription_id or mapping.sku_id not in BY_ID for mapping in before.mappings)
        if added is None or added.is_filtered or splits:
            return
        links = self._links()
        self._mappings.save(_by_users(before))
        links.change(
            added.companies[0].id, {"filters": Filters(city=HERE)}, lambda _: None, self._mappings.by
        )
        self._truth.share_out(branch.tenant_id, {"": HERE})
        asked = CompanyRequest(
            branch.tenant_id, branch.site, str(branch.company_id), "The branch", filters=Filters(city=THERE)
        )
        second, _ = links.add(asked, self._mappings.by)
        self._truth.share_out(branch.tenant_id, {"": HERE, second.id: THERE})
        self._map_branch(branch, second.id)

    def branch_mapped(self, chance: random.Random) -> None:
        """One more licence is billed to the branch."""
        branch = chance.choice(self._branches)
        added = added_tenants(self._mappings.tables, MSP).get(branch.tenant_id)
        second = next((company for company in added.companies if company.beside), None) if added else None
        if second is not None:
            self._map_branch(branch, second.id)

    def _map_branch(self, branch: Branch, company: str) -> None:
        before = mappings_of(self._mappings.tables, MSP, branch.tenant_id)
        taken = {mapping.sku_id for mapping in before.mappings if mapping.company == company}
        known = {mapping.id: mapping for mapping in before.mappings}
        for mapping in before.mappings:
            sku = BY_ID.get(mapping.sku_id)
            product = self._mappings.product_of(branch.site, sku.product) if sku else ""
            if mapping.company or not mapping.bill or mapping.sku_id in taken or not product:
                continue
            new = LicenceMapping(
                id=mapping_id(branch.tenant_id, mapping.sku_id, "", known, company),
                sku_id=mapping.sku_id,
                company=company,
                profile=self._mappings.profile(branch.site, product, PriceRule()),
                connection=branch.site,
                agreement_id=str(branch.agreement_id),
                options=Options(basis=Basis.ASSIGNED),
            )
            wish = TenantMappings(tenant_id=branch.tenant_id, mappings=(*before.mappings, new))
            self._mappings.save(wish)
            return

    def _links(self) -> CompanyLinks:
        wired, tables = self._mappings.wired, self._mappings.tables
        by_id = {connection.id: connection for connection in psa_connections(tables, MSP)}
        return CompanyLinks(
            tables, wired.blobs, MSP, lambda name: list(wired.psa(MSP, by_id[name]).companies())
        )


def _by_users(before: TenantMappings) -> TenantMappings:
    """Each licence is billed by assigned seats: purchased ones belong to no part of the users."""
    after = tuple(
        mapping.model_copy(update={"options": mapping.options.model_copy(update={"basis": Basis.ASSIGNED})})
        if mapping.bill
        else mapping
        for mapping in before.mappings
    )
    return TenantMappings(tenant_id=before.tenant_id, mappings=after)
