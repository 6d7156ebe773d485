"""Lines of a recurring invoice: an odd field costs its own line, and what Halo counts itself is never ours."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.billing.psa.base import BillableOption
from shared.billing.psa.halo import invoice_lines

LINE: dict[str, Any] = {
    "id": 1,
    "_itemid": 44,
    "item_shortdescription": "Microsoft 365 Business Premium",
    "qty_order": 10,
    "unit_price": Decimal("22.0"),
    "net_amount": Decimal("220.0"),
    "startdate": "1900-01-01T00:00:00Z",
    "enddate": "2026-12-31T00:00:00",
    "recurring_invoice_quantity_type": 0,
    "prorata_data": [],
}


def line(**changes: Any) -> Any:
    return invoice_lines.line({**LINE, **changes}, "900", 0)


def test_a_line_says_its_item_its_number_and_its_days() -> None:
    seen = line()
    assert (seen.id, seen.product_id, seen.quantity, seen.unit_price) == ("1", "44", Decimal(10), Decimal(22))
    assert (seen.effective, seen.ends) == (None, date(2026, 12, 31))
    assert (seen.not_writable, seen.billable) == ("", BillableOption.BILLABLE)


@pytest.mark.parametrize(
    "field, value",
    [
        ("recurring_invoice_quantity_type", 2),
        ("_is_calculated_line", True),
        ("quantity_licences", [{"id": 1}]),
        ("quantity_subscriptions", [{"id": 1}]),
        ("quantity_users", [{"id": 1}]),
        ("quantity_assets", [{"id": 1}]),
    ],
)
def test_a_line_that_halo_counts_is_not_writable_however_it_shows(field: str, value: object) -> None:
    assert "Halo counts the quantity of this line itself" in line(**{field: value}).not_writable


def test_the_type_of_quantities_that_people_enter_is_a_setting() -> None:
    assert invoice_lines.line({**LINE, "recurring_invoice_quantity_type": 3}, "900", 3).not_writable == ""
    assert invoice_lines.line(LINE, "900", 3).not_writable != ""


def test_where_halo_counts_some_line_and_does_not_say_which_none_is_written() -> None:
    document: dict[str, Any] = {
        "id": 900,
        "contains_calculated_quantity": True,
        "lines": [LINE, {**LINE, "id": 2}],
    }
    assert all(found.not_writable for found in invoice_lines.lines(document, 0))
    document["lines"][1]["quantity_users"] = [{"id": 5}]
    assert [bool(found.not_writable) for found in invoice_lines.lines(document, 0)] == [False, True]


@pytest.mark.parametrize("field", ["isgroupdesc", "is_bundled_line", "is_meter", "onetimecharge"])
def test_a_line_without_a_number_of_seats_is_not_writable(field: str) -> None:
    assert "no number of seats" in line(**{field: True}).not_writable


@pytest.mark.parametrize(
    "rows, quantity",
    [
        (None, 10),
        ([{"date": "2026-12-04T00:00:00Z", "quantity": 2}], 12),
        ([{"date": "2026-12-04T00:00:00Z", "quantity": 2, "isinvoiced": True}], 10),
        (
            [{"date": "2026-12-04", "quantity": 2}, {"date": "2026-12-01", "quantity": Decimal("-1.5")}],
            Decimal("10.5"),
        ),
    ],
)
def test_pending_rows_are_part_of_the_number(rows: object, quantity: Decimal) -> None:
    assert line(prorata_data=rows).quantity == quantity


def test_pending_rows_tell_what_the_line_says_from_which_day_on() -> None:
    rows = [{"date": "2026-12-04", "quantity": 2}, {"date": "2026-12-01", "quantity": 1}]
    told = [(pending.day, pending.quantity) for pending in line(prorata_data=rows).pending]
    assert told == [(date(2026, 12, 1), Decimal(11)), (date(2026, 12, 4), Decimal(13))]


@pytest.mark.parametrize(
    "changes, option",
    [
        ({"unit_price": 0}, BillableOption.NO_CHARGE),
        ({"isinactive": True}, BillableOption.DO_NOT_BILL),
        ({"unit_price": "free"}, None),
    ],
)
def test_a_line_without_a_price_charges_nothing_and_an_inactive_one_is_not_billed(
    changes: dict[str, object], option: BillableOption | None
) -> None:
    assert line(**changes).billable is option


@pytest.mark.parametrize(
    "field, value",
    [
        ("qty_order", "ten"),
        ("qty_order", True),
        ("qty_order", Decimal("1E+5000")),
        ("unit_price", Decimal("1E+400")),
        ("_itemid", Decimal("1E+5000")),
        ("prorata_data", [{"quantity": 1e300}]),
        ("unit_price", []),
        ("unit_price", None),
        ("prorata_data", [{"date": "2026-12-04"}]),
        ("prorata_data", "none"),
        ("prorata_data", [{"quantity": "two"}]),
        ("enddate", "soon"),
        ("_itemid", None),
        ("_itemid", 0),
    ],
)
def test_a_field_that_is_not_understood_is_named_and_the_line_is_not_written(
    field: str, value: object
) -> None:
    seen = line(**{field: value})
    assert seen.not_writable == f"Halo shows it with what is not understood: {field}."
    assert seen.bills_from(date(2026, 12, 1))  # as far as anybody knows


def test_a_line_without_a_quantity_is_not_written() -> None:
    assert "Enter the number of seats" in line(qty_order=None).not_writable
    assert line(qty_order=None).bills_from(date(2026, 12, 1))


@pytest.mark.parametrize(
    "changes",
    [
        {"net_amount": 5},
        {"tax_amount": 1},
        {"qty_order": 11},
        {"_warning": "x"},
        {"prorata_data": [{"quantity": 1}]},
    ],
)
def test_what_halo_computes_and_what_we_write_is_no_part_of_the_fingerprint(
    changes: dict[str, object],
) -> None:
    assert line(**changes).fingerprint == line().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"unit_price": 23},
        {"enddate": None},
        {"item_shortdescription": "x"},
        {"_itemid": 45},
        {"a_new_field": 1},
    ],
)
def test_every_other_field_is_part_of_the_fingerprint(changes: dict[str, object]) -> None:
    assert line(**changes).fingerprint != line().fingerprint


def test_ten_is_ten_however_it_is_written() -> None:
    assert line(unit_price=22).fingerprint == line(unit_price=Decimal("22.00")).fingerprint
    assert line(note=None).fingerprint == line(note="").fingerprint == line().fingerprint


def test_the_document_covers_the_numbers_of_every_line_in_any_order() -> None:
    other = {**LINE, "id": 2, "qty_order": 3}
    hashes = [
        invoice_lines.document_hash({"lines": rows})
        for rows in ([LINE, other], [other, LINE], [LINE, {**other, "qty_order": 4}], [LINE])
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
