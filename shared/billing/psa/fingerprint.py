"""One hash for one line, however its PSA happens to write it. Pure."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_MOST_DIGITS: Final = 400
"""Of a number that is written out: Decimal takes an exponent that would fill the memory."""


def fingerprint_of(fields: Mapping[str, Any]) -> str:
    """Of fields as the PSA's JSON gave them: 32 letters and digits, the same as long as they say the same."""
    return hashlib.sha256(json.dumps(_plain(fields), sort_keys=True).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    """One form for what is written in several: unset may be absent, null, "", 0 or false; 10 may be 10.0.

    `_info` is what ConnectWise links a reference to.
    """
    match value:
        case dict():
            inner = {name: _plain(item) for name, item in value.items() if name != "_info"}
            return {name: item for name, item in inner.items() if item is not None} or None
        case list():
            return [_plain(item) for item in value] or None
        case bool():
            return value or None
        case int() | float() | Decimal():
            return _number(Decimal(str(value))) if value else None
        case _:
            return value or None


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if abs(value.adjusted()) <= _MOST_DIGITS else str(value)
