"""One tenant read: everything, or the reason why nothing."""

import tracemalloc
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import FailureCause, NotRead, Sku, Subscription, TenantRead
from tests.shared.microsoft.fake import (
    ACCOUNT,
    APP_ONLY,
    CONNECTION,
    E3,
    HOME,
    NOW,
    SPB,
    TENANT,
    Answer,
    FakeMicrosoft,
    Row,
    graph_error,
    json_answer,
    sku,
    subscription,
    user,
    user_link,
)


def read(fake: FakeMicrosoft) -> TenantRead:
    return fake.connector().read_tenant(ACCOUNT, CONNECTION, TENANT)


def refusal_of(fake: FakeMicrosoft) -> NotRead:
    with pytest.raises(NotRead) as caught:
        read(fake)
    return caught.value


@pytest.fixture
def fake() -> FakeMicrosoft:
    return FakeMicrosoft()


def throttled(after: str | None) -> Row:
    headers = {} if after is None else {"Retry-After": after}
    return {"status": 429, "headers": headers, "body": {"error": {"code": "TooManyRequests"}}}


def test_half_a_character_of_one_name_costs_no_tenant(fake: FakeMicrosoft) -> None:
    fake.users = [user(1, displayName="Ada \ud83d", city="\ude00"), user(2)]
    first, second = read(fake).users
    assert (first.name, first.city, second.name) == ("Ada \ufffd", "\ufffd", "User 2")


def test_a_tenant_costs_one_token_and_one_batch(fake: FakeMicrosoft) -> None:
    whole = read(fake)
    assert [url.rsplit("/", 1)[1] for url in fake.urls] == ["token", "$batch"]
    assert fake.sent[1].headers["Authorization"] == "Bearer access-1"
    assert whole.tenant_id == TENANT
    assert whole.connection_id == "main"
    assert NOW < whole.began < whole.ended
    assert whole.skus == (
        Sku(
            sku_id=SPB,
            part_number="SPB",
            enabled=25,
            warning=0,
            suspended=0,
            locked_out=0,
            consumed=2,
            subscription_ids=("sub-of-spb",),
        ),
    )
    assert whole.subscriptions == (
        Subscription(
            id="sub-of-spb",
            sku_id=SPB,
            commerce_id="c0ffee",
            owner_tenant_id=HOME,
            status="Enabled",
            total=25,
            next_lifecycle=datetime(2026, 12, 1, 10, 0, 0, 123456, tzinfo=UTC),
        ),
    )
    first = whole.users[0]
    assert (first.id, first.upn, first.mail, first.state, first.office) == (
        "user-00001",
        "u1@a.example",
        "",
        "",
        "Kiel",
    )
    assert first.skus == (SPB,)
    assert whole.doubts == ()


def test_only_the_throttled_item_of_an_unordered_batch_is_asked_again_after_its_pause(
    fake: FakeMicrosoft,
) -> None:
    fake.order = lambda items: items[::-1]
    fake.item_faults["subscriptions"] = deque([throttled("4")])
    assert read(fake).subscriptions
    assert [[item["id"] for item in batch] for batch in fake.batches] == [
        ["subscribedSkus", "subscriptions", "users"],
        ["subscriptions"],
    ]
    assert len(fake.slept) == 1
    assert fake.slept[0] >= 4


def test_the_longest_pause_of_several_items_is_kept(fake: FakeMicrosoft) -> None:
    fake.item_faults["users"] = deque([throttled("2")])
    fake.item_faults["subscribedSkus"] = deque([throttled("6")])
    assert len(read(fake).users) == 2
    assert fake.slept[0] >= 6
    assert len(fake.batches) == 2


def test_a_long_pause_of_an_item_is_told_and_not_slept(fake: FakeMicrosoft) -> None:
    fake.item_faults["users"] = deque([throttled("57")])
    refused = refusal_of(fake)
    assert (refused.cause, refused.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))
    assert fake.slept == []
    assert len(fake.batches) == 1


