"""N2, N3 by the API: theirs, ours, freeze and undo; only an admin, and only by the numbers that were seen."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from functions.queues.messages import PushConnection
from tests.functions.api.billing_msp import BASE, MAPPINGS, BillingMsp, save
from tests.functions.api.conftest import Caller
from tests.functions.api.test_filters import beside, filtered, people
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


def two_companies(msp: BillingMsp, owner: Caller) -> tuple[str, str]:
    """Live: four users in the north on the line of the tenant's first company, five in the south on the other's line;
    one user is in no company, and two seats are spare. The south's mapping and line."""
    profile = msp.ready(owner)
    msp.fake.edit_line(msp.line.id, quantity=Decimal(4))
    msp.list_customer()
    msp.read(12, people(North=4, South=5, West=1))
    filtered(owner, "North")
    south = beside(msp, owner, "South")
    agreement = msp.fake.add_agreement(owner("GET", f"{BASE}/companies/{south}").json()["psaCompany"]).id
    line = msp.fake.add_line(agreement, msp.product.id, 5).id
    assigned: dict[str, Any] = {"options": {"basis": "assigned"}}
    theirs = msp.mapping(profile, **assigned, companyId=south, agreementId=agreement, lineId=line)["mappings"]
    saved = save(owner, {"mappings": msp.mapping(profile, **assigned)["mappings"] + theirs}).json()
    owner("PUT", f"{BASE}/mode", json={"mode": "live", "plan": owner("GET", f"{BASE}/plan").json()["digest"]})
    msp.push()
    return saved["mappings"][1]["id"], line


def test_of_two_companies_of_a_tenant_a_choice_moves_the_line_of_its_own_only(
    wired: MemoryWiring, sign_in: SignIn
) -> None:
    msp, admin = BillingMsp(wired), sign_in("owner")
    mapping, line_id = two_companies(msp, admin)

    def says() -> list[int]:
        return [int(msp.fake.line(each).quantity) for each in (msp.line.id, line_id)]

    assert says() == [4, 5]
    msp.fake.edit_line(line_id, quantity=Decimal(8))
    msp.read(12, people(North=4, South=5, West=1))
    msp.push()
    (found,) = admin("GET", f"{BASE}/decidable-lines").json()["items"]
    assert (found["company"], found["mappingId"], found["psa"]) == ("Quayside South", mapping, "8")
    taken = admin("POST", f"{MAPPINGS}/{mapping}/drift", json={"choice": "take_theirs", "psa": 8})
    assert (taken.status_code, taken.json()["confirmed"]) == (202, 8)
    differences = [each["options"]["difference"] for each in admin("GET", MAPPINGS).json()["mappings"]]
    assert differences == [0, 3]
    msp.read(13, people(North=5, South=6, West=1))
    msp.push()
    assert says() == [5, 9]
    newest = admin("GET", f"{BASE}/ledger?event=confirmed").json()["items"]
    change = next(entry["change"] for entry in newest if entry["mappingId"] == mapping)
    undone = admin("POST", f"{MAPPINGS}/{mapping}/undo", json={"change": change})
    msp.push(undone.json()["run"])
    assert says() == [5, 8]


def test_every_list_names_the_company_that_its_line_bills(wired: MemoryWiring, sign_in: SignIn) -> None:
    msp, owner = BillingMsp(wired), sign_in("owner")
    _, line_id = two_companies(msp, owner)

    def named(path: str) -> list[str]:
        return [found["company"] for found in owner("GET", f"{BASE}/{path}").json()["items"]]

    msp.read(12, people(North=4, South=0, West=1))
    assert named("plan/lines?effect=held") == ["Quayside South"]
    msp.push()
    assert named("held-changes") == ["Quayside South"]
    (held,) = owner("GET", f"{BASE}/held-changes").json()["items"]
    rejected = owner("POST", f"{BASE}/held-changes/{held['change']}/reject").json()
    assert rejected["company"] == "Quayside South"
    save(owner, {"mappings": [], "lastDays": {line_id: "2026-03-31", msp.line.id: "2026-03-30"}})
    assert named("ending-lines") == ["Quayside Marina", "Quayside South"]


def test_an_unclear_write_names_the_company_that_its_line_bills(wired: MemoryWiring, sign_in: SignIn) -> None:
    msp, owner = BillingMsp(wired), sign_in("owner")
    _, line_id = two_companies(msp, owner)
    north, south = owner("GET", MAPPINGS).json()["mappings"]
    msp.fake.marker_rule, msp.fake.names_new_lines = lambda _: "", False
    own = {"basis": "assigned", "starts": "2026-03-03", "besideExisting": True}
    asked = [asked_again(north), asked_again(south, lineId="", options=own)]
    save(owner, {"mappings": asked, "lastDays": {line_id: "2026-03-02"}})
    msp.push()
    (write,) = owner("GET", f"{BASE}/unclear-writes").json()["items"]
    assert (write["company"], write["before"], write["after"]) == ("Quayside South", 0, 5)


def asked_again(mapping: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A mapping that is in force, as it is sent to be saved."""
    names = ("skuId", "companyId", "profile", "connection", "agreementId", "lineId", "options")
    return {**{name: mapping[name] for name in names}, **changes}
