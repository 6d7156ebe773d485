"""Findings of the rules, alerts (findings with a memory over days), and what people decided about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

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
    TICKETS_FAILED = "tickets_failed"


class Finding(Document):
    """What a rule says about one thing today."""

    slug: str
    """The alert type: its rule's."""
    identity: str
    """The thing itself, stable over days and changes of count: e.g. `{tenant}|{licence key}`."""
    scope: str
    """What had to be read to judge it: a tenant id, a PSA connection, or "account"."""
    tenant_id: str = ""
    company: str = ""
    """Id of the company that it is about, of a tenant that has several; "" is the tenant as a whole."""
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
    first_opened_at: datetime | None = None
    """When it was open for the first time, where it was closed and came back; None: it is open for the first time."""

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


class ExclusionScope(StrEnum):
    """What can be excluded. A rule names those that leave its rows out; none of them reaches it else."""

    TENANT = "tenant"
    """A tenant, from everything (S13)."""
    SKU = "sku"
    """A SKU of the whole account (K10)."""
    LICENCE = "licence"
    """A SKU of one tenant, from one alert type (S11, N7)."""


class Target(NamedTuple):
    """The one thing that is excluded: a tenant, a SKU of a tenant from one type, or a SKU of the account."""

    slug: str = ""
    """Only of a tenant's SKU; "" is every type that the exclusion reaches."""
    tenant_id: str = ""
    sku_id: str = ""


class Exclusion(Document):
    """What is excluded and for how long; who, when and why are the decision's."""

    slug: str | None = None
    tenant_id: str = ""
    sku_id: str = ""
    spare_at_most: Annotated[int, Field(ge=0)] | None = None
    """Holds only while no more seats than this are unused; None: whatever their number."""
    until: date | None = None
    """The first day, in the account's zone, on which it holds no more; None: until it is removed."""
    renewal: bool = False
    """`until` is the day on which the subscription renews."""
    customer: str = ""
    product: str = ""
    """As they were called when it was decided, for people who read the list."""

    @property
    def target(self) -> Target:
        return Target(self.slug or "", self.tenant_id, self.sku_id)

    def holds(self, seats: int, today: date) -> bool:
        """No condition of it is broken: not by the seats that were found unused, nor by the day."""
        too_many = self.spare_at_most is not None and seats > self.spare_at_most
        return not too_many and (self.until is None or today < self.until)

    @property
    def how_long(self) -> str:
        """As the end of a sentence."""
        parts = []
        if self.spare_at_most is not None:
            count, are = f"{self.spare_at_most:,}", "seat is" if self.spare_at_most == 1 else "seats are"
            parts.append(f"while no more than {count} {are} unused")
        if self.until is not None:
            day = f"{self.until.day} {self.until:%b %Y}"
            parts.append(f"until renewal on {day}" if self.renewal else f"until {day}")
        return " and ".join(parts) or "until somebody removes the exclusion"


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Everything that an account excluded, ready to be asked about thousands of findings."""

    by_target: dict[Target, Exclusion]
    today: date

    @classmethod
    def of(cls, exclusions: Iterable[Exclusion], today: date) -> "Exclusions":
        return cls({exclusion.target: exclusion for exclusion in exclusions}, today)

    def cover(self, finding: Finding, reach: frozenset[ExclusionScope]) -> bool:
        """The finding needs nobody: its tenant is excluded, or each of the SKUs that it is about."""
        if not self.by_target or not reach:
            return False
        tenant = Target(tenant_id=finding.tenant_id)
        if ExclusionScope.TENANT in reach and finding.tenant_id and self.hold(tenant, finding.seats):
            return True
        return bool(finding.skus) and all(self._cover_sku(sku, finding, reach) for sku in finding.skus)

    def _cover_sku(self, sku_id: str, finding: Finding, reach: frozenset[ExclusionScope]) -> bool:
        for_account = ExclusionScope.SKU in reach and self.hold(Target(sku_id=sku_id), finding.seats)
        of_tenant = Target(finding.slug, finding.tenant_id, sku_id)
        return for_account or (ExclusionScope.LICENCE in reach and self.hold(of_tenant, finding.seats))

    def hold(self, target: Target, seats: int = 0) -> bool:
        """This very thing is excluded today, where so many seats are unused."""
        exclusion = self.by_target.get(target)
        return exclusion is not None and exclusion.holds(seats, self.today)
