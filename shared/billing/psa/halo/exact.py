"""JSON that goes back as it came: a document of Halo holds other people's numbers, which must not change on the way."""

import json
from decimal import Decimal
from typing import Any


def read_exactly(body: bytes) -> Any:
    """Numbers with a fraction are Decimals. Raises ValueError, for NaN and Infinity, too."""
    try:
        return json.loads(body.removeprefix(b"\xef\xbb\xbf"), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError as deep:
        raise ValueError("too deep") from deep


def write_exactly(value: Any) -> bytes:
    return _text(value).encode()


def _text(value: Any) -> str:
    match value:
        case dict():
            return (
                "{" + ",".join(f"{json.dumps(str(name))}:{_text(item)}" for name, item in value.items()) + "}"
            )
        case list():
            return "[" + ",".join(_text(item) for item in value) + "]"
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, allow_nan=False)


def _no_number(name: str) -> Any:
    raise ValueError(name)
