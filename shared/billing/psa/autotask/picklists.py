"""The values that a field of Autotask may have: each database has its own. No network."""

from collections.abc import Mapping, Sequence
from typing import Any


def picklists(told: object) -> dict[str, Sequence[Mapping[str, Any]]]:
    """By the name of their field, of an answer about an entity's fields. What of it is not understood costs itself."""
    fields = told.get("fields") if isinstance(told, dict) else None
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for field in fields if isinstance(fields, list) else ():
        name, values = (
            (field.get("name"), field.get("picklistValues")) if isinstance(field, dict) else (None, None)
        )
        if isinstance(name, str) and isinstance(values, list):
            found[name] = [value for value in values if isinstance(value, dict)]
    return found
