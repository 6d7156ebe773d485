"""What the licences of an account's tenants are counted by, beside a snapshot: looked up once for all of them."""

from typing import NamedTuple

from shared.licensing.custom_licences.defined import Defined, defined
from shared.microsoft.partner_connections import home_tenants
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class CountedBy(NamedTuple):
    ours: frozenset[str]
    """Tenant ids of the account's partners: what one of them sold was sold by us."""
    custom: Defined
    """The custom licences."""


def counted_by(tables: Tables, account: AccountId) -> CountedBy:
    return CountedBy(home_tenants(tables, account), defined(tables, account))
