"""An owner takes all data along, or has it deleted in two steps that nobody takes by accident."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.queues.messages import DeleteAccount
from shared.accounts import audit
from shared.privacy import deletion
from tests.functions.api.conftest import MSP, OTHER, Caller, id_of
from tests.functions.memory_wiring import NOW, MemoryWiring

type SignIn = Callable[[str], Caller]
STEP, CONFIRMED = f"/accounts/{MSP}/deletion", f"/accounts/{MSP}/deletion/confirmed"


def begun(sign_in: SignIn, word: str = "owner") -> dict[str, Any]:
    answer = sign_in(word)("POST", STEP)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def confirm(sign_in: SignIn, **sent: str) -> Any:
    return sign_in("owner")("POST", CONFIRMED, json=sent)


def test_the_export_is_a_zip_file_of_this_account_alone(sign_in: SignIn, wired: MemoryWiring) -> None:
    answer = sign_in("owner")("GET", f"/accounts/{MSP}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert b"Harbour IT" in files["tables/settings.jsonl"]
    assert OTHER.encode() not in b"".join(files.values())
    assert [e.action for _, e in audit.entries(wired.tables, MSP, NOW)] == ["account.exported"]


def test_exports_are_not_asked_for_without_end(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    assert [owner("GET", f"/accounts/{MSP}/export").status_code for _ in range(5)] == [200] * 4 + [429]


def test_the_first_step_deletes_nothing_and_says_what_to_type(sign_in: SignIn, wired: MemoryWiring) -> None:
    found = begun(sign_in)
    assert found["name"] == "Harbour IT"
    assert not deletion.is_asked_for(wired.tables, MSP)
    assert wired.sent.messages == []


def test_the_second_step_starts_the_deletion(sign_in: SignIn, wired: MemoryWiring) -> None:
    answer = confirm(sign_in, name="Harbour IT", confirmation=begun(sign_in)["confirmation"])
    assert (answer.status_code, answer.json()) == (202, {"account": MSP})
    assert deletion.is_asked_for(wired.tables, MSP)
    assert [(m.queue, m.body) for m in wired.sent.messages] == [
        ("delete-account", DeleteAccount(account=MSP).model_dump_json())
    ]


@pytest.mark.parametrize("name", ["harbour it", "Tidewater", ""])
def test_another_name_deletes_nothing(sign_in: SignIn, wired: MemoryWiring, name: str) -> None:
    refused = confirm(sign_in, name=name, confirmation=begun(sign_in)["confirmation"])
    assert (refused.status_code, refused.json()["code"]) == (422, "other_name")
    assert not deletion.is_asked_for(wired.tables, MSP)


def test_a_confirmation_is_of_one_person_one_account_and_ten_minutes(
    sign_in: SignIn, wired: MemoryWiring
) -> None:
    mine = begun(sign_in)["confirmation"]
    of_other = sign_in("other")("POST", f"/accounts/{OTHER}/deletion").json()["confirmation"]
    sign_in("owner")("PUT", f"/accounts/{MSP}/members/{id_of('admin')}/role", json={"role": "owner"})
    of_colleague = begun(sign_in, "admin")["confirmation"]
    for wrong in ("", "x", of_other, of_colleague, mine[:-2]):
        refused = confirm(sign_in, name="Harbour IT", confirmation=wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "not_confirmed")
    assert not deletion.is_asked_for(wired.tables, MSP)


def test_an_old_confirmation_deletes_nothing(sign_in: SignIn, wired: MemoryWiring) -> None:
    mine = begun(sign_in)["confirmation"]
    wired.now += timedelta(minutes=11)
    assert confirm(sign_in, name="Harbour IT", confirmation=mine).json()["code"] == "not_confirmed"
