"""Units by date: a row for each billing period, split where an adjustment begins. Rows are computed, never stored."""

from collections.abc import Iterator
from datetime import date, timedelta

from sandbox.standins.state import Document

_DAY = timedelta(days=1)


def unit_rows(contract: Document, service: Document, today: date) -> Iterator[Document]:
    """The rows of one contract service, the oldest first; periods that ended are posted."""
    start, end = _day(contract["startDate"]), _day(contract["endDate"])
    borders = {start, *_months(start, end)}
    borders |= {
        day for change in service["adjustments"] if start <= (day := _day(change["effectiveDate"])) <= end
    }
    starts = sorted(borders)
    for first, following in zip(starts, [*starts[1:], end + _DAY], strict=True):
        units, last = units_on(service, first), following - _DAY
        yield {
            "id": int(f"{service['id']}{first:%y%m%d}"),
            "contractID": contract["id"],
            "contractServiceID": service["id"],
            "serviceID": service["serviceID"],
            "startDate": f"{first}T00:00:00Z",
            "endDate": f"{last}T00:00:00Z",
            "units": units,
            "price": round(units * service["adjustedPrice"], 2),
            "cost": 0.0,
            "approveAndPostDate": f"{last}T00:00:00Z" if last < today else None,
        }


def units_on(service: Document, day: date) -> int:
    changes = service["adjustments"]
    return sum(
        (int(change["unitChange"]) for change in changes if _day(change["effectiveDate"]) <= day),
        start=int(service["begins"]),
    )


def _months(start: date, end: date) -> Iterator[date]:
    year, month = start.year, start.month
    while True:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        first = date(year, month, 1)
        if first > end:
            return
        yield first


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
