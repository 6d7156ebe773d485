"""The words of each alert type: what it is called, how it is counted, what to do about its rows."""

from dataclasses import dataclass
from typing import Final

from shared.alerts.models import Slug


@dataclass(frozen=True, slots=True)
class Wording:
    title: str
    one: str
    """A single row in a sentence: "1 held push"."""
    many: str
    to_do: str
    """One sentence over the section; the row says what to do about itself."""

    def count(self, rows: int) -> str:
        return f"{rows:,} {self.one if rows == 1 else self.many}"


WORDING: Final = {
    Slug.PUSH_HELD: Wording(
        "Held pushes",
        "held push",
        "held pushes",
        "These changes wait for a person and nothing of them was written: check each number, then decide.",
    ),
    Slug.PUSH_FAILED: Wording(
        "Failed or unclear pushes",
        "failed push",
        "failed pushes",
        "The PSA refused these changes or gave no clear answer: look at the line before the next invoice.",
    ),
    Slug.LINE_DRIFT: Wording(
        "Lines changed by hand",
        "line changed by hand",
        "lines changed by hand",
        "Somebody edited these lines in the PSA, so Seatwise left them alone: choose whose number is right.",
    ),
    Slug.SYNC_OVERDUE: Wording(
        "Overdue syncs",
        "overdue sync",
        "overdue syncs",
        "These were not read completely for too long: their lines keep the last confirmed quantities.",
    ),
    Slug.INVALID_AUTH: Wording(
        "Sign-in problems",
        "sign-in problem",
        "sign-in problems",
        "Microsoft or the PSA turned Seatwise away: until it is let in again, quantities stay as they are.",
    ),
    Slug.TENANT_REMOVED: Wording(
        "Removed tenants",
        "removed tenant",
        "removed tenants",
        "These left every partner connection, or their company was removed: say what becomes of their lines.",
    ),
    Slug.NO_BILLING_PROFILE: Wording(
        "No billing profile assigned",
        "licence without billing profile",
        "licences without billing profile",
        "These licences are paid for but billed to nobody: map each to a billing profile, or choose “do not bill”.",
    ),
    Slug.TENANT_NOT_ADDED: Wording(
        "Tenants not added",
        "tenant not added",
        "tenants not added",
        "These customers are in a partner connection but in no company: add them, or exclude the tenant.",
    ),
    Slug.UNUSED_LICENSES: Wording(
        "Unused licenses",
        "licence with unused seats",
        "licences with unused seats",
        "These seats are purchased but assigned to nobody: assign them, or drop them with the customer.",
    ),
    Slug.SHARED_MAILBOX_LICENSES: Wording(
        "Shared mailboxes with licenses",
        "shared mailbox with licences",
        "shared mailboxes with licences",
        "A shared mailbox up to 50 GB needs no licence: take it off where nothing else requires it.",
    ),
    Slug.RENEWAL_DUE: Wording(
        "Renewals due",
        "renewal due",
        "renewals due",
        "These subscriptions renew soon: change their seats or auto-renewal before they do.",
    ),
}
