"""Short lives in which one guard is needed: without it the checker sees what becomes of the money."""

import random

from sandbox.standins.faults import What
from shared.billing.models import LineState
from tests.simulation.cheap import parsed_once
from tests.simulation.simulate import Simulation
from tests.simulation.story import Happening

TENANTS = 5
"""Three are billed, by one PSA each; two are only previewed."""


def _wrong(simulation: Simulation, nights: int = 1) -> list[str]:
    wrong: list[str] = []
    with parsed_once():
        for _ in range(nights):
            wrong += simulation.checker.after_night(simulation.night(set()))
    return wrong


def test_no_line_goes_to_zero_without_a_person() -> None:
    simulation = Simulation("zero", TENANTS)
    for number in range(6):
        simulation.life.happen(Happening(1, "seats_to_zero", number))
    assert _wrong(simulation) == []
    assert any(line.state is LineState.HELD for _, line in simulation.life.kept_lines())


def test_a_line_bills_until_its_last_day_and_not_beyond() -> None:
    simulation = Simulation("ends", TENANTS)
    mappings = simulation.life.mappings
    for number in range(8):
        for tenant in simulation.life.tenants():
            mappings.line_ended(random.Random(number), tenant)
    soon = [
        said for said in mappings.decided.ended.values() if said.last_day == mappings.today and said.seats
    ]
    assert soon
    assert _wrong(simulation, nights=2) == []


def test_a_line_that_is_made_late_is_made_once() -> None:
    simulation = Simulation("late", TENANTS)
    for number in range(12):
        simulation.life.happen(Happening(1, "licence_appeared", number))
        simulation.life.happen(Happening(1, "mapped", number))
    late = {"kind": "connectwise.write", "method": "POST", "count": 1, "seconds": 30, "late": 200}
    simulation.installation.stand_ins.faults.add(What.APPLIED_LATE, late)
    assert _wrong(simulation) == []
    assert [met.what for met in simulation.installation.faults_met] == ["applied_late"]
