"""Making a ticket once: intent, request, id. What may be there is looked for by its reference, never sent again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from shared.accounts.company import AddedTenant
from shared.alerts.models import Finding
from shared.alerts.tickets.book import TicketBook
from shared.alerts.tickets.models import Ticket, TicketProgress
from shared.billing.psa.base import PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.tickets import PsaTickets, TicketName

GRACE: Final = timedelta(minutes=5)
"""Longer than any request takes: who is still sending after it has died. So often what may be there is looked for."""
SETTLES_AFTER: Final = timedelta(minutes=30)
"""Only what is not seen so long after its request is believed not to be there: a PSA may carry a request out late, and
none says how soon its search shows a new ticket."""


def company_of(
    finding: Finding, companies: Mapping[str, AddedTenant], connection: str, otherwise: str
) -> str:
    """Id of the PSA company that the alert is about; `otherwise` where none of that PSA is."""
    tenant = companies.get(finding.tenant_id)
    linked = [c for c in tenant.companies if c.psa_connection == connection] if tenant else []
    of_it = [company for company in linked if finding.company in ("", company.id)]
    return of_it[0].psa_company if of_it else otherwise


def may_be_there(ticket: Ticket) -> bool:
    return ticket.progress in {TicketProgress.SENDING, TicketProgress.UNDECIDABLE}


def make(book: TicketBook, psa: PsaTickets, ticket: Ticket, before: Ticket | None) -> None:
    """Send a ticket, `before` of an attempt in vain. Raises PsaRefused when the PSA refuses all of them."""
    if before is not None and (not is_settled(book, before) or found(book, psa, before)):
        return
    begun = progressed(book, ticket, TicketProgress.SENDING)
    again = before is not None and before.progress is TicketProgress.NOT_SENT
    made = book.state.made_today(book.today) + (not again)
    if not book.write(begun, made_on=book.today, made=made):
        return
    _store(book, psa, begun, psa.create(begun.new))


def _store(book: TicketBook, psa: PsaTickets, begun: Ticket, answer: WriteAnswer) -> None:
    match answer.sent:
        case Sent.ANSWERED:
            _made(book, psa, begun, answer.receipt)
        case Sent.REFUSED if answer.refusal is not None:
            book.write(progressed(book, begun, TicketProgress.REFUSED, answer.why))
            raise answer.refusal
        case Sent.REFUSED:
            book.write(progressed(book, begun, TicketProgress.REFUSED, answer.why, tried_on=book.today))
        case Sent.NOT_SENT if answer.never_left:
            book.write(progressed(book, begun, TicketProgress.NOT_SENT, answer.why))
            _wait(book, answer)
        case _:
            # Whatever it answered, it may have made the ticket: some ask for a pause and do it all the same.
            book.write(begun.model_copy(update={"why": answer.why}))
            book.later(GRACE)
            _wait(book, answer)


def _wait(book: TicketBook, answer: WriteAnswer) -> None:
    """Raises RetryLater where the PSA, or our own pace, asks for a pause with everything."""
    if answer.asked_for:
        book.pause(answer.after, answer.why)
    if answer.after:
        book.later(answer.after)


def _made(book: TicketBook, psa: PsaTickets, ticket: Ticket, ticket_id: str) -> Ticket:
    """The id is kept before anything else is asked; what people call the ticket can be missing."""
    ticket = progressed(book, ticket, TicketProgress.OPEN, ticket_id=ticket_id, number=ticket_id)
    if not book.write(ticket):
        return ticket
    called = named(psa, ticket, ticket_id)
    if called != ticket:
        book.write(called)
    return called


def named(psa: PsaTickets, ticket: Ticket, ticket_id: str) -> Ticket:
    """With what people call the ticket of that id, and where they see it, as far as the PSA says so."""
    try:
        name = psa.name(ticket_id)
    except (PsaRefused, PsaUnavailable):  # its id names it, too
        name = TicketName(ticket_id, "")
    return ticket.model_copy(update={"ticket_id": ticket_id, "number": name.number, "link": name.link})


def look_for(book: TicketBook, psa: PsaTickets, ticket: Ticket) -> Ticket:
    """The ticket as it is known then, of which nobody knows whether it was made.

    It is looked for until it must have shown; not found then, it is for a person, and looked for once a day.
    """
    rest = ticket.since + GRACE - book.clock()
    if ticket.progress is TicketProgress.SENDING and rest > timedelta():
        book.later(rest)
        return ticket
    if ticket.progress is TicketProgress.UNDECIDABLE and ticket.tried_on == book.today:
        return ticket
    seen = found(book, psa, ticket)
    if seen is not None or not is_settled(book, ticket):
        return seen or ticket
    return give_up(book, ticket)


def give_up(book: TicketBook, ticket: Ticket) -> Ticket:
    """Nothing tells whether it is there: a person says so."""
    lost = ticket.model_copy(update={"progress": TicketProgress.UNDECIDABLE, "tried_on": book.today})
    book.write(lost)
    return lost


def is_settled(book: TicketBook, ticket: Ticket) -> bool:
    """What its request did must show by now. A ticket of which no request ever left has nothing to show."""
    if ticket.progress is TicketProgress.NOT_SENT:
        return True
    rest = ticket.since + SETTLES_AFTER - book.clock()
    if rest > timedelta():
        book.later(min(rest, GRACE))
    return rest <= timedelta()


def found(book: TicketBook, psa: PsaTickets, ticket: Ticket) -> Ticket | None:
    ticket_id = psa.find(ticket.new.reference)
    return _made(book, psa, ticket, ticket_id) if ticket_id else None


def progressed(
    book: TicketBook, ticket: Ticket, progress: TicketProgress, why: str = "", **more: object
) -> Ticket:
    said = {"progress": progress, "since": book.clock(), "why": why, "tried_on": None, **more}
    return ticket.model_copy(update=said)
