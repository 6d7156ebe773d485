"""Signing in at the stand-in with msal itself."""

import msal
import pytest
import requests

from sandbox.standins.process import RunningStandIns
from tests.sandbox.standins.asking import (
    GRAPH,
    HARBOUR,
    LOGIN,
    NORTH,
    PARTNER_CENTER,
    app_for,
    bearer,
    graph,
    redeemed,
    tenant,
)


def test_msal_redeems_the_partners_refresh_token_in_a_customers_tenant(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = redeemed(session, tenant("Meadowlark").id)
    assert answer["token_type"] == "Bearer"
    assert answer["refresh_token"] != HARBOUR.refresh_token
    assert answer["id_token_claims"]["oid"] == HARBOUR.user_id
    assert standins.counts()["microsoft.token"] == 1


def test_a_rotated_refresh_token_works_and_the_old_one_still_does(
    standins: RunningStandIns, session: requests.Session
) -> None:
    rotated = redeemed(session, HARBOUR.tenant_id)["refresh_token"]
    app = app_for(session, tenant("Cobalt").id)
    assert "access_token" in app.acquire_token_by_refresh_token(rotated, [f"{GRAPH}/.default"])
    assert "access_token" in redeemed(session, tenant("Cobalt").id)


def test_one_msal_cache_signs_in_to_a_second_tenant_silently(
    standins: RunningStandIns, session: requests.Session
) -> None:
    cache = msal.TokenCache()
    first, second = (
        msal.ConfidentialClientApplication(
            HARBOUR.client_id,
            client_credential=HARBOUR.secret,
            authority=f"{LOGIN}/{directory}",
            http_client=session,
            instance_discovery=False,
            token_cache=cache,
        )
        for directory in (HARBOUR.tenant_id, tenant("Cobalt").id)
    )
    first.acquire_token_by_refresh_token(HARBOUR.refresh_token, [f"{GRAPH}/.default"])
    silent = second.acquire_token_silent_with_error([f"{GRAPH}/.default"], second.get_accounts()[0])
    assert "access_token" in silent


def test_client_credentials_give_an_app_only_token(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = app_for(session, tenant("Meadowlark").id).acquire_token_for_client([f"{GRAPH}/.default"])
    assert "access_token" in answer
    assert "refresh_token" not in answer


def test_an_app_only_token_needs_no_delegated_admin_relationship(
    standins: RunningStandIns, session: requests.Session
) -> None:
    assert "access_token" in app_for(session, tenant("Granite").id).acquire_token_for_client(
        [f"{GRAPH}/.default"]
    )


@pytest.mark.parametrize(
    "part, code",
    [("Granite", 50020), ("Hollybrook", 65001)],
)
def test_a_tenant_that_cannot_be_entered_says_why(
    standins: RunningStandIns, session: requests.Session, part: str, code: int
) -> None:
    answer = redeemed(session, tenant(part).id)
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [code])
    assert answer["error_description"].startswith(f"AADSTS{code}: ")


def test_an_expired_secret_is_refused_for_every_tenant(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = redeemed(session, NORTH.tenant_id, partner=NORTH)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000222])


