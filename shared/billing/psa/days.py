"""Days as PSAs send them: an instant that is midnight of the day, in UTC or in the server's own zone."""

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator

_LAST_WEST = time(12)
"""Until then a full hour is midnight somewhere west of Greenwich, or just the hour that a person typed."""
_FIRST_YEAR = 1901
"""Whatever is before is "not set": Halo writes 1900-01-01, .NET 0001-01-01."""


def day(value: object) -> date | None:
    """The day that is meant; None for an unset one, which is absent, null, "" or long ago. Raises ValueError.

    Midnight of a server east of Greenwich is a full hour of the evening before in UTC: 22:00Z is the next day.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("a day is a text")  # noqa: TRY004 (what pydantic takes for a wrong value)
    at = datetime.fromisoformat(value)
    if at.year < _FIRST_YEAR:
        return None
    if at.utcoffset() and at.time() == time(0):
        return at.date()
    return at.date() if not _is_midnight_in_the_east(at.time()) else _next(at.date())


def _is_midnight_in_the_east(at: time) -> bool:
    is_a_quarter = at.minute % 15 == 0 and not (at.second or at.microsecond)
    return is_a_quarter and at.replace(tzinfo=None) > _LAST_WEST


def _next(on: date) -> date:
    return on + timedelta(days=1) if on < date.max else on


type Day = Annotated[date | None, BeforeValidator(day)]
