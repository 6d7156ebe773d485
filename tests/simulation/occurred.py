"""Which faults of the list of faults to survive came, and how often: a simulation in which one never comes proves less.

Not simulated, because they need a real clock, a host or a person's browser: F23 (one slow tenant: the tests of
reading), the scanners and expired links of F24 (the tests of links), an oversized message of F14 (the tests of queues),
and a secret that is rotated in F18 (the tests of secrets).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from tests.simulation.story import FAULTS

ENOUGH_SEEDS: Final = 25
"""In so many lives every fault comes."""
_MICROSOFT: Final = ("graph", "microsoft", "partnercenter")
_PSAS: Final = ("connectwise", "autotask", "halo")
BY_REQUESTS: Final[Mapping[str, tuple[Collection[str], Collection[str]]]] = {
    "F1 throttled with a wait": (("throttle",), _MICROSOFT),
    "F2 refused without one, or a web page": (("throttle_silent", "status", "html"), _MICROSOFT),
    "F3 pages that fail, loop, are empty or foreign": (
        ("looping_page", "foreign_page", "empty_page", "cut"),
        _MICROSOFT,
    ),
    "F4 empty, missing, negative or double counts": (
        ("empty_list", "null_count", "missing_count", "negative_count", "duplicate_sku"),
        _MICROSOFT,
    ),
    "F9 write unanswered or late": (("timeout_after", "timeout_before", "applied_late"), _PSAS),
    "F10 write refused or cut, and applied; stale read-back": (
        ("status_after", "reset_after", "cut", "stale"),
        _PSAS,
    ),
    "F19 mail refused or unanswered": (("status", "timeout_after"), ("sendgrid",)),
}
"""Seen when a request met them: what it was, and by whose interface."""
BY_MOMENTS: Final[Mapping[str, Collection[str]]] = {
    "F5 a true zero, held": ("held at zero",),
    "F11 process killed": ("kill_at_storage", "kill_at_vendor"),
    "F13 second worker at a write": ("second_worker_at",),
    "F12 message doubled": ("message doubled",),
    "F12 message in another order": ("message out of order",),
    "F16 change of the clock": ("change of the clock",),
    "F16 end of a month": ("month end",),
    "F16 29 February": ("29 February",),
    "F17 storage refuses": ("fail_at_storage",),
    "F20 Halo's document edited after a read": ("edited after a read",),
    "F21 killed between a proration's two lines": ("kill_after_second_line",),
    "F24 approve clicked twice": ("approved twice",),
}
"""Seen when the moment came."""
BY_STORY: Final[Mapping[str, Collection[str]]] = {
    "F6 consent lost of many": ("F6 consent lost of many",),
    "F7 suspended, grace, trial, two terms": (
        "suspended",
        "in_grace",
        "trial_bought",
        "second_term_bought",
    ),
    "F8 tenant or partner refused": ("F8 tenant refused", "F8 partner refused"),
    "F14 poison message": ("F14 poison",),
    "F15 tick missed or doubled": ("F15 tick missed", "F15 tick doubled"),
    "F18 vault down": ("F18 vault down",),
    "F22 calls of others at the PSA's limit": ("F22 calls of others",),
    "F25 a number changed by hand": ("edited_by_hand", "F25 edited by hand"),
}
"""They come whenever they are drawn."""


def occurred(met: Counter[tuple[str, str]], moments: Counter[str], drawn: Counter[str]) -> dict[str, int]:
    """How often each came, in the order of the list. `met`: by what it was, and the vendor whose request met it."""
    counts = {
        name: sum(met[what, vendor] for what in whats for vendor in vendors)
        for name, (whats, vendors) in BY_REQUESTS.items()
    }
    counts |= {name: sum(moments[moment] for moment in these) for name, these in BY_MOMENTS.items()}
    counts |= {name: sum(drawn[what] for what in these) for name, these in BY_STORY.items()}
    return dict(sorted(counts.items(), key=lambda item: int(item[0].partition(" ")[0][1:])))


def never_came(counts: Mapping[str, int], drawn: Counter[str]) -> list[str]:
    """Faults of the list, and of the story, that did not come at all."""
    return [name for name, times in counts.items() if not times] + [
        name for name in FAULTS if not drawn[name]
    ]
