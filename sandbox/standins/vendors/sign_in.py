"""Signing in as a person, as Microsoft's identity platform does it: authorise page, code with PKCE, tokens, keys.

Source: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and .../v2-protocols-oidc.
"""

import base64
import hashlib
import json
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.tokens import seal, unseal
from sandbox.standins.worlds.operators import APP_CLIENT_ID, OPERATORS, Operator
from sandbox.standins.worlds.people import guid

HOST = "login.microsoftonline.com"
LIFE = timedelta(seconds=3599)
CODE_LIFE = timedelta(minutes=10)
REFRESH_LIFE = timedelta(hours=24)
"""Of a single-page app."""
SCOPE = f"api://{APP_CLIENT_ID}/access_as_user"
_BY_KEY = {person.key: person for person in OPERATORS}


class Refused(Exception):
    """A token request was refused with this code of Entra ID."""

    def __init__(self, code: int, error: str, text: str) -> None:
        super().__init__(text)
        self.code, self.error, self.text = code, error, text


class SignIn:
    """The people's half of the login stand-in; `Login` passes on what is theirs."""

    def __init__(self, state: State) -> None:
        self._state = state

    # -- keys -------------------------------------------------------------------------------------------------------

    def published(self) -> dict[str, Any]:
        """The key set. A key that was rotated away stays published until it is withdrawn."""
        rows = []
        for key in self._keys()["keys"]:
            public = jwt.algorithms.RSAAlgorithm.to_jwk(_loaded(key["pem"]).public_key(), as_dict=True)
            issuer = f"https://{HOST}/{{tenantid}}/v2.0"
            rows.append({**public, "kid": key["kid"], "use": "sig", "x5t": key["kid"], "issuer": issuer})
        return {"keys": rows}

    def rotate(self, *, withdraw: bool = True) -> str:
        """A new key signs from now on; the old ones go, unless they are to stay published. The new key's id."""
        kept = [] if withdraw else self._keys()["keys"]
        made = _new_key(f"sandbox-{len(kept) + 1}-{self._state.now():%Y%m%d%H%M%S%f}")
        self._state.put("signing-keys", "-", {"keys": [*kept, made]})
        return str(made["kid"])

    def _keys(self) -> Document:
        found = self._state.find("signing-keys", "-")
        if found is None:
            found = {"keys": [_new_key("sandbox-1")]}
            self._state.put("signing-keys", "-", found)
        return found

    # -- the authorise page -----------------------------------------------------------------------------------------

    def authorise(self, request: Request) -> Answer:
        """The page on which a person is chosen; with one chosen, the way back to the app."""
        asked = request.query
        wrong = _wrong_with(asked)
        if wrong:
            return Answer(
                400, page("This sign-in cannot be done", f"<p>{escape(wrong)}</p>"), content_type=HTML
            )
        person = _BY_KEY.get(asked.get("person", ""))
        if person is None:
            return Answer(200, _choices(request), content_type=HTML)
        code = seal(
            "1.A",
            {
                "person": person.key,
                "challenge": asked["code_challenge"],
                "redirect": asked["redirect_uri"],
                "nonce": asked.get("nonce", ""),
                "until": (self._state.now() + CODE_LIFE).timestamp(),
                "n": guid("code", self._state.now().timestamp(), person.key),
            },
        )
        words = {"code": code, "session_state": guid("session", person.key)}
        if "state" in asked:
            words["state"] = asked["state"]
        joint = "#" if asked.get("response_mode") == "fragment" else "?"
        return Answer(302, b"", {"Location": f"{asked['redirect_uri']}{joint}{urlencode(words)}"})

    # -- tokens -----------------------------------------------------------------------------------------------------

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Raises Refused as Entra ID does."""
        match form.get("grant_type"):
            case "authorization_code":
                person, nonce = self._redeemed(form)
            case "refresh_token":
                person, nonce = self._refreshed(form), ""
            case _:
                raise Refused(70003, "unsupported_grant_type", "The grant type is not supported.")
        return self.tokens_of(person, nonce)

    def tokens_of(self, person: Operator, nonce: str = "") -> dict[str, Any]:
        now = self._state.now()
        life = int(LIFE.total_seconds())
        client = {"uid": person.object_id, "utid": person.tenant_id}
        identity = self._signed(person, {"nonce": nonce} if nonce else {})
        return {
            "token_type": "Bearer",
            "scope": f"{SCOPE} openid profile email offline_access",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": self._signed(
                person, {"scp": "access_as_user", "azp": APP_CLIENT_ID, "azpacr": "0"}
            ),
            "id_token": identity,
            "refresh_token": seal(
                "2.A", {"person": person.key, "until": (now + REFRESH_LIFE).timestamp(), "n": now.timestamp()}
            ),
            "client_info": base64.urlsafe_b64encode(json.dumps(client).encode()).rstrip(b"=").decode(),
        }

    def _redeemed(self, form: dict[str, str]) -> tuple[Operator, str]:
        code = redeemed(self._state, form)
        return _BY_KEY[code["person"]], code["nonce"]

    def _refreshed(self, form: dict[str, str]) -> Operator:
        claims = unseal("2.A", form.get("refresh_token", ""))
        if claims is None or claims["person"] not in _BY_KEY:
            raise Refused(70000, "invalid_grant", "The refresh token is not valid.")
        if claims["until"] < self._state.now().timestamp():
            raise Refused(
                700084, "invalid_grant", "The refresh token was issued to a single page app and expired."
            )
        return _BY_KEY[claims["person"]]

    def _signed(self, person: Operator, more: dict[str, str]) -> str:
        now = self._state.now()
        key = self._keys()["keys"][-1]
        claims = {
            "aud": APP_CLIENT_ID,
            "iss": f"https://{HOST}/{person.tenant_id}/v2.0",
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + LIFE).timestamp()),
            "name": person.name,
            "oid": person.object_id,
            "preferred_username": person.email,
            "sub": guid("sub", person.object_id, APP_CLIENT_ID),
            "tid": person.tenant_id,
            "ver": "2.0",
            **more,
        }
        return jwt.encode(claims, _loaded(key["pem"]), algorithm="RS256", headers={"kid": key["kid"]})


HTML = "text/html; charset=utf-8"


def redeemed(state: State, form: dict[str, str], partner: str = "") -> dict[str, Any]:
    """What the authorisation code of a person, or of a partner's consent, holds: once. Raises Refused."""
    code = unseal("1.A", form.get("code", ""))
    if code is None or code.get("partner", "") != partner:
        raise Refused(9002313, "invalid_request", "Invalid request. Request is malformed or invalid.")
    if code["until"] < state.now().timestamp():
        raise Refused(70008, "invalid_grant", "The provided authorization code has expired.")
    if state.find("used-code", code["n"]) is not None:
        raise Refused(54005, "invalid_grant", "OAuth2 Authorization code was already redeemed.")
    if code["redirect"] != form.get("redirect_uri"):
        raise Refused(500112, "invalid_client", "The reply address does not match the one of the code.")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code["challenge"]:
        raise Refused(501481, "invalid_grant", "The Code_Verifier does not match the code_challenge.")
    state.put("used-code", code["n"], {})
    return code


