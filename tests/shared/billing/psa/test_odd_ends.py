"""An odd answer to "is there more?" is no end: a list of which a part was read must not look like the whole."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import requests

from sandbox.standins.protocol import Request
from shared.billing.psa.base import PsaUnavailable
from tests.shared.billing.standin_world import AGREEMENT, StandInWorld

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
MISSING = object()


class BentWorld(StandInWorld):
    """On its way the answer to each question for a list becomes another one."""

    bent: Callable[[Request, Any], Any] = staticmethod(lambda _, told: told)
    status_of: Callable[[Request], int] | None = None

    def _answered(self, request: Request) -> requests.Response:
        answer = super()._answered(request)
        answer.raw = BytesIO(json.dumps(self.bent(request, json.loads(answer.raw.read()))).encode())
        if self.status_of is not None:
            answer.status_code = self.status_of(request)
        return answer


# Autotask


@pytest.mark.parametrize(
    "link",
    [
        *(MISSING, "", " ", 0, 7, False, True, [], {}, ["https://x/?paging=2"]),
        *("https://x/", "https://x/?paging=", "https://[/?paging=2", "paging=2"),
    ],
)
def test_autotasks_link_to_the_next_page_is_understood_or_null(link: object) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(_: Request, told: Any) -> Any:
        if "pageDetails" in told:
            told["pageDetails"].pop("nextPageUrl")
            told["pageDetails"] |= {} if link is MISSING else {"nextPageUrl": link}
        return told

    assert world.psa.lines(str(AGREEMENT))
    world.bent = bent
    with pytest.raises(PsaUnavailable, match="goes on"):
        world.psa.lines(str(AGREEMENT))


@pytest.mark.parametrize("details", [MISSING, None, [], "none", 0])
def test_autotasks_list_says_whether_it_goes_on(details: object) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(_: Request, told: Any) -> Any:
        if "pageDetails" in told:
            told.pop("pageDetails")
            told |= {} if details is MISSING else {"pageDetails": details}
        return told

    world.bent = bent
    with pytest.raises(PsaUnavailable, match="goes on"):
        world.psa.lines(str(AGREEMENT))


@pytest.mark.parametrize("status", [400, 403, 404, 410, 500])
def test_a_further_page_that_autotask_refuses_is_no_fault_of_the_question(status: int) -> None:
    world = BentWorld("autotask", BEGIN)

    def bent(request: Request, told: Any) -> Any:
        if request.path.endswith("/query/next"):
            return {"errors": ["The paging token must be between 1 and 2."]}
        if "pageDetails" in told:
            told["pageDetails"]["nextPageUrl"] = "https://x/?paging=2"
        return told

    world.bent = bent
    world.status_of = lambda request: status if request.path.endswith("/query/next") else 200
    with pytest.raises(PsaUnavailable, match="further page"):
        world.psa.lines(str(AGREEMENT))


# Halo, which leads nowhere: pages are asked for until one is empty or repeats what was there


def halo(rows: int, count: object, *, pages: Callable[[int], int]) -> BentWorld:
    """A list of items; `pages` says which page is sent for one that is asked for."""
    world = BentWorld("halo", BEGIN)

    def bent(request: Request, told: Any) -> Any:
        if not request.path.lower().endswith("/item"):
            return told
        first = (pages(int(request.query["page_no"])) - 1) * 100
        page = [{"id": 1 + number, "name": "x"} for number in range(rows)[first : first + 100]]
        if count is MISSING:
            return page
        return {"record_count": count, "items": page}

    world.bent = bent
    return world


def by_number(number: int) -> int:
    return number


def always_the_first(_: int) -> int:
    return 1


@pytest.mark.parametrize("count", [250, 0, None, "many", 100, 7, 9000, MISSING])
def test_an_empty_page_is_the_end_of_halos_list_whatever_it_counts(count: object) -> None:
    assert len(halo(250, count, pages=by_number).psa.products()) == 250


@pytest.mark.parametrize("count", [250, "250", 250.0, 0, -1, None, "many", True, MISSING])
def test_the_first_page_of_halo_again_is_no_end_of_a_full_one(count: object) -> None:
    with pytest.raises(PsaUnavailable, match="100 rows of a list that may have more"):
        halo(250, count, pages=always_the_first).psa.products()


@pytest.mark.parametrize("count", [40, 0, None, "many", MISSING])
def test_a_repeated_page_with_room_left_is_the_end(count: object) -> None:
    assert len(halo(40, count, pages=always_the_first).psa.products()) == 40


@pytest.mark.parametrize("count", [200, "200"])
def test_a_last_page_that_is_repeated_is_the_end_where_the_count_agrees(count: object) -> None:
    assert len(halo(200, count, pages=lambda number: min(number, 2)).psa.products()) == 200


@pytest.mark.parametrize("pages", [by_number, always_the_first])
def test_no_rows_of_a_list_that_counts_some_is_no_empty_list(pages: Callable[[int], int]) -> None:
    with pytest.raises(PsaUnavailable, match="0 rows of a list that may have more"):
        halo(0, 30, pages=pages).psa.products()
    assert halo(0, 0, pages=pages).psa.products() == []
