"""What we make of ConnectWise's rows. A field that is not understood costs its own row, never the list. No network."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from shared.billing.psa.amounts import Amount, Id, row_id
from shared.billing.psa.base import Agreement, Line, Period, Product, Proration, PsaCompany
from shared.billing.psa.connectwise.bodies import BILLABLE
from shared.billing.psa.connectwise.periods import period_of
from shared.billing.psa.days import Day
from shared.billing.psa.fingerprint import fingerprint_of


@dataclass(frozen=True, slots=True)
class WholeList:
    """Every row of a list, by id."""

    rows: Mapping[int, Mapping[str, Any]]
    nameless: int
    """Rows whose very id is not understood."""


def id_of(row: Mapping[str, Any]) -> int | None:
    """The id of a row; None when it is not understood."""
    return row_id(row.get("id"))


type _Text = Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else "")]
"""For show only: whatever is no text is none."""
type _Status = Literal["Active", "Cancelled", "Expired", "Inactive", ""]


class _Row(BaseModel):
    """One row of a list. Its fields are also the columns that are asked for."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class _Reference(_Row):
    id: Id
    name: _Text = ""


class _Label(_Row):
    """A reference of which only the name is shown."""

    name: _Text = ""


class _Company(_Row):
    id: int = 0
    identifier: _Text = ""
    name: _Text = ""
    website: _Text = ""
    deleted_flag: bool | None = None


class _Product(_Row):
    id: int = 0
    identifier: _Text = ""
    description: _Text = ""
    price: Amount | None = None
    cost: Amount | None = None
    inactive_flag: bool | None = None
    product_class: str | None = None
    recurring_flag: bool | None = None
    recurring_bill_cycle: _Label | None = None


class _Agreement(_Row):
    id: int = 0
    name: _Text = ""
    type: _Label | None = None
    company: _Reference | None = None
    agreement_status: _Status | None = None
    cancelled_flag: bool | None = None
    start_date: Day = None
    end_date: Day = None
    no_ending_date_flag: bool | None = None
    prorate_flag: bool | None = None
    next_invoice_date: Day = None
    parent_agreement: _Reference | None = None
    billing_cycle: _Label | None = None


class _Addition(_Row):
    id: int = 0
    product: _Reference | None = None
    quantity: Amount | None = None
    less_included: Amount | None = None
    unit_price: Amount | None = None
    bill_customer: str | None = None
    effective_date: Day = None
    cancelled_date: Day = None
    serial_number: str | None = None
    invoice_description: str | None = None
    description: _Text = ""
    agreement_status: str | None = None


def _columns(row: type[_Row], *more: str) -> str:
    return ",".join((*(str(field.alias) for field in row.model_fields.values()), *more))


COMPANY_COLUMNS = _columns(_Company)
PRODUCT_COLUMNS = _columns(_Product)
AGREEMENT_COLUMNS = _columns(_Agreement)
LINE_COLUMNS = _columns(
    _Addition,
    # Not used by us, but kept as they are: a write that changes one of them did more than we asked for.
    "unitCost",
    "taxableFlag",
    "purchaseItemFlag",
    "specialOrderFlag",
    "uom",
    "sequenceNumber",
    "opportunity",
    "invoiceGrouping",
    "customFields",
)
_FINGERPRINTED = frozenset(LINE_COLUMNS.split(",")) - {"quantity", "agreementStatus"}
"""Whatever else a server sends along is no part of it: one line has one fingerprint."""
_FOR_SHOW = frozenset({"type", "startDate", "nextInvoiceDate", "parentAgreement", "billingCycle"})
"""Of an agreement: it can be billed by without them."""
_CYCLE = frozenset({"recurringFlag", "recurringBillCycle"})
"""Of a product: how often it is charged may be unknown."""


def _read[R: _Row](shape: type[R], row: Mapping[str, Any]) -> tuple[R, set[str]]:
    """The row with what of it is understood, and the names of the fields that are not."""
    row = {**row, "id": id_of(row) or 0}
    try:
        return shape.model_validate(row), set()
    except ValidationError as error:
        odd = {str(fault["loc"][0]) for fault in error.errors()}
        return shape.model_validate({name: value for name, value in row.items() if name not in odd}), odd


def company(row: Mapping[str, Any]) -> PsaCompany | None:
    """None when it was deleted."""
    seen, _ = _read(_Company, row)
    if seen.deleted_flag:
        return None
    name = seen.name or seen.identifier or f"Company {seen.id}"
    return PsaCompany(str(seen.id), name, seen.identifier, seen.website)


def product(row: Mapping[str, Any]) -> Product | None:
    """None when it is a bundle, which cannot be a line of an agreement. What is not understood is not offered."""
    seen, odd = _read(_Product, row)
    if seen.product_class == "Bundle":
        return None
    return Product(
        id=str(seen.id),
        sku=seen.identifier,
        name=seen.description or seen.identifier or f"Product {seen.id}",
        price=seen.price or Decimal(),
        cost=seen.cost or Decimal(),
        active=not seen.inactive_flag and not odd - _CYCLE,
        period=period_of(seen.recurring_bill_cycle.name)
        if seen.recurring_flag and seen.recurring_bill_cycle
        else Period.UNKNOWN,
    )


