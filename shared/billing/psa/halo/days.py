"""Days as Halo sends them: an instant, and 1900 for a day that is not set."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator

_FIRST_YEAR = 1901
"""Whatever is before is "not set": Halo writes 1900-01-01, .NET 0001-01-01."""


def day(value: object) -> object:
    """The day that is meant; None when it is not set. Raises ValueError."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("a day is a text")  # noqa: TRY004 (what pydantic takes for a wrong value)
    on = datetime.fromisoformat(value).date()
    return on if on.year >= _FIRST_YEAR else None


def written(on: date) -> str:
    """A day as it is sent to Halo."""
    return f"{on.isoformat()}T00:00:00Z"


type Day = Annotated[date | None, BeforeValidator(day)]
