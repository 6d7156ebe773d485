"""Loading who has a tenant's licences, where a number depends on it: for any other tenant nothing is read."""

from collections.abc import Sequence

from shared.accounts.company import AddedTenant
from shared.billing.planning.quantities import Shares
from shared.errors import NotFound
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import Coverage
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
