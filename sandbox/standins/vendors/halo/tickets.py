"""Tickets of a Halo: their types, priorities and statuses, and what becomes of a posted list."""

from typing import Any

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.halo.lists import check_parameters, whole
from sandbox.standins.vendors.halo.refusals import Refused

_TYPES = [{"id": 1, "name": "Incident"}, {"id": 30, "name": "Licences"}]
_STATUSES = [{"id": 1, "name": "New"}, {"id": 2, "name": "In Progress"}, {"id": 9, "name": "Closed"}]
_CLOSED = 9
_PRIORITIES = [
    {"id": "6f1c", "slaid": 1, "priorityid": 3, "name": "Medium", "ishidden": False},
    {"id": "6f1d", "slaid": 1, "priorityid": 4, "name": "Low", "ishidden": False},
    {"id": "6f1e", "slaid": 2, "priorityid": 1, "name": "Hidden", "ishidden": True},
]
AREAS = frozenset({"tickets", "tickettype", "priority", "status", "actions"})


def ticket_desk(request: Request, site: Document, state: State, parts: list[str]) -> Answer:
    """Raises Refused."""
    match request.method, parts:
        case "GET", ["tickettype"]:
            return Answer(200, _TYPES)
        case "GET", ["status"]:
            return Answer(200, _STATUSES)
        case "GET", ["priority"]:
            return Answer(200, _PRIORITIES)
        case "GET", ["tickets"]:
            return _found(request, site, state)
        case "GET", ["tickets", number]:
            check_parameters(request)
            return Answer(200, _shown(_ticket(site, state, number)))
        case "POST", ["tickets"]:
            return _posted(site, state, _one_of(request))
        case "POST", ["actions"]:
            return _noted(site, state, _one_of(request))
    raise Refused(404, "The stand-in does not have this.")


def _found(request: Request, site: Document, state: State) -> Answer:
    check_parameters(request, frozenset({"search", "count"}))
    wanted = request.query.get("search", "").lower()
    mine = [ticket for ticket in state.all("halo_ticket") if ticket["site"] == site["key"]]
    rows = [_shown(one) for one in mine if wanted in f"{one['summary']}\n{one['details']}".lower()]
    return Answer(200, {"record_count": len(rows), "tickets": rows[: whole(request, "count", 50)]})


def _shown(ticket: Document) -> Document:
    kept = {name: value for name, value in ticket.items() if name not in ("site", "notes", "version")}
    return kept | {"hasbeenclosed": ticket["status_id"] == _CLOSED}


def _ticket(site: Document, state: State, number: str) -> Document:
    found = state.find("halo_ticket", f"{site['key']}/{number}")
    if found is None:
        raise Refused(404, f"Ticket {number} not found")
    return found


def _one_of(request: Request) -> Document:
    body: Any = request.json()
    if not isinstance(body, list) or len(body) != 1 or not isinstance(body[0], dict):
        raise Refused(400, "Expected an array of one.")
    given: Document = body[0]
    return given


def _posted(site: Document, state: State, given: Document) -> Answer:
    """With an id a change of what is named, else a new ticket."""
    if "id" in given:
        return _changed(site, state, given)
    client = state.find("halo_client", f"{site['key']}/{given.get('client_id')}")
    if client is None or client["inactive"]:
        raise Refused(400, "The client does not exist.")
    if all(kind["id"] != given.get("tickettype_id") for kind in _TYPES) or not given.get("summary"):
        raise Refused(400, "The ticket type or the summary is not valid.")
    number = 3001 + len(state.all("halo_ticket"))
    ticket: Document = {
        "id": number,
        "site": site["key"],
        **{name: given.get(name) for name in ("summary", "details", "client_id", "tickettype_id")},
        **{name: given.get(name) for name in ("sla_id", "priority_id")},
        "status_id": 1,
        "dateoccurred": stamp(state.now()),
        "notes": [],
    }
    state.put("halo_ticket", f"{site['key']}/{number}", ticket)
    return Answer(201, _shown(ticket))


def _changed(site: Document, state: State, given: Document) -> Answer:
    _ticket(site, state, str(given["id"]))
    status = given.get("status_id")
    if all(known["id"] != status for known in _STATUSES):
        raise Refused(400, "The status does not exist.")
    key = f"{site['key']}/{given['id']}"
    return Answer(201, _shown(state.change("halo_ticket", key, lambda kept: kept.update(status_id=status))))


def _noted(site: Document, state: State, given: Document) -> Answer:
    ticket = _ticket(site, state, str(given.get("ticket_id")))
    key = f"{site['key']}/{ticket['id']}"
    state.change("halo_ticket", key, lambda kept: kept["notes"].append(str(given.get("note", ""))))
    return Answer(201, {"id": len(ticket["notes"])})
