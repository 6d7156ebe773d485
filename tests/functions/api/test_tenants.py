"""Tenants, their licences, and the first page, as a reader sees them."""

import gzip
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.licensing.tenant_state import Day
from shared.microsoft.models import Subscription, User
from shared.storage import keys
from shared.storage.tables import Put
from tests.functions.api.busy import ALPHA, NEW, QUAY, ZETA, Busy
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.shared.alerts.world import TRANSIENT, sku
from tests.shared.licensing.bought import bought

type SignIn = Callable[[str], Caller]


@pytest.fixture
def ask(sign_in: SignIn, busy: Busy) -> Callable[[str], Any]:
    """GET below the account as a reader."""
    return lambda path: sign_in("reader")("GET", f"/accounts/{MSP}{path}").json()


def ids(page: Any) -> list[str]:
    return [one["id"] for one in page["items"]]


def test_every_tenant_of_the_partners_is_listed_by_name_added_or_not(ask: Callable[[str], Any]) -> None:
    tenants = ask("/tenants")["items"]
    assert [one["id"] for one in tenants] == [ALPHA, NEW, QUAY, ZETA]
    new, quay = tenants[1], tenants[2]
    assert (new["added"], new["state"], new["listings"][0]["canBeRead"]) == (False, "never", False)
    assert (quay["name"], quay["added"], quay["state"]) == ("Quayside Marina", True, "read")


def test_tenants_are_found_by_what_they_are(ask: Callable[[str], Any], busy: Busy) -> None:
    busy.world.fail(ZETA)
    busy.judge()
    assert ids(ask("/tenants?added=false")) == [ALPHA, NEW]
    assert ids(ask("/tenants?state=not_read")) == [ZETA]
    assert ids(ask("/tenants?search=ALPHA.exam")) == [ALPHA]
    assert ids(ask("/tenants?excluded=true")) == []


def test_a_tenant_that_could_not_be_read_says_why(ask: Callable[[str], Any], busy: Busy) -> None:
    busy.world.fail(ZETA)
    busy.judge()
    tenant = ask(f"/tenants/{ZETA.upper()}")
    assert tenant["notReadBecause"] == {
        "cause": "transient",
        "code": TRANSIENT.code,
        "sentence": TRANSIENT.sentence,
    }
    assert tenant["lastRead"] is not None


def test_tenants_come_in_pages_each_once(ask: Callable[[str], Any]) -> None:
    page = ask("/tenants?limit=1")
    found = ids(page)
    while page["next"]:
        page = ask(f"/tenants?limit=1&cursor={page['next']}")
        found += ids(page)
    assert found == [ALPHA, NEW, QUAY, ZETA]


def test_partner_lists_say_when_they_were_read(ask: Callable[[str], Any], busy: Busy) -> None:
    busy.world.stale_list("p2", TRANSIENT)
    busy.world.partner("p2", failure=TRANSIENT, read=False)
    first, second = ask("/partner-lists")["items"]
    assert (first["partnerConnection"], first["customers"], first["failure"]) == ("p1", 4, None)
    assert second["failure"]["code"] == "429"


def test_a_licence_has_its_counts_its_mapping_and_its_line(ask: Callable[[str], Any]) -> None:
    [licence] = ask(f"/tenants/{QUAY}/licences")["items"]
    assert (licence["purchased"], licence["assigned"], licence["spare"]) == (25, 19, 6)
    assert (licence["mapped"]["state"], licence["mapped"]["why"]) == ("in_step", "")
    assert licence["mapped"]["confirmed"] == 25
    [unmapped] = ask(f"/tenants/{ZETA}/licences")["items"]
    assert unmapped["mapped"] is None


