"""S11: the signed link under a row of a mail: whoever holds it can exclude the one thing that it names."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from pydantic import TypeAdapter, ValidationError

from shared.alerts.models import ExclusionScope, Finding
from shared.alerts.rules import BY_SLUG, RULES
from shared.storage import keys
from shared.storage.keys import AccountId

PATH: Final = "/api/exclude/"
LIVES: Final = timedelta(days=30)
LINKED: Final = {rule.slug: rule.link for rule in RULES if rule.link is not None}
"""The alert types whose rows carry a link, and the words of its page."""

_SALT: Final = "seatwise.exclude.1"
"""The purpose: what was signed for another one is not accepted here, nor this there."""
_TOKEN: Final = re.compile(r"1([A-Za-z0-9_.-]{1,4000})")
"""The version first: a packed list begins with a dot, and some servers hide what does."""


class Forged(Exception):
    """Not signed by us for this purpose, or with a key that is no longer in use."""


class Expired(Exception):
    """Signed by us, longer ago than a link lives."""


class Link(NamedTuple):
    """What a link says once its signature is verified. Its order is that of the signed list."""

    account: str
    slug: str
    tenant_id: str
    skus: tuple[str, ...]
    """Empty: the tenant itself."""
    recipient: str
    """Of the address that it was sent to, a part of the hash: addresses do not belong into URLs."""
    made_at: datetime


_LINK: Final = TypeAdapter(Link)


class Links:
    """Makes and reads links. The first key signs, the others only verify: put a new one in front to change it."""

    def __init__(self, base: str, secret_keys: Sequence[bytes]) -> None:
        if not secret_keys:
            raise ValueError("at least one key is needed")
        self._base = base.rstrip("/")
        self._serializer = URLSafeSerializer(
            list(reversed(secret_keys)),
            salt=_SALT,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def url(self, account: AccountId, finding: Finding, recipient: str, now: datetime) -> str:
        """The address that excludes what the row is about; "" when that cannot be excluded by a link."""
        if finding.slug not in LINKED or not finding.tenant_id:
            return ""
        whole = ExclusionScope.LICENCE not in BY_SLUG[finding.slug].reach
        skus = () if whole else finding.skus
        if not (whole or skus):
            return ""
        made_at = int(now.timestamp())
        link = [account, finding.slug, finding.tenant_id, skus, recipient_mark(recipient), made_at]
        return f"{self._base}{PATH}1{self._serializer.dumps(link)}"

    def read(self, token: str, now: datetime) -> Link:
        """Raises Forged or Expired."""
        signed = _TOKEN.fullmatch(token)
        if signed is None:
            raise Forged
        try:
            link = _LINK.validate_python(self._serializer.loads(signed[1]))
        except (BadData, ValidationError) as wrong:
            raise Forged from wrong
        if link.slug not in LINKED:
            raise Forged
        if now - link.made_at.astimezone(UTC) > LIVES:
            raise Expired
        return link


def recipient_mark(address: str) -> str:
    return keys.hashed(address.casefold())[:8]
