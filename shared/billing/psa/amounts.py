"""Quantities and prices as PSAs send them: a number that nobody can mean is one that is not understood."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

from pydantic import Field

MOST: Final = Decimal(10) ** 9
"""Of seats, and of money in any currency. What is larger is a fault, and would break what counts or stores it."""

type Amount = Annotated[Decimal, Field(ge=-MOST, le=MOST)]
type WholeNumber = Annotated[int, Field(ge=-(10**18), le=10**18)]
"""An id, or a number of a choice."""


def amount(value: object) -> Decimal | None:
    """A number of JSON, or the text of one; None when it is none, or one that nobody can mean."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) <= MOST else None
