"""K2: after an evaluation, alerts that opened get their ticket, and tickets whose alert closed are closed.

Never a second ticket: the intent is stored before the request, the id of the answer right after it, and what may have
been made is looked for by its reference until it must have shown, and never sent again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.accounts.account import Account, Mode
from shared.accounts.companies import added_tenants
from shared.alerts.digest.decide import rank
from shared.alerts.evaluate import open_alerts
from shared.alerts.models import Alert
from shared.alerts.tickets import closing, elsewhere, making
from shared.alerts.tickets.book import TicketBook
from shared.alerts.tickets.models import Opening, Ticket, TicketProgress, TicketSettings, opening
from shared.alerts.tickets.stored import ticket_settings, tickets_state
from shared.alerts.tickets.wording import new_ticket
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.causes import Cause
from shared.billing.psa.tickets import PsaTickets
from shared.billing.psa_connections import psa_connection
from shared.errors import NotFound, RetryLater
from shared.storage.tables import Tables

AT_ONCE: Final = timedelta(minutes=4)
"""So long one message works; the rest goes on with the next, well before a function is ended."""
_AT_ONCE_AGAIN: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done: tickets to look for or to close, and alerts to make one of."""

    unsettled: list[Ticket]
    over: list[Ticket]
    new: list[tuple[Alert, Ticket | None]]


def keep(
    tables: Tables,
    account: Account,
    sign_in: Callable[[PsaConnection], PsaTickets],
    clock: Callable[[], datetime],
) -> None:
    """Do what is due for the account's tickets. Raises RetryLater while something of it must wait.

    In preview nothing is written to a PSA, tickets neither. What the PSA refuses as a whole is kept as one failure,
    and nothing more is asked for tickets on that day. Where nothing is to be done, nothing is asked.
    """
    settings = ticket_settings(tables, account.id)
    state, today = tickets_state(tables, account.id), clock().astimezone(account.zone).date()
    if not settings.on or account.mode is not Mode.LIVE or state.failed_on == today:
        return
    book = TicketBook(tables, account.id, state, today, clock)
    open_now = {opening(alert): alert for alert in open_alerts(tables, account.id)}

    def desk_of(connection: str) -> PsaTickets:
        return sign_in(psa_connection(tables, account.id, connection))

    elsewhere.look_after(book, desk_of, settings.connection, open_now)
    work = _work(book, settings, open_now)
    try:
        if work.unsettled or work.over or work.new:
            psa = desk_of(settings.connection)
            _check_choices(psa, settings)
            _do(book, psa, settings, work)
            book.works()
    except NotFound:
        gone = "The PSA connection of the tickets was removed. Choose another one, or switch tickets off."
        book.failed(PsaRefused("removed", gone), settings.connection)
    except PsaRefused as refused:
        book.failed(refused, settings.connection)
    except PsaUnavailable as passing:
        book.pause(passing.after, str(passing))
    book.wait_if_needed()


def _work(book: TicketBook, settings: TicketSettings, open_now: Mapping[Opening, Alert]) -> _Work:
    kept = [ticket for ticket in book.kept() if ticket.connection == settings.connection]
    due = [found for alert in open_now.values() if (found := _due(book, settings, alert))]
    due.sort(key=lambda found: (not found[0].finding.urgent, rank(found[0])))
    left = max(0, settings.at_most - book.state.made_today(book.today))
    book.put_off(len(due[left:]))
    return _Work(
        unsettled=[ticket for ticket in kept if making.may_be_there(ticket)],
        over=[ticket for ticket in kept if ticket.opening not in open_now],
        new=due[:left],
    )


def _due(book: TicketBook, settings: TicketSettings, alert: Alert) -> tuple[Alert, Ticket | None] | None:
    """With what is kept of an attempt in vain; None: it gets none, or has one, or had its try today."""
    since, before = settings.types.get(alert.finding.slug), book.of(alert)
    if since is None or alert.opened_at <= since:
        return None
    if before is None:
        return alert, None
    may_be_made = before.progress is TicketProgress.NOT_SENT or (
        before.progress is TicketProgress.REFUSED and before.connection == settings.connection
    )
    return (alert, before) if may_be_made and before.tried_on != book.today else None


def _check_choices(psa: PsaTickets, settings: TicketSettings) -> None:
    """What was chosen is still there. Raises PsaRefused, which names what is not."""
    offered = psa.choices(settings.board)
    for what, chosen, name, there in (
        (psa.board_word.lower(), settings.board, settings.board_name, offered.boards),
        ("priority", settings.priority, settings.priority_name, offered.priorities),
        ("closed status", settings.closed_status, settings.closed_status_name, offered.closed),
    ):
        if all(choice.id != chosen for choice in there):
            told = f"The {what} “{name or chosen}” of the tickets is not there any more. Choose another one."
            raise PsaRefused("choice", told, cause=Cause.OTHER, facts=(told,))


def _do(book: TicketBook, psa: PsaTickets, settings: TicketSettings, work: _Work) -> None:
    """What may be there already first, then what is to be closed, then what is new."""
    until = book.clock() + AT_ONCE
    settled = {}
    for ticket in work.unsettled:
        _check_time(book, until)
        settled[ticket.new.reference] = making.look_for(book, psa, ticket)
    for ticket in work.over:
        _check_time(book, until)
        known = settled.get(ticket.new.reference, ticket)
        closing.close(book, psa, closing.status_of(known, settings), known)
    companies = added_tenants(book.tables, book.account) if work.new else {}
    for alert, before in work.new:
        _check_time(book, until)
        company = making.company_of(alert.finding, companies, settings.connection, settings.company)
        making.make(
            book,
            psa,
            Ticket(
                slug=alert.finding.slug,
                identity=alert.finding.identity,
                opened_at=alert.opened_at,
                connection=settings.connection,
                new=new_ticket(book.account, alert, settings, company),
                progress=TicketProgress.SENDING,
                since=book.clock(),
                closed_status=settings.closed_status,
            ),
            before,
        )


def _check_time(book: TicketBook, until: datetime) -> None:
    if book.clock() > until:
        raise RetryLater(_AT_ONCE_AGAIN, "more tickets than one message takes")
