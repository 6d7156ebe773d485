"""The tickets of each PSA and of the fake, by one contract; and what only one vendor does."""

import pytest

from shared.billing.psa.base import PsaRefused
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.fake_tickets import FakeTickets
from tests.shared.billing.psa.tickets_contract import Seen, TicketsContract, TicketsWorld
from tests.shared.billing.psa.tickets_worlds import ConnectWiseTicketsWorld


class FakeTicketsWorld(TicketsWorld):
    psa: FakeTickets
    board, priority, closed, company = "licences", "low", "done", "c1"

    def __init__(self) -> None:
        self.psa = FakeTickets()

    def next_write(self, outcome: Outcome) -> None:
        self.psa.outcomes.append(outcome)

    def truth(self) -> dict[str, Seen]:
        return {
            id_: Seen(
                made.new.summary,
                made.new.description,
                made.new.company,
                made.status != "new",
                tuple(made.notes),
            )
            for id_, made in self.psa.tickets.items()
        }

    def by_hand(self, ticket_id: str) -> None:
        self.psa.tickets[ticket_id].status = "closed"

    def delete(self, ticket_id: str) -> None:
        del self.psa.tickets[ticket_id]

    def no_right_to_write(self) -> None:
        self.psa.refused_writes = PsaRefused("403", "no right", sign_in=True)

    def fail_reads(self) -> None:
        self.psa.unavailable = True


class TestFakeTickets(TicketsContract):
    @pytest.fixture
    def world(self) -> TicketsWorld:
        return FakeTicketsWorld()


class TestConnectWiseTickets(TicketsContract):
    @pytest.fixture
    def world(self) -> TicketsWorld:
        return ConnectWiseTicketsWorld()

    def test_boards_and_statuses_that_are_not_used_any_more_are_not_offered(
        self, world: TicketsWorld
    ) -> None:
        offered = world.psa.choices(world.board)
        assert [choice.name for choice in offered.boards] == ["Help Desk", "Licences"]
        assert [choice.name for choice in offered.closed] == [">Closed"]
