"""What the tickets of every PSA must do, told as tests: subclass `TicketsContract` and give it a world."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import pytest

from shared.billing.psa.base import PsaRefused, PsaUnavailable, Sent
from shared.billing.psa.tickets import SUMMARY_LENGTH, NewTicket, PsaTickets, TicketState
from tests.shared.billing.psa.fake import Outcome

REFERENCE = "SW-4f2a9c1e00b7d3a5"


@dataclass(frozen=True)
class Seen:
    """A ticket as the PSA itself has it."""

    summary: str
    description: str
    company: str
    closed: bool
    notes: tuple[str, ...]


class TicketsWorld(ABC):
    """One PSA with two boards or more; `board`, `priority`, `closed` and `company` are there, `gone` never was."""

    psa: PsaTickets
    board: str
    priority: str
    closed: str
    """A status that closes tickets of the board."""
    company: str
    gone = "987654"

    @abstractmethod
    def next_write(self, outcome: Outcome) -> None: ...

    @abstractmethod
    def truth(self) -> dict[str, Seen]:
        """Every ticket by its id, without asking the adapter."""

    @abstractmethod
    def by_hand(self, ticket_id: str) -> None:
        """A person closes it."""

    @abstractmethod
    def delete(self, ticket_id: str) -> None: ...

    @abstractmethod
    def no_right_to_write(self) -> None: ...

    @abstractmethod
    def fail_reads(self) -> None: ...

    @abstractmethod
    def use_up_the_pace(self) -> None:
        """As many calls were made as may be for now; an adapter that waits itself waits no more than a test can."""

    def new(self, **changes: str) -> NewTicket:
        given = {
            "board": self.board,
            "priority": self.priority,
            "company": self.company,
            "summary": "Quayside: 6 of 25 seats assigned to nobody",
            "description": f"What to do: ask them.\n\nReference: {REFERENCE}",
            "reference": REFERENCE,
        }
        return NewTicket.model_validate({**given, **changes})

    def made(self) -> str:
        return self.psa.create(self.new()).receipt


class TicketsContract:
    @pytest.fixture
    def world(self) -> TicketsWorld:
        raise NotImplementedError

    def test_what_there_is_to_choose_from_is_read(self, world: TicketsWorld) -> None:
        offered = world.psa.choices(world.board)
        assert world.board in {choice.id for choice in offered.boards}
        assert world.priority in {choice.id for choice in offered.priorities}
        assert world.closed in {choice.id for choice in offered.closed}
        assert len(offered.boards) > 1
        assert all(choice.name for choice in (*offered.boards, *offered.priorities, *offered.closed))

    def test_a_board_that_is_not_there_has_no_statuses(self, world: TicketsWorld) -> None:
        assert world.psa.choices(world.gone).closed == ()

    def test_a_ticket_is_made_as_it_was_asked_for(self, world: TicketsWorld) -> None:
        answer = world.psa.create(world.new())
        assert answer.sent is Sent.ANSWERED
        ((ticket_id, seen),) = world.truth().items()
        assert answer.receipt == ticket_id
        asked = world.new()
        assert (seen.summary, seen.company, seen.closed) == (asked.summary, asked.company, False)
        assert "ask them" in seen.description
        assert world.psa.state(ticket_id) is TicketState.OPEN

    def test_people_find_the_ticket_by_a_number_and_a_link(self, world: TicketsWorld) -> None:
        name = world.psa.name(world.made())
        assert name.number
        assert name.link.startswith("https://")

    def test_a_ticket_is_known_by_the_number_that_people_type(self, world: TicketsWorld) -> None:
        made = world.made()
        assert world.psa.numbered(f" {world.psa.name(made).number} ") == made
        for other in (world.gone, "", "T-no", "1 or 1=1", '"', "٣", "9" * 60):
            assert world.psa.numbered(other) == ""

    def test_a_long_summary_of_any_letters_is_taken(self, world: TicketsWorld) -> None:
        summary = ("Zoë & <Söhne> “GmbH”: " * 9)[:SUMMARY_LENGTH]
        world.psa.create(world.new(summary=summary))
        assert [seen.summary for seen in world.truth().values()] == [summary]

    def test_a_ticket_is_found_by_its_reference_alone(self, world: TicketsWorld) -> None:
        world.psa.create(world.new(reference="SW-0000000000000000"))
        made = world.made()
        assert world.psa.find(REFERENCE) == made
        assert world.psa.find("SW-ffffffffffffffff") == ""

    @pytest.mark.parametrize(
        "outcome, sent, tickets",
        [
            (Outcome.REFUSED, Sent.REFUSED, 0),
            (Outcome.NOT_SENT, Sent.NOT_SENT, 0),
            (Outcome.NOT_SENT_APPLIED, Sent.NOT_SENT, 1),
            (Outcome.UNCLEAR_APPLIED, Sent.UNCLEAR, 1),
            (Outcome.UNCLEAR_NOT_APPLIED, Sent.UNCLEAR, 0),
        ],
    )
    def test_a_creation_says_what_is_known_of_it(
        self, world: TicketsWorld, outcome: Outcome, sent: Sent, tickets: int
    ) -> None:
        world.next_write(outcome)
        answer = world.psa.create(world.new())
        assert (answer.sent, answer.never_left) == (sent, False)  # it did leave, whatever became of it
        assert len(world.truth()) == tickets
        assert bool(world.psa.find(REFERENCE)) == bool(tickets)

    def test_a_ticket_is_closed_with_a_note_and_twice_does_no_harm(self, world: TicketsWorld) -> None:
        made = world.made()
        assert world.psa.close(made, world.closed, "Seatwise: settled.").sent is Sent.ANSWERED
        (seen,) = world.truth().values()
        assert seen.closed
        assert any("settled" in note for note in seen.notes)
        assert world.psa.state(made) is TicketState.CLOSED
        assert world.psa.close(made, world.closed, "Seatwise: settled.").sent is Sent.ANSWERED
        assert len(world.truth()) == 1

    def test_a_close_of_which_no_answer_came_is_unclear(self, world: TicketsWorld) -> None:
        made = world.made()
        world.next_write(Outcome.UNCLEAR_APPLIED)
        assert world.psa.close(made, world.closed, "note").sent is Sent.UNCLEAR
        assert world.psa.state(made) is TicketState.CLOSED

    def test_what_a_person_closed_or_deleted_is_seen(self, world: TicketsWorld) -> None:
        # A PSA that shows no ticket at all proves nothing.
        world.psa.create(world.new(reference="SW-0000000000000000"))
        made = world.made()
        world.by_hand(made)
        assert world.psa.state(made) is TicketState.CLOSED
        world.delete(made)
        assert world.psa.state(made) is TicketState.GONE
        assert world.psa.state(world.gone) is TicketState.GONE

    def test_a_missing_right_is_a_refusal_of_the_whole_connection(self, world: TicketsWorld) -> None:
        world.no_right_to_write()
        answer = world.psa.create(world.new())
        assert answer.sent is Sent.REFUSED
        assert answer.refusal is not None
        assert answer.refusal.is_for_all
        assert world.truth() == {}

    def test_a_company_that_is_gone_is_this_tickets_own_trouble(self, world: TicketsWorld) -> None:
        answer = world.psa.create(world.new(company=world.gone))
        assert (answer.sent, answer.refusal) == (Sent.REFUSED, None)
        assert world.truth() == {}

    def test_our_own_pace_is_kept_and_never_leaves_a_doubt(self, world: TicketsWorld) -> None:
        made = world.made()
        world.use_up_the_pace()
        for answer in (
            world.psa.create(world.new(reference="SW-0000000000000000")),
            world.psa.close(made, world.closed, "n"),
        ):
            assert answer.sent is Sent.ANSWERED or answer.never_left
        expected = 1 if answer.sent is Sent.NOT_SENT else 2
        assert len(world.truth()) == expected

    def test_what_cannot_be_read_is_never_nothing(self, world: TicketsWorld) -> None:
        made = world.made()
        number = world.psa.name(made).number
        world.fail_reads()
        for read in (
            lambda: world.psa.find(REFERENCE),
            lambda: world.psa.state(made),
            lambda: world.psa.numbered(number),
            lambda: world.psa.choices(world.board),
        ):
            with pytest.raises((PsaUnavailable, PsaRefused)):
                read()
