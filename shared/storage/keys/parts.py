"""The parts that keys are built of: an account's id, any other id, an instant."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import NewType

AccountId = NewType("AccountId", str)

_LAST_MICROSECOND = 253_402_300_800_000_000
"""Of the calendar, so that what is left of it counts down."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
# Not beginning with a dot (a blob's name must not have the part ".."), nor as a hashed part begins.
_PLAIN = re.compile(r"(?!h\.)[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,99}")


def account_id(text: str) -> AccountId:
    """Check an account id: 2 to 40 of a-z, 0-9 and '-'. Raises ValueError."""
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("an account id is 2 to 40 of a-z, 0-9 and '-', and starts with a letter or digit")
    return AccountId(text)


def hashed(text: str) -> str:
    """E-mail addresses and vendors' free text in a key: 32 hex digits, so that any text is a legal key."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def part(text: str) -> str:
    """An id inside a key as it is when it is plain, else hashed: nobody's text can reach another row."""
    return text if _PLAIN.fullmatch(text) else f"h.{hashed(text)}"


def instant(at: datetime) -> str:
    """An instant that sorts the oldest first. Raises ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def newest_first(at: datetime) -> str:
    """An instant that sorts the newest first. Raises ValueError without a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return f"{_LAST_MICROSECOND - (at - _EPOCH) // timedelta(microseconds=1):018d}"
