"""The stand-in of Syncro: customers, products, and invoice schedules with line items."""

import re
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State

_PAGE = 25
_LINE = {"product_id": None, "quantity": None, "description": "", "retail_cents": None, "taxable": True}
_ROW_KINDS = {"customers": "syncro_customer", "products": "syncro_product", "schedules": "syncro_schedule"}


class Syncro:
    """One Syncro account. Its documents are put by who begins a world with it."""

    name = "syncro"
    hosts = frozenset({"acme.syncromsp.com"})

    def __init__(self, state: State) -> None:
        self._state = state

    def call(self, request: Request) -> Call:
        way = "syncro.read" if request.method == "GET" else "syncro.write"
        return Call(f"{way}.{[*request.path.split('/'), '', '', ''][3]}", counted_as=way)

    def answer(self, request: Request, call: Call) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self._state.get('syncro', 'site')['token']}":
            return Answer(401, {"error": "Unauthorized"})
        parts = request.path.removeprefix("/api/v1/").split("/")
        match request.method, parts:
            case "GET", [name] if name in _ROW_KINDS:
                return self._page(request, name)
            case "GET", ["schedules", number]:
                found = self._state.find("syncro_schedule", number)
                return Answer(200, {"schedule": _shown(found)}) if found else _missing()
            case "PUT", ["schedules", number, "line_items", line]:
                return self._write(number, line, request.json())
            case "POST", ["schedules", number, "add_line_item"]:
                return self._write(number, "", request.json())
            case "POST", ["schedules", number, "remove_line_item"]:
                return self._remove(number, request.json())
        return _missing()

    def throttled(self, retry_after: int | None) -> Answer:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(429, {"error": "Rate limit exceeded"}, headers)

    def failing(self, status: int) -> Answer:
        return Answer(status, {"error": ["Something is wrong."]})

    def _page(self, request: Request, name: str) -> Answer:
        number = request.query.get("page", "1")
        if set(request.query) - {"page"} or not re.fullmatch(r"[1-9]\d*", number):
            return Answer(422, {"error": ["This parameter is not supported."]})
        rows = [_shown(row) if name == "schedules" else row for row in self._state.all(_ROW_KINDS[name])]
        first = (int(number) - 1) * _PAGE
        return Answer(200, {name: rows[first : first + _PAGE], "meta": {"page": int(number)}})

    def _write(self, number: str, line: str, body: Any) -> Answer:
        schedule = self._state.find("syncro_schedule", number)
        if schedule is None or (line and line not in schedule["lines"]):
            return _missing()
        if not isinstance(body, dict) or (unknown := set(body) - set(_LINE)):
            return Answer(422, {"error": [f"Unknown: {unknown if isinstance(body, dict) else body}"]})
        id_ = line or str(self._state.get("syncro", "site")["next_line"])
        before = schedule["lines"].get(line) or {**_LINE, **self._price(body), "id": int(id_)}
        if not isinstance(body.get("quantity", 0), int | float):
            return Answer(422, {"error": ["quantity is not a number"]})
        after = before | body
        self._state.change("syncro_schedule", number, lambda found: found["lines"].update({id_: after}))
        if not line:
            self._state.change("syncro", "site", lambda site: site.update(next_line=int(id_) + 1))
        return Answer(200, {"schedule_line_item": _shown_line(after)})

    def _price(self, body: Document) -> Document:
        product = self._state.find("syncro_product", str(body.get("product_id")))
        return {"retail_cents": round(float(product["price_retail"]) * 100)} if product else {}

    def _remove(self, number: str, body: Any) -> Answer:
        if self._state.find("syncro_schedule", number) is None or not isinstance(body, dict):
            return _missing()
        line = str(body.get("line_item_id"))
        self._state.change("syncro_schedule", number, lambda found: found["lines"].pop(line, None))
        return Answer(200, {"success": True})


def _shown(schedule: Document) -> Document:
    return {**schedule, "lines": [_shown_line(line) for line in schedule["lines"].values()]}


def _shown_line(line: Document) -> Document:
    return {**line, "quantity": f"{float(line['quantity']):.2f}"}


def _missing() -> Answer:
    return Answer(404, {"error": "Not found"})
