"""Loading what the numbers of a tenant's lines are worked out from; its people only where a number depends on them."""

from collections.abc import Collection, Mapping, Sequence

from shared.accounts.company import AddedTenant
from shared.billing.models import LicenceMapping
from shared.billing.planning.quantities import Numbers, Shares
from shared.errors import NotFound
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import Coverage
from shared.licensing.custom_licences.defined import with_people
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.licences import LicenceRows
from shared.licensing.tenant_state import Day, Snapshot
from shared.microsoft.models import User
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId


def shares_of(
    blobs: Blobs,
    account: AccountId,
    tenant_id: str,
    tenant: AddedTenant | None,
    counts: Snapshot | Day | None,
) -> Shares | None:
    """None: the tenant's users all belong to one company."""
    if tenant is None or counts is None or not tenant.is_filtered:
        return None
    users = users_of(blobs, account, tenant_id, counts)
    return Shares(None if users is None else Coverage(tenant, users))


def users_of(
    blobs: Blobs, account: AccountId, tenant_id: str, counts: Snapshot | Day
) -> Sequence[User] | None:
    """The licensed users; None: they are no longer kept."""
    try:
        return snapshots.users(blobs, account, tenant_id, counts)
    except NotFound:
        return None


def mapped_of(
    licences: Mapping[str, CustomLicence], mappings: Collection[LicenceMapping]
) -> dict[str, CustomLicence]:
    """The custom licences that are mapped: what nobody maps needs no people."""
    names = {mapping.sku_id for mapping in mappings}
    return {sku_id: licence for sku_id, licence in licences.items() if sku_id in names}


class NumbersOf:
    """Of one account's tenants. `ours` are the tenant ids of its partners."""

    def __init__(self, blobs: Blobs, account: AccountId, ours: Collection[str]) -> None:
        self._blobs, self._account, self._ours = blobs, account, ours

    def __call__(
        self,
        tenant_id: str,
        tenant: AddedTenant | None,
        counts: Snapshot | Day,
        licences: Mapping[str, CustomLicence],
    ) -> Numbers:
        """By these counts; `licences` are the custom ones that count."""
        shares = shares_of(self._blobs, self._account, tenant_id, tenant, counts)
        custom = with_people(self._blobs, self._account, tenant_id, licences, counts)
        return Numbers(LicenceRows(counts, self._ours, custom), shares)
