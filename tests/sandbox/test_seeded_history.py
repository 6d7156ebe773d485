"""The demo's customer with a year behind it: its report of the month before has something of everything to tell."""

import pytest

from sandbox import seeded_history
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.accounts.companies import all_companies
from shared.accounts.directory import load_account
from shared.reports.load import month_of
from shared.reports.models import MonthFigures
from shared.reports.wording import ReportView, report_view
from shared.storage.keys import account_id
from tests.functions.memory_wiring import MemoryWiring

DEMO = account_id("demo")


@pytest.fixture(scope="module")
def told() -> tuple[MonthFigures, ReportView]:
    wired = MemoryWiring()
    now = wired.clock()
    seed(wired, world_named("demo"), now)
    account = load_account(wired.tables, DEMO)
    named = (c for c in all_companies(wired.tables, DEMO) if c.name.startswith("Alder"))
    month = seeded_history.telling_month(now)
    found = month_of(wired.tables, wired.blobs, account, next(named), month, now)
    return found, report_view(found, account, prices=False)


def test_the_months_figures_are_those_that_a_person_would_count(
    told: tuple[MonthFigures, ReportView],
) -> None:
    figures, view = told
    rows = {row.name: (row.purchased, row.assigned, row.spare, row.billed) for row in view.licences}
    assert rows == {
        "Exchange Online (Plan 1)": ("6", "6", "0", "6"),
        "Power BI Pro": ("0", "0", "0", "–"),
        "Microsoft 365 Business Premium": ("24", "24", "0", "24"),
        "Visio Plan 2": ("0", "0", "0", "–"),
    }
    assert [(change.on.split()[0], change.name, change.seats) for change in view.changes] == [
        ("6", "Microsoft 365 Business Premium", "21 to 23"),
        ("9", "Visio Plan 2", "0 to 3"),
        ("15", "Power BI Pro", "4 to 0"),
        ("19", "Microsoft 365 Business Premium", "23 to 24"),
        ("22", "Exchange Online (Plan 1)", "8 to 6"),
        ("27", "Visio Plan 2", "3 to 0"),
    ]
    assert [day.day for day in figures.not_read] == [13, 14]
    assert all(seats for _, seats in figures.seats)


def test_people_came_changed_and_left(told: tuple[MonthFigures, ReportView]) -> None:
    figures, _ = told
    assert [(change.on.day, change.event.value) for change in figures.person_changes] == [
        (6, "new"),
        (6, "new"),
        (9, "changed"),
        (9, "changed"),
        (19, "new"),
        (22, "changed"),
        (22, "gone"),
        (27, "changed"),
        (27, "changed"),
    ]
