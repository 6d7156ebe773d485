"""The consent of a partner: a person signs in at Microsoft, and what lets Seatwise read for them is kept (K4).

Vendor's page: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

import requests

from shared.errors import Rejected
from shared.http.client import Http, Throttled, Unreachable
from shared.microsoft import partner_connections
from shared.microsoft.auth_errors import as_not_read, sign_in_refused
from shared.microsoft.consent_states import OVER, ConsentStates
from shared.microsoft.hosts import GRAPH, LOGIN
from shared.microsoft.installation_app import InstallationApp
from shared.microsoft.models import NotRead, PartnerConnection, SignInMode
from shared.microsoft.msal_http import OneCall
from shared.microsoft.partner_connecting import (
    Connecting,
    PartnerSecrets,
    checked_guid,
    checked_name,
    id_of,
)
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.secrets import SecretMissing, or_later
from shared.storage.tables import Conflict, Delete, Insert, Key, Row, Tables

LIVES: Final = timedelta(minutes=15)
"""So long a person has to sign in at Microsoft."""
SCOPES: Final = [f"{GRAPH}/.default"]
"""All that the app registration asks for: Microsoft shows it on the page of the consent."""
_KIND: Final = "consent"
_SERVICE: Final = "Microsoft's sign-in"
_DECLINED: Final = frozenset({"access_denied", "consent_required"})


@dataclass(frozen=True, slots=True)
class ConsentWish:
    """The app registration that a partner consents to. For a connection that there is, "" keeps what is stored.

    For a new one an empty client id asks for the installation's app, where there is one.
    """

    name: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    connection: str = ""
    by_installation: bool = False


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """What Microsoft's page led back with."""

    state: str
    code: str = field(default="", repr=False)
    error: str = ""
    description: str = ""


class PendingConsent(Document):
    """A person is on their way to Microsoft and back. What is secret of it is in the vault, under `secret`."""

    id: str
    member: str
    name: str
    client_id: str
    connection: str
    ends: datetime
    by_installation: bool = False

    @property
    def secret(self) -> str:
        return f"consent-{self.id}"


