"""Shared mailboxes: what every source must do, what each does in its own way, and which one is asked."""

import json
from collections import deque
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from shared.http.circuit_breaker import MOST_LOST
from shared.microsoft.graph import GraphReader
from shared.microsoft.graph_rows import users_of
from shared.microsoft.models import (
    FailureCause,
    MailboxRead,
    MailboxSource,
    NotRead,
    PartnerConnection,
    TenantRead,
)
from shared.microsoft.shared_mailboxes import graph as mailboxes
from shared.microsoft.shared_mailboxes.exchange import ExchangeMailboxes
from shared.microsoft.shared_mailboxes.graph import GraphMailboxes, MailboxesOf
from tests.shared.microsoft.fake import (
    ACCOUNT,
    APP_ONLY,
    CONNECTION,
    NOW,
    SPB,
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


def exchange(fake: FakeMicrosoft) -> ExchangeMailboxes:
    return ExchangeMailboxes(fake.http(), "token", TENANT, app_only=False)


def graph(fake: FakeMicrosoft) -> GraphMailboxes:
    return GraphMailboxes(GraphReader(fake.http(), "token", fake.clock, at_home=False, app_only=True))


@pytest.fixture
def fake() -> FakeMicrosoft:
    """Fifty licensed users; two of them are shared mailboxes."""
    fake = FakeMicrosoft()
    fake.users = [user(number) for number in range(50)]
    fake.shared = {"user-00003": {}, "user-00047": {}}
    return fake


def read(fake: FakeMicrosoft, source: Sources) -> MailboxRead:
    users = users_of(fake.users)  # type: ignore[arg-type]
    return mailboxes.read(source(fake), lambda asked: asked.among(users))


def refused(fake: FakeMicrosoft, source: Sources) -> NotRead:
    with pytest.raises(NotRead) as caught:
        read(fake, source)
    return caught.value


def found(told: MailboxRead) -> list[str]:
    return [one.user_id for one in told.licensed]


# -- every source


both = pytest.mark.parametrize("source", [exchange, graph])


@both
def test_the_shared_mailboxes_among_the_users_are_told_with_their_licences(
    fake: FakeMicrosoft, source: Sources
) -> None:
    told = read(fake, source)
    assert found(told) == ["user-00003", "user-00047"]
    assert {one.skus for one in told.licensed} == {(SPB,)}
    assert told.listed == 2
    assert all(one.name and one.address for one in told.licensed)


@both
def test_no_shared_mailbox_is_none_and_no_error(fake: FakeMicrosoft, source: Sources) -> None:
    fake.shared = {}
    told = read(fake, source)
    assert (told.licensed, told.listed) == ((), 0)


@both
def test_a_pause_that_is_asked_for_is_kept(fake: FakeMicrosoft, source: Sources) -> None:
    busy = deque([graph_error(429, "TooManyRequests", {"Retry-After": "4"})])
    fake.bend = lambda _: busy.popleft() if busy else None
    assert len(found(read(fake, source))) == 2
    assert fake.slept[0] >= 4


@both
def test_a_long_pause_is_told_and_nothing_is_given(fake: FakeMicrosoft, source: Sources) -> None:
    fake.bend = lambda _: graph_error(429, "TooManyRequests", {"Retry-After": "57"})
    told = refused(fake, source)
    assert (told.cause, told.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))


@both
@pytest.mark.parametrize(
    "answer",
    [
        graph_error(503, "Busy"),
        (200, {"Content-Type": "text/html"}, b"<html>maintenance"),
        (200, {}, b'{"value": ['),
    ],
    ids=["5xx", "a web page", "half an answer"],
)
def test_no_usable_answer_is_not_read_and_passes(
    fake: FakeMicrosoft, source: Sources, answer: Answer
) -> None:
    fake.bend = lambda _: answer
    assert refused(fake, source).cause is FailureCause.TRANSIENT


@both
@pytest.mark.parametrize("status, code", [(401, "Unauthorized"), (403, "Forbidden")])
def test_a_refusal_is_the_tenants_with_its_code(
    fake: FakeMicrosoft, source: Sources, status: int, code: str
) -> None:
    fake.bend = lambda _: graph_error(status, code)
    told = refused(fake, source)
    assert (told.cause, told.code) == (FailureCause.TENANT, f"{status} {code}")


@both
@pytest.mark.parametrize("body", [{}, {"value": None}, {"responses": None}, []])
def test_an_answer_of_another_shape_is_never_none(fake: FakeMicrosoft, source: Sources, body: object) -> None:
    fake.bend = lambda _: json_answer(body)
    assert refused(fake, source).cause is FailureCause.INVALID


