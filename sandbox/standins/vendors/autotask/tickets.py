"""Tickets of an Autotask database: the values of their fields, and what becomes of a POST and a PATCH."""

from typing import Any

from sandbox.standins.protocol import Answer
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.autotask.refusals import Refused

_PICKLISTS = {
    "queueID": {"29682833": "Client Portal", "29683481": "Licences", "5": "Old queue"},
    "priority": {"1": "High", "2": "Medium", "3": "Low"},
    "status": {"1": "New", "5": "Complete", "8": "In Progress"},
}
_INACTIVE = ("queueID", "5")
_COMPLETE = 5
_WRITABLE = ("queueID", "priority", "status", "title", "description", "externalID", "resolution")
_LONGEST_TITLE = 255


def ticket_fields() -> Answer:
    fields = [
        {
            "name": name,
            "isPickList": True,
            "picklistValues": [
                {"value": value, "label": label, "isActive": (name, value) != _INACTIVE}
                for value, label in values.items()
            ],
        }
        for name, values in _PICKLISTS.items()
    ]
    return Answer(200, {"fields": fields})


def make_ticket(state: State, site: Document, body: Any) -> Answer:
    """Raises Refused."""
    if not isinstance(body, dict):
        raise Refused("The request body is required.")
    for name in ("companyID", "title", "status", "priority", "dueDateTime"):
        if not body.get(name):
            raise Refused(f"{name} is required.")
    company = state.find("at_company", f"{site['key']}/{body['companyID']}")
    if company is None or not company["isActive"]:
        raise Refused("companyID: No matching records found.")
    number = 90_001 + len(state.all("at_ticket"))
    ticket: Document = {
        "id": number,
        "ticketNumber": f"T20261128.{number}",
        "companyID": body["companyID"],
        "dueDateTime": body["dueDateTime"],
        "createDate": stamp(state.now()),
        "completedDate": None,
        **dict.fromkeys(_WRITABLE),
    }
    state.put("at_ticket", f"{site['key']}/{number}", _with(ticket, body) | {"site": site["key"]})
    return Answer(200, {"itemId": number})


def change_ticket(state: State, site: Document, body: Any) -> Answer:
    """Raises Refused."""
    number = body.get("id") if isinstance(body, dict) else None
    key = f"{site['key']}/{number}"
    found = state.find("at_ticket", key)
    if found is None:
        raise Refused("No matching records found for id.")
    fresh = _with(found, body)
    if fresh["status"] == _COMPLETE and not fresh["completedDate"]:
        fresh["completedDate"] = stamp(state.now())
    state.change("at_ticket", key, lambda ticket: ticket.update(fresh))
    return Answer(200, {"itemId": number})


def _with(ticket: Document, body: Document) -> Document:
    changed = {name: body[name] for name in _WRITABLE if name in body}
    for name, values in _PICKLISTS.items():
        if name in changed and (str(changed[name]) not in values or (name, str(changed[name])) == _INACTIVE):
            raise Refused(f"{name}: Unable to find the value {changed[name]}.")
    if len(str(changed.get("title", ""))) > _LONGEST_TITLE:
        raise Refused("title is too long.")
    return ticket | changed
