"""Friendly names of SKUs: Microsoft's own file, fetched at run time; behind it a few of our own, then the part number.

Source: learn.microsoft.com/entra/identity/users/licensing-service-plan-reference (the CSV linked there).
"""

import csv
import gzip
import io
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.errors import RetryLater
from shared.http.client import Http, Throttled, Unreachable
from shared.licensing.fallback_names import FALLBACK_NAMES
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.tables import Put, Tables

ADDRESS = (
    "https://download.microsoft.com/download/e/3/e/e3e9faf2-f28b-490a-9ada-c6089a1fc5b0/"
    "Product%20names%20and%20service%20plan%20identifiers%20for%20licensing.csv"
)
FRESH_FOR = timedelta(days=7)
_NAME, _SKU = "Product_Display_Name", "GUID"


class NamesState(Document):
    """When the file was last fetched and last tried (UTC)."""

    fetched_at: datetime | None = None
    tried_at: datetime | None = None


class ProductNames(Document):
    names: dict[str, str]


class Names:
    """Looks up the name of a SKU; never fails, since a part number is a name too."""

    def __init__(self, fetched: Mapping[str, str]) -> None:
        self._fetched = fetched

    def __call__(self, sku_id: str, part_number: str) -> str:
        sku_id = sku_id.lower()
        return self._fetched.get(sku_id) or FALLBACK_NAMES.get(sku_id) or part_number or sku_id


def is_due(tables: Tables, now: datetime) -> bool:
    """Weekly; after a failed try once a day."""
    row = tables.get(keys.product_names())
    state = row.read(NamesState) if row else NamesState()
    if state.fetched_at is not None and now - state.fetched_at < FRESH_FOR:
        return False
    return state.tried_at is None or now - state.tried_at >= timedelta(days=1)


def refresh(http: Http, tables: Tables, blobs: Blobs, now: datetime) -> int:
    """Fetch Microsoft's file and keep it; the number of SKUs in it. What was kept stays when this fails.

    Raises RetryLater when Microsoft asks for a pause, Unreachable when the file cannot be had or read: it is due again
    tomorrow.
    """
    row = tables.get(keys.product_names())
    before = row.read(NamesState) if row else NamesState()
    tables.commit([Put(keys.product_names(), before.model_copy(update={"tried_at": now}))])
    try:
        answer = http.read("GET", ADDRESS)
    except Throttled as throttled:
        raise RetryLater(throttled.after, "Microsoft's file of product names") from throttled
    if answer.status_code != 200:
        raise Unreachable(f"Microsoft's file of product names: status {answer.status_code}")
    names = parse(answer.content)
    document = ProductNames(names=names)
    blobs.put(keys.product_names_blob(), gzip.compress(document.body(), mtime=0))
    tables.commit([Put(keys.product_names(), NamesState(fetched_at=now, tried_at=now))])
    return len(names)


def parse(data: bytes) -> dict[str, str]:
    """SKU id -> name; the file has one row per SKU and service plan, a byte-order mark, and stray blanks.

    Raises Unreachable when it is not that file.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    table = csv.DictReader(io.StringIO(text))
    try:
        columns, rows = set(table.fieldnames or ()), list(table)
    except csv.Error:
        raise Unreachable("Microsoft's file of product names is no table") from None
    if not {_NAME, _SKU} <= columns:
        raise Unreachable("Microsoft's file of product names has other columns than documented")
    names: dict[str, str] = {}
    for row in rows:
        sku, name = (row[_SKU] or "").strip().lower(), (row[_NAME] or "").strip()
        if sku and name:
            names.setdefault(sku, name)
    if not names:
        raise Unreachable("Microsoft's file of product names is empty")
    return names


def load(blobs: Blobs) -> Names:
    data = blobs.get(keys.product_names_blob())
    return Names(ProductNames.model_validate_json(gzip.decompress(data)).names if data else {})
