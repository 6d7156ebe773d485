"""Signing in: one call per token, nothing kept that should not be, no secret in any text."""

import json
import traceback
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
import requests

from shared.microsoft.app_tokens import TOKENS_KEPT, SignIn
from shared.microsoft.hosts import GRAPH, PARTNER_CENTER
from shared.microsoft.models import FailureCause, NotRead, PartnerConnection
from tests.shared.microsoft.fake import (
    ACCOUNT,
    APP_ONLY,
    CONNECTION,
    HOME,
    TENANT,
    Answer,
    FakeMicrosoft,
    json_answer,
    refusal,
)


@pytest.fixture
def fake() -> FakeMicrosoft:
    return FakeMicrosoft()


@pytest.fixture
def sign_in(fake: FakeMicrosoft) -> SignIn:
    return SignIn(fake.http(), fake.secrets, fake.clock)


def form_of(request: requests.PreparedRequest) -> dict[str, str]:
    return dict(parse_qsl(str(request.body)))


def refusal_of(
    sign_in: SignIn, connection: PartnerConnection = CONNECTION, tenant_id: str = TENANT
) -> NotRead:
    with pytest.raises(NotRead) as caught:
        sign_in.token(ACCOUNT, connection, tenant_id, GRAPH)
    return caught.value


def test_a_refresh_token_is_redeemed_for_a_tenant_with_one_call(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    assert sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH).value == "access-1"
    assert fake.urls == [f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"]
    form = form_of(fake.sent[0])
    assert form["grant_type"] == "refresh_token"
    assert form["refresh_token"] == "refresh-s3cret"
    assert form["client_secret"] == "client-s3cret"
    assert form["scope"].split()[0] == "https://graph.microsoft.com/.default"


def test_app_only_asks_with_the_apps_own_secret_and_no_refresh_token(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    del fake.secrets.values[CONNECTION.refresh_token]
    assert sign_in.token(ACCOUNT, APP_ONLY, TENANT, GRAPH).value == "access-1"
    form = form_of(fake.sent[0])
    assert form["grant_type"] == "client_credentials"
    assert "refresh_token" not in form


def test_what_an_app_may_do_and_what_its_user_may_are_kept_apart(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    tokens = [sign_in.token(ACCOUNT, one, TENANT, GRAPH).value for one in (APP_ONLY, CONNECTION) * 2]
    assert tokens == ["access-1", "access-2"] * 2
    assert [form_of(sent)["grant_type"] for sent in fake.sent] == ["client_credentials", "refresh_token"]


def test_a_token_is_used_again_until_it_nears_its_end(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    first = sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH)
    again = sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH)
    assert (again.value, again.issued) == (first.value, first.issued)
    fake.now += timedelta(minutes=56)
    assert sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH).value == "access-2"


def test_tokens_of_tenants_services_connections_and_accounts_are_kept_apart(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    tokens = [
        sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH),
        sign_in.token(ACCOUNT, CONNECTION, HOME, GRAPH),
        sign_in.token(ACCOUNT, CONNECTION, TENANT, PARTNER_CENTER),
    ]
    assert len({token.value for token in tokens}) == 3


def test_only_so_many_tokens_are_kept_the_last_used_ones(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    for number in range(TOKENS_KEPT + 1):
        sign_in.token(ACCOUNT, CONNECTION, f"tenant{number}.example", GRAPH)
        sign_in.token(ACCOUNT, CONNECTION, "tenant0.example", GRAPH)
    assert fake.tokens == TOKENS_KEPT + 1
    sign_in.token(ACCOUNT, CONNECTION, "tenant1.example", GRAPH)
    assert fake.tokens == TOKENS_KEPT + 2


def test_a_refusal_is_not_remembered_so_that_trying_again_really_tries(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    answers = deque([refusal("invalid_grant", 65001)])
    fake.bend = lambda _: answers.popleft() if answers else None
    assert refusal_of(sign_in).code == "AADSTS65001"
    assert sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH).value == "access-1"


def test_the_two_secrets_are_read_once_for_many_tenants_and_again_after_five_minutes(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    for number in range(20):
        sign_in.token(ACCOUNT, CONNECTION, f"tenant{number}.example", GRAPH)
    assert fake.secrets.reads == 2
    fake.now += timedelta(minutes=6)
    sign_in.token(ACCOUNT, CONNECTION, "tenant99.example", GRAPH)
    assert fake.secrets.reads == 4


def test_a_secret_renewed_during_a_run_is_taken_at_the_first_refusal(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    sign_in.token(ACCOUNT, CONNECTION, HOME, GRAPH)
    fake.secrets.values[CONNECTION.client_secret] = "renewed"

    def only_renewed(request: requests.PreparedRequest) -> Answer | None:
        good = form_of(request)["client_secret"] == "renewed"
        return None if good else refusal("invalid_client", 7000222)

    fake.bend = only_renewed
    assert sign_in.token(ACCOUNT, CONNECTION, TENANT, GRAPH).value == "access-2"


def test_an_unchanged_secret_is_not_tried_twice(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    sign_in.token(ACCOUNT, CONNECTION, HOME, GRAPH)
    fake.bend = lambda _: refusal("invalid_client", 7000222)
    refused = refusal_of(sign_in)
    assert (refused.cause, refused.code) == (FailureCause.PARTNER, "AADSTS7000222")
    at_home, tenant, home_again = ("11111111" in url for url in fake.urls)
    assert (at_home, tenant, home_again) == (True, False, True)


# Whose matter a refusal is


def in_tenants(answer: Answer) -> Callable[[requests.PreparedRequest], Answer | None]:
    """Only the partner's own sign-in works."""
    return lambda request: None if HOME in str(request.url) else answer


@pytest.mark.parametrize(
    "word, code, words",
    [
        ("invalid_grant", 50057, "disabled or locked in this tenant, although it works elsewhere"),
        ("invalid_grant", 50173, "although the partner's own works"),
        ("invalid_grant", 53011, "although the partner's own works"),
        ("invalid_client", 7000222, "although the partner's own works"),
        ("invalid_client", 123456, "for a reason that Seatwise does not know"),
    ],
)
def test_a_refusal_in_one_tenant_is_its_own_matter_while_the_partner_can_sign_in(
    fake: FakeMicrosoft, sign_in: SignIn, word: str, code: int, words: str
) -> None:
    fake.bend = in_tenants(refusal(word, code))
    refused = refusal_of(sign_in)
    assert (refused.cause, refused.code) == (FailureCause.TENANT, f"AADSTS{code}")
    assert words in refused.sentence


def test_when_the_partner_cannot_sign_in_either_it_is_the_partners_matter(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    fake.bend = lambda request: refusal("invalid_grant", 50057 if HOME not in str(request.url) else 50173)
    refused = refusal_of(sign_in)
    assert (refused.cause, refused.code) == (FailureCause.PARTNER, "AADSTS50173")


def test_when_nobody_can_tell_it_is_asked_again_later(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    busy = refusal("temporarily_unavailable")
    fake.bend = lambda request: busy if HOME in str(request.url) else refusal("invalid_grant", 50057)
    assert refusal_of(sign_in).cause is FailureCause.TRANSIENT


def test_a_thousand_refused_tenants_ask_the_partners_own_sign_in_once_a_minute(
    fake: FakeMicrosoft, sign_in: SignIn
) -> None:
    fake.bend = in_tenants(refusal("invalid_grant", 50057))
    for _ in range(20):
        refusal_of(sign_in)
    assert sum(HOME in url for url in fake.urls) == 1
    fake.now += timedelta(minutes=1)
    refusal_of(sign_in)
    assert sum(HOME in url for url in fake.urls) == 2


def test_a_missing_secret_is_named_and_nobody_is_asked(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    del fake.secrets.values[CONNECTION.refresh_token]
    refused = refusal_of(sign_in)
    assert refused.cause is FailureCause.PARTNER
    assert CONNECTION.refresh_token in refused.sentence
    assert fake.sent == []


def test_a_store_of_secrets_that_is_down_stops_the_sign_in(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    fake.secrets.down = True
    refused = refusal_of(sign_in)
    assert (refused.cause, refused.sentence) == (FailureCause.TRANSIENT, "the store is down")
    assert fake.sent == []


def test_an_unknown_tenant_is_gone(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    fake.bend = lambda _: refusal("invalid_request", 90002)
    assert refusal_of(sign_in).cause is FailureCause.GONE


def test_the_partners_own_tenant_is_recognised_in_any_case(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    fake.bend = lambda _: refusal("invalid_grant", 65001)
    at_home = CONNECTION.model_copy(update={"tenant_id": TENANT.upper()})
    assert refusal_of(sign_in, at_home).cause is FailureCause.PARTNER


@pytest.mark.parametrize("tenant_id", ["", "a b", "../common", "x/y", "?", "ü.example"])
def test_what_is_no_tenant_id_is_not_put_into_an_address(
    fake: FakeMicrosoft, sign_in: SignIn, tenant_id: str
) -> None:
    assert "tenant id" in refusal_of(sign_in, tenant_id=tenant_id).sentence
    assert fake.sent == []


HTML = {"Content-Type": "text/html"}
TEXT = {"Content-Type": "text/plain"}


@pytest.mark.parametrize(
    "answer",
    [
        (503, HTML, b"<html>access-s3cret</html>"),
        (500, TEXT, b""),
        (429, TEXT, b"slow down"),
        (200, HTML, b"<html>access-s3cret</html>"),
        (200, TEXT, b"access-s3cret"),
        (400, HTML, b"<html>access-s3cret</html>"),
        (404, TEXT, b""),
        (200, {}, b'{"access_token": "access-s3cret", "expi'),
        json_answer([]),
        json_answer(None),
        json_answer({}),
        json_answer({"access_token": "access-s3cret", "expires_in": "soon"}),
        json_answer({"access_token": "access-s3cret", "expires_in": None}),
        json_answer({"access_token": "access-s3cret", "expires_in": -3}),
        json_answer({"access_token": "", "expires_in": 3599}),
        json_answer({"access_token": "access-s3cret", "expires_in": 3599, "id_token": "access-s3cret"}),
        json_answer({"access_token": "access-s3cret", "expires_in": 3599, "client_info": "access-s3cret"}),
        json_answer({"access_token": "access-s3cret", "expires_in": 3599, "id_token": 7}),
        json_answer({"access_token": "access-s3cret", "expires_in": 3599, "scope": ["access-s3cret"]}),
        json_answer({"error": "temporarily_unavailable", "error_codes": [90033]}, 400),
    ],
)
def test_a_broken_answer_is_a_passing_fault_without_a_secret_in_any_text(
    fake: FakeMicrosoft, sign_in: SignIn, answer: Answer
) -> None:
    fake.bend = lambda _: answer
    refused = refusal_of(sign_in)
    assert refused.cause is FailureCause.TRANSIENT
    assert len(fake.sent) <= 3
    assert "s3cret" not in "".join(traceback.format_exception(refused))


def test_a_long_pause_is_told(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    fake.bend = lambda _: json_answer({"error": "x"}, 429, {"Retry-After": "60"})
    refused = refusal_of(sign_in)
    assert (refused.cause, refused.after) == (FailureCause.TRANSIENT, timedelta(seconds=60))
    assert len(fake.sent) == 1


def test_a_lost_connection_is_a_passing_fault(fake: FakeMicrosoft, sign_in: SignIn) -> None:
    def lost(_: requests.PreparedRequest) -> Answer:
        raise requests.ConnectionError("refresh-s3cret")

    fake.bend = lost
    refused = refusal_of(sign_in)
    assert refused.cause is FailureCause.TRANSIENT
    assert "s3cret" not in "".join(traceback.format_exception(refused))


def test_the_rotated_refresh_token_is_handed_out_for_the_partners_own_tenant_only_and_hidden_in_text(
    fake: FakeMicrosoft,
) -> None:
    rotated = fake.connector().check_partner(ACCOUNT, CONNECTION)
    assert rotated is not None
    assert rotated.refresh_token.get_secret_value() == "rotated-1"
    assert rotated.replaces.get_secret_value() == "refresh-s3cret"
    text = f"{rotated} {rotated!r}"
    assert "rotated-1" not in text
    assert "refresh-s3cret" not in text
    assert fake.urls == [f"https://login.microsoftonline.com/{HOME}/oauth2/v2.0/token"]
    assert fake.connector().check_partner(ACCOUNT, APP_ONLY) is None


def test_the_daily_sign_in_redeems_what_a_person_stored_a_moment_ago(fake: FakeMicrosoft) -> None:
    connector = fake.connector()
    connector.customers(ACCOUNT, CONNECTION)
    fake.secrets.values[CONNECTION.refresh_token] = "signed-in-with-mfa"
    renewal = connector.check_partner(ACCOUNT, CONNECTION)
    assert renewal is not None
    assert renewal.replaces.get_secret_value() == "signed-in-with-mfa"
    assert form_of(fake.sent[-1])["refresh_token"] == "signed-in-with-mfa"


def test_tokens_and_sign_ins_do_not_show_their_values(sign_in: SignIn) -> None:
    redeemed = sign_in.redeem(ACCOUNT, CONNECTION, TENANT, GRAPH)
    assert "access-1" not in repr(redeemed)
    assert "rotated-1" not in repr(redeemed)
    assert "access-1" not in json.dumps(str(redeemed.token))
