"""A PSA's tickets in memory: what the contract asks of real adapters holds for it, too."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from shared.billing.psa.base import PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.tickets import Choice, NewTicket, TicketChoices, TicketName, TicketState
from tests.shared.billing.psa.fake import Outcome

RETRY_AFTER = timedelta(seconds=30)


@dataclass
class FakeTicket:
    new: NewTicket
    status: str = "new"
    notes: list[str] = field(default_factory=list)


class FakeTickets:
    board_word = "Board"

    def __init__(self) -> None:
        self.boards = {"desk": "Help desk", "licences": "Licences"}
        self.priorities = {"low": "Low", "high": "High"}
        self.companies = {"c1", "c2"}
        self.statuses = {"closed": "Closed", "done": "Done"}
        self.tickets: dict[str, FakeTicket] = {}
        self.outcomes: list[Outcome] = []
        self.refused: PsaRefused | None = None
        self.refused_writes: PsaRefused | None = None
        self.unavailable = False
        self.finds = True
        self.asked: list[str] = []
        """The requests that arrived, by their names."""
        self.after_create: Callable[[], None] = lambda: None

    def _read(self, what: str) -> None:
        self.asked.append(what)
        if self.unavailable:
            raise PsaUnavailable("the PSA does not answer")
        if self.refused is not None:
            raise self.refused

    def choices(self, board: str = "") -> TicketChoices:
        self._read("choices")
        closed = _offered(self.statuses) if board in self.boards else ()
        return TicketChoices(_offered(self.boards), _offered(self.priorities), closed)

    def create(self, ticket: NewTicket) -> WriteAnswer:
        made = str(len(self.tickets) + 1)
        if ticket.company not in self.companies:
            self.asked.append("create")
            return WriteAnswer(Sent.REFUSED, "the company does not exist")

        def apply() -> None:
            self.tickets[made] = FakeTicket(ticket)

        answer = self._write("create", apply)
        self.after_create()
        return WriteAnswer(answer.sent, receipt=made) if answer.sent is Sent.ANSWERED else answer

    def _write(self, what: str, apply: Callable[[], None]) -> WriteAnswer:
        self.asked.append(what)
        if self.refused_writes is not None:
            return WriteAnswer(Sent.REFUSED, "no right", refusal=self.refused_writes)
        match self.outcomes.pop(0) if self.outcomes else Outcome.ANSWERED:
            case Outcome.REFUSED:
                return WriteAnswer(Sent.REFUSED, "the PSA says no")
            case Outcome.NOT_SENT:
                return WriteAnswer(Sent.NOT_SENT, "too many requests", RETRY_AFTER, asked_for=True)
            case Outcome.UNCLEAR_NOT_APPLIED:
                return WriteAnswer(Sent.UNCLEAR, "no answer came")
            case Outcome.UNCLEAR_APPLIED:
                apply()
                return WriteAnswer(Sent.UNCLEAR, "no answer came")
        apply()
        return WriteAnswer(Sent.ANSWERED)

    def find(self, reference: str) -> str:
        self._read("find")
        found = (id_ for id_, made in self.tickets.items() if made.new.reference == reference)
        return next(found, "") if self.finds else ""

    def state(self, ticket_id: str) -> TicketState:
        self._read("state")
        made = self.tickets.get(ticket_id)
        if made is None:
            return TicketState.GONE
        return TicketState.CLOSED if made.status in self.statuses else TicketState.OPEN

    def name(self, ticket_id: str) -> TicketName:
        return TicketName(f"T{ticket_id}", f"https://psa.example/{ticket_id}")

    def close(self, ticket_id: str, status: str, note: str) -> WriteAnswer:
        def apply() -> None:
            self.tickets[ticket_id].status = status
            self.tickets[ticket_id].notes.append(note)

        return self._write("close", apply)


def _offered(names: dict[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(id_, name) for id_, name in names.items())
