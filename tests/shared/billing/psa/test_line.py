"""Does a line bill on a day? One answer, for whoever asks: its last day counts, and a later start does not yet."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.psa.base import Line

DAY = date(2026, 3, 2)
STEP = timedelta(days=1)


def line(quantity: str = "5", effective: date | None = None, ends: date | None = None) -> Line:
    return Line("1", "a", "p", Decimal(quantity), Decimal(1), "", "", effective, ends, "", "")


@pytest.mark.parametrize(
    "shown, on, later",
    [
        (line(), True, True),
        (line(ends=DAY), True, True),
        (line(ends=DAY - STEP), False, False),
        (line(ends=DAY + STEP), True, True),
        (line(effective=DAY), True, True),
        (line(effective=DAY + STEP), False, True),
        (line(effective=DAY + STEP, ends=DAY + STEP), False, True),
        (line("0"), False, False),
        (line("-1"), False, False),
    ],
    ids=[
        "no dates",
        "last day",
        "ended",
        "ends later",
        "first day",
        "starts later",
        "one later day",
        "0",
        "-1",
    ],
)
def test_a_line_bills_from_its_first_to_its_last_day(shown: Line, on: bool, later: bool) -> None:
    assert (shown.bills_on(DAY), shown.bills_from(DAY)) == (on, later)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.none() | st.dates(), st.none() | st.dates())
def test_what_bills_on_a_day_bills_from_it(day: date, effective: date | None, ends: date | None) -> None:
    shown = line(effective=effective, ends=ends)
    assert not shown.bills_on(day) or shown.bills_from(day)
