"""Seats that somebody else sold, of a mapping that nobody was asked about: a change with a new seller waits (K8)."""

from collections.abc import Set

from shared.billing.models import LineRecord


def has_new_seller(line: LineRecord, sellers: Set[str]) -> bool:
    """Somebody sold seats of the line's number who was not known when it was last in step or approved."""
    return not sellers <= set(line.other_sellers or ())


def known_sellers(
    line: LineRecord, sellers: Set[str], *, in_step: bool, approved: bool
) -> tuple[str, ...] | None:
    """Who is known from now on: whoever is there when the line is first in step, and whom a person approves."""
    if approved or (in_step and line.other_sellers is None):
        return tuple(sorted(sellers | set(line.other_sellers or ())))
    return line.other_sellers
