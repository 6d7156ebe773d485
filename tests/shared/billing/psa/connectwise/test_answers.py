"""Answers that the stand-in does not give: what ConnectWise is known to say, or a proxy in between."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from shared.billing.psa.base import BillableOption, Effect, PsaRefused, PsaUnavailable, Sent, Write, WriteKind
from shared.billing.psa.causes import Cause
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
    assert request.headers["Accept"] == "application/vnd.connectwise.com+json; version=2022.1"
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
        (404, {"code": "NotFound", "message": "Addition 501 not found"}, "Addition 501 not found"),
        (400, {"Message": "The request is invalid."}, "The request is invalid."),
    ],
)
def test_a_refusal_is_for_good_and_gives_the_vendors_words(status: int, body: Any, words: str) -> None:
    answer = wrote(status, body)
    assert (answer.sent, answer.refusal) == (Sent.REFUSED, None)
    assert words in answer.why


@pytest.mark.parametrize(
    "status, body",
    [
        (408, {"code": "Timeout", "message": "late"}),
        (409, b"<html>a proxy</html>"),
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


LISTS = tuple(f"{API}/{path}" for path in ("finance/agreements", "procurement/catalog", "company/companies"))


def everywhere(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Told:
    told: Told = {url: (status, body, headers or {}) for url in (*LISTS, f"{API}/system/info")}
    return {**SIGNED_IN, **told}


def test_a_redirect_is_not_followed_and_says_to_check_the_site() -> None:
    psa, canned = connectwise(everywhere(302, {}, {"Location": "https://evil.example/"}))
    with pytest.raises(PsaRefused, match="Check the site") as refused:
        psa.check()
    assert (refused.value.sign_in, refused.value.cause) == (True, Cause.SITE)
    assert not [request for request in canned.asked if "evil" in str(request.url)]


def test_a_member_that_is_known_but_forbidden_is_told_apart_from_a_wrong_key() -> None:
    psa, _ = connectwise(everywhere(403, {"code": "Forbidden"}))
    with pytest.raises(PsaRefused, match="client id") as refused:
        psa.check()
    assert (refused.value.sign_in, refused.value.cause) == (True, Cause.MEMBER)
    assert "private key" not in refused.value.sentence


def test_a_version_that_is_retired_is_no_wrong_key() -> None:
    psa, _ = connectwise(everywhere(406, {"code": "NotAcceptable", "message": "version"}))
    for read in (psa.check, psa.agreements, lambda: psa.lines("55")):
        with pytest.raises(PsaRefused, match=r"does not serve version 2022\.1") as refused:
            read()
        assert (refused.value.sign_in, refused.value.cause, refused.value.is_for_all) == (
            False,
            Cause.VERSION,
            True,
        )


# What the check proves

AGREEMENT_ROW = {"id": 55, "name": "Acme", "type": {"id": 1, "name": "M365"}, "company": {"id": 2}}
READABLE: Told = {
    **SIGNED_IN,
    LISTS[0]: (200, [AGREEMENT_ROW]),
    LISTS[1]: (200, []),
    LISTS[2]: (200, []),
    LINES: (200, [ADDITION]),
}


def test_the_check_needs_no_right_that_the_nights_do_not_need() -> None:
    psa, _ = connectwise({**READABLE, f"{API}/system/info": (403, {"code": "Forbidden"})})
    psa.check()
    psa, _ = connectwise(
        {**READABLE, f"{API}/system/info": (403, {"code": "Forbidden"}), LINES: (404, {"code": "NotFound"})}
    )
    with pytest.raises(PsaRefused) as refused:
        psa.lines("55")
    assert (refused.value.sign_in, refused.value.is_for_all) == (False, False)


@pytest.mark.parametrize("url", [*LISTS, LINES])
def test_the_check_asks_with_the_columns_of_the_nights(url: str) -> None:
    psa, canned = connectwise(READABLE)
    psa.check()
    asked = [str(request.url) for request in canned.asked if str(request.url).startswith(f"{url}?")]
    assert any("fields=id%2C" in one for one in asked)
    psa, _ = connectwise({**READABLE, url: (400, {"code": "InvalidField", "message": "uom is unknown"})})
    with pytest.raises(
        PsaRefused, match="refuses columns that Seatwise must read: uom is unknown"
    ) as refused:
        psa.check()
    assert (refused.value.cause, refused.value.sign_in) == (Cause.COLUMNS, False)


@pytest.mark.parametrize("body", [{"code": "Forbidden"}, b"", b"<html>no</html>"])
def test_the_check_finds_that_the_right_to_edit_is_missing_and_changes_nothing(body: Any) -> None:
    psa, canned = connectwise({**READABLE, f"{LINES}/0": (403, body)})
    with pytest.raises(PsaRefused, match=re.escape("Finance > Agreements (edit)")) as refused:
        psa.check()
    assert (refused.value.cause, refused.value.facts) == (Cause.RIGHTS, ("Finance > Agreements (edit)",))
    (asked,) = [request for request in canned.asked if request.method != "GET"]
    assert (asked.method, asked.body, asked.url) == ("PATCH", b"[]", f"{LINES}/0")


# A refusal of the whole connection


@pytest.mark.parametrize(
    "status, body, cause, facts",
    [
        (
            403,
            {"code": "Forbidden", "message": "No permission"},
            Cause.RIGHTS,
            ("Finance > Agreements (edit)",),
        ),
        (403, b"", Cause.RIGHTS, ("Finance > Agreements (edit)",)),
        (403, b"<html>a firewall</html>", Cause.BLOCKED, ("Finance > Agreements (edit)",)),
        (406, {"code": "NotAcceptable"}, Cause.VERSION, ("2022.1",)),
    ],
)
def test_a_refused_write_that_every_line_would_meet_names_the_cause(
    status: int, body: Any, cause: Cause, facts: tuple[str, ...]
) -> None:
    answer = wrote(status, body)
    assert answer.sent is Sent.REFUSED
    assert (answer.refusal.cause, answer.refusal.facts) == (cause, facts)
    assert answer.refusal.is_for_all


def test_a_refused_creation_names_the_right_to_add() -> None:
    create = SET.model_copy(update={"kind": WriteKind.CREATE_LINE, "line_id": "", "marker": "lic:m:m:1"})
    psa, _ = connectwise({**SIGNED_IN, LINES: (403, {"code": "Forbidden"})})
    answer = psa.apply(create)
    assert answer.refusal is not None
    assert answer.refusal.facts == ("Finance > Agreements (add)",)


@pytest.mark.parametrize("body", [{"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, b""])
def test_keys_that_are_refused_to_a_write_are_the_connections_matter(body: Any) -> None:
    answer = wrote(401, body)
    assert (answer.sent, answer.refusal.cause, answer.refusal.sign_in) == (Sent.REFUSED, Cause.SIGN_IN, True)


@pytest.mark.parametrize("status", [409, 423])
def test_a_record_that_somebody_works_on_is_not_changed_and_may_be_tried_again(status: int) -> None:
    answer = wrote(status, {"code": "Conflict", "message": "record possibly in use"})
    assert (answer.sent, answer.asked_for) == (Sent.NOT_SENT, False)
    assert answer.after.total_seconds() >= 60
    assert "possibly in use" in answer.why
    assert wrote(status, b"").sent is Sent.NOT_SENT
    assert wrote(status, b"<html>busy</html>").sent is Sent.UNCLEAR  # a proxy does not know
    psa, _ = connectwise({**SIGNED_IN, LINES: (409, {"code": "Conflict", "message": "possibly in use"})})
    with pytest.raises(PsaUnavailable, match="possibly in use"):
        psa.lines("55")


@pytest.mark.parametrize("rows", [{"id": 1}, [1], [{"name": "no id"}], [{"id": "5x"}], [{"id": True}]])
def test_lines_that_are_no_rows_with_ids_are_no_lines_at_all(rows: Any) -> None:
    psa, _ = connectwise({**SIGNED_IN, LINES: (200, rows)})
    with pytest.raises(PsaUnavailable):
        psa.lines("55")


@pytest.mark.parametrize(
    "odd", [{"product": None}, {"quantity": "many"}, {"effectiveDate": "soon"}, {"id": "502"}]
)
def test_an_odd_line_costs_itself_alone(odd: dict[str, Any]) -> None:
    psa, _ = connectwise({**SIGNED_IN, LINES: (200, [ADDITION, ADDITION | {"id": 502} | odd])})
    good, other = psa.lines("55")
    assert (good.id, good.not_writable, int(good.quantity)) == ("501", "", 10)
    assert other.id == "502"
    assert bool(other.not_writable) is ("id" not in odd)


@pytest.mark.parametrize("odd", [{"product": None}, {"quantity": "many"}, {"effectiveDate": "soon"}])
def test_a_line_that_is_not_understood_proves_nothing_of_a_write(odd: dict[str, Any]) -> None:
    create = SET.model_copy(
        update={"kind": WriteKind.CREATE_LINE, "line_id": "", "marker": ADDITION["serialNumber"]}
    )
    psa, _ = connectwise({**SIGNED_IN, f"{LINES}/501": (200, ADDITION | odd), LINES: (200, [ADDITION | odd])})
    for write in (SET, create):
        with pytest.raises(PsaUnavailable, match="line 501 with what is not understood"):
            psa.find_effect(write)


def test_a_foreign_odd_agreement_is_named_and_stops_no_other() -> None:
    good = {"id": 55, "name": "Acme", "type": {"id": 1, "name": "M365"}, "company": {"id": 2}}
    rows = [
        good,
        {"id": 99, "name": "x", "type": None, "company": {"id": 4}},
        good | {"id": 98, "company": None},
    ]
    rows += [good | {"id": 97, "endDate": "12/31/2026"}]
    psa, _ = connectwise({**SIGNED_IN, f"{API}/finance/agreements": (200, rows)})
    seen = {one.id: one.not_understood for one in psa.agreements()}
    assert seen == {"55": "", "99": "", "98": "company", "97": "endDate"}


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


# A new line without a price


@pytest.mark.parametrize(
    "price, charges, told",
    [(0.0, 23.5, True), (None, 23.5, True), (23.5, 23.5, False), (0.0, 0.0, False), (0.0, None, False)],
)
def test_a_new_line_that_took_no_price_from_the_catalogue_is_told(
    price: float | None, charges: float | None, told: bool
) -> None:
    """Tried on another ConnectWise: price 0, in step, nobody told."""
    create = SET.model_copy(update={"kind": WriteKind.CREATE_LINE, "line_id": "", "before": 0, "after": 10})
    create = create.model_copy(update={"marker": ADDITION["serialNumber"]})
    psa, canned = connectwise(
        {
            **SIGNED_IN,
            LINES: (200, [ADDITION | {"unitPrice": price}]),
            f"{API}/procurement/catalog/77": (200, {"id": 77, "identifier": "M365-BP", "price": charges}),
        }
    )
    evidence = psa.find_effect(create)
    assert evidence.line is not None
    assert evidence.effect is (Effect.DIVERGED if told else Effect.APPLIED)
    assert ("the catalogue says 23.5" in evidence.why) is told
    asked = [str(request.url) for request in canned.asked]
    assert any("catalog" in url for url in asked) is (not price)  # a line with a price costs no request more


def test_a_new_line_that_is_not_to_be_charged_needs_no_price() -> None:
    create = SET.model_copy(update={"kind": WriteKind.CREATE_LINE, "line_id": "", "before": 0, "after": 10})
    no_charge = {"billable": BillableOption.NO_CHARGE, "marker": ADDITION["serialNumber"]}
    psa, _ = connectwise(
        {**SIGNED_IN, LINES: (200, [ADDITION | {"unitPrice": 0, "billCustomer": "NoCharge"}])}
    )
    assert psa.find_effect(create.model_copy(update=no_charge)).effect is Effect.APPLIED


def test_a_second_line_that_is_to_charge_nothing_needs_no_price() -> None:
    second = {"kind": WriteKind.PRORATE, "line_id": "", "before": 0, "after": 10, "unit_price": Decimal(0)}
    marker = {"marker": ADDITION["serialNumber"]}
    psa, _ = connectwise({**SIGNED_IN, LINES: (200, [ADDITION | {"unitPrice": 0}])})
    assert psa.find_effect(SET.model_copy(update=second | marker)).effect is Effect.APPLIED
