"""N5, the month-end certificate: its rows, why each stands where it stands, and the facts that it is made from."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from shared.accounts.company import AddedTenant
from shared.alerts.models import Exclusions
from shared.billing.ending import is_past
from shared.billing.models import BillingProfile, LicenceMapping, LineKey, LineRecord
from shared.billing.planning.quantities import Numbers
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import TenantState
from shared.microsoft.models import Customer


class Standing(StrEnum):
    BILLED = "billed"
    EXCLUDED = "excluded"
    OPEN = "open"


class Reason(StrEnum):
    """Why a row stands where it stands."""

    ON_ITS_LINE = "on_its_line"
    DO_NOT_BILL = "do_not_bill"
    NO_CHARGE = "no_charge"
    """Its billing profile says that the line charges nothing."""
    BEGINS_LATER = "begins_later"
    SKU_EXCLUDED = "sku_excluded"
    TENANT_EXCLUDED = "tenant_excluded"
    NOT_ADDED = "not_added"
    LIST_INCOMPLETE = "list_incomplete"
    NEVER_READ = "never_read"
    STALE = "stale"
    NOT_MAPPED = "not_mapped"
    BILLED_UNTIL = "billed_until"
    TO_END = "to_end"
    NOT_COUNTABLE = "not_countable"
    NO_LINE = "no_line"
    LINE_NOT_READ = "line_not_read"
    HELD = "held"
    FROZEN = "frozen"
    DRIFT = "drift"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    DIFFERS = "differs"
    WITHOUT_COMPANY = "without_company"
    IN_NO_COMPANY = "in_no_company"
    SPARE = "spare"


SENTENCES: Final = {
    Reason.ON_ITS_LINE: "Billed on its agreement line.",
    Reason.DO_NOT_BILL: "Set to “do not bill”.",
    Reason.NO_CHARGE: "Its billing profile charges nothing.",
    Reason.BEGINS_LATER: "Its line begins on a later day, as its mapping says: nothing is billed before.",
    Reason.SKU_EXCLUDED: "The licence is excluded for the whole account.",
    Reason.TENANT_EXCLUDED: "The customer is in no company, and excluded.",
    Reason.NOT_ADDED: "The customer is in no company: add it, or exclude the tenant.",
    Reason.LIST_INCOMPLETE: "The newest customer list of this partner connection is not complete: see its alert.",
    Reason.NEVER_READ: "The customer was never read: see its alert.",
    Reason.STALE: "The customer could not be read lately, so its numbers are old: see its alert.",
    Reason.NOT_MAPPED: "Paid for and billed nowhere: map it, or choose “do not bill”.",
    Reason.BILLED_UNTIL: "Its line bills until a last day, and nothing after it: map it, or choose “do not bill”.",
    Reason.TO_END: "The PSA is not proven yet to end the line on its last day: push it, or see the alert.",
    Reason.NOT_COUNTABLE: "Its number cannot be trusted: synchronise the customer, or look at its subscriptions.",
    Reason.NO_LINE: "It is mapped, and its line does not exist yet: push it, or see the alert.",
    Reason.LINE_NOT_READ: "Its line was not read in the PSA within a day: read all lines before the invoice.",
    Reason.HELD: "A change waits for a person: approve or reject it.",
    Reason.FROZEN: "The line is frozen, so nobody looks after its number: unfreeze it, or see that it is right.",
    Reason.DRIFT: "Somebody changed the line in the PSA: choose what is right.",
    Reason.BLOCKED: "The line cannot be written: see its alert.",
    Reason.UNKNOWN: "Nobody knows yet whether the PSA took the newest change.",
    Reason.DIFFERS: "The line says another number than the licence gives: synchronise the customer.",
    Reason.IN_NO_COMPANY: "Its users fit the filters of no company, so nobody is billed for them: change the filters.",
    Reason.SPARE: "Assigned to nobody, and of a customer that is several companies: drop the seats, or exclude them.",
    Reason.WITHOUT_COMPANY: "The line bills a customer that is in no company any more.",
}


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One licence of one customer, or a customer as a whole where nothing is known of its licences."""

    tenant_id: str
    customer: str
    licence: LicenceKey | None
    """None: the customer as a whole."""
    part_number: str
    seats: int | None
    """Purchased; None: not known."""
    standing: Standing
    reason: Reason
    line: LineKey | None = None
    line_id: str = ""
    billed: int | None = None
    """What the PSA was last proven to say."""
    money: Decimal = Decimal(0)
    """A month, by the line's price; 0 when it is not known."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A line that is remembered, and when its agreement was last read in the PSA."""

    record: LineRecord
    read_at: datetime | None
    is_read: bool = True
    """It could be read in the PSA at the newest attempt."""


@dataclass(frozen=True)  # without slots: it is built once for an account
class CertificateFacts:
    """What an account has stored, for a certificate of this moment. Each map is by tenant id unless it says more."""

    now: datetime
    today: date
    """In the account's zone."""
    ours: Collection[str]
    """Tenant ids of the account's partners."""
    companies: Mapping[str, AddedTenant]
    mappings: Mapping[str, tuple[LicenceMapping, ...]]
    lines: Mapping[LineKey, KeptLine]
    profiles: Mapping[str, BillingProfile]
    exclusions: Exclusions
    not_added: Mapping[str, Customer]
    incomplete_lists: tuple[str, ...]
    """Names of the partner connections whose newest customer list is not complete."""

    @cached_property
    def billed_until(self) -> dict[tuple[str, str, LicenceKey], LineKey]:
        """Lines that no mapping has any more and that bill until a last day, by tenant, company and licence."""
        found = {}
        for key, kept in self.lines.items():
            line = kept.record
            customer = self.company_of(line)
            main = line.ending is not None and line.ending.licence is not None and not line.ending.second
            if customer and line.ending and line.ending.licence and main and not is_past(line, self.today):
                found[line.tenant_id, customer, line.ending.licence] = key
        return found

    @cached_property
    def still_billed(self) -> set[tuple[str, str, str]]:
        """The same by tenant, company and SKU: a new line may bill a part of it, or all of what was parts."""
        return {(tenant, customer, licence.sku_id) for tenant, customer, licence in self.billed_until}

    def company_of(self, line: LineRecord) -> str:
        """The name of the company whose users the line bills, "" where it is no company any more."""
        tenant = self.companies.get(line.tenant_id)
        company = tenant.company(line.company) if tenant else None
        return company.name if company else ""


class ReadTenant(NamedTuple):
    """The state of an added tenant, and what the numbers of its lines are worked out from; None before it was read."""

    state: TenantState
    numbers: Numbers | None


@dataclass(frozen=True, slots=True)
class Certificate:
    at: datetime
    rows: tuple[CertificateRow, ...]
    unaccounted: tuple[str, ...] = ()
    """Customer and licence, or line, of what is in no row or in two: the certificate does not balance."""

    @property
    def balances(self) -> bool:
        return not self.unaccounted

    @property
    def ready_to_invoice(self) -> bool:
        return self.balances and all(row.standing is not Standing.OPEN for row in self.rows)

    def of(self, standing: Standing) -> tuple[CertificateRow, ...]:
        return tuple(row for row in self.rows if row.standing is standing)

    @property
    def missing(self) -> dict[Reason, int]:
        """How many rows are open for each reason, the most first."""
        return dict(Counter(row.reason for row in self.of(Standing.OPEN)).most_common())
