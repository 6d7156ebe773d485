"""Access tokens for Microsoft's services: one network call per tenant, kept in this process's memory only."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import requests

from shared.http.client import Http, Throttled, Unreachable
from shared.microsoft.auth_errors import as_not_read, in_one_tenant, sign_in_refused
from shared.microsoft.hosts import GRAPH, LOGIN
from shared.microsoft.models import FailureCause, NotRead, PartnerConnection, SignInMode
from shared.microsoft.msal_http import OneCall
from shared.microsoft.read_problems import ReadProblem
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, Secrets, SecretsUnavailable

TOKENS_KEPT = 256
"""Tokens are 2 to 4 KB, and a nightly run needs each only once."""
SPARE = timedelta(minutes=5)
"""A token that ends sooner than this is not begun with."""
LONGEST = timedelta(hours=1)
"""No token is used longer, whatever its answer says: consent and roles may have changed."""
SECRETS_KEPT = timedelta(minutes=5)
"""So that a run over a thousand tenants does not read the same two secrets a thousand times."""
HOME_ASKED = timedelta(minutes=1)
"""So long it is believed whether the partner can be signed in at home: a thousand refused tenants ask once a minute."""
SECRETS_UNAVAILABLE = "secrets unavailable"
"""Code of the refusal without secrets: it may pass in a moment, or stay until a person acts."""

_SERVICE = "Microsoft's sign-in"
_TENANT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Token:
    """What a service is shown. It never appears in a log: its value is not part of its text."""

    value: str = field(repr=False)
    ends: datetime
    issued: datetime
    """The older it is, the more may have changed since: a consent, a role."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A new sign-in."""

    token: Token
    refresh_token: str = field(repr=False)
    """The rotated refresh token, "" when there is none. The one it replaces stays good."""
    replaces: str = field(repr=False)
    """The refresh token that was redeemed."""


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    read_at: datetime = field(compare=False)


