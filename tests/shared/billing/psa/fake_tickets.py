"""A PSA's tickets in memory: what the contract asks of real adapters holds for it, too."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.billing.psa.base import PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.tickets import (
    Choice,
    NewTicket,
    TicketChoices,
    TicketName,
    TicketState,
    not_sent,
)
from tests.shared.billing.psa.fake import Outcome

RETRY_AFTER = timedelta(seconds=30)
_NO_ANSWER = WriteAnswer(Sent.UNCLEAR, "no answer came")
_A_PAUSE = WriteAnswer(Sent.NOT_SENT, "too many requests", RETRY_AFTER, asked_for=True)
_NO = WriteAnswer(Sent.REFUSED, "the PSA says no")
_ANSWERS = {
    Outcome.REFUSED: _NO,
    Outcome.REFUSED_APPLIED: _NO,
    Outcome.NOT_SENT: _A_PAUSE,
    Outcome.NOT_SENT_APPLIED: _A_PAUSE,
    Outcome.UNCLEAR_APPLIED: _NO_ANSWER,
    Outcome.UNCLEAR_NOT_APPLIED: _NO_ANSWER,
    Outcome.UNCLEAR_APPLIED_LATE: _NO_ANSWER,
}
_NOT_APPLIED = {Outcome.REFUSED, Outcome.NOT_SENT, Outcome.UNCLEAR_NOT_APPLIED}


@dataclass
class FakeTicket:
    new: NewTicket
    at: datetime
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
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.lag = timedelta()
        """So long after a ticket was made no search shows it."""
        self.out_of_pace = False
        self._late: list[Callable[[], None]] = []
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
        made = str(len(self.tickets) + len(self._late) + 1)
        if ticket.company not in self.companies:
            self.asked.append("create")
            return WriteAnswer(Sent.REFUSED, "the company does not exist")

        def apply() -> None:
            self.tickets[made] = FakeTicket(ticket, self.clock())

        answer = self._write("create", apply)
        self.after_create()
        return WriteAnswer(answer.sent, receipt=made) if answer.sent is Sent.ANSWERED else answer

    def _write(self, what: str, apply: Callable[[], None]) -> WriteAnswer:
        if self.out_of_pace:
            return not_sent(PsaUnavailable("asked as often as may be", RETRY_AFTER, asked_for=True))
        self.asked.append(what)
        if self.refused_writes is not None:
            return WriteAnswer(Sent.REFUSED, "no right", refusal=self.refused_writes)
        outcome = self.outcomes.pop(0) if self.outcomes else Outcome.ANSWERED
        if outcome is Outcome.UNCLEAR_APPLIED_LATE:
            self._late.append(apply)
        elif outcome not in _NOT_APPLIED:
            apply()
        return _ANSWERS.get(outcome, WriteAnswer(Sent.ANSWERED))

    def find(self, reference: str) -> str:
        self._read("find")
        shown = {id_: made for id_, made in self.tickets.items() if self.clock() >= made.at + self.lag}
        found = (id_ for id_, made in shown.items() if made.new.reference == reference)
        seen = next(found, "") if self.finds else ""
        while self._late:
            self._late.pop()()
        return seen

    def numbered(self, number: str) -> str:
        self._read("numbered")
        ticket_id = number.strip().removeprefix("T")
        return ticket_id if ticket_id in self.tickets else ""

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
