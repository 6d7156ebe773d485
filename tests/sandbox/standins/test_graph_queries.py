"""What can be asked of Graph, and that everything else is refused: no option is ever ignored."""

from typing import Any

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


def _refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_two_slashes_are_taken_for_one(standins: RunningStandIns, session: requests.Session) -> None:
    plain = graph(session, "Alder", "/users").json()["value"]
    assert graph(session, "Alder", "//users").json()["value"] == plain
    assert standins.counts()["graph.users"] == 2


@pytest.mark.parametrize(
    "wanted, skus",
    [
        ("isTrial eq true", ["PROJECTPROFESSIONAL"]),
        ("status eq 'Suspended'", ["MCOMEETADV"]),
        ("status eq 'enabled' and isTrial eq true", ["PROJECTPROFESSIONAL"]),
        ("skuPartNumber eq 'FLOW_FREE'", ["FLOW_FREE"]),
    ],
)
def test_subscriptions_are_filtered(
    standins: RunningStandIns, session: requests.Session, wanted: str, skus: list[str]
) -> None:
    rows = graph(session, "Eastgate", f"/directory/subscriptions?$filter={wanted}").json()["value"]
    assert [row["skuPartNumber"] for row in rows] == skus


def test_subscriptions_come_in_pages_when_top_says_so(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = bearer(session, tenant("Eastgate").id)
    url: str | None = f"{GRAPH}/v1.0/directory/subscriptions?$top=4&$select=skuId"
    sizes, ids = [], set()
    while url:
        page = session.get(url, headers=signed, timeout=30).json()
        sizes.append(len(page["value"]))
        ids |= {row["id"] for row in page["value"]}
        url = page.get("@odata.nextLink")
    assert (sizes, len(ids)) == ([4, 2], 6)


@pytest.mark.parametrize("name", ["nope", "DisplayName", "assignedLicenses/skuId"])
def test_a_property_that_the_type_lacks_cannot_be_selected(
    standins: RunningStandIns, session: requests.Session, name: str
) -> None:
    assert _refusal(graph(session, "Alder", f"/users?$select=id,{name}")) == (400, "BadRequest")


@pytest.mark.parametrize("path", ["subscribedSkus", "directory/subscriptions", "organization"])
def test_a_misspelt_property_is_refused_in_every_list(
    standins: RunningStandIns, session: requests.Session, path: str
) -> None:
    assert _refusal(graph(session, "Alder", f"/{path}?$select=skuid")) == (400, "BadRequest")


def test_a_property_that_is_not_set_is_null(standins: RunningStandIns, session: requests.Session) -> None:
    rows = graph(session, "Alder", "/users?$select=employeeId&$top=1").json()["value"]
    assert rows[0]["employeeId"] is None


def test_mailbox_settings_of_a_list_are_not_implemented(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = graph(session, "Alder", "/users?$select=mailboxSettings")
    assert _refusal(answer) == (501, "NotImplemented")


def test_sign_in_activity_needs_a_premium_tenant(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert graph(session, "Alder", "/users?$select=signInActivity").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        *(
            "$skip=5",
            "$search=%22displayName:a%22",
            "$expand=manager",
            "$orderby=nope",
            "$orderby=department",
        ),
        *("$filter=nope eq 'x'", "$filter=startswith(displayName,'a')", "$filter=businessPhones eq 'x'"),
        *(
            "$filter=accountEnabled ne true",
            "top=5",
            "$format=json",
            "$orderby=displayName&$filter=userType eq 'Guest'",
        ),
        *("$top=abc", "$top=-1", "$top=0", "$top=1000", "$skiptoken=abc"),
    ],
)
def test_an_option_that_is_not_understood_is_refused(
    standins: RunningStandIns, session: requests.Session, query: str
) -> None:
    answer = graph(session, "Alder", f"/users?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("query", ["$top=1", "$filter=appliesTo eq 'User'", "$count=true"])
def test_the_skus_of_a_tenant_take_only_select(
    standins: RunningStandIns, session: requests.Session, query: str
) -> None:
    assert graph(session, "Alder", f"/subscribedSkus?{query}").status_code == 400


def test_users_are_sorted_and_filtered(standins: RunningStandIns, session: requests.Session) -> None:
    names = [
        row["displayName"] for row in graph(session, "Alder", "/users?$orderby=displayName").json()["value"]
    ]
    assert names == sorted(names, key=str.lower)
    blocked = graph(session, "Alder", "/users?$filter=accountEnabled eq false&$select=accountEnabled").json()
    assert {row["accountEnabled"] for row in blocked["value"]} == {False}


def test_a_user_and_its_licences_are_told_by_id_and_by_principal_name(
    standins: RunningStandIns, session: requests.Session
) -> None:
    listed = graph(session, "Alder", LICENSED_USERS + "&$top=1", EVENTUAL).json()["value"][0]
    user = graph(session, "Alder", f"/users/{listed['id']}?$select=userPrincipalName,assignedLicenses").json()
    assert user["assignedLicenses"] == listed["assignedLicenses"]
    details = graph(session, "Alder", f"/users/{user['userPrincipalName']}/licenseDetails").json()["value"]
    assert [row["skuId"] for row in details] == [row["skuId"] for row in listed["assignedLicenses"]]
    assert all(row["servicePlans"] for row in details)


def test_users_are_counted(standins: RunningStandIns, session: requests.Session) -> None:
    counted = graph(session, "Northgate", "/users/$count", EVENTUAL)
    assert (counted.text, counted.headers["Content-Type"]) == ("1240", "text/plain")
    assert graph(session, "Northgate", "/users/$count").status_code == 400


def test_one_sku_is_told_by_its_id(standins: RunningStandIns, session: requests.Session) -> None:
    row = graph(session, "Alder", "/subscribedSkus").json()["value"][0]
    single = graph(session, "Alder", f"/subscribedSkus/{row['id']}").json()
    assert {name: single[name] for name in row} == row


@pytest.mark.parametrize(
    "path",
    [
        "/users/00000000-0000-4000-a000-000000000000",
        "/users/nobody@example.com/licenseDetails",
        "/subscribedSkus/nope",
    ],
)
def test_an_object_that_is_not_there_is_404(
    standins: RunningStandIns, session: requests.Session, path: str
) -> None:
    assert _refusal(graph(session, "Alder", path)) == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    "path, segment", [("/nope", "nope"), ("/users/x/nope", "nope"), ("/directory/nope/x", "nope")]
)
def test_an_unknown_segment_is_named(
    standins: RunningStandIns, session: requests.Session, path: str, segment: str
) -> None:
    answer = graph(session, "Alder", path)
    assert answer.json()["error"]["message"] == f"Resource not found for the segment '{segment}'."


def test_another_version_is_refused(standins: RunningStandIns, session: requests.Session) -> None:
    signed = bearer(session, tenant("Alder").id)
    assert session.get(f"{GRAPH}/beta/users", headers=signed, timeout=30).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": None},
        {"headers": {"ConsistencyLevel": 1}},
        {"dependsOn": None},
        {"dependsOn": [1]},
        {"url": "/users?$top=x"},
        {"url": ""},
        {"url": 5},
        {"method": None},
        {"url": "https://graph.microsoft.com/v1.0/users"},
    ],
)
def test_a_wrong_item_of_a_batch_fails_alone(
    standins: RunningStandIns, session: requests.Session, wrong: dict[str, Any]
) -> None:
    good = {"id": "good", "method": "GET", "url": "/subscribedSkus"}
    answer = batch(session, "Alder", [good, {"id": "wrong", "method": "GET", "url": "/users", **wrong}])
    assert answer.status_code == 200
    assert {item["id"]: item["status"] for item in answer.json()["responses"]} == {"good": 200, "wrong": 400}


