"""The OData options that the lists of Graph understand; every other option is refused, none is ignored."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.standins.protocol import Request
from sandbox.standins.state import Document

LICENSED = "assignedlicenses/$count ne 0"
_CLAUSE = re.compile(
    r"\s*(?P<name>\w+)\s+(?P<operator>eq|ne)\s+(?P<value>'(?:[^']|'')*'|true|false|null|-?\d+)\s*",
    re.IGNORECASE,
)
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}

type Test = Callable[[Document], bool]


class Refused(Exception):
    """Graph refuses the request with this status, code and sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be asked of one kind of object."""

    type_name: str
    properties: frozenset[str]
    unset: frozenset[str] = frozenset()
    """Properties that the type has and that are null in every row."""
    not_in_lists: frozenset[str] = frozenset()
    """Properties that only a single object tells: 501 in a list."""
    default: tuple[str, ...] = ()
    """Selected when nothing is; empty = every property."""
    filters: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    counts: bool = False
    page: int = 0
    """Rows of a page when `$top` does not say; 0 = never paged."""
    largest: int = 0


def check_options(request: Request, shape: Shape, *, single: bool = False) -> None:
    """Refuse the first option that is not understood here."""
    allowed = {"$select"}
    if not single:
        allowed |= {"$filter"} if shape.filters else set()
        allowed |= {"$orderby"} if shape.orders else set()
        allowed |= {"$top", "$skiptoken"} if shape.page else set()
        allowed |= {"$count"} if shape.counts else set()
    for name in request.query:
        if name not in allowed:
            raise Refused(400, "Request_UnsupportedQuery", f"'{name}' is not supported by the service.")


def selected(shape: Shape, request: Request, *, single: bool = False) -> tuple[str, ...]:
    """The names of the chosen properties, `id` first; empty = all. Raises Refused for one that the type lacks."""
    text = request.query.get("$select", "")
    if not text:
        return shape.default
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name == "signInActivity" and shape.type_name == "user":
            text = "Neither tenant is B2C or tenant doesn't have premium license"
            raise Refused(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", text)
        if name in shape.not_in_lists and not single:
            raise Refused(
                501, "NotImplemented", f"'{name}' cannot be selected in a list of {shape.type_name}s."
            )
        if name not in shape.properties | shape.unset:
            raise Refused(
                400, "BadRequest", f"Parsing OData Select and Expand failed: {_missing(shape, name)}"
            )
    return tuple(dict.fromkeys(["id", *names]))


def chosen(row: Document, names: Iterable[str], shape: Shape) -> Document:
    """The row with the selected properties; all of them when none is named."""
    wanted = tuple(names)
    if not wanted:
        return row
    return {name: row.get(name) for name in wanted if name in row or name in shape.unset}


def test_of(shape: Shape, request: Request) -> Test | None:
    """What `$filter` lets through; None when there is no filter. Raises Refused for what is not understood."""
    text = request.query.get("$filter", "")
    if not text:
        return None
    tests = [_clause(shape, part, request) for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE)]
    return lambda row: all(test(row) for test in tests)


def ordered(rows: list[Document], shape: Shape, request: Request) -> list[Document]:
    """The rows as `$orderby` wants them. Raises Refused; together with a filter Graph takes it only as advanced."""
    text = request.query.get("$orderby", "")
    if not text:
        return rows
    found = re.fullmatch(r"\s*(\w+)(?:\s+(asc|desc))?\s*", text)
    if found is None:
        raise Refused(400, "Request_UnsupportedQuery", f"The stand-in does not know the order '{text}'.")
    if found[1] not in shape.properties | shape.unset:
        raise Refused(400, "BadRequest", _missing(shape, found[1]))
    if found[1] not in shape.orders:
        raise Refused(400, "Request_UnsupportedQuery", f"Sorting not supported for property '{found[1]}'.")
    if "$filter" in request.query and not is_advanced(request):
        text = "Sorting not supported for current query."
        raise Refused(400, "Request_UnsupportedQuery", text)
    return sorted(rows, key=lambda row: str(row[found[1]]).lower(), reverse=found[2] == "desc")


def is_eventual(request: Request) -> bool:
    return request.headers.get("consistencylevel", "").lower() == "eventual"


def is_advanced(request: Request) -> bool:
    """An advanced query names its consistency and asks for the count."""
    return is_eventual(request) and request.query.get("$count", "").lower() == "true"


def page_size(shape: Shape, request: Request) -> int:
    """The rows of a page. Raises Refused for a `$top` that is no number from 1 to the largest."""
    text = request.query.get("$top", str(shape.page))
    if not re.fullmatch(r"\d{1,9}", text):
        raise Refused(400, "BadRequest", f"Invalid value '{text}' for $top query option found.")
    if not 1 <= int(text) <= shape.largest:
        words = f"Invalid page size specified: '{text}'. Must be between 1 and {shape.largest} inclusive."
        raise Refused(400, "Request_BadRequest", words)
    return int(text)


def token_of(begin: int) -> str:
    return f"RFNwdAIAAQAAAB{begin:08x}"


def begin_of(request: Request) -> int:
    """Where the page of `$skiptoken` begins."""
    text = request.query.get("$skiptoken", "")
    if not text:
        return 0
    found = re.fullmatch(r"RFNwdAIAAQAAAB([0-9a-f]{8})", text)
    if found is None:
        raise Refused(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
    return int(found[1], 16)


def _clause(shape: Shape, text: str, request: Request) -> Test:
    if text.strip().lower() == LICENSED and "assignedLicenses/$count" in shape.filters:
        if not is_advanced(request):
            words = "Operator 'ne' is not supported: it needs $count=true and ConsistencyLevel: eventual."
            raise Refused(400, "Request_UnsupportedQuery", words)
        return lambda row: bool(row["assignedLicenses"])
    found = _CLAUSE.fullmatch(text)
    if found is None:
        raise Refused(400, "Request_UnsupportedQuery", f"The stand-in does not know the filter '{text}'.")
    name = found["name"]
    if name not in shape.properties | shape.unset:
        raise Refused(400, "BadRequest", f"Invalid filter clause: {_missing(shape, name)}")
    equal = found["operator"].lower() == "eq"
    if name not in shape.filters or (not equal and not is_advanced(request)):
        text = f"Unsupported or invalid query filter clause specified for property '{name}'."
        raise Refused(400, "Request_UnsupportedQuery", text)
    wanted = _literal(found["value"])
    return lambda row: (_comparable(row.get(name)) == wanted) is equal


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'").lower()
    return _WORDS[text.lower()] if text.lower() in _WORDS else int(text)


def _comparable(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _missing(shape: Shape, name: str) -> str:
    return f"Could not find a property named '{name}' on type 'microsoft.graph.{shape.type_name}'."
