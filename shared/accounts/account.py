"""The account of one MSP, as it is stored."""

from datetime import datetime
from enum import StrEnum

from shared.accounts.preferences import Preferences
from shared.storage.keys import AccountId


class Mode(StrEnum):
    PREVIEW = "preview"
    """Everything is worked out and shown, nothing is written to a PSA. A new account starts here."""
    LIVE = "live"


class OptionalRead(StrEnum):
    """What of a tenant is read only when an alert type that is on needs it: each costs calls per tenant."""

    SHARED_MAILBOXES = "shared_mailboxes"
    """Two more calls per tenant."""
    TERMS = "terms"
    """Terms of subscriptions: 0.2 more calls per tenant."""


class Account(Preferences):
    id: AccountId
    name: str
    since: datetime
    """When the account began (UTC): no digest was due before."""
    mode: Mode = Mode.PREVIEW
    optional_reads: frozenset[OptionalRead] | None = None
    """What the alert types that are on need, worked out whenever the settings are saved (`alerts/settings.py`).

    None in settings that were saved before this was kept: `alerts.settings.load` works it out.
    """

    @property
    def watches_shared_mailboxes(self) -> bool:
        return self._needs(OptionalRead.SHARED_MAILBOXES)

    @property
    def watches_terms(self) -> bool:
        return self.reads_terms and self._needs(OptionalRead.TERMS)

    def _needs(self, read: OptionalRead) -> bool:
        return self.optional_reads is None or read in self.optional_reads
