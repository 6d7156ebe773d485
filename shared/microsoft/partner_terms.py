"""The terms of a customer's subscriptions: Partner Center's list, which only who sells them is shown.

Vendor's page: learn.microsoft.com/partner-center/developer/get-all-of-a-customer-s-subscriptions
"""

import re
import uuid
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any, Final, NotRequired, TypedDict

from pydantic import TypeAdapter

from shared.http.client import Http, Unreachable, json_of
from shared.microsoft.auth_errors import partner_center_refused, word_of
from shared.microsoft.graph_rows import Informs, invalid, validated
from shared.microsoft.hosts import PARTNER_CENTER
from shared.microsoft.instants import Instant
from shared.microsoft.models import FailureCause, NotRead, Term
from shared.microsoft.partner_customers import headers_of
from shared.microsoft.read_problems import ReadProblem

_NOT_OURS: Final = "20002"
"""There is no commerce relationship: somebody else sells to this customer."""
_DURATION = re.compile(r"P\d{1,3}[DWMY]")
_ENDLESS = 2100
"""A commitment that ends in or after this year never does: nothing renews."""


class _Row(TypedDict):
    id: str
    termDuration: NotRequired[Informs[str]]
    commitmentEndDate: NotRequired[Instant]
    """An odd one is no term without end: a renewal that is told already must not vanish."""
    cancellationAllowedUntilDate: NotRequired[Informs[Instant]]
    autoRenewEnabled: NotRequired[Informs[bool]]


class _Page(TypedDict):
    items: list[_Row]
    links: NotRequired[Any]


def read_terms(http: Http, token: str, tenant_id: str) -> tuple[Term, ...]:
    """All of them, by their commerce ids. Raises NotRead, Throttled or Unreachable."""
    address = f"{PARTNER_CENTER}/v1/customers/{tenant_id}/subscriptions"
    answer = http.read("GET", address, headers=headers_of(token, str(uuid.uuid4())))
    if answer.status_code != HTTPStatus.OK:
        try:
            body = json_of(answer)
        except Unreachable:
            body = None
        raise _refused(answer.status_code, body)
    page = validated(_page(), answer.content)
    if _goes_on(page.get("links")):
        raise invalid("the list of subscriptions goes on, and Microsoft documents no further pages of it")
    return _terms(page["items"])


def _goes_on(links: object) -> bool:
    return links is not None and (not isinstance(links, dict) or links.get("next") is not None)


def is_sold_by_another(refusal: NotRead) -> bool:
    """Nothing is wrong with the sign-in: no token whatever is told the terms of this customer."""
    return refusal.cause is FailureCause.TENANT and refusal.code.endswith(f" {_NOT_OURS}")


def _refused(status: int, body: object) -> NotRead:
    if status == HTTPStatus.NOT_FOUND or word_of(body) == _NOT_OURS:
        code = f"{status} {word_of(body)}".strip()
        return NotRead(FailureCause.TENANT, code, ReadProblem.SOLD_BY_ANOTHER)
    return partner_center_refused(status, body)


def _terms(rows: Iterable[_Row]) -> tuple[Term, ...]:
    terms: dict[str, Term] = {}
    for row in rows:
        term = _term(row)
        if terms.setdefault(term.commerce_id, term) != term:
            raise invalid(f"the subscription {term.commerce_id} is in two rows that differ")
    return tuple(terms[each] for each in sorted(terms))


def _term(row: _Row) -> Term:
    ends = row.get("commitmentEndDate")
    return Term(
        commerce_id=row["id"].lower(),
        duration=_duration(row.get("termDuration") or ""),
        ends=None if ends is None or ends.year >= _ENDLESS else ends.date(),
        auto_renew=row.get("autoRenewEnabled"),
        cancellable_until=row.get("cancellationAllowedUntilDate"),
    )


def _duration(told: str) -> str:
    return told if _DURATION.fullmatch(told) else ""


@cache
def _page() -> TypeAdapter[_Page]:
    return TypeAdapter(_Page)
