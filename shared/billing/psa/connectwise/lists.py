"""Reading a list of ConnectWise whole, however the server pages, or not at all.

Forward-only pages go on from the last id, so a row that is deleted meanwhile hides no other. A server that does not
know them numbers its pages: those are asked for in the order of the ids. Of a link only the place is taken where the
next page begins, never its address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests
from requests.utils import parse_header_links

from shared.billing.psa.amounts import amount
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.connectwise.asking import Api, Params
from shared.billing.psa.connectwise.shapes import WholeList, id_of
from shared.billing.psa.links import further_refused, query_of

PAGE_SIZE = 1000
MOST_PAGES = 500
_NEXT = "next"
_OTHER_PAGES = frozenset({"first", "prev", "previous", "last", "self"})
"""What else the links of a list lead to: where there are only these, nothing follows."""


@dataclass
class _Found:
    """The rows of the pages so far, each id once, and those without an id."""

    rows: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    nameless: int = 0
    pages: int = 0

    def add(self, page: list[Mapping[str, Any]]) -> bool:
        """Whether the page had anything new."""
        known = len(self.rows)
        self.pages += bool(page)
        for row in page:
            id_ = id_of(row)
            if id_ is None:
                self.nameless += 1
            else:
                self.rows[id_] = row
        return len(self.rows) > known


def read_list(api: Api, path: str, columns: str, *, counted: bool = False) -> WholeList:
    """Raises PsaUnavailable, or PsaRefused as `Api.ask` does.

    `counted` compares it with the server's own count, which is one more request.
    """
    api.wait_for_the_pace()
    list_ = _List(api, path, {"pageSize": PAGE_SIZE, "fields": columns})
    found = list_.by_ids()
    numbered = found is None
    found = found or list_.by_numbers_twice()
    if counted:
        expected = _count(api, path)
        if expected > _size(found) and not numbered:
            found = list_.by_numbers_twice()
        if expected > _size(found):
            raise PsaUnavailable(
                f"{api.site} sent {_size(found)} rows of a list that has {expected}; it is read again."
            )
    return WholeList(found.rows, found.nameless)


class _List:
    def __init__(self, api: Api, path: str, whole: dict[str, str | int]) -> None:
        self._api, self._path, self._whole = api, path, whole

    def by_ids(self) -> _Found | None:
        """Forward-only pages; None when the server numbers its pages."""
        found, params = _Found(), self._whole
        for _ in range(MOST_PAGES):
            answer = self._ask(params, further=params is not self._whole, forward_only=True)
            page = self._rows(answer)
            is_new = found.add(page)
            header = _links(answer)
            if header is None or (not header and len(page) >= PAGE_SIZE):
                return self._unlinked(found, page, is_new=is_new)
            place = _place(header)
            if place is None:
                return found
            if not is_new:
                raise self._endless()
            name, value = place
            if name != "pageId":
                return None
            params = {**self._whole, "pageId": value}
        raise self._endless()

    def _unlinked(self, found: _Found, page: list[Mapping[str, Any]], *, is_new: bool) -> _Found | None:
        """Pages that say nothing of another one: only an empty page proves the end. None: they must be numbered."""
        for _ in range(MOST_PAGES):
            if not page:
                return found
            if not is_new:
                return self._alone(found)
            if list(found.rows) != sorted(found.rows):
                return None
            page = self._rows(
                self._ask(
                    {**self._whole, "pageId": max(found.rows, default=0)}, further=True, forward_only=True
                )
            )
            is_new = found.add(page)
        raise self._endless()

    def _alone(self, found: _Found) -> _Found | None:
        """The server does not know pages by id. What it sent is the whole list when there is no second page."""
        second = self._rows(self._api.ask(self._path, {**self._whole, "orderBy": "id asc", "page": 2}))
        return None if second else found

    def by_numbers_twice(self) -> _Found:
        """A row that is deleted while pages are counted off hides another one: two reads that agree hide none."""
        found = self._by_numbers()
        if found.pages > 1 and self._by_numbers().rows.keys() != found.rows.keys():
            raise PsaUnavailable(f"{self._api.site} changed a list while it was read; it is read again.")
        return found

    def _by_numbers(self) -> _Found:
        found = _Found()
        first: list[Mapping[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            params = {**self._whole, "orderBy": "id asc", "page": number}
            answer = self._ask(params, further=number > 1)
            page, header = self._rows(answer), _links(answer)
            if not page or (page == first and not header and len(page) < PAGE_SIZE):
                return found  # the end; or a server without pages, which sends the whole each time
            is_new = found.add(page)
            if header and _place(header) is None:
                return found
            if not is_new:
                raise self._endless()
            first = first or page
        raise self._endless()

    def _ask(self, params: Params, *, further: bool, forward_only: bool = False) -> requests.Response:
        """A refusal of a further page says nothing of the question, whose first page was not refused."""
        try:
            return self._api.ask(self._path, params, forward_only=forward_only)
        except PsaRefused as refused:
            raise (further_refused(refused) if further else refused) from None

    def _rows(self, answer: requests.Response) -> list[Mapping[str, Any]]:
        return rows_of(self._api, answer)

    def _endless(self) -> PsaUnavailable:
        return PsaUnavailable(f"{self._api.site} sent a list that goes on without anything new.")


def rows_of(api: Api, answer: requests.Response) -> list[Mapping[str, Any]]:
    """The rows of one page. Raises PsaUnavailable."""
    rows = api.json(answer)
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    raise PsaUnavailable(f"{api.site} sent something else than a list of rows.")


def _links(answer: requests.Response) -> str | None:
    """The answer's header of links. ConnectWise sends an empty one with the last forward-only page."""
    header = answer.headers.get("Link")
    return None if header is None else header.strip()


def _place(header: str) -> tuple[str, str] | None:
    """Where the next page begins; None when there is no next page. Raises PsaUnavailable."""
    link = _next_link(header) if header else None
    if link is None:
        return None
    asked = query_of(link)
    for name in ("pageId", "page"):
        value = asked.get(name.lower(), "")
        if value.isascii() and value.isdecimal():
            return name, value
    raise PsaUnavailable("ConnectWise sent a list that goes on at a place that is not understood.")


def _next_link(header: str) -> str | None:
    """The link to the next page; None when all links say what else they are. Raises PsaUnavailable.

    https://www.rfc-editor.org/rfc/rfc8288#section-3.3: relations are words in any case, several in one link.
    """
    links = [(link.get("url", ""), _relations(link)) for link in parse_header_links(header)]
    if (following := next((url for url, words in links if _NEXT in words), None)) is not None:
        return following
    if all(words for _, words in links) and any(words & _OTHER_PAGES for _, words in links):
        return None
    raise PsaUnavailable("ConnectWise sent a list with links to other pages that are not understood.")


def _relations(link: Mapping[str, str]) -> frozenset[str]:
    words = next((words for name, words in link.items() if name.lower() == "rel"), "")
    return frozenset(words.lower().split())


def _count(api: Api, path: str) -> int:
    """How many rows there are by the server's own word; 0 when it has none."""
    answer = api.send(f"{path}/count", {})
    body = api.json(answer) if answer.status_code == HTTPStatus.OK else None
    count = amount(body.get("count")) if isinstance(body, dict) else None
    return int(count) if count is not None else 0


def _size(found: _Found) -> int:
    return len(found.rows) + found.nameless
