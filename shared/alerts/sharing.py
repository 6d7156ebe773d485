"""What the rules see of tenants that are shared out to companies by filters (K5): counts, and nobody's name."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.accounts.company import AddedTenant
from shared.errors import NotFound
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import Coverage
from shared.licensing.tenant_state import TenantState
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class SkuShares(NamedTuple):
    """How many users of a SKU belong where."""

    by_company: Mapping[str, int]
    """By the company's name in mappings."""
    in_none: int
    in_several: int


class SharedOut(NamedTuple):
    users_digest: str
    """Of the read that was counted."""
    by_sku: Mapping[str, SkuShares]


def shared_out(
    tables: Tables, blobs: Blobs, account: AccountId, added: Mapping[str, AddedTenant]
) -> Iterator[tuple[str, SharedOut]]:
    """Of each tenant with filters whose people are known, by its id; for any other tenant nothing is read."""
    for tenant_id, tenant in added.items():
        if not tenant.is_filtered:
            continue
        row = tables.get(keys.tenant_state(account, tenant_id))
        counts = row.read(TenantState).snapshot if row else None
        if counts is None:
            continue
        try:
            users = snapshots.users(blobs, account, tenant_id, counts)
        except NotFound:
            continue
        coverage = Coverage(tenant, users)
        yield (
            tenant_id,
            SharedOut(
                counts.users_digest,
                {sku.sku_id: _shares(tenant, coverage, sku.sku_id) for sku in counts.skus},
            ),
        )


def _shares(tenant: AddedTenant, coverage: Coverage, sku_id: str) -> SkuShares:
    names = [company.name_in_mappings for company in tenant.companies]
    return SkuShares(
        {name: len(coverage.of(name, sku_id)) for name in names},
        len(coverage.in_none(sku_id)),
        len(coverage.in_several(sku_id)),
    )
