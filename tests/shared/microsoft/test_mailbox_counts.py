"""How many mailboxes of each kind a tenant has: what every source must do, what each does, and which one is asked."""

from collections import deque
from collections.abc import Callable

import pytest
import requests

from shared.microsoft.graph import GraphReader
from shared.microsoft.models import FailureCause, MailboxCount, MailboxKind, MailboxSource, NotRead
from shared.microsoft.shared_mailboxes import graph as mailboxes
from shared.microsoft.shared_mailboxes.exchange import ExchangeMailboxes
from shared.microsoft.shared_mailboxes.graph import GraphMailboxes, MailboxesOf
from tests.shared.microsoft.fake import (
    ACCOUNT,
    APP_ONLY,
    CONNECTION,
    TENANT,
    Answer,
    FakeMicrosoft,
    graph_error,
    is_token,
    json_answer,
    refusal,
    user,
)

type Sources = Callable[[FakeMicrosoft], MailboxesOf]
USER, SHARED, ROOM, EQUIPMENT = MailboxKind


def exchange(fake: FakeMicrosoft) -> ExchangeMailboxes:
    return ExchangeMailboxes(fake.http(), "token", TENANT, app_only=False)


def graph(fake: FakeMicrosoft) -> GraphMailboxes:
    return GraphMailboxes(GraphReader(fake.http(), "token", fake.clock, at_home=False, app_only=True))


both = pytest.mark.parametrize("source", [exchange, graph])


@pytest.fixture
def fake() -> FakeMicrosoft:
    """Fifty licensed users, of which one is a shared mailbox; without a licence another one, two rooms and a car."""
    fake = FakeMicrosoft()
    fake.users = [user(number) for number in range(50)]
    fake.unlicensed = [user(number, assignedLicenses=[]) for number in range(50, 54)]
    fake.shared = {"user-00003": {}, "user-00050": {}}
    fake.shared |= {f"user-000{n}": {"RecipientTypeDetails": "RoomMailbox"} for n in (51, 52)}
    fake.shared |= {"user-00053": {"RecipientTypeDetails": "EquipmentMailbox"}}
    return fake


def counted(fake: FakeMicrosoft, source: Sources) -> MailboxCount:
    return mailboxes.read(source(fake), lambda asked: asked.count())


def refused(fake: FakeMicrosoft, source: Sources) -> NotRead:
    with pytest.raises(NotRead) as caught:
        counted(fake, source)
    return caught.value


@both
def test_mailboxes_count_by_kind_whether_licensed_or_not(fake: FakeMicrosoft, source: Sources) -> None:
    assert counted(fake, source).by_kind == {USER: 49, SHARED: 2, ROOM: 2, EQUIPMENT: 1}


@both
def test_what_is_for_something_else_is_of_no_kind(fake: FakeMicrosoft, source: Sources) -> None:
    fake.shared["user-00003"] = {"RecipientTypeDetails": "LinkedMailbox"}
    assert counted(fake, source).by_kind == {USER: 49, SHARED: 1, ROOM: 2, EQUIPMENT: 1}


@both
def test_a_tenant_without_mailboxes_has_none_and_that_is_no_error(
    fake: FakeMicrosoft, source: Sources
) -> None:
    fake.users, fake.unlicensed, fake.shared = [], [], {}
    assert counted(fake, source).by_kind == dict.fromkeys(MailboxKind, 0)


@both
@pytest.mark.parametrize(
    "answer",
    [
        graph_error(503, "Busy"),
        (200, {"Content-Type": "text/html"}, b"<html>maintenance"),
        json_answer({}),
        json_answer({"value": None}),
    ],
    ids=["5xx", "a web page", "another shape", "no list"],
)
def test_no_usable_answer_is_not_read_and_never_0(
    fake: FakeMicrosoft, source: Sources, answer: Answer
) -> None:
    fake.bend = lambda _: answer
    assert refused(fake, source).cause in (FailureCause.TRANSIENT, FailureCause.INVALID)


# -- Exchange


def test_exchange_is_asked_once_for_all_of_them(fake: FakeMicrosoft) -> None:
    assert counted(fake, exchange).source is MailboxSource.EXCHANGE
    (only,) = fake.sent
    assert b'"Parameters": {"ResultSize": "Unlimited"}' in (only.body or b"")


