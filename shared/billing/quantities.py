"""The number a line should say: pure arithmetic over a snapshot and a mapping."""

from shared.billing.models import Mapping, Options
from shared.licensing import licences
from shared.licensing.models import Snapshot


def billed(basis: int, options: Options) -> int:
    """K8: included seats are free, and the minimum is billed in any case."""
    return max(options.minimum, max(0, basis - options.included))


def wanted(mapping: Mapping, snapshot: Snapshot) -> int:
    """What the mapping's line should say by this snapshot. Raises NotCountable (licences)."""
    return billed(licences.purchased(snapshot, mapping.licence), mapping.options)
