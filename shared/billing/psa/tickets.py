"""What Seatwise asks of a PSA that also keeps service tickets. A PSA may bill without it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.billing.psa.base import PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.storage.documents import Document
from shared.text import one_line

SUMMARY_LENGTH = 100
"""Characters of a summary: ConnectWise takes no more, and the others take as many."""


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TicketChoices:
    """What a ticket may be given, as the PSA says now."""

    boards: tuple[Choice, ...]
    """Where tickets are worked on: boards, queues or types, as the PSA calls them."""
    priorities: tuple[Choice, ...]
    closed: tuple[Choice, ...]
    """Statuses that close a ticket of the board that was asked for; none without one."""


class NewTicket(Document):
    """A ticket that is to be made, stored before it is sent."""

    board: str
    priority: str
    company: str
    """Id of the PSA company that it is about."""
    summary: str
    """One line of at most SUMMARY_LENGTH characters."""
    description: str
    reference: str
    """Ours, of at most 50 letters, digits and `-`: what the ticket is found by when no answer came."""


class TicketState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    GONE = "gone"
    """There is no such ticket any more, or none that may be seen."""


@dataclass(frozen=True, slots=True)
class TicketName:
    """What people call a ticket, and where they see it; `link` is "" where that is not known."""

    number: str
    link: str


def not_sent(why: PsaRefused | PsaUnavailable) -> WriteAnswer:
    """The answer to a write that was stopped before its request: by our own pace, or because it cannot be one."""
    if isinstance(why, PsaUnavailable):
        return WriteAnswer(Sent.NOT_SENT, str(why), why.after, why.asked_for, never_left=True)
    return WriteAnswer(Sent.REFUSED, why.sentence, refusal=why if why.is_for_all else None)


def named(rows: Iterable[tuple[str, object]]) -> tuple[Choice, ...]:
    """Choices by their names, of ids and what the PSA calls them; what has no name is called by its id."""
    found = (Choice(id_, one_line(str(name or id_), 100)) for id_, name in rows)
    return tuple(sorted(found, key=lambda choice: (choice.name.casefold(), choice.id)))


def id_number(text: str, psa: str) -> int:
    """An id as it may stand in an address or a body. Raises PsaRefused."""
    if not (text.isascii() and text.isdecimal()):
        raise PsaRefused("not an id", f"'{one_line(text, 40)}' is no id of {psa}. Choose it again.")
    return int(text)


class PsaTickets(Protocol):
    """The tickets of one signed-in PSA. Reads raise PsaRefused or PsaUnavailable; writes say what became of them."""

    board_word: str
    """What the PSA calls that of which the choices are boards: for people."""

    def choices(self, board: str = "") -> TicketChoices:
        """Read at this moment. A board that is not there any more has no statuses."""
        ...

    def create(self, ticket: NewTicket) -> WriteAnswer:
        """Exactly one request. The id of the ticket is the answer's `receipt`.

        The PSA makes a ticket of each, so the caller repeats it only when it never left, or was REFUSED and is not seen
        long after. A pause that a PSA asks for proves nothing: none of them says that it looks at its limit first.
        """
        ...

    def find(self, reference: str) -> str:
        """Id of the ticket that carries the reference, the first of several; "" when none is seen."""
        ...

    def numbered(self, number: str) -> str:
        """Id of the ticket that people call so, whatever they typed; "" when none is seen."""
        ...

    def state(self, ticket_id: str) -> TicketState: ...

    def name(self, ticket_id: str) -> TicketName: ...

    def close(self, ticket_id: str, status: str, note: str) -> WriteAnswer:
        """Set the status, and say why in a note that no customer is mailed. To set it twice does no harm."""
        ...
