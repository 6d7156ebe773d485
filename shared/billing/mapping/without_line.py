"""Mappings that are in force and of which no line is kept: nobody looks after what they bill."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import LicenceMapping, LineKey, TenantMappings
from shared.storage.decisions import get
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class WithoutLine(NamedTuple):
    tenant_id: str
    mapping: LicenceMapping

    @property
    def key(self) -> LineKey:
        return self.mapping.line_key


def mappings_without_line(
    tables: Tables,
    account: AccountId,
    decided: Iterable[TenantMappings],
    kept: Callable[[str], Iterable[LineKey]],
) -> Iterator[WithoutLine]:
    """Which of the mappings that were decided bill and have no line among those that are `kept` of their tenant.

    Lines and decisions are read one after the other, so what is missing is looked at once more: a save in between is
    no fault.
    """
    for tenant in decided:
        mine = frozenset(kept(tenant.tenant_id))
        for mapping in tenant.mappings:
            found = WithoutLine(tenant.tenant_id, mapping)
            if mapping.bill and found.key not in mine and _is_still_without(tables, account, found):
                yield found


def _is_still_without(tables: Tables, account: AccountId, found: WithoutLine) -> bool:
    decided = get(tables, account, MAPPINGS, found.tenant_id, TenantMappings)
    if decided is None or found.mapping not in decided.mappings:
        return False
    connection, agreement_id, mapping_id = found.key
    return mapping_id not in agreement_store.get(tables, account, connection, agreement_id).record.lines
