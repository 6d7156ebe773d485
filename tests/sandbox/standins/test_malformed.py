"""A request that makes no sense is refused in the vendor's words; no stand-in ever stumbles over one."""

import base64
import json

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from tests.sandbox.standins.asking import (
    EXCHANGE,
    GRAPH,
    HARBOUR,
    LOGIN,
    PARTNER_CENTER,
    bearer,
    connectwise,
    get_mailbox,
    graph,
    line_of,
    tenant,
)


def _customers(session: requests.Session, query: str, token: str = "") -> requests.Response:
    headers = bearer(session, HARBOUR.tenant_id, PARTNER_CENTER) | {"MS-ContinuationToken": token}
    return session.get(f"{PARTNER_CENTER}/v1/customers?{query}", headers=headers, timeout=30)


def test_a_top_that_is_no_number_is_400_at_graph(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = graph(session, "Alder", "/users?$top=abc")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


@pytest.mark.parametrize("size", ["abc", "-1", "501", "1e3", "99999999999"])
def test_a_size_that_is_no_number_is_400_at_partner_center(
    standins: RunningStandIns, session: requests.Session, size: str
) -> None:
    assert _customers(session, f"size={size}").status_code == 400


@pytest.mark.parametrize(
    "token",
    [
        base64.b64encode(json.dumps(content).encode()).decode()
        for content in (
            ["a", "b"],
            [1.5, 2],
            {"begin": 1, "size": 2},
            [-5, 2],
            [0],
            7,
            [True, True],
            [0, 0.5],
        )
    ]
    + ["not base64 at all", ""],
)
def test_a_continuation_token_that_is_not_ours_is_400(
    standins: RunningStandIns, session: requests.Session, token: str
) -> None:
    assert _customers(session, "seekOperation=Next", token).status_code == 400


def test_another_way_of_seeking_is_400(standins: RunningStandIns, session: requests.Session) -> None:
    assert _customers(session, "seekOperation=Last").status_code == 400


def test_a_token_of_exchange_that_is_no_number_is_400(
    standins: RunningStandIns, session: requests.Session
) -> None:
    url = f"{EXCHANGE}/adminapi/beta/{tenant('Alder').id}/InvokeCommand?$skiptoken=abc"
    assert get_mailbox(session, "Alder", url=url).status_code == 400


@pytest.mark.parametrize("body", [b"\xff\xfe=\xff", b"", b"client_id=%FF", b"{}"])
def test_a_token_request_whose_body_has_nothing_names_what_is_missing(
    standins: RunningStandIns, session: requests.Session, body: bytes
) -> None:
    answer = session.post(f"{LOGIN}/{tenant('Alder').id}/oauth2/v2.0/token", data=body, timeout=30)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [900144])


@pytest.mark.parametrize("body", [b"\xff", b"[", b"NaN", b"[" * 100_000])
def test_a_body_that_is_no_json_is_400_everywhere(
    standins: RunningStandIns, session: requests.Session, body: bytes
) -> None:
    signed = bearer(session, tenant("Alder").id)
    command = f"{EXCHANGE}/adminapi/beta/{tenant('Alder').id}/InvokeCommand"
    exchange = bearer(session, tenant("Alder").id, EXCHANGE)
    assert session.post(f"{GRAPH}/v1.0/$batch", data=body, headers=signed, timeout=30).status_code == 400
    assert session.post(command, data=body, headers=exchange, timeout=30).status_code == 400


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400])
def test_a_quantity_that_json_cannot_say_is_400_and_the_line_stays(
    standins: RunningStandIns, session: requests.Session, number: str
) -> None:
    line = line_of("Meadowlark")
    before = connectwise(session, "GET", line).json()["quantity"]
    body = f'[{{"op":"replace","path":"quantity","value":{number}}}]'.encode()
    answer = connectwise(session, "PATCH", line, raw=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidObject")
    assert connectwise(session, "GET", line).json()["quantity"] == before
