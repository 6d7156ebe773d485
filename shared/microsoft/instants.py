"""Instants as Microsoft's answers give them: in UTC, and safe to calculate with at both ends of the calendar."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Whatever is later has no end. A day is left over, so that no time zone makes it overflow."""
_BEGINS: Final = re.compile("[0-9]{4}-")
_UNSET: Final = 1
"""The year of a date that nobody set."""


def in_utc(at: datetime | None) -> datetime | None:
    """None for a date of the year 1, which says that there is none; LAST at the other end of the calendar."""
    if at is None or at.year == _UNSET:
        return None
    try:
        told = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return LAST
    return None if told.year == _UNSET else min(told, LAST)


def _as_text(told: object) -> object:
    """Raises ValueError for a number, also one in a text: it could be of seconds or of milliseconds."""
    if told is None or (isinstance(told, str) and _BEGINS.match(told)):
        return told
    raise ValueError("no date")


type Instant = Annotated[datetime | None, BeforeValidator(_as_text), AfterValidator(in_utc)]
"""A date-time of an answer. One without an offset is UTC."""
