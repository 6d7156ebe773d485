"""N4 by the API: why a line says its number, and who is behind it."""

from collections.abc import Callable

import pytest

from tests.functions.api.billing_msp import BASE, TENANT, BillingMsp
from tests.functions.api.conftest import Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]


@pytest.fixture
def mapping(wired: MemoryWiring, sign_in: SignIn) -> str:
    msp = BillingMsp(wired)
    msp.mapped(sign_in("admin"), 12)
    found = sign_in("reader")("GET", f"{BASE}/tenants/{TENANT}/mappings").json()["mappings"]
    return f"{BASE}/tenants/{TENANT}/mappings/{found[0]['id']}"


def test_a_reader_is_told_why_in_a_sentence_and_in_numbers(mapping: str, sign_in: SignIn) -> None:
    told = sign_in("reader")("GET", f"{mapping}/why").json()
    assert (told["number"], told["wanted"], told["purchased"]) == (10, 12, 12)
    assert told["sentence"].startswith("The line said 10 at the end of ")
    assert "12 purchased seats of Microsoft 365 Business Premium" in told["sentence"]
    assert told["mapping"]["skuId"]
    assert told["decidedBy"]


def test_the_people_behind_it_are_a_list_and_a_csv(mapping: str, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    assert [user["name"] for user in reader("GET", f"{mapping}/people").json()["items"]] == ["Alice"]
    assert "Alice" in reader("GET", f"{mapping}/people", headers={"accept": "text/csv"}).text


def test_a_day_to_come_names_its_field_and_an_unknown_mapping_is_not_there(
    mapping: str, sign_in: SignIn
) -> None:
    reader = sign_in("reader")
    refused = reader("GET", f"{mapping}/why?on=2999-01-01")
    assert (refused.status_code, refused.json()["field"]) == (422, "on")
    assert reader("GET", f"{mapping}x/why").status_code == 404
    assert reader("GET", f"{mapping}/people?on=2001-01-01").status_code == 404
