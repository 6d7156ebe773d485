"""S11, S13, N7, K10: an exclusion as a member asks for it, checked against what the account has."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.alerts import exclusions
from shared.alerts.exclusions import Listed
from shared.alerts.models import Exclusion
from shared.alerts.rules import BY_SLUG
from shared.alerts.rules.phrases import name
from shared.errors import NotFound, Rejected
from shared.licensing.customer_lists import stored_customers
from shared.licensing.licences import LicenceRows
from shared.licensing.tenant_state import TenantState
from shared.licensing.terms import next_end
from shared.microsoft import partner_connections
from shared.microsoft.models import Sku
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider
from shared.storage.tables import Tables
from shared.text import one_line

MOST_SEATS: Final = 1_000_000
LONGEST: Final = timedelta(days=3660)
"""An end that lies further off is a slip of the hand."""
LONGEST_REASON: Final = 200
_SKU: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class ExclusionRequest:
    """A tenant, a SKU of a tenant from one alert type, or a SKU of the account; and for how long."""

    tenant_id: str = ""
    sku_id: str = ""
    slug: str = ""
    spare_at_most: int | None = None
    until: date | None = None
    """The first day on which it holds no more."""
    until_renewal: bool = False


@dataclass(frozen=True, slots=True)
class ExclusionDesk:
    """Where members' exclusions are taken in."""

    tables: Tables
    blobs: Blobs
    account: Account
    names: Callable[[str, str], str]
    """Friendly name of a SKU by its id and part number."""

    def record(self, asked: ExclusionRequest, by: Decider) -> tuple[Listed, bool]:
        """The exclusion as it stands in the list, and whether this recorded it: asking twice records once.

        Raises Rejected by the field that must change, and NotFound for a tenant that is in no list of the account.
        """
        exclusion = self._checked(asked, by)
        said = Decider(by.who, one_line(by.reason, LONGEST_REASON), by.now)
        recorded = exclusions.exclude(self.tables, self.account.id, exclusion, said)
        return exclusions.get(
            self.tables, self.account.id, exclusions.exclusion_id(exclusion.target)
        ), recorded

    def _checked(self, asked: ExclusionRequest, by: Decider) -> Exclusion:
        tenant, sku_id = asked.tenant_id.lower(), asked.sku_id.lower()
        if asked.slug and asked.slug not in BY_SLUG:
            raise Rejected(f"There is no such alert type; there are {', '.join(BY_SLUG)}.", "unknown", "type")
        if not tenant and not sku_id:
            raise Rejected("Name a tenant, a SKU of a tenant, or a SKU.", "missing", "tenantId")
        if bool(tenant and sku_id) != bool(asked.slug):
            raise Rejected(
                "An alert type is named for a SKU of one tenant, and only for that.", "invalid", "type"
            )
        state = self._state(tenant)
        until = self._until(asked, state, by)
        customer = self._customer(tenant) if tenant else ""
        sku = self._sku(state, sku_id) if sku_id else None
        if asked.spare_at_most is not None:
            _check_seats(asked.spare_at_most, state, sku_id)
        return Exclusion(
            slug=asked.slug or None,
            tenant_id=tenant,
            sku_id=sku_id,
            spare_at_most=asked.spare_at_most,
            until=until,
            renewal=asked.until_renewal,
            customer=customer,
            product=name(self.names(sku_id, sku.part_number if sku else "")) if sku_id else "",
        )

    def _state(self, tenant: str) -> TenantState:
        row = self.tables.get(keys.tenant_state(self.account.id, tenant)) if tenant else None
        return row.read(TenantState) if row else TenantState(tenant_id=tenant)

    def _customer(self, tenant: str) -> str:
        """What the tenant is called. Raises NotFound when it is neither added nor in a partner's list."""
        added = added_tenants(self.tables, self.account.id).get(tenant)
        if added is not None:
            return name(added.name) or tenant
        for connection in partner_connections.all_of(self.tables, self.account.id):
            listed = stored_customers(self.blobs, keys.partner_list_blob(self.account.id, connection.id))
            customer = listed.get(tenant)
            if customer is not None:
                return name(customer.name or customer.domain) or tenant
        raise NotFound(f"tenant '{tenant}' is in no list of the account")

    def _sku(self, state: TenantState, sku_id: str) -> Sku | None:
        """The SKU as the tenant has it; None for a SKU of the whole account."""
        if not state.tenant_id:
            if not _SKU.fullmatch(sku_id):
                raise Rejected("A SKU is named by its id, a GUID.", "invalid", "skuId")
            return None
        held = state.snapshot.skus if state.snapshot else ()
        found = next((sku for sku in held if sku.sku_id == sku_id), None)
        if found is None:
            raise Rejected("This tenant has no such licence.", "unknown", "skuId")
        return found

    def _until(self, asked: ExclusionRequest, state: TenantState, by: Decider) -> date | None:
        today = by.now.astimezone(self.account.zone).date()
        if asked.until_renewal:
            if asked.until is not None:
                raise Rejected("Choose a date or the renewal, not both.", "invalid", "until")
            renews = next_end(state, (asked.sku_id.lower(),), by.now)
            if renews is None or renews <= today:
                raise Rejected(
                    "It is not known when this subscription renews: choose a date instead.",
                    "unknown",
                    "untilRenewal",
                )
            return renews
        if asked.until is not None and not today < asked.until <= today + LONGEST:
            raise Rejected(
                "The date must lie in the future, within the next ten years.", "out_of_range", "until"
            )
        return asked.until


def _check_seats(most: int, state: TenantState, sku_id: str) -> None:
    """Raises Rejected for a number that would leave nothing out today."""
    held = LicenceRows(state.snapshot, ()).countable() if state.snapshot else ()
    spare = next((licence.spare for licence in held if licence.key.sku_id == sku_id), 0)
    if not spare <= most <= MOST_SEATS:
        raise Rejected(
            f"{spare:,} are unused now: the number of seats must be from {spare:,} to {MOST_SEATS:,}.",
            "out_of_range",
            "spareAtMost",
        )
