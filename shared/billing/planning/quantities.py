"""The number a line should say: pure arithmetic over a snapshot and a mapping."""

from shared.billing.models import Basis, LicenceMapping, Options
from shared.licensing import licences
from shared.licensing.tenant_state import Snapshot


def billed(basis: int, options: Options) -> int:
    """K8: included seats are free, and the minimum is billed in any case."""
    return max(options.minimum, basis - options.included, 0)


def wanted(mapping: LicenceMapping, snapshot: Snapshot) -> int:
    """What the mapping's line should say by this snapshot. Raises NotCountable (licences)."""
    if mapping.options.basis is Basis.ASSIGNED:
        basis = licences.assigned(snapshot, mapping.sku_id)
    else:
        basis = licences.purchased(snapshot, mapping.licence)
    return billed(basis, mapping.options)
