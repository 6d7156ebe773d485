"""The number a line should say: pure arithmetic over a snapshot and a mapping."""

from dataclasses import dataclass
from typing import NamedTuple

from shared.billing.models import Basis, LicenceMapping, Options, SoldByOthers
from shared.licensing.coverage import Coverage
from shared.licensing.licences import Licence, LicenceRows
from shared.licensing.not_countable import NotCountable, Uncounted, UncountedReason


@dataclass(frozen=True, slots=True)
class Shares:
    """K5: the users of a tenant that is shared out to companies by their filters."""

    coverage: Coverage | None
    """None: who they are is not known."""

    def check(self, mapping: LicenceMapping, row: Licence | None) -> None:
        """Purchased seats, and a single subscription's, belong to no company. Raises NotCountable."""
        if mapping.options.basis is Basis.PURCHASED:
            raise self._uncounted(UncountedReason.FILTERED_PURCHASED, row)

    def no_custom(self) -> NotCountable:
        """A rule counts the whole tenant, and no company's part of it (K12)."""
        return NotCountable(
            Uncounted(reason=UncountedReason.CUSTOM_SHARED_OUT, part_number="the custom licence", told=0)
        )

    def users(self, mapping: LicenceMapping, row: Licence) -> int:
        """So many of them have the licence and are the company's. Raises NotCountable."""
        if self.coverage is None:
            raise self._uncounted(UncountedReason.PEOPLE_UNKNOWN, row)
        if shared := self.coverage.shared_with(mapping.company, mapping.sku_id):
            raise self._uncounted(UncountedReason.IN_SEVERAL_COMPANIES, row, len(shared))
        return len(self.coverage.of(mapping.company, mapping.sku_id))

    def _uncounted(self, reason: UncountedReason, row: Licence | None, told: int = 0) -> NotCountable:
        part_number = row.part_number if row is not None else "the licence"
        return NotCountable(Uncounted(reason=reason, part_number=part_number, told=told))


class Numbers(NamedTuple):
    """What the numbers of a tenant's lines are worked out from."""

    rows: LicenceRows
    shares: Shares | None = None
    """The users are shared out to companies."""


def billed(basis: int, options: Options) -> int:
    """K8: included seats are free, and the minimum is billed in any case; a difference that a person took stays."""
    return max(0, max(options.minimum, basis - options.included, 0) + options.difference)


def wanted(mapping: LicenceMapping, rows: LicenceRows, shares: Shares | None = None) -> int:
    """What the mapping's line should say by its tenant's licences; `shares`: the users are shared out to companies.

    Raises NotCountable when its parts cannot be told apart.
    """
    if shares is not None and mapping.licence.is_custom:
        raise shares.no_custom()
    parts = rows.parts(mapping.licence)
    row = parts[0] if parts else None
    if shares is not None:
        shares.check(mapping, row)
    units = [_billable(part, mapping.options) for part in parts]
    if row is None or mapping.options.basis is Basis.PURCHASED:
        return billed(sum(units), mapping.options)
    users = sum(_assigned(part, billable) for part, billable in zip(parts, units, strict=True))
    return billed(users if shares is None else shares.users(mapping, row), mapping.options)


def other_sellers(mapping: LicenceMapping, rows: LicenceRows) -> frozenset[str]:
    """Who else sold seats that the mapping bills without anybody having said so.

    A single subscription was chosen, whoever sold it.
    """
    if mapping.subscription_id or mapping.options.sold_by_others is not None:
        return frozenset()
    return rows.other_sellers(mapping.licence)


def _billable(row: Licence, options: Options) -> int:
    if options.sold_by_others is not SoldByOthers.LEFT_OUT or not row.purchased:
        return row.purchased
    if row.sold_by_others is None:
        raise NotCountable(
            Uncounted(reason=UncountedReason.SELLERS_UNKNOWN, part_number=row.part_number, told=row.purchased)
        )
    return row.purchased - row.sold_by_others


def _assigned(row: Licence, billable: int) -> int:
    """Users of seats that are billed. Microsoft does not say whose seat a user has."""
    users, others = row.assigned or 0, row.purchased - billable
    unbilled = others + row.on_trial + row.in_grace + row.suspended
    if users > billable and unbilled:
        raise NotCountable(
            Uncounted(
                reason=UncountedReason.ASSIGNED_BEYOND,
                part_number=row.part_number,
                told=users,
                counted=billable,
            )
        )
    return users
