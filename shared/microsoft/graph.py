"""One complete read of a tenant: everything in one `$batch`, its further pages, or nothing.

Vendor's pages: learn.microsoft.com/graph/json-batching, /graph/paging, /graph/aad-advanced-queries
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import requests
from pydantic import TypeAdapter

from shared.http.client import UNTOLD_WAIT, Http, Throttled, Unreachable, json_of
from shared.http.retry_after import retry_after
from shared.microsoft.auth_errors import graph_refused, word_of
from shared.microsoft.graph_rows import (
    Batch,
    BatchItem,
    ListedUsers,
    Page,
    SkuRow,
    SubscriptionRow,
    UserRow,
    fields_of,
    invalid,
    skus_of,
    subscriptions_of,
    validated,
)
from shared.microsoft.hosts import GRAPH
from shared.microsoft.models import LinkRefused, NotRead, TenantRead
from shared.microsoft.plausible import doubts_of, fields_gone

MOST_PAGES = 500
"""Half a million users: more is a service that goes round in circles with ever new links."""
_HOST: Final = urlsplit(GRAPH).hostname or ""
EVENTUAL: Final = {"ConsistencyLevel": "eventual"}
"""What an advanced query needs, on its further pages too."""

_QUESTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "subscribedSkus": {"url": f"/subscribedSkus?$select={fields_of(SkuRow)}"},
    "subscriptions": {"url": f"/directory/subscriptions?$select={fields_of(SubscriptionRow)}"},
    "users": {
        "url": f"/users?$select={fields_of(UserRow)}"
        "&$filter=assignedLicenses/$count%20ne%200&$count=true&$top=999",
        "headers": EVENTUAL,
    },
}


class GraphReader:
    """Reads Graph with one tenant's token. Every method gives all of it or raises.

    Raises NotRead, Throttled or Unreachable (see `auth_errors.as_not_read`).
    """

    def __init__(
        self, http: Http, token: str, clock: Callable[[], datetime], *, at_home: bool, app_only: bool
    ) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._clock = clock
        self._at_home = at_home
        self._app_only = app_only

    def batch(
        self,
        questions: Mapping[str, Mapping[str, Any]],
        shape: TypeAdapter[Any] | None = None,
        absent: Container[str] = (),
    ) -> dict[str, Any]:
        """The answer (first page) of each question, asked together; only what was not answered is asked again.

        A 404 for one of the reasons in `absent` is an answer too: None.
        """
        answers: dict[str, Any] = {}

        def attempt() -> None:
            still_open = {each: questions[each] for each in questions if each not in answers}
            asked = [{"id": each, "method": "GET", **question} for each, question in still_open.items()]
            answer = self._http.ask(
                "POST", f"{GRAPH}/v1.0/$batch", headers=self._headers, json={"requests": asked}
            )
            self._check(answer)
            items = validated(shape or _batch(), answer.content)["responses"]
            self._sort(items, set(still_open), answers, absent)

        self._http.patiently(attempt)
        return answers

    def pages[Row](
        self, first: Page[Row], adapter: TypeAdapter[Page[Row]], headers: Mapping[str, str]
    ) -> Iterator[list[Row]]:
        """The rows of a page and of each that follows it; every link is checked before the token goes there."""
        seen: set[str] = set()
        announced, page = first.get("count"), first
        del first  # else its rows stayed in memory to the end
        rows, emptied = len(_value(page)), False
        yield _value(page)
        for _ in range(MOST_PAGES):
            link = page.get("next_link")
            if not link:
                break
            if link in seen:
                raise invalid("its pages go round in circles")
            seen.add(link)
            emptied = emptied or not _value(page)
            page = self.get(link, adapter, headers, given=True)
            rows += len(_value(page))
            yield _value(page)
        else:
            raise invalid(f"it has more than {MOST_PAGES} pages")
        if (emptied or (seen and not _value(page))) and (announced is None or rows < announced):
            raise invalid("one of its pages is empty")

    def rows[Row](
        self, first: Page[Row], adapter: TypeAdapter[Page[Row]], headers: Mapping[str, str]
    ) -> list[Row]:
        """The rows of all pages."""
        return [row for page in self.pages(first, adapter, headers) for row in page]

    def get[Row](
        self,
        link: str,
        adapter: TypeAdapter[Page[Row]],
        headers: Mapping[str, str],
        params: Mapping[str, str | int] | None = None,
        *,
        given: bool = False,
    ) -> Page[Row]:
        """One page. `given`: Graph itself gave the link."""
        check_link(link, _HOST, "/v1.0/")
        answer = self._http.read("GET", link, headers={**self._headers, **headers}, params=params or {})
        try:
            self._check(answer)
        except NotRead as refusal:
            raise LinkRefused.of(refusal) if given else refusal from None
        return validated(adapter, answer.content)

    def _check(self, answer: requests.Response) -> None:
        if answer.status_code != HTTPStatus.OK:
            try:
                body = json_of(answer)
            except Unreachable:
                body = None
            raise self._refused(answer.status_code, body)

    def _refused(self, status: int, body: object) -> NotRead:
        return graph_refused(status, body, at_home=self._at_home, app_only=self._app_only)

    def _sort(
        self, items: list[BatchItem], asked: set[str], answers: dict[str, Any], absent: Container[str]
    ) -> None:
        """Keep the good answers; then raise for the others, the lasting refusals first."""
        waits: list[timedelta | None] = []
        failing = 0
        for item in items:
            if item["id"] not in asked:
                raise invalid(f"{item['id']} is answered twice")
            asked.remove(item["id"])
            status, body = item["status"], item.get("body")
            if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                failing = status
                waits.append(self._wait_of(item))
            elif status == HTTPStatus.NOT_FOUND and word_of(body) in absent:
                answers[item["id"]] = None
            elif status != HTTPStatus.OK:
                raise self._refused(status, body)
            elif not isinstance(body, dict):
                raise invalid(f"{item['id']}: it has no content")
            else:
                answers[item["id"]] = body
        if asked:
            raise invalid(f"{', '.join(sorted(asked))}: not answered")
        if failing:
            _raise_passing(failing, [wait for wait in waits if wait is not None])

    def _wait_of(self, item: BatchItem) -> timedelta | None:
        headers = item.get("headers") or {}
        asked_for = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
        return None if asked_for is None else retry_after(str(asked_for), self._clock())


def _raise_passing(status: int, told: Sequence[timedelta]) -> NoReturn:
    """Some answers of a batch were refusals that pass; `told` are the waits that they named."""
    if told:
        raise Throttled(_HOST, max(told))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(_HOST, UNTOLD_WAIT, told=False)
    raise Unreachable(f"{_HOST} answered {status}.")


def read_tenant(
    reader: GraphReader, connection_id: str, tenant_id: str, clock: Callable[[], datetime], began: datetime
) -> TenantRead:
    """Read SKUs, subscriptions and licensed users. Raises as GraphReader does; `began` is before the sign-in."""
    first = reader.batch(_QUESTIONS)
    sku_rows = reader.rows(first["subscribedSkus"], _sku_page(), {})
    subscription_rows = reader.rows(first["subscriptions"], _subscription_page(), {})
    skus, subscriptions = skus_of(sku_rows), subscriptions_of(subscription_rows)
    listed, announced = ListedUsers(), first["users"].get("count")
    for page in reader.pages(first.pop("users"), _user_page(), EVENTUAL):
        listed.add(page)
    doubts = doubts_of(skus, subscriptions, listed, announced)
    return TenantRead(
        tenant_id=tenant_id,
        connection_id=connection_id,
        began=began,
        ended=clock(),
        skus=skus,
        subscriptions=subscriptions,
        users=listed.users(),
        doubts=(*doubts, *fields_gone(sku_rows, subscription_rows, listed)),
    )


def _value[Row](page: Page[Row]) -> list[Row]:
    if "value" not in page:
        raise invalid("a list has no rows, not even none")
    return page["value"]


def check_link(link: str, host: str, beginning: str) -> None:
    """A link comes from the answer: the token must never follow it to somebody else's host."""
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        raise invalid("the link to its next page is no address") from None
    if (
        parts.scheme != "https"
        or parts.netloc.lower() not in (host, f"{host}:443")
        or port not in (None, 443)
    ):
        raise invalid("the link to its next page leads to another host, which was not asked")
    if not parts.path.startswith(beginning):
        raise invalid("the link to its next page leads to something else")


@cache
def _batch() -> TypeAdapter[Batch]:
    return TypeAdapter(Batch)


@cache
def _sku_page() -> TypeAdapter[Page[SkuRow]]:
    return TypeAdapter(Page[SkuRow])


@cache
def _subscription_page() -> TypeAdapter[Page[SubscriptionRow]]:
    return TypeAdapter(Page[SubscriptionRow])


@cache
def _user_page() -> TypeAdapter[Page[UserRow]]:
    return TypeAdapter(Page[UserRow])
