"""The customers of a partner: complete, joined with GDAP, or not at all."""

from collections import deque
from datetime import date, timedelta

import pytest
import requests

from shared.microsoft.models import Customer, FailureCause, Gdap, NotRead
from shared.microsoft.partner_customers import PAGE_SIZE
from tests.shared.microsoft.fake import (
    ACCOUNT,
    APP_ONLY,
    CONNECTION,
    HOME,
    TENANT,
    Answer,
    FakeMicrosoft,
    Row,
    customer,
    graph_error,
    is_token,
    json_answer,
    refusal,
    relationship,
)

THIRD = "44444444-4444-4444-8444-444444444444"
OTHER = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def fake() -> FakeMicrosoft:
    return FakeMicrosoft()


def customers(fake: FakeMicrosoft) -> tuple[Customer, ...]:
    return fake.connector().customers(ACCOUNT, CONNECTION)


def refusal_of(fake: FakeMicrosoft) -> NotRead:
    with pytest.raises(NotRead) as caught:
        customers(fake)
    return caught.value


def only_partner_center(answer: Answer, fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: answer if "partnercenter" in str(request.url) else None


def test_half_a_character_of_one_name_costs_no_list(fake: FakeMicrosoft) -> None:
    fake.customers = [[customer(name="Alder \ud83d")]]
    fake.relationships[0][0]["displayName"] = "\ude00"
    assert [(each.name, each.gdap is not None) for each in customers(fake)] == [("Alder \ufffd", True)]


def test_a_list_with_a_byte_order_mark_is_joined_with_its_relationship(fake: FakeMicrosoft) -> None:
    assert customers(fake) == (
        Customer(
            tenant_id=TENANT,
            name="Alder",
            domain="alder.example",
            gdap=Gdap(status="active", ends=date(2027, 5, 1)),
        ),
    )
    assert [url for url in fake.urls if url.endswith("token")] == [
        f"https://login.microsoftonline.com/{HOME}/oauth2/v2.0/token"
    ] * 2


def test_a_partner_check_before_saves_the_list_one_sign_in(fake: FakeMicrosoft) -> None:
    connector = fake.connector()
    connector.check_partner(ACCOUNT, CONNECTION)
    connector.customers(ACCOUNT, CONNECTION)
    assert fake.tokens == 2


@pytest.mark.parametrize("service", ["partnercenter", "delegatedAdmin"])
def test_a_kept_token_that_is_revoked_is_renewed_and_the_list_is_read(
    fake: FakeMicrosoft, service: str
) -> None:
    connector = fake.connector()
    connector.customers(ACCOUNT, CONNECTION)
    fake.now += timedelta(minutes=30)
    revoked = {"Bearer access-1", "Bearer access-2"}

    def bend(request: requests.PreparedRequest) -> Answer | None:
        if service in str(request.url) and request.headers["Authorization"] in revoked:
            return json_answer({"code": "800001"}, 401)
        return None

    fake.bend = bend
    assert len(connector.customers(ACCOUNT, CONNECTION)) == 1
    assert fake.tokens == 3


def test_the_next_page_is_asked_for_by_its_token_at_our_own_address(fake: FakeMicrosoft) -> None:
    fake.customers = [[customer()], [customer(OTHER, "Birch")], [customer(THIRD, "Cedar", "none")]]
    assert [each.name for each in customers(fake)] == ["Alder", "Birch"]
    pages = [request for request in fake.sent if "partnercenter" in str(request.url)]
    assert [str(page.url) for page in pages] == [
        "https://api.partnercenter.microsoft.com/v1/customers?size=500",
        "https://api.partnercenter.microsoft.com/v1/customers?seekOperation=Next",
        "https://api.partnercenter.microsoft.com/v1/customers?seekOperation=Next",
    ]
    assert [page.headers.get("MS-ContinuationToken") for page in pages] == [None, "t1", "t2"]
    assert len({page.headers["MS-RequestId"] for page in pages}) == 3
    assert len({page.headers["MS-CorrelationId"] for page in pages}) == 1


@pytest.mark.parametrize("place", ["body", "header"])
def test_the_token_of_the_next_page_is_found_in_other_places_too(fake: FakeMicrosoft, place: str) -> None:
    body: Row = {"items": [customer(OTHER, "Birch")], "links": {"next": {"uri": "/x", "headers": []}}}
    headers = {}
    if place == "body":
        body["continuationToken"] = "t0"
    else:
        headers["MS-ContinuationToken"] = "t0"
    answers = deque([json_answer(body, 200, headers)])
    fake.bend = lambda request: answers.popleft() if answers and "partnercenter" in str(request.url) else None
    assert len(customers(fake)) == 2


def test_a_token_in_the_header_alone_leads_on_from_a_full_page(fake: FakeMicrosoft) -> None:
    """After a page with room left nobody says what a token there would be for."""
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(PAGE_SIZE)]
    answers: deque[Answer] = deque()
    fake.bend = lambda request: answers.popleft() if answers and "partnercenter" in str(request.url) else None
    for items, whole in ((ids, PAGE_SIZE + 1), (ids[:-1], PAGE_SIZE - 1)):
        listed = [customer(one) for one in items]
        answers.append(json_answer({"items": listed}, 200, {"MS-ContinuationToken": "t0"}))
        assert len(customers(fake)) == whole


