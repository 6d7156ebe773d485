"""Graph's traps, at the stand-in."""

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from tests.sandbox.standins.asking import (
    EVENTUAL,
    GRAPH,
    HARBOUR,
    LICENSED_USERS,
    batch,
    bearer,
    graph,
    tenant,
)

_SKUS = {"id": "skus", "method": "GET", "url": "/subscribedSkus"}
_SUBSCRIPTIONS = {"id": "subscriptions", "method": "GET", "url": "/directory/subscriptions"}
_USERS = {"id": "users", "method": "GET", "url": LICENSED_USERS, "headers": EVENTUAL}


def test_a_sku_can_have_units_only_in_grace(standins: RunningStandIns, session: requests.Session) -> None:
    rows = {row["skuPartNumber"]: row for row in graph(session, "Dunmore", "/subscribedSkus").json()["value"]}
    assert rows["EXCHANGESTANDARD"]["prepaidUnits"] == {
        "enabled": 0,
        "warning": 4,
        "suspended": 0,
        "lockedOut": 0,
    }
    assert rows["EXCHANGESTANDARD"]["capabilityStatus"] == "Warning"
    assert rows["SPB"]["prepaidUnits"]["enabled"] == 15


def test_two_terms_of_one_sku_are_one_row_with_two_subscriptions(
    standins: RunningStandIns, session: requests.Session
) -> None:
    rows = {
        row["skuPartNumber"]: row for row in graph(session, "Fernhill", "/subscribedSkus").json()["value"]
    }
    bought = graph(session, "Fernhill", "/directory/subscriptions").json()["value"]
    units = {row["id"]: row["totalLicenses"] for row in bought}
    assert rows["SPE_E3"]["prepaidUnits"]["enabled"] == 52
    assert sorted(units[key] for key in rows["SPE_E3"]["subscriptionIds"]) == [12, 40]


@pytest.mark.parametrize("part", ["Alder", "Eastgate", "Northgate"])
def test_consumed_units_are_the_users_who_are_assigned_the_sku(
    standins: RunningStandIns, session: requests.Session, part: str
) -> None:
    skus = graph(session, part, "/subscribedSkus").json()["value"]
    url: str | None = f"{GRAPH}/v1.0{LICENSED_USERS}&$top=999"
    users = []
    signed = bearer(session, tenant(part).id) | EVENTUAL
    while url:
        page = session.get(url, headers=signed, timeout=30).json()
        users += page["value"]
        url = page.get("@odata.nextLink")
    held = [licence["skuId"] for user in users for licence in user["assignedLicenses"]]
    assert [row["consumedUnits"] for row in skus] == [held.count(row["skuId"]) for row in skus]
    assert len({user["id"] for user in users}) == len(users)


def test_more_than_999_users_come_in_pages(standins: RunningStandIns, session: requests.Session) -> None:
    first = graph(session, "Northgate", LICENSED_USERS + "&$top=999", EVENTUAL).json()
    assert len(first["value"]) == 999
    assert first["@odata.count"] == 1240
    signed = bearer(session, tenant("Northgate").id) | EVENTUAL
    second = session.get(first["@odata.nextLink"], headers=signed, timeout=30).json()
    assert len(second["value"]) == 241
    assert "@odata.nextLink" not in second
    assert "@odata.count" not in second


