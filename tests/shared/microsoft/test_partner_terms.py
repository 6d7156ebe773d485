"""Terms from Partner Center: what is kept of a subscription, and what is said when it is not shown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from shared.http.circuit_breaker import MOST_LOST
from shared.microsoft.models import FailureCause, NotRead, Term
from tests.shared.microsoft.fake import (
    ACCOUNT,
    CONNECTION,
    HOME,
    TENANT,
    Answer,
    FakeMicrosoft,
    is_token,
    json_answer,
)


@pytest.fixture
def fake() -> FakeMicrosoft:
    return FakeMicrosoft()


def sold(**other: Any) -> dict[str, Any]:
    row = {"id": "C0FFEE", "termDuration": "P1Y", "commitmentEndDate": "2027-02-28T00:00:00Z"}
    return {**row, "cancellationAllowedUntilDate": "2026-03-07T09:00:00Z", "autoRenewEnabled": True, **other}


def read(
    fake: FakeMicrosoft, *rows: dict[str, Any], status: int = 200, body: object = None
) -> tuple[Term, ...]:
    told, headers, content = json_answer({"items": list(rows)} if body is None else body, status)
    fake.bend = lambda request: None if is_token(request) else (told, headers, b"\xef\xbb\xbf" + content)
    return fake.connector().terms(ACCOUNT, CONNECTION, TENANT)


def test_term_end_renewal_and_the_window_of_cancelling_are_kept(fake: FakeMicrosoft) -> None:
    assert read(fake, sold()) == (
        Term(
            commerce_id="c0ffee",
            duration="P1Y",
            ends=date(2027, 2, 28),
            auto_renew=True,
            cancellable_until=datetime(2026, 3, 7, 9, tzinfo=UTC),
        ),
    )


def test_it_is_one_call_with_the_partners_own_token(fake: FakeMicrosoft) -> None:
    read(fake, sold())
    token, question = fake.urls
    assert HOME in token
    assert question == f"https://api.partnercenter.microsoft.com/v1/customers/{TENANT}/subscriptions"


@pytest.mark.parametrize(
    "ends", [None, "2099-12-31T00:00:00Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_an_end_in_the_far_future_is_none(fake: FakeMicrosoft, ends: str | None) -> None:
    (term,) = read(fake, sold(commitmentEndDate=ends))
    assert (term.ends is None) == (ends is None or ends[:4] >= "2100")


def test_what_is_not_told_is_not_known(fake: FakeMicrosoft) -> None:
    assert read(fake, {"id": "x"}) == (Term(commerce_id="x"),)


@pytest.mark.parametrize("told", ["", None, "a year", "P1Y ", "P 1Y", 1, True, {}, []])
def test_a_duration_that_is_none_is_not_known(fake: FakeMicrosoft, told: object) -> None:
    (term,) = read(fake, sold(termDuration=told))
    assert term.duration == ""


@pytest.mark.parametrize("told", [None, "", "perhaps", 7, {}, []])
def test_whether_it_renews_by_itself_is_not_known_where_it_is_odd(fake: FakeMicrosoft, told: object) -> None:
    (term,) = read(fake, sold(autoRenewEnabled=told))
    assert (term.auto_renew, term.ends) == (None, date(2027, 2, 28))


def test_no_subscriptions_are_none(fake: FakeMicrosoft) -> None:
    assert read(fake) == ()


@pytest.mark.parametrize("status, code", [(403, "20002"), (404, "404")])
def test_where_somebody_else_sells_it_says_so(fake: FakeMicrosoft, status: int, code: str) -> None:
    with pytest.raises(NotRead, match="indirect provider") as caught:
        read(fake, status=status, body={"code": code, "description": "secret-looking text"})
    assert (caught.value.cause, caught.value.code) == (FailureCause.TENANT, f"{status} {code}")


def test_terms_that_somebody_else_knows_cost_one_call_and_the_token_stays(fake: FakeMicrosoft) -> None:
    not_ours = json_answer({"code": "20002"}, 403)
    fake.bend = lambda request: None if is_token(request) else not_ours
    connector = fake.connector()
    for _ in range(3):
        with pytest.raises(NotRead, match="indirect provider"):
            connector.terms(ACCOUNT, CONNECTION, TENANT)
        fake.now += timedelta(minutes=10)
    assert (fake.tokens, len(fake.sent)) == (1, 4)


def test_missing_mfa_is_the_partners(fake: FakeMicrosoft) -> None:
    with pytest.raises(NotRead, match="multi-factor") as caught:
        read(fake, status=401, body={"code": "900421"})
    assert caught.value.cause is FailureCause.PARTNER


@pytest.mark.parametrize(
    "rows",
    [
        [{"termDuration": "P1Y"}],
        [sold(commitmentEndDate="soon")],
        [sold(), sold(autoRenewEnabled=False)],
    ],
    ids=["without id", "a date that is none", "twice and different"],
)
def test_an_answer_that_cannot_be_true_is_not_read(fake: FakeMicrosoft, rows: list[dict[str, Any]]) -> None:
    with pytest.raises(NotRead) as caught:
        read(fake, *rows)
    assert caught.value.cause is FailureCause.INVALID


@pytest.mark.parametrize(
    "links", [{"next": {"uri": "/x"}}, {"next": {}}, {"next": ""}, {"next": "t1"}, "", [], 0]
)
def test_a_list_that_goes_on_is_not_taken_for_the_whole(fake: FakeMicrosoft, links: object) -> None:
    with pytest.raises(NotRead) as caught:
        read(fake, body={"items": [sold()], "links": links})
    assert caught.value.cause is FailureCause.INVALID
    whole: list[object] = [None, {}, {"self": {"uri": "/x"}}, {"self": {}, "next": None}]
    assert all(read(fake, body={"items": [sold()], "links": links}) for links in whole)


def test_a_service_that_is_down_is_transient(fake: FakeMicrosoft) -> None:
    with pytest.raises(NotRead) as caught:
        read(fake, status=503)
    assert caught.value.cause is FailureCause.TRANSIENT


def test_terms_that_are_never_answered_are_soon_asked_for_no_more(fake: FakeMicrosoft) -> None:
    def silent(request: requests.PreparedRequest) -> Answer | None:
        if is_token(request):
            return None
        raise requests.ReadTimeout

    fake.bend = silent
    connector = fake.connector()
    for _ in range(20):
        with pytest.raises(NotRead):
            connector.terms(ACCOUNT, CONNECTION, TENANT)
    assert sum(not is_token(request) for request in fake.sent) == MOST_LOST