def test_the_mailbox_in_which_searches_are_kept_belongs_to_nobody_and_is_no_error(
    fake: FakeMicrosoft,
) -> None:
    row = {"RecipientTypeDetails": "DiscoveryMailbox", "ExternalDirectoryObjectId": ""}
    fake.bend = lambda _: json_answer({"value": [row]})
    assert not counted(fake, exchange).has_any


def test_a_mailbox_that_two_pages_list_counts_once(fake: FakeMicrosoft) -> None:
    fake.mailbox_page = 20
    fake.users.append(user(4))
    assert counted(fake, exchange).by_kind[USER] == 49
    assert len(fake.sent) == 3


def test_a_list_that_warns_of_more_is_no_number(fake: FakeMicrosoft) -> None:
    told = {"value": [], "@adminapi.warnings": ["There are more results available than are displayed."]}
    fake.bend = lambda _: json_answer(told)
    assert "more mailboxes than it lists" in refused(fake, exchange).sentence


# -- Graph


def test_graph_is_asked_about_everybody_twenty_at_once(fake: FakeMicrosoft) -> None:
    assert counted(fake, graph).source is MailboxSource.GRAPH
    assert [len(batch) for batch in fake.batches] == [20, 20, 14]


def test_a_list_of_users_that_is_not_whole_is_no_number(fake: FakeMicrosoft) -> None:
    short = json_answer({"value": fake.users[:49], "@odata.count": 54})
    fake.bend = lambda request: None if "batch" in str(request.url) else short
    assert "a tenant of 54 users lists 49" in refused(fake, graph).sentence


def test_somebody_without_a_mailbox_in_the_cloud_has_none(fake: FakeMicrosoft) -> None:
    none = {"status": 404, "body": {"error": {"code": "MailboxNotEnabledForRESTAPI"}}}
    fake.item_faults = {"7": deque([none])}
    assert counted(fake, graph).by_kind[USER] == 48


@pytest.mark.parametrize("body", [{"value": None}, {"value": ""}, {}])
def test_a_mailbox_that_does_not_say_its_kind_makes_it_not_read(
    fake: FakeMicrosoft, body: dict[str, object]
) -> None:
    fake.item_faults = {"7": deque([{"status": 200, "body": body}])}
    assert refused(fake, graph).cause is FailureCause.INVALID


def test_one_user_who_cannot_be_asked_about_makes_it_not_read(fake: FakeMicrosoft) -> None:
    fake.item_faults = {"5": deque([{"status": 403, "body": {"error": {"code": "ErrorAccessDenied"}}}])}
    assert refused(fake, graph).code == "403 ErrorAccessDenied"


# -- which one is asked


def is_exchange(request: requests.PreparedRequest) -> bool:
    return "outlook.office365.com" in str(request.url)


def test_it_costs_two_calls_and_one_where_the_shared_ones_were_asked_for_too(fake: FakeMicrosoft) -> None:
    connector = fake.connector()
    assert connector.mailbox_count(ACCOUNT, CONNECTION, TENANT).by_kind[USER] == 49
    assert len(fake.sent) == 2
    connector.mailbox_count(ACCOUNT, CONNECTION, TENANT)
    assert len(fake.sent) == 3


def test_where_exchange_refuses_the_app_asks_graph(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: graph_error(403, "Forbidden") if is_exchange(request) else None
    told = fake.connector().mailbox_count(ACCOUNT, CONNECTION, TENANT)
    assert (told.source, told.by_kind[SHARED]) == (MailboxSource.GRAPH, 2)


def test_where_both_refuse_it_is_not_read_and_the_cure_is_told(fake: FakeMicrosoft) -> None:
    def bend(request: requests.PreparedRequest) -> Answer | None:
        if is_exchange(request):
            return graph_error(403, "Forbidden")
        return refusal("unauthorized_client", 700016) if "client_credentials" in str(request.body) else None

    fake.bend = bend
    with pytest.raises(NotRead, match=r"Global Reader.*MailboxSettings\.Read"):
        fake.connector().mailbox_count(ACCOUNT, CONNECTION, TENANT)


def test_an_app_is_told_what_an_app_needs(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: None if is_token(request) else graph_error(403, "Forbidden")
    with pytest.raises(NotRead, match=r"Exchange\.ManageAsApp"):
        fake.connector().mailbox_count(ACCOUNT, APP_ONLY, TENANT)
