"""The custom licences that people defined: kept as decisions, looked up for a tenant, with what they count."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from shared.errors import NotFound
from shared.licensing import snapshot as snapshots
from shared.licensing.custom_licences.counting import TenantCustomLicences
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.licences import CUSTOM
from shared.licensing.tenant_state import Day, Snapshot
from shared.storage.blobs import Blobs
from shared.storage.decisions import as_of, in_force
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

CUSTOM_LICENCE = "custom_licence"


class Defined:
    """All of an account, by tenant."""

    def __init__(self, licences: Collection[CustomLicence] = ()) -> None:
        self._of: dict[str, list[CustomLicence]] = {}
        for licence in sorted(licences, key=lambda found: (found.name.casefold(), found.id)):
            self._of.setdefault(licence.tenant_id, []).append(licence)

    def of_tenant(self, tenant_id: str) -> dict[str, CustomLicence]:
        """Its own and the account's, by what stands for their SKU."""
        mine = (*self._of.get("", ()), *self._of.get(tenant_id, ()))
        return {licence.sku_id: licence for licence in mine}

    def groups_of(self, tenant_id: str) -> tuple[str, ...]:
        """Ids of the groups that must be read of a tenant."""
        mine = self._of.get(tenant_id, ())
        return tuple(sorted({licence.rule.group_id for licence in mine if licence.rule.group_id}))

    def counts_mailboxes(self, tenant_id: str) -> bool:
        """The mailboxes of a tenant must be counted: of no other is Exchange asked for all of them."""
        return any(licence.rule.mailboxes for licence in self.of_tenant(tenant_id).values())


NO_CUSTOM: Final = Defined()


def defined(tables: Tables, account: AccountId) -> Defined:
    """What is defined now."""
    return Defined([found for _, found in in_force(tables, account, CUSTOM_LICENCE, CustomLicence)])


def defined_as_of(
    tables: Tables, account: AccountId, sku_id: str, when: datetime
) -> dict[str, CustomLicence]:
    """The custom licence that stood for this SKU at a time, if it was one."""
    name = sku_id.removeprefix(CUSTOM)
    found = as_of(tables, account, CUSTOM_LICENCE, name, CustomLicence, when) if name != sku_id else None
    return {sku_id: found} if found else {}


def with_people(
    blobs: Blobs,
    account: AccountId,
    tenant_id: str,
    licences: Mapping[str, CustomLicence],
    counts: Snapshot | Day | None,
) -> TenantCustomLicences:
    """With the users of a read, where a rule counts them: for any other tenant nothing is loaded."""
    if counts is None or not any(licence.rule.counts_people for licence in licences.values()):
        return TenantCustomLicences(licences)
    try:
        return TenantCustomLicences(licences, snapshots.users(blobs, account, tenant_id, counts))
    except NotFound:
        return TenantCustomLicences(licences)