# -- Exchange


def test_exchange_needs_one_call_and_tells_archive_and_hold(fake: FakeMicrosoft) -> None:
    fake.shared["user-00003"] = {"ArchiveGuid": "c0ffee00-0000-4000-8000-000000000001"}
    fake.shared["user-00047"] = {"LitigationHoldEnabled": True}
    first, second = read(fake, exchange).licensed
    assert (first.archive, first.hold, second.archive, second.hold) == (True, False, False, True)
    assert len(fake.sent) == 1


def test_what_exchange_does_not_tell_is_not_known(fake: FakeMicrosoft) -> None:
    fake.shared = {"user-00003": {"ArchiveGuid": None, "LitigationHoldEnabled": None}}
    (only,) = read(fake, exchange).licensed
    assert (only.archive, only.hold) == (None, None)


@pytest.mark.parametrize("odd", [5, {}, [], ["x"]])
@pytest.mark.parametrize(
    "name",
    ["DisplayName", "PrimarySmtpAddress", "ArchiveGuid", "LitigationHoldEnabled", "UserPrincipalName"],
)
def test_what_exchange_says_oddly_of_one_mailbox_is_not_known_and_costs_no_list(
    fake: FakeMicrosoft, name: str, odd: object
) -> None:
    fake.shared["user-00003"] = {name: None}
    expected = read(fake, exchange)
    fake.shared["user-00003"] = {name: odd}
    assert read(fake, exchange) == expected


def test_a_further_page_is_posted_for_with_the_same_command(fake: FakeMicrosoft) -> None:
    fake.mailbox_page = 1
    assert len(found(read(fake, exchange))) == 2
    first, second = fake.sent
    assert (second.method, second.body) == ("POST", first.body)
    command = json.loads(first.body or b"")["CmdletInput"]
    assert command["Parameters"] == {"RecipientTypeDetails": "SharedMailbox", "ResultSize": "Unlimited"}


def test_a_shared_mailbox_without_licence_is_listed_and_no_row(fake: FakeMicrosoft) -> None:
    fake.shared["nobody-licensed"] = {}
    told = read(fake, exchange)
    assert (told.listed, len(told.licensed)) == (3, 2)


def test_mailboxes_of_other_types_do_not_count(fake: FakeMicrosoft) -> None:
    fake.shared["user-00003"] = {"RecipientTypeDetails": "UserMailbox"}
    told = read(fake, exchange)
    assert (found(told), told.listed) == (["user-00047"], 1)


def test_without_the_directorys_id_the_principal_name_joins(fake: FakeMicrosoft) -> None:
    fake.shared = {"x": {"ExternalDirectoryObjectId": "", "UserPrincipalName": "U7@a.example"}}
    assert found(read(fake, exchange)) == ["user-00007"]


def test_the_directorys_id_counts_before_the_principal_name(fake: FakeMicrosoft) -> None:
    fake.shared = {"USER-00003": {"UserPrincipalName": "u7@a.example"}}
    assert found(read(fake, exchange)) == ["user-00003"]


def test_a_mailbox_of_nobody_is_not_read(fake: FakeMicrosoft) -> None:
    fake.shared = {"x": {"ExternalDirectoryObjectId": None}}
    assert "belongs to nobody" in refused(fake, exchange).sentence
    fake.shared = {"x": {"ExternalDirectoryObjectId": None, "UserPrincipalName": 5}}
    assert "belongs to nobody" in refused(fake, exchange).sentence
    odd: object
    for odd in (5, {}, []):
        fake.shared = {"x": {"ExternalDirectoryObjectId": odd, "UserPrincipalName": "u7@a.example"}}
        assert refused(fake, exchange).cause is FailureCause.INVALID


@pytest.mark.parametrize(
    "link, why",
    [
        ("https://outlook.office365.com.attacker.example/adminapi/beta/x", "another host"),
        ("http://outlook.office365.com/adminapi/beta/x", "another host"),
        ("https://outlook.office365.com/owa", "something else"),
        ("https://outlook.office365.com/adminapi/beta/again", "round in circles"),
    ],
)
def test_a_link_that_leads_astray_is_not_followed(fake: FakeMicrosoft, link: str, why: str) -> None:
    rows = [{"RecipientTypeDetails": "UserMailbox"}]
    fake.bend = lambda _: json_answer({"value": rows, "@odata.nextLink": link})
    assert why in refused(fake, exchange).sentence
    assert {one.split("/")[2] for one in fake.urls} == {"outlook.office365.com"}


