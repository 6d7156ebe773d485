"""K15 by the API: a preview shows which lines end and how; unmapping, removing and K1 end them then."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.functions.api.billing_msp import BASE, MAPPINGS, TENANT, BillingMsp, save
from tests.functions.api.conftest import Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
DAY = "2026-03-31"
LINES, COMPANY = f"{BASE}/ending-lines", f"{BASE}/companies/quayside"


@pytest.fixture
def msp(wired: MemoryWiring) -> BillingMsp:
    return BillingMsp(wired)


@pytest.fixture
def admin(sign_in: SignIn) -> Caller:
    return sign_in("admin")


def live(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    digest = owner("GET", f"{BASE}/plan").json()["digest"]
    switched = owner("PUT", f"{BASE}/mode", json={"mode": "live", "plan": digest})
    assert switched.status_code == 200, switched.text


def test_an_unmapped_line_is_shown_ends_in_the_psa_and_is_listed_until_then(
    msp: BillingMsp, admin: Caller, sign_in: SignIn
) -> None:
    msp.mapped(admin, seats=10)
    live(sign_in)
    body = {"mappings": [], "lastDays": {msp.line.id: DAY}}
    shown = sign_in("editor")("POST", f"{MAPPINGS}/preview", json=body).json()
    (line,) = shown["ending"]
    assert (line["lineId"], line["seats"], line["lastDay"], line["how"]) == (msp.line.id, 10, DAY, "date")
    assert (line["change"] != "", line["why"]) == (True, "")
    assert admin("GET", LINES).json()["items"] == []
    save(sign_in("editor"), body)
    msp.push()
    assert msp.fake.line(msp.line.id).ends == date(2026, 3, 31)
    (listed,) = sign_in("reader")("GET", LINES).json()["items"]
    assert (listed["company"], listed["proven"], listed["lastDay"]) == ("Quayside Marina", True, DAY)


def test_without_a_last_day_the_save_is_refused_and_says_what_to_do(msp: BillingMsp, admin: Caller) -> None:
    msp.mapped(admin, seats=10)
    refused = admin("POST", f"{MAPPINGS}/preview", json={"mappings": []})
    assert refused.status_code in (409, 422)
    assert "Say its last day" in refused.json()["detail"]


def test_a_company_is_removed_with_the_day_on_which_its_lines_end(
    msp: BillingMsp, admin: Caller, sign_in: SignIn
) -> None:
    msp.mapped(admin, seats=10)
    live(sign_in)
    asked = {"tenantId": TENANT, "lastDay": DAY}
    shown = sign_in("editor")("POST", f"{LINES}/preview", json=asked).json()
    assert [(line["lineId"], line["lastDay"]) for line in shown["ending"]] == [(msp.line.id, DAY)]
    assert sign_in("editor")("DELETE", COMPANY).status_code == 409
    assert sign_in("editor")("DELETE", f"{COMPANY}?lastDay={DAY}").status_code == 204
    msp.list_customer()
    msp.push()
    assert msp.fake.line(msp.line.id).ends == date(2026, 3, 31)
    assert msp.fake.line(msp.line.id).quantity == 10
    (listed,) = sign_in("reader")("GET", LINES).json()["items"]
    assert listed["company"] == "Quayside"  # the customer is still known, though its company is gone


def test_a_day_that_is_over_is_refused_and_nothing_is_removed(msp: BillingMsp, admin: Caller) -> None:
    msp.mapped(admin, seats=10)
    refused = admin("DELETE", f"{COMPANY}?lastDay=2020-01-01")
    assert (refused.status_code, refused.json()["field"]) == (422, "lastDays")
    assert admin("GET", COMPANY).status_code == 200
