"""What we make of Halo's clients, items and recurring invoices. No network here."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from shared.billing.psa.amounts import Amount, Id, WholeNumber
from shared.billing.psa.base import Agreement, Period, Product, Proration, PsaCompany
from shared.billing.psa.days import Day
from shared.billing.psa.halo.rows import Row, Text, WholeList, read_row


class _Client(Row):
    name: Text = ""
    ref: Text = ""
    website: Text = ""
    inactive: bool | None = None


class _Item(Row):
    name: Text = ""
    internalreference: Text = ""
    recurringprice: Amount | None = None
    baseprice: Amount | None = None
    recurringcost: Amount | None = None
    costprice: Amount | None = None
    item_default_billing_period: WholeNumber | None = None


class _Invoice(Row):
    name: Text = ""
    client_name: Text = ""
    client_id: Id | None = None
    disabled: bool | None = None
    period: WholeNumber | None = None
    startdate: Day = None
    enddate: Day = None
    nextcreationdate: Day = None


_FOR_SHOW = frozenset({"nextcreationdate", "startdate", "period", "item_default_billing_period"})
"""Of a recurring invoice or an item: it can be billed by without them."""
_PERIOD_NAMES = {1: "Weekly", 2: "Monthly", 3: "Yearly", 4: "Quarterly", 5: "Half-yearly", 7: "Three-yearly"}
_PERIODS = {2: Period.MONTHLY, 3: Period.ANNUAL, **dict.fromkeys((1, 4, 5, 7, 8, 9), Period.OTHER)}
"""By Halo's numbers, as they were seen in production; another one is not known to be anything."""


def company(row: Mapping[str, Any]) -> PsaCompany | None:
    """None when it is inactive."""
    seen, _ = read_row(_Client, row)
    if seen.inactive:
        return None
    return PsaCompany(str(seen.id), seen.name or f"Client {seen.id}", seen.ref, seen.website)


def product(row: Mapping[str, Any]) -> Product:
    """What is not understood is not offered. The price is that of a recurring line, else the item's own."""
    seen, odd = read_row(_Item, row)
    return Product(
        id=str(seen.id),
        sku=seen.internalreference or seen.name,
        name=seen.name or f"Item {seen.id}",
        price=seen.recurringprice or seen.baseprice or Decimal(),
        cost=seen.recurringcost or seen.costprice or Decimal(),
        active=not odd - _FOR_SHOW,
        period=_PERIODS.get(seen.item_default_billing_period or 0, Period.UNKNOWN),
    )


def agreements(found: WholeList, today: date, *, prorates: bool) -> list[Agreement]:
    """Every recurring invoice of the list. One that is not understood is there all the same and says so."""
    shaped = [_agreement(*read_row(_Invoice, row), today, prorates=prorates) for row in found.rows.values()]
    if found.nameless:
        shaped.append(_agreement(_Invoice(), {"id"}, today, prorates=prorates))
    return shaped


def _agreement(seen: _Invoice, odd: set[str], today: date, *, prorates: bool) -> Agreement:
    odd = (odd - _FOR_SHOW) | ({"client_id"} if seen.client_id is None else set())
    return Agreement(
        id=str(seen.id) if seen.id else "",
        name=seen.name or seen.client_name or f"Recurring invoice {seen.id}",
        type=_PERIOD_NAMES.get(seen.period or 0, ""),
        company_id=str(seen.client_id) if seen.client_id else "",
        active=not seen.disabled and (seen.enddate is None or seen.enddate >= today),
        starts=seen.startdate,
        ends=seen.enddate,
        proration=Proration.BY_ROW if prorates else Proration.NONE,
        next_invoice=seen.nextcreationdate,
        not_understood=", ".join(sorted(odd)),
        period=_PERIODS.get(seen.period or 0, Period.UNKNOWN),
    )
