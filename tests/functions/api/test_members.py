"""Members by the API: who is one, who may change what, and that an account always has an owner."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from shared.accounts.directory import load_account, save_account
from tests.functions.api.conftest import MSP, Caller, id_of
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]
MEMBERS = f"/accounts/{MSP}/members"


def test_a_member_sees_the_accounts_that_they_belong_to(sign_in: SignIn) -> None:
    me = sign_in("editor")("GET", "/me").json()
    mine = {"id": MSP, "name": "Harbour IT", "role": "editor", "mode": "preview", "today": "2026-03-02"}
    assert me["accounts"] == [mine]


def test_today_is_the_day_that_it_is_where_the_account_is(sign_in: SignIn, wired: MemoryWiring) -> None:
    there = load_account(wired.tables, MSP)
    save_account(wired.tables, there.model_copy(update={"timezone": "Pacific/Honolulu"}))
    (mine,) = sign_in("reader")("GET", "/me").json()["accounts"]
    assert (wired.now.date().isoformat(), mine["today"]) == ("2026-03-02", "2026-03-01")


def test_somebody_of_no_account_sees_none(sign_in: SignIn) -> None:
    assert sign_in("nobody")("GET", "/me").json()["accounts"] == []


def test_another_accounts_address_is_one_that_is_not_there(sign_in: SignIn) -> None:
    there = sign_in("other")("GET", f"/accounts/{MSP}")
    not_there = sign_in("other")("GET", "/accounts/no-such-msp")
    assert there.status_code == not_there.status_code == 404
    assert there.json() == not_there.json()


def test_an_owner_changes_a_role_and_it_counts_at_once(sign_in: SignIn) -> None:
    changed = sign_in("owner")("PUT", f"{MEMBERS}/{id_of('reader')}/role", json={"role": "owner"})
    assert changed.json()["role"] == "owner"
    assert sign_in("reader")("DELETE", f"{MEMBERS}/{id_of('editor')}").status_code == 204
    assert sign_in("editor")("GET", f"/accounts/{MSP}").status_code == 404


def test_an_admin_may_not_change_roles(sign_in: SignIn) -> None:
    refused = sign_in("admin")("PUT", f"{MEMBERS}/{id_of('admin')}/role", json={"role": "owner"})
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("This needs the role owner; yours is admin.")


@pytest.mark.parametrize("how", ["leave", "removed", "less"])
def test_the_last_owner_cannot_go(sign_in: SignIn, how: str) -> None:
    owner = sign_in("owner")
    match how:
        case "leave":
            refused = owner("DELETE", MEMBERS)
        case "removed":
            refused = owner("DELETE", f"{MEMBERS}/{id_of('owner')}")
        case _:
            refused = owner("PUT", f"{MEMBERS}/{id_of('owner')}/role", json={"role": "reader"})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_owner")
    assert owner("GET", f"/accounts/{MSP}").status_code == 200


def test_what_was_done_to_members_is_in_the_audit_log_for_admins(sign_in: SignIn) -> None:
    sign_in("owner")("PUT", f"{MEMBERS}/{id_of('reader')}/role", json={"role": "editor"})
    assert sign_in("editor")("GET", f"/accounts/{MSP}/audit").status_code == 403
    entry = sign_in("admin")("GET", f"/accounts/{MSP}/audit").json()["items"][0]
    assert (entry["action"], entry["before"], entry["after"]) == ("member.role", "reader", "editor")
    assert entry["who"].startswith("owner@msp.example")


# -- invitations ----------------------------------------------------------------------------------------------------


def code_of(wired: MemoryWiring, sign_in: SignIn, role: str = "editor") -> str:
    asked = {"email": "New@MSP.example", "role": role}
    made = sign_in("owner")("POST", f"/accounts/{MSP}/invitations", json=asked)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    return wired.invitation_codes.make(MSP, made.json()["id"])


def test_who_signs_in_with_an_invitation_becomes_what_it_says(wired: MemoryWiring, sign_in: SignIn) -> None:
    code = code_of(wired, sign_in)
    joined = sign_in("nobody")("POST", "/invitations/accept", json={"code": code})
    assert joined.json() == {"account": MSP, "role": "editor"}
    assert sign_in("nobody")("GET", f"/accounts/{MSP}").status_code == 200


def test_an_invitation_works_once_and_for_its_first_person_again(
    wired: MemoryWiring, sign_in: SignIn
) -> None:
    code = code_of(wired, sign_in)
    for _ in range(2):
        assert sign_in("nobody")("POST", "/invitations/accept", json={"code": code}).status_code == 200
    assert sign_in("other")("POST", "/invitations/accept", json={"code": code}).status_code == 422


def test_a_removed_member_cannot_come_back_by_the_old_invitation(
    wired: MemoryWiring, sign_in: SignIn
) -> None:
    code = code_of(wired, sign_in)
    sign_in("nobody")("POST", "/invitations/accept", json={"code": code})
    sign_in("owner")("DELETE", f"{MEMBERS}/{id_of('nobody')}")
    assert sign_in("nobody")("POST", "/invitations/accept", json={"code": code}).status_code == 422


def test_the_mail_of_an_invitation_is_asked_for_without_its_code(
    wired: MemoryWiring, sign_in: SignIn
) -> None:
    code = code_of(wired, sign_in)
    (message,) = [sent for sent in wired.sent.messages if sent.queue == "send-invitation"]
    assert code not in message.body
    assert "example" not in message.body


@pytest.mark.parametrize("code", ["", "x", "eyJhIjoxfQ.abc", "[1,2]", "a" * 500])
def test_an_invented_code_is_refused_in_words(sign_in: SignIn, code: str) -> None:
    refused = sign_in("nobody")("POST", "/invitations/accept", json={"code": code})
    assert (refused.status_code, refused.json()["field"]) == (422, "code")


# -- opening an account ---------------------------------------------------------------------------------------------

OPENING = {
    "name": "Öresund IT & Söner",
    "timezone": "Europe/Stockholm",
    "notificationAddress": "it@o.example",
}


def test_the_first_person_of_an_allowed_organisation_opens_its_account_in_preview(sign_in: SignIn) -> None:
    nobody = sign_in("nobody")
    assert nobody("GET", "/me").json()["canOpen"] is True
    opened = nobody("POST", "/accounts", json=OPENING)
    assert (opened.status_code, opened.json()["mode"]) == (201, "preview")
    assert nobody("GET", "/me").json()["accounts"][0]["role"] == "owner"
    assert nobody("POST", "/accounts", json=OPENING).json()["id"] == opened.json()["id"]
    assert nobody("GET", "/me").json()["canOpen"] is False


def test_the_second_person_is_told_to_ask_for_an_invitation(sign_in: SignIn) -> None:
    sign_in("nobody")("POST", "/accounts", json=OPENING)
    refused = sign_in("reader")("POST", "/accounts", json=OPENING)
    assert (refused.status_code, refused.json()["code"]) == (409, "already_open")


def test_an_organisation_that_is_not_allowed_opens_nothing(
    client: TestClient, microsoft: MicrosoftKeys
) -> None:
    stranger = Caller(client, microsoft.token(**good_claims(tenant="33333333-aaaa-4bbb-8ccc-000000000009")))
    assert stranger("GET", "/me").json()["canOpen"] is False
    assert stranger("POST", "/accounts", json=OPENING).status_code == 403


@pytest.mark.parametrize(
    "change, field",
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"notificationAddress": "nobody"}, "notificationAddress"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(sign_in: SignIn, change: dict[str, object], field: str) -> None:
    refused = sign_in("nobody")("POST", "/accounts", json=OPENING | change)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
