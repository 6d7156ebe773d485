"""The alert types: one file each, and one line here."""

from collections.abc import Sequence
from typing import Final

from shared.alerts.rules.base import Rule
from shared.alerts.rules.no_billing_profile import NoBillingProfile
from shared.alerts.rules.push_failed import PushFailed
from shared.alerts.rules.push_held import PushHeld
from shared.alerts.rules.unused_licenses import UnusedLicenses

RULES: Final[Sequence[Rule]] = (
    PushHeld(),
    PushFailed(),
    NoBillingProfile(),
    UnusedLicenses(),
)
