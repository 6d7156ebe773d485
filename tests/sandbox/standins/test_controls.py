"""The controls, on running stand-ins and on a stopped state."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.standins.controls.commands import ControlError, control, parse, send
from sandbox.standins.faults import Faults
from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.registry import demo_world, wide_world
from tests.sandbox.standins.asking import graph, tenant


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    state = State(tmp_path)
    load_world(state, demo_world())
    state.close()
    return tmp_path


def test_seats_are_added_to_a_stopped_state(stopped: Path) -> None:
    send(stopped, parse(["add-seats", "meadowlark", "spb", "3"]))
    assert send(stopped, parse(["tenant", "meadowlark"]))["skus"]["SPB"]["enabled"] == 17


def test_a_change_survives_the_end_of_the_process(tmp_path: Path) -> None:
    with start(tmp_path) as running:
        running.control("edit_line", agreement="Alder", addition=9001, quantity=31)
        running.control("set_fault", what="throttle", kind="graph")
    lines = send(tmp_path, {"do": "lines", "agreement": "Alder"})
    assert {line["id"]: line["quantity"] for line in lines}[9001] == 31.0
    assert len(send(tmp_path, {"do": "active_faults"})) == 1


def test_a_control_reaches_the_running_stand_ins(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("add_seats", tenant="quarry", sku="SPB", n=4)
    assert standins.control("tenant", tenant="quarry")["skus"]["SPB"]["enabled"] == 4


def test_assigning_more_than_there_are_users_is_refused(stopped: Path) -> None:
    with pytest.raises(ControlError, match="15 users"):
        send(stopped, parse(["assign", "meadowlark", "SPB", "500"]))


@pytest.mark.parametrize(
    "words, hint",
    [
        (["add-seats", "nobody", "SPB", "3"], "Known: Alder"),
        (["add-seats", "e", "SPB", "3"], "fits several tenants"),
        (["add-seats", "alder", "NOPE", "3"], "Known part numbers: AAD_PREMIUM"),
        (["add-seats", "alder", "SPB", "many"], "must be a whole number"),
        (["add-seats", "alder"], "add-seats TENANT SKU"),
        (["add-seats", "eastgate", "MCOMEETADV", "3"], "no active subscription of MCOMEETADV: buy one"),
        (["edit-line", "501", "1", "3"], "It has: 9001"),
        (["edit-line", "77", "1", "3"], "Known: 501"),
        (["set-fault", "zap"], "Choose one of: throttle"),
        (["set-fault", "kill"], "pid"),
        (["partner-trouble", "harbour", "12345"], "Choose one of: 50020"),
        (["expire-secret", "nobody"], "Choose one of: harbour"),
    ],
)
def test_a_wrong_control_says_what_can_be_chosen(stopped: Path, words: list[str], hint: str) -> None:
    with pytest.raises(ControlError) as refused:
        send(stopped, parse(words))
    assert hint in str(refused.value)


def test_a_tenant_is_added_and_removed(standins: RunningStandIns, session: requests.Session) -> None:
    added = standins.control("add_tenant", name="Redwood Toys", seats=6)
    assert added["skus"]["SPB"] == {"enabled": 6, "warning": 0, "suspended": 0, "lockedOut": 0, "assigned": 6}
    standins.control("remove_tenant", tenant="Redwood Toys")
    with pytest.raises(ValueError, match="no tenant"):
        standins.control("tenant", tenant="Redwood Toys")


def test_a_users_department_is_changed(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("change_user", tenant="Juniper", number=2, department="Night shift", state="Nevada")
    users = graph(session, "Juniper", "/users?$select=department,state").json()["value"]
    assert [user["state"] for user in users if user["department"] == "Night shift"] == ["Nevada"]


def test_churn_changes_400_quantities_of_325_tenants_and_nothing_a_guard_would_hold(tmp_path: Path) -> None:
    state = State(tmp_path)
    load_world(state, wide_world(1000))
    for expected_churns in (1, 2):
        before = {tenant["id"]: _units(tenant) for tenant in state.all("tenant")}
        told = control(state, {"do": "churn"}, Faults(state))
        after = {tenant["id"]: _units(tenant) for tenant in state.all("tenant")}
        changes = [
            (tenant, after[tenant][sku] - units, after[tenant][sku])
            for tenant, skus in before.items()
            for sku, units in skus.items()
            if after[tenant][sku] != units
        ]
        losses = [change for _, change, _ in changes if change < 0]
        assert (len(changes), len({tenant for tenant, _, _ in changes})) == (400, 325)
        assert told["changes"] == 400
        assert all(left > 0 for _, _, left in changes)
        assert set(losses) == {-1}
        assert len(losses) <= 50
        assert state.get("meta", "world")["churns"] == expected_churns
    state.close()


def _units(document: dict[str, list[dict[str, list[dict[str, int]]]]]) -> dict[str, int]:
    return {
        str(holding["sku_id"]): sum(bought["units"] for bought in holding["subscriptions"])
        for holding in document["holdings"]
    }


def test_a_kill_ends_the_named_process_when_the_request_arrives(
    standins: RunningStandIns, session: requests.Session
) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        standins.control(
            "set_fault",
            what="kill",
            pid=sleeper.pid,
            kind="graph.subscribed_skus",
            when="after_apply",
            count=1,
        )
        graph(session, "Alder", "/subscribedSkus")
        assert sleeper.wait(10) == -9
    finally:
        sleeper.kill()
        sleeper.wait()


def test_the_overview_shows_customers_faults_and_counters(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="throttle", kind="graph.users", count=3)
    graph(session, "Alder", "/subscribedSkus")
    page = requests.get(standins.url, timeout=30).text
    assert "Alder &amp; Ash Architects" in page
    assert "graph.subscribed_skus" in page
    assert "graph.users" in page
    detail = requests.get(f"{standins.url}/tenants/{tenant('Alder').id}", timeout=30).text
    assert "M365-BP" in detail


def test_mails_of_the_folder_can_be_read(stopped: Path) -> None:
    (stopped / "mails").mkdir()
    (stopped / "mails" / "digest.html").write_text("<p>Two things to fix</p>")
    with start(stopped) as running:
        assert "digest" in requests.get(running.url, timeout=30).text
        assert "Two things" in requests.get(f"{running.url}/mails/digest.html", timeout=30).text
        assert requests.get(f"{running.url}/mails/..%2Fstandins.sqlite", timeout=30).status_code == 404


def test_a_request_to_an_unknown_host_is_counted_as_foreign(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert session.get("https://example.com/", timeout=30).status_code == 421
    assert standins.counts()["foreign"] == 1
