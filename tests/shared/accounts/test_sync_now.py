"""Sync now: a run of its own, at most every ten minutes, of tenants that are added."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts import runs
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.runs import RunKind, RunState
from shared.accounts.sync_now import EVERY, sync_now
from shared.errors import NotFound, Rejected, TooOften
from shared.storage.decisions import Decider
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from tests.shared.accounts.test_runs import ACCOUNT, account
from tests.shared.billing.hooks import Once, WatchedTables
from tests.shared.billing.world import START

TENANT = "0b1c5b4e-0000-4000-8000-000000000001"


def by(after: timedelta = timedelta(0)) -> Decider:
    return Decider("ann@northwind.example", "", START + after)


def with_a_company() -> MemoryTables:
    tables = MemoryTables()
    company = Company(id="c1", tenant_id=TENANT, name="Contoso", psa_connection="cw", psa_company="7")
    add_company(tables, ACCOUNT, company, by())
    return tables


def test_a_sync_of_the_account_is_a_run_that_reads_every_added_tenant_and_is_no_night() -> None:
    tables = with_a_company()
    run = sync_now(tables, account(), None, by())
    stored = runs.get(tables, ACCOUNT, run.id)
    assert (stored.tenants, stored.nightly, stored.kind, stored.state) == (
        None,
        False,
        RunKind.SYNC_NOW,
        RunState.READING,
    )
    assert stored.who == "ann@northwind.example"


def test_a_sync_of_a_company_reads_its_tenant_alone_however_the_id_is_written() -> None:
    assert sync_now(with_a_company(), account(), (TENANT.upper(), TENANT), by()).tenants == (TENANT,)


def test_a_second_sync_within_ten_minutes_is_refused_with_the_time_to_wait_and_stores_no_run() -> None:
    tables = with_a_company()
    first = sync_now(tables, account(), None, by())
    with pytest.raises(TooOften) as refused:
        sync_now(tables, account(), (TENANT,), by(timedelta(minutes=4)))
    assert refused.value.after == timedelta(minutes=6)
    assert first.id in refused.value.why
    assert [one.id for one in runs.all_runs(tables, ACCOUNT)] == [first.id]


def test_after_ten_minutes_an_account_is_synced_again() -> None:
    tables = with_a_company()
    sync_now(tables, account(), None, by())
    sync_now(tables, account(), None, by(EVERY))
    assert len(list(runs.all_runs(tables, ACCOUNT))) == 2


def test_the_limit_of_an_account_is_its_own() -> None:
    tables = with_a_company()
    sync_now(tables, account(), None, by())
    other = account(id=account_id("contoso-msp"))
    assert sync_now(tables, other, None, by()).kind is RunKind.SYNC_NOW


def test_of_two_people_who_ask_at_once_one_gets_a_run() -> None:
    inner = with_a_company()
    tables = WatchedTables(inner, Once("before commit", lambda: sync_now(inner, account(), None, by())))
    with pytest.raises(TooOften):
        sync_now(tables, account(), None, by(timedelta(seconds=1)))
    assert len(list(runs.all_runs(inner, ACCOUNT))) == 1


def test_a_sync_that_ends_without_its_messages_is_found_by_the_tick() -> None:
    tables = with_a_company()
    run = sync_now(tables, account(), None, by())
    assert [one.id for one in runs.past_their_end(tables, ACCOUNT, run.ends + EVERY)] == [run.id]


def test_a_sync_of_no_tenant_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        sync_now(with_a_company(), account(), (), by())
    assert refused.value.field == "tenants"


@given(st.text(max_size=60))
def test_a_tenant_that_is_not_added_is_not_found_whatever_it_is_called(text: str) -> None:
    tables = with_a_company()
    with pytest.raises(NotFound):
        sync_now(tables, account(), (text,), by())
    assert not list(runs.all_runs(tables, ACCOUNT))
