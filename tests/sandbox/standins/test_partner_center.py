"""Partner Center's traps, at the stand-in."""

import json

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from tests.sandbox.standins.asking import GRAPH, HARBOUR, PARTNER_CENTER, bearer, tenant

CUSTOMERS = f"{PARTNER_CENTER}/v1/customers"


def _signed(session: requests.Session) -> dict[str, str]:
    return bearer(session, HARBOUR.tenant_id, PARTNER_CENTER)


def test_answers_begin_with_a_byte_order_mark(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.get(f"{CUSTOMERS}?size=500", headers=_signed(session), timeout=30)
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content.decode("utf-8"))
    assert json.loads(answer.content.decode("utf-8-sig"))["totalCount"] == 14


def test_the_next_page_is_asked_for_with_the_continuation_token_as_a_header(
    standins: RunningStandIns, session: requests.Session
) -> None:
    signed = _signed(session)
    first = json.loads(
        session.get(f"{CUSTOMERS}?size=9", headers=signed, timeout=30).content.decode("utf-8-sig")
    )
    link = first["links"]["next"]
    token = {header["key"]: header["value"] for header in link["headers"]}
    url = f"{PARTNER_CENTER}/v1{link['uri']}"
    second = json.loads(session.get(url, headers=signed | token, timeout=30).content.decode("utf-8-sig"))
    names = [row["companyProfile"]["companyName"] for page in (first, second) for row in page["items"]]
    assert (len(first["items"]), len(second["items"])) == (9, 5)
    assert len(set(names)) == 14
    assert "next" not in second["links"]
    assert first["totalCount"] == 9


def test_the_next_page_without_its_token_is_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = session.get(f"{CUSTOMERS}?size=9&seekOperation=Next", headers=_signed(session), timeout=30)
    assert answer.status_code == 400


def test_customers_without_a_delegated_relationship_are_listed(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = session.get(f"{CUSTOMERS}?size=0", headers=_signed(session), timeout=30)
    rows = json.loads(answer.content.decode("utf-8-sig"))["items"]
    assert tenant("Granite").id in {row["companyProfile"]["tenantId"] for row in rows}


def test_a_token_for_graph_is_refused(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.get(CUSTOMERS, headers=bearer(session, HARBOUR.tenant_id, GRAPH), timeout=30)
    assert answer.status_code == 401
    assert json.loads(answer.content.decode("utf-8-sig"))["code"] == "400"


def test_partner_center_can_insist_on_mfa(standins: RunningStandIns, session: requests.Session) -> None:
    signed = _signed(session)
    standins.control("partner_trouble", partner=HARBOUR.key, code=900421)
    answer = session.get(CUSTOMERS, headers=signed, timeout=30)
    standins.control("partner_trouble", partner=HARBOUR.key, code=0)
    assert (answer.status_code, json.loads(answer.content.decode("utf-8-sig"))["code"]) == (401, "900421")


def test_a_throttled_answer_has_another_shape(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="throttle", vendor="partnercenter", retry_after=57, count=1)
    answer = session.get(CUSTOMERS, headers=_signed(session), timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "57")
    assert json.loads(answer.content.decode("utf-8-sig")) == {
        "statusCode": 429,
        "message": "Rate limit is exceeded. Try again in 57 seconds.",
    }


def test_subscriptions_tell_the_term_of_each(standins: RunningStandIns, session: requests.Session) -> None:
    url = f"{CUSTOMERS}/{tenant('Fernhill').id}/subscriptions"
    rows = json.loads(session.get(url, headers=_signed(session), timeout=30).content.decode("utf-8-sig"))[
        "items"
    ]
    terms = sorted(
        (row["termDuration"], row["quantity"]) for row in rows if row["offerName"] == "Microsoft 365 E3"
    )
    assert terms == [("P1M", 12), ("P1Y", 40)]


@pytest.mark.parametrize(
    "wanted, names",
    [
        ({"Field": "CompanyName", "Value": "cobalt", "Operator": "starts_with"}, ["Cobalt Logistics"]),
        ({"Field": "Domain", "Value": "MEADOW", "Operator": "StartsWith"}, ["Meadowlark Vets"]),
        ({"Field": "CompanyName", "Value": "nobody", "Operator": "starts_with"}, []),
    ],
)
def test_customers_are_filtered(
    standins: RunningStandIns, session: requests.Session, wanted: dict[str, str], names: list[str]
) -> None:
    asked = {"size": "500", "filter": json.dumps(wanted)}
    answer = session.get(CUSTOMERS, params=asked, headers=_signed(session), timeout=30)
    rows = json.loads(answer.content.decode("utf-8-sig"))["items"]
    assert [row["companyProfile"]["companyName"] for row in rows] == names


@pytest.mark.parametrize(
    "query",
    [
        *("filter=abc", "filter=[]", 'filter={"Field":"Nope","Value":"x","Operator":"starts_with"}'),
        *('filter={"Field":"Domain","Value":"x","Operator":"equals"}', "page=2", "$top=5"),
    ],
)
def test_a_filter_or_parameter_that_is_not_understood_is_refused(
    standins: RunningStandIns, session: requests.Session, query: str
) -> None:
    answer = session.get(f"{CUSTOMERS}?{query}", headers=_signed(session), timeout=30)
    assert answer.status_code == 400


def test_an_odd_date_of_a_term_comes_when_it_is_asked_for(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control(
        "set_fault", what="odd_date", kind="partnercenter.subscriptions", value="9999-12-31", count=1
    )
    url = f"{CUSTOMERS}/{tenant('Fernhill').id}/subscriptions"
    answer = session.get(url, headers=_signed(session), timeout=30)
    rows = json.loads(answer.content.decode("utf-8-sig"))["items"]
    assert [row["commitmentEndDate"] == "9999-12-31" for row in rows] == [True, False, False]
