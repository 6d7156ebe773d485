"""S19: the figures of one company's month, and the facts that they are made from."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, Self

from shared.billing.models import Options
from shared.licensing.custom_licences.rules import CustomLicence, Rule
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import Day, Mailboxes
from shared.microsoft.models import User


class Month(NamedTuple):
    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.year, day.month)

    @classmethod
    def named(cls, text: str) -> Self:
        """Of YYYY-MM. Raises ValueError."""
        if len(text) != len("2026-11"):
            raise ValueError("a month is written as YYYY-MM")
        return cls.of(date.fromisoformat(f"{text}-01"))

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Self:
        return type(self).of(self.first + timedelta(days=31))

    @property
    def before(self) -> Self:
        return type(self).of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Counts:
    """A licence's seats at the end of a day. `purchased` None: its number could not be trusted."""

    purchased: int | None = 0
    assigned: int | None = 0
    """None: Microsoft counts users per SKU only, and this is one subscription of several."""
    on_trial: int = 0
    in_grace: int = 0
    suspended: int = 0

    @property
    def spare(self) -> int | None:
        if self.purchased is None or self.assigned is None:
            return None
        return max(0, self.purchased - self.assigned)


@dataclass(frozen=True, slots=True)
class SeatChange:
    """The counts of a licence became others on a day; `not_read_since` is the first of the unread days before it."""

    on: date
    before: Counts
    after: Counts
    not_read_since: date | None = None


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What an agreement line said at the month's end, and what its number is made of."""

    mapping_id: str
    connection: str
    agreement_id: str
    line_id: str
    number: int | None
    """What the PSA was proven to say; None: nothing yet."""
    wanted: int | None
    """What counts and mapping give; None: no number."""
    options: Options
    counted: int | None
    """Seats of the basis of the options."""
    unit_price: Decimal | None = None
    """What the customer pays for a seat, as the agreement says it."""


@dataclass(frozen=True, slots=True)
class LicenceMonth:
    key: LicenceKey
    name: str
    end: Counts
    average: Decimal | None
    """Purchased seats a day, of the days that were read; None: of no day they are known."""
    changes: tuple[SeatChange, ...] = ()
    billed: BilledLine | None = None
    not_billed: bool = False
    """A person chose not to bill it."""
    rule: Rule | None = None
    """Of a custom licence: what it counts. It is in no total: its seats or people are in those of other rows."""


class PersonEvent(StrEnum):
    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """A person's licences became others on a day."""

    on: date
    event: PersonEvent
    name: str
    upn: str
    came: tuple[str, ...]
    """Names of licences."""
    went: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """Somebody with a licence at the month's end."""

    name: str
    upn: str
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailboxMonth:
    name: str
    address: str
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MonthFigures:
    company: str
    month: Month
    last: date
    """The last day that is told: the month's, or today."""
    known_from: date
    """The first day of the month of which there are counts."""
    not_read: tuple[date, ...]
    licences: tuple[LicenceMonth, ...]
    people: tuple[PersonMonth, ...] | None
    """None: who they were is kept no longer."""
    person_changes: tuple[PersonChange, ...]
    mailboxes: tuple[MailboxMonth, ...]
    mailboxes_at: datetime | None
    """When they were read; None: nobody watches them."""
    seats: tuple[tuple[Month, int | None], ...]
    """Purchased seats at the end of each of 12 months, the oldest first; None: not known."""
    is_filtered: bool = False
    """Only what the company's own users have is told: it is a part of its tenant, and no purchased seat is its."""

    @property
    def purchased(self) -> int:
        return sum(licence.end.purchased or 0 for licence in self._of_microsoft)

    @property
    def assigned(self) -> int:
        return sum(licence.end.assigned or 0 for licence in self._of_microsoft)

    @property
    def spare(self) -> int:
        return sum(licence.end.spare or 0 for licence in self._of_microsoft)

    @property
    def _of_microsoft(self) -> Iterator[LicenceMonth]:
        return (licence for licence in self.licences if licence.rule is None)


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """What is stored about a company's month."""

    company: str
    month: Month
    today: date
    days: Sequence[Day]
    """Every row of the tenant's history up to the month's end, the oldest first."""
    not_read: Collection[date]
    """Days of the month whose night did not read the tenant."""
    ours: Collection[str]
    by_subscription: Collection[str]
    """SKUs whose subscriptions are billed apart."""
    users: Mapping[str, Sequence[User] | None]
    """By digest; None: kept no longer."""
    billed: Mapping[LicenceKey, BilledLine]
    do_not_bill: Collection[LicenceKey]
    mailboxes: Mailboxes | None
    names: Callable[[str, str], str]
    """By SKU id and part number."""
    custom: Mapping[str, CustomLicence] = field(default_factory=dict)
    """Those that are billed, by what stands for their SKU."""
    is_filtered: bool = False
    """The company is a part of its tenant: `users` are its own, and no purchased seat is."""
