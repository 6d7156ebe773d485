"""What the lines of one tenant should say, loaded in one way for the plan of an account and for a tenant's page."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from shared.accounts.company import AddedTenant
from shared.billing.models import LicenceMapping
from shared.billing.planning.people import NumbersOf, mapped_of
from shared.billing.planning.quantities import Numbers
from shared.billing.planning.wishes import Wish, wishes
from shared.billing.profiles import billing_profiles
from shared.licensing.counted_by import CountedBy
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.tenant_state import TenantState
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class TenantWishes(NamedTuple):
    """What the mappings in force want, but for texts, and what it was made from."""

    plain: list[Wish]
    mapped: list[LicenceMapping]
    """Those that bill, for a company that is added."""
    rules: dict[str, CustomLicence]
    """The custom licences among them, by SKU id."""
    numbers: Numbers | None
    """None: nothing is mapped."""


class WishesOf:
    """Of one account's tenants, as its profiles and custom licences are at this moment."""

    def __init__(
        self, tables: Tables, blobs: Blobs, account: AccountId, now: datetime, by: CountedBy
    ) -> None:
        self.profiles = billing_profiles(tables, account)
        self._custom = by.custom
        self._numbers_of = NumbersOf(blobs, account, by.ours)
        self._now = now

    def __call__(
        self, state: TenantState, tenant: AddedTenant | None, decided: Iterable[LicenceMapping]
    ) -> TenantWishes | None:
        """`tenant`: None where none of its companies is added. None: nobody knows yet what is wanted."""
        if tenant is None or state.snapshot is None:
            return None
        mapped = [mapping for mapping in decided if mapping.bill and tenant.company(mapping.company)]
        rules = mapped_of(self._custom.of_tenant(state.tenant_id), mapped)
        numbers = self._numbers_of(state.tenant_id, tenant, state.snapshot, rules) if mapped else None
        plain = wishes(state, mapped, self.profiles, numbers, self._now)
        return TenantWishes(plain, mapped, rules, numbers)
