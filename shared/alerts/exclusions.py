"""N7, S11, S13: what people want no alert about. An exclusion never touches what is synced or billed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Final, NamedTuple

from pydantic import Field

from shared.alerts.models import Finding, Slug
from shared.alerts.rules.base import identity
from shared.errors import Rejected
from shared.storage import decisions, keys
from shared.storage.decisions import Decision
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

KIND: Final = "exclusion"

OF_A_TENANT: Final = frozenset(
    {
        Slug.SYNC_OVERDUE,  # its tenants' rows belong to S8: unread for 36 hours
        Slug.INVALID_AUTH,
        Slug.NO_BILLING_PROFILE,
        Slug.TENANT_NOT_ADDED,
        Slug.UNUSED_LICENSES,
        Slug.SHARED_MAILBOX_LICENSES,
        Slug.RENEWAL_DUE,
    }
)
"""What an excluded tenant is left out of (S13): never alerts about our own writes, nor its removal."""
OF_A_SKU: Final = frozenset(
    {
        Slug.NO_BILLING_PROFILE,
        Slug.UNUSED_LICENSES,
        Slug.SHARED_MAILBOX_LICENSES,
        Slug.RENEWAL_DUE,
    }
)
"""What a SKU that is excluded for the whole account is left out of (K10)."""
OF_A_LICENCE: Final = frozenset({Slug.UNUSED_LICENSES, Slug.SHARED_MAILBOX_LICENSES})
"""The types from which one SKU of one tenant can be excluded (S11, N7)."""


class Target(NamedTuple):
    """The one thing that is excluded: a tenant, a SKU of a tenant from one type, or a SKU of the account."""

    slug: str = ""
    """Only of a tenant's SKU; "" is every type that the exclusion reaches."""
    tenant_id: str = ""
    sku_id: str = ""

    @property
    def id(self) -> str:
        """Short and stable: the same thing is never excluded twice."""
        return keys.hashed(identity(*self))[:12]


class Exclusion(Document):
    """What is excluded and for how long; who, when and why are the decision's."""

    slug: Slug | None = None
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

    def checked(self) -> "Exclusion":
        """Itself. Raises Rejected for what cannot be excluded, or not under this condition."""
        match (self.slug, bool(self.tenant_id), bool(self.sku_id)):
            case (None, True, False) | (None, False, True):
                unused = False
            case (Slug() as slug, True, True) if slug in OF_A_LICENCE:
                unused = slug is Slug.UNUSED_LICENSES
            case _:
                raise Rejected(
                    "Only a tenant, a SKU of a tenant, or a SKU of the whole account can be excluded."
                )
        if (self.spare_at_most is not None or self.renewal) and not unused:
            raise Rejected(
                "Only unused seats can be excluded up to a number, or until the subscription renews."
            )
        if self.renewal and self.until is None:
            raise Rejected("It is not known when this subscription renews: choose a date instead.")
        return self

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


class Listed(NamedTuple):
    """One line of the list of exclusions."""

    id: str
    exclusion: Exclusion
    who: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Everything that an account excluded, ready to be asked about thousands of findings."""

    by_target: dict[Target, Exclusion]
    today: date

    @classmethod
    def of(cls, exclusions: Iterable[Exclusion], today: date) -> "Exclusions":
        return cls({one.target: one for one in exclusions}, today)

    def cover(self, finding: Finding) -> bool:
        """The finding needs nobody: its tenant is excluded, or each of the SKUs that it is about."""
        if not self.by_target:
            return False
        tenant = Target(tenant_id=finding.tenant_id)
        if finding.slug in OF_A_TENANT and finding.tenant_id and self._holds(tenant, finding):
            return True
        return bool(finding.skus) and all(self._covers_sku(sku, finding) for sku in finding.skus)

    def _covers_sku(self, sku_id: str, finding: Finding) -> bool:
        for_account = finding.slug in OF_A_SKU and self._holds(Target(sku_id=sku_id), finding)
        return for_account or self._holds(Target(finding.slug, finding.tenant_id, sku_id), finding)

    def _holds(self, target: Target, finding: Finding) -> bool:
        exclusion = self.by_target.get(target)
        return exclusion is not None and exclusion.holds(finding.seats, self.today)


def load(tables: Tables, account: AccountId, today: date) -> Exclusions:
    return Exclusions.of((one for _, one in decisions.in_force(tables, account, KIND, Exclusion)), today)


def exclude(
    tables: Tables, account: AccountId, exclusion: Exclusion, *, who: str, reason: str, now: datetime
) -> bool:
    """Record it; False when just this was excluded already. Raises Rejected."""
    exclusion, name = exclusion.checked(), exclusion.target.id
    if decisions.get(tables, account, KIND, name, Exclusion) == exclusion:
        return False
    try:
        decisions.decide(tables, account, KIND, name, exclusion, who=who, reason=reason, now=now)
    except Conflict:
        # The button was pressed twice at once: the other press recorded it, if it meant the same.
        if decisions.get(tables, account, KIND, name, Exclusion) != exclusion:
            raise
        return False
    return True


def include(tables: Tables, account: AccountId, name: str, *, who: str, reason: str, now: datetime) -> None:
    """End the exclusion with this id: its alerts are raised again. Raises Rejected when there is none."""
    if decisions.get(tables, account, KIND, name, Exclusion) is None:
        raise Rejected(f"There is no exclusion '{name}'.")
    decisions.decide(tables, account, KIND, name, None, who=who, reason=reason, now=now)


def newest(tables: Tables, account: AccountId, target: Target) -> Decision | None:
    """What was last decided about this thing, an end included."""
    return decisions.newest(tables, account, KIND, target.id)


def listed(tables: Tables, account: AccountId) -> Iterator[Listed]:
    """Every exclusion in force, with who decided it, when and why."""
    for decision in decisions.standing(tables, account, KIND):
        exclusion = decision.read(Exclusion)
        if exclusion is not None:
            yield Listed(decision.id, exclusion, decision.who, decision.valid_from, decision.reason)
