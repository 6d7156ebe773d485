"""The account by the API: its name, and switching it live by exactly the plan that was seen."""

from collections.abc import Callable

from shared.accounts.directory import load_account
from shared.billing.planning import load, preview
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import NOW, MemoryWiring

type SignIn = Callable[[str], Caller]
MODE = f"/accounts/{MSP}/mode"


def plan_of(wired: MemoryWiring) -> str:
    return preview.digest(
        load.plan_account(wired.tables, wired.blobs, load_account(wired.tables, MSP), NOW).plan
    )


def test_an_owner_switches_the_account_live_and_back(wired: MemoryWiring, sign_in: SignIn) -> None:
    owner = sign_in("owner")
    live = owner("PUT", MODE, json={"mode": "live", "plan": plan_of(wired)})
    assert (live.status_code, live.json()["mode"]) == (200, "live")
    assert owner("PUT", MODE, json={"mode": "preview"}).json()["mode"] == "preview"
    entries = sign_in("admin")("GET", f"/accounts/{MSP}/audit").json()["items"]
    assert {(one["action"], one["before"], one["after"]) for one in entries} == {
        ("account.mode", "preview", "live"),
        ("account.mode", "live", "preview"),
    }


def test_without_a_plan_nothing_is_switched(sign_in: SignIn) -> None:
    refused = sign_in("owner")("PUT", MODE, json={"mode": "live"})
    assert (refused.status_code, refused.json()["field"]) == (422, "plan")
    assert sign_in("owner")("GET", f"/accounts/{MSP}").json()["mode"] == "preview"


def test_by_another_plan_than_the_present_one_nothing_is_switched(sign_in: SignIn) -> None:
    refused = sign_in("owner")("PUT", MODE, json={"mode": "live", "plan": "of-yesterday"})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_changed")
    assert sign_in("owner")("GET", f"/accounts/{MSP}").json()["mode"] == "preview"


def test_a_repeated_switch_changes_nothing_and_is_told_once(wired: MemoryWiring, sign_in: SignIn) -> None:
    for _ in range(2):
        sign_in("owner")("PUT", MODE, json={"mode": "live", "plan": plan_of(wired)})
    assert len(sign_in("admin")("GET", f"/accounts/{MSP}/audit").json()["items"]) == 1