@pytest.mark.parametrize("fault", [throttled(None), {"status": 503}, {"status": 500, "body": "PGh0bWw+"}])
def test_an_item_that_keeps_failing_ends_the_read_after_three_batches(
    fake: FakeMicrosoft, fault: Row
) -> None:
    fake.item_faults["users"] = deque([fault] * 9)
    assert refusal_of(fake).cause is FailureCause.TRANSIENT
    assert [len(batch) for batch in fake.batches] == [3, 1, 1]


def test_429_with_retry_after_for_the_whole_batch_is_waited_for(fake: FakeMicrosoft) -> None:
    answers = deque([graph_error(429, "TooManyRequests", {"Retry-After": "3"})])
    fake.bend = lambda request: answers.popleft() if answers and "$batch" in str(request.url) else None
    assert read(fake).skus
    assert fake.slept[0] >= 3


def test_a_html_page_instead_of_a_batch_is_tried_again_and_then_not_read(fake: FakeMicrosoft) -> None:
    page: Answer = (200, {"Content-Type": "text/html"}, b"<html><body>Back soon</body></html>")
    fake.bend = lambda request: page if "$batch" in str(request.url) else None
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.TRANSIENT
    assert "web page" in refused.sentence
    assert sum("$batch" in url for url in fake.urls) == 3


@pytest.mark.parametrize(
    "spoil, why",
    [
        (lambda items: items[:2], "users: not answered"),
        (lambda items: [*items, items[0]], "subscribedSkus is answered twice"),
        (lambda items: [*items, {**items[0], "id": "other"}], "a question that was not asked"),
        (lambda items: [{**items[0], "id": 7}, *items[1:]], "a question that was not asked"),
        (lambda items: [{**items[0], "body": None}, *items[1:]], "subscribedSkus: it has no content"),
        (lambda items: [{**items[0], "body": "eyJ9"}, *items[1:]], "subscribedSkus: it has no content"),
        (lambda items: [{**items[0], "body": {}}, *items[1:]], "no rows, not even none"),
        (lambda items: [{**items[0], "body": {"value": None}}, *items[1:]], "value is empty"),
        (lambda items: [{"id": "users", "body": {}}, *items[:2]], "status is missing"),
    ],
)
def test_a_batch_that_does_not_answer_its_questions_is_invalid(
    fake: FakeMicrosoft, spoil: Any, why: str
) -> None:
    fake.order = spoil
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert why in refused.sentence


