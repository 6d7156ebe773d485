"""What differs from one Halo instance to the next."""

from typing import Any

from sandbox.standins.state import Document
from sandbox.standins.texts import Texts

DEFAULTS: Document = {
    "retry_after": 0,
    "largest_page": 100,
    "pages_by_number": True,
    "record_count": "right",
    "keeps_reference": True,
    "prices_new_lines": True,
    "forgets_to_apply": False,
    "texts": Texts.KEPT,
}
"""`retry_after`: seconds that a 429 names, 0 = none. `record_count`: right, zero, or page (of this page alone)."""


def habit(site: Document, name: str) -> Any:
    """What a control set for this instance, or what is usual."""
    return site["habits"].get(name, DEFAULTS[name])
