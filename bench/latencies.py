"""How long the vendors are assumed to take: the same for Seatwise and its peers, so that only ratios mean anything."""

from typing import Final

from sandbox.standins.process import RunningStandIns

SECONDS: Final = {
    "microsoft.token": 0.150,
    "graph.": 0.120,
    "graph.batch": 0.180,
    "connectwise.read": 0.200,
    "connectwise.write": 0.350,
    "autotask.read": 0.200,
    "autotask.write": 0.350,
}
"""By the beginning of a kind of request; of several the last counts. Assumptions, not measurements."""


def switch_on(stand_ins: RunningStandIns) -> None:
    for kind, seconds in SECONDS.items():
        stand_ins.control("set-fault", what="slow", kind=kind, seconds=seconds)
