"""Tickets in a PSA connection to which tickets go no more: looked for and closed there, and nowhere else."""

from collections import defaultdict
from collections.abc import Callable, Collection

from shared.alerts.tickets import closing, making
from shared.alerts.tickets.book import TicketBook
from shared.alerts.tickets.models import Opening, Ticket, TicketProgress
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.tickets import PsaTickets
from shared.errors import NotFound, RetryLater

_NOWHERE_ELSE = frozenset({TicketProgress.SENDING, TicketProgress.UNDECIDABLE, TicketProgress.REFUSED})
"""It may be in the connection that it was sent to, whatever has become of its alert."""


def look_after(
    book: TicketBook,
    desk_of: Callable[[str], PsaTickets],
    now_in: str,
    still_open: Collection[Opening],
) -> None:
    """Do what is due in each such connection; what one of them does not let be done stops nothing else."""
    due: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in book.kept():
        is_over = ticket.opening not in still_open
        had_its_try = ticket.tried_on == book.today and ticket.progress is not TicketProgress.SENDING
        if ticket.connection != now_in and not had_its_try and (is_over or ticket.progress in _NOWHERE_ELSE):
            due[ticket.connection].append(ticket)
    for connection, tickets in due.items():
        try:
            _work(book, desk_of(connection), tickets, still_open)
        except NotFound:
            _leave(book, tickets, still_open)
        except PsaRefused as refused:
            _not_today(book, tickets, refused.sentence)
        except (PsaUnavailable, RetryLater) as passing:
            book.later(passing.after)


def _work(
    book: TicketBook, desk: PsaTickets, tickets: Collection[Ticket], still_open: Collection[Opening]
) -> None:
    for ticket in tickets:
        seen = making.look_for(book, desk, ticket) if making.may_be_there(ticket) else ticket
        if seen.opening not in still_open:
            closing.close(book, desk, seen.closed_status, seen)
        elif seen.progress is TicketProgress.REFUSED and making.is_settled(book, seen):
            _may_be_made_anew(book, desk, seen)


def _may_be_made_anew(book: TicketBook, desk: PsaTickets, ticket: Ticket) -> None:
    """Where it was refused it is not: it is made where tickets go now."""
    if making.found(book, desk, ticket) is None:
        book.write(making.progressed(book, ticket, TicketProgress.NOT_SENT))


def _leave(book: TicketBook, tickets: Collection[Ticket], still_open: Collection[Opening]) -> None:
    """The connection was removed: nothing of it can be read any more."""
    for ticket in tickets:
        if ticket.opening not in still_open:
            closing.leave(book, ticket)
        elif ticket.progress is TicketProgress.REFUSED:
            book.write(making.progressed(book, ticket, TicketProgress.NOT_SENT))
        elif ticket.progress is TicketProgress.SENDING:
            making.give_up(book, ticket)


def _not_today(book: TicketBook, tickets: Collection[Ticket], why: str) -> None:
    """Its page says why; tomorrow it is tried again."""
    for ticket in tickets:
        kept = book.current(ticket)
        if kept is not None and kept.progress is not TicketProgress.SENDING:
            book.write(kept.model_copy(update={"why": why, "tried_on": book.today}))