def test_the_first_choice_for_a_licence_of_several_subscriptions_is_the_accounts(
    ask: Callable[[str], Any], sign_in: SignIn, busy: Busy
) -> None:
    two = [Subscription(id=f"s{n}", sku_id="e5", status="Enabled", total=n) for n in (4, 6)]
    busy.world.read(ZETA, sku("e5", 10), subscriptions=two)

    def first_choice() -> tuple[list[str], bool]:
        [licence] = ask(f"/tenants/{ZETA}/licences")["items"]
        return licence["parts"], licence["startsSplit"]

    assert first_choice() == (["s4", "s6"], False)
    owner = sign_in("owner")
    seen = owner("GET", f"/accounts/{MSP}/preferences").headers["ETag"]
    change = {"splitLicences": True}
    saved = owner("PATCH", f"/accounts/{MSP}/preferences", json=change, headers={"If-Match": seen})
    assert saved.json()["splitLicences"] is True
    assert first_choice() == (["s4", "s6"], True)


def test_the_users_behind_a_number_are_listed(ask: Callable[[str], Any], busy: Busy) -> None:
    user = User("u1", "Zoë", "zoe@q.example", "", True, "Member", "", "", "", "", ("e3",))
    data = gzip.compress(TypeAdapter(list[User]).dump_json([user]))
    busy.world.blobs.put(keys.users_blob(busy.world.account.id, QUAY, "u"), data)
    assert [one["name"] for one in ask(f"/tenants/{QUAY}/licences/e3/users")["items"]] == ["Zoë"]


def test_the_history_of_a_licence_begins_with_what_was_in_force(
    ask: Callable[[str], Any], busy: Busy
) -> None:
    for on, units in ((date(2026, 1, 5), 20), (date(2026, 2, 20), 25)):
        one = sku("e3", units)
        day = Day(
            on=on, began=busy.world.now, digest="d", users_digest="u", skus=(one,), subscriptions=bought(one)
        )
        busy.world.tables.commit([Put(keys.tenant_day(busy.world.account.id, QUAY, on), day)])
    rows = ask(f"/tenants/{QUAY}/licences/e3/history?since=2026-02-01")["items"]
    assert [(one["on"], one["purchased"]) for one in rows] == [("2026-01-05", 20), ("2026-02-20", 25)]


@pytest.mark.parametrize(
    "path",
    [
        "/tenants/t-nobody",
        "/tenants/t-nobody/licences",
        f"/tenants/{NEW}/licences",
        "/tenants/t-nobody/licences/e3/users",
        "/tenants/t-nobody/licences/e3/history",
    ],
)
def test_a_tenant_that_is_not_there_is_not_found(sign_in: SignIn, busy: Busy, path: str) -> None:
    assert sign_in("reader")("GET", f"/accounts/{MSP}{path}").status_code == 404


def test_the_tenants_of_one_account_are_not_those_of_another(sign_in: SignIn, busy: Busy) -> None:
    other = sign_in("other")
    assert other("GET", f"/accounts/{OTHER}/tenants").json()["items"] == []
    assert other("GET", f"/accounts/{OTHER}/tenants/{QUAY}").status_code == 404
    assert other("GET", f"/accounts/{OTHER}/tenants/{QUAY}/licences").status_code == 404
    assert other("GET", f"/accounts/{OTHER}/summary").json()["asOf"] is None


def test_the_first_page_says_what_to_look_at(ask: Callable[[str], Any]) -> None:
    summary = ask("/summary")
    assert (summary["tenantsRead"], summary["tenantsNotAdded"], summary["mode"]) == (2, 2, "live")
    assert {one["type"]: one["rows"] for one in summary["exceptions"]} == {
        "no_billing_profile": 1,
        "tenant_not_added": 2,
        "unused_licenses": 2,
    }
    assert summary["exceptions"] == ask("/alerts/counts")["types"]


def test_lists_are_csv_without_a_formula(sign_in: SignIn, busy: Busy) -> None:
    busy.world.add("t-evil", sku("e3", 1), name="=cmd|' /C calc'!A0")
    answer = sign_in("reader")("GET", f"/accounts/{MSP}/tenants", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert "'=cmd" in answer.text
    assert ",=cmd" not in answer.text
