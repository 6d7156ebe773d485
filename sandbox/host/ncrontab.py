"""Timer schedules as Azure reads them (NCRONTAB): five fields, or six with the seconds first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Self

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
WEEKDAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

# The Gregorian calendar pairs dates and weekdays anew every 28 years, 40 across a century without a leap day.
SEARCHED_YEARS: Final = 41


class ScheduleError(ValueError):
    """The expression is none that Azure accepts."""


@dataclass(frozen=True)
class Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def _part(self, text: str) -> range:
        span, slash, step_text = text.partition("/")
        step = self._number(step_text, text) if slash else 1
        if span == "*":
            first, last = self.least, self.most
        elif "-" in span:
            low, _, high = span.partition("-")
            first, last = sorted((self._value(low, text), self._value(high, text)))
        else:
            first = self._value(span, text)
            last = self.most if slash else first
        return range(first, last + 1, max(step, 1))

    def _value(self, text: str, whole: str) -> int:
        value = self._number(text, whole) if text[:1].isdigit() else self._named(text, whole)
        if not self.least <= value <= self.most:
            raise ScheduleError(f"'{whole}' is not a {self.name}: it must be {self.least} to {self.most}.")
        return value

    def _named(self, text: str, whole: str) -> int:
        for index, name in enumerate(self.names):
            if text and name.startswith(text.lower()):
                return self.least + index
        raise ScheduleError(f"'{whole}' is not a {self.name}: it must be {self.least} to {self.most}.")

    def _number(self, text: str, whole: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ScheduleError(f"'{whole}' is not a {self.name}: '{text}' is not a number.")
        return int(text)


SECOND: Final = Field("second", 0, 59)
MINUTE: Final = Field("minute", 0, 59)
HOUR: Final = Field("hour", 0, 23)
DAY: Final = Field("day of the month", 1, 31)
MONTH: Final = Field("month", 1, 12, MONTHS)
WEEKDAY: Final = Field("day of the week", 0, 6, WEEKDAYS)


@dataclass(frozen=True)
class Schedule:
    """A day must match day of the month AND day of the week, other than in the cron of Unix."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, expression: str) -> Self:
        """Raise ScheduleError with a sentence when Azure would refuse the expression."""
        texts = expression.split()
        if len(texts) == 5:
            texts.insert(0, "0")
        if len(texts) != 6:
            raise ScheduleError(f"'{expression}' must have five fields, or six with the seconds first.")
        second, minute, hour, day, month, weekday = (
            field.parse(text)
            for field, text in zip((SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY), texts, strict=True)
        )
        return cls(tuple(sorted(second)), tuple(sorted(minute)), tuple(sorted(hour)), day, month, weekday)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first occurrence later than `instant`, in its time zone; None when there never is one."""
        start = instant.replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(start.date()):
            earliest = start.time() if day == start.date() else time()
            found = self._time_from(earliest)
            if found is not None:
                return datetime.combine(day, found, start.tzinfo)
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        day = first
        while day.year <= first.year + SEARCHED_YEARS:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                yield day
            day += timedelta(days=1)

    def _time_from(self, earliest: time) -> time | None:
        for hour in self.hours:
            if hour < earliest.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in self.seconds:
                    if time(hour, minute, second) >= earliest:
                        return time(hour, minute, second)
        return None