@pytest.mark.parametrize("kind", ["none", "advisor", "syndication", "microsoft_support"])
def test_a_customer_the_partner_does_not_resell_to_is_left_out(fake: FakeMicrosoft, kind: str) -> None:
    fake.customers = [[customer(), customer(OTHER, "Birch", kind)]]
    assert [each.name for each in customers(fake)] == ["Alder"]


def test_a_customer_without_a_relationship_has_no_gdap(fake: FakeMicrosoft) -> None:
    fake.relationships = [[relationship(OTHER)]]
    assert customers(fake)[0].gdap is None


def test_of_several_relationships_the_one_that_ends_last_counts(fake: FakeMicrosoft) -> None:
    fake.relationships = [
        [
            relationship(ends="2026-12-01T00:00:00Z"),
            relationship(TENANT.upper(), "2027-08-01T12:00:00.1234567Z"),
        ],
        [relationship(ends=None), relationship(ends="2027-01-01T00:00:00Z")],
    ]
    assert customers(fake)[0].gdap == Gdap(status="active", ends=date(2027, 8, 1))


@pytest.mark.parametrize(
    "other", [{"displayName": "MLT_Microsoft-led"}, {"status": "expired"}, {"customer": None}]
)
def test_a_relationship_that_gives_nothing_is_ignored(fake: FakeMicrosoft, other: Row) -> None:
    fake.relationships = [[relationship(**other)]]
    assert customers(fake)[0].gdap is None


@pytest.mark.parametrize("customer_of", [{"tenantId": ""}, {"tenantId": None}, {}, None])
@pytest.mark.parametrize("status", ["active", "approvalPending", None])
def test_a_relationship_without_a_tenant_id_costs_no_other_customer(
    fake: FakeMicrosoft, customer_of: Row | None, status: str | None
) -> None:
    fake.relationships = [[relationship(customer=customer_of, status=status), relationship()]]
    [known] = customers(fake)
    assert known.gdap is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"relationshipToPartner": None},
        {"relationshipToPartner": ["reseller"]},
        {"relationshipToPartner": " Reseller "},
        {"companyProfile": "none"},
        {"companyProfile": {"tenantId": 7, "companyName": ["Birch"], "domain": None}},
        {"companyProfile": None, "id": OTHER.upper()},
        {"companyProfile": {"tenantId": f" {{{OTHER}}} "}},
    ],
)
def test_a_customer_with_an_odd_field_is_there_and_costs_no_other_one(
    fake: FakeMicrosoft, changes: Row
) -> None:
    odd = {**customer(OTHER, "Birch"), **changes}
    only_partner_center(json_answer({"items": [customer(), odd]}), fake)
    assert [one.tenant_id for one in customers(fake)] == sorted([OTHER, TENANT])


@pytest.mark.parametrize("foreign", [{"companyProfile": None, "id": None}, {"id": 5, "companyProfile": 5}])
def test_a_row_of_somebody_we_do_not_resell_to_may_be_whatever_it_is(
    fake: FakeMicrosoft, foreign: Row
) -> None:
    odd = {**customer(), "relationshipToPartner": "advisor", **foreign}
    only_partner_center(json_answer({"items": [odd, customer()]}), fake)
    assert [one.tenant_id for one in customers(fake)] == [TENANT]


@pytest.mark.parametrize(
    "changes",
    [
        {"endDateTime": "soon"},
        {"endDateTime": {}},
        {"displayName": 5},
        {"status": 1},
        {"customer": "nobody"},
        {"customer": {"tenantId": 5}},
    ],
)
def test_a_relationship_with_an_odd_field_costs_no_other_customer(fake: FakeMicrosoft, changes: Row) -> None:
    fake.relationships = [[relationship(OTHER, **changes), relationship()]]
    [known] = customers(fake)
    assert known.gdap is not None


def test_a_looping_customer_list_is_invalid(fake: FakeMicrosoft) -> None:
    page = {
        "items": [customer()],
        "links": {"next": {"headers": [{"key": "ms-continuationtoken", "value": "t0"}]}},
    }
    only_partner_center(json_answer(page), fake)
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert "round in circles" in refused.sentence
    assert sum("partnercenter" in url for url in fake.urls) == 2


def test_a_customer_list_with_ever_new_tokens_comes_to_an_end(fake: FakeMicrosoft) -> None:
    def endless(request: requests.PreparedRequest) -> Answer | None:
        header = {"key": "MS-ContinuationToken", "value": f"t{len(fake.sent)}"}
        page = json_answer({"items": [customer()], "links": {"next": {"headers": [header]}}})
        return page if "partnercenter" in str(request.url) else None

    fake.bend = endless
    assert "more than 500 pages" in refusal_of(fake).sentence


