"""Reading a list of Halo whole, or not at all.

Its count of rows cannot be relied on, pages are smaller than asked for, and the name of a list differs: pages are asked
for until one is empty or brings nothing new. The count is looked at only where no empty page proves the end.
"""

from collections.abc import Mapping
from typing import Any

from shared.billing.psa.amounts import whole
from shared.billing.psa.base import PsaUnavailable
from shared.billing.psa.halo.asking import Api, Params
from shared.billing.psa.halo.rows import WholeList, id_of

PAGE_SIZE = 100
"""More is not honoured."""
MOST_PAGES = 1000


def read_list(api: Api, path: str) -> WholeList:
    """Raises PsaUnavailable, or PsaRefused as `Api.ask` does."""
    api.wait_for_the_pace()
    found, pages = _by_numbers(api, path)
    # A row that is deleted while pages are counted off hides another one: two reads that agree hide none.
    if pages > 1 and _by_numbers(api, path)[0].rows.keys() != found.rows.keys():
        raise PsaUnavailable(f"{api.site} changed a list while it was read; it is read again.")
    return found


def _by_numbers(api: Api, path: str) -> tuple[WholeList, int]:
    rows: dict[int, Mapping[str, Any]] = {}
    nameless = most = 0
    last: list[Mapping[str, Any]] = []
    for number in range(1, MOST_PAGES + 1):
        api.keep_the_pace()
        page, count = _page(api, path, number, PAGE_SIZE)
        known = {id_: row for row in page if (id_ := id_of(row)) is not None}
        without_id = sum(1 for row in page if id_of(row) is None)
        is_new = bool(known.keys() - rows.keys()) or without_id > 0
        most = max(most, count)
        if not page or page == last or not is_new:
            found = WholeList(rows, nameless)
            _check_end(api, page, found, most)
            return found, number - 1
        rows |= known
        nameless += without_id
        last = page
    raise PsaUnavailable(f"{api.site} sent a list that goes on without an end.")


def _check_end(api: Api, page: list[Mapping[str, Any]], found: WholeList, count: int) -> None:
    """An empty page behind others is the end, whatever is counted. A repeated one may be the first of a server that
    knows no others, and a list without rows one that could not be read. Raises PsaUnavailable.
    """
    size = len(found.rows) + found.nameless
    if size and not page:
        return
    if count > size or (len(page) == PAGE_SIZE and count != size):
        raise PsaUnavailable(f"{api.site} sent {size} rows of a list that may have more; it is read again.")


def page_of(api: Api, path: str, number: int, size: int, of: Params | None = None) -> list[Mapping[str, Any]]:
    """One page in the order of the ids. Raises PsaUnavailable, or PsaRefused as `Api.ask` does."""
    return _page(api, path, number, size, of)[0]


def _page(
    api: Api, path: str, number: int, size: int, of: Params | None = None
) -> tuple[list[Mapping[str, Any]], int]:
    """With how many rows the list has by Halo's own count; 0 where it says none."""
    params: Params = {"pageinate": "true", "page_size": size, "page_no": number, "order": "id", **(of or {})}
    body = api.ask(path, params)
    rows = rows_of(body)
    if rows is None:
        raise PsaUnavailable(f"{api.site} sent something else than a list of rows.")
    count = whole(body.get("record_count")) if isinstance(body, dict) else None
    return rows, count or 0


def rows_of(body: Any) -> list[Mapping[str, Any]] | None:
    """A bare list, or the only list of an object, whatever its name; None: it is something else."""
    lists = (
        [value for value in body.values() if isinstance(value, list)] if isinstance(body, dict) else [body]
    )
    if len(lists) != 1 or not isinstance(lists[0], list):
        return None
    return lists[0] if all(isinstance(row, dict) for row in lists[0]) else None
