"""Alerts, what is excluded from them, and removed tenants, by the API."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from shared.alerts.rules import BY_SLUG
from tests.functions.api.busy import ALPHA, NEW, QUAY, ZETA, Busy
from tests.functions.api.conftest import MSP, OTHER, PEOPLE, Caller
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.alerts.world import mapping, sku

type SignIn = Callable[[str], Caller]
ALERTS, EXCLUSIONS = f"/accounts/{MSP}/alerts", f"/accounts/{MSP}/exclusions"
REMOVED = f"/accounts/{MSP}/removed-tenants"


@pytest.fixture
def editor(sign_in: SignIn, busy: Busy) -> Caller:
    return sign_in("editor")


def shown(editor: Caller, query: str = "") -> list[str]:
    items = editor("GET", f"{ALERTS}{query}").json()["items"]
    return [f"{one['type']} {one['tenantId']}" for one in items]


def asked_for_a_judgement(wired: MemoryWiring) -> bool:
    return any(one.queue == "evaluate" for one in wired.sent.messages)


def test_alerts_come_in_the_order_of_a_digest_and_are_filtered(editor: Caller, busy: Busy) -> None:
    assert shown(editor) == [
        f"no_billing_profile {ZETA}",
        f"tenant_not_added {ALPHA}",
        f"tenant_not_added {NEW}",
        f"unused_licenses {QUAY}",
        f"unused_licenses {ZETA}",
    ]
    assert shown(editor, f"?tenant={QUAY.upper()}") == [f"unused_licenses {QUAY}"]
    companies = editor("GET", f"/accounts/{MSP}/companies").json()["items"]
    of_zeta = next(company["id"] for company in companies if company["tenantId"] == ZETA)
    assert shown(editor, f"?company={of_zeta}") == [f"no_billing_profile {ZETA}", f"unused_licenses {ZETA}"]
    assert shown(editor, f"?company={of_zeta}&tenant={QUAY}") == shown(editor, "?company=nobody") == []
    assert shown(editor, "?type=unused_licenses&sort=customer") == [
        f"unused_licenses {QUAY}",
        f"unused_licenses {ZETA}",
    ]
    since = busy.world.now.isoformat().replace("+00:00", "Z")
    busy.world.now += timedelta(minutes=5)
    busy.world.read(ZETA, sku("e5", 10, 3))
    busy.judge()
    assert shown(editor, f"?changedSince={since}") == [f"unused_licenses {ZETA}"]


def test_pages_of_alerts_tell_each_once_also_when_one_closes_meanwhile(editor: Caller, busy: Busy) -> None:
    first = editor("GET", f"{ALERTS}?limit=2").json()
    busy.world.map(ZETA)
    busy.world.read(ZETA, sku("e5", 10, 10))
    busy.judge()
    second = editor("GET", f"{ALERTS}?limit=2&cursor={first['next']}").json()
    told = [one["id"] for one in first["items"] + second["items"]]
    assert len(set(told)) == len(told) == 4
    assert second["items"][-1]["type"] == "unused_licenses"


def test_what_was_closed_is_listed_the_newest_first_and_comes_back_with_its_first_day(
    editor: Caller, busy: Busy
) -> None:
    [spare] = editor("GET", f"{ALERTS}?type=unused_licenses&tenant={ZETA}").json()["items"]
    assert spare["firstOpenedAt"] == spare["openedAt"]
    busy.world.now += timedelta(days=1)
    busy.world.read(ZETA, sku("e5", 10, 10))
    busy.judge()
    busy.world.now += timedelta(days=1)
    busy.world.map(ZETA, mapping("mapping02", "e5"))
    busy.judge()
    closed = editor("GET", f"{ALERTS}/closed").json()["items"]
    assert [one["type"] for one in closed] == ["no_billing_profile", "unused_licenses"]
    assert closed[0]["closedAt"] > closed[1]["closedAt"] > spare["openedAt"]
    assert closed[1]["id"] == spare["id"]
    assert [
        one["type"] for one in editor("GET", f"{ALERTS}/closed?type=unused_licenses").json()["items"]
    ] == ["unused_licenses"]
    assert editor("GET", f"{ALERTS}/closed?tenant={QUAY}").json()["items"] == []
    first = editor("GET", f"{ALERTS}/closed?limit=1").json()
    assert editor("GET", f"{ALERTS}/closed?limit=1&cursor={first['next']}").json()["items"] == closed[1:]
    busy.world.now += timedelta(days=1)
    busy.world.read(ZETA, sku("e5", 10, 4))
    busy.judge()
    [back] = editor("GET", f"{ALERTS}?type=unused_licenses&tenant={ZETA}").json()["items"]
    assert (back["id"], back["firstOpenedAt"]) == (spare["id"], spare["openedAt"])
    assert back["openedAt"] > spare["openedAt"]


def test_what_was_closed_long_ago_is_not_shown(
    wired: MemoryWiring, microsoft: MicrosoftKeys, client: TestClient, editor: Caller, busy: Busy
) -> None:
    busy.world.map(ZETA, mapping("mapping02", "e5"))
    busy.judge()
    assert len(editor("GET", f"{ALERTS}/closed").json()["items"]) == 1
    wired.now = busy.world.now + timedelta(days=93)
    token = microsoft.token(**good_claims(person=PEOPLE["reader"], now=wired.now))
    assert Caller(client, token)("GET", f"{ALERTS}/closed").json()["items"] == []


def test_a_cursor_of_another_order_is_refused(editor: Caller) -> None:
    cursor = editor("GET", f"{ALERTS}?limit=1").json()["next"]
    refused = editor("GET", f"{ALERTS}?limit=1&sort=money&cursor={cursor}")
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    "query",
    ["?type=nothing", "?sort=colour", "?changedSince=yesterday", "?changedSince=2026-01-01T00:00:00", "?x=1"],
)
def test_a_question_that_nobody_understands_is_refused(editor: Caller, query: str) -> None:
    assert editor("GET", f"{ALERTS}{query}").status_code == 422


def test_an_alert_that_is_excluded_is_gone_after_the_next_evaluation_and_back_once_included(
    wired: MemoryWiring, editor: Caller, busy: Busy
) -> None:
    body = {"tenantId": QUAY, "skuId": "e3", "type": "unused_licenses", "spareAtMost": 6, "reason": "season"}
    made = editor("POST", EXCLUSIONS, json=body)
    assert (made.status_code, made.json()["howLong"]) == (201, "while no more than 6 seats are unused")
    assert made.json()["customer"] == "Quayside Marina"
    assert asked_for_a_judgement(wired)
    busy.judge()
    assert f"unused_licenses {QUAY}" not in shown(editor)
    there = made.headers["Location"].removeprefix("/api")
    assert editor("GET", there).json() == made.json()
    assert editor("GET", EXCLUSIONS).json()["items"] == [made.json()]
    assert editor("DELETE", there).status_code == 204
    assert editor("DELETE", there).status_code == 404
    busy.judge()
    assert f"unused_licenses {QUAY}" in shown(editor)


def test_an_excluded_tenant_is_marked_in_the_list_of_tenants(editor: Caller, busy: Busy) -> None:
    editor("POST", EXCLUSIONS, json={"tenantId": NEW})
    found = editor("GET", f"/accounts/{MSP}/tenants?excluded=true").json()["items"]
    assert [one["id"] for one in found] == [NEW]


@pytest.mark.parametrize(
    "body,field",
    [
        ({}, "tenantId"),
        ({"tenantId": QUAY, "skuId": "e9", "type": "unused_licenses"}, "skuId"),
        ({"tenantId": QUAY, "skuId": "e3"}, "type"),
        ({"tenantId": QUAY, "skuId": "e3", "type": "nothing"}, "type"),
        ({"tenantId": QUAY, "until": "2020-01-01"}, "until"),
        ({"tenantId": QUAY, "until": "soon"}, "until"),
        ({"tenantId": QUAY, "spareAtMost": -1}, "spareAtMost"),
        ({"tenantId": QUAY, "reason": "x" * 201}, "reason"),
        ({"tenantId": ["a"]}, "tenantId"),
    ],
)
def test_what_cannot_be_excluded_is_refused_by_its_field(
    wired: MemoryWiring, editor: Caller, body: dict[str, object], field: str
) -> None:
    refused = editor("POST", EXCLUSIONS, json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert editor("GET", EXCLUSIONS).json()["items"] == []
    assert not asked_for_a_judgement(wired)


def test_a_tenant_of_another_account_cannot_be_excluded(sign_in: SignIn, busy: Busy) -> None:
    there = sign_in("other")("POST", f"/accounts/{OTHER}/exclusions", json={"tenantId": QUAY})
    nowhere = sign_in("other")("POST", f"/accounts/{OTHER}/exclusions", json={"tenantId": "t-nobody"})
    assert (there.status_code, nowhere.status_code) == (404, 404)


@pytest.fixture
def left(busy: Busy) -> Busy:
    """Zeta is in no list any more."""
    busy.world.partner("p1", [])
    busy.world.leave(ZETA)
    busy.judge()
    return busy


def removed(editor: Caller) -> Any:
    [tenant] = editor("GET", REMOVED).json()["items"]
    return tenant


def test_a_removed_tenant_is_dismissed_and_quiet_for_a_month(
    wired: MemoryWiring, editor: Caller, left: Busy
) -> None:
    before = removed(editor)
    assert (before["tenantId"], before["decision"]) == (ZETA, None)
    said = editor("POST", f"{REMOVED}/{ZETA}/dismiss", json={"reason": "they move"})
    assert (said.json()["decision"], said.json()["quietUntil"]) == ("dismissed", "2026-04-01")
    assert asked_for_a_judgement(wired)
    left.judge()
    assert f"tenant_removed {ZETA}" not in shown(editor)
    assert removed(editor)["missingSince"] is None


def test_an_admin_confirms_the_last_day_and_an_editor_may_not(
    editor: Caller, left: Busy, sign_in: SignIn
) -> None:
    path, day = f"{REMOVED}/{ZETA}/confirm", {"lastDay": "2026-03-31"}
    assert editor("POST", path, json=day).status_code == 403
    said = sign_in("admin")("POST", path, json=day).json()
    assert (said["decision"], said["lastDay"], said["quietUntil"]) == (
        "confirmed",
        "2026-03-31",
        "2026-04-01",
    )
    wrong = sign_in("admin")("POST", path, json={"lastDay": "2020-01-01"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "lastDay")
    assert removed(editor)["lastDay"] == "2026-03-31"


def test_a_tenant_that_nobody_misses_cannot_be_dismissed(editor: Caller) -> None:
    assert editor("POST", f"{REMOVED}/{QUAY}/dismiss", json={}).status_code == 404


def test_what_was_decided_is_in_the_audit_log(editor: Caller, sign_in: SignIn, left: Busy) -> None:
    editor("POST", f"{REMOVED}/{ZETA}/dismiss", json={})
    editor("POST", EXCLUSIONS, json={"tenantId": QUAY})
    entries = sign_in("admin")("GET", f"/accounts/{MSP}/audit").json()["items"]
    assert {one["action"] for one in entries} == {"removal.dismissed", "exclusion.added"}
    excluded = next(one for one in entries if one["action"] == "exclusion.added")
    assert json.loads(excluded["after"])["tenant_id"] == QUAY


def test_every_type_of_alert_can_be_asked_for(editor: Caller) -> None:
    for slug in BY_SLUG:
        assert editor("GET", f"{ALERTS}?type={slug}").status_code == 200
