"""How a person names a line: a PSA's ids of lines are unique within its connection, and nowhere else."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from shared.errors import Rejected


class LineName(NamedTuple):
    connection: str
    """"": whichever connection has a line of this id."""
    line_id: str

    def __str__(self) -> str:
        return f"{self.connection}/{self.line_id}" if self.connection else self.line_id


def line_name(text: str) -> LineName:
    """Of "connection/line id"; of a line id alone the connection is ""."""
    connection, slash, line_id = text.strip().partition("/")
    return LineName(connection, line_id) if slash else LineName("", connection)


def in_full(names: Iterable[LineName], lines: Collection[LineName], field: str) -> dict[LineName, LineName]:
    """Each name with the connection of the line that it means; one that none of the lines has stays as it is.

    Raises Rejected, with the field of the request, for an id that lines of several connections have.
    """
    found: dict[LineName, LineName] = {}
    for name in dict.fromkeys(names):
        meant = [line for line in lines if line.line_id == name.line_id] if not name.connection else []
        if len(meant) > 1:
            told = " or ".join(f"'{line}'" for line in sorted(meant))
            raise Rejected(
                f"Lines of several PSA connections have the id {name}. Say which is meant: {told}.",
                "ambiguous",
                field,
            )
        full = meant[0] if meant else name
        if full in found.values():
            raise Rejected(f"Line {full} is named twice. Name it once.", "named_twice", field)
        found[name] = full
    return found


def as_short_as_clear(lines: Collection[LineName]) -> list[str]:
    """Each line by its id alone, unless several connections have it; sorted."""
    ids = [line.line_id for line in lines]
    return sorted(line.line_id if ids.count(line.line_id) == 1 else str(line) for line in lines)
