"""What is made of ConnectWise's rows, without a network."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.psa.base import Agreement, BillableOption, Line, Period, Proration, Write, WriteKind
from shared.billing.psa.connectwise import bodies, shapes
from shared.billing.psa.connectwise.shapes import WholeList

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
PRODUCT: dict[str, Any] = {
    "id": 77,
    "identifier": "M365-BP",
    "description": "Microsoft 365 Business Premium",
    "price": 23.5,
    "cost": 18.0,
    "recurringFlag": True,
}


TODAY = date(2026, 4, 1)


def agreements(*rows: dict[str, Any], nameless: int = 0, today: date = TODAY) -> dict[str, Agreement]:
    found = WholeList({row["id"]: row for row in rows}, nameless)
    return {one.id: one for one in shapes.agreements(found, today)}


def agreement(**changes: Any) -> Agreement:
    return agreements(AGREEMENT | changes)["55"]


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


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"product": None}, "product"),
        ({"product": {"name": "without an id"}}, "product"),
        ({"quantity": "many"}, "quantity"),
        ({"lessIncluded": {}}, "lessIncluded"),
        ({"unitPrice": float("inf")}, "unitPrice"),
        ({"unitPrice": 1e308}, "unitPrice"),
        ({"quantity": 1e22}, "quantity"),
        ({"quantity": "NaN"}, "quantity"),
        ({"effectiveDate": "soon"}, "effectiveDate"),
        ({"cancelledDate": 20260331}, "cancelledDate"),
        ({"billCustomer": True, "quantity": []}, "billCustomer, quantity"),
    ],
)
def test_a_line_with_an_odd_field_is_shown_and_never_written(changes: dict[str, Any], named: str) -> None:
    seen = line(**changes)
    assert seen.id == "501"
    assert seen.not_writable == f"ConnectWise shows it with what is not understood: {named}."
    assert seen.bills_from(TODAY)  # as far as anybody knows


def test_a_line_with_odd_texts_is_written_all_the_same() -> None:
    seen = line(description=7, invoiceDescription=None, uom={"odd": 1}, neverSeen={"new": "column"})
    assert (seen.not_writable, seen.description) == ("", "")


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
        ({"agreementStatus": "Active", "endDate": "2026-03-31T00:00:00Z"}, False),
        ({"agreementStatus": None, "endDate": "2026-03-31T00:00:00Z"}, False),
        ({"endDate": "2026-04-01T00:00:00Z"}, True),
        ({"endDate": "2026-03-31T00:00:00Z", "noEndingDateFlag": True}, True),
    ],
)
def test_only_an_active_agreement_is_active(changes: dict[str, Any], active: bool) -> None:
    assert agreement(**changes).active is active


def test_an_agreement_says_when_it_ends_and_whether_it_prorates() -> None:
    seen = agreement(endDate="2026-12-31T00:00:00Z", prorateFlag=True, nextInvoiceDate="2026-04-01T00:00:00Z")
    assert (seen.ends, seen.proration) == (date(2026, 12, 31), Proration.BY_SECOND_LINE)
    assert seen.next_invoice == date(2026, 4, 1)
    assert (seen.type, seen.company_id) == ("Microsoft 365", "2")


@pytest.mark.parametrize(
    "in_advance, ends, through",
    [
        ((), None, None),
        (("backup",), None, None),
        (("microsoft 365",), None, date(2026, 3, 31)),
        (("microsoft 365",), "2026-03-20T00:00:00Z", date(2026, 3, 20)),
        (("microsoft 365",), "2026-12-31T00:00:00Z", date(2026, 3, 31)),
    ],
    ids=["nobody said", "another type", "in advance", "ends before", "ends after"],
)
def test_an_agreement_is_billed_to_the_day_before_its_next_invoice_where_that_is_in_advance(
    in_advance: tuple[str, ...], ends: str | None, through: date | None
) -> None:
    row = AGREEMENT | {"nextInvoiceDate": "2026-04-01T00:00:00Z", "endDate": ends}
    (seen,) = shapes.agreements(WholeList({310: row}, 0), date(2026, 3, 17), in_advance)
    assert seen.billed_through == through


def test_an_end_date_beside_no_ending_date_is_no_end() -> None:
    assert agreement(endDate="2026-12-31T00:00:00Z", noEndingDateFlag=True).ends is None


# Odd rows


@pytest.mark.parametrize(
    "cycle, period",
    [
        ("Monthly", Period.MONTHLY),
        ("monthly ", Period.MONTHLY),
        ("Annual", Period.ANNUAL),
        ("Yearly", Period.ANNUAL),
        ("Semi-Annual", Period.OTHER),
        ("Bi-Monthly", Period.OTHER),
        ("Quarterly", Period.OTHER),
        ("MSP cycle 4", Period.UNKNOWN),
        ("Monthly or annual", Period.UNKNOWN),
        ("", Period.UNKNOWN),
    ],
)
def test_the_name_of_a_billing_cycle_says_how_often_is_billed(cycle: str, period: Period) -> None:
    assert agreement(billingCycle={"id": 2, "name": cycle}).period is period
    seen = shapes.product(PRODUCT | {"recurringFlag": True, "recurringBillCycle": {"id": 2, "name": cycle}})
    assert seen is not None
    assert (seen.period, seen.active) == (period, True)


@pytest.mark.parametrize("odd", [None, {}, {"id": 2}, {"name": 7}, "Monthly", 7])
def test_a_billing_cycle_that_is_odd_is_not_known_and_costs_nothing(odd: Any) -> None:
    seen, of_product = agreement(billingCycle=odd), shapes.product(PRODUCT | {"recurringBillCycle": odd})
    assert (seen.period, seen.not_understood) == (Period.UNKNOWN, "")
    assert of_product is not None
    assert (of_product.period, of_product.active) == (Period.UNKNOWN, True)


def test_a_product_that_is_not_charged_again_and_again_has_no_period() -> None:
    cycle = {"id": 2, "name": "Monthly"}
    seen = shapes.product(PRODUCT | {"recurringFlag": False, "recurringBillCycle": cycle})
    assert seen is not None
    assert seen.period is Period.UNKNOWN


@pytest.mark.parametrize("odd", [None, {}, {"id": None}, {"id": None, "name": None}, "Managed", 7])
def test_a_type_that_is_odd_costs_an_agreement_nothing_but_its_types_name(odd: Any) -> None:
    """Public report: one agreement of another customer without a type stopped a whole night."""
    seen = agreement(type=odd)
    assert (seen.not_understood, seen.type, seen.company_id, seen.active) == ("", "", "2", True)


@pytest.mark.parametrize(
    "odd", ["12/1/2026", "soon", 7, {}, "9999-12-31T23:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_next_invoice_date_that_is_odd_costs_nothing(odd: Any) -> None:
    assert agreement(nextInvoiceDate=odd).not_understood == ""


def test_an_agreement_without_a_name_is_called_by_its_id() -> None:
    assert agreement(name=None).name == "Agreement 55"


@pytest.mark.parametrize(
    "changes, named",
    [
        ({"company": None}, "company"),
        ({"company": {}}, "company"),
        ({"company": {"id": None}}, "company"),
        ({"endDate": "12/31/2026"}, "endDate"),
        ({"agreementStatus": "Suspended"}, "agreementStatus"),
        ({"cancelledFlag": "perhaps"}, "cancelledFlag"),
        ({"prorateFlag": "perhaps", "company": None}, "company, prorateFlag"),
    ],
)
def test_an_agreement_with_an_odd_field_is_there_and_says_which(changes: dict[str, Any], named: str) -> None:
    both = agreements(AGREEMENT | changes, AGREEMENT | {"id": 56})
    assert both["55"].not_understood == named
    assert (both["56"].not_understood, both["56"].active) == ("", True)


def test_a_company_that_is_only_an_id_is_understood() -> None:
    assert agreement(company={"id": 2, "name": None}).company_id == "2"


def test_a_row_without_an_id_is_known_to_exist() -> None:
    both = agreements(AGREEMENT, nameless=1)
    assert both[""].not_understood
    assert both["55"].not_understood == ""


def test_an_unknown_column_changes_nothing() -> None:
    assert agreement(newColumn={"a": [1]}, customFields=[{"value": 0.5}, {"value": None}]) == agreement()


# Parents


def test_a_child_agreement_is_invoiced_with_its_parent() -> None:
    parent = AGREEMENT | {"id": 1, "nextInvoiceDate": "2026-04-02T00:00:00Z"}
    child = AGREEMENT | {"id": 2, "parentAgreement": {"id": 1, "name": "Parent"}}
    long_past = child | {"id": 3, "nextInvoiceDate": "2024-01-01T00:00:00Z"}
    grandchild = child | {"id": 4, "parentAgreement": {"id": 3}}
    seen = agreements(parent, child, long_past, grandchild)
    assert {one.next_invoice for one in seen.values()} == {date(2026, 4, 2)}


def test_agreements_that_are_each_others_parents_end_the_search() -> None:
    one = AGREEMENT | {"id": 1, "parentAgreement": {"id": 2}}
    other = AGREEMENT | {"id": 2, "parentAgreement": {"id": 1}, "nextInvoiceDate": "2026-05-01T00:00:00Z"}
    assert {seen.next_invoice for seen in agreements(one, other).values()} == {date(2026, 5, 1)}


@pytest.mark.parametrize("parent", [{"id": 9}, {"id": None}, "odd", None])
def test_a_parent_that_is_not_in_the_list_leaves_the_childs_own_date(parent: Any) -> None:
    seen = agreement(parentAgreement=parent, nextInvoiceDate="2026-05-01T00:00:00Z")
    assert (seen.next_invoice, seen.not_understood) == (date(2026, 5, 1), "")


# Days


@pytest.mark.parametrize(
    "sent, meant",
    [
        ("2026-03-31T00:00:00Z", date(2026, 3, 31)),
        ("2026-03-31", date(2026, 3, 31)),
        ("2026-03-30T22:00:00Z", date(2026, 3, 31)),
        ("2026-03-30T23:00:00Z", date(2026, 3, 31)),
        ("2026-03-30T14:00:00Z", date(2026, 3, 31)),
        ("2026-03-30T18:30:00Z", date(2026, 3, 31)),
        ("2026-03-31T05:00:00Z", date(2026, 3, 31)),
        ("2026-03-31T12:00:00Z", date(2026, 3, 31)),
        ("2026-03-31T15:23:11Z", date(2026, 3, 31)),
        ("2026-03-31T00:00:00+02:00", date(2026, 3, 31)),
        ("9999-12-31T23:00:00Z", date(9999, 12, 31)),
    ],
)
def test_a_day_that_arrives_as_midnight_of_a_zone_is_the_day_that_is_meant(sent: str, meant: date) -> None:
    assert line(cancelledDate=sent).ends == meant


@pytest.mark.parametrize(
    "unset",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+14:00",
        "1900-01-01T00:00:00Z",
        "",
        None,
    ],
)
def test_a_day_that_nobody_set_is_none_however_it_is_written(unset: str | None) -> None:
    """A line that had ended in the year 1 would be history, and a second one would be made beside it."""
    assert line(cancelledDate=unset).ends is None
    assert agreement(endDate=unset).active


@given(st.datetimes(), st.sampled_from(["", "Z", "+14:00", "-12:00", "+05:45"]))
def test_every_instant_is_a_day_near_it(at: datetime, zone: str) -> None:
    ends = line(cancelledDate=f"{at.isoformat()}{zone}").ends
    if at.year < 1901:
        assert ends is None
        return
    assert ends is not None
    assert abs((ends - at.date()).days) <= 1


# Fingerprints


def test_a_line_has_one_fingerprint_whatever_columns_came_along() -> None:
    """Public report: a second page that lost its query comes with every column."""
    more = {
        "billedQuantity": 10.0,
        "margin": 4.0,
        "neverSeen": "x",
        "agreement": {"id": 55},
        "_info": {"a": 1},
    }
    assert line(**more).fingerprint == line().fingerprint


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


@pytest.mark.parametrize(
    "odd", [{"name": None}, {"name": 7}, {"website": {}}, {"deletedFlag": "x"}, {"identifier": None}]
)
def test_a_company_with_an_odd_field_is_still_there(odd: dict[str, Any]) -> None:
    seen = shapes.company({"id": 2, "identifier": "acme", "name": "Acme"} | odd)
    assert seen is not None
    assert (seen.id, bool(seen.name)) == ("2", True)


def test_a_companys_name_is_kept_whole() -> None:
    seen = shapes.company({"id": 2, "identifier": "m", "name": 'M\u00fcller "Sons" & Co\'s'})
    assert seen is not None
    assert seen.name == 'M\u00fcller "Sons" & Co\'s'


@pytest.mark.parametrize("odd", [{"price": "much"}, {"cost": {}}, {"inactiveFlag": "x"}, {"productClass": 4}])
def test_a_product_with_an_odd_field_is_there_and_not_offered(odd: dict[str, Any]) -> None:
    seen = shapes.product({"id": 77, "identifier": "M365-BP", "price": 22.0} | odd)
    assert seen is not None
    assert (seen.id, seen.active) == ("77", False)


def test_a_product_without_names_is_called_by_its_id() -> None:
    seen = shapes.product({"id": 77, "identifier": None, "description": None})
    assert seen is not None
    assert (seen.name, seen.active) == ("Product 77", True)


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
    assert bodies.new_addition(write()) == {
        "product": {"id": 77},
        "quantity": 12,
        "billCustomer": "Billable",
        "serialNumber": "seatwise:1",
    }


def test_a_new_line_says_what_was_asked_for() -> None:
    body = bodies.new_addition(
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
    assert bodies.vendor_words(body) == (code, words)


def test_the_vendors_words_are_cut_to_what_fits_in_an_alert() -> None:
    assert len(bodies.vendor_words({"message": "x" * 5000})[1]) == 500
