"""What goes wrong in one round: drawn from a seed, so that the same seed draws the same round."""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from signal import SIGKILL, SIGTERM, Signals
from typing import Any

from tests.kill_run.psas import PSAS, KilledPsa


class Victim(StrEnum):
    """The process that is ended."""

    HOST = "host"
    STAND_INS = "stand-ins"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Kill:
    """The end of one process, at a numbered request since the process before it was back.

    The storage emulator is ended by SIGTERM: killed, it loses writes that it has confirmed, and the real storage does
    not. The others are ended by SIGKILL.
    """

    victim: Victim
    at_storage: bool
    """Whose requests are counted: the storage's, or the vendors'."""
    nth: int
    carried_out: bool
    """Whether the request that marks the moment is carried out before."""
    pause: float
    """Seconds until the process is started again."""

    @property
    def how(self) -> Signals:
        return SIGTERM if self.victim is Victim.STORAGE else SIGKILL

    def __str__(self) -> str:
        place = "storage" if self.at_storage else "vendors"
        when = "after" if self.carried_out else "before"
        return f"{self.victim} {when} request {self.nth} to the {place}"


@dataclass(frozen=True, slots=True)
class Round:
    """One night and the morning after it."""

    seed: str
    psa: KilledPsa
    kills: tuple[Kill, ...]
    """At night."""
    kills_in_the_morning: tuple[Kill, ...]
    faults: tuple[dict[str, Any], ...] = field(hash=False)
    seats: tuple[int, ...]
    """By how many seats licences change, one after the other over the tenants."""


_FAULTS: tuple[dict[str, Any], ...] = (
    {"what": "throttle", "kind": "graph.", "retry_after": 1},
    {"what": "status", "kind": "graph.batch", "status": 503},
    {"what": "throttle", "kind": "PSA.read", "retry_after": 1},
    {"what": "cut", "kind": "LINES"},
    {"what": "stale", "kind": "LINES"},
    {"what": "timeout_before", "kind": "PSA.write", "seconds": 0.2},
    {"what": "timeout_after", "kind": "PSA.write", "seconds": 0.2},
    {"what": "reset_after", "kind": "PSA.write"},
    {"what": "status_after", "kind": "PSA.write", "status": 503},
    {"what": "status_after", "kind": "PSA.write", "status": 429},
    {"what": "timeout_after", "kind": "sendgrid.send", "seconds": 0.2},
    {"what": "status", "kind": "sendgrid.send", "status": 503},
)
"""`PSA` and `LINES` stand for the round's PSA, and for how a read of lines is counted there."""
_AT_NIGHT, _IN_THE_MORNING = 3, 1
_STORAGE_REQUESTS, _VENDOR_REQUESTS = 170, 40
"""About so many requests a night has; later numbers are not reached."""


def drawn(seed: str, psa: KilledPsa = PSAS["connectwise"]) -> Round:
    """The round of this seed, with that PSA."""
    chance = random.Random(seed)
    night = tuple(_kill(chance, 1.0) for _ in range(chance.randint(1, _AT_NIGHT)))
    morning = tuple(_kill(chance, 0.15) for _ in range(chance.randint(0, _IN_THE_MORNING)))
    faults = tuple(
        _at(psa, fault) | {"every": chance.randint(3, 9), "count": chance.randint(1, 3)}
        for fault in chance.sample(_FAULTS, chance.randint(2, 4))
    )
    seats = tuple(chance.choice((1, 1, 2, 3, -1)) for _ in range(chance.randint(4, 9)))
    return Round(seed, psa, night, morning, faults, seats)


def _at(psa: KilledPsa, fault: dict[str, Any]) -> dict[str, Any]:
    return fault | {"kind": fault["kind"].replace("PSA", psa.kind).replace("LINES", psa.reads_lines)}


def _kill(chance: random.Random, share: float) -> Kill:
    """`share`: how much shorter than a night the time is in which it comes."""
    victim = chance.choices(list(Victim), (6, 2, 2))[0]
    at_storage = victim is Victim.STORAGE or (victim is Victim.HOST and chance.random() < 0.6)
    most = max(3, round((_STORAGE_REQUESTS if at_storage else _VENDOR_REQUESTS) * share))
    return Kill(
        victim, at_storage, chance.randint(1, most), chance.random() < 0.5, round(chance.uniform(0, 1.5), 2)
    )
