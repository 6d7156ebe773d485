"""Tickets of HaloPSA: made by posting a list of one, found by the reference in their summary, closed by a status.

Halo keeps no reference of ours beside the summary, unless somebody made a custom field for it.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.halo.asking import (
    ACTIONS,
    MAY_EDIT_TICKETS,
    PRIORITIES,
    PSA,
    STATUSES,
    TICKET_TYPES,
    TICKETS,
    Api,
)
from shared.billing.psa.halo.lists import rows_of
from shared.billing.psa.halo.rows import id_of
from shared.billing.psa.halo.settings import HaloSettings
from shared.billing.psa.tickets import (
    NewTicket,
    TicketChoices,
    TicketName,
    TicketState,
    id_number,
    named,
    not_sent,
)
from shared.http.client import Http

_CLOSED: Final = "9"
"""Halo's own status Closed; others only look like it."""

_LONGEST_ID: Final = 10
"""Digits."""


class HaloTickets:
    board_word = "Ticket type"

    def __init__(self, settings: HaloSettings, client_secret: str, http: Http) -> None:
        self._api = Api(settings, client_secret, http)

    def choices(self, board: str = "") -> TicketChoices:
        """A priority belongs to a service level: its id has both."""
        self._api.wait_for_the_pace()
        types = named((str(id_of(row)), row.get("name")) for row in self._rows(TICKET_TYPES))
        priorities = named(
            (f"{row.get('slaid')}-{row.get('priorityid')}", row.get("name"))
            for row in self._rows(PRIORITIES)
            if not row.get("ishidden")
        )
        statuses = named((str(id_of(row)), row.get("name")) for row in self._rows(STATUSES))
        is_there = any(kind.id == board for kind in types)
        closed = tuple(status for status in statuses if status.id == _CLOSED) if is_there else ()
        return TicketChoices(types, priorities, closed)

    def _rows(self, path: str, **params: str | int) -> list[Mapping[str, Any]]:
        rows = rows_of(self._api.ask(path, params))
        if rows is None:
            raise PsaUnavailable(f"{PSA} sent something else than a list of rows.")
        return rows

    def create(self, ticket: NewTicket) -> WriteAnswer:
        try:
            sla, _, priority = ticket.priority.partition("-")
            body = {
                "tickettype_id": id_number(ticket.board, PSA),
                "client_id": id_number(ticket.company, PSA),
                "sla_id": id_number(sla, PSA),
                "priority_id": id_number(priority, PSA),
                "summary": f"{ticket.summary} [{ticket.reference}]",
                "details": ticket.description,
                # Of no user of the customer's: nobody there is mailed about it.
                "usertype": 1,
                "userlookup": {"id": -1, "lookupdisplay": "Enter Details Manually"},
                "donotapplytemplateintheapi": True,
            }
            self._api.wait_for_the_pace()
        except (PsaRefused, PsaUnavailable) as why:
            return not_sent(why)
        answer = self._api.written(TICKETS, [body], MAY_EDIT_TICKETS)
        if isinstance(answer, WriteAnswer):
            return answer
        try:
            made = id_of(_only(self._api.json(answer)))
        except PsaUnavailable as error:
            return WriteAnswer(Sent.UNCLEAR, str(error))
        if made is None:
            return WriteAnswer(Sent.UNCLEAR, f"{PSA} said yes and named no ticket.")
        return WriteAnswer(Sent.ANSWERED, receipt=str(made))

    def find(self, reference: str) -> str:
        """Its search looks into more than the summary, so what it finds is looked at."""
        self._api.wait_for_the_pace()
        rows = self._rows(TICKETS, search=reference, count=50)
        ids = [id_of(row) for row in rows if reference in str(row.get("summary"))]
        return str(min(filter(None, ids), default=""))

    def numbered(self, number: str) -> str:
        """People call a ticket by its id."""
        typed = number.strip().removeprefix("#")
        is_id = typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_ID
        ticket_id = str(int(typed)) if is_id else ""
        return ticket_id if ticket_id and self.state(ticket_id) is not TicketState.GONE else ""

    def state(self, ticket_id: str) -> TicketState:
        self._api.wait_for_the_pace()
        try:
            row = self._api.ask(f"{TICKETS}/{id_number(ticket_id, PSA)}", {})
        except NotThere:
            return TicketState.GONE
        if not isinstance(row, dict) or str(id_of(row)) != ticket_id:
            raise PsaUnavailable(f"{PSA} was asked for ticket {ticket_id} and sent something else.")
        if row.get("deleted") is True:
            return TicketState.GONE
        is_closed = row.get("hasbeenclosed") is True or str(row.get("status_id")) == _CLOSED
        return TicketState.CLOSED if is_closed else TicketState.OPEN

    def name(self, ticket_id: str) -> TicketName:
        return TicketName(ticket_id, f"https://{self._api.site}/ticket?id={ticket_id}")

    def close(self, ticket_id: str, status: str, note: str) -> WriteAnswer:
        """The status first: when only the note is lost, nothing is wrong."""
        try:
            number, wanted = id_number(ticket_id, PSA), id_number(status, PSA)
            self._api.wait_for_the_pace()
        except (PsaRefused, PsaUnavailable) as why:
            return not_sent(why)
        answer = self._api.written(TICKETS, [{"id": number, "status_id": wanted}], MAY_EDIT_TICKETS)
        if isinstance(answer, WriteAnswer):
            return answer
        noted = self._api.written(ACTIONS, [_note(number, note)], MAY_EDIT_TICKETS)
        return WriteAnswer(Sent.ANSWERED, noted.why if isinstance(noted, WriteAnswer) else "")


def _note(ticket: int, text: str) -> dict[str, object]:
    return {"ticket_id": ticket, "outcome": "Private Note", "hiddenfromuser": True, "note": text}


def _only(body: Any) -> Mapping[str, Any]:
    """What a list of one is answered with: a ticket, or a list of it."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    return body if isinstance(body, dict) else {}
