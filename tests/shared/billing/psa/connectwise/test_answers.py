"""Answers that the stand-in does not give: what ConnectWise is known to say, or a proxy in between."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from shared.billing.psa.base import Effect, PsaRefused, PsaUnavailable, Sent, Write, WriteKind
from shared.billing.psa.connectwise.adapter import ConnectWise
from shared.billing.psa.connectwise.settings import ConnectWiseSettings
from shared.http.client import Http
from tests.shared.billing.psa.connectwise.test_settings import GOOD
from tests.shared.billing.psa.connectwise.test_shapes import ADDITION

KEY = "qT7rVw3zKp0s"
API = "https://api-na.myconnectwise.net/v2026_1/apis/3.0"
ROUTER = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0"
INFO = "https://api-na.myconnectwise.net/login/companyinfo/acme"
LINES = f"{API}/finance/agreements/55/additions"
SET = Write(
    kind=WriteKind.SET_QUANTITY, agreement_id="55", line_id="501", product_id="77", before=10, after=12
)


@dataclass
class Canned(BaseAdapter):
    """Answers by address (without its query), and remembers what was asked."""

    answers: dict[str, tuple[int, Any, Mapping[str, str]]]
    asked: list[requests.PreparedRequest] = field(default_factory=list)

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        self.asked.append(request)
        status, body, headers = self.answers.get(
            str(request.url).split("?")[0], (404, {"code": "NotFound"}, {})
        )
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = status, str(request.url), request
        answer.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        answer.headers.update(headers)
        return answer

    def close(self) -> None:
        pass


type Told = dict[str, tuple[int, Any] | tuple[int, Any, Mapping[str, str]]]

SIGNED_IN: Told = {INFO: (200, {"Codebase": "v2026_1/"}), f"{API}/system/info": (200, {"version": "v2026.1"})}


def connectwise(told: Told) -> tuple[ConnectWise, Canned]:
    answers = {
        url: (answer[0], answer[1], answer[2] if len(answer) == 3 else {}) for url, answer in told.items()
    }
    canned = Canned(answers)
    session = requests.Session()
    session.mount("https://", canned)
    http = Http(session, sleep=lambda _: None, clock=lambda: datetime.now(UTC))
    return ConnectWise(ConnectWiseSettings.model_validate(GOOD), KEY, http), canned


def wrote(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Any:
    psa, canned = connectwise({**SIGNED_IN, f"{LINES}/501": (status, body, headers or {})})
    answer = psa.apply(SET)
    assert [request.method for request in canned.asked].count("PATCH") == 1
    return answer


def test_the_one_write_request_is_a_patch_of_a_bare_path_with_a_whole_number() -> None:
    psa, canned = connectwise({**SIGNED_IN, f"{LINES}/501": (200, {"quantity": 12.0})})
    psa.apply(SET)
    request = canned.asked[-1]
    assert (request.method, request.url) == ("PATCH", f"{LINES}/501")
    assert request.body == b'[{"op": "replace", "path": "quantity", "value": 12}]'
    assert request.headers["Accept"] == "application/vnd.connectwise.com+json; version=2021.1"
    assert request.headers["clientId"] == GOOD["client_id"]
    assert request.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "info, root",
    [
        ((200, {"Codebase": "v2026_1/"}), API),
        ((200, {"Codebase": "v4_6_release/"}), ROUTER),
        ((200, {"Codebase": "https://evil.example/"}), ROUTER),
        ((200, {"Codebase": "../../v2026_1/"}), ROUTER),
        ((200, {"Codebase": None}), ROUTER),
        ((200, None), ROUTER),
        ((200, []), ROUTER),
        ((200, b"<html></html>"), ROUTER),
        ((404, {"code": "NotFound"}), ROUTER),
        ((500, {}), ROUTER),
    ],
)
def test_the_codebase_is_only_a_hint(info: tuple[int, Any], root: str) -> None:
    psa, canned = connectwise({INFO: info, f"{root}/company/companies": (200, [])})
    assert psa.companies() == []
    assert str(canned.asked[-1].url).startswith(root)


def test_where_the_api_is_gets_asked_once_and_without_the_credentials() -> None:
    psa, canned = connectwise({**SIGNED_IN, f"{API}/company/companies": (200, [])})
    psa.companies()
    psa.companies()
    infos = [request for request in canned.asked if request.url == INFO]
    assert len(infos) == 1
    assert "Authorization" not in infos[0].headers


def test_a_write_whose_way_is_not_known_yet_is_not_sent() -> None:
    psa, canned = connectwise({INFO: (429, {"error": "x"}, {"Retry-After": "40"})})
    answer = psa.apply(SET)
    assert (answer.sent, answer.after.total_seconds()) == (Sent.NOT_SENT, 40)
    assert {request.method for request in canned.asked} == {"GET"}


@pytest.mark.parametrize(
    "status, body, words",
    [
        (
            400,
            {"code": "InvalidObject", "message": "Bad", "errors": [{"message": "too many"}]},
            "Bad too many",
        ),
        (401, {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, "UserNotAuthenticated"),
        (403, {"code": "Forbidden", "message": "No permission"}, "No permission"),
        (404, {"code": "NotFound", "message": "Addition 501 not found"}, "Addition 501 not found"),
        (409, {"code": "Conflict", "message": "record possibly in use"}, "record possibly in use"),
        (400, {"Message": "The request is invalid."}, "The request is invalid."),
        (401, b"", "401"),
    ],
)
def test_a_refusal_is_for_good_and_gives_the_vendors_words(status: int, body: Any, words: str) -> None:
    answer = wrote(status, body)
    assert answer.sent is Sent.REFUSED
    assert words in answer.why


@pytest.mark.parametrize(
    "status, body",
    [
        (408, {"code": "Timeout", "message": "late"}),
        (403, b"<html>a firewall</html>"),
        (404, b"<!DOCTYPE html>"),
        (302, b""),
        (500, {"code": "UNKNOWN", "message": "An unexpected error"}),
        (502, b"Bad gateway"),
        (503, {"code": "Busy"}),
        (200, b"<html>maintenance</html>"),
        (200, b'{"quantity": 1'),
        (204, b""),
    ],
)
def test_what_is_no_plain_yes_or_no_of_connectwise_is_unclear(status: int, body: Any) -> None:
    answer = wrote(status, body)
    assert answer.sent is Sent.UNCLEAR
    assert answer.why


@pytest.mark.parametrize("body", [{}, [], {"quantity": 10.0}, {"quantity": None}, {"quantity": 12.5}])
def test_a_yes_that_does_not_show_the_number_says_what_it_shows(body: Any) -> None:
    answer = wrote(200, body)
    assert answer.sent is Sent.ANSWERED
    assert "instead of 12" in answer.why


def test_the_vendors_words_never_repeat_our_credentials() -> None:
    psa, canned = connectwise({})
    psa.apply(SET)
    token = canned.asked[-1].headers["Authorization"].removeprefix("Basic ")
    message = f"acme+{GOOD['public_key']}:{KEY} sent as {token}"
    answer = wrote(400, {"code": "Bad", "message": message, "errors": [{"message": KEY}]})
    for secret in (KEY, token, GOOD["public_key"]):
        assert secret not in answer.why
    assert "***" in answer.why


def test_a_redirect_is_not_followed_and_says_to_check_the_site() -> None:
    psa, canned = connectwise(
        {INFO: (200, None), f"{ROUTER}/system/info": (302, {}, {"Location": "https://evil.example/"})}
    )
    with pytest.raises(PsaRefused, match="Check the site") as refused:
        psa.check()
    assert refused.value.sign_in
    assert not [request for request in canned.asked if "evil" in str(request.url)]


def test_a_member_that_is_known_but_forbidden_is_told_apart_from_a_wrong_key() -> None:
    psa, _ = connectwise({**SIGNED_IN, f"{API}/system/info": (403, {"code": "Forbidden"})})
    with pytest.raises(PsaRefused, match="client id") as refused:
        psa.check()
    assert refused.value.sign_in
    assert "private key" not in refused.value.sentence


@pytest.mark.parametrize(
    "rows",
    [
        {"id": 1},
        [1],
        [{"name": "no id"}],
        [{"id": "501"}],
        [ADDITION | {"product": None}],
        [ADDITION | {"quantity": "many"}],
        [ADDITION | {"effectiveDate": "soon"}],
    ],
)
def test_lines_that_are_not_understood_are_no_lines_at_all(rows: Any) -> None:
    psa, _ = connectwise({**SIGNED_IN, LINES: (200, rows)})
    with pytest.raises(PsaUnavailable):
        psa.lines("55")


def test_another_line_than_the_one_asked_for_is_no_evidence() -> None:
    psa, _ = connectwise({**SIGNED_IN, f"{LINES}/501": (200, ADDITION | {"id": 502})})
    with pytest.raises(PsaUnavailable, match="502"):
        psa.find_effect(SET)


@pytest.mark.parametrize(
    "cancelled",
    [{}, {"cancelledDate": None}, {"cancelledDate": ""}],
    ids=["absent", "null", "empty"],
)
def test_a_read_back_takes_every_way_to_say_not_cancelled(cancelled: dict[str, Any]) -> None:
    psa, _ = connectwise({**SIGNED_IN, LINES: (200, [ADDITION]), f"{LINES}/501": (200, ADDITION | cancelled)})
    (line,) = psa.lines("55")
    evidence = psa.find_effect(SET.model_copy(update={"fingerprint": line.fingerprint}))
    assert (evidence.effect, evidence.line) == (Effect.NOT_APPLIED, line)


@pytest.mark.parametrize(
    "link",
    [
        "http://api-na.myconnectwise.net/v2026_1/apis/3.0/company/companies?page=2",
        "https://api-na.myconnectwise.net.evil.example/?page=2",
        "https://api-na.myconnectwise.net:8443/?page=2",
        "https://user@api-na.myconnectwise.net/?page=2",
        "//evil.example/?page=2",
    ],
)
def test_a_next_page_anywhere_else_is_refused_and_gets_no_credentials(link: str) -> None:
    rows = [{"id": 1, "identifier": "a", "name": "A"}]
    psa, canned = connectwise(
        {**SIGNED_IN, f"{API}/company/companies": (200, rows, {"Link": f'<{link}>; rel="next"'})}
    )
    with pytest.raises(PsaUnavailable, match="another host"):
        psa.companies()
    assert len(canned.asked) == 2


@pytest.mark.parametrize("wrong", ["", "abc", "5/../6", "٥٥", "-1", "1_0"])
def test_an_id_that_is_no_number_is_refused_in_words_and_nothing_is_asked(wrong: str) -> None:
    psa, canned = connectwise(SIGNED_IN)
    with pytest.raises(PsaRefused, match="no id of ConnectWise") as refused:
        psa.lines(wrong)
    assert not refused.value.sign_in
    created = SET.model_copy(update={"kind": WriteKind.CREATE_LINE, "marker": "lic:m:1", "line_id": ""})
    for write in (
        SET.model_copy(update={"agreement_id": wrong}),
        SET.model_copy(update={"line_id": wrong}),
        created.model_copy(update={"product_id": wrong}),
    ):
        assert psa.apply(write).sent is Sent.REFUSED
    assert canned.asked == []