class SignIn:
    """Signs partner connections in, by refresh token or app-only. Safe to share between threads."""

    def __init__(self, http: Http, secrets: Secrets, clock: Callable[[], datetime]) -> None:
        self._http = http
        self._secrets = secrets
        self._clock = clock
        self._lock = Lock()
        self._tokens: OrderedDict[tuple[str, ...], Token] = OrderedDict()
        self._credentials: dict[tuple[str, ...], _Credentials] = {}
        self._at_home: dict[tuple[str, ...], tuple[datetime, NotRead | None]] = {}

    def token(self, account: AccountId, connection: PartnerConnection, tenant_id: str, service: str) -> Token:
        """A token of one tenant for one service (its address). Raises NotRead."""
        key = _key(account, connection, tenant_id, service)
        with self._lock:
            kept = self._tokens.get(key)
            if kept and kept.ends - self._clock() > SPARE:
                self._tokens.move_to_end(key)
                return kept
        return self.redeem(account, connection, tenant_id, service).token

    def redeem(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str, service: str
    ) -> Redeemed:
        """Sign in anew, whatever is kept. Raises NotRead.

        Its cause says whose matter it is by what else works now: a code that speaks of the partner is the tenant's
        matter while the partner's own sign-in works.
        """
        try:
            return self._redeem(account, connection, tenant_id, service)
        except NotRead as refusal:
            if refusal.cause is not FailureCause.PARTNER or _is_home(connection, tenant_id):
                raise
            raise self._home_refusal(account, connection) or in_one_tenant(refusal) from None

    def _redeem(
        self, account: AccountId, connection: PartnerConnection, tenant_id: str, service: str
    ) -> Redeemed:
        credentials, kept = self._credentials_of(account, connection)
        try:
            redeemed = self._ask(connection, credentials, tenant_id, service)
        except NotRead as refusal:
            if not kept or refusal.cause is not FailureCause.PARTNER:
                raise
            # A person may have renewed the secret since it was read.
            newer = self._read_credentials(account, connection)
            if newer == credentials:
                raise
            redeemed = self._ask(connection, newer, tenant_id, service)
        self._keep(_key(account, connection, tenant_id, service), redeemed.token)
        return redeemed

    def _home_refusal(self, account: AccountId, connection: PartnerConnection) -> NotRead | None:
        """Why the partner cannot be signed in at home, asked at most once in HOME_ASKED; None: it can."""
        key = _key(account, connection)
        with self._lock:
            kept = self._at_home.get(key)
        if kept is not None and self._clock() - kept[0] < HOME_ASKED:
            return kept[1]
        refusal: NotRead | None = None
        try:
            self._redeem(account, connection, connection.tenant_id, GRAPH)
        except NotRead as refused:
            refusal = refused
        with self._lock:
            self._at_home[key] = (self._clock(), refusal)
        return refusal

    def renew(self, account: AccountId, connection: PartnerConnection, service: str) -> Redeemed:
        """Sign in anew to the partner's own tenant, with the secrets as they are stored now. Raises NotRead."""
        home = connection.tenant_id
        redeemed = self._ask(connection, self._read_credentials(account, connection), home, service)
        self._keep(_key(account, connection, home, service), redeemed.token)
        return redeemed

    def _keep(self, key: tuple[str, ...], token: Token) -> None:
        with self._lock:
            self._tokens[key] = token
            while len(self._tokens) > TOKENS_KEPT:
                self._tokens.popitem(last=False)

    def forget(self, account: AccountId, connection: PartnerConnection, tenant_id: str, service: str) -> None:
        """Do not use a token again that its service refused."""
        with self._lock:
            self._tokens.pop(_key(account, connection, tenant_id, service), None)

    def _credentials_of(self, account: AccountId, connection: PartnerConnection) -> tuple[_Credentials, bool]:
        with self._lock:
            kept = self._credentials.get(_key(account, connection))
        if kept and self._clock() - kept.read_at < SECRETS_KEPT:
            return kept, True
        return self._read_credentials(account, connection), False

    def _read_credentials(self, account: AccountId, connection: PartnerConnection) -> _Credentials:
        try:
            credentials = _Credentials(
                self._secrets.get(account, connection.client_secret),
                self._secrets.get(account, connection.refresh_token)
                if connection.mode is SignInMode.REFRESH_TOKEN
                else "",
                self._clock(),
            )
        except SecretMissing as missing:
            raise NotRead(FailureCause.PARTNER, "secret missing", ReadProblem.SECRETS, str(missing)) from None
        except SecretsUnavailable as unavailable:
            # Its own sentence says whether it passes, and else who must do what; it holds no secret.
            raise NotRead(
                FailureCause.TRANSIENT, SECRETS_UNAVAILABLE, ReadProblem.SECRETS, str(unavailable)
            ) from None
        with self._lock:
            self._credentials[_key(account, connection)] = credentials
        return credentials

    def _ask(
        self, connection: PartnerConnection, credentials: _Credentials, tenant_id: str, service: str
    ) -> Redeemed:
        at_home = _is_home(connection, tenant_id)
        began = self._clock()
        answer = self._ask_msal(connection, credentials, tenant_id, [f"{service}/.default"])
        token = answer.get("access_token")
        if not isinstance(token, str) or not token:
            raise sign_in_refused(answer, at_home=at_home)
        ends = began + min(timedelta(seconds=int(answer.get("expires_in", 0))), LONGEST)
        rotated = answer.get("refresh_token")
        return Redeemed(
            Token(token, ends, issued=began),
            rotated if isinstance(rotated, str) else "",
            credentials.refresh_token,
        )

    def _ask_msal(
        self, connection: PartnerConnection, credentials: _Credentials, tenant_id: str, scopes: list[str]
    ) -> Mapping[str, Any]:
        """A new app object for each question: msal answers a repeated one from its memory of errors for 60 s."""
        import msal

        if not _TENANT.fullmatch(tenant_id):
            raise NotRead(FailureCause.INVALID, "tenant id", ReadProblem.NO_TENANT_ID)
        try:
            app = msal.ConfidentialClientApplication(
                connection.client_id,
                client_credential=credentials.client_secret,
                authority=f"{LOGIN}/{tenant_id}",
                http_client=OneCall(self._http),
                instance_discovery=False,
            )
            answer: Mapping[str, Any] = (
                app.acquire_token_by_refresh_token(credentials.refresh_token, scopes=scopes)
                if connection.mode is SignInMode.REFRESH_TOKEN
                else app.acquire_token_for_client(scopes=scopes)
            )
        except (Throttled, Unreachable) as failure:
            raise as_not_read(failure, _SERVICE) from None
        except (
            *(ValueError, LookupError, TypeError, AttributeError),  # msal trips over an odd answer
            *(requests.RequestException, msal.exceptions.MsalServiceError),
        ):
            # Their text may hold the answer, and so a token.
            raise as_not_read(Unreachable("its answer could not be understood."), _SERVICE) from None
        return answer


def _is_home(connection: PartnerConnection, tenant_id: str) -> bool:
    return tenant_id.lower() == connection.tenant_id.lower()


def _key(account: AccountId, connection: PartnerConnection, *of: str) -> tuple[str, ...]:
    """One connection may be asked both ways: what an app may do, its user may not, and the other way round."""
    return (account, connection.id, connection.mode, *of)