def _new_key(kid: str) -> dict[str, str]:
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"kid": kid, "pem": pem.decode()}


def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the sandbox signs with RSA keys")
    return key


def _wrong_with(asked: Any) -> str:
    """What Entra ID would refuse the request for, with its code; "" for a good one."""
    if asked.get("client_id") != APP_CLIENT_ID:
        return "AADSTS700016: Application was not found in the directory."
    reply = urlsplit(asked.get("redirect_uri", ""))
    if reply.hostname not in {"127.0.0.1", "localhost"} or reply.scheme != "http":
        return (
            "AADSTS50011: The redirect URI does not match the redirect URIs configured for the application."
        )
    if asked.get("response_type") != "code":
        return "AADSTS700051: response_type is not enabled for the application: only 'code' is."
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "AADSTS9002325: Proof Key for Code Exchange is required for cross-origin authorization code redemption."
    if "openid" not in asked.get("scope", "").split():
        return "AADSTS900144: The request must contain the scope 'openid'."
    return ""


def _choices(request: Request) -> bytes:
    rows = []
    for person in OPERATORS:
        words = {**request.query, "person": person.key}
        address = f"?{escape(urlencode(words), quote=True)}"
        rows.append(
            f'<li><a href="{address}" id="{person.key}"><b>{escape(person.name)}</b>'
            f"<span>{escape(person.email)}</span><i>{escape(person.what)}</i></a></li>"
        )
    note = "<p>This is the sandbox's stand-in of Microsoft's sign-in page. Nobody needs a password here.</p>"
    return page("Pick an account", f"<ul>{''.join(rows)}</ul>{note}")


_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5d6773;--card:#fff;--back:#e9eef4;--line:#dfe5ec;--mark:#0b6bcb}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#9aa8b8;--card:#1b222b;--back:#10161d;--line:#2c3642;
--mark:#6db3ff}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--back);color:var(--ink);
font:15px/1.45 "Segoe UI",system-ui,sans-serif}
main{width:min(440px,100%);background:var(--card);padding:36px 40px;border:1px solid var(--line);border-radius:8px}
h1{font-size:22px;font-weight:600;margin:0 0 14px}ul{list-style:none;margin:0 -40px;padding:0}
a{display:block;padding:11px 40px;border-top:1px solid var(--line);color:inherit;text-decoration:none}
a:hover,a:focus{background:color-mix(in srgb,var(--mark) 12%,transparent)}
b{display:block;font-weight:600}span{color:var(--soft)}
i{display:block;font-style:normal;font-size:13px;color:var(--mark)}p{color:var(--soft);font-size:13px;margin:18px 0 0}
"""


def page(heading: str, body: str) -> bytes:
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Sign in to your account</title><style>{_STYLE}</style>"
    )
    return (
        f'<!doctype html><html lang="en">{head}<main><h1>{escape(heading)}</h1>{body}</main></html>'.encode()
    )
