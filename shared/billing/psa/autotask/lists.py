"""Lists of Autotask, whole or not at all: pages of 500, of which only the place is taken from the answer."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from shared.billing.psa.amounts import amount
from shared.billing.psa.autotask.asking import Api
from shared.billing.psa.base import PsaUnavailable

_PAGE = 500
_PAGES_MOST = 400

type Row = dict[str, Any]
type Condition = dict[str, object]


def eq(field: str, value: object) -> Condition:
    return {"op": "eq", "field": field, "value": value}


EVERY: Condition = {"op": "gte", "field": "id", "value": 0}


def read_list(api: Api, entity: str, *conditions: Condition, counted: bool = False) -> dict[int, Row]:
    """Every matching row by id. Raises PsaUnavailable or PsaRefused.

    `counted`: the server's own count is asked for, so that rows that got lost on the way are missed.
    """
    asked = json.dumps({"MaxRecords": _PAGE, "filter": list(conditions)})
    found: dict[int, Row] = {}
    path, params = f"{entity}/query", {"search": asked}
    for _ in range(_PAGES_MOST):
        body = api.ask(path, params)
        fresh = [row for row in _rows(body) if row["id"] not in found]
        found |= {row["id"]: row for row in fresh}
        place = _place(body)
        if not place:
            _check(api, entity, conditions, len(found) if counted else None)
            return found
        if not fresh:
            break
        path, params = f"{entity}/query/next", {"paging": place, "search": asked}
    raise PsaUnavailable("Autotask sent a list that goes on without anything new.")


def _rows(body: object) -> Sequence[Row]:
    rows = body.get("items") if isinstance(body, dict) else None
    whole = isinstance(rows, list) and all(isinstance(row, dict) and _is_id(row.get("id")) for row in rows)
    if not isinstance(rows, list) or not whole:
        raise PsaUnavailable("Autotask sent something else than a list of rows with ids.")
    return rows


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _place(body: Any) -> str:
    """Where the next page begins; "" when this is the last one. Raises PsaUnavailable."""
    details = body.get("pageDetails")
    if not isinstance(details, dict):
        raise PsaUnavailable("Autotask sent a list that does not say whether it goes on.")
    link = details.get("nextPageUrl")
    if not link:
        return ""
    asked = {name.lower(): values[-1] for name, values in parse_qs(urlsplit(str(link)).query).items()}
    if not asked.get("paging"):
        raise PsaUnavailable("Autotask sent a list that goes on at a place that is not understood.")
    return asked["paging"]


def count_of(api: Api, entity: str, *conditions: Condition) -> Decimal | None:
    """By Autotask's own count; None when it says none."""
    told = api.ask(f"{entity}/query/count", {"search": json.dumps({"filter": list(conditions)})})
    return amount(told.get("queryCount")) if isinstance(told, dict) else None


def _check(api: Api, entity: str, conditions: Sequence[Condition], found: int | None) -> None:
    if found is None:
        return
    count = count_of(api, entity, *conditions)
    if count is not None and count > found:
        raise PsaUnavailable(f"Autotask has {count} rows of {entity} and sent {found}.")
