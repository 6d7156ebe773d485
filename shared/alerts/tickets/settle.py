"""A person's word on a ticket of which nothing that can be read tells whether the PSA made it."""

from collections.abc import Callable
from datetime import datetime

from shared.accounts.account import Account
from shared.alerts.tickets import making
from shared.alerts.tickets.book import TicketBook
from shared.alerts.tickets.models import Ticket, TicketProgress
from shared.alerts.tickets.settings import SignIn
from shared.alerts.tickets.stored import by_opening, tickets_state
from shared.billing.psa_connections import psa_connection
from shared.errors import NotFound, Rejected
from shared.storage.tables import Tables
from shared.text import one_line


def settle(
    tables: Tables,
    account: Account,
    sign_in: SignIn,
    reference: str,
    number: str,
    clock: Callable[[], datetime],
) -> Ticket:
    """`number`: the ticket is there, and people call it so. "": it is not there, so it is made if its alert is open.

    A ticket that is there is closed with its alert. Raises NotFound, Rejected with the sentence to show, PsaRefused and
    PsaUnavailable.
    """
    today = clock().astimezone(account.zone).date()
    book = TicketBook(tables, account.id, tickets_state(tables, account.id), today, clock)
    ticket = next((kept for kept in book.kept() if kept.new.reference == reference), None)
    if ticket is None:
        raise NotFound("There is no such ticket.")
    if ticket.progress is not TicketProgress.UNDECIDABLE:
        raise Rejected("Nothing is unclear about this ticket any more.", "nothing_to_settle")
    if number:
        psa = sign_in(psa_connection(tables, account.id, ticket.connection))
        named = making.named(psa, ticket, _own(book, ticket, psa.numbered(number), number))
        said = making.progressed(book, named, TicketProgress.OPEN)
    else:
        said = making.progressed(book, ticket, TicketProgress.NOT_SENT)
    if not book.write(said):
        raise Rejected("The ticket was changed at this moment. Look at it again and repeat.", "conflict")
    return said


def _own(book: TicketBook, ticket: Ticket, ticket_id: str, number: str) -> str:
    """The id, when it is that of no other alert's ticket. Raises Rejected."""
    if not ticket_id:
        raise Rejected(f"The PSA shows no ticket '{one_line(number, 50)}'.", "unknown", "number")
    others = by_opening(book.tables, book.account, ended=True).values()
    if any(
        other.connection == ticket.connection
        and other.ticket_id == ticket_id
        and other.opening != ticket.opening
        for other in others
    ):
        raise Rejected("This is the ticket of another alert.", "owned", "number")
    return ticket_id
