"""Lists of Halo: pages by number, a key that differs by list, and a count that cannot be relied on."""

import re

from sandbox.standins.protocol import Answer, Request
from sandbox.standins.state import Document
from sandbox.standins.vendors.halo.habits import habit
from sandbox.standins.vendors.halo.refusals import Refused

_PAGING = frozenset({"pageinate", "page_no", "page_size", "order", "orderdesc"})
_DEFAULT_PAGE = 50


def check_parameters(request: Request, known: frozenset[str] = frozenset()) -> None:
    """Refuse a parameter that would be ignored."""
    for name in request.query:
        if name not in known:
            raise Refused(400, f"The parameter '{name}' is not supported.")


def answer_list(
    request: Request, site: Document, key: str, rows: list[Document], filters: frozenset[str] = frozenset()
) -> Answer:
    """One page under `key`, with the count. Raises Refused."""
    check_parameters(request, _PAGING | filters | {"count"})
    if request.query.get("order", "id") != "id":
        raise Refused(400, "The stand-in orders by id only.")
    rows = sorted(rows, key=lambda row: int(row["id"]), reverse=flag(request, "orderdesc"))
    page = (
        rows[: whole(request, "count", len(rows))] if "count" in request.query else _page(request, site, rows)
    )
    counted = {"right": len(rows), "zero": 0, "page": len(page)}[habit(site, "record_count")]
    return Answer(200, {"record_count": counted, key: page})


def _page(request: Request, site: Document, rows: list[Document]) -> list[Document]:
    if not flag(request, "pageinate"):
        return rows
    size = min(whole(request, "page_size", _DEFAULT_PAGE), habit(site, "largest_page"))
    number = whole(request, "page_no", 1) if habit(site, "pages_by_number") else 1
    if size < 1 or number < 1:
        raise Refused(400, "page_size and page_no begin with 1.")
    return rows[(number - 1) * size : number * size]


def flag(request: Request, name: str) -> bool:
    text = request.query.get(name, "false").lower()
    if text not in ("true", "false"):
        raise Refused(400, f"{name} is true or false.")
    return text == "true"


def whole(request: Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text):
        raise Refused(400, f"{name} must be a whole number.")
    return int(text)
