"""Queries of Autotask: filters, pages of at most 500, and the address of the next page."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document
from sandbox.standins.vendors.autotask.refusals import Refused

_MOST = 500
_KNOWN = frozenset({"filter", "maxrecords", "includefields"})


def search_of(request: Request) -> Document:
    """What is asked for, from the address or the body. Raises Refused."""
    try:
        asked: Any = json.loads(request.query["search"]) if "search" in request.query else request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("filter"), list) or not asked["filter"]:
        raise Refused("The query must have a filter.")
    known: Document = {str(name).lower(): value for name, value in asked.items()}
    if unknown := known.keys() - _KNOWN:
        raise Refused(f"The stand-in does not know {', '.join(sorted(unknown))}.", 400)
    return known


def matching(asked: Document, rows: Sequence[Document], entity: str) -> list[Document]:
    return [row for row in rows if all(_matches(item, row, entity) for item in asked["filter"])]


def answer_page(
    request: Request, asked: Document, rows: list[Document], site: Document, entity: str
) -> Answer:
    """One page in the order of ids; `rows` match already."""
    size = asked.get("maxrecords", _MOST)
    if not isinstance(size, int) or not 1 <= size <= _MOST:
        raise Refused("MaxRecords must be between 1 and 500.")
    size = min(size, site["habits"].get("largest_page", _MOST))
    after = _place(request)
    rows = sorted((row for row in rows if row["id"] > after), key=lambda row: row["id"])
    page, more = rows[:size], len(rows) > size
    url = None
    if more:
        paging = quote(json.dumps({"pageSize": size, "nextIds": [page[-1]["id"]]}))
        search = quote(json.dumps({"filter": asked["filter"]}))
        url = (
            f"https://{site['zone']}/ATServicesRest/V1.0/{entity}/query/next?paging={paging}&search={search}"
        )
    details = {"count": len(page), "requestCount": size, "prevPageUrl": None, "nextPageUrl": url}
    return Answer(200, {"items": [_trimmed(row, asked) for row in page], "pageDetails": details})


def _place(request: Request) -> int:
    if "paging" not in request.query:
        return -1
    try:
        return int(json.loads(request.query["paging"])["nextIds"][-1])
    except (ValueError, KeyError, IndexError, TypeError):
        raise Refused("The paging is not understood.") from None


def _trimmed(row: Document, asked: Document) -> Document:
    wanted = asked.get("includefields")
    if not wanted:
        return row
    chosen = {str(name).lower() for name in wanted} | {"id"}
    return {name: value for name, value in row.items() if name.lower() in chosen}


def _matches(item: Any, row: Document, entity: str) -> bool:
    if not isinstance(item, dict):
        raise Refused("A filter is a list of conditions.")
    op = str(item.get("op", "")).lower()
    if op in ("or", "and"):
        told = [_matches(inner, row, entity) for inner in item.get("items", [])]
        return any(told) if op == "or" else all(told)
    field = next((name for name in row if name.lower() == str(item.get("field", "")).lower()), None)
    if field is None:
        raise Refused(f"Unable to find {item.get('field')} in the {entity} Entity.")
    return _compare(op, row[field], item.get("value"))


def _compare(op: str, have: Any, wanted: Any) -> bool:
    if op in ("exist", "notexist"):
        return (have is not None) is (op == "exist")
    if op in ("in", "notin"):
        if not isinstance(wanted, list) or len(wanted) > _MOST:
            raise Refused("A list of at most 500 values is needed.")
        return (have in wanted) is (op == "in")
    if op in ("eq", "noteq"):
        return bool(have == wanted) is (op == "eq")
    if isinstance(have, str) and isinstance(wanted, str):
        have, wanted = have.lower(), wanted.lower()
        if op == "contains":
            return bool(wanted in have)
        if op == "beginswith":
            return bool(have.startswith(wanted))
    if type(have) is not type(wanted) or op not in ("gt", "gte", "lt", "lte"):
        raise Refused(f"The condition {op} does not fit.")
    return bool({"gt": have > wanted, "gte": have >= wanted, "lt": have < wanted, "lte": have <= wanted}[op])
