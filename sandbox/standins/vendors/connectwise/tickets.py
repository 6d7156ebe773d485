"""Service tickets of a ConnectWise database: boards with their statuses, priorities, tickets and their notes."""

from typing import Any

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.connectwise.lists import Refused, answer_list, check_parameters

BOARDS: tuple[Document, ...] = (
    {"id": 1, "name": "Help Desk"},
    {"id": 2, "name": "Licences"},
    {"id": 3, "name": "Old board"},
)
INACTIVE_BOARD = 3
_STATUSES = ("New", "In progress", ">Closed", "Closed (old)")
_PRIORITIES = ((4, "Priority 3 - Medium"), (5, "Priority 4 - Low"), (6, "Priority 1 - Critical"))
_LONGEST_SUMMARY = 100
_TAKEN = frozenset(
    {
        "summary",
        "board",
        "status",
        "company",
        "priority",
        "initialDescription",
        "externalXRef",
        "automaticEmailContactFlag",
    }
)


def ticket_desk(request: Request, site: Document, state: State, parts: list[str]) -> Answer:
    """Everything below /service. Raises Refused."""
    match parts:
        case ["boards"]:
            return answer_list(request, site, "boards", [_board_row(board) for board in BOARDS], [])
        case ["boards", number, "statuses"]:
            if all(str(board["id"]) != number for board in BOARDS):
                raise Refused(404, "NotFound", f"Board {number} not found")
            return answer_list(request, site, "statuses", statuses_of(int(number)), [])
        case ["priorities"]:
            rows = [{"id": number, "name": name, "color": "", "sortOrder": 1} for number, name in _PRIORITIES]
            return answer_list(request, site, "priorities", rows, [])
        case ["tickets", number, "notes"] if request.method == "POST":
            return _noted(request, state, _ticket(site, state, number))
        case ["tickets"] if request.method == "POST":
            return _created(request, site, state)
        case ["tickets", number] if request.method == "PATCH":
            return _patched(request, state, _ticket(site, state, number))
        case ["tickets", *rest]:
            mine = [_row(ticket, state) for ticket in state.all("cw_ticket") if ticket["site"] == site["key"]]
            return answer_list(request, site, "tickets", mine, rest)
    raise Refused(404, "NotFound", "Not found.")


def statuses_of(board: int) -> list[Document]:
    """Of each board its own: an id of another board's is refused."""
    return [
        {
            "id": board * 100 + number,
            "name": name,
            "board": {"id": board},
            "closedStatus": "Closed" in name,
            "inactive": name.endswith("(old)"),
        }
        for number, name in enumerate(_STATUSES)
    ]


def _board_row(board: Document) -> Document:
    return {**board, "inactiveFlag": board["id"] == INACTIVE_BOARD}


def _row(ticket: Document, state: State) -> Document:
    company = state.get("cw_company", f"{ticket['site']}/{ticket['company']}")
    status = next(row for row in statuses_of(ticket["board"]) if row["id"] == ticket["status"])
    board = next(board for board in BOARDS if board["id"] == ticket["board"])
    return {
        "id": ticket["id"],
        "summary": ticket["summary"],
        "board": dict(board),
        "status": {"id": status["id"], "name": status["name"]},
        "company": {"id": company["id"], "identifier": company["identifier"], "name": company["name"]},
        "priority": {"id": ticket["priority"], "name": dict(_PRIORITIES)[ticket["priority"]]},
        "closedFlag": status["closedStatus"],
        "externalXRef": ticket["externalXRef"],
        "dateEntered": ticket["entered"],
    }


def _ticket(site: Document, state: State, number: str) -> Document:
    found = state.find("cw_ticket", f"{site['key']}/{number}")
    if found is None:
        raise Refused(404, "NotFound", f"Ticket {number} not found")
    return found


def _created(request: Request, site: Document, state: State) -> Answer:
    check_parameters(request)
    body = request.json()
    if not isinstance(body, dict) or not set(body) <= _TAKEN:
        raise Refused(400, "InvalidObject", "ticket object is invalid")
    summary = body.get("summary")
    if not isinstance(summary, str) or not 0 < len(summary) <= _LONGEST_SUMMARY:
        raise Refused(
            400, "InvalidObject", f"summary must be a text of at most {_LONGEST_SUMMARY} characters."
        )
    board = _referred(body, "board", [b["id"] for b in BOARDS if b["id"] != INACTIVE_BOARD])
    companies = [c["id"] for c in state.all("cw_company") if c["site"] == site["key"] and not c["deleted"]]
    number = 5000 + len(state.all("cw_ticket"))
    ticket: Document = {
        "id": number,
        "site": site["key"],
        "summary": summary,
        "board": board,
        "status": board * 100,
        "company": _referred(body, "company", companies),
        "priority": _referred(body, "priority", [number for number, _ in _PRIORITIES]),
        "externalXRef": body.get("externalXRef", ""),
        "initialDescription": body.get("initialDescription", ""),
        "notes": [],
        "entered": stamp(state.now()),
    }
    state.put("cw_ticket", f"{site['key']}/{number}", ticket)
    return Answer(201, _row(ticket, state))


def _referred(body: Document, name: str, known: list[int]) -> int:
    value: Any = body.get(name)
    number = value.get("id") if isinstance(value, dict) else None
    if number not in known:
        raise Refused(400, "InvalidObject", f"The {name} does not exist.")
    return int(number)


def _patched(request: Request, state: State, ticket: Document) -> Answer:
    """Only its status can be changed here; what else is asked for is ignored with 200, as ConnectWise does."""
    check_parameters(request)
    status = ticket["status"]
    for step in request.json():
        if step.get("op") == "replace" and step.get("path") == "status":
            status = _referred(
                {"status": step.get("value")}, "status", [s["id"] for s in statuses_of(ticket["board"])]
            )
    key = f"{ticket['site']}/{ticket['id']}"
    fresh = state.change("cw_ticket", key, lambda document: document.update(status=status))
    return Answer(200, _row(fresh, state))


def _noted(request: Request, state: State, ticket: Document) -> Answer:
    check_parameters(request)
    text = str(request.json().get("text", ""))
    key = f"{ticket['site']}/{ticket['id']}"
    state.change("cw_ticket", key, lambda document: document["notes"].append(text))
    return Answer(201, {"id": len(ticket["notes"]), "text": text})
