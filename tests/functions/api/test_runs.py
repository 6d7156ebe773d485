"""Runs by the API: sync now is a run to follow, at most every ten minutes."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.accounts import runs
from shared.accounts.runs import RunState
from tests.functions.api.busy import NEW, QUAY, ZETA, Busy
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
RUNS = f"/accounts/{MSP}/runs"


@pytest.fixture
def editor(sign_in: SignIn, busy: Busy) -> Caller:
    return sign_in("editor")


def test_a_sync_now_is_started_and_followed_at_its_address(wired: MemoryWiring, editor: Caller) -> None:
    started = editor("POST", RUNS, json={})
    assert (started.status_code, started.json()["kind"]) == (202, "sync_now")
    [message] = [one for one in wired.sent.messages if one.queue == "start-run"]
    assert json.loads(message.body)["run"] == started.json()["id"]
    path = started.headers["Location"].removeprefix("/api")
    assert editor("GET", path).json()["state"] == "reading"
    done = {"state": RunState.CLOSED, "read": 2, "waiting": 0, "closed_at": wired.now}
    runs.update(wired.tables, MSP, started.json()["id"], lambda run: run.model_copy(update=done))
    followed = editor("GET", path).json()
    assert (followed["state"], followed["read"], followed["who"][:6]) == ("closed", 2, "editor")


def test_a_second_one_within_ten_minutes_is_told_when_to_come_back(
    wired: MemoryWiring, editor: Caller
) -> None:
    editor("POST", RUNS, json={})
    wired.now += timedelta(minutes=4)
    early = editor("POST", RUNS, json={})
    assert (early.status_code, early.headers["Retry-After"]) == (429, "360")
    assert len([one for one in wired.sent.messages if one.queue == "start-run"]) == 1
    wired.now += timedelta(minutes=6)
    assert editor("POST", RUNS, json={}).status_code == 202


def test_a_company_or_a_licence_is_synced_with_its_tenant(wired: MemoryWiring, editor: Caller) -> None:
    licence = editor("POST", RUNS, json={"licence": {"tenantId": QUAY, "skuId": "E3"}})
    assert licence.json()["tenants"] == [QUAY]
    wired.now += timedelta(minutes=10)
    companies = editor("GET", f"/accounts/{MSP}/companies").json()["items"]
    zeta = next(one["id"] for one in companies if one["tenantId"] == ZETA)
    assert editor("POST", RUNS, json={"companyId": zeta}).json()["tenants"] == [ZETA]


@pytest.mark.parametrize(
    "body,status",
    [
        ({"companyId": "nothing"}, 404),
        ({"companyId": ""}, 404),
        ({"licence": {"tenantId": NEW, "skuId": "e3"}}, 404),
        ({"licence": {"tenantId": QUAY, "skuId": "e9"}}, 422),
        ({"licence": {"tenantId": QUAY}}, 422),
        ({"companyId": "x", "licence": {"tenantId": QUAY, "skuId": "e3"}}, 422),
        ({"tenants": []}, 422),
        ([], 422),
    ],
)
def test_what_cannot_be_synced_starts_nothing_and_uses_up_no_turn(
    wired: MemoryWiring, editor: Caller, body: object, status: int
) -> None:
    assert editor("POST", RUNS, json=body).status_code == status
    assert wired.sent.messages == []
    assert editor("POST", RUNS, json={}).status_code == 202


def test_runs_are_listed_the_newest_first_and_by_kind(wired: MemoryWiring, editor: Caller) -> None:
    wired.now += timedelta(minutes=1)
    now = editor("POST", RUNS, json={}).json()["id"]
    listed = editor("GET", RUNS).json()["items"]
    assert [one["id"] for one in listed] == [now, "2026-03-02"]
    nights = editor("GET", f"{RUNS}?kind=nightly").json()["items"]
    assert [one["kind"] for one in nights] == ["nightly"]


def test_another_accounts_run_is_not_there(editor: Caller, sign_in: SignIn) -> None:
    run = editor("POST", RUNS, json={}).json()["id"]
    assert sign_in("other")("GET", f"/accounts/{OTHER}/runs/{run}").status_code == 404
    assert sign_in("other")("GET", f"/accounts/{OTHER}/runs").json()["items"] == []
    assert sign_in("other")("POST", f"/accounts/{OTHER}/runs", json={}).status_code == 202
