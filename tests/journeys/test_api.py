"""The API through the real host: an editor looks at a night, syncs a company now, follows it, and excludes an alert."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.controls.commands import send
from sandbox.standins.worlds.registry import world_named
from tests.journeys.living import DEMO, SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

CUSTOMER, PRODUCT = "Cobalt Logistics", "Power BI Pro"


class Person:
    """One of the demo's people, with a token that is good for now."""

    def __init__(self, living: Living, word: str) -> None:
        self._living, self._word = living, word

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        token = send(self._living.stage.state, {"do": "sign-in", "person": self._word})["token"]
        headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
        url = f"{self._living.host.address}/api/accounts/{DEMO}{path}"
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, headers=headers, timeout=60, **request)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alerts(self) -> set[str]:
        """What is open about the customer's seats."""
        items = self.get("/alerts?type=unused_licenses&limit=200")["items"]
        return {one["what"].partition(":")[0] for one in items if one["who"] == CUSTOMER}


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), "demo", settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named("demo"), stage.clock.now())
        living = Living(stage, stage.start_host(timers=False))
        living.night()
        yield living


@pytest.fixture(scope="module")
def editor(living: Living) -> Person:
    return Person(living, "editor")


def company_of(editor: Person) -> Any:
    return next(one for one in editor.get("/companies?limit=200")["items"] if one["name"] == CUSTOMER)


def test_the_first_page_and_the_lists_say_the_same(editor: Person) -> None:
    summary, counts = editor.get("/summary"), editor.get("/alerts/counts")
    assert summary["exceptions"] == counts["types"]
    tenants = editor.get("/tenants?limit=200")["items"]
    assert summary["tenantsRead"] == sum(one["state"] == "read" for one in tenants if one["added"])
    assert summary["tenantsNotAdded"] == sum(not one["added"] for one in tenants)
    night = editor.get("/runs?kind=nightly")["items"][0]
    assert night["lines"] == summary["pushed"]


def test_a_company_that_is_synced_now_has_its_new_seats_on_its_line(living: Living, editor: Person) -> None:
    company = company_of(editor)
    path = f"/tenants/{company['tenantId']}/licences"
    before = {one["skuId"]: one for one in editor.get(path)["items"]}
    sku = next(one for one in before.values() if one["mapped"] and one["mapped"]["state"] == "in_step")
    living.stage.stand_ins.control("add_seats", tenant=CUSTOMER, sku=sku["partNumber"], n=3)
    rule = {"kind": "mailboxes", "mailboxes": ["user", "shared"]}
    asked = {"name": "Backup", "tenantId": company["tenantId"], "rule": rule}
    backup = editor.ask("POST", "/custom-licences", json=asked).json()
    started = editor.ask("POST", "/runs", json={"companyId": company["id"]})
    assert started.status_code == 202, started.text
    run = f"/runs/{started.json()['id']}"
    eventually(lambda: editor.get(run)["state"] == "closed", "the run to close")
    found = {one["skuId"]: one for one in editor.get(path)["items"]}
    mailboxes, after = found[backup["skuId"]], found[sku["skuId"]]
    assert mailboxes["notCountable"] == ""
    assert mailboxes["purchased"] > 0
    assert after["purchased"] == sku["purchased"] + 3
    assert after["mapped"]["confirmed"] == sku["mapped"]["confirmed"] + 3
    assert editor.get(run)["read"] == 1
    again = editor.ask("POST", "/runs", json={})
    assert (again.status_code, 0 < int(again.headers["Retry-After"]) <= 600) == (429, True)


def test_an_alert_that_is_excluded_closes_and_the_exclusion_is_listed(editor: Person) -> None:
    assert PRODUCT in editor.alerts()
    items = editor.get("/alerts?type=unused_licenses&limit=200")["items"]
    alert = next(one for one in items if one["who"] == CUSTOMER and one["what"].startswith(PRODUCT))
    body = {
        "tenantId": alert["tenantId"],
        "skuId": alert["skuIds"][0],
        "type": alert["type"],
        "reason": "agreed",
    }
    made = editor.ask("POST", "/exclusions", json=body)
    assert made.status_code == 201, made.text
    eventually(lambda: PRODUCT not in editor.alerts(), "the alert to close")
    [listed] = editor.get("/exclusions")["items"]
    assert (listed["customer"], listed["product"], listed["reason"]) == (CUSTOMER, PRODUCT, "agreed")
    assert editor.ask("DELETE", f"/exclusions/{listed['id']}").status_code == 204
    eventually(lambda: PRODUCT in editor.alerts(), "the alert to be raised again")


def test_a_reader_decides_nothing_and_the_whole_list_comes_as_csv(living: Living) -> None:
    reader = Person(living, "reader")
    assert reader.ask("POST", "/runs", json={}).status_code == 403
    told = reader.ask("GET", "/alerts", headers={"Accept": "text/csv"})
    assert told.headers["Content-Type"].startswith("text/csv")
    assert len(told.text.splitlines()) > reader.get("/alerts/counts")["rows"]


def test_the_sandboxs_control_starts_the_same_run(living: Living, editor: Person) -> None:
    living.control("clock", "+15m")
    [started] = living.control("sync-now", CUSTOMER.upper())
    run = f"/runs/{started['run']}"
    eventually(lambda: editor.get(run)["state"] == "closed", "the run to close")
    assert (editor.get(run)["kind"], editor.get(run)["read"]) == ("sync_now", 1)
