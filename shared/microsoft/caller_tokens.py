"""Who is asking: access tokens of Entra ID, verified with Microsoft's published keys.

Source: learn.microsoft.com/entra/identity-platform/access-tokens (validation), and .../claims-validation.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from shared.http.client import Http, Throttled, Unreachable, json_of
from shared.microsoft.hosts import LOGIN
from shared.text import one_line

if TYPE_CHECKING:
    from jwt import PyJWK

_log = logging.getLogger("seatwise.signin")

KEYS_URL: Final = f"{LOGIN}/common/discovery/v2.0/keys"
FRESH_FOR: Final = timedelta(hours=12)
"""The key set is asked for again after so long; until that works the last good one is used."""
COOLDOWN: Final = timedelta(seconds=60)
"""An unknown key id asks for the set at most once in so long, whoever sends what."""
TIMEOUT: Final = (3.0, 5.0)
"""Seconds to connect, and to wait for the next bytes: a request waits for this."""
LEEWAY: Final = timedelta(seconds=60)
"""What two clocks may differ."""
LARGEST: Final = 16 * 1024
"""Characters of a token: Entra's have two to four thousand."""
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotAccepted(Exception):
    """The token does not prove who is asking; the text says why, and holds nothing of the token."""


class KeysUnavailable(Exception):
    """Microsoft's keys could not be had and none are kept: nobody can be verified now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One person of one Entra tenant. `name` and `email` are for display only: they prove nothing."""

    tenant_id: str
    object_id: str
    name: str = ""
    email: str = ""


class SigningKeys:
    """Microsoft's key set, kept for hours. One per process."""

    def __init__(self, http: Http, clock: Callable[[], datetime]) -> None:
        self._http, self._clock, self._lock = http, clock, Lock()
        self._keys: dict[str, tuple[PyJWK, str]] = {}
        """By key id: the key and the issuer that it signs for, "" where the set names none."""
        self._fetched: datetime | None = None
        self._tried: datetime | None = None

    def get(self, key_id: str) -> "tuple[PyJWK, str]":
        """The key and its issuer. Raises NotAccepted for an unknown id, KeysUnavailable without any key set.

        Who has a key set never waits for a newer one that another thread is asking for.
        """
        if (key_id not in self._keys or self._is_stale()) and self._lock.acquire(blocking=not self._keys):
            try:
                self._refresh(key_id)
            finally:
                self._lock.release()
        keys = self._keys
        if not keys:
            raise KeysUnavailable("Microsoft's sign-in keys cannot be read now")
        if key_id not in keys:
            raise NotAccepted("its signing key is not one of Microsoft's")
        return keys[key_id]

    def _is_stale(self) -> bool:
        return self._fetched is None or self._clock() - self._fetched > FRESH_FOR

    def _refresh(self, key_id: str) -> None:
        """Ask for the set, unless another thread just did or the last try was a moment ago."""
        now = self._clock()
        if self._tried is not None and now - self._tried < COOLDOWN:
            return
        if key_id not in self._keys or self._is_stale():
            self._tried = now
            self._fetch(now)

    def _fetch(self, now: datetime) -> None:
        """Replace the set by a newer one; when that fails, the one that is kept goes on."""
        from jwt import PyJWK, PyJWTError

        try:
            answer = self._http.ask("GET", KEYS_URL, timeout=TIMEOUT)
            found = {
                str(entry["kid"]): (PyJWK.from_dict({**entry, "alg": "RS256"}), str(entry.get("issuer", "")))
                for entry in json_of(answer)["keys"]
                if entry["kty"] == "RSA"
            }
        except (
            Throttled,
            Unreachable,
            PyJWTError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
        ) as failed:
            _log.warning("the keys of the sign-in could not be read: %s", type(failed).__name__)
            return
        if found:
            self._keys, self._fetched = found, now


class AccessTokens:
    """Verifies bearer tokens that were issued for this app (`audience`: its client id)."""

    def __init__(self, keys: SigningKeys, audience: str, clock: Callable[[], datetime]) -> None:
        self._keys, self._audience, self._clock = keys, audience, clock

    def verify(self, token: str) -> Identity:
        """Raises NotAccepted, or KeysUnavailable. Nothing but the signed token is believed."""
        import jwt

        if not token or len(token) > LARGEST or not token.isascii():
            raise NotAccepted("it is no access token")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError as wrong:
            raise NotAccepted("it is no access token") from wrong
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise NotAccepted("it is not signed as Microsoft signs")
        key, issuer = self._keys.get(key_id)
        claims = self._claims(token, key)
        tenant, person = (self._guid(claims, name) for name in ("tid", "oid"))
        expected = f"{LOGIN}/{tenant}/v2.0"
        if claims["iss"] != expected:
            raise NotAccepted("it was issued by somebody else")
        if issuer and issuer.replace("{tenantid}", tenant) != expected:
            raise NotAccepted("its signing key belongs to another issuer")
        if not str(claims.get("scp") or "").strip():
            raise NotAccepted("it is an app's own token: a person must sign in")
        return Identity(tenant, person, _shown(claims, "name"), _shown(claims, "preferred_username"))

    def _claims(self, token: str, key: "PyJWK") -> dict[str, Any]:
        import jwt

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._audience,
                options={
                    "require": ["exp", "nbf", "iat", "iss", "aud", "tid", "oid"],
                    # The times are compared below, with the clock that is wired.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidAudienceError as wrong:
            raise NotAccepted("it was issued for another app") from wrong
        except (jwt.PyJWTError, ValueError, TypeError) as wrong:
            raise NotAccepted("its signature or its claims are not good") from wrong
        if not isinstance(claims["aud"], str):
            raise NotAccepted("it was issued for several apps")
        now = self._clock().timestamp()
        ends, begins, issued = (self._instant(claims, name) for name in ("exp", "nbf", "iat"))
        leeway = LEEWAY.total_seconds()
        if now >= ends + leeway:
            raise NotAccepted("it has expired")
        if now < begins - leeway or now < issued - leeway:
            raise NotAccepted("it is not valid yet")
        return claims

    def _instant(self, claims: Mapping[str, Any], name: str) -> float:
        value = claims[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
            raise NotAccepted("its times are no times")
        return float(value)

    def _guid(self, claims: Mapping[str, Any], name: str) -> str:
        value = claims[name]
        if not isinstance(value, str) or not _GUID.fullmatch(value.lower()):
            raise NotAccepted("it does not say who is asking")
        return value.lower()


def _shown(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return one_line(value, 120) if isinstance(value, str) else ""
