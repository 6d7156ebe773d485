"""Signing in by code and PKCE at the stand-in of Microsoft, and the API's manners through the real Functions host."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.worlds.operators import APP_CLIENT_ID, OPERATORS, Operator
from sandbox.standins.worlds.registry import world_named
from tests.journeys.living import DEMO, Living

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://127.0.0.1:5173/signed-in"


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), "demo") as stage:
        seed(stage.wiring, world_named("demo"), stage.clock.now())
        yield Living(stage, stage.start_host(timers=False))


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def signed_in(living: Living, browser: requests.Session, person: str) -> str:
    """The access token that the front end would have."""
    authority = f"{living.stage.stand_ins.url}/login.microsoftonline.com/organizations"
    told = browser.get(f"{authority}/v2.0/.well-known/openid-configuration", timeout=60).json()
    asked = {
        "client_id": APP_CLIENT_ID,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"openid offline_access api://{APP_CLIENT_ID}/access_as_user",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "person": person,
    }
    page = browser.get(
        f"{told['authorization_endpoint']}?{urlencode(asked)}", allow_redirects=False, timeout=60
    )
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    form = {
        "client_id": APP_CLIENT_ID,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    return str(browser.post(told["token_endpoint"], data=form, timeout=60).json()["access_token"])


def ask(
    living: Living, browser: requests.Session, path: str, token: str = "", method: str = "GET", **more: Any
) -> requests.Response:
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **more.pop("headers", {})}
    return browser.request(method, f"{living.host.address}/api{path}", headers=headers, timeout=60, **more)


@pytest.mark.parametrize("person", OPERATORS, ids=lambda found: found.key)
def test_everybody_of_the_demo_sees_their_own_accounts_and_no_other(
    living: Living, browser: requests.Session, person: Operator
) -> None:
    token = signed_in(living, browser, person.key)
    me = ask(living, browser, "/me", token).json()
    mine = [(person.account, person.role)] if person.account else []
    assert [(one["id"], one["role"]) for one in me["accounts"]] == mine
    assert me["canOpen"] is (person.key in {"new", "later"})
    there = ask(living, browser, f"/accounts/{DEMO}/tenants", token)
    assert there.status_code == (200 if person.account == DEMO else 404)


def test_nobody_is_believed_without_a_token(living: Living, browser: requests.Session) -> None:
    forged = {"x-ms-client-principal-id": OPERATORS[0].object_id, "x-forwarded-user": OPERATORS[0].email}
    for headers in ({}, forged):
        refused = ask(living, browser, f"/accounts/{DEMO}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in")


def test_a_new_key_of_microsoft_is_found_and_a_withdrawn_one_is_believed_no_more(
    living: Living, browser: requests.Session
) -> None:
    old = signed_in(living, browser, "owner")
    assert ask(living, browser, "/me", old).status_code == 200
    living.stage.stand_ins.control("rotate_sign_in_key")
    living.control("clock", "+2m")
    new = signed_in(living, browser, "owner")
    assert ask(living, browser, "/me", new).status_code == 200
    assert ask(living, browser, "/me", old).status_code == 401


def test_head_is_answered_without_a_body(living: Living, browser: requests.Session) -> None:
    token = signed_in(living, browser, "reader")
    head = ask(living, browser, f"/accounts/{DEMO}", token, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == ask(living, browser, f"/accounts/{DEMO}", token).headers["ETag"]


def test_the_front_ends_browser_may_ask_and_no_other(living: Living, browser: requests.Session) -> None:
    ours = living.stage.environment["SEATWISE_WEB_ORIGIN"]
    for origin, allowed in ((ours, True), ("https://evil.example", False)):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,if-match",
        }
        answer = ask(living, browser, f"/accounts/{DEMO}", method="OPTIONS", headers=asked)
        assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed
    read = ask(living, browser, "/openapi.json", headers={"Origin": ours})
    assert "ETag" in read.headers["Access-Control-Expose-Headers"]


def test_the_document_that_is_served_is_the_one_in_the_docs(
    living: Living, browser: requests.Session
) -> None:
    assert ask(living, browser, "/openapi.json").json() == json.loads(
        (ROOT / "docs/openapi.json").read_text()
    )


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("GET", "/nowhere", None, 404),
        ("GET", f"/accounts/{DEMO}/companies/a%2Fb", None, 404),
        ("GET", f"/accounts/{DEMO}/companies/%00", None, 404),
        ("GET", f"/accounts/{DEMO}/companies?limit=0", None, 422),
        ("GET", f"/accounts/{DEMO}/companies?limt=5", None, 422),
        ("GET", f"/accounts/{DEMO}/companies?cursor=abc", None, 422),
        ("PUT", "/me", b"{}", 405),
        ("POST", f"/accounts/{DEMO}/companies", b"{", 400),
        ("POST", f"/accounts/{DEMO}/companies", b'{"name": "\\ud800"}', 422),
        ("POST", f"/accounts/{DEMO}/companies", b"[" * 1000 + b"]" * 1000, 400),
        ("POST", f"/accounts/{DEMO}/companies", b'"' + b"x" * 800_000 + b'"', 413),
        ("POST", f"/accounts/{DEMO}/companies", iter([b"{", b"}"]), 411),
    ],
)
def test_what_cannot_be_answered_is_a_problem_in_words(
    living: Living, browser: requests.Session, method: str, path: str, body: Any, status: int
) -> None:
    token = signed_in(living, browser, "owner")
    headers = {"Content-Type": "application/json"} if body is not None else {}
    answer = ask(living, browser, path, token, method, data=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].endswith((".", "!"))
