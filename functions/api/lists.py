"""Lists: page after page by a signed cursor, or whole as CSV."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any, get_args

from fastapi import Depends, Query, Request, Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel

from functions.api.models import Shown
from functions.api.principal import Principal
from functions.api.problems import Refused
from shared.text import no_formula

MOST = 1000
USUAL = 100
MOST_IN_CSV = 100_000
_SALT = "seatwise.cursor.1"


class Page[T](Shown):
    """A part of a list. `next` is the cursor of the next page, null at the end."""

    items: list[T]
    next: str | None = None


class Paging:
    """Which part of a list is asked for, and in which form."""

    def __init__(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of a page")] = USUAL,
        cursor: Annotated[str, Query(max_length=1000, description="`next` of the page before")] = "",
    ) -> None:
        self._request, self._limit, self._cursor = request, limit, cursor

    @cached_property
    def wants_csv(self) -> bool:
        """It is named, and not as what is not wanted (`;q=0`)."""
        wanted = [
            kind.replace(" ", "").lower() for kind in self._request.headers.get("accept", "").split(",")
        ]
        return any(kind.startswith("text/csv") and not re.search(r";q=0(\.0*)?$", kind) for kind in wanted)

    def after(self, asking: Principal, name: str) -> str:
        """The key behind which this page begins. Raises Refused for a cursor of another list or account."""
        if not self._cursor:
            return ""
        try:
            account, of, key = _serializer(asking).loads(self._cursor)
        except (BadData, ValueError, TypeError):
            account = of = key = None
        if account != asking.account or of != name or not isinstance(key, str):
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "bad_cursor",
                "This cursor belongs to another list. Begin at the first page.",
                "cursor",
            )
        return key

    def answer[T: BaseModel](
        self, asking: Principal, name: str, rows: Iterable[tuple[str, T]]
    ) -> Page[T] | Response:
        """`rows` are key and row from `after` on, in the list's order; only those of one page are taken."""
        if self.wants_csv:
            return as_csv(name, self._row_model(), (row for _, row in islice(rows, MOST_IN_CSV)))
        found = list(islice(rows, self._limit + 1))
        page = found[: self._limit]
        more = len(found) > self._limit
        following = _serializer(asking).dumps([asking.account, name, page[-1][0]]) if more else None
        return Page[T](items=[row for _, row in page], next=str(following) if following else None)

    def _row_model(self) -> type[BaseModel]:
        """Of the rows of the route's `Page`: the columns of an empty list, too."""
        page: type[BaseModel] = self._request.scope["route"].response_model
        [row] = get_args(page.model_fields["items"].annotation)
        model: type[BaseModel] = row
        return model

    def answer_all[T: BaseModel](
        self, asking: Principal, name: str, rows: Iterable[tuple[str, T]]
    ) -> Page[T] | Response:
        """As `answer`, for a list that is small, or that must be sorted whole: it skips to `after` itself.

        The keys must be in the list's order.
        """
        after = self.after(asking, name)
        return self.answer(asking, name, ((key, row) for key, row in rows if key > after))


type Pages = Annotated[Paging, Depends(Paging)]

CSV: dict[int | str, dict[str, Any]] = {
    HTTPStatus.OK.value: {"content": {"text/csv": {"schema": {"type": "string"}}}}
}
"""For the `responses` of a list's route."""


def _serializer(asking: Principal) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(reversed(asking.wired.signing_keys)),
        salt=_SALT,
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )


def as_csv(name: str, of: type[BaseModel], rows: Iterable[BaseModel]) -> Response:
    """Every row under the names of its fields; a text that a spreadsheet would take for a formula is quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    columns = [field.serialization_alias or name for name, field in of.model_fields.items()]
    writer.writerow(columns)
    for row in rows:
        values = row.model_dump(mode="json", by_alias=True)
        writer.writerow([_cell(values[column]) for column in columns])
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"},
    )


def _cell(value: Any) -> str | int | float:
    """Numbers stay numbers; a text that begins as a formula does gets an apostrophe before it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return value
        case list() | dict():
            return _cell(json.dumps(value, ensure_ascii=False)) if value else ""
    return no_formula(str(value))


def descending(at: datetime, name: str) -> str:
    """A key that sorts the newest first, for a list that is ordered by time."""
    return f"{99_999_999_999_999_999 - round(at.timestamp() * 1_000_000):017d}|{name}"


def by_name(name: str, id_: str) -> str:
    """A key for a list that is ordered by a name; the id tells two of the same name apart."""
    return f"{name.casefold()}\n{id_}"


def keyed[T](rows: Iterable[T]) -> Iterator[tuple[str, T]]:
    """Rows in their order, by number: for short lists that do not change while somebody pages."""
    return ((f"{number:06d}", row) for number, row in enumerate(rows))