def test_a_batch_without_answers_is_invalid(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: json_answer({}) if "$batch" in str(request.url) else None
    assert refusal_of(fake).cause is FailureCause.INVALID


@pytest.mark.parametrize(
    "status, code, cause, words",
    [
        (403, "Authorization_RequestDenied", FailureCause.TENANT, "GDAP role is missing"),
        (401, "InvalidAuthenticationToken", FailureCause.TENANT, "Sign in again"),
        (404, "Request_ResourceNotFound", FailureCause.INVALID, "Report this code"),
        (400, "Request_UnsupportedQuery", FailureCause.INVALID, "Report this code"),
    ],
)
def test_one_refused_item_refuses_the_whole_read_in_plain_words(
    fake: FakeMicrosoft, status: int, code: str, cause: FailureCause, words: str
) -> None:
    fake.item_faults["users"] = deque([{"status": status, "body": {"error": {"code": code, "message": "x"}}}])
    refused = refusal_of(fake)
    assert (refused.cause, refused.code) == (cause, f"{status} {code}")
    assert words in refused.sentence
    assert len(fake.batches) == 1


def test_a_lasting_refusal_wins_over_a_pause_in_the_same_batch(fake: FakeMicrosoft) -> None:
    fake.item_faults["subscribedSkus"] = deque([throttled("2")])
    fake.item_faults["users"] = deque(
        [{"status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}]
    )
    assert refusal_of(fake).cause is FailureCause.TENANT
    assert fake.slept == []


def test_an_app_without_permission_is_told_which_permissions_it_needs(fake: FakeMicrosoft) -> None:
    fake.item_faults["users"] = deque(
        [{"status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}]
    )
    with pytest.raises(NotRead, match=r"User\.Read\.All as application permissions"):
        fake.connector().read_tenant(ACCOUNT, APP_ONLY, TENANT)


def test_a_kept_token_that_is_refused_is_renewed_once(fake: FakeMicrosoft) -> None:
    connector = fake.connector()
    connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
    fake.now += timedelta(minutes=6)
    denied: Row = {"status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}
    fake.item_faults["users"] = deque([denied])
    assert connector.read_tenant(ACCOUNT, CONNECTION, TENANT).users
    assert fake.tokens == 2
    fake.now += timedelta(minutes=6)
    fake.item_faults["users"] = deque([denied, denied])
    with pytest.raises(NotRead):
        connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
    assert fake.tokens == 3


def test_a_refused_token_that_was_issued_just_now_is_not_asked_with_again(fake: FakeMicrosoft) -> None:
    connector = fake.connector()
    connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
    denied: Row = {"status": 403, "body": {"error": {"code": "Authorization_RequestDenied"}}}
    fake.item_faults["users"] = deque([denied])
    with pytest.raises(NotRead):
        connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
    assert (fake.tokens, len(fake.batches)) == (1, 2)
    assert connector.read_tenant(ACCOUNT, CONNECTION, TENANT).users
    assert fake.tokens == 2


# Pages


def test_every_page_is_asked_for_with_consistency_level(fake: FakeMicrosoft) -> None:
    fake.users = [user(number) for number in range(7)]
    fake.page_size = 3
    assert len(read(fake).users) == 7
    assert fake.urls[2:] == [user_link(3), user_link(6)]
    assert all(request.headers["ConsistencyLevel"] == "eventual" for request in fake.sent[2:])
    assert all(request.headers["Authorization"] == "Bearer access-1" for request in fake.sent[2:])


def with_next_link(fake: FakeMicrosoft, link: str) -> None:
    fake.order = lambda items: [
        {**item, "body": {**item["body"], "@odata.nextLink": link}} if item["id"] == "users" else item
        for item in items
    ]


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.microsoft.com.evil.example/v1.0/users?$skiptoken=1",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://user@graph.microsoft.com/v1.0/users",
        "https://evil.example/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:8443/v1.0/users",
        "https://graph.microsoft.com:99999999/v1.0/users",
        "https://[graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com/beta/users",
        "//evil.example/v1.0/users",
        "/v1.0/users?$skiptoken=1",
        "file:///etc/passwd",
    ],
)
def test_a_next_link_that_leads_elsewhere_is_refused_and_never_called(fake: FakeMicrosoft, link: str) -> None:
    with_next_link(fake, link)
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert "the link to its next page" in refused.sentence
    assert len(fake.sent) == 2


@pytest.mark.parametrize("question", ["subscribedSkus", "subscriptions", "users"])
@pytest.mark.parametrize("link", ["", 0, 7, False, True, [], {}, ["https://graph.microsoft.com/v1.0/users"]])
def test_a_next_link_that_is_none_is_no_end(fake: FakeMicrosoft, question: str, link: object) -> None:
    def with_it(item: dict[str, Any], link: object) -> dict[str, Any]:
        return {**item, "body": {**item["body"], "@odata.nextLink": link}} if item["id"] == question else item

    fake.order = lambda items: [with_it(item, link) for item in items]
    assert refusal_of(fake).cause is FailureCause.INVALID
    fake.order = lambda items: [with_it(item, None) for item in items]
    assert read(fake).users


def test_a_page_that_leads_to_itself_is_invalid(fake: FakeMicrosoft) -> None:
    fake.users = [user(number) for number in range(5)]
    fake.page_size = 3
    fake.bend = lambda request: (
        json_answer({"value": [user(4)], "@odata.nextLink": user_link(3)})
        if "skiptoken" in str(request.url)
        else None
    )
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert "round in circles" in refused.sentence
    assert len(fake.sent) == 3


def test_ever_new_links_come_to_an_end(fake: FakeMicrosoft) -> None:
    with_next_link(fake, user_link(1))
    fake.bend = lambda request: (
        json_answer({"value": [user(3)], "@odata.nextLink": user_link(len(fake.sent))})
        if "skiptoken" in str(request.url)
        else None
    )
    assert "more than 500 pages" in refusal_of(fake).sentence
    assert len(fake.sent) == 502


@pytest.mark.parametrize(
    "answer, cause, calls",
    [
        (graph_error(400, "Directory_ExpiredPageToken"), FailureCause.INVALID, 3),
        (graph_error(403, "Authorization_RequestDenied"), FailureCause.TENANT, 3),
        (graph_error(500, "UnknownError"), FailureCause.TRANSIENT, 3),
        ((200, {"Content-Type": "application/json"}, b'{"value": [{"id": "us'), FailureCause.TRANSIENT, 3),
        (json_answer({"error": {}}), FailureCause.INVALID, 1),
        (json_answer([]), FailureCause.INVALID, 1),
        (json_answer({"value": []}), FailureCause.INVALID, 1),
    ],
)
def test_a_next_page_that_fails_is_cut_or_is_empty_fails_the_whole_read(
    fake: FakeMicrosoft, answer: Answer, cause: FailureCause, calls: int
) -> None:
    fake.users = [user(number) for number in range(5)]
    fake.page_size = 3
    fake.bend = lambda request: answer if "skiptoken" in str(request.url) else None
    assert refusal_of(fake).cause is cause
    assert len(fake.sent) == 2 + calls


def test_a_first_page_without_rows_that_leads_on_is_invalid(fake: FakeMicrosoft) -> None:
    fake.users = [user(number) for number in range(5)]
    fake.page_size = 3
    fake.order = lambda items: [
        {**item, "body": {**item["body"], "value": []}} if item["id"] == "users" else item for item in items
    ]
    assert "one of its pages is empty" in refusal_of(fake).sentence


def test_a_user_on_two_pages_counts_once_as_the_later_row_says(fake: FakeMicrosoft) -> None:
    fake.users = [user(1), user(2, city="Kiel"), user(2, city="Bonn"), user(3)]
    fake.page_size = 2
    users = read(fake).users
    assert [each.id for each in users] == ["user-00001", "user-00002", "user-00003"]
    assert users[1].city == "Bonn"


def test_a_second_page_of_skus_is_followed_too(fake: FakeMicrosoft) -> None:
    link = "https://graph.microsoft.com/v1.0/subscribedSkus?$skiptoken=x"

    def second(request: requests.PreparedRequest) -> Answer | None:
        return json_answer({"value": [sku(E3, "SPE_E3")]}) if str(request.url) == link else None

    fake.bend = second
    fake.order = lambda items: [
        {**item, "body": {**item["body"], "@odata.nextLink": link}}
        if item["id"] == "subscribedSkus"
        else item
        for item in items
    ]
    assert {each.part_number for each in read(fake).skus} == {"SPB", "SPE_E3"}


@pytest.mark.parametrize(
    "name", ["commerceSubscriptionId", "ownerTenantId", "status", "nextLifecycleDateTime"]
)
def test_a_field_gone_from_all_subscriptions_is_doubted_and_a_blank_one_is_not(
    fake: FakeMicrosoft, name: str
) -> None:
    fake.subscriptions = [without(subscription(), name)]
    assert read(fake).doubts == (Doubt(kind=DoubtKind.FIELD_GONE, of=f"subscriptions.{name}", expected=1),)
    fake.subscriptions = [{**subscription(), name: None}]
    assert read(fake).doubts == ()


@pytest.mark.parametrize("name", ["subscriptionIds", "appliesTo"])
def test_a_field_gone_from_all_skus_is_doubted_and_from_some_is_not(fake: FakeMicrosoft, name: str) -> None:
    fake.skus = [without(sku(), name), without(sku(E3, "SPE_E3"), name)]
    assert Doubt(kind=DoubtKind.FIELD_GONE, of=f"skus.{name}", expected=2) in read(fake).doubts
    fake.skus = [sku(), without(sku(E3, "SPE_E3"), name)]
    assert read(fake).doubts == ()


def test_of_a_huge_tenant_not_all_rows_are_in_memory_at_once(fake: FakeMicrosoft) -> None:
    disabled = [f"00000000-0000-4000-8000-{number:012}" for number in range(60)]
    licences = [{"skuId": SPB, "disabledPlans": disabled}]
    fake.users = [user(number, assignedLicenses=licences) for number in range(4_000)]
    connector = fake.connector()
    tracemalloc.start()
    whole = connector.read_tenant(ACCOUNT, CONNECTION, TENANT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(whole.users) == 4_000
    assert peak < 48 * 1024 * 1024


# Rows


def without(row: Row, name: str) -> Row:
    return {key: value for key, value in row.items() if key != name}


UNITS = {"enabled": 5, "warning": 0, "suspended": 0, "lockedOut": 0}


@pytest.mark.parametrize(
    "row, why",
    [
        (sku(consumedUnits=None), "consumedUnits is empty"),
        (sku(consumedUnits=-1), "consumedUnits is negative"),
        (sku(consumedUnits=10_000_001), "consumedUnits is over 10,000,000"),
        (sku(consumedUnits=3.0), "consumedUnits is not a whole number"),
        (sku(consumedUnits="3"), "consumedUnits is not a whole number"),
        (sku(consumedUnits=True), "consumedUnits is not a whole number"),
        (without(sku(), "consumedUnits"), "consumedUnits is missing"),
        (without(sku(), "prepaidUnits"), "prepaidUnits is missing"),
        (sku(prepaidUnits=None), "prepaidUnits is empty"),
        (sku(prepaidUnits=without(UNITS, "enabled")), "prepaidUnits.enabled is missing"),
        (sku(prepaidUnits={**UNITS, "warning": None}), "prepaidUnits.warning is empty"),
        (sku(prepaidUnits={**UNITS, "suspended": -2}), "prepaidUnits.suspended is negative"),
        (without(sku(), "skuId"), "skuId is missing"),
        (sku(skuId=None), "skuId is empty"),
        (sku(skuId=""), "skuId has a wrong type"),
        (None, "it is empty"),
    ],
)
def test_a_sku_that_cannot_be_true_makes_the_read_invalid_and_is_named(
    fake: FakeMicrosoft, row: Row, why: str
) -> None:
    fake.skus = [sku(E3, "SPE_E3"), row]
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert f"subscribedSkus, row 2: {why}" in refused.sentence


@pytest.mark.parametrize("other", [SPB, SPB.upper()])
def test_one_sku_in_two_rows_is_invalid(fake: FakeMicrosoft, other: str) -> None:
    fake.skus = [sku(), sku(other, prepaidUnits=UNITS)]
    assert "the SKU SPB is in two rows" in refusal_of(fake).sentence


@pytest.mark.parametrize("count", [None, -1, 10_000_001, "25"])
def test_a_subscription_with_a_count_that_cannot_be_true_is_invalid(
    fake: FakeMicrosoft, count: object
) -> None:
    fake.subscriptions = [subscription(totalLicenses=count)]
    assert "subscriptions, row 1: totalLicenses" in refusal_of(fake).sentence


def test_a_subscription_in_two_rows_that_differ_is_invalid(fake: FakeMicrosoft) -> None:
    fake.subscriptions = [subscription(), subscription(totalLicenses=26)]
    assert refusal_of(fake).cause is FailureCause.INVALID
    fake.subscriptions = [subscription(), subscription()]
    assert len(read(fake).subscriptions) == 1


def test_units_only_in_grace_are_no_enabled_units(fake: FakeMicrosoft) -> None:
    fake.skus = [sku(prepaidUnits={"enabled": 0, "warning": 4, "suspended": 2, "lockedOut": 1})]
    (only,) = read(fake).skus
    assert (only.enabled, only.warning, only.suspended, only.locked_out) == (0, 4, 2, 1)


def test_blanks_that_are_no_counts_are_taken_as_empty_text(fake: FakeMicrosoft) -> None:
    fake.skus = [{"skuId": SPB.upper(), "consumedUnits": 0, "prepaidUnits": UNITS, "skuPartNumber": None}]
    fake.subscriptions = [{"id": "S", "totalLicenses": 0, "skuId": None, "nextLifecycleDateTime": None}]
    whole = read(fake)
    assert (whole.skus[0].sku_id, whole.skus[0].part_number, whole.skus[0].applies_to) == (SPB, "", "User")
    assert (whole.subscriptions[0].status, whole.subscriptions[0].next_lifecycle) == ("", None)


ODD: list[object] = [5, True, {}, [], ["x"], {"value": "x"}]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "where, field",
    [
        *(("skus", name) for name in ("skuPartNumber", "appliesTo")),
        *(("subscriptions", name) for name in ("commerceSubscriptionId", "nextLifecycleDateTime")),
        *(("users", name) for name in ("displayName", "mail")),
    ],
)
def test_what_only_informs_is_unknown_where_it_is_odd_and_costs_no_tenant(
    fake: FakeMicrosoft, where: str, field: str, odd: object
) -> None:
    rows: list[Row] = getattr(fake, where)
    bare = [{**row, field: None} for row in rows]
    setattr(fake, where, bare)
    expected = getattr(read(fake), where)
    setattr(fake, where, [{**row, field: odd} for row in rows])
    assert getattr(read(fake), where) == expected


@pytest.mark.parametrize("odd", ["maybe", "", 2, {}, [], [True]])
def test_whether_it_is_a_trial_is_unknown_where_it_is_odd(fake: FakeMicrosoft, odd: object) -> None:
    """Seats of which nobody says whether they are on trial have no number to trust: their licence waits, no other."""
    fake.subscriptions = [subscription(isTrial=odd)]
    (only,) = read(fake).subscriptions
    assert only.trial is None


@pytest.mark.parametrize("odd", [5.5, {}, []])
@pytest.mark.parametrize(
    "where, field",
    [
        *(("skus", name) for name in ("skuId", "consumedUnits", "prepaidUnits")),
        *(("subscriptions", name) for name in ("id", "skuId", "status", "ownerTenantId", "totalLicenses")),
        *(("users", name) for name in ("id", "userPrincipalName", "accountEnabled", "userType", "city")),
        *(("users", name) for name in ("department", "officeLocation", "state")),
    ],
)
def test_what_a_number_is_made_of_is_never_taken_for_blank(
    fake: FakeMicrosoft, where: str, field: str, odd: object
) -> None:
    setattr(fake, where, [{**row, field: odd} for row in getattr(fake, where)])
    assert refusal_of(fake).cause is FailureCause.INVALID


# What is hard to believe


def doubts(fake: FakeMicrosoft) -> str:
    return " ".join(doubt.sentence for doubt in read(fake).doubts)


def test_licences_without_any_user_are_doubted(fake: FakeMicrosoft) -> None:
    fake.users = []
    assert "2 licences are assigned, but no user has one." in doubts(fake)


def test_users_with_licences_in_a_tenant_without_skus_are_doubted(fake: FakeMicrosoft) -> None:
    fake.skus = []
    assert "2 users have licences, but the tenant has none." in doubts(fake)


def test_skus_without_the_subscriptions_they_name_are_doubted(fake: FakeMicrosoft) -> None:
    fake.subscriptions = []
    assert "name their subscriptions" in doubts(fake)


@pytest.mark.parametrize("skus", [[], [sku(prepaidUnits={**UNITS, "enabled": 0})]])
def test_enabled_subscriptions_without_a_unit_of_any_licence_are_doubted(
    fake: FakeMicrosoft, skus: list[dict[str, Any]]
) -> None:
    fake.skus, fake.users = skus, []
    fake.subscriptions = [subscription(totalLicenses=24)]
    assert "Subscriptions are enabled for 24 units, but no licence counts one." in doubts(fake)


@pytest.mark.parametrize("told", [{"status": "Suspended"}, {"status": "Deleted"}, {"totalLicenses": 0}])
def test_subscriptions_that_give_no_units_are_no_doubt(fake: FakeMicrosoft, told: dict[str, Any]) -> None:
    fake.skus, fake.users, fake.subscriptions = [], [], [subscription(**told)]
    assert read(fake).doubts == ()


def test_a_field_gone_from_all_users_is_doubted(fake: FakeMicrosoft) -> None:
    fake.users = [without(user(1), "department"), without(user(2), "department")]
    assert doubts(fake) == "The field users.department is gone from all 2 rows."
    fake.users = [without(user(1), "department"), user(2)]
    assert doubts(fake) == ""


def test_some_users_without_their_licences_are_doubted(fake: FakeMicrosoft) -> None:
    fake.users = [without(user(1), "assignedLicenses"), user(2)]
    assert "1 of 2 users came without their licences" in doubts(fake)


def test_fewer_users_than_announced_are_doubted(fake: FakeMicrosoft) -> None:
    fake.order = lambda items: [
        {**item, "body": {**item["body"], "@odata.count": 9}} if item["id"] == "users" else item
        for item in items
    ]
    assert doubts(fake) == "9 licensed users were announced, but 2 were listed."


def test_a_filtered_list_that_announces_as_few_as_it_holds_is_doubted_by_what_is_consumed(
    fake: FakeMicrosoft,
) -> None:
    fake.skus = [sku(consumedUnits=17)]
    whole = read(fake)
    assert whole.doubts == (Doubt(kind=DoubtKind.USERS_UNLISTED, of="SPB", expected=17, found=2),)
    assert whole.doubts[0].is_of_users_only
    assert whole.skus[0].enabled == 25


@pytest.mark.parametrize(
    "consumed, listed, is_doubted",
    [(6, 5, False), (7, 5, False), (8, 5, True), (105, 100, False), (106, 100, True), (5, 9, False)],
)
def test_who_was_just_deleted_or_just_given_a_licence_is_no_doubt(
    fake: FakeMicrosoft, consumed: int, listed: int, is_doubted: bool
) -> None:
    fake.skus, fake.users = [sku(consumedUnits=consumed)], [user(number) for number in range(listed)]
    assert bool(read(fake).doubts) is is_doubted


def test_a_sku_of_the_company_is_consumed_by_no_user(fake: FakeMicrosoft) -> None:
    fake.skus = [sku(), sku(E3, "SPE_E3", appliesTo="Company", consumedUnits=50)]
    assert read(fake).doubts == ()


def test_an_empty_tenant_is_read_without_doubt(fake: FakeMicrosoft) -> None:
    fake.skus, fake.subscriptions, fake.users = [], [], []
    whole = read(fake)
    assert (whole.skus, whole.subscriptions, whole.users, whole.doubts) == ((), (), (), ())


# Any order


@given(st.permutations(range(3)), st.permutations(range(5)), st.permutations(range(2)))
def test_the_order_of_answers_and_rows_never_changes_the_read(
    items: list[int], users: list[int], skus: list[int]
) -> None:
    def read_in(items: list[int], users: list[int], skus: list[int]) -> TenantRead:
        fake = FakeMicrosoft()
        fake.users = [user(number, assignedLicenses=[{"skuId": SPB}, {"skuId": E3}]) for number in users]
        both = [sku(), sku(E3, "SPE_E3", subscriptionIds=["b", "a"])]
        fake.skus = [both[each] for each in skus]
        fake.order = lambda answers: [answers[each] for each in items]
        return read(fake)

    assert read_in(items, users, skus) == read_in([0, 1, 2], [0, 1, 2, 3, 4], [0, 1])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["skus", "subscriptions", "users"]), st.data())
def test_any_row_is_read_or_invalid_and_never_a_crash(which: str, data: st.DataObject) -> None:
    fake = FakeMicrosoft()
    row: Row = {"skus": sku, "subscriptions": subscription}.get(which, lambda: user(1))()
    name = data.draw(st.sampled_from(sorted(row)))
    setattr(fake, which, [{**row, name: data.draw(json_values)}])
    refused, counts = None, list[int]()
    try:
        whole = read(fake)
    except NotRead as error:
        refused = error.cause
    else:
        counts = [count for each in whole.skus for count in (each.enabled, each.warning, each.consumed)]
    assert refused in (None, FailureCause.INVALID)
    assert all(0 <= count <= 10_000_000 for count in counts)
