"""What is made of ConnectWise's rows, without a network."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.billing.psa.base import BillableOption, Line, Write, WriteKind
from shared.billing.psa.connectwise import shapes

ADDITION: dict[str, Any] = {
    "id": 501,
    "product": {"id": 77, "identifier": "M365-BP", "serializedFlag": False, "_info": {"href": "x"}},
    "quantity": 10.0,
    "lessIncluded": 0.0,
    "unitPrice": 22.1,
    "unitCost": 18.0,
    "billCustomer": "Billable",
    "effectiveDate": "2026-01-01T00:00:00Z",
    "taxableFlag": True,
    "serialNumber": "seatwise:1",
    "invoiceDescription": "For the customer",
    "description": "Microsoft 365 Business Premium",
    "sequenceNumber": 1.0,
    "agreementId": 55,
    "agreementStatus": "Active",
    "customFields": [{"id": 3, "caption": "Ref", "value": "abc"}],
}
AGREEMENT: dict[str, Any] = {
    "id": 55,
    "name": "Acme 365",
    "type": {"id": 3, "name": "Microsoft 365"},
    "company": {"id": 2, "identifier": "acme", "name": "Acme"},
}


def line(**changes: Any) -> Line:
    return shapes.line(ADDITION | changes, "55")


def test_an_addition_becomes_a_line() -> None:
    seen = line()
    assert (seen.id, seen.agreement_id, seen.product_id) == ("501", "55", "77")
    assert (seen.quantity, seen.unit_price) == (Decimal(10), Decimal("22.1"))
    assert (seen.effective, seen.ends, seen.not_writable) == (date(2026, 1, 1), None, "")
    assert (seen.marker, seen.description) == ("seatwise:1", "For the customer")
    assert seen.billable is BillableOption.BILLABLE


def test_money_is_read_as_it_is_written() -> None:
    assert line(unitPrice=0.1).unit_price + line(unitPrice=0.2).unit_price == Decimal("0.3")


@pytest.mark.parametrize("unset", [{}, {"cancelledDate": None}, {"cancelledDate": ""}])
def test_an_absent_null_or_empty_cancelled_date_is_one_thing(unset: dict[str, object]) -> None:
    seen = shapes.line(ADDITION | unset, "55")
    assert (seen.ends, seen.not_writable) == (None, "")
    assert seen.fingerprint == line().fingerprint


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"lessIncluded": 2.0}, "'less included' 2,"),
        ({"lessIncluded": -1}, "'less included' -1,"),
        ({"quantity": None}, "no quantity"),
        ({"agreementStatus": "Expired"}, "agreement is expired"),
        ({"agreementStatus": "Cancelled"}, "agreement is cancelled"),
    ],
)
def test_a_line_that_must_not_be_written_says_why(changes: dict[str, Any], words: str) -> None:
    said = line(**changes).not_writable
    assert words in said
    assert said.endswith(".")


@pytest.mark.parametrize("shown", [1000.0, 1200, 1e5, 10.5, -3])
def test_a_quantity_is_shown_as_it_is_and_judged_elsewhere(shown: float) -> None:
    assert line(quantity=shown).not_writable == ""
    assert line(quantity=shown).quantity == Decimal(str(shown))


def test_an_unknown_billable_option_is_none_of_ours() -> None:
    assert line(billCustomer="Sometimes").billable is None


def test_an_addition_without_a_product_is_not_understood() -> None:
    with pytest.raises(ValidationError):
        line(product=None)


@pytest.mark.parametrize(
    "changes",
    [
        {"product": {"id": 78, "identifier": "M365-BP"}},
        {"lessIncluded": 1},
        {"unitPrice": 22.11},
        {"unitCost": 19},
        {"billCustomer": "NoCharge"},
        {"effectiveDate": "2026-01-02T00:00:00Z"},
        {"cancelledDate": "2026-03-31T00:00:00Z"},
        {"taxableFlag": False},
        {"serialNumber": ""},
        {"invoiceDescription": "Other"},
        {"description": "Other"},
        {"uom": "Each"},
        {"opportunity": {"id": 9}},
        {"customFields": [{"id": 3, "caption": "Ref", "value": "abd"}]},
        {"customFields": []},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_fingerprint_notices_every_field_we_never_mean_to_change(changes: dict[str, Any]) -> None:
    assert line(**changes).fingerprint != line().fingerprint


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 11.0},
        {"billedQuantity": 11.0, "extPrice": 242.0, "extCost": 198.0, "margin": 44.0},
        {"proratePrice": 3.5, "prorateCost": 3, "prorateCurrentPeriodFlag": True},
        {"_info": {"lastUpdated": "2026-03-17T10:00:00Z", "updatedBy": "somebody"}},
        {"product": ADDITION["product"] | {"_info": {"href": "y"}}},
        {"unitCost": 18, "sequenceNumber": 1},
        {"uom": None, "opportunity": None, "invoiceGrouping": "", "specialOrderFlag": False},
        {"lessIncluded": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_fingerprint_passes_over_what_is_computed_or_only_written_otherwise(
    changes: dict[str, Any],
) -> None:
    assert line(**changes).fingerprint == line().fingerprint


@given(st.integers(0, 10**6), st.permutations(sorted(ADDITION)))
def test_neither_the_quantity_nor_the_order_of_fields_moves_the_fingerprint(
    count: int, order: list[str]
) -> None:
    row = {name: ADDITION[name] for name in order} | {"quantity": float(count)}
    seen = shapes.line(row, "55")
    assert (seen.fingerprint, seen.quantity) == (line().fingerprint, Decimal(count))


@given(st.decimals("0.01", "100000", places=2))
def test_every_other_price_moves_the_fingerprint(price: Decimal) -> None:
    changed = line(unitPrice=float(price))
    assert changed.unit_price == price
    assert (changed.fingerprint == line().fingerprint) is (price == Decimal("22.1"))


@pytest.mark.parametrize(
    "changes, active",
    [
        ({}, True),
        ({"agreementStatus": "Active"}, True),
        ({"agreementStatus": "Expired"}, False),
        ({"agreementStatus": "Inactive"}, False),
        ({"agreementStatus": "Active", "cancelledFlag": True}, False),
    ],
)
def test_only_an_active_agreement_is_active(changes: dict[str, Any], active: bool) -> None:
    assert shapes.agreement(AGREEMENT | changes).active is active


def test_an_agreement_says_when_it_ends_and_whether_it_prorates() -> None:
    seen = shapes.agreement(
        AGREEMENT
        | {"endDate": "2026-12-31T00:00:00Z", "prorateFlag": True, "nextInvoiceDate": "2026-04-01T00:00:00Z"}
    )
    assert (seen.ends, seen.prorates) == (date(2026, 12, 31), True)
    assert seen.next_invoice == date(2026, 4, 1)
    assert (seen.type, seen.company_id) == ("Microsoft 365", "2")


def test_an_end_date_beside_no_ending_date_is_no_end() -> None:
    row = AGREEMENT | {"endDate": "2026-12-31T00:00:00Z", "noEndingDateFlag": True}
    assert shapes.agreement(row).ends is None


def test_a_bundle_is_not_offered_as_a_product_and_an_inactive_one_says_so() -> None:
    row = {"id": 77, "identifier": "M365-BP", "description": "Business Premium", "price": 22.0}
    assert shapes.product(row | {"productClass": "Bundle"}) is None
    seen = shapes.product(row | {"inactiveFlag": True})
    assert seen is not None
    assert (seen.active, seen.price, seen.cost) == (False, Decimal(22), Decimal(0))


def test_a_deleted_company_is_not_offered() -> None:
    row = {"id": 2, "identifier": "acme", "name": "Acme"}
    assert shapes.company(row | {"deletedFlag": True}) is None
    assert shapes.company(row) is not None


def write(**changes: Any) -> Write:
    return Write(
        kind=WriteKind.CREATE_LINE,
        agreement_id="55",
        product_id="77",
        before=0,
        after=12,
        marker="seatwise:1",
    ).model_copy(update=changes)


def test_a_new_line_leaves_the_price_and_everything_unsaid_to_the_psa() -> None:
    assert shapes.new_addition(write()) == {
        "product": {"id": 77},
        "quantity": 12,
        "billCustomer": "Billable",
        "serialNumber": "seatwise:1",
    }


def test_a_new_line_says_what_was_asked_for() -> None:
    body = shapes.new_addition(
        write(effective=date(2026, 3, 17), invoice_text="March", billable=BillableOption.DO_NOT_BILL)
    )
    assert body["effectiveDate"] == "2026-03-17T00:00:00Z"
    assert (body["invoiceDescription"], body["billCustomer"]) == ("March", "DoNotBill")


@pytest.mark.parametrize(
    "body, code, words",
    [
        (
            {
                "code": "InvalidObject",
                "message": "addition object is invalid",
                "errors": [{"message": "Product is inactive"}, {"message": "Product is inactive"}, "odd"],
            },
            "InvalidObject",
            "addition object is invalid Product is inactive",
        ),
        (
            {"error": "ConnectWiseAPI", "message": "Too many requests."},
            "ConnectWiseAPI",
            "Too many requests.",
        ),
        ({"code": "Security", "message": "SSL is required.", "errors": None}, "Security", "SSL is required."),
        ({"message": "two\nlines"}, "", "two lines"),
        ([], "", ""),
        (None, "", ""),
    ],
)
def test_the_vendors_words_are_found_in_every_shape_of_error(body: object, code: str, words: str) -> None:
    assert shapes.vendor_words(body) == (code, words)


def test_the_vendors_words_are_cut_to_what_fits_in_an_alert() -> None:
    assert len(shapes.vendor_words({"message": "x" * 5000})[1]) == 500