@pytest.mark.parametrize("link", ["", 0, 7, False, [], {}])
def test_a_link_that_is_none_is_no_end(fake: FakeMicrosoft, link: object) -> None:
    rows = [{"RecipientTypeDetails": "UserMailbox"}]
    fake.bend = lambda _: json_answer({"value": rows, "@odata.nextLink": link})
    assert refused(fake, exchange).cause is FailureCause.INVALID


def test_an_announced_page_that_is_empty_makes_it_not_read(fake: FakeMicrosoft) -> None:
    fake.mailbox_page = 1
    empty = json_answer({"value": []})
    fake.bend = lambda request: empty if "skiptoken" in str(request.url) else None
    assert "one of its pages is empty" in refused(fake, exchange).sentence


@pytest.mark.parametrize(
    "warning, whole",
    [
        ("There are more results available than are currently displayed. To view them, ...", False),
        ("The parameter RecipientTypeDetails will change.", True),
    ],
)
def test_a_list_that_warns_of_more_is_not_whole(fake: FakeMicrosoft, warning: str, whole: bool) -> None:
    fake.bend = lambda _: json_answer({"value": [], "@adminapi.warnings": [warning]})
    if whole:
        assert found(read(fake, exchange)) == []
    else:
        assert refused(fake, exchange).cause is FailureCause.INVALID


def test_a_list_without_end_is_given_up(fake: FakeMicrosoft) -> None:
    fake.shared = {f"box-{number}": {} for number in range(150)}
    fake.mailbox_page = 1
    assert "more than 100 pages" in refused(fake, exchange).sentence


# -- Graph


def test_graph_is_asked_twenty_at_once_about_every_licensed_user_whatever_the_plans(
    fake: FakeMicrosoft,
) -> None:
    fake.users += [
        user(number, assignedLicenses=[{"skuId": "an-exchange-of-its-own"}]) for number in range(50, 60)
    ]
    fake.shared["user-00055"] = {}
    assert len(found(read(fake, graph))) == 3
    assert [len(batch) for batch in fake.batches] == [20, 20, 20]


def test_a_shared_mailbox_of_a_government_plan_is_found_where_exchange_refuses(fake: FakeMicrosoft) -> None:
    government = {"servicePlanId": "8c3069c0-ccdb-44be-ab77-986203a67df2", "capabilityStatus": "Enabled"}
    fake.users = [user(1, assignedPlans=[government])]
    fake.shared = {"user-00001": {}}
    fake.bend = lambda request: graph_error(403, "") if is_exchange(request) else None
    told = asked(fake)
    assert (told.source, told.listed, [one.user_id for one in told.licensed]) == (
        MailboxSource.GRAPH,
        1,
        ["user-00001"],
    )


def test_graph_knows_neither_archive_nor_hold(fake: FakeMicrosoft) -> None:
    fake.shared = {"user-00003": {}}
    (only,) = read(fake, graph).licensed
    assert (only.archive, only.hold, only.address) == (None, None, "u3@a.example")


@pytest.mark.parametrize("code", ["MailboxNotEnabledForRESTAPI", "ErrorInvalidUser"])
def test_a_user_without_a_mailbox_in_the_cloud_is_not_shared(fake: FakeMicrosoft, code: str) -> None:
    fake.item_faults = {"3": deque([{"status": 404, "body": {"error": {"code": code}}}])}
    assert found(read(fake, graph)) == ["user-00047"]


@pytest.mark.parametrize("status, code", [(404, "SomethingElse"), (403, "ErrorAccessDenied"), (400, "x")])
def test_one_user_who_cannot_be_asked_about_makes_it_not_read(
    fake: FakeMicrosoft, status: int, code: str
) -> None:
    fake.item_faults = {"5": deque([{"status": status, "body": {"error": {"code": code}}}])}
    assert refused(fake, graph).code == f"{status} {code}"


def test_a_user_whose_answer_is_missing_makes_it_not_read(fake: FakeMicrosoft) -> None:
    fake.order = lambda items: items[1:]
    assert "0: not answered" in refused(fake, graph).sentence


def test_only_throttled_users_are_asked_about_again(fake: FakeMicrosoft) -> None:
    fake.item_faults = {"5": deque([{"status": 429, "headers": {"Retry-After": "1"}}])}
    assert len(found(read(fake, graph))) == 2
    assert [len(batch) for batch in fake.batches] == [20, 1, 20, 10]


# -- which one is asked


def asked(fake: FakeMicrosoft, connection: PartnerConnection = CONNECTION) -> MailboxRead:
    users = users_of(fake.users)  # type: ignore[arg-type]
    tenant = TenantRead(TENANT, "main", NOW, NOW, (), (), users)
    return fake.connector().shared_mailboxes(ACCOUNT, connection, tenant)


