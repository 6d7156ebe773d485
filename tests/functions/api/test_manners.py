"""The API's manners: sizes, shapes, pages, versions, CSV, and that a bug is answered, too."""

import asyncio
import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from functions.api.app import RESOURCES, Edge, make_app
from functions.api.invitations import INVITATIONS
from functions.api.lists import as_csv
from functions.api.models import Shown
from functions.api.requests import LARGEST_BODY
from functions.api.route import answered
from shared.accounts.audit import Actor, Via, record
from tests.functions.api.conftest import MSP, OTHER, Caller
from tests.functions.memory_wiring import NOW, MemoryWiring

type SignIn = Callable[[str], Caller]
ACCOUNT = f"/accounts/{MSP}"


def refusal(status: int, code: str, answer: object) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]


def test_a_change_without_the_version_that_was_read_is_refused(sign_in: SignIn) -> None:
    refusal(428, "if_match", sign_in("admin")("PATCH", ACCOUNT, json={"name": "New"}))


def test_a_change_of_another_version_is_refused_with_what_is_stored_now(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    version = admin("GET", ACCOUNT).headers["etag"]
    first = admin("PATCH", ACCOUNT, json={"name": "First"}, headers={"If-Match": version})
    assert first.json()["name"] == "First"
    second = admin("PATCH", ACCOUNT, json={"name": "Second"}, headers={"If-Match": version})
    refusal(412, "changed_meanwhile", second)
    assert second.json()["current"]["name"] == "First"
    newest = admin("GET", ACCOUNT)
    assert newest.json()["name"] == "First"
    again = admin("PATCH", ACCOUNT, json={"name": "Second"}, headers={"If-Match": newest.headers["etag"]})
    assert again.status_code == 200


def test_a_body_that_is_too_large_is_refused_before_it_is_read(sign_in: SignIn) -> None:
    large = b'{"name": "' + b"x" * LARGEST_BODY + b'"}'
    sent = sign_in("admin")("PATCH", ACCOUNT, content=large, headers={"Content-Type": "application/json"})
    refusal(413, "too_large", sent)


def test_a_body_without_a_length_is_refused(sign_in: SignIn) -> None:
    def pieces() -> object:
        yield b'{"name": "x"}'

    sent = sign_in("admin")("PATCH", ACCOUNT, content=pieces(), headers={"Content-Type": "application/json"})
    refusal(411, "length_required", sent)


@pytest.mark.parametrize(
    "body, kind, status, code",
    [
        (b"name=x", "application/x-www-form-urlencoded", 415, "not_json"),
        (b'{"name": "x"}', "text/plain", 415, "not_json"),
        (b'{"name": ', "application/json", 400, "not_json"),
        (b"\xff\xfe", "application/json", 400, "not_json"),
        ('{"name": "é"}'.encode("latin-1"), "application/json", 400, "not_json"),
        ('{"name": "x"}'.encode("utf-16"), "application/json; charset=utf-16", 400, "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400, "too_deep"),
        (b'{"name": "First", "name": "Second"}', "application/json", 400, "named_twice"),
        (b'{"digest": {"hour": 5, "h\\u006fur": 6}}', "application/json", 400, "named_twice"),
    ],
)
def test_a_body_of_another_kind_is_refused(
    sign_in: SignIn, body: bytes, kind: str, status: int, code: str
) -> None:
    version = sign_in("admin")("GET", ACCOUNT).headers["etag"]
    headers = {"Content-Type": kind, "If-Match": version}
    refusal(status, code, sign_in("admin")("PATCH", ACCOUNT, content=body, headers=headers))


def test_an_unknown_parameter_is_refused_by_name(sign_in: SignIn) -> None:
    refused = sign_in("reader")("GET", f"{ACCOUNT}/members?limt=5")
    refusal(422, "unknown_parameter", refused)
    assert refused.json()["field"] == "limt"


def test_a_parameter_that_is_given_twice_is_refused_by_name(sign_in: SignIn) -> None:
    refused = sign_in("reader")("GET", f"{ACCOUNT}/tenants?state=read&limit=5&state=not_read")
    refusal(422, "named_twice", refused)
    assert refused.json()["field"] == "state"


@pytest.mark.parametrize(
    "address",
    [
        f"https://app.example/api{ACCOUNT}/tenants/%FF",
        f"https://app.example/api{ACCOUNT}/tenants/%ED%A0%80",
        "https://app.example/api/%C3%28?limit=5",
        "https://app.example:99999/api/me",
        "https://[app.example/api/me",
    ],
)
def test_an_address_that_cannot_be_read_is_refused(wired: MemoryWiring, address: str) -> None:
    """As the Functions host hands it over, before any app sees it."""
    asked = func.HttpRequest("GET", address, headers={}, params={}, body=b"")
    context: Any = SimpleNamespace(
        function_directory="",
        function_name="api",
        invocation_id="1",
        thread_local_storage=None,
        trace_context=None,
        retry_context=None,
    )
    answer = asyncio.run(answered(Edge(make_app(wired)), asked, context))
    assert answer.status_code == 400
    assert json.loads(answer.get_body())["code"] == "bad_address"
    assert answer.mimetype == "application/problem+json"


def test_a_refusal_never_repeats_what_was_sent(sign_in: SignIn) -> None:
    secret = "hunter2-" * 4
    asked = {"email": "eva@msp.example", "role": secret, "more": secret}
    assert secret not in sign_in("owner")("POST", f"{ACCOUNT}/invitations", json=asked).text


def test_a_problem_is_a_sentence_in_one_line_whatever_it_quotes(sign_in: SignIn) -> None:
    detail = sign_in("reader")("GET", f"{ACCOUNT}/companies/a%0D%0A%E2%80%AEb").json()["detail"]
    assert detail == "There is no company 'a b'."


def test_head_is_get_without_a_body(sign_in: SignIn) -> None:
    head = sign_in("reader")("HEAD", ACCOUNT)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == sign_in("reader")("GET", ACCOUNT).headers["etag"]


def test_an_address_that_is_not_there_and_a_method_that_it_does_not_take_are_problems(
    sign_in: SignIn,
) -> None:
    refusal(404, "not_found", sign_in("reader")("GET", "/nowhere"))
    refusal(405, "method_not_allowed", sign_in("reader")("PUT", "/me", json={}))


def test_a_bug_is_answered_as_a_problem_that_tells_nothing(wired: MemoryWiring) -> None:
    app = make_app(wired)

    @app.get("/api/bug")
    def bug() -> None:
        raise KeyError("password=hunter2")

    answer = TestClient(Edge(app)).get("/api/bug")
    refusal(500, "internal", answer)
    assert "hunter2" not in answer.text


def test_only_our_own_front_end_may_call_from_a_browser(client: TestClient) -> None:
    ours = client.get("/api/openapi.json", headers={"Origin": "https://web.seatwise.example"})
    foreign = client.get("/api/openapi.json", headers={"Origin": "https://evil.example"})
    assert ours.headers["access-control-allow-origin"] == "https://web.seatwise.example"
    assert "access-control-allow-origin" not in foreign.headers


def test_our_front_end_may_read_a_refusal_too(client: TestClient) -> None:
    ours = {"Origin": "https://web.seatwise.example"}
    for answer in (
        client.get("/api/me", headers=ours),
        client.post("/api/accounts", content=b"x" * (LARGEST_BODY + 1), headers=ours),
    ):
        assert answer.status_code in {401, 413}
        assert answer.headers["access-control-allow-origin"] == "https://web.seatwise.example"


def test_invitations_of_a_day_have_an_end(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    asked = {"email": "ann@msp.example", "role": "reader"}
    for _ in range(INVITATIONS.most):
        assert owner("POST", f"{ACCOUNT}/invitations", json=asked).status_code == 201
    refused = owner("POST", f"{ACCOUNT}/invitations", json=asked)
    refusal(429, "too_often", refused)
    assert int(refused.headers["retry-after"]) == INVITATIONS.within.total_seconds()


# -- lists ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def busy(wired: MemoryWiring) -> MemoryWiring:
    for number in range(25):
        record(wired.tables, MSP, Actor("eva", Via.API, NOW), "thing.done", f"{number}")
    return wired


def test_pages_hold_every_row_once(busy: MemoryWiring, sign_in: SignIn) -> None:
    seen, path = [], f"{ACCOUNT}/audit?limit=10"
    while path:
        page = sign_in("admin")("GET", path).json()
        seen += [row["subject"] for row in page["items"]]
        path = f"{ACCOUNT}/audit?limit=10&cursor={page['next']}" if page["next"] else ""
    assert sorted(seen, key=int) == [f"{number}" for number in range(25)]


@pytest.mark.parametrize("whose", ["another list", "another account", "invented"])
def test_a_cursor_of_another_list_is_refused(busy: MemoryWiring, sign_in: SignIn, whose: str) -> None:
    record(busy.tables, OTHER, Actor("sam", Via.API, NOW), "thing.done", "1")
    record(busy.tables, OTHER, Actor("sam", Via.API, NOW), "thing.done", "2")
    match whose:
        case "another list":
            cursor = sign_in("admin")("GET", f"{ACCOUNT}/members?limit=1").json()["next"]
        case "another account":
            cursor = sign_in("other")("GET", f"/accounts/{OTHER}/audit?limit=1").json()["next"]
        case _:
            cursor = "abc"
    assert cursor
    refusal(422, "bad_cursor", sign_in("admin")("GET", f"{ACCOUNT}/audit?cursor={cursor}"))


def test_a_list_is_csv_when_that_is_asked_for(busy: MemoryWiring, sign_in: SignIn) -> None:
    answer = sign_in("admin")("GET", f"{ACCOUNT}/audit", headers={"Accept": "text/csv"})
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert (answer.headers["content-type"], len(lines)) == ("text/csv; charset=utf-8", 26)
    assert lines[0] == "at,who,via,action,subject,before,after,interrupted"


@pytest.mark.parametrize(
    "accept, is_csv",
    [
        ("text/csv", True),
        ("application/json, text/csv;q=0.5", True),
        ("Text/CSV; charset=utf-8", True),
        ("text/csv;q=0", False),
        ("text/csv; q=0.00, application/json", False),
        ("*/*", False),
    ],
)
def test_csv_is_for_who_asks_for_it(sign_in: SignIn, accept: str, is_csv: bool) -> None:
    answer = sign_in("admin")("GET", f"{ACCOUNT}/members", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/csv") == is_csv


LISTS = sorted(
    route.path
    for resource in RESOURCES
    for route in resource.router.routes
    if isinstance(route, APIRoute) and "Page[" in getattr(route.response_model, "__name__", "")
)


@pytest.mark.parametrize("path", [path for path in LISTS if path.count("{") == 1])
def test_a_list_without_a_row_has_its_columns_as_csv(sign_in: SignIn, path: str) -> None:
    address = path.replace("{account}", OTHER)
    answer = sign_in("other")("GET", address, headers={"Accept": "text/csv"})
    heading, *_ = answer.text.removeprefix("\ufeff").splitlines()
    full = sign_in("other")("GET", address).json()["items"]
    assert answer.status_code == 200
    assert heading.split(",") == (list(full[0]) if full else heading.split(","))
    assert re.fullmatch(r"[a-z][A-Za-z]+(,[a-z][A-Za-z]+)+", heading)


class Row(Shown):
    text: str


@pytest.mark.parametrize("text", ["-2.00", "-7", "0.5"])
def test_a_negative_amount_stays_a_number(text: str) -> None:
    assert f"\r\n{text}\r\n" in bytes(as_csv("rows", Row, [Row(text=text)]).body).decode()


@pytest.mark.parametrize("text", ["-2+3", "-1e5", "--1", "-1|cmd", "+1"])
def test_what_only_begins_as_a_number_is_quoted(text: str) -> None:
    assert f"\r\n'{text}\r\n" in bytes(as_csv("rows", Row, [Row(text=text)]).body).decode()


@pytest.mark.parametrize("cut", [";", "\t", "\n", "\r\n", "; "])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d"])
def test_no_formula_begins_where_another_spreadsheet_cuts_a_cell(cut: str, start: str) -> None:
    """In Germany or France Excel cuts a line at ";", and heeds no quote inside of what it takes for a cell."""
    [_, *lines] = re.split(
        r"[\r\n]+", bytes(as_csv("rows", Row, [Row(text=f"A{cut}{start}1+1;B")]).body).decode()
    )
    cells = [cell for line in lines for cell in re.split(r"[;\t]", line)]
    assert not [cell for cell in cells if cell.lstrip().startswith(start)]


@given(st.text(max_size=12))
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\r+"])
def test_no_cell_is_a_formula(start: str, text: str) -> None:
    from csv import reader
    from io import StringIO

    body = bytes(as_csv("rows", Row, [Row(text=start + text)]).body).decode().removeprefix("\ufeff")
    _, (cell,) = reader(StringIO(body, newline=""))
    assert cell.startswith("'") or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)
