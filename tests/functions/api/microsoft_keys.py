"""Microsoft's sign-in keys as a test has them: they sign tokens, rotate, and can be away or odd."""

import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from shared.microsoft.caller_tokens import KEYS_URL
from tests.functions.memory_wiring import CLIENT_ID, NOW, OWNER_TENANT

ISSUER = "https://login.microsoftonline.com/{tenantid}/v2.0"


@cache
def private_key(key_id: str) -> rsa.RSAPrivateKey:
    """The same for all tests: making one takes longer than most of them."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class MicrosoftKeys(BaseAdapter):
    """Answers the address of the key set. `answer` replaces it: a status and a body, or an error to raise."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.issuers: dict[str, str] = {}
        self.asked = 0
        self.answer: tuple[int, bytes] | Exception | None = None
        self.rotate("key-1")

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        return session

    def rotate(self, key_id: str, *, keep: bool = False) -> None:
        """A new key signs from now on; the others are published no more, unless they are kept."""
        if not keep:
            self.keys.clear()
        self.keys[key_id] = _key(key_id)
        self.issuers[key_id] = ISSUER

    @property
    def newest(self) -> str:
        return list(self.keys)[-1]

    def published(self) -> list[dict[str, Any]]:
        rows = []
        for key_id, key in self.keys.items():
            row = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            rows.append({**row, "kid": key_id, "use": "sig", "issuer": self.issuers[key_id]})
        return rows

    def asks_for_keys(self, request: requests.PreparedRequest) -> bool:
        return request.url == KEYS_URL

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        assert self.asks_for_keys(request)
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        status, body = self.answer or (200, json.dumps({"keys": self.published()}).encode())
        response = requests.Response()
        response.status_code, response.url, response.request = status, KEYS_URL, request
        response.raw = HTTPResponse(io.BytesIO(body), preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""

    def token(
        self, *, key_id: str | None = None, header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """A good token of a person, but for what is given; a claim that is None is left out."""
        key_id = key_id or self.newest
        body = {**good_claims(), **claims}
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(
            body, self.keys[key_id], algorithm="RS256", headers={"kid": key_id, **(header or {})}
        )


@cache
def _key(key_id: str) -> rsa.RSAPrivateKey:
    """Made once for all tests: it takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def good_claims(
    tenant: str = OWNER_TENANT, person: str = "22222222-aaaa-4bbb-8ccc-000000000001", now: datetime = NOW
) -> dict[str, Any]:
    return {
        "aud": CLIENT_ID,
        "iss": ISSUER.replace("{tenantid}", tenant),
        "iat": int(now.timestamp()),
        "nbf": int(now.timestamp()),
        "exp": int((now + timedelta(hours=1)).timestamp()),
        "tid": tenant,
        "oid": person,
        "scp": "access_as_user",
        "name": "Eva Berger",
        "preferred_username": "eva@msp.example",
        "ver": "2.0",
    }
