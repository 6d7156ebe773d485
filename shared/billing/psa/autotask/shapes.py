"""What we make of Autotask's rows. A field that is not understood costs its own row, never the list. No network."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

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

RECURRING_SERVICE = 7
"""contractType of a contract that has services."""
_ACTIVE = 1
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
    if row.get("isActive") is False:
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
        active=row.get("isActive") is not False and price is not None,
        period=_PERIODS.get(label, Period.OTHER if label else Period.UNKNOWN),
    )


def agreement(row: Row, today: date) -> Agreement:
    """A contract. One that is not understood is there all the same and says so."""
    company_id, end, odd = row.get("companyID"), None, []
    if not isinstance(company_id, int) or isinstance(company_id, bool):
        odd.append("companyID")
    try:
        end = _day(row.get("endDate"))
    except ValueError:
        odd.append("endDate")
    if not isinstance(row.get("status"), int):
        odd.append("status")
    return Agreement(
        id=str(row["id"]),
        name=_text(row, "contractName") or f"Contract {row['id']}",
        type="Recurring service",
        company_id="" if "companyID" in odd else str(company_id),
        active=row.get("status") == _ACTIVE and (end is None or end >= today),
        ends=end,
        next_invoice=None,
        not_understood=", ".join(odd),
        proration=Proration.BY_DATE,
    )


def lines(services: Iterable[Row], units: Iterable[Row], today: date) -> list[Line]:
    """The lines of a contract: its services, with what their rows of units say."""
    by_service: dict[Any, list[Row]] = {}
    for row in units:
        by_service.setdefault(row.get("contractServiceID"), []).append(row)
    return [line(service, by_service.get(service["id"], []), today) for service in services]


def line(service: Row, units: Iterable[Row], today: date) -> Line:
    """A contract service. Its rows of units also tell of later periods: the last one has all changes in it."""
    said, odd = _units(units)
    marker, product_id = _text(service, "internalDescription"), service.get("serviceID")
    price = _money(service, "internalCurrencyAdjustedPrice") or _money(service, "adjustedPrice")
    why_not = ""
    if odd or not isinstance(product_id, int):
        why_not = f"Autotask shows it with what is not understood: {odd or 'serviceID'}."
    elif not said and not marker.startswith(OURS):
        # Of a service without seats as of one that a restricted API user may not see.
        why_not = (
            "Autotask shows no units of this service. Adjust them there, or check the API user's rights."
        )
    return Line(
        id=str(service["id"]),
        agreement_id=str(service.get("contractID")),
        product_id=str(product_id) if isinstance(product_id, int) else "",
        quantity=said[-1][1] if said else Decimal(),
        unit_price=price or _money(service, "unitPrice") or Decimal(),
        description=_text(service, "invoiceDescription"),
        marker=marker,
        effective=None,
        ends=None,
        not_writable=why_not,
        fingerprint=_fingerprint(service),
        but_end=_fingerprint(service),
        billable=BillableOption.BILLABLE,
        pending=_pending(said, today),
    )


def _units(rows: Iterable[Row]) -> tuple[list[tuple[date, Decimal]], str]:
    """Units by the first day of their row, the oldest first, and the field that is not understood."""
    said = []
    for row in rows:
        count = row.get("units")
        if not isinstance(count, int) or isinstance(count, bool):
            return [], "units"
        try:
            first = _day(row.get("startDate"))
        except ValueError:
            first = None
        if first is None:
            return [], "startDate"
        said.append((first, Decimal(count)))
    said.sort(key=lambda one: one[0])
    twice = any(one[0] == other[0] for one, other in pairwise(said))
    return ([], "two rows of one day") if twice else (said, "")


def _pending(said: list[tuple[date, Decimal]], today: date) -> tuple[Pending, ...]:
    """Where the units change after today."""
    steps = pairwise(said)
    return tuple(
        Pending(day, count) for (_, before), (day, count) in steps if day > today and count != before
    )


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _money(row: Row, name: str) -> Decimal | None:
    value = row.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _day(value: object) -> date | None:
    """Raises ValueError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("a day is a text")  # noqa: TRY004 (what a wrong text raises, too)
    return date.fromisoformat(value[:10])


def _fingerprint(service: Row) -> str:
    kept = {name: service.get(name) or None for name in _FINGERPRINTED}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:32]
