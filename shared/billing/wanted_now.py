"""The number that a mapping wants at this moment, for a person who decides by it."""

from datetime import datetime
from typing import Final

from shared.accounts.companies import added_tenants
from shared.billing.models import LicenceMapping
from shared.billing.planning.freshness import not_fresh
from shared.billing.planning.load import is_doubted
from shared.billing.planning.people import NumbersOf, mapped_of
from shared.billing.planning.quantities import wanted
from shared.billing.tenant_licences import tenant_state
from shared.errors import Rejected
from shared.licensing.custom_licences.defined import defined
from shared.licensing.not_countable import NotCountable
from shared.microsoft.partner_connections import home_tenants
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables

_NOT_FRESH: Final = (
    "The customer could not be read lately, so nobody knows the wanted number: choose “sync now” first."
)
_NOT_ADDED: Final = (
    "The company of this line is not added any more, so nobody knows its number: add the company again first."
)


def wanted_now(
    tables: Tables, blobs: Blobs, account: AccountId, tenant_id: str, mapping: LicenceMapping, now: datetime
) -> int:
    """By the newest accepted read. Raises Rejected when it gives no number to trust.

    A company that was removed has no users, and not 0 of them.
    """
    tenant = added_tenants(tables, account).get(tenant_id)
    if tenant is None or tenant.company(mapping.company) is None:
        raise Rejected(_NOT_ADDED, "not_added")
    state = tenant_state(tables, account, tenant_id)
    snapshot = state.snapshot
    if snapshot is None or not_fresh(state.status, snapshot, now):
        raise Rejected(_NOT_FRESH, "not_fresh")
    rules = mapped_of(defined(tables, account).of_tenant(tenant_id), [mapping])
    numbers_of = NumbersOf(blobs, account, home_tenants(tables, account))
    numbers = numbers_of(tenant_id, tenant, snapshot, rules)
    if is_doubted(snapshot, numbers, rules.values()):
        raise Rejected(_NOT_FRESH, "not_fresh")
    try:
        return wanted(mapping, *numbers)
    except NotCountable as unclear:
        raise Rejected(str(unclear), "not_countable") from unclear
