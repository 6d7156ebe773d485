"""Tokens that look like Microsoft's and that only the stand-ins can make and trust."""

import base64
import hashlib
import hmac
import json
from typing import Any

_KEY = b"sandbox tokens prove nothing outside a sandbox"


def seal(prefix: str, claims: dict[str, Any]) -> str:
    """A token of three parts that only the stand-ins can read back with trust."""
    head = _encode(b'{"typ":"JWT","alg":"RS256","kid":"sandbox"}')
    body = _encode(json.dumps(claims, separators=(",", ":"), sort_keys=True).encode())
    signature = hmac.new(_KEY, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{prefix}{head}.{body}.{_encode(signature)}"


def unseal(prefix: str, token: str) -> dict[str, Any] | None:
    """The claims of a token made by `seal`; None for any other text."""
    head, _, rest = token.removeprefix(prefix).partition(".")
    body, _, signature = rest.partition(".")
    expected = hmac.new(_KEY, f"{head}.{body}".encode(), hashlib.sha256).digest()
    if not token.startswith(prefix) or signature != _encode(expected):
        return None
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
