"""A simulation says which faults came."""

from collections import Counter

from tests.simulation.occurred import never_came, occurred
from tests.simulation.story import FAULTS, LIFE

ONE_OF_EACH = Counter([*FAULTS, *LIFE])


def _number(name: str) -> str:
    return name.partition(" ")[0]


def test_every_numbered_fault_of_the_story_is_counted() -> None:
    counts = occurred(Counter(), Counter(), Counter())
    assert {_number(name) for name in FAULTS if name[1].isdigit()} <= {_number(name) for name in counts}


def test_a_fault_that_no_request_met_did_not_come_although_it_was_drawn() -> None:
    counts = occurred(Counter(), Counter(), ONE_OF_EACH)
    assert counts["F10 write refused or cut, and applied; stale read-back"] == 0
    assert counts["F14 poison message"] == 1
    assert "F10 write refused or cut, and applied; stale read-back" in never_came(counts, ONE_OF_EACH)


def test_a_throttled_read_of_a_psa_is_no_throttled_microsoft() -> None:
    met = Counter({("throttle", "halo"): 3, ("throttle", "graph"): 1})
    assert occurred(met, Counter(), Counter())["F1 throttled with a wait"] == 1


def test_what_was_never_drawn_is_told() -> None:
    drawn = Counter({name: 1 for name in FAULTS if name != "PSA throttled"})
    assert "PSA throttled" in never_came({"F14 poison message": 1}, drawn)
