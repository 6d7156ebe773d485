"""Signing in as a person of the sandbox, as a single-page app does: code with PKCE, tokens, keys that rotate."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.worlds.operators import APP_CLIENT_ID, OPERATORS
from tests.sandbox.standins.asking import LOGIN

VERIFIER = "a" * 43
BACK = "http://127.0.0.1:5173/signed-in"
ASKED = {
    "client_id": APP_CLIENT_ID,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": f"openid profile offline_access api://{APP_CLIENT_ID}/access_as_user",
    "state": "s1",
    "nonce": "n1",
    "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode(),
    "code_challenge_method": "S256",
}


def authorise(session: requests.Session, **changes: str) -> requests.Response:
    address = f"{LOGIN}/organizations/oauth2/v2.0/authorize?{urlencode(ASKED | changes)}"
    return session.get(address, allow_redirects=False)


def code_for(session: requests.Session, person: str) -> str:
    back = urlsplit(authorise(session, person=person).headers["Location"])
    words = parse_qs(back.query)
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    assert words["state"] == ["s1"]
    return words["code"][0]


def redeem(session: requests.Session, code: str, **changes: str) -> Any:
    form = {
        "client_id": APP_CLIENT_ID,
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    address = f"{LOGIN}/organizations/oauth2/v2.0/token"
    return session.post(address, data=form | changes, headers={"Origin": "http://127.0.0.1:5173"})


def claims(session: requests.Session, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(session.get(f"{LOGIN}/common/discovery/v2.0/keys").json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, Any] = jwt.decode(
        token, key.key, algorithms=["RS256"], audience=APP_CLIENT_ID, options={"verify_exp": False}
    )
    return found


def test_the_page_offers_everybody_of_the_demo(standins: RunningStandIns, session: requests.Session) -> None:
    page = authorise(session)
    assert page.status_code == 200
    assert all(person.name in page.text for person in OPERATORS)


@pytest.mark.parametrize("person", OPERATORS, ids=lambda found: found.key)
def test_a_person_gets_tokens_that_microsofts_keys_prove(
    standins: RunningStandIns, session: requests.Session, person: Any
) -> None:
    answer = redeem(session, code_for(session, person.key))
    assert answer.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:5173"
    tokens = answer.json()
    access, identity = claims(session, tokens["access_token"]), claims(session, tokens["id_token"])
    assert (access["tid"], access["oid"], access["scp"]) == (
        person.tenant_id,
        person.object_id,
        "access_as_user",
    )
    assert access["iss"] == f"{LOGIN}/{person.tenant_id}/v2.0"
    assert identity["nonce"] == "n1"


def test_a_code_works_once(standins: RunningStandIns, session: requests.Session) -> None:
    code = code_for(session, "owner")
    assert redeem(session, code).status_code == 200
    again = redeem(session, code)
    assert (again.status_code, again.json()["error_codes"]) == (400, [54005])


@pytest.mark.parametrize(
    "change, code",
    [
        ({"code_verifier": "b" * 43}, 501481),
        ({"redirect_uri": "http://127.0.0.1:9/other"}, 500112),
        ({"code": "invented"}, 9002313),
        ({"grant_type": "password"}, 70003),
    ],
)
def test_a_code_is_redeemed_only_by_who_asked_for_it(
    standins: RunningStandIns, session: requests.Session, change: dict[str, str], code: int
) -> None:
    answer = redeem(session, **{"code": code_for(session, "owner"), **change})
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [code])


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "someone-else"},
        {"redirect_uri": "https://evil.example/"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"scope": "profile"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_odd_request_for_sign_in_is_refused_on_the_page(
    standins: RunningStandIns, session: requests.Session, change: dict[str, str]
) -> None:
    page = authorise(session, **change, person="owner")
    assert (page.status_code, "Location" in page.headers) == (400, False)


def test_a_refresh_token_gives_new_tokens(standins: RunningStandIns, session: requests.Session) -> None:
    first = redeem(session, code_for(session, "editor")).json()
    form = {
        "client_id": APP_CLIENT_ID,
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    again = session.post(f"{LOGIN}/organizations/oauth2/v2.0/token", data=form).json()
    assert claims(session, again["access_token"])["oid"] == claims(session, first["access_token"])["oid"]


def test_a_key_that_is_rotated_away_is_published_no_more(
    standins: RunningStandIns, session: requests.Session
) -> None:
    old = redeem(session, code_for(session, "owner")).json()["access_token"]
    standins.control("rotate_sign_in_key")
    new = redeem(session, code_for(session, "owner")).json()["access_token"]
    assert claims(session, new)["ver"] == "2.0"
    with pytest.raises(KeyError):
        claims(session, old)


def test_a_browser_reaches_the_page_under_the_sandboxs_own_address(standins: RunningStandIns) -> None:
    base = f"{standins.url}/login.microsoftonline.com/organizations"
    told = requests.get(f"{base}/v2.0/.well-known/openid-configuration", timeout=30).json()
    assert told["authorization_endpoint"] == f"{base}/oauth2/v2.0/authorize"
    assert (
        "Olivia Owen" in requests.get(f"{told['authorization_endpoint']}?{urlencode(ASKED)}", timeout=30).text
    )
