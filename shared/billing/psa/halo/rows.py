"""Rows as Halo sends them: a field that is not understood costs its own row, never the list. No network."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from shared.billing.psa.amounts import row_id
from shared.http.json_text import whole_text


@dataclass(frozen=True, slots=True)
class WholeList:
    """Every row of a list, by id."""

    rows: Mapping[int, Mapping[str, Any]]
    nameless: int
    """Rows whose very id is not understood."""


def id_of(row: Mapping[str, Any]) -> int | None:
    """The id of a row; None when it is not understood."""
    return row_id(row.get("id"))


def _text(value: object) -> object:
    return whole_text(value) if isinstance(value, str) else ""


def none_is_empty(value: object) -> object:
    return [] if value is None else value


type Text = Annotated[str, BeforeValidator(_text)]
"""For show only: whatever is no text is none."""
type Rows = Annotated[list[dict[str, Any]], BeforeValidator(none_is_empty)]


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int = 0


def read_row[R: Row](shape: type[R], row: Mapping[str, Any]) -> tuple[R, set[str]]:
    """The row with what of it is understood, and the names of the fields that are not."""
    row = {**row, "id": id_of(row) or 0}
    try:
        return shape.model_validate(row), set()
    except ValidationError as error:
        odd = {str(one["loc"][0]) for one in error.errors()}
        return shape.model_validate({name: value for name, value in row.items() if name not in odd}), odd
