"""Companies by the API: one, many, changed in the version that was seen, and never removed in silence."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.billing import psa_lists
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa_connections import psa_connection
from tests.functions.api.busy import ALPHA, ALPHAS_COMPANY, GOLD, NEW, QUAY, Busy
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.billing.psa.fake import FakePsa

type SignIn = Callable[[str], Caller]
COMPANIES = f"/accounts/{MSP}/companies"


@pytest.fixture
def editor(sign_in: SignIn, busy: Busy) -> Caller:
    return sign_in("editor")


def names(editor: Caller) -> list[str]:
    return [one["name"] for one in editor("GET", COMPANIES).json()["items"]]


def alpha(editor: Caller, **changes: object) -> Any:
    """Add Alpha, whose PSA company is the first of the fake."""
    body = {"tenantId": ALPHA, "psaConnection": "cw", "psaCompany": ALPHAS_COMPANY}
    return editor("POST", COMPANIES, json=body | changes)


def test_a_company_is_added_once_and_found_at_its_address(editor: Caller) -> None:
    first, again = alpha(editor), alpha(editor)
    assert (first.status_code, again.json()) == (201, first.json())
    there = editor("GET", first.headers["Location"].removeprefix("/api"))
    assert there.json() == first.json()
    assert there.headers["ETag"] == first.headers["ETag"]
    assert names(editor) == ["Alpha", "Quayside Marina", "Zeta"]


def test_a_match_says_whether_it_is_sure(editor: Caller) -> None:
    matches = {one["tenantId"]: one for one in editor("GET", f"{COMPANIES}/matches").json()["items"]}
    assert (matches[ALPHA]["state"], matches[NEW]["state"]) == ("sure", "unsure")
    assert matches[NEW]["candidates"][0]["by"] == ["similar_name"]


def test_in_bulk_what_is_unsure_is_answered_with_candidates_and_not_added(editor: Caller) -> None:
    rows = [{"tenantId": one, "psaConnection": "cw"} for one in (ALPHA, NEW, "t-nobody")]
    answer = editor("POST", f"{COMPANIES}/bulk", json={"companies": rows}).json()
    assert answer["added"] == 1
    assert [one["outcome"] for one in answer["companies"]] == ["added", "unsure", "refused"]
    assert answer["companies"][1]["candidates"][0]["name"] == "New Ltd"
    assert answer["companies"][2]["field"] == "tenantId"
    assert names(editor) == ["Alpha", "Quayside Marina", "Zeta"]


@pytest.mark.parametrize(
    "changes,field",
    [
        ({"tenantId": "t-nobody"}, "tenantId"),
        ({"psaCompany": "4712"}, "psaCompany"),
        ({"psaConnection": "none"}, "psaConnection"),
        ({"partnerConnection": "p9"}, "partnerConnection"),
        ({"name": 7}, "name"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_added_is_refused_by_its_field(
    editor: Caller, changes: dict[str, object], field: str
) -> None:
    refused = alpha(editor, **changes)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert names(editor) == ["Quayside Marina", "Zeta"]


def test_a_company_is_changed_only_in_the_version_that_was_seen(editor: Caller) -> None:
    added = alpha(editor)
    path = f"{COMPANIES}/{added.json()['id']}"
    assert editor("PATCH", path, json={"name": "A"}).status_code == 428
    tag = {"If-Match": added.headers["ETag"]}
    changed = editor("PATCH", path, json={"name": "Alpha AG"}, headers=tag)
    assert (changed.status_code, changed.json()["name"]) == (200, "Alpha AG")
    stale = editor("PATCH", path, json={"name": "Alpha SA"}, headers=tag)
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Alpha AG")
    assert "Alpha AG" in names(editor)


def test_a_company_whose_lines_bill_is_removed_only_by_whoever_looks_after_them(
    editor: Caller, busy: Busy
) -> None:
    quay = next(one["id"] for one in editor("GET", COMPANIES).json()["items"] if one["tenantId"] == QUAY)
    lines = editor("GET", f"{COMPANIES}/{quay}/lines").json()["items"]
    assert lines == [{"connection": "cw", "agreementId": "12", "lineId": f"line-{GOLD}", "seats": 25}]
    refused = editor("DELETE", f"{COMPANIES}/{quay}")
    assert (refused.status_code, refused.json()["code"]) == (409, "lines_still_bill")
    gone = editor("DELETE", f"{COMPANIES}/{quay}?lookedAfter=cw/line-{GOLD}&reason=They leave.")
    assert gone.status_code == 204
    assert names(editor) == ["Zeta"]
    busy.judge()
    alerts = editor("GET", f"/accounts/{MSP}/alerts?type=tenant_removed").json()["items"]
    assert "still bills 25 seats" in alerts[0]["what"]


class BrokenPsa(FakePsa):
    """Says no, or nothing."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def companies(self) -> Any:
        raise self._error


@pytest.mark.parametrize(
    "error,status,sentence",
    [
        (PsaRefused("401", "Check the public key."), 502, "Check the public key."),
        (
            PsaUnavailable("ConnectWise did not answer.", timedelta(seconds=90)),
            503,
            "ConnectWise did not answer.",
        ),
    ],
)
def test_what_is_wrong_with_the_psa_is_told_in_its_own_sentence_and_nothing_is_added(
    wired: MemoryWiring, editor: Caller, error: Exception, status: int, sentence: str
) -> None:
    wired.fake_psas["cw"] = BrokenPsa(error)
    body = {"tenantId": ALPHA, "psaConnection": "cw", "psaCompany": "1"}
    refused = editor("POST", COMPANIES, json=body)
    assert (refused.status_code, refused.json()["detail"]) == (status, sentence)
    assert names(editor) == ["Quayside Marina", "Zeta"]


def test_what_was_done_to_companies_is_in_the_audit_log(
    wired: MemoryWiring, editor: Caller, sign_in: SignIn
) -> None:
    added = alpha(editor).json()["id"]
    wired.now += timedelta(seconds=1)
    editor("DELETE", f"{COMPANIES}/{added}")
    entries = sign_in("admin")("GET", f"/accounts/{MSP}/audit").json()["items"]
    assert [one["action"] for one in entries] == ["company.removed", "company.added"]
    assert '"psa_company"' in entries[0]["before"]


def test_another_accounts_company_is_not_there(editor: Caller, sign_in: SignIn) -> None:
    added = alpha(editor)
    other, path = sign_in("other"), f"/accounts/{OTHER}/companies/{added.json()['id']}"
    tag = {"If-Match": added.headers["ETag"]}
    assert other("GET", path).status_code == 404
    assert other("PATCH", path, json={"name": "X"}, headers=tag).status_code == 404
    assert other("DELETE", path).status_code == 404
    assert other("GET", f"/accounts/{OTHER}/companies").json()["items"] == []
    assert "Alpha" in names(editor)


def test_what_was_read_of_the_psa_is_not_asked_for_again(
    wired: MemoryWiring, editor: Caller, busy: Busy
) -> None:
    connection = psa_connection(wired.tables, MSP, "cw")
    psa_lists.refresh(wired.tables, wired.blobs, MSP, connection, lambda: busy.psa, wired.now)
    wired.fake_psas["cw"] = BrokenPsa(PsaRefused("401", "Check the public key."))
    assert alpha(editor).status_code == 201
