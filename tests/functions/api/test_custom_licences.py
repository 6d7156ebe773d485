"""Custom licences by the API: counted, defined, mapped as a licence is, renamed, and kept while a line needs them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.functions.api.billing_msp import BASE, MAPPINGS, TENANT, BillingMsp, save
from tests.functions.api.conftest import Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.billing.world import SKU, user

type SignIn = Callable[[str], Caller]
CUSTOM = f"{BASE}/custom-licences"
MANAGED = {
    "name": "Managed users",
    "tenantId": TENANT,
    "rule": {"kind": "licensed_users", "domains": ["Contoso.test"]},
}


@pytest.fixture
def msp(wired: MemoryWiring) -> BillingMsp:
    return BillingMsp(wired)


def test_it_is_counted_defined_mapped_pushed_and_explained(msp: BillingMsp, sign_in: SignIn) -> None:
    profile, editor = msp.ready(sign_in("admin")), sign_in("editor")
    msp.read(12, people=(user("u1"), user("u2"), replace(user("u3"), upn="u3@other.test")))
    counted = editor("POST", f"{CUSTOM}/count", json={"tenantId": TENANT, "rule": MANAGED["rule"]})
    assert counted.json() == {"purchased": 2, "assigned": 2, "notCountable": ""}
    made = editor("POST", CUSTOM, json=MANAGED)
    assert made.status_code == 201, made.text
    assert made.json()["rule"]["domains"] == ["contoso.test"]
    assert editor("POST", CUSTOM, json=MANAGED).json() == made.json()
    sku_id = made.json()["skuId"]
    licences = editor("GET", f"{BASE}/tenants/{TENANT}/licences").json()["items"]
    (row,) = (each for each in licences if each["skuId"] == sku_id)
    assert (row["name"], row["purchased"], row["watched"], row["mapped"]) == ("Managed users", 2, False, None)
    save(editor, msp.mapping(profile, skuId=sku_id, options={"minimum": 1}))
    plan = sign_in("owner")("GET", f"{BASE}/plan").json()["digest"]
    assert sign_in("owner")("PUT", f"{BASE}/mode", json={"mode": "live", "plan": plan}).status_code == 200
    msp.read(12, people=tuple(user(f"u{number}") for number in range(11)))
    msp.push()
    assert msp.fake.line(msp.line.id).quantity == 11
    (mapping,) = editor("GET", MAPPINGS).json()["mappings"]
    why = editor("GET", f"{MAPPINGS}/{mapping['id']}/why").json()["sentence"]
    assert "11 of Managed users (users of contoso.test with a licence that costs money)" in why
    people = editor("GET", f"{MAPPINGS}/{mapping['id']}/people").json()["items"]
    assert len(people) == 11
    refused = editor("DELETE", made.headers["location"].removeprefix("/api"))
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")


def test_members_of_a_group_are_counted_after_a_sync_and_not_before(msp: BillingMsp, sign_in: SignIn) -> None:
    msp.ready(sign_in("admin"))
    editor, group = sign_in("editor"), "0F5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"
    rule = {"kind": "group_members", "groupId": group, "withoutGuests": True}
    made = editor("POST", CUSTOM, json={"name": "Staff", "tenantId": TENANT, "rule": rule})
    assert made.json()["rule"]["groupId"] == group.lower()
    counted = editor("POST", f"{CUSTOM}/count", json={"tenantId": TENANT, "rule": rule}).json()
    assert counted["purchased"] is None
    assert counted["notCountable"].endswith(
        "They are read from its definition on: synchronise the customer then."
    )
    no_id = {"kind": "group_members", "groupId": "All staff"}
    assert editor("POST", CUSTOM, json={"name": "X", "tenantId": TENANT, "rule": no_id}).status_code == 422


def test_mailboxes_of_every_customer_are_counted_after_a_sync_and_not_before(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    msp.ready(sign_in("admin"))
    editor = sign_in("editor")
    rule = {"kind": "mailboxes", "mailboxes": ["user", "shared"]}
    made = editor("POST", CUSTOM, json={"name": "Backup", "rule": rule})
    assert (made.status_code, made.json()["rule"]["mailboxes"]) == (201, ["shared", "user"])
    counted = editor("POST", f"{CUSTOM}/count", json={"tenantId": TENANT, "rule": rule}).json()
    assert (counted["purchased"], counted["assigned"]) == (None, None)
    assert counted["notCountable"].startswith("The mailboxes that this custom licence counts are not known.")
    refused: list[dict[str, object]] = [
        {"mailboxes": []},
        {"mailboxes": ["archive"]},
        {"withoutGuests": True},
    ]
    for wrong in refused:
        asked = {"name": "X", "rule": {**rule, **wrong}}
        assert editor("POST", CUSTOM, json=asked).status_code == 422


def test_only_its_name_changes_and_a_stranger_to_the_tenant_is_refused(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    msp.ready(sign_in("admin"))
    editor = sign_in("editor")
    rule = {"kind": "sum", "skuIds": [SKU.upper()]}
    made = editor("POST", CUSTOM, json={"name": "Support", "rule": rule})
    there, etag = made.headers["location"].removeprefix("/api"), made.headers["etag"]
    assert editor("PATCH", there, json={"name": "Helpdesk"}).status_code == 428
    assert editor("PATCH", there, json={"rule": rule}, headers={"If-Match": etag}).status_code == 422
    renamed = editor("PATCH", there, json={"name": "Helpdesk"}, headers={"If-Match": etag})
    assert renamed.json() == {**made.json(), "name": "Helpdesk"}
    assert [each["name"] for each in editor("GET", CUSTOM).json()["items"]] == ["Helpdesk"]
    nowhere = editor("POST", CUSTOM, json={"name": "X", "tenantId": "nobody", "rule": rule})
    assert nowhere.status_code == 404
    nothing = editor("POST", CUSTOM, json={"name": "X", "rule": {"kind": "sum"}})
    assert (nothing.status_code, nothing.json()["detail"]) == (
        422,
        "A sum names its licences, and no other rule does.",
    )
    assert editor("DELETE", there).status_code == 204
    assert editor("GET", there).status_code == 404