def is_exchange(request: requests.PreparedRequest) -> bool:
    return "outlook.office365.com" in str(request.url)


def asks_for_exchange(request: requests.PreparedRequest) -> bool:
    return is_token(request) and "outlook.office365.com" in str(request.body)


def test_exchange_answers_with_two_calls(fake: FakeMicrosoft) -> None:
    told = asked(fake)
    assert (told.source, len(told.licensed), len(fake.sent)) == (MailboxSource.EXCHANGE, 2, 2)


def test_where_exchange_refuses_the_app_asks_graph(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: graph_error(403, "Forbidden") if is_exchange(request) else None
    told = asked(fake)
    assert (told.source, found(told)) == (MailboxSource.GRAPH, ["user-00003", "user-00047"])
    grants = [str(one.body).split("grant_type=")[1].split("&")[0] for one in fake.sent if is_token(one)]
    assert grants == ["refresh_token", "client_credentials"]


def test_where_the_sign_in_to_exchange_is_refused_the_app_asks_graph(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: refusal("invalid_grant", 65001) if asks_for_exchange(request) else None
    assert asked(fake).source is MailboxSource.GRAPH


def test_where_exchange_is_down_the_app_asks_graph(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: graph_error(503, "Busy") if is_exchange(request) else None
    assert asked(fake).source is MailboxSource.GRAPH


def test_an_exchange_that_takes_every_question_and_answers_none_is_soon_asked_no_more(
    fake: FakeMicrosoft,
) -> None:
    def silent(request: requests.PreparedRequest) -> Answer | None:
        if is_exchange(request):
            raise requests.ReadTimeout
        return refusal("unauthorized_client", 700016) if "client_credentials" in str(request.body) else None

    fake.bend = silent
    connector = fake.connector()
    tenant = TenantRead(TENANT, "main", NOW, NOW, (), (), users_of(fake.users))  # type: ignore[arg-type]
    for _ in range(20):
        with pytest.raises(NotRead):
            connector.shared_mailboxes(ACCOUNT, CONNECTION, tenant)
    assert sum(is_exchange(request) for request in fake.sent) == MOST_LOST


def test_where_both_refuse_the_reason_of_exchange_is_told_and_what_would_help(fake: FakeMicrosoft) -> None:
    def bend(request: requests.PreparedRequest) -> Answer | None:
        if is_exchange(request):
            return graph_error(403, "Forbidden")
        return refusal("unauthorized_client", 700016) if "client_credentials" in str(request.body) else None

    fake.bend = bend
    with pytest.raises(NotRead) as caught:
        asked(fake)
    assert (caught.value.cause, caught.value.code) == (FailureCause.TENANT, "403 Forbidden")
    assert "Global Reader" in caught.value.sentence
    assert "MailboxSettings.Read" in caught.value.sentence


def test_where_exchange_refuses_and_graph_is_busy_nobody_has_to_act(fake: FakeMicrosoft) -> None:
    def bend(request: requests.PreparedRequest) -> Answer | None:
        if is_exchange(request):
            return graph_error(403, "Forbidden")
        return None if is_token(request) else graph_error(429, "TooManyRequests", {"Retry-After": "57"})

    fake.bend = bend
    with pytest.raises(NotRead) as caught:
        asked(fake)
    assert (caught.value.cause, caught.value.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))


def test_an_app_is_told_what_an_app_needs(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: None if is_token(request) else graph_error(403, "Forbidden")
    with pytest.raises(NotRead, match=r"Exchange\.ManageAsApp"):
        asked(fake, APP_ONLY)


def test_an_app_without_the_permissions_costs_five_calls_with_the_licences(fake: FakeMicrosoft) -> None:
    fake.users = fake.users[:3]
    fake.item_faults = {str(number): deque([{"status": 403, "body": {}}] * 9) for number in range(3)}
    fake.bend = lambda request: graph_error(403, "Forbidden") if is_exchange(request) else None
    connector = fake.connector()
    licences = connector.read_tenant(ACCOUNT, APP_ONLY, TENANT)
    with pytest.raises(NotRead, match=r"Exchange\.ManageAsApp"):
        connector.shared_mailboxes(ACCOUNT, APP_ONLY, licences)
    assert len(fake.sent) == 5


def test_of_a_tenant_without_licensed_users_nothing_is_asked(fake: FakeMicrosoft) -> None:
    fake.users = []
    assert asked(fake).licensed == ()
    assert fake.sent == []
