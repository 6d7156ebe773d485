"""What ConnectWise sends and what we make of it: rows, request bodies and error bodies. No network here."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from shared.billing.psa.base import Agreement, BillableOption, Line, Product, PsaCompany, Write

_WORDS_LENGTH = 500

# Rows


def _day(value: object) -> object:
    """ConnectWise sends days as midnight in UTC; an unset one is absent, null or ""."""
    if value in (None, ""):
        return None
    return value[:10] if isinstance(value, str) else value


type _Day = Annotated[date | None, BeforeValidator(_day)]


class _Row(BaseModel):
    """One row of a list. Its fields are also the columns that are asked for."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )


class _Reference(_Row):
    id: int
    name: str = ""


class _Company(_Row):
    id: int
    identifier: str = ""
    name: str
    website: str | None = None
    deleted_flag: bool | None = None


class _Product(_Row):
    id: int
    identifier: str
    description: str | None = None
    price: Decimal | None = None
    cost: Decimal | None = None
    inactive_flag: bool | None = None
    product_class: str | None = None


class _Agreement(_Row):
    id: int
    name: str
    type: _Reference
    company: _Reference
    agreement_status: str | None = None
    cancelled_flag: bool | None = None
    end_date: _Day = None
    no_ending_date_flag: bool | None = None
    prorate_flag: bool | None = None
    next_invoice_date: _Day = None


class _Addition(_Row):
    id: int
    product: _Reference
    quantity: Decimal | None = None
    less_included: Decimal | None = None
    unit_price: Decimal | None = None
    bill_customer: str | None = None
    effective_date: _Day = None
    cancelled_date: _Day = None
    serial_number: str | None = None
    invoice_description: str | None = None
    description: str | None = None
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
_MAY_CHANGE = frozenset(
    {
        "quantity",
        "agreementId",
        "agreementStatus",
        # Computed by ConnectWise from the quantity, or by the day.
        "billedQuantity",
        "extPrice",
        "extCost",
        "margin",
        "prorateCost",
        "proratePrice",
        "extendedProrateCost",
        "extendedProratePrice",
        "prorateCurrentPeriodFlag",
    }
)


def company(row: dict[str, Any]) -> PsaCompany | None:
    """None when it was deleted."""
    seen = _Company.model_validate(row)
    if seen.deleted_flag:
        return None
    return PsaCompany(str(seen.id), seen.name, seen.identifier, seen.website or "")


def product(row: dict[str, Any]) -> Product | None:
    """None when it is a bundle, which cannot be a line of an agreement."""
    seen = _Product.model_validate(row)
    if seen.product_class == "Bundle":
        return None
    return Product(
        id=str(seen.id),
        sku=seen.identifier,
        name=seen.description or seen.identifier,
        price=seen.price or Decimal(),
        cost=seen.cost or Decimal(),
        active=not seen.inactive_flag,
    )


def agreement(row: dict[str, Any]) -> Agreement:
    seen = _Agreement.model_validate(row)
    return Agreement(
        id=str(seen.id),
        name=seen.name,
        type=seen.type.name,
        company_id=str(seen.company.id),
        active=not seen.cancelled_flag and seen.agreement_status in (None, "", "Active"),
        ends=None if seen.no_ending_date_flag else seen.end_date,
        prorates=bool(seen.prorate_flag),
        next_invoice=seen.next_invoice_date,
    )


def line(row: dict[str, Any], agreement_id: str) -> Line:
    """Make a line of an addition that was read with LINE_COLUMNS. Raises pydantic's ValidationError."""
    seen = _Addition.model_validate(row)
    return Line(
        id=str(seen.id),
        agreement_id=agreement_id,
        product_id=str(seen.product.id),
        quantity=seen.quantity or Decimal(),
        unit_price=seen.unit_price or Decimal(),
        description=seen.invoice_description or seen.description or "",
        marker=seen.serial_number or "",
        effective=seen.effective_date,
        ends=seen.cancelled_date,
        not_writable=_not_writable(seen),
        fingerprint=_fingerprint(row),
        billable=_BILLABLE.get(seen.bill_customer or ""),
    )


_BILLABLE = {
    "Billable": BillableOption.BILLABLE,
    "DoNotBill": BillableOption.DO_NOT_BILL,
    "NoCharge": BillableOption.NO_CHARGE,
}
_BILL_CUSTOMER = {option: word for word, option in _BILLABLE.items()}


def _not_writable(seen: _Addition) -> str:
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


def _fingerprint(row: dict[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if name not in _MAY_CHANGE}
    return hashlib.sha256(json.dumps(_plain(kept), sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """One form for what ConnectWise writes in several: unset may be absent, null, "", 0 or false; 10 may be 10.0."""
    match value:
        case dict():
            inner = {name: _plain(item) for name, item in value.items() if name != "_info"}
            return {name: item for name, item in inner.items() if item is not None} or None
        case list():
            return [_plain(item) for item in value] or None
        case bool():
            return value or None
        case int() | float():
            return f"{Decimal(str(value)).normalize():f}" if value else None
        case _:
            return value or None


# Requests


def new_addition(write: Write) -> dict[str, object]:
    """The body that creates a line. The price stays the PSA's."""
    body: dict[str, object] = {
        "product": {"id": int(write.product_id)},
        "quantity": write.after,
        "billCustomer": _BILL_CUSTOMER[write.billable],
        "serialNumber": write.marker,
    }
    if write.effective is not None:
        body["effectiveDate"] = f"{write.effective.isoformat()}T00:00:00Z"
    if write.invoice_text:
        body["invoiceDescription"] = write.invoice_text
    return body


def new_quantity(write: Write) -> list[dict[str, object]]:
    """ConnectWise's own patch dialect: a list, bare paths. A path it does not know answers 200 and changes nothing."""
    return [{"op": "replace", "path": "quantity", "value": write.after}]


# Errors


def vendor_words(body: object) -> tuple[str, str]:
    """Code and message of an error body, whichever of its shapes it has."""
    if not isinstance(body, dict):
        return "", ""
    code = str(body.get("code") or body.get("error") or "")
    errors = body.get("errors")
    details = (
        [str(e.get("message") or "") for e in errors if isinstance(e, dict)]
        if isinstance(errors, list)
        else []
    )
    message = " ".join(
        dict.fromkeys(
            word for word in (str(body.get("message") or body.get("Message") or ""), *details) if word
        )
    )
    return code[:60], " ".join(message.split())[:_WORDS_LENGTH]
