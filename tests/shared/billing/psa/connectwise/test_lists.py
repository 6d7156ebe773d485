"""A list is whole or it is no list, however the server pages."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from shared.billing.psa.base import PsaUnavailable
from shared.billing.psa.connectwise.asking import COMPANIES, Api
from shared.billing.psa.connectwise.lists import read_list
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.billing.psa.pace import Pace
from shared.http.client import Http
from tests.shared.billing.psa.connectwise.test_settings import GOOD

LINES = "/finance/agreements/55/additions"
HOST = "https://api-na.myconnectwise.net"


@dataclass
class Server(BaseAdapter):
    """A ConnectWise that pages in its own way."""

    ids: list[int]
    """In the order that it shows them by itself."""
    cap: int = 1000
    """Rows of a page at most, whatever is asked for."""
    links: str | None = "/next"
    """Where its links lead; None: it sends none."""
    forward_only: bool = True
    numbers: bool = True
    """It knows pages by number, when it is not asked for forward-only ones."""
    counts: bool = True
    count: type = int
    """How it writes its count."""
    relation: str = 'rel="next"'
    header: str | None = None
    """Of every page that is not its last, instead of a link."""
    believes: int = 0
    """Rows that its count has beside those that it shows."""
    asked: list[str] = field(default_factory=list)
    refuses_further: int = 0
    """The status that each page but the first is answered with."""
    gone_after_first: int = 0
    """A row that is deleted once the first page by number was sent."""

    def close(self) -> None:
        pass

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        url = urlsplit(str(request.url))
        query = {name.lower(): values[-1] for name, values in parse_qs(url.query).items()}
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, str(request.url), request
        assert url.netloc == "api-na.myconnectwise.net"
        if url.path.endswith("/companyinfo/acme"):
            answer.raw = io.BytesIO(b"{}")
            return answer
        self.asked.append(str(request.url))
        if url.path.endswith("/count"):
            answer.status_code = 200 if self.counts else 404
            answer.raw = io.BytesIO(json.dumps({"count": self.count(len(self.ids) + self.believes)}).encode())
            return answer
        is_forward = self.forward_only and request.headers.get("pagination-type") == "forward-only"
        page, link = self._forward(query) if is_forward else self._numbered(query)
        if self.links is not None:
            says = f"<{self.links}?{link}>; {self.relation}" if self.header is None else self.header
            answer.headers["Link"] = says if link else ""
        answer.raw = io.BytesIO(json.dumps([{"id": id_} for id_ in page]).encode())
        if self.refuses_further and (query.get("pageid") or query.get("page", "1") != "1"):
            answer.status_code, answer.raw = self.refuses_further, io.BytesIO(b'{"code":"InvalidObject"}')
        if self.gone_after_first and query.get("page") == "1":
            self.ids = [id_ for id_ in self.ids if id_ != self.gone_after_first]
        return answer

    def _forward(self, query: dict[str, str]) -> tuple[list[int], str]:
        size = min(self.cap, int(query["pagesize"]))
        left = sorted(id_ for id_ in self.ids if id_ > int(query.get("pageid", 0)))
        return left[:size], f"pageId={left[size - 1]}" if len(left) > size else ""

    def _numbered(self, query: dict[str, str]) -> tuple[list[int], str]:
        size, number = min(self.cap, int(query["pagesize"])), int(query.get("page", 1))
        if not self.numbers:
            return self.ids[:size], ""
        ids = sorted(self.ids) if query.get("orderby", "").startswith("id") else self.ids
        page = ids[(number - 1) * size : number * size]
        return page, f"page={number + 1}" if number * size < len(ids) else ""


def api(server: Server) -> Api:
    session = requests.Session()
    session.mount("https://", server)
    http = Http(session, sleep=lambda _: None, clock=lambda: datetime.now(UTC))
    made = Api(ConnectWiseSettings.model_validate(GOOD), "key", http)
    made.pace = Pace(calls=100_000)  # of its own: no minute is waited for the calls of all these servers
    return made


def listed(server: Server, path: str = COMPANIES) -> list[int]:
    return sorted(read_list(api(server), path, "id", counted=path == COMPANIES).rows)


EVERY = list(range(1, 2505))
BACKWARDS = EVERY[::-1]
SHUFFLED = sorted(EVERY, key=lambda id_: (id_ * 7919) % 2521)


@pytest.mark.parametrize("path", [COMPANIES, LINES])
@pytest.mark.parametrize("cap", [1000, 250])
@pytest.mark.parametrize("links", ["/next", None])
@pytest.mark.parametrize("forward_only", [True, False])
@pytest.mark.parametrize("ids", [EVERY, BACKWARDS, SHUFFLED], ids=["up", "down", "any"])
def test_2504_rows_are_all_read(
    path: str, cap: int, links: str | None, forward_only: bool, ids: list[int]
) -> None:
    assert listed(Server(ids, cap, links, forward_only), path) == EVERY


@pytest.mark.parametrize("cap", [1000, 250])
def test_pages_by_number_in_another_default_order_are_read_again_in_the_order_of_the_ids(cap: int) -> None:
    """Tried on another ConnectWise: 1,896 of 2,504 rows, and no error."""
    server = Server(BACKWARDS, cap, links=None, forward_only=False)
    assert listed(server, LINES) == EVERY
    assert all("orderBy=id" in url for url in server.asked if "page=" in url)


@pytest.mark.parametrize(
    "links",
    [
        f"http{HOST.removeprefix('https')}/v4_6_release/apis/3.0{COMPANIES}",
        f"{HOST}:443/v4_6_release/apis/3.0{COMPANIES}",
        f"{HOST}:8443/x",
        "https://na.myconnectwise.net/x",
        "https://cw-internal.msp.example/x",
        "https://user@evil.example/x",
        "//evil.example/x",
        "x",
    ],
)
@pytest.mark.parametrize("forward_only", [True, False])
def test_of_a_link_only_the_place_is_taken_and_never_the_address(links: str, forward_only: bool) -> None:
    """The server itself asserts that nobody else is asked."""
    assert listed(Server(EVERY, links=links, forward_only=forward_only)) == EVERY


@pytest.mark.parametrize(
    "relation",
    [
        'rel="Next"',
        'rel="NEXT"',
        'REL="next"',
        "rel=next",
        "rel='next'",
        'rel="next last"',
        'title="x"; rel="next"',
    ],
)
@pytest.mark.parametrize("path", [COMPANIES, LINES])
def test_the_next_page_is_found_however_its_relation_is_written(path: str, relation: str) -> None:
    """RFC 8288: in any case, beside others. A list of lines has no count that would miss the rest."""
    assert listed(Server(EVERY, relation=relation), path) == EVERY


FIRST = f'<{HOST}/x?page=1>; rel="first"'


@pytest.mark.parametrize(
    "header",
    [
        "garbage",
        "<>",
        ";",
        ",",
        f"<{HOST}/x?page=2>",
        f'<{HOST}/x?page=2>; title="next"',
        f"<{HOST}/x?page=2>; rel",
        f'<{HOST}/x?page=2>; rel=""',
        f'<{HOST}/x?page=2>; rel="successor"',
        f'<{HOST}/font.woff2>; rel="preload"',
        f'<{HOST}/x?page=2>; title="a=b"; rel="next"',
        f'<{HOST}/x?page=2>; title="a=b"; rel="next", {FIRST}',
        f"<{HOST}/x?page=2>, {FIRST}",
        '<>; rel="next"',
        f'<>; rel="next", {FIRST}',
        '<https://[/x?page=2>; rel="next"',
        'rel="next"',
        '{"next": "page=2"}',
    ],
)
@pytest.mark.parametrize("forward_only", [True, False])
def test_a_link_of_which_nothing_is_understood_is_no_end(header: str, forward_only: bool) -> None:
    with pytest.raises(PsaUnavailable, match="not understood"):
        listed(Server(EVERY, header=header, forward_only=forward_only), LINES)


@pytest.mark.parametrize(
    "header",
    [
        FIRST,
        f'<{HOST}/x?page=1>; rel="prev"',
        f"<{HOST}/x?page=1>; REL=Last",
        f'<{HOST}/x>; rel="self"',
        f'<{HOST}/x?page=1>; rel="prev first", <{HOST}/x>; rel="describedby"',
    ],
)
@pytest.mark.parametrize("forward_only", [True, False])
def test_links_to_other_pages_alone_are_the_end(header: str, forward_only: bool) -> None:
    server = Server(EVERY, header=header, forward_only=forward_only)
    assert listed(server, LINES) == EVERY[:1000]
    assert len(server.asked) == 1


@pytest.mark.parametrize("header", ["", "  "])
@pytest.mark.parametrize("forward_only", [True, False])
@pytest.mark.parametrize("ids", [EVERY, BACKWARDS], ids=["up", "down"])
def test_an_empty_header_over_a_full_page_is_no_end(header: str, forward_only: bool, ids: list[int]) -> None:
    assert listed(Server(ids, header=header, forward_only=forward_only), LINES) == EVERY


def test_a_link_to_a_place_that_is_not_understood_is_no_list() -> None:
    server = Server(EVERY, links="https://evil.example/?after=7&x")
    server._forward = lambda query: (EVERY[:1000], "cursor=abc")  # type: ignore[method-assign]
    with pytest.raises(PsaUnavailable, match="not understood"):
        listed(server)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 422])
@pytest.mark.parametrize("links", ["/next", None])
@pytest.mark.parametrize("forward_only", [True, False])
def test_a_further_page_that_is_refused_is_no_fault_of_the_question(
    status: int, links: str | None, forward_only: bool
) -> None:
    """Told as wrong columns it would stop the whole connection until a person looks."""
    server = Server(EVERY, links=links, forward_only=forward_only, refuses_further=status)
    with pytest.raises(PsaUnavailable, match=r"further page|at this moment"):
        listed(server, LINES)


@pytest.mark.parametrize("count", [int, float, str])
def test_a_list_that_is_shorter_than_its_count_is_no_list(count: type) -> None:
    """A server that caps its pages and knows no other: 250 of 2,504 rows, and no error."""
    server = Server(EVERY, cap=250, links="/next", forward_only=False, numbers=False, count=count)
    with pytest.raises(PsaUnavailable, match="250 rows of a list that has 2504"):
        listed(server)


def test_a_row_that_was_deleted_between_numbered_pages_makes_no_hole() -> None:
    server = Server(EVERY, forward_only=False)
    server.gone_after_first = 3
    with pytest.raises(PsaUnavailable):
        listed(server, LINES)
    assert listed(server, LINES) == [id_ for id_ in EVERY if id_ != 3]


def test_a_server_without_a_count_is_believed() -> None:
    assert listed(Server(EVERY, counts=False)) == EVERY


def test_a_server_without_pages_sends_the_whole_list() -> None:
    few = EVERY[:40][::-1]
    assert listed(Server(few, links=None, forward_only=False, numbers=False)) == sorted(few)


def test_the_lines_of_an_agreement_cost_one_request_where_the_end_is_told() -> None:
    server = Server(EVERY[:30])
    listed(server, LINES)
    assert len(server.asked) == 1


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 60), unique=True, max_size=60),
    st.integers(1, 1000),
    st.sampled_from(["/next", None]),
    st.booleans(),
    st.booleans(),
)
def test_whatever_the_order_the_cap_and_the_links_a_list_is_whole(
    ids: list[int], cap: int, links: str | None, forward_only: bool, counted: bool
) -> None:
    server = Server(ids, cap, links, forward_only)
    assert listed(server, COMPANIES if counted else LINES) == sorted(ids)