def test_a_partner_who_must_use_mfa_is_told_so_until_the_trouble_ends(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("partner_trouble", partner=HARBOUR.key, code=50076)
    refused = redeemed(session, tenant("Alder").id)
    standins.control("partner_trouble", partner=HARBOUR.key, code=0)
    assert refused["error_codes"] == [50076]
    assert "access_token" in redeemed(session, tenant("Alder").id)


def test_an_unknown_tenant_fails_at_discovery(standins: RunningStandIns, session: requests.Session) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        redeemed(session, "00000000-0000-4000-8000-000000000000")


def test_an_unknown_tenant_is_90002_at_the_token_endpoint(
    standins: RunningStandIns, session: requests.Session
) -> None:
    url = f"{LOGIN}/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token"
    answer = session.post(url, data={"grant_type": "client_credentials"}, timeout=30)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_a_throttled_token_request_says_how_long_to_wait(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="throttle", kind="microsoft.token", retry_after=60, count=1)
    answer = session.post(f"{LOGIN}/{HARBOUR.tenant_id}/oauth2/v2.0/token", data={}, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_a_token_for_partner_center_does_not_open_graph(
    standins: RunningStandIns, session: requests.Session
) -> None:
    wrong = bearer(session, tenant("Meadowlark").id, PARTNER_CENTER)
    answer = session.get(f"{GRAPH}/v1.0/subscribedSkus", headers=wrong, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_token_expires_by_the_virtual_clock(standins: RunningStandIns, session: requests.Session) -> None:
    signed = bearer(session, tenant("Meadowlark").id)
    standins.control("move_clock", hours=2)
    answer = session.get(f"{GRAPH}/v1.0/subscribedSkus", headers=signed, timeout=30)
    standins.control("move_clock", hours=-2)
    assert answer.status_code == 401
    assert graph(session, "Meadowlark", "/subscribedSkus").status_code == 200


def test_discovery_offers_what_works(standins: RunningStandIns, session: requests.Session) -> None:
    for directory in (HARBOUR.tenant_id, "common", "organizations"):
        told = session.get(f"{LOGIN}/{directory}/v2.0/.well-known/openid-configuration", timeout=30).json()
        assert told["token_endpoint_auth_methods_supported"] == ["client_secret_post"]
        assert told["response_types_supported"] == ["code"]
        assert "device_authorization_endpoint" not in told
        assert session.get(told["jwks_uri"], timeout=30).json()["keys"]


def _form(**more: str) -> dict[str, str]:
    return {
        "client_id": HARBOUR.client_id,
        "client_secret": HARBOUR.secret,
        "scope": f"{GRAPH}/.default",
        "grant_type": "client_credentials",
    } | more


def test_an_assertion_is_refused_by_its_certificate(
    standins: RunningStandIns, session: requests.Session
) -> None:
    form = _form(client_assertion="x.y.z")
    del form["client_secret"]
    answer = session.post(f"{LOGIN}/{HARBOUR.tenant_id}/oauth2/v2.0/token", data=form, timeout=30)
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700027])


@pytest.mark.parametrize("everybody", ["common", "organizations"])
def test_a_user_may_sign_in_where_everybody_may(
    standins: RunningStandIns, session: requests.Session, everybody: str
) -> None:
    answer = redeemed(session, everybody)
    assert answer["id_token_claims"]["tid"] == HARBOUR.tenant_id


@pytest.mark.parametrize("everybody", ["common", "organizations"])
def test_an_app_by_itself_must_name_its_tenant(
    standins: RunningStandIns, session: requests.Session, everybody: str
) -> None:
    answer = session.post(f"{LOGIN}/{everybody}/oauth2/v2.0/token", data=_form(), timeout=30)
    assert answer.json()["error_codes"] == [50059]


def test_a_refused_sign_in_repeats_the_callers_id_and_has_a_trace_of_its_own(
    standins: RunningStandIns, session: requests.Session
) -> None:
    asked = {"client-request-id": "7d0c7f9e-1111-4111-a111-000000000002"}
    url = f"{LOGIN}/{HARBOUR.tenant_id}/oauth2/v2.0/token"
    refused = [
        session.post(url, data=_form(client_secret="wrong"), headers=asked, timeout=30).json()
        for _ in range(2)
    ]
    assert [answer["correlation_id"] for answer in refused] == [asked["client-request-id"]] * 2
    assert refused[0]["trace_id"] != refused[1]["trace_id"]


def test_one_tenant_alone_may_refuse_a_disabled_user(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("tenant_trouble", tenant="Cobalt", code=50057)
    refused, other = redeemed(session, tenant("Cobalt").id), redeemed(session, tenant("Meadowlark").id)
    standins.control("tenant_trouble", tenant="Cobalt", code=0)
    assert refused["error_codes"] == [50057]
    assert "access_token" in other
