"""What we make of Autotask's rows. A field that is not understood costs its own row, never the list. No network."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from shared.billing.psa.amounts import MOST, amount, whole
from shared.billing.psa.autotask.lists import Rows, id_of
from shared.billing.psa.autotask.periods import periods
from shared.billing.psa.base import (
    Agreement,
    BillableOption,
    Line,
    Pending,
    Period,
    Product,
    Proration,
    PsaCompany,
)
from shared.billing.psa.days import day
from shared.billing.psa.fingerprint import fingerprint_of

RECURRING_SERVICE = 7
"""contractType of a contract that has services."""
_ACTIVE = 1
_NO = (False, "0", "false", "False")
"""Also 0: some entities of Autotask say so."""
OURS = "lic:"
"""How the internal description of a line begins that we made."""
_PERIODS = {"monthly": Period.MONTHLY, "yearly": Period.ANNUAL, "annual": Period.ANNUAL}
_FINGERPRINTED = (
    *("contractID", "serviceID", "unitPrice", "unitCost", "adjustedPrice", "quoteItemID"),
    *("internalCurrencyAdjustedPrice", "internalDescription", "invoiceDescription"),
)

type Row = Mapping[str, Any]


def company(row: Row) -> PsaCompany | None:
    """None when it is not active."""
    if row.get("isActive") in _NO:
        return None
    name = _text(row, "companyName") or f"Company {row['id']}"
    return PsaCompany(str(row["id"]), name, _text(row, "companyNumber"), _text(row, "webAddress"))


def product(row: Row, periods: Mapping[str, str]) -> Product:
    """A service; `periods` is Autotask's own list of labels by value."""
    label = periods.get(str(row.get("periodType")), "").lower()
    price = _money(row, "unitPrice")
    return Product(
        id=str(row["id"]),
        sku=_text(row, "sku"),
        name=_text(row, "name") or f"Service {row['id']}",
        price=price or Decimal(),
        cost=_money(row, "unitCost") or Decimal(),
        active=row.get("isActive") not in _NO and price is not None,
        period=_PERIODS.get(label, Period.OTHER if label else Period.UNKNOWN),
    )


def agreements(found: Rows, today: date) -> list[Agreement]:
    """Every contract of the list."""
    nameless = [replace(agreement({}, today), not_understood="id")] if found.nameless else []
    return [*(agreement(row, today) for row in found.by_id.values()), *nameless]


def agreement(row: Row, today: date) -> Agreement:
    """A contract. One that is not understood is there all the same and says so."""
    company_id, status, end, odd = id_of(row, "companyID"), whole(row.get("status")), None, []
    if company_id is None:
        odd.append("companyID")
    try:
        end = day(row.get("endDate"))
    except ValueError:
        odd.append("endDate")
    if status is None:
        odd.append("status")
    return Agreement(
        id=str(row.get("id", "")),
        name=_text(row, "contractName") or f"Contract {row.get('id', '')}",
        type="Recurring service",
        company_id="" if company_id is None else str(company_id),
        active=status == _ACTIVE and (end is None or end >= today),
        starts=_first_day(row),
        ends=end,
        next_invoice=None,
        not_understood=", ".join(odd),
        proration=Proration.BY_DATE,
    )


def _first_day(row: Row) -> date | None:
    """Of a contract; None when it is not understood: it can be billed by without."""
    try:
        return day(row.get("startDate"))
    except ValueError:
        return None


def lines(services: Iterable[Row], units: Iterable[Row], today: date) -> list[Line]:
    """The lines of a contract: its services, with what their rows of units say."""
    by_service: dict[int, list[Row]] = {}
    of_anyone = False
    for row in units:
        service_id = id_of(row, "contractServiceID")
        if service_id is None:
            of_anyone = True  # it may be of any service: what each says is not known
        else:
            by_service.setdefault(service_id, []).append(row)
    odd = "contractServiceID" if of_anyone else ""
    return [line(service, by_service.get(service["id"], []), today, odd) for service in services]


