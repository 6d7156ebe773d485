"""Billing by the API: connect a PSA, make profiles, map, preview, go live, decide on what is held, read the ledger."""

import csv
import io
import logging
from collections.abc import Callable
from typing import Any

import pytest

from functions.queues import billing
from functions.queues.messages import PushConnection
from shared.storage import keys
from tests.functions.api.billing_msp import BASE, GIVEN_PSA, MAPPINGS, SECRET, TENANT, BillingMsp, save
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.billing.world import SKU

type SignIn = Callable[[str], Caller]
PSAS, PROFILES = f"{BASE}/psa-connections", f"{BASE}/billing-profiles"


@pytest.fixture
def msp(wired: MemoryWiring) -> BillingMsp:
    return BillingMsp(wired)


# -- PSA connections ------------------------------------------------------------------------------------------------


def test_a_psa_is_connected_and_its_lists_are_read_by_the_queue(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    made = admin("POST", PSAS, json=GIVEN_PSA)
    assert made.status_code == 201
    there = made.headers["location"].removeprefix("/api")
    assert made.json()["settings"] == {"selfHosted": False, **GIVEN_PSA["settings"]}
    assert admin("GET", there).json()["lists"]["refreshing"] is True
    not_yet = admin("GET", f"{there}/companies")
    assert (not_yet.status_code, not_yet.json()["code"]) == (409, "not_read_yet")
    msp.refresh()
    lists = admin("GET", there).json()["lists"]
    assert (lists["refreshing"], lists["companies"], lists["failure"]) == (False, 1, "")
    companies = sign_in("reader")("GET", f"{there}/companies?search=MARINA").json()["items"]
    assert [one["name"] for one in companies] == ["Quayside Marina"]
    agreements = admin("GET", f"{there}/agreements?company={msp.company.id}").json()["items"]
    assert [one["id"] for one in agreements] == [msp.agreement.id]
    assert admin("GET", f"{there}/agreements?company=none").json()["items"] == []
    assert admin("GET", f"{there}/products").json()["items"][0]["sku"] == msp.product.sku
    (line,) = admin("GET", f"{there}/agreements/{msp.agreement.id}/lines").json()["items"]
    assert (line["id"], line["quantity"], line["tenantId"]) == (msp.line.id, "10", "")


def test_what_the_psa_misses_is_said_and_nothing_is_saved(msp: BillingMsp, sign_in: SignIn) -> None:
    refused = sign_in("admin")("POST", PSAS, json={**GIVEN_PSA, "secret": "wrong-key"})
    assert (refused.status_code, refused.json()["code"]) == (502, "psa_refused")
    assert "does not accept this sign-in" in refused.json()["detail"]
    assert "wrong-key" not in refused.text
    assert sign_in("admin")("GET", PSAS).json()["items"] == []


def test_a_change_needs_the_version_that_was_seen_and_keeps_the_secret(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    admin = sign_in("admin")
    there = f"{PSAS}/{msp.connect(admin)}"
    asked = {name: value for name, value in GIVEN_PSA.items() if name != "secret"} | {"name": "Renamed"}
    etag = admin("GET", there).headers["etag"]
    assert admin("PUT", there, json=asked).status_code == 428
    changed = admin("PUT", there, json=asked, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["name"]) == (200, "Renamed")
    stale = admin("PUT", there, json=asked, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Renamed")
    assert admin("POST", f"{there}/test").status_code == 204


def test_an_admin_cannot_send_the_keys_to_a_server_of_anybodys_choice(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    own = {**GIVEN_PSA, "settings": {**GIVEN_PSA["settings"], "selfHosted": True}}
    refused = sign_in("admin")("POST", PSAS, json=own)
    assert (refused.status_code, refused.json()["field"]) == (403, "settings.selfHosted")
    assert sign_in("owner")("POST", PSAS, json=own).status_code == 201


def test_a_wrong_setting_of_a_real_psa_is_named(wired: MemoryWiring, sign_in: SignIn) -> None:
    settings = {"site": "https://evil.example", "companyId": "a", "publicKey": "b", "clientId": "c"}
    asked = {"name": "X", "kind": "connectwise", "settings": settings, "secret": "s"}
    refused = sign_in("owner")("POST", PSAS, json=asked)
    assert (refused.status_code, refused.json()["field"]) == (422, "settings.site")


def test_a_refresh_that_is_under_way_is_not_asked_for_twice(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    there = f"{PSAS}/{msp.connect(admin)}"
    assert [admin("POST", f"{there}/refresh").status_code for _ in range(3)] == [202] * 3
    assert len(list(msp.taken("refresh-psa-lists"))) == 1


def test_a_psa_that_bills_is_not_removed(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    msp.mapped(admin)
    refused = admin("DELETE", f"{PSAS}/{msp.psa}")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")


def test_a_removed_psa_is_not_there(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    there = f"{PSAS}/{msp.connect(admin)}"
    assert admin("DELETE", there).status_code == 204
    assert admin("GET", there).status_code == admin("DELETE", there).status_code == 404
    assert admin("GET", PSAS).json()["items"] == []


# -- profiles -------------------------------------------------------------------------------------------------------


def test_profiles_are_made_in_bulk_and_a_repeat_makes_none(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    psa = msp.connect(admin)
    asked = {"profiles": [{"name": f"P{n}", "connection": psa, "productId": str(n)} for n in range(3)]}
    made = [admin("POST", f"{PROFILES}/bulk", json=asked).json()["profiles"] for _ in range(2)]
    assert made[0] == made[1]
    found = sign_in("reader")("GET", PROFILES).json()["items"]
    assert [(one["name"], one["licences"]) for one in found] == [("P0", 0), ("P1", 0), ("P2", 0)]
    asked["profiles"][1]["name"] = "P0"
    refused = admin("POST", f"{PROFILES}/bulk", json=asked)
    assert (refused.status_code, refused.json()["field"]) == (422, "profiles.1.name")


def test_a_profile_is_billed_only_by_agreements_of_its_types(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    profile = msp.ready(admin, 7)
    there = admin("GET", f"{PROFILES}/{profile}")
    wished = {name: value for name, value in there.json().items() if name != "id"}

    def for_types(*types: str) -> int:
        tag = admin("GET", f"{PROFILES}/{profile}").headers["ETag"]
        body = {**wished, "agreementTypes": list(types)}
        changed = admin("PUT", f"{PROFILES}/{profile}", json=body, headers={"If-Match": tag})
        assert changed.json()["agreementTypes"] == list(types)
        tag = admin("GET", MAPPINGS).headers["ETag"]
        saved = admin("PUT", MAPPINGS, json=msp.mapping(profile), headers={"If-Match": tag})
        assert saved.is_success or saved.json()["code"] == "other_type"
        return saved.status_code

    assert there.json()["agreementTypes"] == []
    assert for_types("Cloud", "Hardware") == 422
    assert for_types("Cloud", "managed SERVICES") == 200


def test_a_profile_in_use_cannot_be_ended_or_moved(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    msp.mapped(admin)
    (found,) = admin("GET", PROFILES).json()["items"]
    there = f"{PROFILES}/{found['id']}"
    assert found["licences"] == 1
    assert admin("DELETE", there).json()["code"] == "in_use"
    etag = {"If-Match": admin("GET", there).headers["etag"]}
    asked = {"name": "BP", "connection": msp.psa, "productId": msp.product.id}
    moved = admin("PUT", there, json={**asked, "productId": "other"}, headers=etag)
    assert (moved.status_code, moved.json()["field"]) == (409, "productId")
    assert admin("PUT", there, json=asked, headers=etag).json()["name"] == "BP"


# -- mappings -------------------------------------------------------------------------------------------------------


def test_the_preview_says_what_saving_and_pushing_then_do(msp: BillingMsp, sign_in: SignIn) -> None:
    editor = sign_in("editor")
    body = msp.mapping(msp.ready(sign_in("admin")))
    body["mappings"][0]["options"] = {"included": 1}
    (line,) = editor("POST", f"{MAPPINGS}/preview", json=body).json()["lines"]
    assert (line["effect"], line["before"], line["after"]) == ("written", 10, 11)
    assert editor("GET", MAPPINGS).json()["mappings"] == []
    save(editor, body)
    plan = editor("GET", f"{BASE}/plan").json()
    assert (plan["mode"], plan["written"], plan["seatsMore"]) == ("preview", 1, 1)
    switched = sign_in("owner")("PUT", f"{BASE}/mode", json={"mode": "live", "plan": plan["digest"]})
    assert switched.json()["mode"] == "live"
    msp.push()
    assert msp.fake.line(msp.line.id).quantity == 11
    assert editor("GET", f"{BASE}/plan").json()["lines"] == 0


def test_mappings_are_saved_as_a_whole_by_the_version_that_was_seen(msp: BillingMsp, sign_in: SignIn) -> None:
    editor = sign_in("editor")
    body = msp.mapping(msp.ready(sign_in("admin")))
    etag = {"If-Match": editor("GET", MAPPINGS).headers["etag"]}
    first = editor("PUT", MAPPINGS, json=body, headers=etag)
    assert first.status_code == 200
    (mapping,) = first.json()["mappings"]
    assert (mapping["skuId"], mapping["lineId"]) == (SKU, msp.line.id)
    stale = editor("PUT", MAPPINGS, json={"mappings": []}, headers=etag)
    assert (stale.status_code, stale.json()["current"]["mappings"]) == (412, [mapping])
    again = editor("PUT", MAPPINGS, json=body, headers={"If-Match": first.headers["etag"]})
    assert again.json() == first.json()
    assert editor("GET", MAPPINGS).headers["etag"] == first.headers["etag"]


def test_a_line_that_still_bills_is_not_left_without_a_word(msp: BillingMsp, sign_in: SignIn) -> None:
    editor = sign_in("editor")
    msp.mapped(sign_in("admin"))
    etag = {"If-Match": editor("GET", MAPPINGS).headers["etag"]}
    nothing = {"mappings": [{"skuId": SKU, "bill": False}]}
    refused = editor("PUT", MAPPINGS, json=nothing, headers=etag)
    assert (refused.status_code, "still bills 10 seats" in refused.json()["detail"]) == (422, True)
    said = {**nothing, "lookedAfter": [f"{msp.psa}/{msp.line.id}"], "reason": "billed by hand"}
    assert editor("PUT", MAPPINGS, json=said, headers=etag).status_code == 200


@pytest.mark.parametrize(
    "change, field",
    [
        ({"agreementId": ""}, "mappings.0"),
        ({"bill": False}, "mappings.0"),
        ({"options": {"basis": "assigned"}, "subscriptionId": "s1"}, "mappings.0"),
        ({"options": {"included": -1}}, "mappings.0.options.included"),
        ({"options": {"colour": 1}}, "mappings.0.options.colour"),
        ({"skuId": ""}, "mappings.0.skuId"),
    ],
)
def test_a_wrong_mapping_is_named(
    msp: BillingMsp, sign_in: SignIn, change: dict[str, object], field: str
) -> None:
    body = msp.mapping(msp.ready(sign_in("admin")), **change)
    refused = sign_in("editor")("POST", f"{MAPPINGS}/preview", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_licence_is_mapped_once(msp: BillingMsp, sign_in: SignIn) -> None:
    body = msp.mapping(msp.ready(sign_in("admin")))
    twice = {"mappings": body["mappings"] * 2}
    refused = sign_in("editor")("POST", f"{MAPPINGS}/preview", json=twice)
    assert (refused.status_code, refused.json()["detail"]) == (422, "A licence has one mapping.")


def test_a_tenant_that_is_not_added_has_no_mappings_to_save(msp: BillingMsp, sign_in: SignIn) -> None:
    msp.ready(sign_in("admin"))
    there = f"{BASE}/tenants/00000000-0000-0000-0000-000000000000"
    for method, path in (("GET", "/mappings"), ("GET", "/agreements"), ("POST", "/mappings/preview")):
        body: dict[str, Any] = {"json": {"mappings": []}} if method == "POST" else {}
        assert sign_in("editor")(method, there + path, **body).status_code == 404


def test_a_tenants_agreements_are_those_of_its_company(msp: BillingMsp, sign_in: SignIn) -> None:
    msp.ready(sign_in("admin"))
    msp.fake.add_agreement(msp.fake.add_company("Another").id)
    found = sign_in("reader")("GET", f"{BASE}/tenants/{TENANT}/agreements").json()
    assert [one["id"] for one in found["agreements"]] == [msp.agreement.id]
    assert found["readAt"] is not None


# -- plan and held changes ------------------------------------------------------------------------------------------


def held(msp: BillingMsp, sign_in: SignIn) -> str:
    """A live account whose customer cancelled everything: the change's id."""
    admin = sign_in("admin")
    msp.mapped(admin, 10)
    digest = admin("GET", f"{BASE}/plan").json()["digest"]
    sign_in("owner")("PUT", f"{BASE}/mode", json={"mode": "live", "plan": digest})
    msp.read(0)
    msp.push()
    (found,) = sign_in("reader")("GET", f"{BASE}/held-changes").json()["items"]
    assert (found["before"], found["after"], found["company"]) == (10, 0, "Quayside Marina")
    assert "to_zero" in found["reasons"]
    return str(found["change"])


def test_a_held_change_is_approved_and_carried_out_at_once(msp: BillingMsp, sign_in: SignIn) -> None:
    change = held(msp, sign_in)
    admin = sign_in("admin")
    approved = admin("POST", f"{BASE}/held-changes/{change}/approve")
    assert (approved.status_code, approved.json()["decided"]) == (202, "approved")
    assert approved.headers["location"] == f"/api{BASE}/runs/{approved.json()['run']}"
    again = admin("POST", f"{BASE}/held-changes/{change}/approve")
    assert again.json()["run"] == approved.json()["run"]
    message = PushConnection.model_validate_json(next(msp.taken("push-connection")))
    assert message.run == approved.json()["run"]
    msp.push(message.run)
    assert msp.fake.line(msp.line.id).quantity == 0
    assert [(write.before, write.after) for write in msp.fake.applied] == [(10, 0)]


def test_only_an_admin_approves_and_only_what_is_held(msp: BillingMsp, sign_in: SignIn) -> None:
    change = held(msp, sign_in)
    assert sign_in("editor")("POST", f"{BASE}/held-changes/{change}/approve").status_code == 403
    msp.read(3)
    msp.push()
    gone = sign_in("admin")("POST", f"{BASE}/held-changes/{change}/approve")
    assert (gone.status_code, gone.json()["code"]) == (409, "not_held")
    assert msp.fake.applied == []


def test_a_rejected_change_stays_unwritten(msp: BillingMsp, sign_in: SignIn) -> None:
    change = held(msp, sign_in)
    rejected = sign_in("admin")("POST", f"{BASE}/held-changes/{change}/reject").json()
    assert (rejected["decided"], rejected["run"]) == ("rejected", "")
    assert rejected["decidedBy"].startswith("admin@msp.example")
    msp.push()
    assert msp.fake.applied == []
    (line,) = sign_in("reader")("GET", f"{BASE}/plan/lines?effect=held").json()["items"]
    assert (line["decided"], line["company"]) == ("rejected", "Quayside Marina")
    assert line["profileName"] == "Business Premium"
    assert sign_in("reader")("GET", f"{BASE}/plan/lines?effect=written").json()["items"] == []


def test_an_account_does_not_go_live_by_another_plan_than_was_seen(msp: BillingMsp, sign_in: SignIn) -> None:
    msp.mapped(sign_in("admin"))
    seen = sign_in("owner")("GET", f"{BASE}/plan").json()["digest"]
    msp.read(20)
    refused = sign_in("owner")("PUT", f"{BASE}/mode", json={"mode": "live", "plan": seen})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_changed")


def test_a_write_that_nothing_can_tell_about_is_settled_by_a_persons_word(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    msp.fake.marker_rule, msp.fake.names_new_lines = lambda _: "", False
    admin = sign_in("admin")
    profile = msp.ready(admin, 7)
    body = msp.mapping(profile, lineId="", options={"besideExisting": True})
    save(admin, body)
    digest = admin("GET", f"{BASE}/plan").json()["digest"]
    sign_in("owner")("PUT", f"{BASE}/mode", json={"mode": "live", "plan": digest})
    msp.push()
    (write,) = sign_in("reader")("GET", f"{BASE}/unclear-writes").json()["items"]
    assert (write["before"], write["after"], write["company"]) == (0, 7, "Quayside Marina")
    there = f"{BASE}/unclear-writes/{write['change']}/settle"
    assert sign_in("editor")("POST", there, json={"applied": True}).status_code == 403
    missing = admin("POST", there, json={"applied": True})
    assert (missing.status_code, missing.json()["field"]) == (422, "lineId")
    made = next(one.id for one in msp.fake.lines(msp.agreement.id) if one.id != msp.line.id)
    settled = admin("POST", there, json={"applied": True, "lineId": made})
    assert settled.json() == {"lineId": made, "confirmed": 7}
    assert admin("POST", there, json={"applied": True, "lineId": made}).status_code == 404
    assert sign_in("reader")("GET", f"{BASE}/unclear-writes").json()["items"] == []


def test_agreements_that_a_list_lost_are_told_and_believed_by_a_persons_word(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    msp.mapped(sign_in("admin"), 10)
    there = f"{PSAS}/{msp.psa}/lost-agreements"
    assert sign_in("reader")("GET", there).status_code == 404
    del msp.fake._agreements[msp.agreement.id]
    msp.push()
    state = sign_in("reader")("GET", f"{PSAS}/{msp.psa}").json()
    assert "Our PSA lists only 0 of 1 agreements with mapped licences" in state["failure"]
    lost = sign_in("reader")("GET", there).json()
    assert lost["agreements"] == [{"agreementId": msp.agreement.id, "companies": ["Quayside Marina"]}]
    body = {"seen": lost["seen"]}
    assert sign_in("editor")("POST", f"{there}/believe", json=body).status_code == 403
    other = sign_in("admin")("POST", f"{there}/believe", json={"seen": "another"})
    assert (other.status_code, other.json()["code"]) == (409, "loss_changed")
    said = [sign_in("admin")("POST", f"{there}/believe", json=body) for _ in range(2)]
    assert [one.status_code for one in said] == [202, 202]
    assert len({one.json()["run"] for one in said}) == 1
    assert said[0].headers["location"] == f"/api{BASE}/runs/{said[0].json()['run']}"
    log = sign_in("admin")("GET", f"{BASE}/audit").json()["items"]
    assert [(one["subject"], one["after"]) for one in log if one["action"] == "psa.loss_believed"] == [
        (msp.psa, lost["seen"])
    ]
    for message in msp.taken("push-connection"):
        list(billing._push(msp.wired, PushConnection.model_validate_json(message)))
    assert sign_in("reader")("GET", f"{PSAS}/{msp.psa}").json()["failure"] == ""
    assert sign_in("admin")("POST", f"{there}/believe", json=body).status_code == 404


# -- ledger ---------------------------------------------------------------------------------------------------------


def test_the_ledger_tells_what_happened_the_newest_first_page_by_page(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    held(msp, sign_in)
    reader = sign_in("reader")
    whole = reader("GET", f"{BASE}/ledger").json()["items"]
    assert [one["event"] for one in whole][:1] == ["held"]
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    paged, cursor = [], ""
    while True:
        page = reader("GET", f"{BASE}/ledger?limit=1&cursor={cursor}").json()
        paged += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert paged == whole
    assert reader("GET", f"{BASE}/ledger?tenant={TENANT.upper()}").json()["items"] == whole
    assert reader("GET", f"{BASE}/ledger?event=adopted").json()["items"] == whole[-1:]
    assert reader("GET", f"{BASE}/ledger?until=2020-01-01T00:00:00Z").json()["items"] == []


@pytest.mark.parametrize(
    "query, field",
    [
        ("line=1", "line"),
        ("agreement=1", "connection"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("event=exploded", "event"),
    ],
)
def test_a_wrong_question_to_the_ledger_is_named(sign_in: SignIn, query: str, field: str) -> None:
    refused = sign_in("reader")("GET", f"{BASE}/ledger?{query}")
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_hostile_name_in_the_psa_is_no_formula_in_csv(msp: BillingMsp, sign_in: SignIn) -> None:
    msp.fake.add_company('=HYPERLINK("http://evil.example")')
    there = f"{PSAS}/{msp.connect(sign_in('admin'))}"
    answer = sign_in("reader")("GET", f"{there}/companies", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["name"] for row in rows} == {"Quayside Marina", '\'=HYPERLINK("http://evil.example")'}


# -- isolation and secrets ------------------------------------------------------------------------------------------


def test_another_account_has_nothing_of_it(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    msp.mapped(admin)
    other = "/accounts/tidewater"
    asking = sign_in("other")
    for path in ("/psa-connections", "/billing-profiles", "/held-changes", "/ledger", "/plan/lines"):
        assert asking("GET", other + path).json()["items"] == []
        assert asking("GET", BASE + path).status_code == 404
    assert asking("GET", f"{other}/psa-connections/{msp.psa}").status_code == 404
    assert asking("GET", f"{other}/tenants/{TENANT}/mappings").status_code == 404


def test_a_secret_that_was_put_in_is_found_nowhere(
    msp: BillingMsp, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin = sign_in("admin")
    answers = [admin("POST", PSAS, json={**GIVEN_PSA, "secret": {"value": SECRET}})]
    answers.append(admin("POST", PSAS, json={**GIVEN_PSA, "colour": SECRET}))
    answers.append(admin("POST", PSAS, json=GIVEN_PSA))
    there = f"{PSAS}/{answers[-1].json()['id']}"
    etag = {"If-Match": answers[-1].headers["etag"]}
    answers.append(admin("PUT", there, json={**GIVEN_PSA, "name": "Again"}, headers=etag))
    answers += [admin("GET", path) for path in (PSAS, there, f"{BASE}/audit")]
    answers += [admin("POST", f"{there}/{word}") for word in ("test", "refresh")]
    assert len(admin("GET", f"{BASE}/audit").json()["items"]) == 2
    assert SECRET not in "".join(answer.text + str(answer.headers) for answer in answers)
    assert SECRET not in caplog.text
    assert not any(SECRET in message.body for message in msp.wired.sent.messages)
    partitions = (keys.settings(MSP), keys.audit(MSP), keys.decisions(MSP))
    rows = [row.body for partition in partitions for row in msp.wired.tables.rows(partition)]
    assert rows
    assert not any(SECRET.encode() in body for body in rows)


@pytest.mark.parametrize(
    "given, shown",
    [
        ({}, ("psa", None, None)),
        ({"priceRule": "fixed", "price": "20.90"}, ("fixed", "20.90", None)),
        ({"priceRule": "percent", "percent": -5}, ("percent", None, "-5")),
    ],
)
def test_a_profile_says_what_its_line_must_charge(
    msp: BillingMsp, sign_in: SignIn, given: dict[str, Any], shown: tuple[str, str | None, str | None]
) -> None:
    admin = sign_in("admin")
    msp.connect(admin)
    asked = {"name": "Premium", "connection": msp.psa, "productId": msp.product.id, **given}
    made, again = admin("POST", PROFILES, json=asked), admin("POST", PROFILES, json=asked)
    assert (made.status_code, again.json()) == (201, made.json())
    [kept] = admin("GET", PROFILES).json()["items"]
    assert (kept["priceRule"], kept["price"], kept["percent"]) == shown


@pytest.mark.parametrize(
    "given, field",
    [
        ({"priceRule": "fixed"}, ""),
        ({"price": 5}, ""),
        ({"priceRule": "percent", "price": 5}, ""),
        ({"priceRule": "fixed", "price": 0}, "price"),
        ({"priceRule": "fixed", "price": "1.005"}, "price"),
        ({"priceRule": "percent", "percent": -100}, "percent"),
        ({"priceRule": "fixed", "price": 5, "billable": "no_charge"}, "priceRule"),
    ],
)
def test_a_price_rule_that_cannot_be_meant_is_refused(
    msp: BillingMsp, sign_in: SignIn, given: dict[str, Any], field: str
) -> None:
    admin = sign_in("admin")
    msp.connect(admin)
    asked = {"name": "Premium", "connection": msp.psa, "productId": msp.product.id, **given}
    refused = admin("POST", PROFILES, json=asked)
    assert (refused.status_code, refused.json().get("field", "")) == (422, field)
    assert admin("GET", PROFILES).json()["items"] == []
