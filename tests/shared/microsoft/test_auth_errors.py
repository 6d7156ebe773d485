"""Every refusal of Microsoft says who must act, and never repeats what it was told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.microsoft.auth_errors import graph_refused, partner_center_refused, sign_in_refused
from shared.microsoft.models import FailureCause, NotRead


def refused(error: str, *codes: int, at_home: bool = False) -> NotRead:
    return sign_in_refused({"error": error, "error_codes": list(codes)}, at_home=at_home)


@pytest.mark.parametrize(
    "error, code, cause, words",
    [
        ("invalid_grant", 50076, FailureCause.TENANT, "exclude service provider users"),
        ("interaction_required", 50079, FailureCause.TENANT, "complete MFA"),
        ("invalid_grant", 50173, FailureCause.PARTNER, "expired or was revoked"),
        ("invalid_grant", 700082, FailureCause.PARTNER, "expired or was revoked"),
        ("invalid_grant", 70043, FailureCause.TENANT, "signed in more often"),
        ("invalid_grant", 50057, FailureCause.PARTNER, "disabled, locked"),
        ("invalid_grant", 530034, FailureCause.PARTNER, "Clear the risk"),
        ("invalid_client", 7000222, FailureCause.PARTNER, "secret of the partner's app has expired"),
        ("invalid_client", 7000215, FailureCause.PARTNER, "secret of the partner's app is wrong"),
        ("unauthorized_client", 7000112, FailureCause.TENANT, "enable it among the enterprise applications"),
        ("invalid_grant", 65001, FailureCause.TENANT, "choose 'Ask for consent'"),
        ("unauthorized_client", 700016, FailureCause.TENANT, "choose 'Ask for consent'"),
        ("invalid_grant", 90099, FailureCause.TENANT, "choose 'Ask for consent'"),
        ("invalid_grant", 50020, FailureCause.TENANT, "GDAP relationship approved"),
        ("invalid_grant", 53003, FailureCause.TENANT, "Conditional Access"),
        ("interaction_required", 530003, FailureCause.TENANT, "Conditional Access"),
        ("invalid_resource", 500014, FailureCause.TENANT, "subscription has lapsed, or an administrator"),
        ("unauthorized_client", 500014, FailureCause.TENANT, "subscription has lapsed, or an administrator"),
        ("invalid_client", 500014, FailureCause.TENANT, "subscription has lapsed, or an administrator"),
        ("invalid_request", 90002, FailureCause.GONE, "end its lines in the PSA, then remove the company"),
        ("invalid_request", 5000224, FailureCause.GONE, "does not know this tenant any more"),
        ("invalid_grant", 50196, FailureCause.TRANSIENT, "tries again by itself"),
        ("invalid_grant", 90033, FailureCause.TRANSIENT, "tries again by itself"),
    ],
)
def test_a_known_code_says_who_must_do_what(error: str, code: int, cause: FailureCause, words: str) -> None:
    found = refused(error, code)
    assert (found.cause, found.code) == (cause, f"AADSTS{code}")
    assert words in found.sentence


@pytest.mark.parametrize(
    "error, code, words",
    [
        ("invalid_grant", 65001, "in the partner's own tenant"),
        ("invalid_grant", 53003, "policy of the partner's tenant"),
        ("invalid_grant", 50076, "complete MFA"),
        ("invalid_grant", 70043, "expired or was revoked"),
        ("unauthorized_client", 7000112, "app registration is disabled"),
        ("invalid_request", 90002, "Check the tenant id of the partner connection"),
        ("invalid_grant", 50020, "sign in with a user of that tenant"),
        ("invalid_grant", 99999, "choose 'Sign in again'"),
    ],
)
def test_in_the_partners_own_tenant_it_is_the_partner_who_must_act(error: str, code: int, words: str) -> None:
    found = refused(error, code, at_home=True)
    assert found.cause is FailureCause.PARTNER
    assert words in found.sentence


def test_the_word_decides_before_the_number() -> None:
    assert refused("temporarily_unavailable", 7000222).cause is FailureCause.TRANSIENT


@pytest.mark.parametrize(
    "error, cause",
    [
        ("invalid_client", FailureCause.PARTNER),
        ("invalid_grant", FailureCause.TENANT),
        ("interaction_required", FailureCause.TENANT),
        ("consent_required", FailureCause.TENANT),
        ("unauthorized_client", FailureCause.TENANT),
        ("invalid_scope", FailureCause.TENANT),
        ("temporarily_unavailable", FailureCause.TRANSIENT),
        ("something_new", FailureCause.TRANSIENT),
    ],
)
def test_a_number_that_nobody_knows_leaves_the_decision_to_the_word(error: str, cause: FailureCause) -> None:
    found = refused(error, 123456)
    assert (found.cause, found.code) == (cause, "AADSTS123456")
    assert ("a reason that Seatwise does not know" in found.sentence) is (cause is not FailureCause.TRANSIENT)
    assert "The app has no consent" not in found.sentence
    assert "secret" not in found.sentence


def test_the_number_is_found_in_the_text_when_the_list_is_missing() -> None:
    found = sign_in_refused(
        {"error": "invalid_grant", "error_description": "AADSTS65001: The user ..."}, at_home=False
    )
    assert (found.code, found.cause) == ("AADSTS65001", FailureCause.TENANT)


@pytest.mark.parametrize(
    "at_home, app_only, words",
    [
        (True, True, "DelegatedAdminRelationship.Read.All as an application permission"),
        (True, False, "AdminAgents"),
        (False, True, "LicenseAssignment.Read.All"),
        (False, False, "GDAP role is missing"),
    ],
)
def test_a_missing_permission_is_named_for_who_lacks_it(at_home: bool, app_only: bool, words: str) -> None:
    assert words in graph_refused(403, {}, at_home=at_home, app_only=app_only).sentence


def test_a_refusal_without_any_number_shows_its_word() -> None:
    assert refused("invalid_grant").code == "invalid_grant"
    assert sign_in_refused({}, at_home=False).code == "unknown error"


SECRET = "eyJ0eXAiOiJKV1Qi-the-token"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    [
        "error",
        "error_codes",
        "error_description",
        "suberror",
        "access_token",
        "refresh_token",
        "code",
        "message",
    ]
)


def check(found: NotRead) -> None:
    assert found.sentence.endswith(".")
    assert len(found.sentence) > 40
    assert found.cause in FailureCause
    assert "{" not in found.sentence
    for text in (str(found), repr(found), found.code, found.sentence):
        assert SECRET not in text
    assert len(found.code) < 80


@given(st.dictionaries(fields, anything), st.booleans())
def test_any_refused_sign_in_gives_a_sentence_and_no_secret(answer: dict[str, Any], at_home: bool) -> None:
    check(sign_in_refused(answer, at_home=at_home))


@given(st.integers(300, 499), st.dictionaries(fields, anything) | anything, st.booleans(), st.booleans())
def test_any_refusal_of_graph_or_partner_center_gives_a_sentence_and_no_secret(
    status: int, body: object, at_home: bool, app_only: bool
) -> None:
    check(graph_refused(status, body, at_home=at_home, app_only=app_only))
    check(partner_center_refused(status, body))
