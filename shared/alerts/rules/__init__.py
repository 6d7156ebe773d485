"""The alert types: one file each, and one line here."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.alerts.rules.base import Rule
from shared.alerts.rules.filter_coverage import FilterCoverage
from shared.alerts.rules.invalid_auth import InvalidAuth
from shared.alerts.rules.line_drift import LineDrift
from shared.alerts.rules.mail_failed import MailFailed
from shared.alerts.rules.no_billing_profile import NoBillingProfile
from shared.alerts.rules.psa_sign_in import PsaSignIn
from shared.alerts.rules.push_failed import PushFailed
from shared.alerts.rules.push_held import PushHeld
from shared.alerts.rules.renewal_due import RenewalDue
from shared.alerts.rules.shared_mailbox_licenses import SharedMailboxLicenses
from shared.alerts.rules.sync_overdue import SyncOverdue
from shared.alerts.rules.tenant_not_added import TenantNotAdded
from shared.alerts.rules.tenant_removed import TenantRemoved
from shared.alerts.rules.tickets_failed import TicketsFailed
from shared.alerts.rules.unused_licenses import UnusedLicenses

RULES: Final[Sequence[Rule]] = (
    PsaSignIn(),
    PushHeld(),
    PushFailed(),
    LineDrift(),
    SyncOverdue(),
    InvalidAuth(),
    TenantRemoved(),
    NoBillingProfile(),
    FilterCoverage(),
    TenantNotAdded(),
    UnusedLicenses(),
    SharedMailboxLicenses(),
    RenewalDue(),
    MailFailed(),
    TicketsFailed(),
)
"""In the order in which their sections are shown."""
BY_SLUG: Final[Mapping[str, Rule]] = {rule.slug: rule for rule in RULES}