@pytest.mark.parametrize(
    "page, why",
    [
        ({"items": [customer()], "links": {"next": {"uri": "/x"}}}, "without its token"),
        ({"items": [customer()], "links": ""}, "has a wrong type"),
        ({"items": [customer()], "links": []}, "has a wrong type"),
        ({"items": [customer()], "links": {"next": ""}}, "has a wrong type"),
        ({"items": [customer()], "links": {"next": 0}}, "has a wrong type"),
        ({"items": [customer()], "links": {"next": "t1"}}, "has a wrong type"),
        ({"items": [customer()], "continuationToken": 0}, "has a wrong type"),
        ({"items": [customer()], "continuationToken": {}}, "has a wrong type"),
        ({"totalCount": 1}, "items is missing"),
        ({"items": None}, "items is empty"),
        ({"items": [{"relationshipToPartner": "reseller"}]}, "no tenant id"),
        ({"items": [customer("not a guid")]}, "no tenant id"),
        ([], "has a wrong type"),
    ],
)
def test_a_customer_list_that_cannot_be_whole_is_invalid(fake: FakeMicrosoft, page: object, why: str) -> None:
    only_partner_center(json_answer(page), fake)
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert why in refused.sentence


def test_an_announced_page_that_is_empty_fails_the_list(fake: FakeMicrosoft) -> None:
    fake.customers = [[customer()], []]
    refused = refusal_of(fake)
    assert refused.cause is FailureCause.INVALID
    assert "is empty" in refused.sentence


def test_an_empty_page_after_full_ones_is_the_end_of_the_list(fake: FakeMicrosoft) -> None:
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(PAGE_SIZE)]
    fake.customers = [[customer(one) for one in ids], []]
    assert [each.tenant_id for each in customers(fake)] == ids


def test_a_second_page_that_fails_fails_the_list(fake: FakeMicrosoft) -> None:
    fake.customers = [[customer()], [customer(OTHER, "Birch")]]

    def fail_second(request: requests.PreparedRequest) -> Answer | None:
        return (500, {}, b"") if "seekOperation" in str(request.url) else None

    fake.bend = fail_second
    assert refusal_of(fake).cause is FailureCause.TRANSIENT


def test_without_the_relationships_there_is_no_list(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: (
        graph_error(403, "Authorization_RequestDenied") if "delegatedAdmin" in str(request.url) else None
    )
    refused = refusal_of(fake)
    assert (refused.cause, refused.code) == (FailureCause.PARTNER, "403 Authorization_RequestDenied")
    assert "DelegatedAdminRelationship.Read.All" in refused.sentence


def test_an_app_only_partner_has_its_list_without_the_relationships(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: (
        graph_error(403, "Authorization_RequestDenied") if "delegatedAdmin" in str(request.url) else None
    )
    (only,) = fake.connector().customers(ACCOUNT, APP_ONLY)
    assert (only.tenant_id, only.gdap) == (TENANT, None)


def test_an_app_only_partner_whose_relationships_are_throttled_has_no_list(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: graph_error(503, "Busy") if "delegatedAdmin" in str(request.url) else None
    with pytest.raises(NotRead):
        fake.connector().customers(ACCOUNT, APP_ONLY)


def test_a_partner_that_cannot_sign_in_is_asked_nothing_else(fake: FakeMicrosoft) -> None:
    fake.bend = lambda request: refusal("invalid_client", 7000222) if is_token(request) else None
    refused = refusal_of(fake)
    assert (refused.cause, refused.code) == (FailureCause.PARTNER, "AADSTS7000222")
    assert len(fake.sent) == 1


@pytest.mark.parametrize(
    "status, body, cause, code, words",
    [
        (401, {"code": "900421", "description": "x"}, FailureCause.PARTNER, "401 900421", "multi-factor"),
        (401, {"code": 800001}, FailureCause.PARTNER, "401 800001", "AdminAgents"),
        (403, {"code": "20002"}, FailureCause.PARTNER, "403 20002", "AdminAgents"),
        (400, {"code": "2000"}, FailureCause.INVALID, "400 2000", "Report this code"),
    ],
)
def test_a_refusal_of_partner_center_says_what_to_do(
    fake: FakeMicrosoft, status: int, body: Row, cause: FailureCause, code: str, words: str
) -> None:
    only_partner_center(json_answer(body, status), fake)
    refused = refusal_of(fake)
    assert (refused.cause, refused.code) == (cause, code)
    assert words in refused.sentence


def test_the_pause_partner_center_asks_for_is_told(fake: FakeMicrosoft) -> None:
    body = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}
    only_partner_center(json_answer(body, 429, {"Retry-After": "57"}), fake)
    refused = refusal_of(fake)
    assert (refused.cause, refused.after) == (FailureCause.TRANSIENT, timedelta(seconds=57))
