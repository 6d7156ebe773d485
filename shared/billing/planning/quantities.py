"""The number a line should say: pure arithmetic over a snapshot and a mapping."""

from shared.billing.models import Basis, LicenceMapping, Options, SoldByOthers
from shared.licensing.licences import Licence, LicenceRows
from shared.licensing.not_countable import NotCountable, Uncounted, UncountedReason


def billed(basis: int, options: Options) -> int:
    """K8: included seats are free, and the minimum is billed in any case; a difference that a person took stays."""
    return max(0, max(options.minimum, basis - options.included, 0) + options.difference)


def wanted(mapping: LicenceMapping, rows: LicenceRows) -> int:
    """What the mapping's line should say by its tenant's licences.

    Raises NotCountable when its parts cannot be told apart.
    """
    row = rows.find(mapping.licence)
    if row is None:
        return billed(0, mapping.options)
    units = _billable(row, mapping.options)
    if mapping.options.basis is Basis.PURCHASED:
        return billed(units, mapping.options)
    return billed(_assigned(row, units), mapping.options)


def other_sellers(mapping: LicenceMapping, rows: LicenceRows) -> frozenset[str]:
    """Who else sold seats that the mapping bills without anybody having said so.

    A single subscription was chosen, whoever sold it.
    """
    if mapping.subscription_id or mapping.options.sold_by_others is not None:
        return frozenset()
    return rows.other_sellers(mapping.sku_id)


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
