"""Bad tokens, by name: each is refused with 401 and a sentence, and tells nothing of any account."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.testclient import TestClient

from shared.microsoft.caller_tokens import COOLDOWN, FRESH_FOR
from tests.functions.api.conftest import MSP, PEOPLE
from tests.functions.api.microsoft_keys import ISSUER, MicrosoftKeys, good_claims
from tests.functions.memory_wiring import CLIENT_ID, NOW, OWNER_TENANT, MemoryWiring

type Make = Callable[[MicrosoftKeys], str]
OTHER_TENANT = "44444444-aaaa-4bbb-8ccc-000000000004"


def claims(**changes: Any) -> dict[str, Any]:
    body = {**good_claims(person=PEOPLE["owner"]), **changes}
    return {name: value for name, value in body.items() if value is not None}


def signed(keys: MicrosoftKeys, **changes: Any) -> str:
    return keys.token(**{**good_claims(person=PEOPLE["owner"]), **changes})


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], body: object, signature: bytes = b"") -> str:
    return f"{part(header)}.{part(body)}.{part(signature)}"


def with_hmac_of_the_public_key(keys: MicrosoftKeys) -> str:
    """The classic: the published key as the secret of a symmetric signature."""
    import hashlib
    import hmac

    public = (
        keys.keys[keys.newest]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': keys.newest})}.{part(claims())}"
    return f"{text}.{part(hmac.new(public, text.encode(), hashlib.sha256).digest())}"


def by_another_key(keys: MicrosoftKeys) -> str:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims(), other, algorithm="RS256", headers={"kid": keys.newest})


def with_its_own_key_inside(keys: MicrosoftKeys) -> str:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key()))
    return jwt.encode(claims(), other, algorithm="RS256", headers={"jwk": key, "kid": "mine"})


def by_an_elliptic_key(_: MicrosoftKeys) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims(), key, algorithm="ES256", headers={"kid": "key-1"})


def with_another_body(keys: MicrosoftKeys) -> str:
    head, _, signature = signed(keys).split(".")
    return f"{head}.{part(claims(oid=PEOPLE['other']))}.{signature}"


def of(**changes: Any) -> Make:
    return lambda keys: signed(keys, **changes)


def head_of(**header: Any) -> Make:
    return lambda keys: keys.token(header=header, **good_claims(person=PEOPLE["owner"]))


def text(value: str) -> Make:
    return lambda _: value


def at(**step: int) -> int:
    return int((NOW + timedelta(**step)).timestamp())


BAD: dict[str, Make] = {
    "nothing but a word": text("token"),
    "two parts": text("a.b"),
    "four parts": text("a.b.c.d"),
    "empty parts": text(".."),
    "not base64": text("%%%.%%%.%%%"),
    "a header that is a list": lambda keys: unsigned([], claims()),  # type: ignore[arg-type]
    "a body that is a list": lambda keys: unsigned({"alg": "RS256", "kid": keys.newest}, [1, 2]),
    "a body that is no JSON": lambda keys: unsigned({"alg": "RS256", "kid": keys.newest}, b"\xff"),
    "as long as a book": text("a" * 20_000 + ".b.c"),
    "letters of another alphabet": text("ä.ö.ü"),
    "unsigned, alg none": lambda _: unsigned({"alg": "none", "kid": "key-1"}, claims()),
    "unsigned, alg None": lambda _: unsigned({"alg": "None", "kid": "key-1"}, claims()),
    "unsigned, no alg": lambda _: unsigned({"kid": "key-1"}, claims()),
    "an empty signature": lambda keys: unsigned({"alg": "RS256", "kid": keys.newest}, claims()),
    "a made-up signature": lambda keys: unsigned({"alg": "RS256", "kid": keys.newest}, claims(), b"x" * 256),
    "the public key as HMAC secret": with_hmac_of_the_public_key,
    "RS512": lambda keys: jwt.encode(
        claims(), keys.keys[keys.newest], algorithm="RS512", headers={"kid": keys.newest}
    ),
    "PS256": lambda keys: jwt.encode(
        claims(), keys.keys[keys.newest], algorithm="PS256", headers={"kid": keys.newest}
    ),
    "ES256": by_an_elliptic_key,
    "another key under our key's id": by_another_key,
    "its own key in the header": with_its_own_key_inside,
    "another body under a good signature": with_another_body,
    "an unknown key id": head_of(kid="nobody"),
    "no key id": lambda _: unsigned({"alg": "RS256"}, claims(), b"x" * 256),
    "a key id that is a number": lambda keys: unsigned({"alg": "RS256", "kid": 7}, claims()),
    "a key id that is a path": lambda keys: unsigned({"alg": "RS256", "kid": "../../etc"}, claims()),
    "another audience": of(aud="99999999-3a58-4f0e-9a5d-6c1f7f1c9a10"),
    "our address as the audience": of(aud=f"api://{CLIENT_ID}"),
    "several audiences": of(aud=[CLIENT_ID, "00000003-0000-0000-c000-000000000000"]),
    "no audience": of(aud=None),
    "Graph's audience": of(aud="00000003-0000-0000-c000-000000000000"),
    "another issuer": of(iss="https://login.evil.example/v2.0"),
    "the old issuer": of(iss=f"https://sts.windows.net/{OWNER_TENANT}/"),
    "an issuer by http": of(iss=ISSUER.replace("https", "http").replace("{tenantid}", OWNER_TENANT)),
    "an issuer with a slash more": of(iss=ISSUER.replace("{tenantid}", OWNER_TENANT) + "/"),
    "the issuer of another tenant": of(iss=ISSUER.replace("{tenantid}", OTHER_TENANT)),
    "a tenant that the issuer is not of": of(tid=OTHER_TENANT),
    "an issuer with the placeholder": of(iss=ISSUER),
    "no issuer": of(iss=None),
    "expired": of(exp=at(minutes=-2)),
    "expired for an hour": of(exp=at(hours=-1), iat=at(hours=-2), nbf=at(hours=-2)),
    "no expiry": of(exp=None),
    "an expiry in words": of(exp="tomorrow"),
    "an expiry that never comes": of(exp=1e300),
    "a yes as expiry": of(exp=True),
    "not valid yet": of(nbf=at(minutes=5)),
    "no beginning": of(nbf=None),
    "issued tomorrow": of(iat=at(days=1)),
    "no time of issue": of(iat=None),
    "no tenant": of(tid=None),
    "a tenant that is no id": of(tid="common", iss=ISSUER.replace("{tenantid}", "common")),
    "a tenant that is a list": of(tid=[OWNER_TENANT]),
    "no person": of(oid=None),
    "a person that is no id": of(oid="owner"),
    "an empty person": of(oid=""),
    "an app's own token": of(scp=None, roles=["Everything.Do"], idtyp="app"),
    "an empty scope": of(scp=" "),
}


def asks(client: TestClient, token: str) -> Any:
    return client.get(f"/api/accounts/{MSP}", headers=[(b"Authorization", f"Bearer {token}".encode())])


def test_the_good_token_that_the_bad_ones_are_made_from_is_accepted(
    client: TestClient, microsoft: MicrosoftKeys
) -> None:
    assert asks(client, signed(microsoft)).status_code == 200


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused(client: TestClient, microsoft: MicrosoftKeys, name: str) -> None:
    answer = asks(client, BAD[name](microsoft))
    assert answer.status_code == 401
    assert answer.json()["code"] in {"token_not_accepted", "sign_in"}
    assert "Harbour" not in answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_forty_bad_tokens_are_tried() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize(
    "value", ["", "Basic b3duZXI6cHc=", "Bearer", "Bearer  ", "bearer\ttoken", "Token x"]
)
def test_another_way_to_say_who_asks_is_none(client: TestClient, value: str) -> None:
    assert client.get("/api/me", headers={"Authorization": value}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ms-client-principal": part({"userId": PEOPLE["owner"], "userRoles": ["owner", "admin"]})},
        {"x-ms-client-principal-id": PEOPLE["owner"], "x-ms-client-principal-name": "owner@msp.example"},
        {"x-ms-token-aad-access-token": "a.b.c"},
        {"x-forwarded-user": "owner@msp.example"},
        {"Cookie": "AppServiceAuthSession=x; StaticWebAppsAuthCookie=y"},
    ],
    ids=["principal", "principal id", "token store", "forwarded", "cookie"],
)
def test_what_a_proxy_would_say_is_not_believed(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get(f"/api/accounts/{MSP}", headers=headers).status_code == 401


def test_a_few_seconds_between_two_clocks_do_no_harm(client: TestClient, microsoft: MicrosoftKeys) -> None:
    assert asks(client, signed(microsoft, exp=at(seconds=-30))).status_code == 200
    assert asks(client, signed(microsoft, nbf=at(seconds=30), iat=at(seconds=30))).status_code == 200


def test_capitals_in_an_id_are_the_same_person(client: TestClient, microsoft: MicrosoftKeys) -> None:
    assert asks(client, signed(microsoft, oid=PEOPLE["owner"].upper())).status_code == 200


# -- keys -----------------------------------------------------------------------------------------------------------


def test_a_key_that_was_rotated_in_is_found_once_the_last_look_is_a_minute_ago(
    client: TestClient, microsoft: MicrosoftKeys, wired: MemoryWiring
) -> None:
    asks(client, signed(microsoft))
    microsoft.rotate("key-2", keep=True)
    assert asks(client, signed(microsoft)).status_code == 401
    wired.now += COOLDOWN
    assert asks(client, signed(microsoft)).status_code == 200


def test_invented_key_ids_ask_microsoft_at_most_once_a_minute(
    client: TestClient, microsoft: MicrosoftKeys, wired: MemoryWiring
) -> None:
    for number in range(20):
        asks(client, head_of(kid=f"nobody-{number}")(microsoft))
    assert microsoft.asked == 1


def test_a_withdrawn_key_is_no_longer_believed_once_the_set_is_read_again(
    client: TestClient, microsoft: MicrosoftKeys, wired: MemoryWiring
) -> None:
    old = microsoft.token(**{**good_claims(person=PEOPLE["owner"]), "exp": at(days=2)})
    assert asks(client, old).status_code == 200
    microsoft.rotate("key-2")
    wired.now += FRESH_FOR + timedelta(minutes=1)
    assert asks(client, old).status_code == 401


@pytest.mark.parametrize(
    "away",
    [
        requests.ConnectionError(),
        (503, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": 5}'),
        (200, b"{}"),
    ],
    ids=["down", "503", "a page", "a list", "no list", "nothing"],
)
def test_while_the_key_server_is_away_the_last_good_keys_are_used(
    client: TestClient, microsoft: MicrosoftKeys, wired: MemoryWiring, away: Any
) -> None:
    assert asks(client, signed(microsoft)).status_code == 200
    microsoft.answer = away
    wired.now += FRESH_FOR + timedelta(minutes=1)
    later = good_claims(person=PEOPLE["owner"], now=wired.now)
    assert asks(client, microsoft.token(**later)).status_code == 200


def test_without_any_keys_it_is_said_that_nobody_can_be_recognised(
    client: TestClient, microsoft: MicrosoftKeys
) -> None:
    microsoft.answer = requests.ConnectionError()
    answer = asks(client, signed(microsoft))
    assert (answer.status_code, answer.json()["code"]) == (503, "keys_unavailable")
    assert answer.headers["retry-after"] == "60"


def test_a_key_of_one_tenant_signs_for_no_other(client: TestClient, microsoft: MicrosoftKeys) -> None:
    microsoft.issuers["key-1"] = ISSUER.replace("{tenantid}", OTHER_TENANT)
    assert asks(client, signed(microsoft)).status_code == 401
