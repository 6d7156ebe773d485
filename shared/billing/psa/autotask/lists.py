"""Lists of Autotask, whole or not at all: pages of 500, of which only the place is taken from the answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shared.billing.psa.amounts import amount, row_id
from shared.billing.psa.autotask.asking import Api
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.links import further_refused, query_of

_PAGE = 500
_PAGES_MOST = 400

type Row = dict[str, Any]
type Condition = dict[str, object]


def eq(field: str, value: object) -> Condition:
    return {"op": "eq", "field": field, "value": value}


EVERY: Condition = {"op": "gte", "field": "id", "value": 0}


@dataclass(slots=True)
class Rows:
    """Every row of a list, by id."""

    by_id: dict[int, Row] = field(default_factory=dict)
    nameless: int = 0
    """Rows whose very id is not understood."""

    def add(self, page: Sequence[Row]) -> bool:
        """Whether the page had anything new."""
        known = len(self)
        for row in page:
            id_ = id_of(row)
            if id_ is None:
                self.nameless += 1
            else:
                self.by_id.setdefault(id_, {**row, "id": id_})
        return len(self) > known

    def __len__(self) -> int:
        return len(self.by_id) + self.nameless


def id_of(row: Mapping[str, Any], name: str = "id") -> int | None:
    """The id of a row, or of another one that it names; None when it is not understood. The MSP itself is company 0."""
    return row_id(row.get(name), lowest=0)


def read_list(api: Api, entity: str, *conditions: Condition, counted: bool = False) -> dict[int, Row]:
    """Every matching row by id, as `read_rows` reads them; one without an id is no whole list."""
    found = read_rows(api, entity, *conditions, counted=counted)
    if found.nameless:
        which = " and ".join(f"{each['field']} {each['value']}" for each in conditions)
        raise PsaUnavailable(f"Autotask sent a row of {entity} ({which}) without an id that is understood.")
    return found.by_id


def read_rows(api: Api, entity: str, *conditions: Condition, counted: bool = False) -> Rows:
    """Every matching row. Raises PsaUnavailable or PsaRefused.

    `counted`: the server's own count is asked for, so that rows that got lost on the way are missed.
    """
    asked = json.dumps({"MaxRecords": _PAGE, "filter": list(conditions)})
    found = Rows()
    path, params = f"{entity}/query", {"search": asked}
    for _ in range(_PAGES_MOST):
        try:
            body = api.ask(path, params)
        except PsaRefused as refused:
            raise (further_refused(refused) if len(found) else refused) from None
        is_new = found.add(_rows(body))
        place = _place(body)
        if not place:
            _check(api, entity, conditions, len(found) if counted else None)
            return found
        if not is_new:
            break
        path, params = f"{entity}/query/next", {"paging": place, "search": asked}
    raise PsaUnavailable("Autotask sent a list that goes on without anything new.")


def _rows(body: object) -> Sequence[Row]:
    rows = body.get("items") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PsaUnavailable("Autotask sent something else than a list of rows.")
    return rows


def _place(body: Any) -> str:
    """Where the next page begins; "" when this is the last one. Raises PsaUnavailable."""
    details = body.get("pageDetails")
    if not isinstance(details, dict):
        raise PsaUnavailable("Autotask sent a list that does not say whether it goes on.")
    link = details.get("nextPageUrl", "")
    if link is None:
        return ""
    place = query_of(link).get("paging") if isinstance(link, str) else None
    if not place:
        raise PsaUnavailable("Autotask sent a list that goes on at a place that is not understood.")
    return place


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
