"""The guide by the API: each step with what is there, what is missing and what must come first."""

from collections.abc import Callable
from typing import Any

from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection
from tests.functions.api.billing_msp import BillingMsp
from tests.functions.api.busy import NEW, Busy
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]


def steps(caller: Caller, account: str = MSP) -> dict[str, Any]:
    return {
        step.pop("step"): step for step in caller("GET", f"/accounts/{account}/setup-guide").json()["steps"]
    }


def test_an_empty_account_is_told_what_to_begin_with(sign_in: SignIn) -> None:
    guide = sign_in("other")("GET", f"/accounts/{OTHER}/setup-guide").json()
    assert guide["finished"] is False
    assert [(step["step"], step["waitsFor"]) for step in guide["steps"]] == [
        ("connect_partner", []),
        ("connect_psa", []),
        ("add_companies", ["connect_partner", "connect_psa"]),
        ("make_profiles", ["connect_psa"]),
        ("map_licences", ["add_companies", "make_profiles"]),
        ("choose_recipients", []),
        ("preview", ["map_licences"]),
        ("go_live", ["map_licences"]),
    ]
    assert [step["step"] for step in guide["steps"] if step["done"]] == ["choose_recipients"]


def test_what_is_missing_is_counted_and_what_was_excluded_is_not_missing(sign_in: SignIn, busy: Busy) -> None:
    reader = sign_in("reader")
    found = steps(reader)
    assert found["add_companies"] == {"done": False, "there": 2, "missing": 2, "waitsFor": []}
    assert (found["map_licences"]["there"], found["map_licences"]["missing"]) == (1, 1)
    sign_in("editor")("POST", f"/accounts/{MSP}/exclusions", json={"tenantId": NEW})
    busy.judge()
    assert steps(reader)["add_companies"]["missing"] == 1


def test_a_connection_that_fails_is_missing(sign_in: SignIn, busy: Busy) -> None:
    assert steps(sign_in("reader"))["connect_psa"] == {"done": True, "there": 1, "missing": 0, "waitsFor": []}
    busy.world.psa_trouble("401", "The API member was refused.", sign_in=True)
    assert steps(sign_in("reader"))["connect_psa"] == {
        "done": False,
        "there": 1,
        "missing": 1,
        "waitsFor": [],
    }


def test_the_guide_is_finished_when_the_account_is_live(wired: MemoryWiring, sign_in: SignIn) -> None:
    owner, billing = sign_in("owner"), BillingMsp(wired)
    partner = PartnerConnection(id="p1", name="Harbour IT", tenant_id="home", client_id="app")
    partner_connections.save(wired.tables, MSP, partner)
    billing.mapped(owner, 10)
    before = owner("GET", f"/accounts/{MSP}/setup-guide").json()
    plan = owner("GET", f"/accounts/{MSP}/plan").json()["digest"]
    owner("PUT", f"/accounts/{MSP}/mode", json={"mode": "live", "plan": plan})
    after = owner("GET", f"/accounts/{MSP}/setup-guide").json()
    assert [step["step"] for step in before["steps"] if not step["done"]] == ["preview", "go_live"]
    assert (before["finished"], after["finished"]) == (False, True)
