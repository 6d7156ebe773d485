"""K11: how many users filters would give to a company, and what there is to filter by, before they are set."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.accounts.company import AddedTenant, Company, Filters, folded
from shared.errors import NotFound, Rejected
from shared.licensing import snapshot as snapshots
from shared.licensing.coverage import Coverage, fits
from shared.licensing.tenant_state import TenantState
from shared.microsoft.models import User
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

FIELDS: Final = ("office", "department", "state", "city")
MOST_TEXTS: Final = 200
"""Of a field: the most frequent ones."""


@dataclass(frozen=True, slots=True)
class FilterPreview:
    """Of the licensed users of the newest accepted read."""

    users: int
    fit: int
    by_sku: Mapping[str, int]
    """How many of those who fit have each SKU."""
    in_several: int
    """So many of those who fit are another company's too: no line of their licences would be written."""
    in_none: int
    """So many of all users would be nobody's."""
    texts: Mapping[str, tuple[tuple[str, int], ...]]
    """What is in each field, and how many users have it, the most first; "" is blank."""


def filter_preview(
    tables: Tables, blobs: Blobs, account: AccountId, tenant: AddedTenant, wanted: Company
) -> FilterPreview:
    """`wanted` is a company of the tenant with new filters, or a new one. Raises NotFound, and Rejected before the
    tenant's first read.
    """
    row = tables.get(keys.tenant_state(account, wanted.tenant_id))
    counts = row.read(TenantState).snapshot if row else None
    if counts is None:
        raise Rejected("This tenant has not been read yet: synchronise it first.", "never_read", "tenantId")
    try:
        users = snapshots.users(blobs, account, wanted.tenant_id, counts)
    except NotFound:
        raise Rejected("Its users are not kept: synchronise the tenant first.", "never_read") from None
    others = tuple(company for company in tenant.companies if company.id != wanted.id)
    return previewed(users, wanted.filters, Coverage(AddedTenant((*others, wanted)), users))


def previewed(users: list[User], filters: Filters, coverage: Coverage) -> FilterPreview:
    fit = [user for user in users if fits(filters, user)]
    return FilterPreview(
        users=len(users),
        fit=len(fit),
        by_sku=Counter(sku for user in fit for sku in user.skus),
        in_several=sum(coverage.companies_of(user) > 1 for user in fit),
        in_none=sum(coverage.companies_of(user) == 0 for user in users),
        texts={field: _texts(getattr(user, field) for user in users) for field in FIELDS},
    )


def _texts(found: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Texts that filters cannot tell apart are counted together, under the first of them."""
    names: dict[str, str] = {}
    counts = Counter[str]()
    for text in found:
        names.setdefault(folded(text), text.strip())
        counts[folded(text)] += 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((names[text], users) for text, users in ordered[:MOST_TEXTS])
