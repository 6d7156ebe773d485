"""What a caller sends: a number is a number."""

from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from functions.api.models import Given
from functions.api.preferences import PreferencesChange

type Seats = Annotated[int, Field(ge=0)]


class Sent(Given):
    seats: Seats | None = None
    price: Decimal | None = None
    hours: Annotated[int, Field(ge=0)] = 0
    is_billed: bool | None = None
    limit: int | bool | str = 0


@pytest.mark.parametrize("field", ["seats", "price", "hours"])
@pytest.mark.parametrize("word", [True, False])
def test_yes_or_no_is_no_number(field: str, word: bool) -> None:
    with pytest.raises(ValidationError, match="Give a number, not yes or no"):
        Sent.model_validate({field: word})


def test_yes_or_no_stays_where_it_is_asked_for() -> None:
    sent = Sent.model_validate({"isBilled": True, "limit": False, "seats": 3})
    assert (sent.is_billed, sent.limit, sent.seats) == (True, False, 3)


def test_a_guard_of_yes_percent_is_refused() -> None:
    with pytest.raises(ValidationError, match="accountPercent"):
        PreferencesChange.model_validate({"guard": {"accountPercent": True}})
