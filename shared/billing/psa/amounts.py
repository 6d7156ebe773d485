"""Numbers as PSAs send them: one that can mean several things, or that nobody can mean, is not understood."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

MOST: Final = Decimal(10) ** 9
"""Of seats, and of money in any currency. What is larger is a fault, and would break what counts or stores it."""
_LARGEST: Final = Decimal(10) ** 18
"""Of an id."""
_TEXT = re.compile(r"-?[0-9]{1,40}(\.(?![0-9]{3}$)[0-9]{1,20})?")
"""A number that came as a text. With three digits behind the point it may be a thousand: "1.000"."""
_MOST_DIGITS: Final = 40
"""Before or behind the point. An exponent without end breaks what compares or prints the number."""


def amount(value: object) -> Decimal | None:
    """A quantity or a price: a number of JSON, or the text of one; None when it is not understood."""
    found = _number(value)
    return found if found is not None and abs(found) <= MOST else None


def whole(value: object) -> int | None:
    """An id, units, or the number of a choice, also where it came as 7.0 or "7"; None when it is not understood."""
    found = _number(value)
    if found is None or abs(found) > _LARGEST or found != found.to_integral_value():
        return None
    return int(found)


def row_id(value: object, *, lowest: int = 1) -> int | None:
    """The id of a row; None when it is not understood."""
    found = whole(value)
    return found if found is not None and found >= lowest else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not _TEXT.fullmatch(value):
        return None
    found = value if isinstance(value, Decimal) else Decimal(str(value))
    return found if found.is_finite() and abs(found.adjusted()) <= _MOST_DIGITS else None


def _understood(read: Callable[[object], Any]) -> BeforeValidator:
    def check(value: object) -> Any:
        found = read(value)
        if found is None:
            raise ValueError("not a number that is understood")
        return found

    return BeforeValidator(check)


type Amount = Annotated[Decimal, _understood(amount)]
type WholeNumber = Annotated[int, _understood(whole)]
"""The number of a choice."""
type Id = Annotated[int, _understood(row_id)]
"""Of another row."""
