"""Closing the ticket of an alert that is closed. To set the status twice does no harm, so it may be repeated."""

from datetime import timedelta
from typing import Final

from shared.alerts.tickets import making
from shared.alerts.tickets.book import TicketBook
from shared.alerts.tickets.models import Ticket, TicketProgress, TicketSettings
from shared.alerts.tickets.wording import closing_note
from shared.billing.psa.base import Sent, WriteAnswer
from shared.billing.psa.tickets import PsaTickets, TicketState

LOOKED_FOR: Final = timedelta(days=7)
"""So long after its request a ticket whose alert is closed is looked for each day, before nothing more is done."""
_SOON: Final = timedelta(minutes=5)
"""When a ticket is looked at again of whose closing no answer came."""
_ENDS_AS = {TicketState.CLOSED: TicketProgress.CLOSED, TicketState.GONE: TicketProgress.GONE}
"""Somebody was faster: nothing is written."""


def status_of(ticket: Ticket, settings: TicketSettings) -> str:
    """What closes it: as was chosen last for its board, or when it was made. "" when neither is known."""
    is_of_it = (ticket.connection, ticket.new.board) == (settings.connection, settings.board)
    return settings.closed_status if is_of_it else ticket.closed_status


def close(book: TicketBook, psa: PsaTickets, status: str, ticket: Ticket) -> None:
    """Raises PsaRefused when the PSA refuses all of them, PsaUnavailable, RetryLater."""
    if ticket.progress is TicketProgress.NOT_SENT:
        book.forget(ticket)
    elif ticket.progress is TicketProgress.REFUSED:
        _forget_when_not_seen(book, psa, status, ticket)
    elif ticket.progress is TicketProgress.UNDECIDABLE and book.clock() > ticket.since + LOOKED_FOR:
        book.end(ticket)
    elif ticket.progress is TicketProgress.OPEN and not status:
        leave(book, ticket)
    elif ticket.progress is TicketProgress.OPEN and ticket.tried_on != book.today:
        _close(book, psa, status, ticket)


def leave(book: TicketBook, ticket: Ticket) -> None:
    """To people: it cannot be closed, or not be looked for, any more."""
    if ticket.progress is TicketProgress.NOT_SENT:
        book.forget(ticket)
    else:
        is_open = ticket.progress is TicketProgress.OPEN
        _end(book, ticket, TicketProgress.LEFT if is_open else TicketProgress.UNDECIDABLE)


def _forget_when_not_seen(book: TicketBook, psa: PsaTickets, status: str, ticket: Ticket) -> None:
    """A PSA that refused it may have made it all the same."""
    if not making.is_settled(book, ticket):
        return
    made = making.found(book, psa, ticket)
    if made is None:
        book.forget(ticket)
    else:
        close(book, psa, status, made)


def _close(book: TicketBook, psa: PsaTickets, status: str, ticket: Ticket) -> None:
    seen = psa.state(ticket.ticket_id)
    if seen in _ENDS_AS:
        _end(book, ticket, _ENDS_AS[seen])
        return
    answer = psa.close(ticket.ticket_id, status, closing_note(book.clock()))
    if answer.sent is Sent.ANSWERED:
        _end(book, ticket, TicketProgress.CLOSED)
    else:
        _not_closed(book, ticket, answer)


def _not_closed(book: TicketBook, ticket: Ticket, answer: WriteAnswer) -> None:
    """Tried again soon, or, where the PSA refuses this one, on another day: then its page says why."""
    if answer.refusal is not None:
        raise answer.refusal
    if answer.asked_for:
        book.pause(answer.after, answer.why)
    refused = answer.sent is Sent.REFUSED
    if not refused:
        book.later(answer.after or _SOON)
    book.write(ticket.model_copy(update={"why": answer.why, "tried_on": book.today if refused else None}))


def _end(book: TicketBook, ticket: Ticket, progress: TicketProgress) -> None:
    book.end(ticket.model_copy(update={"progress": progress, "since": book.clock(), "why": ""}))
