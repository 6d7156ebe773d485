"""Lines of a recurring invoice: what they say, why one is not written, and what of them must stay as it is."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from shared.billing.psa.amounts import Amount, Id, WholeNumber
from shared.billing.psa.base import BillableOption, Line, Pending
from shared.billing.psa.days import Day
from shared.billing.psa.fingerprint import fingerprint_of
from shared.billing.psa.halo.rows import Row, Rows, id_of, none_is_empty, read_row
from shared.http.json_text import whole_text

REFERENCE_FIELD = "CFSeatwise"
"""The custom field of an invoice line that carries our mark, where the MSP made one of that name."""


class _ProRata(Row):
    date: Day = None
    quantity: Amount
    isinvoiced: bool | None = None


class _Line(Row):
    item_id: Id | None = Field(None, alias="_itemid")
    item_shortdescription: Annotated[str, AfterValidator(whole_text)] | None = None
    qty_order: Amount | None = None
    unit_price: Amount | None = None
    startdate: Day = None
    enddate: Day = None
    isinactive: bool | None = None
    recurring_invoice_quantity_type: WholeNumber | None = None
    is_calculated: bool | None = Field(None, alias="_is_calculated_line")
    quantity_licences: Rows = Field(default_factory=list)
    quantity_subscriptions: Rows = Field(default_factory=list)
    quantity_users: Rows = Field(default_factory=list)
    quantity_assets: Rows = Field(default_factory=list)
    prorata_data: Annotated[list[_ProRata], BeforeValidator(none_is_empty)] = Field(default_factory=list)
    customfields: Rows = Field(default_factory=list)
    isgroupdesc: bool | None = None
    is_bundled_line: bool | None = None
    is_meter: bool | None = None
    onetimecharge: bool | None = None

    @property
    def pending(self) -> tuple[tuple[date | None, Decimal], ...]:
        """Rows that Halo has not billed yet: when it makes the invoice they become part of the quantity."""
        return tuple((row.date, row.quantity) for row in self.prorata_data if not row.isinvoiced)

    @property
    def is_counted(self) -> bool:
        counts = (
            self.quantity_licences,
            self.quantity_subscriptions,
            self.quantity_users,
            self.quantity_assets,
        )
        return bool(self.is_calculated) or any(counts)


_NO_SEATS = {
    "isgroupdesc": "is a heading of a group",
    "is_bundled_line": "is part of a bundle",
    "is_meter": "is billed by a meter",
    "onetimecharge": "is charged only once",
}
_COMPUTED = re.compile(
    r"_(?!itemid$).*|.*_converted|net_amount|net_total|total_.*|tax_amount|taxRuleResult|linked_item|revenue"
    r"|.*_name|line_fully_invoiced|percent_invoiced|last_reading_date|current_reading"
)
_OURS = frozenset({"qty_order", "prorata_data"})


def line(row: Mapping[str, Any], agreement_id: str, by_hand: int, *, unknown_counted: bool = False) -> Line:
    """`by_hand`: the type of quantities that people enter; `unknown_counted`: Halo counts one, and not told which."""
    seen, odd = read_row(_Line, row)
    not_understood = odd_fields(row)
    return Line(
        id=str(seen.id),
        agreement_id=agreement_id,
        product_id=str(seen.item_id) if seen.item_id else "",
        quantity=in_effect(seen),
        unit_price=seen.unit_price or Decimal(),
        description=seen.item_shortdescription or "",
        marker=_reference(seen),
        effective=seen.startdate,
        ends=seen.enddate,
        not_writable=_why_not(seen, not_understood, by_hand, unknown_counted=unknown_counted),
        fingerprint=fingerprint(row),
        but_end=fingerprint(row, but=_OURS | {"enddate"}),
        text=seen.item_shortdescription or "",
        but_text=fingerprint(row, but=_OURS | {"item_shortdescription"}),
        billable=_billable(seen, odd),
        pending=_pending(seen),
        not_understood=not_understood or ("qty_order" if seen.qty_order is None else ""),
    )


def lines(document: Mapping[str, Any], by_hand: int) -> list[Line]:
    """Every line of a document."""
    told = document.get("contains_calculated_quantity") is True
    rows, whole = document["lines"], document_hash(document)
    unknown = told and not any(read_row(_Line, row)[0].is_counted for row in rows)
    place = str(id_of(document))
    return [replace(line(row, place, by_hand, unknown_counted=unknown), document=whole) for row in rows]


def document_hash(document: Mapping[str, Any]) -> str:
    """Hash of every field of every line that Halo does not compute: what the next write would send back."""
    told = sorted(f"{id_of(row)} {fingerprint(row, but=frozenset())}" for row in document["lines"])
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]


def _pending(seen: _Line) -> tuple[Pending, ...]:
    """What the line says from the day of each row on."""
    says, changes = seen.qty_order or Decimal(), []
    for day, more in sorted((row for row in seen.pending if row[0] is not None), key=lambda row: str(row[0])):
        says += more
        if day is not None:
            changes.append(Pending(day, says))
    return tuple(changes)


def in_effect(seen: _Line) -> Decimal:
    """What is billed once every pending row has become part of the quantity."""
    return (seen.qty_order or Decimal()) + pending_of(seen)


def pending_of(seen: _Line) -> Decimal:
    return sum((quantity for _, quantity in seen.pending), Decimal())


def pending(row: Mapping[str, Any]) -> Decimal:
    """The seats of a line that wait in pro-rata rows."""
    return pending_of(read_row(_Line, row)[0])


def _reference(seen: _Line) -> str:
    values = (one.get("value") for one in seen.customfields if one.get("name") == REFERENCE_FIELD)
    return next((whole_text(value) for value in values if isinstance(value, str)), "")


def _billable(seen: _Line, odd: set[str]) -> BillableOption | None:
    """Halo has no such field: a line without a price charges nothing, an inactive one is not on the invoice."""
    if odd & {"isinactive", "unit_price"}:
        return None
    if seen.isinactive:
        return BillableOption.DO_NOT_BILL
    return BillableOption.BILLABLE if seen.unit_price else BillableOption.NO_CHARGE


def odd_fields(row: Mapping[str, Any]) -> str:
    """Which fields of a line are not understood; "" when all are."""
    seen, odd = read_row(_Line, row)
    told = {"id": seen.id or None, "_itemid": seen.item_id, "unit_price": seen.unit_price}
    missing = {name for name, value in told.items() if value is None}
    return ", ".join(sorted(odd | missing))


def _why_not(seen: _Line, odd: str, by_hand: int, *, unknown_counted: bool) -> str:
    """Why the line must not be written; "" when it may."""
    if odd:
        return f"Halo shows it with what is not understood: {odd}."
    if seen.is_counted or seen.recurring_invoice_quantity_type not in (None, by_hand) or unknown_counted:
        return (
            "Halo counts the quantity of this line itself, and overwrites what is written."
            " Choose another line, or set its quantity by hand in Halo."
        )
    for name, what in _NO_SEATS.items():
        if getattr(seen, name):
            return f"The line {what}, so it has no number of seats. Choose another line in Halo."
    if seen.qty_order is None:
        return "The line shows no quantity. Enter the number of seats in Halo."
    return ""


def fingerprint(row: Mapping[str, Any], *, but: frozenset[str] = _OURS) -> str:
    """Hash of every field of a line that we never mean to change, and that Halo does not compute."""
    return fingerprint_of(
        {name: value for name, value in row.items() if name not in but and not _COMPUTED.fullmatch(name)}
    )
