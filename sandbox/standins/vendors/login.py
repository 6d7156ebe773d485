"""The stand-in of login.microsoftonline.com: what msal needs to sign in, and how it refuses."""

import base64
import itertools
import json
from datetime import timedelta
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State, parse_stamp, stamp
from sandbox.standins.vendors import sign_in, tenant_consent
from sandbox.standins.vendors.login_errors import REFUSALS
from sandbox.standins.vendors.partner_consent import PartnerConsent
from sandbox.standins.vendors.sign_in import SignIn
from sandbox.standins.vendors.tokens import seal, unseal
from sandbox.standins.worlds.operators import APP_CLIENT_ID
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.types import Gdap

HOST = "login.microsoftonline.com"
TOKEN_LIFE = timedelta(seconds=3599)
REFRESH_LIFE = timedelta(days=90)
MFA_AT_PARTNER_CENTER = 900421
"""A trouble that signing in does not show: only Partner Center asks for MFA then."""
RESOURCES = (
    "https://graph.microsoft.com",
    "https://api.partnercenter.microsoft.com",
    "https://outlook.office365.com",
)


class _Refused(Exception):
    def __init__(self, code: int, **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


class Login:
    """Discovery and the token endpoint for every tenant of the world."""

    name = "microsoft"
    hosts = frozenset({HOST})

    def __init__(self, state: State) -> None:
        self._state = state
        self._people = SignIn(state)
        self._consent = PartnerConsent(state)
        self._errors = itertools.count(1)
        self._asked_as = ""
        """The caller's own id of the request that is being answered; refusals repeat it."""

    def call(self, request: Request) -> Call:
        self._asked_as = request.headers.get("client-request-id", "")
        tenant, _, rest = request.path.strip("/").partition("/")
        if rest == "discovery/v2.0/keys":
            return Call("microsoft.keys")
        if rest in ("oauth2/v2.0/authorize", "adminconsent") or _is_a_persons(request, rest):
            return Call("microsoft.person")
        found = self._directory(tenant)
        whose = found["id"] if found else tenant
        if rest == "oauth2/v2.0/token":
            return Call("microsoft.token", whose)
        if rest == "v2.0/.well-known/openid-configuration":
            return Call("microsoft.discovery", whose)
        return Call("microsoft.other", whose)

    def answer(self, request: Request, call: Call) -> Answer:
        tenant, _, rest = request.path.strip("/").partition("/")
        if call.kind == "microsoft.keys":
            return _for_browsers(Answer(body=self._people.published()), request)
        if call.kind == "microsoft.person":
            return _for_browsers(self._person(request, rest), request)
        if tenant in _EVERYBODY and rest == "v2.0/.well-known/openid-configuration":
            return _for_browsers(Answer(body=_discovery(tenant, "{tenantid}", _base(request))), request)
        try:
            if tenant == "common" and rest == "discovery/instance":
                return Answer(body=_INSTANCES)
            if tenant in _EVERYBODY and call.kind == "microsoft.token" and request.method == "POST":
                return Answer(body=self._token_at_home(request.form()))
            directory = self._existing(tenant)
            if call.kind == "microsoft.discovery":
                return Answer(body=_discovery(tenant, directory["id"]))
            if call.kind == "microsoft.token" and request.method == "POST":
                return Answer(body=self._token(directory, request.form()))
        except _Refused as refused:
            return self._refuse(refused, call)
        except sign_in.Refused as refused:
            return Answer(400, self._error_body(refused.code, refused.error, refused.text))
        return Answer(404, b"", content_type="text/html")

    def _person(self, request: Request, rest: str) -> Answer:
        """A person who signs in to Seatwise itself, not Seatwise that signs in somewhere."""
        if rest == "adminconsent":
            return tenant_consent.asked(self._state, request)
        if rest == "oauth2/v2.0/authorize":
            asked = self._consent if self._consent.is_asked(request) else self._people
            return asked.authorise(request)
        try:
            return Answer(body=self._people.token(request.form()))
        except sign_in.Refused as refused:
            return Answer(400, self._error_body(refused.code, refused.error, refused.text))

    def throttled(self, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        body = self._error_body(90055, "temporarily_unavailable", "Too many incoming requests to the tenant.")
        return Answer(429, body, headers)

    def failing(self, status: int) -> Answer:
        return Answer(status, self._error_body(90033, "temporarily_unavailable", REFUSALS[90033][3]))

    def _directory(self, name: str) -> Document | None:
        """A customer tenant or a partner tenant, by id or domain."""
        wanted = name.lower()
        found = self._state.find("tenant", wanted)
        if found:
            return found
        for partner in self._state.all("partner"):
            if wanted in (partner["tenant_id"], partner["domain"]):
                return partner | {"id": partner["tenant_id"], "partner_tenant": True}
        return next((t for t in self._state.all("tenant") if t["domain"] == wanted), None)

    def _existing(self, name: str) -> Document:
        directory = self._directory(name)
        if directory is None:
            raise _Refused(90002, tenant=name)
        return directory

    def _token(self, directory: Document, form: dict[str, str]) -> dict[str, Any]:
        partner = self._client(directory, form)
        resource = _resource(form.get("scope", ""))
        grant = form.get("grant_type")
        if grant == "refresh_token":
            self._check_refresh_token(partner, form.get("refresh_token", ""))
            self._check_delegated(partner, directory)
            return self._tokens(partner, directory, resource, delegated=True)
        if grant == "client_credentials":
            self._check_app_only(partner, directory)
            return self._tokens(partner, directory, resource, delegated=False)
        raise _Refused(70003)

    def _token_at_home(self, form: dict[str, str]) -> dict[str, Any]:
        """At `common` and `organizations` a user is of its home tenant; an app by itself has none."""
        partner = self._client({"id": "organizations"}, form)
        match form.get("grant_type"):
            case "client_credentials":
                raise _Refused(50059)
            case "authorization_code":
                return self._consented(partner, form)
        return self._token(self._existing(partner["tenant_id"]), form)

    def _consented(self, partner: Document, form: dict[str, str]) -> dict[str, Any]:
        """A partner's administrator came back with a code: the first refresh token of the app and that user."""
        nonce = self._consent.redeem(partner, form)
        home = partner | {"id": partner["tenant_id"]}
        return self._tokens(partner, home, _resource(form.get("scope", "")), delegated=True, nonce=nonce)

    def _client(self, directory: Document, form: dict[str, str]) -> Document:
        for name in ("grant_type", "client_id"):
            if not form.get(name):
                raise _Refused(900144, parameter=name)
        client = form["client_id"]
        partner = next((p for p in self._state.all("partner") if p["client_id"] == client), None)
        if partner is None:
            raise _Refused(700016, client=client, tenant=directory["id"])
        if "client_assertion" in form:
            raise _Refused(700027, client=client)
        if "client_secret" not in form:
            raise _Refused(7000218)
        if form["client_secret"] != partner["secret"]:
            raise _Refused(7000215)
        if partner["secret_expired"]:
            raise _Refused(7000222, client=client)
        return partner

    def _check_refresh_token(self, partner: Document, token: str) -> None:
        claims = unseal("0.A", token)
        if claims is None or claims["partner"] != partner["key"]:
            raise _Refused(70000)
        minted = parse_stamp(claims["minted"]) if claims["minted"] else self._state.day(0)
        if self._state.now() - minted > REFRESH_LIFE:
            raise _Refused(700082)
        if partner["trouble"] and partner["trouble"] != MFA_AT_PARTNER_CENTER:
            raise _Refused(partner["trouble"], tenant=RESOURCES[0], client=partner["client_id"])

    def _check_delegated(self, partner: Document, directory: Document) -> None:
        if directory["id"] == partner["tenant_id"]:
            return
        words = {
            "tenant": directory["name"],
            "client": partner["client_id"],
            "user": partner["user_name"],
            "home": partner["tenant_id"],
        }
        access = directory.get("access", {}).get(partner["key"])
        if access is None or access["gdap"] != Gdap.ACTIVE:
            raise _Refused(50020, **words)
        if access["trouble"]:
            raise _Refused(access["trouble"], **words)
        if not access["consent"]:
            raise _Refused(65001, **words)

    def _check_app_only(self, partner: Document, directory: Document) -> None:
        if directory["id"] == partner["tenant_id"]:
            return
        access = directory.get("access", {}).get(partner["key"])
        if access is None or not access["app_consent"]:
            raise _Refused(700016, client=partner["client_id"], tenant=directory["id"])
        if access["trouble"]:
            raise _Refused(access["trouble"], tenant=directory["name"])

    def _tokens(
        self, partner: Document, directory: Document, resource: str, *, delegated: bool, nonce: str = ""
    ) -> dict[str, Any]:
        now = self._state.now()
        access = seal(
            "",
            {
                "aud": resource,
                "tid": directory["id"],
                "appid": partner["client_id"],
                "partner": partner["key"],
                "idtyp": "user" if delegated else "app",
                "exp": int((now + TOKEN_LIFE).timestamp()),
            },
        )
        life = int(TOKEN_LIFE.total_seconds())
        answer: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": access,
        }
        if delegated:
            answer |= self._user_tokens(partner, directory, resource, nonce)
        return answer

    def _user_tokens(
        self, partner: Document, directory: Document, resource: str, nonce: str
    ) -> dict[str, Any]:
        now = self._state.now()
        client_info = json.dumps({"uid": partner["user_id"], "utid": partner["tenant_id"]}).encode()
        identity = {
            "aud": partner["client_id"],
            "iss": f"https://{HOST}/{directory['id']}/v2.0",
            "iat": int(now.timestamp()),
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "name": "Seatwise service user",
            "oid": partner["user_id"],
            "preferred_username": partner["user_name"],
            "sub": guid("sub", partner["user_id"], partner["client_id"]),
            "tid": directory["id"],
            "ver": "2.0",
        }
        if nonce:
            identity["nonce"] = nonce
        return {
            "scope": f"{resource}/.default openid profile offline_access",
            "refresh_token": seal(
                "0.A", {"partner": partner["key"], "minted": stamp(now), "n": now.timestamp()}
            ),
            "client_info": base64.urlsafe_b64encode(client_info).rstrip(b"=").decode(),
            "id_token": seal("", identity),
        }

    def _refuse(self, refused: _Refused, call: Call) -> Answer:
        error, status, suberror, text = REFUSALS[refused.code]
        words = {"tenant": "", "client": "", "user": "", "home": "", "parameter": "scope"} | refused.words
        body = self._error_body(refused.code, error, text.format(**words))
        if refused.code == 90002 and call.kind == "microsoft.discovery":
            body["error"] = "invalid_tenant"
        if suberror:
            body["suberror"] = suberror
        return Answer(status, body)

    def _error_body(self, code: int, error: str, text: str) -> dict[str, Any]:
        at = self._state.now().strftime("%Y-%m-%d %H:%M:%SZ")
        trace = guid("trace", at, next(self._errors))
        correlation = self._asked_as or guid("correlation", trace)
        traced = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}"
        return {
            "error": error,
            "error_description": f"AADSTS{code}: {text} {traced}",
            "error_codes": [code],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://{HOST}/error?code={code}",
        }


