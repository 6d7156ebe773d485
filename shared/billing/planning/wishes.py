"""What each mapping wants of its line, by the newest accepted snapshot of its tenant. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from sys import intern

from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    LicenceMapping,
    LineRecord,
    Options,
    PriceRule,
    Unplanned,
    UnplannedReason,
)
from shared.billing.planning.freshness import not_fresh
from shared.billing.planning.quantities import Numbers, other_sellers, wanted
from shared.billing.psa.base import BillableOption
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import TenantState
from shared.packed import ByTenant


@dataclass(frozen=True, slots=True)
class Wish:
    """What one mapping wants of its line. An account has tens of thousands: it holds no more than is needed."""

    mapping_id: str
    connection: str
    agreement_id: str
    """Where the mapping's line is: one that it left elsewhere is not its line any more."""
    line_id: str
    """The line that the mapping names; "" asks for one of its own."""
    product_id: str
    tenant_id: str
    quantity: int | None
    """None when the snapshot gives no number to trust."""
    why_not: Unplanned | None
    """Why the line must not be written by this wish."""
    billable: BillableOption
    price: PriceRule
    options: Options
    other_sellers: frozenset[str] = frozenset()
    """Who else sold seats of the quantity, where nobody was asked about them."""
    text: str | None = None
    """What the customer is to read on the invoice; None: it cannot be told (`invoice_text.py`)."""
    product_price: Decimal | None = None
    """Of a price that tracks the product's: that one, as the PSA has it at the look (`product_prices.py`)."""

    @classmethod
    def of(
        cls,
        mapping: LicenceMapping,
        profile: BillingProfile,
        tenant_id: str,
        quantity: int | None = None,
        why_not: Unplanned | None = None,
        other_sellers: frozenset[str] = frozenset(),
    ) -> "Wish":
        plain = mapping.options == _PLAIN
        return cls(
            mapping_id=mapping.id,
            connection=intern(mapping.connection),
            agreement_id=intern(mapping.agreement_id),
            line_id=mapping.line_id,
            product_id=intern(profile.product_id),
            tenant_id=tenant_id,
            quantity=quantity,
            why_not=why_not,
            billable=profile.billable,
            price=profile.price,
            options=_PLAIN if plain else mapping.options,
            text=None if mapping.options.has_text else profile.name,
            other_sellers=other_sellers or _NOBODY,
        )

    @property
    def unit_price(self) -> Decimal | None:
        """What the line must charge; None where the profile leaves that to the PSA, or nobody can tell."""
        return self.price.price(self.product_price)

    @property
    def has_no_price(self) -> bool:
        """Its price follows from the product's, and the product has none."""
        return self.price.tracks and self.unit_price is None

    def is_of(self, record: AgreementRecord) -> bool:
        return (self.connection, self.agreement_id) == (record.connection, record.agreement_id)

    def is_for(self, record: AgreementRecord, line: LineRecord) -> bool:
        """Of this record, and about the very line that is kept there."""
        return self.is_of(record) and line.serves(self.line_id)


class AccountWishes:
    """What an account wants of all its lines."""

    def __init__(self) -> None:
        self._by_tenant = ByTenant[Wish]()

    def add(self, wishes: Iterable[Wish]) -> None:
        self._by_tenant.add((wish.tenant_id, wish) for wish in wishes)

    def of(self, record: AgreementRecord) -> dict[str, Wish]:
        """By mapping id, of the record's lines: also of a line whose mapping has left the agreement."""
        tenants = {line.tenant_id for line in record.lines.values()}
        found = (wish for tenant in tenants for wish in self._by_tenant.of(tenant))
        return {wish.mapping_id: wish for wish in found if wish.mapping_id in record.lines}


_PLAIN = Options()
_NOBODY: frozenset[str] = frozenset()
"""One for all: an empty set of its own takes as much memory as the rest of a wish."""


def wishes(
    state: TenantState,
    mappings: Iterable[LicenceMapping],
    profiles: Mapping[str, BillingProfile],
    numbers: Numbers | None,
    now: datetime,
) -> list[Wish]:
    """What the billing mappings of one tenant want, by its newest accepted snapshot, whose numbers these are."""
    if state.snapshot is None or numbers is None:
        return []
    old = not_fresh(state.status, state.snapshot, now)
    return [
        _wish(state.tenant_id, numbers, mapping, profiles.get(mapping.profile) or _ended(mapping), old)
        for mapping in mappings
        if mapping.bill
    ]


def _wish(
    tenant_id: str,
    numbers: Numbers,
    mapping: LicenceMapping,
    profile: BillingProfile,
    too_old: Unplanned | None,
) -> Wish:
    try:
        quantity = wanted(mapping, *numbers)
        sellers = other_sellers(mapping, numbers.rows)
        return Wish.of(mapping, profile, tenant_id, quantity, too_old, sellers)
    except NotCountable as unclear:
        return Wish.of(mapping, profile, tenant_id, None, too_old or _not_countable(unclear))


def _ended(mapping: LicenceMapping) -> BillingProfile:
    """What stands for a profile that was ended while the mapping was saved: no line is of its product."""
    return BillingProfile(id=mapping.profile, name="", connection=mapping.connection, product_id="")


def _not_countable(why: NotCountable) -> Unplanned:
    return Unplanned(reason=UnplannedReason.NOT_COUNTABLE, uncounted=why.why)
