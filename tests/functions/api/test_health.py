"""`GET /health`: an admin sees what is wrong and its cure."""

from collections.abc import Callable

import pytest

from functions import doctor
from functions.health import all_findings
from shared.storage.memory import MemoryBlobs
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.storage.memory_secrets import MemorySecrets

type SignIn = Callable[[str], Caller]


@pytest.fixture(autouse=True)
def _surroundings(wired: MemoryWiring) -> None:
    wired.__dict__["storage"].blobs = MemoryBlobs(lambda: wired.now)
    wired.__dict__["secrets"] = MemorySecrets()


def test_an_admin_sees_each_thing_with_its_sentence(sign_in: SignIn, wired: MemoryWiring) -> None:
    answer = sign_in("admin")("GET", f"/accounts/{MSP}/health")
    assert answer.status_code == 200
    found = answer.json()
    checks = [one["check"] for one in (*found["installation"], *found["account"])]
    assert {"settings", "storage", "vault", "queues", "partner_sign_in", "psa_rights"} <= set(checks)
    assert found["well"] is False, "no partner is connected yet"
    for one in (*found["installation"], *found["account"]):
        assert one["sentence"]
        assert bool(one["cure"]) is not one["well"]


def test_it_is_not_asked_for_without_end(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    assert [admin("GET", f"/accounts/{MSP}/health").status_code for _ in range(11)][-1] == 429


def test_the_command_prints_a_line_for_each_and_the_cure_below(wired: MemoryWiring) -> None:
    said = list(doctor.lines(all_findings(wired)))
    assert "WRONG   Harbour IT, partner sign in: No Microsoft partner is connected." in said
    assert said[
        said.index("WRONG   Harbour IT, partner sign in: No Microsoft partner is connected.") + 1
    ] == ("        -> Connect one: docs/consent.md.")