def test_a_batch_whose_items_are_no_objects_is_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    items: list[Any] = [1]
    assert batch(session, "Alder", items).status_code == 400


def test_a_refusal_repeats_the_callers_id_and_has_one_of_its_own(
    standins: RunningStandIns, session: requests.Session
) -> None:
    asked = {"client-request-id": "7d0c7f9e-1111-4111-a111-000000000001"}
    errors = [graph(session, "Alder", "/nope", asked).json()["error"]["innerError"] for _ in range(2)]
    assert [error["client-request-id"] for error in errors] == [asked["client-request-id"]] * 2
    assert errors[0]["request-id"] != errors[1]["request-id"]


def test_a_customer_has_several_relationships_of_which_one_is_microsofts(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = bearer(session, HARBOUR.tenant_id)
    path = f"{GRAPH}/v1.0/tenantRelationships/delegatedAdminRelationships"
    rows = session.get(path, headers=signed, timeout=30).json()["value"]
    alder = [row for row in rows if row["customer"]["tenantId"] == tenant("Alder").id]
    assert sorted(row["status"] for row in alder) == ["active", "active", "terminated"]
    assert sum(row["displayName"].startswith("MLT_") for row in alder) == 1
    assert len({row["id"] for row in rows}) == len(rows)


def test_one_more_relationship_can_be_added_by_control(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("add_relationship", tenant="Meadowlark", name="MLT_meadow", status="active")
    signed = bearer(session, HARBOUR.tenant_id)
    path = f"{GRAPH}/v1.0/tenantRelationships/delegatedAdminRelationships"
    rows = session.get(path, headers=signed, timeout=30).json()["value"]
    assert "MLT_meadow" in {row["displayName"] for row in rows}


def test_a_user_of_a_suite_has_dozens_of_plans(standins: RunningStandIns, session: requests.Session) -> None:
    page = graph(session, "Northgate", "/users?$select=assignedPlans&$top=999").json()
    plans = [[plan["servicePlanId"] for plan in row["assignedPlans"]] for row in page["value"]]
    assert max(map(len, plans)) >= 60
    assert all(len(set(of_user)) == len(of_user) for of_user in plans)


def test_some_users_have_attributes_as_long_as_a_directory_takes_them(
    standins: RunningStandIns, session: requests.Session
) -> None:
    page = graph(session, "Northgate", "/users?$select=displayName,jobTitle&$top=999").json()
    longest = {
        name: max(len(row[name] or "") for row in page["value"]) for name in ("displayName", "jobTitle")
    }
    assert 100 < longest["displayName"] <= 256
    assert 90 < longest["jobTitle"] <= 128


def test_an_odd_date_comes_when_it_is_asked_for(standins: RunningStandIns, session: requests.Session) -> None:
    odd = "0001-01-01T00:00:00+14:00"
    standins.control("set_fault", what="odd_date", kind="graph.subscriptions", value=odd, count=1)
    rows = graph(session, "Alder", "/directory/subscriptions").json()["value"]
    assert [row["nextLifecycleDateTime"] == odd for row in rows] == [True, False, False]
