"""N2, N3 by the API: theirs, ours, freeze and undo; only an admin, and only by the numbers that were seen."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from functions.queues.messages import PushConnection
from tests.functions.api.billing_msp import BASE, MAPPINGS, BillingMsp
from tests.functions.api.conftest import Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]


@pytest.fixture
def msp(wired: MemoryWiring, sign_in: SignIn) -> BillingMsp:
    """Live; its line said 10, was pushed to 12, and somebody set it to 15 in the PSA."""
    found, owner = BillingMsp(wired), sign_in("owner")
    found.mapped(owner, 12)
    owner("PUT", f"{BASE}/mode", json={"mode": "live", "plan": owner("GET", f"{BASE}/plan").json()["digest"]})
    found.push()
    found.fake.edit_line(found.line.id, quantity=Decimal(15))
    found.read(12)
    found.push()
    return found


def line(sign_in: SignIn) -> str:
    (found,) = sign_in("reader")("GET", MAPPINGS).json()["mappings"]
    return f"{MAPPINGS}/{found['id']}"


def carried_out(msp: BillingMsp, answer: Any) -> int:
    """What the PSA says after the run that the answer names."""
    assert answer.status_code == 202, answer.text
    message = PushConnection.model_validate_json(next(msp.taken("push-connection")))
    assert message.run == answer.json()["run"]
    msp.push(message.run)
    return int(msp.fake.line(msp.line.id).quantity)


def test_the_hand_edit_is_listed_with_its_numbers(msp: BillingMsp, sign_in: SignIn) -> None:
    (found,) = sign_in("reader")("GET", f"{BASE}/decidable-lines").json()["items"]
    assert (found["company"], found["confirmed"], found["psa"]) == ("Quayside Marina", 12, "15")
    assert found["frozen"] is False


def test_theirs_is_taken_and_shown_as_a_difference(msp: BillingMsp, sign_in: SignIn) -> None:
    choice = {"choice": "take_theirs", "psa": 15}
    taken = sign_in("admin")("POST", f"{line(sign_in)}/drift", json=choice)
    assert (taken.status_code, taken.json()["confirmed"]) == (202, 15)
    (mapping,) = sign_in("reader")("GET", MAPPINGS).json()["mappings"]
    assert mapping["options"]["difference"] == 3
    assert "+3 taken over from the PSA" in sign_in("reader")("GET", f"{line(sign_in)}/why").json()["sentence"]
    assert sign_in("reader")("GET", f"{BASE}/decidable-lines").json()["items"] == []


def test_ours_is_kept_by_a_run_that_writes_once(msp: BillingMsp, sign_in: SignIn) -> None:
    choice = {"choice": "keep_ours", "psa": 15, "wanted": 12}
    before = len(msp.fake.applied)
    kept = sign_in("admin")("POST", f"{line(sign_in)}/drift", json=choice)
    assert carried_out(msp, kept) == 12
    assert len(msp.fake.applied) == before + 1


@pytest.mark.parametrize(
    "choice, status, told",
    [
        ({"choice": "take_theirs", "psa": 14}, 409, "others than those that you saw"),
        ({"choice": "keep_ours", "psa": 15, "wanted": 11}, 409, "others than those that you saw"),
        ({"choice": "keep_ours", "psa": 15}, 422, "wanted number"),
        ({"choice": "take_theirs", "psa": -1}, 422, "psa"),
        ({"choice": "theirs", "psa": 15}, 422, "choice"),
    ],
)
def test_other_numbers_or_words_change_nothing(
    msp: BillingMsp, sign_in: SignIn, choice: dict[str, Any], status: int, told: str
) -> None:
    refused = sign_in("admin")("POST", f"{line(sign_in)}/drift", json=choice)
    assert refused.status_code == status
    assert told in refused.text
    assert len(sign_in("reader")("GET", f"{BASE}/decidable-lines").json()["items"]) == 1


def test_a_line_is_frozen_and_unfrozen_and_the_audit_log_has_both(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    assert admin("PUT", f"{line(sign_in)}/frozen", json={"reason": "flat rate"}).json()["frozen"] is True
    (found,) = admin("GET", f"{BASE}/decidable-lines").json()["items"]
    assert (found["frozen"], found["reason"]) == (True, "flat rate")
    assert admin("DELETE", f"{line(sign_in)}/frozen").json()["frozen"] is False
    actions = [entry["action"] for entry in admin("GET", f"{BASE}/audit").json()["items"]]
    assert {"line.frozen", "line.unfrozen"} <= set(actions)


def test_the_newest_change_is_undone(msp: BillingMsp, sign_in: SignIn) -> None:
    admin = sign_in("admin")
    msp.fake.edit_line(msp.line.id, quantity=Decimal(12))
    msp.read(12)
    msp.push()
    change = admin("GET", f"{BASE}/ledger?event=confirmed").json()["items"][0]["change"]
    undone = admin("POST", f"{line(sign_in)}/undo", json={"change": change})
    assert carried_out(msp, undone) == 10
    again = admin("POST", f"{line(sign_in)}/undo", json={"change": change})
    assert (again.status_code, again.json()["code"]) == (409, "not_newest")


def test_an_editor_decides_nothing(msp: BillingMsp, sign_in: SignIn) -> None:
    choice = {"choice": "take_theirs", "psa": 15}
    assert sign_in("editor")("POST", f"{line(sign_in)}/drift", json=choice).status_code == 403
