"""The customers of a partner: Partner Center's list joined with the GDAP relationships, both complete or an error.

Vendor's pages: learn.microsoft.com/partner-center/developer/get-a-list-of-customers,
/graph/api/tenantrelationship-list-delegatedadminrelationships
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Final, NotRequired, TypedDict

import requests
from pydantic import Field, TypeAdapter

from shared.http.client import Http, Unreachable, json_of
from shared.microsoft.auth_errors import partner_center_refused
from shared.microsoft.graph import GraphReader
from shared.microsoft.graph_rows import Page, RelationshipRow, Text, fields_of, invalid, validated
from shared.microsoft.hosts import GRAPH, PARTNER_CENTER
from shared.microsoft.models import Customer, Gdap, LinkRefused

MOST_PAGES = 500
PAGE_SIZE = 500
_CUSTOMERS: Final = f"{PARTNER_CENTER}/v1/customers"
_TOKEN: Final = "MS-ContinuationToken"
_RESELLS: Final = frozenset({"reseller", ""})
"""Of a customer whose relationship is not told it is only known that there is one: it is not gone."""
_ACTIVE: Final = "active"
_MICROSOFT_LED: Final = "MLT_"
"""Relationships that Microsoft made for a transition: read-only, and nobody's to rely on."""
_NO_END = datetime.min.replace(tzinfo=UTC)


class _CustomerRow(TypedDict):
    """Whatever it holds: an odd field costs its own row."""

    id: NotRequired[Any]
    companyProfile: NotRequired[Any]
    relationshipToPartner: NotRequired[Any]


class _Header(TypedDict):
    key: str
    value: NotRequired[Text]


class _Next(TypedDict):
    headers: NotRequired[list[_Header] | None]


class _Links(TypedDict):
    next: NotRequired[_Next | None]


class _CustomerPage(TypedDict):
    items: list[_CustomerRow]
    links: NotRequired[_Links | None]
    continuation: NotRequired[Annotated[Text, Field(alias="continuationToken")]]


def read_customers(http: Http, token: str) -> list[Customer]:
    """Everyone the partner resells to, without GDAP. Raises NotRead, Throttled or Unreachable."""
    customers: dict[str, Customer] = {}
    continuation, used = "", set[str]()
    # After full pages an empty one is the end; after one that was not full it should not have come.
    cut_short = False
    correlation = str(uuid.uuid4())
    for _ in range(MOST_PAGES):
        answer = _ask(http, token, correlation, continuation)
        page = validated(_page(), answer.content)
        if cut_short and not page["items"]:
            raise invalid("a page of the customer list is empty")
        for row in page["items"]:
            if _text(row, "relationshipToPartner").lower() in _RESELLS:
                customer = _customer(row)
                customers.setdefault(customer.tenant_id, customer)
        cut_short = len(page["items"]) < PAGE_SIZE
        if not (continuation := _continuation(page, answer)):
            return [customers[each] for each in sorted(customers)]
        if continuation in used:
            raise invalid("the pages of the customer list go round in circles")
        used.add(continuation)
    raise invalid(f"the customer list has more than {MOST_PAGES} pages")


def with_gdap(customers: Iterable[Customer], reader: GraphReader) -> tuple[Customer, ...]:
    """Add to each customer its active relationship that ends last. Raises NotRead, Throttled or Unreachable."""
    best: dict[str, RelationshipRow] = {}
    for row in _relationships(reader):
        # A row that names nobody says nothing of anybody: it costs no other customer's access.
        tenant_id = ((row.get("customer") or {}).get("tenantId") or "").lower()
        if not tenant_id or row.get("status") != _ACTIVE or _is_microsoft_led(row):
            continue
        if tenant_id not in best or _end(row) > _end(best[tenant_id]):
            best[tenant_id] = row
    return tuple(
        customer.model_copy(update={"gdap": _gdap(best[customer.tenant_id])})
        if customer.tenant_id in best
        else customer
        for customer in customers
    )


def _relationships(reader: GraphReader) -> list[RelationshipRow]:
    first = reader.get(
        f"{GRAPH}/v1.0/tenantRelationships/delegatedAdminRelationships",
        _relationship_page(),
        {},
        {"$filter": f"status eq '{_ACTIVE}'", "$select": f"id,{fields_of(RelationshipRow)}", "$top": 300},
    )
    return reader.rows(first, _relationship_page(), {})


def headers_of(token: str, correlation: str) -> dict[str, str]:
    """What goes with every question to Partner Center."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "MS-Contract-Version": "v1",
        "MS-RequestId": str(uuid.uuid4()),
        "MS-CorrelationId": correlation,
    }


def _ask(http: Http, token: str, correlation: str, continuation: str) -> requests.Response:
    """One page. The address is always our own: the token follows no link."""
    headers = headers_of(token, correlation)
    params: Mapping[str, str | int] = {"size": PAGE_SIZE}
    if continuation:
        headers[_TOKEN] = continuation
        params = {"seekOperation": "Next"}
    answer = http.read("GET", _CUSTOMERS, headers=headers, params=params)
    if answer.status_code != HTTPStatus.OK:
        try:
            body = json_of(answer)
        except Unreachable:
            body = None
        refusal = partner_center_refused(answer.status_code, body)
        raise LinkRefused.of(refusal) if continuation else refusal
    return answer


def _continuation(page: _CustomerPage, answer: requests.Response) -> str:
    """The token of the next page, "" on the last. Raises NotRead when more is announced but cannot be asked for."""
    following = (page.get("links") or {}).get("next")
    in_link = [
        header.get("value") or ""
        for header in (following or {}).get("headers") or ()
        if header["key"].lower() == _TOKEN.lower()
    ]
    in_body, in_header = page.get("continuation") or "", answer.headers.get(_TOKEN, "")
    # No page of Microsoft's says whether the last page has a token of its own in its header, too.
    is_full = len(page["items"]) >= PAGE_SIZE
    if following is None and not in_body and not (in_header and is_full):
        return ""
    token = next(filter(None, [*in_link, in_body, in_header]), "")
    if not token:
        raise invalid("the customer list announces a next page without its token")
    return token


def _customer(row: _CustomerRow) -> Customer:
    shown = row.get("companyProfile")
    profile = shown if isinstance(shown, dict) else {}
    told = _text(profile, "tenantId") or _text(row, "id")
    try:
        tenant_id = str(uuid.UUID(told))
    except ValueError:
        raise invalid("a customer has no tenant id") from None
    return Customer(
        tenant_id=tenant_id,
        name=_text(profile, "companyName") or tenant_id,
        domain=_text(profile, "domain"),
    )


def _text(of: Mapping[str, object], name: str) -> str:
    value = of.get(name)
    return value.strip() if isinstance(value, str) else ""


def _is_microsoft_led(row: RelationshipRow) -> bool:
    return (row.get("displayName") or "").startswith(_MICROSOFT_LED)


def _end(row: RelationshipRow) -> datetime:
    return row.get("endDateTime") or _NO_END


def _gdap(row: RelationshipRow) -> Gdap:
    ends = row.get("endDateTime")
    return Gdap(status=_ACTIVE, ends=ends.date() if ends else None)


@cache
def _page() -> TypeAdapter[_CustomerPage]:
    return TypeAdapter(_CustomerPage)


@cache
def _relationship_page() -> TypeAdapter[Page[RelationshipRow]]:
    return TypeAdapter(Page[RelationshipRow])
