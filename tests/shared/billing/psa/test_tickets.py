"""The tickets of each PSA and of the fake, by one contract; and what only one vendor does."""

import pytest

from shared.billing.psa.base import PsaRefused
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.fake_tickets import FakeTickets
from tests.shared.billing.psa.tickets_contract import REFERENCE, Seen, TicketsContract, TicketsWorld
from tests.shared.billing.psa.tickets_worlds import (
    AutotaskTicketsWorld,
    ConnectWiseTicketsWorld,
    HaloTicketsWorld,
)


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

    def use_up_the_pace(self) -> None:
        self.psa.out_of_pace = True


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


class TestAutotaskTickets(TicketsContract):
    @pytest.fixture
    def world(self) -> AutotaskTicketsWorld:
        return AutotaskTicketsWorld()

    def test_people_know_a_ticket_by_its_number_in_their_own_zone(self, world: TicketsWorld) -> None:
        name = world.psa.name(world.made())
        assert name.number.startswith("T2026")
        assert name.link.startswith("https://ww14.autotask.net/")

    def test_only_complete_closes_a_ticket_and_a_queue_that_is_switched_off_is_not_offered(
        self, world: TicketsWorld
    ) -> None:
        offered = world.psa.choices(world.board)
        assert [choice.name for choice in offered.boards] == ["Client Portal", "Licences"]
        assert [choice.name for choice in offered.closed] == ["Complete"]

    @pytest.mark.parametrize("hidden", [{"missing_rights": ["Tickets.all"]}, {"sees_nothing": True}])
    def test_a_user_that_is_shown_no_tickets_has_seen_no_ticket_deleted(
        self, world: AutotaskTicketsWorld, hidden: dict[str, object]
    ) -> None:
        made = world.made()
        world.state.change("at_site", "northwind", lambda site: site.update(hidden))
        with pytest.raises(PsaRefused) as refused:
            world.psa.state(made)
        assert refused.value.is_for_all
        assert "Tickets (query: all)" in refused.value.sentence

    def test_a_user_that_may_not_see_all_tickets_is_told_at_once_and_finds_none(
        self, world: AutotaskTicketsWorld
    ) -> None:
        world.made()
        world.state.change("at_site", "northwind", lambda site: site.update(missing_rights=["Tickets.all"]))
        with pytest.raises(PsaRefused):
            world.psa.find(REFERENCE)
        with pytest.raises(PsaRefused):
            world.psa.choices(world.board)


class TestHaloTickets(TicketsContract):
    @pytest.fixture
    def world(self) -> TicketsWorld:
        return HaloTicketsWorld()

    def test_a_priority_belongs_to_its_service_level_and_hidden_ones_are_not_offered(
        self, world: TicketsWorld
    ) -> None:
        offered = world.psa.choices(world.board)
        assert [choice.id for choice in offered.priorities] == ["1-4", "1-3"]

    def test_a_ticket_that_only_tells_of_the_reference_is_not_ours(self, world: TicketsWorld) -> None:
        other = world.new(reference="SW-0000000000000000")
        world.psa.create(other.model_copy(update={"description": REFERENCE}))
        assert world.psa.find(REFERENCE) == ""
