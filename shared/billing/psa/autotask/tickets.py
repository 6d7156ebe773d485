"""Tickets of Autotask: made by POST, found by `externalID`, closed by the status Complete with a resolution.

https://ww14.autotask.net/help/developerhelp/Content/APIs/REST/Entities/TicketsEntity.htm
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from shared.billing.psa.autotask.asking import PSA, Api
from shared.billing.psa.autotask.lists import EVERY, count_of, eq, id_of, read_list
from shared.billing.psa.autotask.picklists import picklists
from shared.billing.psa.autotask.settings import AutotaskSettings
from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.causes import Cause
from shared.billing.psa.tickets import (
    Choice,
    NewTicket,
    TicketChoices,
    TicketName,
    TicketState,
    id_number,
    named,
    not_sent,
)
from shared.http.client import Http, Unreachable, json_of
from shared.text import one_line

TICKETS: Final = "Tickets"
_NEW, _COMPLETE = "1", "5"
"""Statuses of Autotask's own, which no database can remove."""
_MAY_SEE: Final = f"{TICKETS} (query: all)"
_DUE: Final = timedelta(days=7)
"""A ticket needs a day on which it is due, where no service level says one."""


class AutotaskTickets:
    board_word = "Queue"

    def __init__(self, settings: AutotaskSettings, secret: str, http: Http) -> None:
        self._api = Api(settings, secret, http)

    def choices(self, board: str = "") -> TicketChoices:
        self._api.wait_for_the_pace()
        self._check_sight()
        told = picklists(self._api.ask(f"{TICKETS}/entityInformation/fields", {}))
        if not told.keys() >= {"queueID", "priority", "status"}:
            raise PsaUnavailable("Autotask sent something else than the fields of a ticket.")
        queues, priorities, statuses = (_active(told[name]) for name in ("queueID", "priority", "status"))
        is_there = any(queue.id == board for queue in queues)
        closed = tuple(status for status in statuses if status.id == _COMPLETE) if is_there else ()
        return TicketChoices(queues, priorities, closed)

    def create(self, ticket: NewTicket) -> WriteAnswer:
        try:
            body = {
                "companyID": id_number(ticket.company, PSA),
                "queueID": id_number(ticket.board, PSA),
                "priority": id_number(ticket.priority, PSA),
                "status": int(_NEW),
                "title": ticket.summary,
                "description": ticket.description,
                "externalID": ticket.reference,
                "dueDateTime": f"{(self._api.http.clock() + _DUE).date().isoformat()}T00:00:00Z",
            }
            self._api.wait_for_the_pace()
        except (PsaRefused, PsaUnavailable) as why:
            return not_sent(why)
        answer = self._api.written(TICKETS, body, f"{TICKETS} (create)")
        if isinstance(answer, WriteAnswer):
            return answer
        try:
            made = id_of(_object(json_of(answer)), "itemId")
        except Unreachable as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        if made is None:
            return WriteAnswer(Sent.UNCLEAR, "Autotask said yes without the id of the ticket.")
        return WriteAnswer(Sent.ANSWERED, receipt=str(made))

    def find(self, reference: str) -> str:
        self._api.wait_for_the_pace()
        rows = read_list(self._api, TICKETS, eq("externalID", reference))
        if not rows:
            self._check_sight()
        # Whatever the server makes of the condition: only what carries the reference is ours.
        ours = [id_ for id_, row in rows.items() if row.get("externalID") == reference]
        if rows and not ours:
            raise PsaUnavailable("Autotask was asked for a ticket by its reference and sent others.")
        return str(min(ours, default=""))

    def _check_sight(self) -> None:
        """A restricted user is shown no tickets, and no error. Raises PsaRefused."""
        if not self._api.may(TICKETS, "Query"):
            raise PsaRefused.for_all(PSA, Cause.RIGHTS, "permissions", _MAY_SEE)

    def numbered(self, number: str) -> str:
        self._api.wait_for_the_pace()
        rows = read_list(self._api, TICKETS, eq("ticketNumber", one_line(number, 50)))
        return next((str(id_) for id_, row in rows.items() if row.get("ticketNumber") == number.strip()), "")

    def state(self, ticket_id: str) -> TicketState:
        item = self._item(ticket_id)
        if item is None:
            self._check_sight()
            if not count_of(self._api, TICKETS, EVERY):
                # A line of business that the user is not of hides them all, and no right says so.
                raise PsaRefused.for_all(PSA, Cause.RIGHTS, "no tickets", _MAY_SEE)
            return TicketState.GONE
        is_closed = str(item.get("status")) == _COMPLETE or item.get("completedDate")
        return TicketState.CLOSED if is_closed else TicketState.OPEN

    def _item(self, ticket_id: str) -> dict[str, Any] | None:
        """None: it is not there, by Autotask's own word."""
        self._api.wait_for_the_pace()
        try:
            told = self._api.ask(f"{TICKETS}/{id_number(ticket_id, PSA)}", {})
        except NotThere:
            return None
        if isinstance(told, dict) and told.get("item", "") is None:
            return None
        item = _object(_object(told).get("item"))
        if str(item.get("id")) != ticket_id:
            raise PsaUnavailable(f"Autotask was asked for ticket {ticket_id} and sent something else.")
        return item

    def name(self, ticket_id: str) -> TicketName:
        number = _object(self._item(ticket_id)).get("ticketNumber")
        page = f"Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID={ticket_id}"
        return TicketName(one_line(str(number or ticket_id), 50), f"{self._api.web()}/{page}")

    def close(self, ticket_id: str, status: str, note: str) -> WriteAnswer:
        try:
            body = {"id": id_number(ticket_id, PSA), "status": id_number(status, PSA), "resolution": note}
            self._api.wait_for_the_pace()
        except (PsaRefused, PsaUnavailable) as why:
            return not_sent(why)
        answer = self._api.written(TICKETS, body, f"{TICKETS} (update)", "PATCH")
        return answer if isinstance(answer, WriteAnswer) else WriteAnswer(Sent.ANSWERED)


def _active(values: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """Of a picklist, whose values are texts."""
    used = (row for row in values if row.get("isActive") is not False)
    return named((row["value"], row.get("label")) for row in used if isinstance(row.get("value"), str))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
