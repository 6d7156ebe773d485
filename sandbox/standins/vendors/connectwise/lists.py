"""Lists of ConnectWise: conditions, order, columns, and pages by number or forward only."""

import re
from typing import Any
from urllib.parse import urlencode

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document
from sandbox.standins.vendors.connectwise.conditions import (
    child_condition,
    condition,
    field_of,
    known,
    ordered,
)
from sandbox.standins.vendors.connectwise.habits import Links, habit, is_hidden, link_host
from sandbox.standins.vendors.connectwise.rows import CHILDREN, CUSTOM_FIELDS, FIELDS

_LARGEST_PAGE = 1000
_FILTERS = frozenset({"conditions", "childconditions", "customfieldconditions"})
_PAGING = frozenset({"orderby", "fields", "page", "pagesize", "pageid"})
_IGNORED = frozenset({"recordid", "recordtype"})
"""Of documents; connectpyse sends them with every list, and works with ConnectWise."""
_SPELLING = {
    "pagesize": "pageSize",
    "orderby": "orderBy",
    "pageid": "pageId",
    "childconditions": "childConditions",
    "customfieldconditions": "customFieldConditions",
}


class Refused(Exception):
    """ConnectWise refuses the request with this status, code and sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def check_parameters(request: Request, known_ones: frozenset[str] = frozenset()) -> None:
    """Refuse a parameter that would be ignored. `clientId` may come in the query, too."""
    for name in request.query:
        if name not in known_ones | _IGNORED | {"clientid"}:
            raise Refused(400, "InvalidArgument", f"The parameter '{name}' is not supported.")


def answer_list(request: Request, site: Document, kind: str, rows: list[Document], rest: list[str]) -> Answer:
    """A list, its count, or one of its rows. Raises Refused or WrongCondition."""
    if request.method != "GET":
        raise Refused(405, "MethodNotAllowed", "The stand-in only reads here.")
    seen = [row for row in rows if not is_hidden(site, kind, row["id"])]
    if rest == ["count"]:
        check_parameters(request, _FILTERS | _PAGING)
        return Answer(200, {"count": len(_filtered(request, kind, seen))})
    if rest:
        check_parameters(request, frozenset({"fields"}))
        found = next((row for row in seen if str(row["id"]) == rest[0]), None)
        if found is None or len(rest) > 1:
            raise Refused(404, "NotFound", f"{rest[0]} not found")
        return Answer(200, _columns(found, request, site, kind))
    check_parameters(request, _FILTERS | _PAGING)
    return _page(request, site, kind, _filtered(request, kind, seen))


def _filtered(request: Request, kind: str, rows: list[Document]) -> list[Document]:
    tests = [
        condition(request.query.get("conditions", ""), FIELDS[kind]),
        child_condition(request.query.get("childconditions", ""), CHILDREN.get(kind, {})),
        child_condition(request.query.get("customfieldconditions", ""), CUSTOM_FIELDS),
    ]
    return [row for row in rows if all(test(row) for test in tests)]


def _page(request: Request, site: Document, kind: str, rows: list[Document]) -> Answer:
    size = _whole(request, "pagesize", 25)
    if not 1 <= size <= _LARGEST_PAGE:
        raise Refused(400, "InvalidArgument", f"pageSize must be between 1 and {_LARGEST_PAGE}.")
    size = min(size, habit(site, "largest_page"))
    order = request.query.get("orderby", "")
    forward = request.headers.get("pagination-type", "").lower() == "forward-only"
    if forward:
        if order.lower().split() not in ([], ["id"], ["id", "asc"]):
            raise Refused(400, "InvalidArgument", "Forward-only pages cannot be ordered.")
        page, links = _forward_page(rows, _whole(request, "pageid", 0), size)
    else:
        chosen = ordered(rows, order or habit(site, "default_order"), FIELDS[kind])
        page, links = _numbered_page(chosen, max(1, _whole(request, "page", 1)), size)
    link = ", ".join(f'<{_address(request, site, change)}>; rel="{name}"' for name, change in links.items())
    sends = habit(site, "links") != Links.NONE and (link or forward)
    return Answer(200, [_columns(row, request, site, kind) for row in page], {"Link": link} if sends else {})


def _forward_page(
    rows: list[Document], after: int, size: int
) -> tuple[list[Document], dict[str, dict[str, int]]]:
    left = [row for row in sorted(rows, key=lambda row: int(row["id"])) if row["id"] > after]
    page = left[:size]
    return page, {"next": {"pageId": page[-1]["id"]}} if len(left) > size else {}


def _numbered_page(
    rows: list[Document], number: int, size: int
) -> tuple[list[Document], dict[str, dict[str, int]]]:
    last = max(1, -(-len(rows) // size))
    links: dict[str, dict[str, int]] = {}
    if number > 1:
        links |= {"prev": {"page": number - 1}, "first": {"page": 1}}
    if number < last:
        links |= {"next": {"page": number + 1}, "last": {"page": last}}
    return rows[(number - 1) * size : number * size], links


def _address(request: Request, site: Document, change: dict[str, int]) -> str:
    kept = {
        name: value for name, value in request.query.items() if name not in {key.lower() for key in change}
    }
    renamed = {_SPELLING.get(name, name): value for name, value in kept.items()}
    return f"{link_host(site, request.host)}{request.path}?{urlencode(renamed | change)}"


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise Refused(400, "InvalidArgument", f"{name} must be a whole number.")
    return int(text)


def _columns(row: Document, request: Request, site: Document, kind: str) -> Document:
    """Only the fields asked for, as the schema writes them; `company/id` keeps the reference with that one field."""
    asked = [part.strip() for part in request.query.get("fields", "").split(",") if part.strip()]
    if not asked:
        return row
    chosen: dict[str, Any] = {}
    for text in asked:
        name = known(text, FIELDS[kind])
        if name in habit(site, "unknown_columns"):
            raise Refused(400, "InvalidArgument", f"'{name}' is not a field of this version.")
        value = field_of(row, name)
        if value is None and name not in row:
            continue
        outer, _, inner = name.partition("/")
        if inner:
            chosen.setdefault(outer, {})[inner] = value
        else:
            chosen[name] = value
    return chosen