@dataclass(frozen=True, slots=True)
class PartnerConsent:
    """Leads people to Microsoft and takes what they come back with. `redirect` is the page that they come back to."""

    connecting: Connecting
    http: Http
    states: ConsentStates
    redirect: str
    led_to: Callable[[str], str] = str
    """A browser's address of a page of Microsoft; in a sandbox it is another one."""
    ours: InstallationApp | None = None
    """Consented to by who brings no app registration."""

    @property
    def _tables(self) -> Tables:
        return self.connecting.tables

    def begin(self, account: AccountId, member: str, wish: ConsentWish, now: datetime) -> str:
        """The address at which the person signs in and consents. Raises Rejected, NotFound, NotRead, RetryLater."""
        wish = self._completed(account, wish)
        self._forget_old(account, now)
        consent = token_hex(8)
        pending = PendingConsent(
            id=consent,
            member=member,
            name=wish.name,
            client_id=wish.client_id,
            connection=wish.connection,
            ends=now + LIVES,
            by_installation=wish.by_installation,
        )
        flow = self._flow(wish, self.states.make(account, member, consent))
        own = "" if wish.by_installation else wish.client_secret
        kept = json.dumps({"flow": flow, "client_secret": own})
        with or_later():
            self.connecting.secrets.put(account, pending.secret, kept)
        self._tables.commit([Insert(_key(account, consent), pending)])
        return self.led_to(flow["auth_uri"])

    def finish(
        self, account: AccountId, member: str, answer: ConsentAnswer, now: datetime
    ) -> PartnerConnection:
        """Keep what the partner consented to; the same partner again updates its connection. It works once.

        Raises Rejected, NotRead, RetryLater, Conflict.
        """
        pending, kept = self._taken(account, self.states.read(answer.state, account, member))
        if pending.member != member or now >= pending.ends:
            raise Rejected(OVER, "consent_over", "state")
        if pending.by_installation:
            kept["client_secret"] = self._secret_of_ours(pending.client_id)
        redeemed = self._redeemed(pending, kept, answer)
        tenant, refresh_token = _tenant_of(redeemed), str(redeemed["refresh_token"])
        given = PartnerSecrets(kept["client_secret"], refresh_token)
        found = next((o for o in self._all(account) if o.tenant_id.lower() == tenant), None)
        if pending.connection and (found is None or found.id != pending.connection):
            raise Rejected(
                "You signed in at another partner tenant than the one of this connection. Sign in with an account of "
                "that partner, or add the other partner as a new connection.",
                "another_partner",
            )
        id_ = found.id if found else id_of(account, tenant)
        connection = PartnerConnection(
            id=id_,
            name=pending.name,
            tenant_id=tenant,
            client_id=pending.client_id,
            mode=SignInMode.REFRESH_TOKEN,
            by_installation=pending.by_installation,
        )
        etag = partner_connections.etag_of(self._tables, account, id_)
        return self.connecting.store(account, connection, etag, given, replaces=found)

    def _completed(self, account: AccountId, wish: ConsentWish) -> ConsentWish:
        """With what is stored of the connection that is to be consented to again."""
        before = (
            partner_connections.stored(self._tables, account, wish.connection)[0] if wish.connection else None
        )
        name = wish.name or (before.name if before else "")
        brings_none = not wish.client_id and not wish.client_secret
        if self.ours and brings_none and (before is None or before.by_installation):
            ours = self.ours
            return ConsentWish(
                checked_name(name), ours.client_id, ours.client_secret, wish.connection, by_installation=True
            )
        client_id = wish.client_id or (before.client_id if before else "")
        secret = wish.client_secret
        if before and not secret and client_id.lower() == before.client_id.lower():
            try:
                with or_later():
                    secret = self.connecting.secrets.get(account, before.client_secret)
            except SecretMissing:
                secret = ""
        if not secret:
            raise Rejected("Enter the app registration's client secret.", "required", "clientSecret")
        client = checked_guid(client_id, "clientId", "The client id")
        return ConsentWish(checked_name(name), client, secret, wish.connection)

    def _secret_of_ours(self, client_id: str) -> str:
        """Raises Rejected when the installation has another app by now."""
        if self.ours is None or self.ours.client_id != client_id:
            raise Rejected(OVER, "consent_over", "state")
        return self.ours.client_secret

    def _flow(self, wish: ConsentWish, state: str) -> dict[str, Any]:
        try:
            app = _app(wish.client_id, wish.client_secret, OneCall(self.http))
            flow: dict[str, Any] = app.initiate_auth_code_flow(
                SCOPES, redirect_uri=self.redirect, state=state, prompt="login"
            )
        except (Throttled, Unreachable) as failure:
            raise as_not_read(failure, _SERVICE) from None
        except _ODD:
            raise _not_understood() from None
        return flow

    def _redeemed(
        self, pending: PendingConsent, kept: Mapping[str, Any], answer: ConsentAnswer
    ) -> Mapping[str, Any]:
        if answer.error in _DECLINED:
            raise Rejected(
                "Nobody consented at Microsoft, so nothing was changed. Begin again when an administrator of the "
                "partner can sign in.",
                "declined",
            )
        came = {"state": answer.state, "code": answer.code, "error": answer.error}
        came |= {"error_description": answer.description}
        try:
            app = _app(pending.client_id, kept["client_secret"], OneCall(self.http))
            told: Mapping[str, Any] = app.acquire_token_by_auth_code_flow(
                kept["flow"], {name: value for name, value in came.items() if value}
            )
        except (Throttled, Unreachable) as failure:
            raise as_not_read(failure, _SERVICE) from None
        except _ODD:
            raise _not_understood() from None
        if "error" in told:
            raise sign_in_refused(told, at_home=True)
        if not isinstance(told.get("refresh_token"), str):
            raise _not_understood()
        return told

    def _taken(self, account: AccountId, consent: str) -> tuple[PendingConsent, dict[str, Any]]:
        """What was kept of the way to Microsoft; it is gone then, whatever it leads to."""
        row = self._tables.get(_key(account, consent))
        if row is None:
            raise Rejected(OVER, "consent_over", "state")
        pending = row.read(PendingConsent)
        try:
            with or_later():
                kept: dict[str, Any] = json.loads(self.connecting.secrets.get(account, pending.secret))
            self._forget(account, row)
        except (Conflict, SecretMissing):
            raise Rejected(OVER, "consent_over", "state") from None
        return pending, kept

    def _forget_old(self, account: AccountId, now: datetime) -> None:
        """Nobody came back from these."""
        for row in list(self._tables.rows(keys.settings(account), keys.settings_of_kind(_KIND))):
            if row.read(PendingConsent).ends < now:
                self._forget(account, row)

    def _forget(self, account: AccountId, row: Row) -> None:
        self._tables.commit([Delete(row.key, row.etag)])
        with or_later():
            self.connecting.secrets.delete(account, row.read(PendingConsent).secret)

    def _all(self, account: AccountId) -> list[PartnerConnection]:
        return list(partner_connections.all_of(self._tables, account))


def _app(client_id: str, client_secret: str, http: OneCall) -> Any:
    import msal

    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=client_secret,
        authority=f"{LOGIN}/organizations",
        http_client=http,
        instance_discovery=False,
    )


_ODD: Final = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, requests.RequestException)
"""What msal raises over an odd answer; its text may hold the answer, and so a token."""


def _not_understood() -> NotRead:
    return as_not_read(Unreachable("its answer could not be understood."), _SERVICE)


def _tenant_of(redeemed: Mapping[str, Any]) -> str:
    """The partner's tenant, by the token that came from Microsoft itself."""
    claims = redeemed.get("id_token_claims")
    tenant = claims.get("tid") if isinstance(claims, dict) else None
    try:
        return checked_guid(str(tenant), "", "")
    except Rejected:
        raise _not_understood() from None


def _key(account: AccountId, consent: str) -> Key:
    return keys.setting(account, _KIND, consent)
