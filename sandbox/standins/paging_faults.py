"""Faults of content in the answers of vendors other than Graph: rows, next links, empty lists."""

import json
from typing import Any

from sandbox.standins.faults import Fault, What
from sandbox.standins.protocol import Answer, Request
from sandbox.standins.vendors.graph_rows import with_odd_date

_MARK = b"\xef\xbb\xbf"


def with_content_faults(answer: Answer, request: Request, hits: list[Fault]) -> Answer:
    """Spoil a list: an array with a Link header (ConnectWise), or one that has a name in the answer."""
    if answer.status != 200:
        return answer
    raw = answer.raw()
    try:
        content = json.loads(raw.removeprefix(_MARK))
    except ValueError:
        return answer
    named = _list_name(content)
    rows = content if isinstance(content, list) else content.get(named)
    if not isinstance(rows, list):
        return answer
    for hit in hits:
        rows = _rows(rows, hit)
        _links(answer, content, request, hit)
    if isinstance(content, dict):
        content[named] = rows
        answer.body = _MARK * raw.startswith(_MARK) + json.dumps(content).encode()
    else:
        answer.body = rows
    return answer


def _list_name(content: Any) -> str:
    """`items` of Partner Center, `value` of Exchange; Halo calls each list otherwise."""
    if isinstance(content, dict) and "record_count" in content:
        return next((name for name, value in content.items() if isinstance(value, list)), "items")
    return "value" if isinstance(content, dict) and "value" in content else "items"


def _rows(rows: list[Any], hit: Fault) -> list[Any]:
    if hit.what in (What.EMPTY_LIST, What.EMPTY_PAGE):
        return []
    if hit.what is What.DUPLICATE_ROW and rows:
        return [*rows, rows[-1]]
    if hit.what is What.ODD_DATE and rows and isinstance(rows[0], dict):
        return [with_odd_date(rows[0], hit.value), *rows[1:]]
    if hit.what in _QUANTITY and rows and isinstance(rows[0], dict) and "quantity" in rows[0]:
        wrong = dict(rows[0])
        if hit.what is What.MISSING_COUNT:
            del wrong["quantity"]
        else:
            wrong["quantity"] = _QUANTITY[hit.what]
        return [wrong, *rows[1:]]
    return rows


_QUANTITY = {What.NULL_COUNT: None, What.NEGATIVE_COUNT: -1.0, What.MISSING_COUNT: None}


def _links(answer: Answer, content: Any, request: Request, hit: Fault) -> None:
    if hit.what not in (What.LOOPING_PAGE, What.FOREIGN_PAGE, What.EMPTY_PAGE):
        return
    host = f"{request.host}.attacker.example" if hit.what is What.FOREIGN_PAGE else request.host
    query = f"?{request.raw_query}" if request.raw_query else ""
    if isinstance(content, list):
        answer.headers["Link"] = f'<https://{host}{request.path}{query}>; rel="next"'
        return
    if "record_count" in content:
        return  # Halo's pages are asked for by number: no answer leads on
    if "value" in content:
        content["@odata.nextLink"] = f"https://{host}{request.path}{query}"
        return
    here = (
        f"https://{host}{request.path}{query}" if hit.what is What.FOREIGN_PAGE else f"{request.path}{query}"
    )
    token = request.headers.get("ms-continuationtoken", "WzAsMV0=")
    header = {"key": "MS-ContinuationToken", "value": token}
    content.setdefault("links", {})["next"] = {"uri": here, "method": "GET", "headers": [header]}
