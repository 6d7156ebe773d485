"""K14: the billing period that Autotask's rows of units tell, whatever adjustments split them."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.billing.psa.autotask.periods import periods

A_DAY = timedelta(days=1)


def rows(*starts: tuple[str, int], end: str, posted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """A row from each day on, with its units; `posted` are those that are billed."""
    firsts = [date.fromisoformat(first) for first, _ in starts]
    lasts = [*(first - A_DAY for first in firsts[1:]), date.fromisoformat(end)]
    return [
        {
            "startDate": f"{first}T00:00:00Z",
            "endDate": f"{last}T00:00:00Z",
            "units": units,
            "approveAndPostDate": "2026-01-01T00:00:00Z" if start in posted else None,
        }
        for (start, units), first, last in zip(starts, firsts, lasts, strict=True)
    ]


YEAR = [(f"2026-{month:02}-01", 10) for month in range(2, 13)]


@pytest.mark.parametrize(
    "starts, end, told",
    [
        (YEAR, "2026-12-31", ["2026-02-01..2026-02-28", "2026-03-01..2026-03-31"]),
        (
            [("2026-02-10", 12), ("2026-03-01", 12), ("2026-04-01", 12), ("2026-05-01", 12)],
            "2026-05-31",
            ["2026-02-01..2026-02-28", "2026-03-01..2026-03-31"],
        ),
        (
            [("2026-02-01", 10), ("2026-02-10", 12), ("2026-03-01", 9), ("2026-04-01", 9), ("2026-05-01", 9)],
            "2026-05-31",
            ["2026-02-01..2026-02-28", "2026-03-01..2026-03-31"],
        ),
        (
            [("2028-01-31", 5), ("2028-02-29", 5), ("2028-03-31", 5), ("2028-04-30", 5)],
            "2028-05-30",
            ["2028-01-31..2028-02-28", "2028-02-29..2028-03-30"],
        ),
        (
            [("2026-01-15", 5), ("2026-04-15", 5), ("2026-05-01", 6), ("2026-07-15", 6), ("2026-10-15", 6)],
            "2027-01-14",
            ["2026-01-15..2026-04-14", "2026-04-15..2026-07-14"],
        ),
        (
            [("2025-02-28", 5), ("2026-02-28", 5), ("2027-02-28", 5)],
            "2028-02-27",
            ["2025-02-28..2026-02-27", "2026-02-28..2027-02-27"],
        ),
        ([("2026-02-01", 10), ("2026-03-01", 10)], "2026-03-31", []),
        ([("2026-02-01", 10), ("2026-02-10", 10), ("2026-03-01", 10)], "2026-03-31", []),
        ([], "2026-03-31", []),
    ],
    ids=[
        "months",
        "the first row of the period is over",
        "a change on the first day",
        "the last day of each month, in a leap year",
        "quarters, with a change within",
        "years",
        "too few rows to tell",
        "days that have no rhythm",
        "no rows",
    ],
)
def test_periods_follow_from_the_rows(starts: list[tuple[str, int]], end: str, told: list[str]) -> None:
    found = periods(rows(*starts, end=end) if starts else [])
    assert [f"{one.first}..{one.last}" for one in found[:2]] == told


def test_the_last_period_ends_with_the_contract() -> None:
    starts = [("2026-02-01", 10), ("2026-03-01", 10), ("2026-04-01", 10)]
    assert periods(rows(*starts, end="2026-04-20"))[-1].last == date(2026, 4, 20)


def test_a_period_with_a_posted_row_is_billed() -> None:
    starts = [("2026-02-01", 10), ("2026-02-10", 12), *((f"2026-{month:02}-01", 12) for month in range(3, 7))]
    found = periods(rows(*starts, end="2026-06-30", posted=("2026-02-01",)))
    assert [one.is_billed for one in found] == [True, False, False]


def test_a_row_whose_day_is_not_understood_tells_nothing() -> None:
    odd = rows(*YEAR, end="2026-12-31")
    odd[3]["endDate"] = "soon"
    assert periods(odd) == ()


@pytest.mark.parametrize("start", ["9999-10-01", "9999-09-01", "9999-06-01"])
def test_rows_up_to_the_end_of_the_calendar_break_nothing_off(start: str) -> None:
    months = range(int(start[5:7]), 13)
    told = periods(rows(*((f"9999-{month:02}-01", 10) for month in months), end="9999-12-31"))
    assert not told or str(told[0].first) == start
