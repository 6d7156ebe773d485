"""What people at the MSP count by a rule: several licences together, licensed users, members of a group."""

import random

from sandbox.standins.controls.commands import control
from sandbox.standins.state import Document
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.skus import BY_ID
from shared.billing.custom_licences import define
from shared.billing.mapping.choices import mapping_id, mappings_of
from shared.billing.models import LicenceMapping, Options, PriceRule, TenantMappings
from shared.licensing.custom_licences.rules import Rule, RuleKind
from tests.simulation.installation import Installation
from tests.simulation.mapping_life import MSP, MappingLife
from tests.simulation.truth import Counted, Truth

_GROUPS = ("Everybody", "Office", "Externals")


class CustomLife:
    def __init__(self, installation: Installation, mappings: MappingLife, truth: Truth) -> None:
        self._installation, self._mappings, self._truth = installation, mappings, truth

    def custom_mapped(self, chance: random.Random, tenant: Document) -> None:
        """A line of its own bills what a rule counts of a tenant."""
        before = mappings_of(self._mappings.tables, MSP, tenant["id"])
        site = str(tenant["psa_site"])
        sold = [holding["sku_id"] for holding in tenant["holdings"]]
        products = [self._mappings.product_of(site, BY_ID[sku_id].product) for sku_id in sold]
        product = next(filter(None, products), "")
        has_one = any(mapping.sku_id not in BY_ID for mapping in before.mappings)
        if self._mappings.is_shared_out(tenant["id"]) or has_one or not product:
            return
        rule, counted = self._rule(chance, tenant, sold)
        licence = define(
            self._mappings.tables,
            MSP,
            f"Counted {chance.randrange(10**4)}",
            tenant["id"],
            rule,
            self._mappings.by,
        )
        known = {mapping.id: mapping for mapping in before.mappings}
        new = LicenceMapping(
            id=mapping_id(tenant["id"], licence.sku_id, "", known),
            sku_id=licence.sku_id,
            profile=self._mappings.profile(site, product, PriceRule()),
            connection=site,
            agreement_id=str(tenant["agreement_id"]),
            options=Options(beside_existing=True),
        )
        self._truth.count(tenant["id"], licence.sku_id, counted)
        self._mappings.save(TenantMappings(tenant_id=tenant["id"], mappings=(*before.mappings, new)))

    def group_changed(self, chance: random.Random, tenant: Document) -> None:
        """Others are in a group, or in a group within it."""
        names = [group["name"] for group in tenant.get("groups", ())]
        if names:
            self._set_group(chance, tenant, chance.choice(names))

    def _rule(self, chance: random.Random, tenant: Document, sold: list[str]) -> tuple[Rule, Counted]:
        kind = chance.choice(list(_KINDS))
        if kind is RuleKind.SUM:
            skus = tuple(chance.sample(sold, min(len(sold), 2)))
            return Rule(kind=kind, sku_ids=skus), Counted(skus=skus)
        if kind is RuleKind.LICENSED_USERS:
            return Rule(kind=kind), Counted(users=True)
        name = chance.choice(_GROUPS)
        self._set_group(chance, tenant, name)
        group = guid(tenant["id"], "group", name)
        return Rule(kind=kind, group_id=group), Counted(group=group)

    def _set_group(self, chance: random.Random, tenant: Document, name: str) -> None:
        users = int(tenant["users"])
        first = chance.randrange(users)
        words = {"tenant": tenant["id"], "name": name, "first": first}
        words |= {"members": chance.randint(0, users - first), "within": chance.choice(("", *_GROUPS))}
        control(self._installation.state, {"do": "set_group", **words}, self._installation.stand_ins.faults)


_KINDS = (RuleKind.SUM, RuleKind.LICENSED_USERS, RuleKind.GROUP_MEMBERS)