def agreements(found: WholeList, today: date, in_advance: Collection[str] = ()) -> list[Agreement]:
    """Every agreement of the list. One that is not understood is there all the same and says so.

    `in_advance`: the types, in small letters, that are billed in advance.
    """
    read = {id_: _read(_Agreement, row) for id_, row in found.rows.items()}
    rows = {id_: seen for id_, (seen, _) in read.items()}
    shaped = [_agreement(seen, odd, _next_invoice(seen, rows, today), today) for seen, odd in read.values()]
    if found.nameless:
        shaped.append(_agreement(_Agreement(), {"id"}, None, today))
    return [replace(row, billed_through=_billed_through(row, in_advance)) for row in shaped]


def _billed_through(agreement: Agreement, in_advance: Collection[str]) -> date | None:
    """The day before the next invoice, or its last one, where an invoice is for the period that begins."""
    if agreement.next_invoice is None or agreement.type.casefold() not in in_advance:
        return None
    return min(agreement.next_invoice - timedelta(days=1), agreement.ends or date.max)


def _agreement(seen: _Agreement, odd: set[str], next_invoice: date | None, today: date) -> Agreement:
    odd = (odd - _FOR_SHOW) | ({"company"} if seen.company is None else set())
    ends = None if seen.no_ending_date_flag else seen.end_date
    is_over = ends is not None and ends < today
    return Agreement(
        id=str(seen.id) if seen.id else "",
        name=seen.name or f"Agreement {seen.id}",
        type=seen.type.name if seen.type else "",
        company_id=str(seen.company.id) if seen.company else "",
        active=not seen.cancelled_flag and seen.agreement_status in (None, "", "Active") and not is_over,
        starts=seen.start_date,
        ends=ends,
        proration=Proration.BY_SECOND_LINE if seen.prorate_flag else Proration.NONE,
        next_invoice=next_invoice,
        not_understood=", ".join(sorted(odd)),
        period=period_of(seen.billing_cycle.name) if seen.billing_cycle else Period.UNKNOWN,
    )


def _next_invoice(seen: _Agreement, rows: Mapping[int, _Agreement], today: date) -> date | None:
    """The soonest of its own and its parents': a child is invoiced with its parent, whatever date it has itself."""
    dates, passed = [seen.next_invoice_date], {seen.id}
    while seen.parent_agreement is not None and seen.parent_agreement.id not in passed:
        parent = rows.get(seen.parent_agreement.id)
        if parent is None:
            break
        dates.append(parent.next_invoice_date)
        passed.add(parent.id)
        seen = parent
    known = [day for day in dates if day is not None]
    return min((day for day in known if day >= today), default=known[0] if known else None)


def odd_fields(row: Mapping[str, Any]) -> str:
    """Which fields of an addition are not understood; "" when all are."""
    seen, odd = _read(_Addition, row)
    return ", ".join(sorted(odd | ({"product"} if seen.product is None else set())))


def line(row: Mapping[str, Any], agreement_id: str) -> Line:
    """Make a line of an addition that was read with LINE_COLUMNS."""
    seen, _ = _read(_Addition, row)
    odd = odd_fields(row)
    return Line(
        id=str(seen.id),
        agreement_id=agreement_id,
        product_id=str(seen.product.id) if seen.product else "",
        quantity=seen.quantity or Decimal(),
        unit_price=seen.unit_price or Decimal(),
        price_untold=seen.unit_price is None,
        description=seen.invoice_description or seen.description,
        marker=seen.serial_number or "",
        effective=seen.effective_date,
        ends=seen.cancelled_date,
        not_writable=f"ConnectWise shows it with what is not understood: {odd}." if odd else _why_not(seen),
        fingerprint=_fingerprint(row),
        but_end=_fingerprint(row, _FINGERPRINTED - {"cancelledDate"}),
        text=seen.invoice_description or "",
        but_text=_fingerprint(row, _FINGERPRINTED - {"invoiceDescription"}),
        billable=BILLABLE.get(seen.bill_customer or ""),
        not_understood=odd or ("quantity" if seen.quantity is None else ""),
    )


def lines(rows: Iterable[Mapping[str, Any]], agreement_id: str) -> list[Line]:
    return [line(row, agreement_id) for row in rows]


def _why_not(seen: _Addition) -> str:
    """Why the line must not be written; "" when it may."""
    if seen.agreement_status not in (None, "", "Active"):
        return f"Its agreement is {seen.agreement_status.lower()}. Map the licence to an active agreement."
    if seen.less_included:
        return (
            f"The line has 'less included' {seen.less_included.normalize():f}, and Seatwise subtracts included"
            " seats itself: they would be taken off twice. Set it to 0 in ConnectWise, and the included"
            " quantity in the mapping."
        )
    if seen.quantity is None:
        return "The line shows no quantity. Enter the number of seats in ConnectWise."
    return ""


def _fingerprint(row: Mapping[str, Any], of: frozenset[str] = _FINGERPRINTED) -> str:
    return fingerprint_of({name: value for name, value in row.items() if name in of})
