"""The mappings that are in force."""

from collections.abc import Iterator

from shared.billing.models import TenantMappings
from shared.storage.decisions import in_force
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

MAPPINGS = "mappings"


def mappings_in_force(tables: Tables, account: AccountId) -> Iterator[TenantMappings]:
    """Of every tenant that has some."""
    return (found for _, found in in_force(tables, account, MAPPINGS, TenantMappings))
