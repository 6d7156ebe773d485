"""The form on the page behind an exclude link: what it offers, and what a person chose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.alerts.exclusion_request import LONGEST, LONGEST_REASON, MOST_SEATS
from shared.text import one_line


class ExclusionDuration(StrEnum):
    """How long the exclusion holds."""

    SPARE = "spare"
    RENEWAL = "renewal"
    UNTIL = "until"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Form:
    """What stands in the form: the offer, or what was sent with the word of what is wrong."""

    ways: tuple[ExclusionDuration, ...]
    how: str
    spare: str
    until: str
    earliest: date
    renews: date | None = None
    """When the term of the licence ends, where that is known."""
    least: int = 0
    """Seats that are unused now: a smaller number would leave nothing out."""
    reason: str = ""
    error: str = ""


class ExclusionChoice(NamedTuple):
    spare_at_most: int | None
    until: date | None
    renewal: bool
    reason: str


class Wrong(Exception):
    """Something in the form cannot be; `form` says what, with everything else as it was sent."""

    def __init__(self, form: Form) -> None:
        super().__init__(form.error)
        self.form = form


def blank(spare: int, unused: bool, renews: date | None, today: date) -> Form:
    """The offer: unused seats are left out up to their present number, unless something else is chosen."""
    ways: tuple[ExclusionDuration, ...] = (ExclusionDuration.ALWAYS, ExclusionDuration.UNTIL)
    if unused:
        known = [ExclusionDuration.RENEWAL] if renews is not None and renews > today else []
        ways = (ExclusionDuration.SPARE, *known, ExclusionDuration.UNTIL, ExclusionDuration.ALWAYS)
    return Form(
        ways=ways,
        how=ways[0],
        spare=str(max(spare, 1)),
        until="",
        earliest=today + timedelta(days=1),
        renews=renews,
        least=spare,
    )


def pressed(form: Form, given: Mapping[str, str]) -> ExclusionChoice:
    """What was chosen: a form that says nothing chooses nothing. Raises Wrong."""
    how, spare, until, reason = (
        one_line(given.get(field, offered), LONGEST_REASON)
        for field, offered in (("how", ""), ("spare", form.spare), ("until", ""), ("reason", ""))
    )
    sent = replace(form, how=how, spare=spare, until=until, reason=reason)
    match how:
        case ExclusionDuration.SPARE if ExclusionDuration.SPARE in form.ways:
            return ExclusionChoice(_number(sent), None, False, reason)
        case ExclusionDuration.RENEWAL if ExclusionDuration.RENEWAL in form.ways:
            return ExclusionChoice(None, form.renews, True, reason)
        case ExclusionDuration.UNTIL:
            return ExclusionChoice(None, _day(sent), False, reason)
        case ExclusionDuration.ALWAYS:
            return ExclusionChoice(None, None, False, reason)
    raise Wrong(replace(sent, how=form.how, error="Choose how long it is to be left out."))


def _number(sent: Form) -> int:
    plain = sent.spare.isascii() and sent.spare.isdigit() and len(sent.spare) < 10
    if plain and sent.least <= int(sent.spare) <= MOST_SEATS:
        return int(sent.spare)
    now = f"{sent.least:,} are unused now, so the" if sent.least else "The"
    raise Wrong(replace(sent, error=f"{now} number of seats must be from {sent.least:,} to {MOST_SEATS:,}."))


def _day(sent: Form) -> date:
    try:
        chosen = date.fromisoformat(sent.until)
    except ValueError:
        raise Wrong(replace(sent, error="Choose the date until which it is to be left out.")) from None
    if not sent.earliest <= chosen <= sent.earliest + LONGEST:
        raise Wrong(replace(sent, error="The date must lie in the future, within the next ten years."))
    return chosen
