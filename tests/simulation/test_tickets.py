"""Drawn stories in which alerts become tickets: never two of one alert, and closed with it, whatever goes wrong."""

from collections.abc import Sequence

import pytest

from tests.simulation.cheap import parsed_once
from tests.simulation.simulate import Lived, Simulation
from tests.simulation.story import Happening, drawn
from tests.simulation.tickets import CHOSEN, in_psa, left_open, switch_on, wrong_with_tickets

DAYS, TENANTS = 7, 6


class WithTickets(Simulation):
    """One MSP's life, with tickets in its PSA of that kind."""

    kind = ""

    def _day(self, today: Sequence[Happening], lived: Lived) -> list[str]:
        return super()._day(today, lived) or list(wrong_with_tickets(self.installation, self.kind))


@pytest.mark.parametrize("kind", CHOSEN)
def test_no_alert_has_two_tickets_and_each_is_closed_with_its_alert(kind: str) -> None:
    simulation = WithTickets(f"tickets of {kind}", TENANTS)
    simulation.kind = kind
    switch_on(simulation.installation, kind)
    with parsed_once():
        lived = simulation.live(drawn(f"tickets of {kind}", DAYS), DAYS)
    assert lived.wrong == []
    assert left_open(simulation.installation, kind) == []
    tickets = in_psa(simulation.installation, kind)
    assert {ticket.closed for ticket in tickets} == {True, False}, tickets
