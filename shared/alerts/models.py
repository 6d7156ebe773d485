"""Findings of the rules, and alerts: findings with a memory over days."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from urllib.parse import quote

from shared.storage.documents import Document


class Slug(StrEnum):
    """Alert types that are mentioned outside of their rules. A new rule needs no line here."""

    PUSH_HELD = "push_held"
    PUSH_FAILED = "push_failed"
    LINE_DRIFT = "line_drift"
    SYNC_OVERDUE = "sync_overdue"
    INVALID_AUTH = "invalid_auth"
    TENANT_REMOVED = "tenant_removed"
    NO_BILLING_PROFILE = "no_billing_profile"
    TENANT_NOT_ADDED = "tenant_not_added"
    UNUSED_LICENSES = "unused_licenses"
    SHARED_MAILBOX_LICENSES = "shared_mailbox_licenses"
    RENEWAL_DUE = "renewal_due"


def identity(*parts: str) -> str:
    """One text for the parts that name a thing: different parts never give the same, whatever the vendors write."""
    return "|".join(quote(part, safe="", errors="surrogatepass") for part in parts)


class Finding(Document):
    """What a rule says about one thing today."""

    slug: str
    """The alert type: its rule's."""
    identity: str
    """The thing itself, stable over days and changes of count: e.g. `{tenant}|{licence key}`."""
    scope: str
    """What had to be read to judge it: a tenant id, a PSA connection, or "account"."""
    tenant_id: str = ""
    skus: tuple[str, ...] = ()
    """Ids of the SKUs that the row is about: excluding each of them leaves the row out."""
    who: str
    """Customer's or connection's name, as the row's first cell."""
    what: str
    """One line: what is wrong, with its numbers."""
    fix: str
    """One sentence: who does what about this row."""
    value: str = ""
    """Another value of the same identity is "changed"; noise that needs no mail stays out of it."""
    seats: int = 0
    money: Decimal = Decimal(0)
    """At stake per month, in the account's currency; 0 when unknown."""
    until: date | None = None
    """The last day, in the account's zone, on which something can be done about it; None: it has no such day."""
    urgent: bool = False


class Alert(Document):
    """A finding that is open, or was. Instants are UTC."""

    finding: Finding
    opened_at: datetime
    changed_at: datetime
    """When it opened, its value last changed, or it was raised again."""
    closed_at: datetime | None = None
    not_checked_since: datetime | None = None
    """Its scope could not be judged from then on; None: it was judged at the last evaluation."""

    @property
    def open(self) -> bool:
        return self.closed_at is None


class Evaluation(Document):
    """One evaluation of an account: what the digest's words about the run come from."""

    at: datetime
    run_id: str
    tenants_read: int
    tenants_not_read: int
    last_complete: datetime | None = None
    """When the newest run that read every tenant closed."""
    on_date: date
    overdue_at: datetime | None = None
    """From then on the sync is overdue, unless a night ends before."""
    urgent_at: datetime | None = None
    """When the newest of the open urgent alerts last changed."""


class Removal(Document):
    """What a person decided about a removed tenant; who, when and why are the decision's."""

    ends: date | None = None
    """The last day that is billed; None: it was dismissed."""
    until: date
    """The first day, in the account's zone, on which the row is raised again if the tenant is still missing."""
