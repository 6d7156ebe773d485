"""Service tickets of ConnectWise PSA: made by POST, found by `externalXRef`, closed by a status of their board."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.billing.psa.base import NotThere, PsaRefused, PsaUnavailable, Sent, WriteAnswer
from shared.billing.psa.connectwise.asking import BOARDS, PRIORITIES, PSA, TICKETS, Api
from shared.billing.psa.connectwise.lists import read_list
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.connectwise.shapes import id_of
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

MAY_ADD = "Service Desk > Service Tickets (add)"
_LONGEST_ID: Final = 10
"""Digits."""
MAY_EDIT = "Service Desk > Service Tickets (edit, all)"


class ConnectWiseTickets:
    board_word = "Service board"

    def __init__(self, settings: ConnectWiseSettings, private_key: str, http: Http) -> None:
        self._api = Api(settings, private_key, http)
        self._settings = settings

    def choices(self, board: str = "") -> TicketChoices:
        boards = self._rows(BOARDS, "id,name,inactiveFlag")
        return TicketChoices(
            boards=_named(row for row in boards if not row.get("inactiveFlag")),
            priorities=_named(self._rows(PRIORITIES, "id,name")),
            closed=self._closed(board) if board else (),
        )

    def _closed(self, board: str) -> tuple[Choice, ...]:
        try:
            rows = self._rows(f"{BOARDS}/{id_number(board, PSA)}/statuses", "id,name,closedStatus,inactive")
        except NotThere:
            return ()
        return _named(row for row in rows if row.get("closedStatus") is True and not row.get("inactive"))

    def _rows(self, path: str, columns: str) -> Iterable[Mapping[str, Any]]:
        return read_list(self._api, path, columns).rows.values()

    def create(self, ticket: NewTicket) -> WriteAnswer:
        try:
            body = {
                "summary": ticket.summary,
                "initialDescription": ticket.description,
                "externalXRef": ticket.reference,
                "company": {"id": id_number(ticket.company, PSA)},
                "board": {"id": id_number(ticket.board, PSA)},
                "priority": {"id": id_number(ticket.priority, PSA)},
                # Whoever is the customer's default contact is not mailed about it.
                "automaticEmailContactFlag": False,
            }
        except PsaRefused as refused:
            return not_sent(refused)
        self._api.wait_for_the_pace()
        answer = self._api.written("POST", TICKETS, body, MAY_ADD)
        if isinstance(answer, WriteAnswer):
            return answer
        try:
            made = id_of(_object(json_of(answer)))
        except Unreachable as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        if made is None:
            return WriteAnswer(Sent.UNCLEAR, f"{PSA} said yes and named no ticket.")
        return WriteAnswer(Sent.ANSWERED, receipt=str(made))

    def find(self, reference: str) -> str:
        self._api.wait_for_the_pace()
        params: dict[str, str | int] = {
            "conditions": f'externalXRef="{reference}"',
            "fields": "id,externalXRef",
            "orderBy": "id asc",
            "pageSize": 10,
        }
        rows = self._api.json(self._api.ask(TICKETS, params))
        if not isinstance(rows, list):
            raise PsaUnavailable(f"{PSA} sent something else than a list of tickets.")
        # Whatever the server makes of the condition: only what carries the reference is ours.
        ours = [row for row in rows if _object(row).get("externalXRef") == reference]
        if rows and not ours:
            raise PsaUnavailable(f"{PSA} was asked for a ticket by its reference and sent others.")
        return str(min(filter(None, map(id_of, ours)), default=""))

    def numbered(self, number: str) -> str:
        """People call a ticket by its id."""
        typed = number.strip().removeprefix("#")
        is_id = typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_ID
        ticket_id = str(int(typed)) if is_id else ""
        return ticket_id if ticket_id and self.state(ticket_id) is not TicketState.GONE else ""

    def state(self, ticket_id: str) -> TicketState:
        self._api.wait_for_the_pace()
        try:
            row = self._api.json(self._api.ask(_ticket(ticket_id), {"fields": "id,closedFlag"}))
        except NotThere:
            return TicketState.GONE
        if str(id_of(_object(row))) != ticket_id:
            raise PsaUnavailable(f"{PSA} was asked for ticket {ticket_id} and sent something else.")
        return TicketState.CLOSED if row.get("closedFlag") is True else TicketState.OPEN

    def name(self, ticket_id: str) -> TicketName:
        """The address is that of the screen; the API's host has a name of its own in the cloud."""
        host = self._settings.site.removeprefix("api-")
        page = f"/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid={ticket_id}"
        return TicketName(ticket_id, f"https://{host}{page}&companyName={self._settings.company_id}")

    def close(self, ticket_id: str, status: str, note: str) -> WriteAnswer:
        """The status first: when only the note is lost, nothing is wrong."""
        try:
            path, wanted = _ticket(ticket_id), {"id": id_number(status, PSA)}
        except PsaRefused as refused:
            return not_sent(refused)
        self._api.wait_for_the_pace()
        change = [{"op": "replace", "path": "status", "value": wanted}]
        answer = self._api.written("PATCH", path, change, MAY_EDIT)
        if isinstance(answer, WriteAnswer):
            return answer
        try:
            shown = _object(_object(json_of(answer)).get("status"))
        except Unreachable as error:
            return WriteAnswer(Sent.UNCLEAR, error.why)
        if id_of(shown) != wanted["id"]:
            return WriteAnswer(Sent.UNCLEAR, f"{PSA} said yes, but the ticket shows another status.")
        noted = self._api.written("POST", f"{path}/notes", _note(note), MAY_EDIT)
        return WriteAnswer(Sent.ANSWERED, noted.why if isinstance(noted, WriteAnswer) else "")


def _note(text: str) -> dict[str, object]:
    """An internal one: no rule mails it to the customer."""
    return {"text": text, "internalAnalysisFlag": True, "detailDescriptionFlag": False}


def _named(rows: Iterable[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return named((str(id_of(row)), row.get("name")) for row in rows)


def _ticket(ticket_id: str) -> str:
    return f"{TICKETS}/{id_number(ticket_id, PSA)}"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
