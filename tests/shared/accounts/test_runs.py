"""Runs and accounts as they are stored: started once, changed by many, closed once."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.accounts import runs
from shared.accounts.account import Account, Mode
from shared.accounts.directory import account_ids, load_account, save_account
from shared.accounts.preferences import DigestSettings, GuardSettings
from shared.accounts.runs import LineCounts, Run
from shared.errors import NotFound
from shared.storage import keys
from shared.storage.memory import MemoryTables
from tests.shared.billing.hooks import Once, WatchedTables
from tests.shared.billing.world import START

ACCOUNT = keys.account_id("northwind-msp")
OTHER = keys.account_id("contoso-msp")


def run(id_: str = "2026-03-02", **changes: object) -> Run:
    fields: dict[str, object] = {"id": id_, "on": date(2026, 3, 2), "started_at": START}
    return Run.model_validate(fields | changes)


def account(**changes: object) -> Account:
    fields: dict[str, object] = {
        "id": ACCOUNT,
        "name": "Northwind",
        "since": START,
        "timezone": "Europe/Zurich",
        "digest": DigestSettings(recipients=("a@northwind.example",)),
    }
    return Account.model_validate(fields | changes)


def test_a_run_that_is_started_twice_is_the_first_one() -> None:
    tables = MemoryTables()
    first = runs.start(tables, ACCOUNT, run())
    later = runs.start(tables, ACCOUNT, run(started_at=START + timedelta(hours=1)))
    assert later == first
    assert list(runs.all_runs(tables, ACCOUNT)) == [first]


def test_the_nights_of_the_last_weeks_are_found_without_a_look_at_older_ones_or_at_day_runs() -> None:
    tables = MemoryTables()
    for name in ("2025-12-31", "2026-02-01", "2026-02-28", "2026-03-02"):
        runs.start(tables, ACCOUNT, run(id=name, on=date.fromisoformat(name)))
    runs.start(tables, ACCOUNT, run(id="approved-1", nightly=False))
    assert [one.id for one in runs.recent_nights(tables, ACCOUNT, date(2026, 3, 2))] == [
        "2026-02-01",
        "2026-02-28",
        "2026-03-02",
    ]


def test_two_changes_of_a_run_at_the_same_moment_are_both_kept() -> None:
    tables = MemoryTables()
    runs.start(tables, ACCOUNT, run())

    def add_read(one: Run) -> Run:
        return one.model_copy(update={"read": one.read + 1})

    watched = WatchedTables(
        tables, Once("before commit", lambda: runs.update(tables, ACCOUNT, "2026-03-02", add_read))
    )
    assert runs.update(watched, ACCOUNT, "2026-03-02", add_read).read == 2


def test_a_change_that_changes_nothing_writes_nothing() -> None:
    tables = MemoryTables()
    runs.start(tables, ACCOUNT, run())
    before = tables.get(keys.run(ACCOUNT, "2026-03-02"))
    runs.update(tables, ACCOUNT, "2026-03-02", lambda one: one)
    assert tables.get(keys.run(ACCOUNT, "2026-03-02")) == before


def test_another_accounts_run_is_not_there() -> None:
    tables = MemoryTables()
    runs.start(tables, ACCOUNT, run())
    assert runs.find(tables, OTHER, "2026-03-02") is None
    with pytest.raises(NotFound):
        runs.update(tables, OTHER, "2026-03-02", lambda one: one)


counts = st.builds(LineCounts, unchanged=st.integers(0, 9), written=st.integers(0, 9), held=st.integers(0, 9))


@given(counts, counts)
def test_line_counts_are_added_one_by_one(one: LineCounts, other: LineCounts) -> None:
    both = one + other
    assert both == other + one
    for name in LineCounts.model_fields:
        assert getattr(both, name) == getattr(one, name) + getattr(other, name)


def test_a_saved_account_is_listed_and_read_as_it_was() -> None:
    tables = MemoryTables()
    save_account(tables, account())
    assert list(account_ids(tables)) == [ACCOUNT]
    assert load_account(tables, ACCOUNT) == account()
    with pytest.raises(NotFound, match="no account"):
        load_account(tables, OTHER)


def test_a_new_account_writes_nothing_until_an_owner_says_so() -> None:
    assert account().mode is Mode.PREVIEW


def test_the_guard_begins_as_it_is_promised() -> None:
    promised = GuardSettings(
        tenant_percent=20, tenant_seats=5, account_percent=10, account_seats=20, account_most=500
    )
    assert account().guard == promised


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_timezone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="not a timezone"):
        account(timezone=zone)