_NO_UNITS = "Autotask shows no units of this service. Adjust them there, or check the API user's rights."
"""Of a service without seats as of one that a restricted API user may not see."""


def line(service: Row, units: Iterable[Row], today: date, odd: str = "") -> Line:
    """A contract service. Its rows of units also tell of later periods: the last one has all changes in it.

    `odd` names a field that is not understood already.
    """
    units = list(units)
    said, odd_units = _units(units)
    marker, product_id = _text(service, "internalDescription"), id_of(service, "serviceID")
    odd = odd or odd_units or _odd_field(service)
    why_not, untold = "", "" if said else _NO_UNITS
    if odd:
        why_not = f"Autotask shows it with what is not understood: {odd}."
    elif untold and not marker.startswith(OURS):
        why_not = untold
    return Line(
        id=str(service["id"]),
        agreement_id=str(service.get("contractID")),
        product_id="" if product_id is None else str(product_id),
        quantity=said[-1][1] if said else Decimal(),
        unit_price=_price(service),
        price_untold=all(_money(service, name) is None for name in _PRICES),
        description=_text(service, "invoiceDescription"),
        marker=marker,
        effective=None,
        ends=None,
        not_writable=why_not,
        fingerprint=_fingerprint(service),
        but_end=_fingerprint(service),
        text=_text(service, "invoiceDescription"),
        but_text=_fingerprint(service, but="invoiceDescription"),
        billable=BillableOption.BILLABLE,
        pending=_pending(said, today),
        not_understood=odd,
        untold=untold,
        periods=() if odd else periods(units),
    )


def _units(rows: Iterable[Row]) -> tuple[list[tuple[date, Decimal]], str]:
    """Units by the first day of their row, the oldest first, and the field that is not understood."""
    said = []
    for row in rows:
        count = whole(row.get("units"))
        if count is None or abs(count) > MOST:
            return [], "units"
        try:
            first = day(row.get("startDate"))
        except ValueError:
            first = None
        if first is None:
            return [], "startDate"
        said.append((first, Decimal(count)))
    said.sort(key=lambda one: one[0])
    twice = any(before[0] == after[0] for before, after in pairwise(said))
    return ([], "two rows of one day") if twice else (said, "")


def _pending(said: list[tuple[date, Decimal]], today: date) -> tuple[Pending, ...]:
    """Where the units change after today."""
    steps = pairwise(said)
    return tuple(
        Pending(first, count) for (_, before), (first, count) in steps if first > today and count != before
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _odd_field(service: Row) -> str:
    """The first field of a service that is not understood, as a text that is none and that a write could go over."""
    texts = ("internalDescription", "invoiceDescription")
    odd = next((name for name in texts if not isinstance(service.get(name), str | None)), "")
    return _odd_price(service) or odd or ("serviceID" if id_of(service, "serviceID") is None else "")


_PRICES = ("internalCurrencyAdjustedPrice", "adjustedPrice", "unitPrice")


def _odd_price(service: Row) -> str:
    """The price that is there and not understood."""
    told = (name for name in _PRICES if service.get(name) not in (None, ""))
    return next((name for name in told if _money(service, name) is None), "")


def _price(service: Row) -> Decimal:
    """For a unit. An adjusted price of 0 is a person's: the line charges nothing, whatever its service costs.

    A query may tell the adjusted price by one of its two names alone.
    """
    adjusted = (_money(service, name) for name in ("internalCurrencyAdjustedPrice", "adjustedPrice"))
    told = [price for price in adjusted if price is not None]
    return max(told, key=bool) if told else _money(service, "unitPrice") or Decimal()


def _money(row: Row, name: str) -> Decimal | None:
    return amount(row.get(name))


def _fingerprint(service: Row, but: str = "") -> str:
    return fingerprint_of({name: service.get(name) for name in _FINGERPRINTED if name != but})
