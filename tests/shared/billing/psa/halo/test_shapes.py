"""Clients, items and recurring invoices of Halo: an odd field costs its own row."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.billing.psa.base import Period, Proration
from shared.billing.psa.halo import shapes
from shared.billing.psa.halo.rows import WholeList

INVOICE: dict[str, Any] = {
    "id": 900,
    "name": "Amble monthly",
    "client_id": 12,
    "period": 2,
    "enddate": "1900-01-01T00:00:00Z",
    "nextcreationdate": "2026-12-01T00:00:00Z",
}
TODAY = date(2026, 11, 27)


def agreement(**changes: Any) -> Any:
    (found,) = shapes.agreements(WholeList({900: {**INVOICE, **changes}}, 0), TODAY, prorates=False)
    return found


def test_a_recurring_invoice_is_an_agreement_with_its_client_its_period_and_its_next_day() -> None:
    seen = agreement()
    assert (seen.id, seen.name, seen.company_id, seen.active) == ("900", "Amble monthly", "12", True)
    assert (seen.period, seen.type, seen.next_invoice) == (Period.MONTHLY, "Monthly", date(2026, 12, 1))
    assert (seen.proration, seen.ends) == (Proration.NONE, None)


@pytest.mark.parametrize(
    "number, period",
    [(1, Period.OTHER), (3, Period.ANNUAL), (4, Period.OTHER), (6, Period.UNKNOWN), ("x", Period.UNKNOWN)],
)
def test_the_period_is_known_by_its_number(number: object, period: Period) -> None:
    seen = agreement(period=number)
    assert (seen.period, seen.not_understood) == (period, "")


@pytest.mark.parametrize("changes", [{"disabled": True}, {"enddate": "2026-11-26T00:00:00Z"}])
def test_a_disabled_or_ended_invoice_is_not_active(changes: dict[str, object]) -> None:
    assert agreement(**changes).active is False
    assert agreement(enddate="2026-11-27T00:00:00Z").active is True


def test_an_invoice_that_is_not_understood_is_there_all_the_same_and_says_so() -> None:
    assert agreement(client_id="Amble").not_understood == "client_id"
    assert agreement(enddate="12/1/2026").not_understood == "enddate"
    (nameless,) = shapes.agreements(WholeList({}, 1), TODAY, prorates=True)
    assert (nameless.id, "id" in nameless.not_understood) == ("", True)


def test_an_item_is_offered_with_the_price_of_a_recurring_line() -> None:
    row = {"id": 44, "name": "M365", "internalreference": "SPB", "baseprice": 20, "recurringprice": 22}
    seen = shapes.product(row)
    assert (seen.id, seen.sku, seen.price, seen.active) == ("44", "SPB", Decimal(22), True)
    assert shapes.product({**row, "recurringprice": 0}).price == Decimal(20)
    assert shapes.product({**row, "baseprice": "dear"}).active is False
    assert shapes.product({**row, "item_default_billing_period": 3}).period is Period.ANNUAL


def test_an_inactive_client_is_not_offered() -> None:
    assert shapes.company({"id": 3, "name": "Gone", "inactive": True}) is None
    assert shapes.company({"id": 4, "name": None}) is not None
