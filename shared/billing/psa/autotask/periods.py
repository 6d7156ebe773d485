"""The billing periods of a contract service, from its rows of units. No network.

Autotask has a row for each period, and splits it on the day of an adjustment. That a row is posted is taken for "its
period is billed", which Autotask documents nowhere in so many words.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from shared.billing.psa.amounts import whole
from shared.billing.psa.billing_period import BillingPeriod
from shared.billing.psa.days import day

_A_DAY = timedelta(days=1)
_KEPT = 3
"""Today is in one of the first two, in whatever zone."""

type Row = Mapping[str, Any]


class _Span(NamedTuple):
    first: date
    last: date
    units: int | None
    is_posted: bool


def periods(rows: Iterable[Row]) -> tuple[BillingPeriod, ...]:
    """Those from the first row on, the oldest first; () when the rows do not tell.

    Where two rows meet with the same units there was no adjustment: a period begins. Two such days give the rhythm, by
    which a period is also found whose first day has an adjustment, or whose first row is over.
    """
    try:
        return _periods(sorted(filter(None, map(_span, rows))))
    except ValueError:
        # A day that is not understood, or a period beyond the last day of the calendar.
        return ()


def _periods(spans: Sequence[_Span]) -> tuple[BillingPeriod, ...]:
    """Raises ValueError."""
    sure = [after.first for before, after in pairwise(spans) if before.units == after.units]
    if len(sure) < 2:
        return ()
    months = min(_months(later) - _months(earlier) for earlier, later in pairwise(sure))
    on = max(first.day for first in sure)
    if months < 1 or any(
        first != _nth(sure[0], number * months, on) for first, number in _numbered(sure, months)
    ):
        return ()
    return _cut(spans, _nth(sure[0], _back(sure[0], spans[0].first, months), on), months, on)


def _cut(spans: Sequence[_Span], first: date, months: int, on: int) -> tuple[BillingPeriod, ...]:
    end = spans[-1].last
    found: list[BillingPeriod] = []
    while first <= end and len(found) < _KEPT:
        following = _nth(first, months, on)
        last = min(following - _A_DAY, end)
        billed = any(span.is_posted for span in spans if span.first <= last and span.last >= first)
        found.append(BillingPeriod(first=first, last=last, is_billed=billed))
        first = following
    return tuple(found)


def _span(row: Row) -> _Span | None:
    """Raises ValueError for a day that is not understood."""
    first, last = day(row.get("startDate")), day(row.get("endDate"))
    if first is None or last is None:
        raise ValueError("a row of units has no days")
    return _Span(first, last, whole(row.get("units")), day(row.get("approveAndPostDate")) is not None)


def _numbered(days: Sequence[date], months: int) -> Iterable[tuple[date, int]]:
    """Each day with how many periods after the first one it is."""
    return ((each, (_months(each) - _months(days[0])) // months) for each in days)


def _back(sure: date, oldest: date, months: int) -> int:
    """How many months before a sure day the period begins that the oldest row is in; not positive."""
    gap = _months(oldest) - _months(sure)
    whole = gap // months * months
    return whole - months if _nth(sure, whole, sure.day) > oldest else whole


def _months(of: date) -> int:
    return of.year * 12 + of.month - 1


def _nth(first: date, months: int, on: int) -> date:
    """So many months later, on that day of the month or its last one."""
    year, month = divmod(_months(first) + months, 12)
    return date(year, month + 1, min(on, monthrange(year, month + 1)[1]))
