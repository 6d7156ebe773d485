"""What happens in a story, drawn from a seed: values that stand alone, so what is left out leaves the rest as it is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing on one day. `seed` is for the choices that it makes when it comes."""

    day: int
    what: str
    seed: int

    def __str__(self) -> str:
        return f"day {self.day}: {self.what} ({self.seed})"

    @property
    def chance(self) -> random.Random:
        return random.Random(f"{self.what}/{self.seed}")


LIFE: Final = {
    "seats_bought": 30,
    "seats_dropped": 14,
    "seats_to_zero": 2,
    "most_seats_dropped": 3,
    "second_term_bought": 3,
    "trial_bought": 2,
    "seats_of_another_seller": 1,
    "in_grace": 3,
    "suspended": 3,
    "licence_vanished": 2,
    "licence_appeared": 4,
    "users_assigned": 6,
    "customer_appeared": 1,
    "mapped": 10,
    "not_billed_any_more": 2,
    "options_changed": 6,
    "line_ended": 3,
    "remapped": 3,
    "shared_out": 1,
    "catalogue_price_changed": 2,
    "price_edited_by_hand": 2,
    "price_rule_changed": 2,
    "text_changed": 4,
    "custom_mapped": 2,
    "group_changed": 2,
    "branch_mapped": 1,
    "edited_by_hand": 8,
    "other_line_edited": 3,
    "agreement_ended": 1,
    "agreement_revived": 2,
    "undone": 3,
    "sync_now": 3,
}
"""By day, with the weight of each."""

FAULTS: Final = {
    "F1 throttled": 4,
    "F1 throttled in a batch": 3,
    "F2 refused without a wait": 3,
    "F2 web page": 2,
    "F3 pages": 3,
    "F4 odd counts": 4,
    "F4 empty answer": 3,
    "F6 consent lost of many": 1,
    "F8 tenant refused": 3,
    "F8 partner refused": 1,
    "F8 tenant back": 4,
    "F9 write unanswered": 6,
    "F9 write applied late": 4,
    "F10 write refused and applied": 5,
    "F10 stale read-back": 4,
    "F10 write cut": 3,
    "F10 write not applied": 3,
    "F11 killed": 8,
    "F12 message doubled": 5,
    "F12 messages in another order": 4,
    "F13 second worker": 5,
    "F14 poison": 1,
    "F15 tick missed": 3,
    "F15 tick doubled": 3,
    "F17 storage refuses": 5,
    "F18 vault down": 2,
    "F19 mail refused": 2,
    "F19 mail unanswered": 2,
    "F20 edited while written": 4,
    "F21 killed between two lines": 0,  # drawn apart: it comes only where a line is prorated
    "F22 calls of others": 2,
    "F25 edited by hand": 3,
    "PSA sign-in refused": 1,
    "PSA throttled": 3,
    "PSA list spoiled": 3,
}
"""At night, with the weight of each; those with a number are of the list of faults to survive."""

PEOPLE: Final = "people decide"
_BETWEEN: Final = 0.3
"""Share of the nights in which the process ends after the first of a proration's two lines."""


def drawn(seed: str, days: int) -> list[Happening]:
    """The story of this seed: on each day some life, people who decide in the morning, and faults of the night."""
    chance = random.Random(seed)
    told = []
    for day in range(1, days + 1):
        for weights, most in ((LIFE, 20), (FAULTS, 8)):
            names: Sequence[str] = list(weights)
            many = chance.randint(0, most)
            told += [
                Happening(day, what, chance.randrange(10**6))
                for what in chance.choices(names, list(weights.values()), k=many)
            ]
        if chance.random() < 0.7:
            told.append(Happening(day, PEOPLE, chance.randrange(10**6)))
    between = random.Random(f"between two lines/{seed}")
    told += [
        Happening(day, "F21 killed between two lines", 0)
        for day in range(1, days + 1)
        if between.random() < _BETWEEN
    ]
    return told


def without(story: Sequence[Happening], left_out: Sequence[Happening]) -> list[Happening]:
    gone = set(left_out)
    return [happening for happening in story if happening not in gone]
