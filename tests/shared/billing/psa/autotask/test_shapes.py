"""Contracts and services of Autotask: what is odd costs its own row, and is never stored."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.billing.models import AgreementRecord, LineRecord
from shared.billing.psa.autotask import shapes
from shared.billing.psa.base import Line
from shared.billing.reconcile import reconciled

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 2, tzinfo=ZoneInfo("Europe/Berlin"))
CONTRACT = {"id": 7, "companyID": 2, "contractName": "Amble", "status": 1}
SERVICE = {"id": 5, "contractID": 7, "serviceID": 9, "unitPrice": 22.0}
UNITS = {"contractServiceID": 5, "units": 3, "startDate": "2026-11-01T00:00:00Z"}


def line(units: dict[str, Any] | None = None, **changes: Any) -> Line:
    (found,) = shapes.lines([SERVICE | changes], [UNITS | (units or {})], TODAY)
    return found


@pytest.mark.parametrize(
    "sent, on",
    [
        ("2026-11-26T23:00:00Z", TODAY),
        ("2026-11-26T14:00:00Z", TODAY),
        ("2026-11-27T05:00:00Z", TODAY),
        ("2026-11-27T00:00:00-05:00", TODAY),
        ("2026-11-27", TODAY),
        ("0001-01-01T00:00:00", None),
        (None, None),
    ],
)
def test_a_contract_ends_on_the_day_that_is_meant(sent: str | None, on: date | None) -> None:
    """Public report: a day arrives as 22:00 or 23:00 of the day before."""
    seen = shapes.agreement({**CONTRACT, "endDate": sent}, TODAY)
    assert (seen.ends, seen.active, seen.not_understood) == (on, True, "")


def test_units_count_from_the_day_that_is_meant() -> None:
    later = {"contractServiceID": 5, "units": 4, "startDate": "2026-11-30T22:00:00Z"}
    (seen,) = shapes.lines([SERVICE], [UNITS, later], TODAY)
    assert [(one.day, one.quantity) for one in seen.pending] == [(date(2026, 12, 1), Decimal(4))]


@pytest.mark.parametrize(
    "units, changes, named",
    [
        ({}, {"unitPrice": float("inf")}, "unitPrice"),
        ({}, {"adjustedPrice": 1e300}, "adjustedPrice"),
        ({}, {"adjustedPrice": 1e30}, "adjustedPrice"),
        ({}, {"internalCurrencyAdjustedPrice": "free"}, "internalCurrencyAdjustedPrice"),
        ({"units": 10**30}, {}, "units"),
        ({"units": 3.5}, {}, "units"),
        ({"contractServiceID": [5]}, {}, "contractServiceID"),
        ({"contractServiceID": None}, {}, "contractServiceID"),
        ({"startDate": "9999-99-99"}, {}, "startDate"),
    ],
)
def test_a_line_with_an_odd_field_is_not_written_and_what_is_kept_of_it_can_be_read_again(
    units: dict[str, Any], changes: dict[str, Any], named: str
) -> None:
    """A price of 1e400 was stored as Infinity, and no night of the account could read the row again."""
    seen = line(units, **changes)
    assert seen.not_writable == f"Autotask shows it with what is not understood: {named}."
    assert seen.bills_from(TODAY)
    mine = LineRecord(mapping_id="m", tenant_id="t", product_id="9", line_id="5")
    record = AgreementRecord(connection="at", agreement_id="7", lines={"m": mine})
    after = reconciled(record, {"5": seen}, {}, NOW)
    assert AgreementRecord.model_validate_json(after.body()) == after


def test_a_price_that_is_a_text_is_the_same_number() -> None:
    assert (line(unitPrice="22.50").unit_price, line(unitPrice="22.50").not_writable) == (
        Decimal("22.50"),
        "",
    )


@pytest.mark.parametrize(
    "prices, charged",
    [
        ({"adjustedPrice": 0.0}, "0"),
        ({"adjustedPrice": 0.0, "internalCurrencyAdjustedPrice": 0.0}, "0"),
        ({"internalCurrencyAdjustedPrice": 0.0}, "0"),
        ({"adjustedPrice": 19.5, "internalCurrencyAdjustedPrice": 0.0}, "19.5"),
        ({"adjustedPrice": None, "internalCurrencyAdjustedPrice": None}, "22"),
        ({"internalCurrencyAdjustedPrice": 19.5}, "19.5"),
    ],
)
def test_a_price_that_a_person_adjusted_to_nothing_is_not_that_of_the_service(
    prices: dict[str, Any], charged: str
) -> None:
    assert line(**prices).unit_price == Decimal(charged)


@pytest.mark.parametrize("price", [22, 22.0, Decimal("22.00")])
def test_a_line_is_the_same_however_a_number_of_it_is_written(price: object) -> None:
    assert line(unitPrice=price).fingerprint == line(unitPrice=22.0).fingerprint
    assert (
        line(unitPrice=price, adjustedPrice="").fingerprint
        == line(unitPrice=22.0, adjustedPrice=0).fingerprint
    )
    assert line(unitPrice=price).fingerprint != line(unitPrice=22.5).fingerprint


@pytest.mark.parametrize("no", [False, 0, "0", "false", "False"])
def test_what_is_not_active_is_not_offered_however_that_is_told(no: object) -> None:
    assert shapes.company({"id": 3, "companyName": "Amble", "isActive": no}) is None
    assert not shapes.product({"id": 3, "unitPrice": 1, "isActive": no}, {}).active
    assert shapes.company({"id": 3, "companyName": "Amble"}) is not None


def test_a_price_that_is_not_told_is_no_price_of_0() -> None:
    assert line(unitPrice=None).price_untold
    assert not line(unitPrice=0).price_untold