def test_a_second_page_without_consistency_level_is_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    first = graph(session, "Northgate", LICENSED_USERS + "&$top=999", EVENTUAL).json()
    signed = bearer(session, tenant("Northgate").id)
    answer = session.get(first["@odata.nextLink"], headers=signed, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


def test_the_licensed_filter_without_count_is_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    path = "/users?$filter=assignedLicenses/$count ne 0"
    assert graph(session, "Alder", path, EVENTUAL).status_code == 400


def test_a_page_has_100_users_unless_more_are_asked_for(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert len(graph(session, "Northgate", LICENSED_USERS, EVENTUAL).json()["value"]) == 100


def test_a_page_of_1000_users_is_refused(standins: RunningStandIns, session: requests.Session) -> None:
    assert graph(session, "Northgate", LICENSED_USERS + "&$top=1000", EVENTUAL).status_code == 400


def test_only_the_selected_fields_come(standins: RunningStandIns, session: requests.Session) -> None:
    user = graph(session, "Alder", LICENSED_USERS, EVENTUAL).json()["value"][0]
    assert set(user) == {"id", "displayName", "assignedLicenses"}


def test_a_tenant_whose_role_is_missing_refuses_with_403(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("remove_role", tenant="Cobalt")
    answer = graph(session, "Cobalt", "/subscribedSkus")
    standins.control("grant_role", tenant="Cobalt")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_batch_answers_come_in_another_order(standins: RunningStandIns, session: requests.Session) -> None:
    answer = batch(session, "Alder", [_SKUS, _SUBSCRIPTIONS, _USERS])
    assert answer.status_code == 200
    assert [item["id"] for item in answer.json()["responses"]] != ["skus", "subscriptions", "users"]
    assert {item["id"]: item["status"] for item in answer.json()["responses"]} == {
        "skus": 200,
        "subscriptions": 200,
        "users": 200,
    }
    assert standins.counts()["graph.batch"] == 1


def test_one_batch_item_is_throttled_with_its_own_retry_after(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="throttle", kind="graph.users", retry_after=7, count=1)
    answer = batch(session, "Alder", [_SKUS, _SUBSCRIPTIONS, _USERS])
    items = {item["id"]: item for item in answer.json()["responses"]}
    assert answer.status_code == 200
    assert (items["users"]["status"], items["users"]["headers"]["Retry-After"]) == (429, "7")
    assert items["users"]["body"]["error"]["code"] == "TooManyRequests"
    assert items["skus"]["status"] == 200
    again = batch(session, "Alder", [_SKUS, _SUBSCRIPTIONS, _USERS]).json()["responses"]
    assert {item["status"] for item in again} == {200}


def test_a_batch_of_21_is_refused(standins: RunningStandIns, session: requests.Session) -> None:
    items = [_SKUS | {"id": str(number)} for number in range(21)]
    assert batch(session, "Alder", items).status_code == 400


def test_ids_of_a_batch_must_differ_in_more_than_case(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert batch(session, "Alder", [_SKUS | {"id": "a"}, _SKUS | {"id": "A"}]).status_code == 400


def test_an_item_that_depends_on_a_failed_one_fails_with_424(
    standins: RunningStandIns, session: requests.Session
) -> None:
    wrong = {"id": "1", "method": "GET", "url": "/nowhere"}
    answer = batch(session, "Alder", [wrong, _SKUS | {"dependsOn": ["1"]}])
    assert {item["id"]: item["status"] for item in answer.json()["responses"]} == {"1": 400, "skus": 424}


def test_a_batch_shows_a_change_at_once(standins: RunningStandIns, session: requests.Session) -> None:
    def enabled() -> int:
        body = batch(session, "Birchfield", [_SKUS]).json()["responses"][0]["body"]
        rows = (row for row in body["value"] if row["skuPartNumber"] == "VISIOCLIENT")
        return int(next(rows)["prepaidUnits"]["enabled"])

    before = enabled()
    standins.control("add_seats", tenant="Birchfield", sku="VISIOCLIENT", n=2)
    assert enabled() == before + 2


def test_a_next_link_can_lead_to_a_foreign_host_which_is_counted(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="foreign_page", kind="graph.users", count=1)
    link = graph(session, "Northgate", LICENSED_USERS, EVENTUAL).json()["@odata.nextLink"]
    assert not link.startswith(GRAPH + "/")
    assert session.get(link, timeout=30).status_code == 421
    assert standins.counts()["foreign"] == 1


def test_a_page_can_lead_to_itself(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="looping_page", kind="graph.users")
    signed = bearer(session, tenant("Northgate").id) | EVENTUAL
    first = session.get(f"{GRAPH}/v1.0{LICENSED_USERS}", headers=signed, timeout=30).json()
    second = session.get(first["@odata.nextLink"], headers=signed, timeout=30).json()
    assert second["@odata.nextLink"] == first["@odata.nextLink"]
    assert second["value"] == first["value"]


def test_a_page_can_be_empty_and_still_have_a_next_one(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="empty_page", kind="graph.users", count=1)
    signed = bearer(session, tenant("Alder").id) | EVENTUAL
    first = session.get(f"{GRAPH}/v1.0{LICENSED_USERS}", headers=signed, timeout=30).json()
    assert first["value"] == []
    assert len(session.get(first["@odata.nextLink"], headers=signed, timeout=30).json()["value"]) == 32


def test_a_row_can_come_twice_across_pages(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="duplicate_row", kind="graph.users")
    signed = bearer(session, tenant("Northgate").id) | EVENTUAL
    first = session.get(f"{GRAPH}/v1.0{LICENSED_USERS}&$top=999", headers=signed, timeout=30).json()
    second = session.get(first["@odata.nextLink"], headers=signed, timeout=30).json()
    assert second["value"][0]["id"] == first["value"][-1]["id"]


@pytest.mark.parametrize("what, wrong", [("null_count", None), ("negative_count", -1)])
def test_a_count_can_be_wrong(
    standins: RunningStandIns, session: requests.Session, what: str, wrong: int | None
) -> None:
    standins.control("set_fault", what=what, kind="graph.subscribed_skus", count=1)
    row = graph(session, "Alder", "/subscribedSkus").json()["value"][0]
    assert row["prepaidUnits"]["enabled"] == wrong


def test_a_count_can_be_missing(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="missing_count", kind="graph.subscribed_skus", count=1)
    assert "enabled" not in graph(session, "Alder", "/subscribedSkus").json()["value"][0]["prepaidUnits"]


def test_a_sku_can_come_in_two_rows_and_a_list_can_be_empty(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="duplicate_sku", kind="graph.subscribed_skus", count=1)
    ids = [row["skuId"] for row in graph(session, "Alder", "/subscribedSkus").json()["value"]]
    assert len(ids) == len(set(ids)) + 1
    standins.control("set_fault", what="empty_list", kind="graph.subscribed_skus", count=1)
    assert graph(session, "Alder", "/subscribedSkus").json()["value"] == []


def test_only_the_faulty_tenant_is_hit(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="status", status=503, kind="graph", tenant="Cobalt")
    assert graph(session, "Cobalt", "/subscribedSkus").status_code == 503
    assert graph(session, "Alder", "/subscribedSkus").status_code == 200


def test_relationships_name_every_customer_once_had_and_active_ones_are_filtered(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = bearer(session, HARBOUR.tenant_id)
    url = f"{GRAPH}/v1.0/tenantRelationships/delegatedAdminRelationships"
    everything = session.get(url, headers=signed, timeout=30).json()["value"]
    active = session.get(url, params={"$filter": "status eq 'active'"}, headers=signed, timeout=30).json()[
        "value"
    ]
    own = [row for row in everything if not row["displayName"].startswith("MLT_")]
    expired = {row["customer"]["displayName"] for row in own if row["status"] == "expired"}
    assert expired == {"Granite Peak Surveyors"}
    assert [row["id"] for row in active] == [row["id"] for row in everything if row["status"] == "active"]


def test_relationships_come_in_pages_of_at_most_300(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = bearer(session, HARBOUR.tenant_id)
    url = f"{GRAPH}/v1.0/tenantRelationships/delegatedAdminRelationships"
    assert session.get(f"{url}?$top=301", headers=signed, timeout=30).status_code == 400
    everything = session.get(url, headers=signed, timeout=30).json()["value"]
    first = session.get(f"{url}?$top=10", headers=signed, timeout=30).json()
    second = session.get(first["@odata.nextLink"], headers=signed, timeout=30).json()
    assert 0 < len(second["value"]) < 10
    assert first["value"] + second["value"] == everything
    assert len(first["value"]) == 10


def test_relationships_are_only_for_the_partners_own_tenant(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = graph(session, "Alder", "/tenantRelationships/delegatedAdminRelationships")
    assert answer.status_code == 403


def test_answers_are_compressed(standins: RunningStandIns, session: requests.Session) -> None:
    answer = batch(session, "Northgate", [_SKUS, _SUBSCRIPTIONS, _USERS])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) * 5 < len(answer.content)
    assert standins.counts()["bytes.graph"] == int(answer.headers["Content-Length"])