def first_refresh_token(partner_key: str) -> str:
    """The refresh token a partner's consent gave; it counts as minted when the state was made."""
    return seal("0.A", {"partner": partner_key, "minted": None, "n": 0})


def _resource(scope: str) -> str:
    asked = [part for part in scope.split() if part.startswith("https://")]
    resources = {name for name in RESOURCES for part in asked if part.startswith(name + "/")}
    if len(resources) > 1:
        raise _Refused(700022)
    if not resources:
        raise _Refused(70011)
    return resources.pop()


def _is_a_persons(request: Request, rest: str) -> bool:
    return rest == "oauth2/v2.0/token" and request.form().get("client_id") == APP_CLIENT_ID


def _base(request: Request) -> str:
    """Where this stand-in is for browsers: they cannot be led to it under Microsoft's name."""
    return request.headers.get("x-sandbox-base", f"https://{HOST}")


def _for_browsers(answer: Answer, request: Request) -> Answer:
    """As Entra ID answers a single-page app, which is of another origin."""
    if origin := request.headers.get("origin"):
        answer.headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return answer


_EVERYBODY = frozenset({"common", "organizations"})


def _discovery(tenant: str, tenant_id: str, host: str = f"https://{HOST}") -> dict[str, Any]:
    base = f"{host}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"https://{HOST}/{tenant_id}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }


_INSTANCES = {
    "tenant_discovery_endpoint": f"https://{HOST}/common/v2.0/.well-known/openid-configuration",
    "api-version": "1.1",
    "metadata": [
        {
            "preferred_network": HOST,
            "preferred_cache": "login.windows.net",
            "aliases": [HOST, "login.windows.net", "login.microsoft.com", "sts.windows.net"],
        }
    ],
}
