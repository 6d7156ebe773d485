"""A link that the service gave and then refuses: its token expired, so the reading begins again, the same night."""

from collections import deque
from collections.abc import Callable

import pytest
import requests

from shared.microsoft.models import LinkRefused, NotRead
from tests.shared.microsoft.fake import (
    ACCOUNT,
    CONNECTION,
    TENANT,
    Answer,
    FakeMicrosoft,
    customer,
    graph_error,
    relationship,
    user,
)

EXPIRED = graph_error(400, "Directory_ExpiredPageToken")
OTHER = "33333333-3333-4333-8333-333333333333"


def users(fake: FakeMicrosoft) -> int:
    fake.users, fake.page_size = [user(number) for number in range(5)], 3
    return len(fake.connector().read_tenant(ACCOUNT, CONNECTION, TENANT).users)


def relationships(fake: FakeMicrosoft) -> int:
    fake.customers = [[customer(), customer(OTHER)]]
    fake.relationships = [[relationship()], [relationship(OTHER)]]
    return sum(one.gdap is not None for one in fake.connector().customers(ACCOUNT, CONNECTION))


def customers(fake: FakeMicrosoft) -> int:
    fake.customers = [[customer()], [customer(OTHER)]]
    return len(fake.connector().customers(ACCOUNT, CONNECTION))


def mailboxes(fake: FakeMicrosoft) -> int:
    fake.users, fake.mailbox_page = [user(number) for number in range(5)], 2
    fake.shared = {one["id"]: {} for one in fake.users[:3]}
    connector = fake.connector()
    return len(
        connector.shared_mailboxes(
            ACCOUNT, CONNECTION, connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
        ).licensed
    )


def is_further(request: requests.PreparedRequest) -> bool:
    """A link or a token of a page that an answer gave."""
    return (
        "skiptoken" in str(request.url)
        or "page=" in str(request.url)
        or "MS-ContinuationToken" in request.headers
    )


def refusing(times: int, answer: Answer = EXPIRED) -> FakeMicrosoft:
    fake = FakeMicrosoft()
    left = [answer] * times
    fake.bend = lambda request: left.pop() if left and is_further(request) else None
    return fake


@pytest.mark.parametrize(
    "read, found",
    [(users, 5), (relationships, 2), (customers, 2), (mailboxes, 3)],
    ids=lambda it: getattr(it, "__name__", ""),
)
@pytest.mark.parametrize("status", [400, 403, 404, 410])
def test_the_reading_begins_again_and_is_whole(
    read: Callable[[FakeMicrosoft], int], found: int, status: int
) -> None:
    fake = refusing(1, graph_error(status, "Directory_ExpiredPageToken"))
    assert read(fake) == found
    assert fake.slept == []


@pytest.mark.parametrize("read", [users, relationships, customers])
def test_it_begins_again_once_only(read: Callable[[FakeMicrosoft], int]) -> None:
    fake = refusing(2)
    with pytest.raises(LinkRefused) as refusal:
        read(fake)
    assert refusal.value.code == "400 Directory_ExpiredPageToken"


def test_a_first_page_that_is_refused_is_not_asked_for_again() -> None:
    fake = FakeMicrosoft()
    fake.item_faults["users"] = deque(
        [{"status": 400, "body": {"error": {"code": "Request_UnsupportedQuery"}}}]
    )
    with pytest.raises(NotRead, match="Request_UnsupportedQuery"):
        users(fake)
    assert len(fake.batches) == 1
