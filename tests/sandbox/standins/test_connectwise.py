"""ConnectWise's traps, at the stand-in."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.registry import Company, World
from sandbox.transport import sandbox_session
from tests.sandbox.standins.asking import CONNECTWISE, connectwise, line_of, replaced, tenant

BILLED = "/finance/agreements/{}/additions"


def test_a_bad_password_is_404(standins: RunningStandIns, session: requests.Session) -> None:
    answer = connectwise(session, "GET", "/system/info", password="wrong")
    assert (answer.status_code, answer.json()["code"]) == (404, "NotFound")


def test_a_bad_password_can_be_401(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_bad_password", site="harbour", status=401)
    answer = connectwise(session, "GET", "/system/info", password="wrong")
    standins.control("set_bad_password", site="harbour", status=404)
    assert (answer.status_code, answer.json()["code"]) == (401, "Unauthorized")


def test_a_call_without_client_id_is_403(standins: RunningStandIns, session: requests.Session) -> None:
    assert connectwise(session, "GET", "/system/info", headers={}).status_code == 403


def test_the_codebase_is_told_by_company_info(standins: RunningStandIns, session: requests.Session) -> None:
    url = f"https://{CONNECTWISE.site}/login/companyinfo/{CONNECTWISE.company_login}"
    assert session.get(url, timeout=30).json()["Codebase"] == "v2026_1/"
    auth = (f"{CONNECTWISE.company_login}+{CONNECTWISE.public_key}", CONNECTWISE.private_key)
    system = f"https://{CONNECTWISE.site}/v2026_1/apis/3.0/system/info"
    headers = {"clientId": CONNECTWISE.client_id}
    assert session.get(system, auth=auth, headers=headers, timeout=30).status_code == 200


def test_a_host_without_api_asks_for_ssl(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.get("https://na.myconnectwise.net/v4_6_release/apis/3.0/system/info", timeout=30)
    assert answer.json() == {"code": "Security", "message": "SSL is required.", "errors": None}


def test_a_patch_of_a_bare_or_slash_path_changes_the_quantity(
    standins: RunningStandIns, session: requests.Session
) -> None:
    for path, value in (("quantity", 61), ("/quantity", 62)):
        answer = connectwise(session, "PATCH", line_of("Cobalt"), replaced(path, value))
        assert (answer.status_code, answer.json()["quantity"]) == (200, value)
    assert connectwise(session, "GET", line_of("Cobalt")).json()["quantity"] == 62


@pytest.mark.parametrize("path", ["product/identifier", "/product/id"])
def test_a_patch_of_a_sub_path_answers_200_and_changes_nothing(
    standins: RunningStandIns, session: requests.Session, path: str
) -> None:
    check_that_nothing_changes(session, path)


@pytest.mark.parametrize("path", ["Quantity", "agreementStatus", "extPrice"])
def test_a_patch_of_an_unknown_or_computed_field_answers_200_and_changes_nothing(
    standins: RunningStandIns, session: requests.Session, path: str
) -> None:
    check_that_nothing_changes(session, path)


def check_that_nothing_changes(session: requests.Session, path: str) -> None:
    before = connectwise(session, "GET", line_of("Meadowlark")).json()
    answer = connectwise(session, "PATCH", line_of("Meadowlark"), replaced(path, 302))
    after = connectwise(session, "GET", line_of("Meadowlark")).json()
    assert answer.status_code == 200
    assert {**before, "_info": None} == {**after, "_info": None}


def test_a_patch_must_be_an_array(standins: RunningStandIns, session: requests.Session) -> None:
    answer = connectwise(session, "PATCH", line_of("Meadowlark"), {"quantity": 3})
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidObject")


def test_a_quantity_that_is_a_text_is_refused_and_the_field_is_named(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = connectwise(session, "PATCH", line_of("Meadowlark"), replaced("quantity", "14"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "quantity"


def test_another_product_reprices_the_line_from_the_catalogue(
    standins: RunningStandIns, session: requests.Session
) -> None:
    other = connectwise(session, "GET", '/procurement/catalog?conditions=identifier="M365-E3"').json()[0]
    answer = connectwise(
        session, "PATCH", line_of("Fernhill", 2), replaced("product", {"id": other["id"]})
    ).json()
    assert answer["product"]["identifier"] == "M365-E3"
    assert (answer["unitPrice"], answer["quantity"]) == (other["price"], 1.0)


def test_another_product_keeps_what_is_sent_along(
    standins: RunningStandIns, session: requests.Session
) -> None:
    other = connectwise(session, "GET", '/procurement/catalog?conditions=identifier="EXO-P1"').json()[0]
    steps = replaced("product", {"id": other["id"]}) + replaced("unitPrice", 3.5) + replaced("quantity", 7)
    answer = connectwise(session, "PATCH", line_of("Juniper", 1), steps).json()
    assert (answer["unitPrice"], answer["quantity"], answer["unitCost"]) == (3.5, 7.0, other["cost"])


def test_an_unset_cancelled_date_is_absent_and_empty_only_where_a_control_says_so(
    standins: RunningStandIns, session: requests.Session
) -> None:
    path = BILLED.format(tenant("Northgate").agreement_id)
    usual = connectwise(session, "GET", path).json()
    standins.control("set_empty_dates", site="harbour")
    empty = connectwise(session, "GET", path).json()
    standins.control("set_empty_dates", site="harbour", on=False)
    assert [line.get("cancelledDate", "absent") for line in usual] == ["absent"] * 3
    assert [line.get("cancelledDate", "absent") for line in empty] == [""] * 3


def test_a_set_cancelled_date_is_shown_and_can_be_removed(
    standins: RunningStandIns, session: requests.Session
) -> None:
    day = "2026-12-31T00:00:00Z"
    set_ = connectwise(session, "PATCH", line_of("Birchfield"), replaced("cancelledDate", day)).json()
    steps = [{"op": "remove", "path": "cancelledDate"}]
    removed = connectwise(session, "PATCH", line_of("Birchfield"), steps).json()
    assert set_["cancelledDate"] == day
    assert not removed.get("cancelledDate")


def test_money_is_computed_by_the_psa(standins: RunningStandIns, session: requests.Session) -> None:
    steps = replaced("quantity", 10) + replaced("lessIncluded", 4) + replaced("unitPrice", 2.5)
    line = connectwise(session, "PATCH", line_of("Eastgate"), steps).json()
    assert (line["billedQuantity"], line["extPrice"], line["extCost"]) == (6.0, 15.0, 30.0)
    assert line["margin"] == -15.0
    free = connectwise(session, "PATCH", line_of("Eastgate"), replaced("billCustomer", "NoCharge")).json()
    assert free["extPrice"] == 0.0


def test_every_write_names_its_writer_and_its_time(
    standins: RunningStandIns, session: requests.Session
) -> None:
    by_hand = standins.control(
        "edit_line", agreement="Granite", addition=_line("Granite"), quantity=9, by="mkeller"
    )
    before = connectwise(session, "GET", line_of("Granite")).json()["_info"]
    connectwise(session, "PATCH", line_of("Granite"), replaced("quantity", 11))
    after = connectwise(session, "GET", line_of("Granite")).json()["_info"]
    assert by_hand["updatedBy"] == before["updatedBy"] == "mkeller"
    assert after["updatedBy"] == "seatwise"
    assert after["lastUpdated"] >= before["lastUpdated"]


def _line(part: str) -> int:
    return tenant(part).mappings[0].addition_id


def test_a_line_is_created_with_201_and_deleted_with_204(
    standins: RunningStandIns, session: requests.Session
) -> None:
    path = BILLED.format(tenant("Kestrel").agreement_id)
    body = {
        "product": {"identifier": "EXO-P1"},
        "billCustomer": "Billable",
        "quantity": 4,
        "serialNumber": "lic:1",
    }
    created = connectwise(session, "POST", path, body)
    assert created.status_code == 201
    number = created.json()["id"]
    assert created.json()["extPrice"] == 19.2
    found = connectwise(session, "GET", f'{path}?conditions=serialNumber="lic:1"').json()
    assert [line["id"] for line in found] == [number]
    assert connectwise(session, "DELETE", f"{path}/{number}").status_code == 204
    assert connectwise(session, "GET", f"{path}/{number}").status_code == 404


@pytest.mark.parametrize(
    "body, field",
    [
        ({"billCustomer": "Billable"}, "product"),
        ({"product": {"id": 301}, "billCustomer": True}, "billCustomer"),
        ({"product": {"id": 99999}, "billCustomer": "Billable"}, "product"),
        ({"product": {"identifier": "STARTER-BUNDLE"}, "billCustomer": "Billable"}, "product"),
        ({"product": {"id": 301}, "billCustomer": "Billable", "serialNumber": "x" * 51}, "serialNumber"),
    ],
)
def test_a_line_that_is_not_valid_is_refused_and_the_field_is_named(
    standins: RunningStandIns, session: requests.Session, body: dict[str, Any], field: str
) -> None:
    answer = connectwise(session, "POST", BILLED.format(tenant("Kestrel").agreement_id), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidObject")
    assert answer.json()["errors"][0]["field"] == field


def test_lists_have_25_rows_unless_more_are_asked_for_and_link_to_the_next_page(
    standins: RunningStandIns, session: requests.Session
) -> None:
    first = connectwise(session, "GET", "/procurement/catalog")
    second = session.get(first.links["next"]["url"], auth=_auth(), headers=_client(), timeout=30)
    assert (len(first.json()), first.json()[0]["id"]) == (25, 301)
    assert second.json()[0]["id"] not in {row["id"] for row in first.json()}
    assert "next" not in second.links


def _auth() -> tuple[str, str]:
    return f"{CONNECTWISE.company_login}+{CONNECTWISE.public_key}", CONNECTWISE.private_key


def _client() -> dict[str, str]:
    return {"clientId": CONNECTWISE.client_id}


def test_a_page_past_the_end_is_empty(standins: RunningStandIns, session: requests.Session) -> None:
    answer = connectwise(session, "GET", "/procurement/catalog?page=99&pageSize=1000")
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_page_of_more_than_1000_is_refused(standins: RunningStandIns, session: requests.Session) -> None:
    assert connectwise(session, "GET", "/procurement/catalog?pageSize=1001").status_code == 400


def test_pages_of_1000_rows_follow_each_other_by_link(tmp_path: Path) -> None:
    companies = tuple(Company(number, f"c{number}", f"Company {number}") for number in range(1, 2301))
    site = replace(CONNECTWISE, companies=companies, agreements=())
    state = State(tmp_path)
    load_world(state, World("many", partners=(), tenants=(), connectwise=(site,)))
    state.close()
    with start(tmp_path) as stand_ins, sandbox_session(stand_ins.url) as asking:
        page = connectwise(asking, "GET", "/company/companies?pageSize=1000&orderBy=id")
        sizes, ids = [len(page.json())], [row["id"] for row in page.json()]
        while "next" in page.links:
            page = asking.get(page.links["next"]["url"], auth=_auth(), headers=_client(), timeout=30)
            sizes.append(len(page.json()))
            ids += [row["id"] for row in page.json()]
    assert sizes == [1000, 1000, 300]
    assert ids == list(range(1, 2301))


def test_forward_only_paging_ends_with_an_empty_link_header(
    standins: RunningStandIns, session: requests.Session
) -> None:
    headers = _client() | {"pagination-type": "forward-only"}
    first = connectwise(session, "GET", "/company/companies?pageSize=9", headers=headers)
    second = session.get(first.links["next"]["url"], auth=_auth(), headers=headers, timeout=30)
    assert first.json()[-1]["id"] < second.json()[0]["id"]
    assert second.headers["Link"] == ""


def test_a_row_can_come_twice_across_pages(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="duplicate_row", kind="connectwise.read.companies", count=1)
    ids = [row["id"] for row in connectwise(session, "GET", "/company/companies?pageSize=5").json()]
    assert len(ids) == len(set(ids)) + 1


@pytest.mark.parametrize(
    "conditions, names",
    [
        ("id=101", ["Alder & Ash Architects"]),
        ('name like "%Dental%"', ["Birchfield Dental Group"]),
        ('name contains "VETS" and deletedFlag=False', ["Meadowlark Vets"]),
        ("id in (101, 102) and not (id = 102)", ["Alder & Ash Architects"]),
        ('identifier != "x" and id <= 102 and id > 101', ["Birchfield Dental Group"]),
        ("_info/lastUpdated > [2027-01-01T00:00:00Z] or id = 103", ["Cobalt Logistics"]),
        ('status/name = "Active" and name = "Quayside Marina"', ["Quayside Marina"]),
    ],
)
def test_conditions_choose_rows(
    standins: RunningStandIns, session: requests.Session, conditions: str, names: list[str]
) -> None:
    answer = connectwise(session, "GET", "/company/companies?" + _query(conditions))
    assert [row["name"] for row in answer.json()] == names


def _query(conditions: str) -> str:
    return urlencode({"conditions": conditions})


def test_a_condition_that_cannot_be_read_is_400(standins: RunningStandIns, session: requests.Session) -> None:
    assert connectwise(session, "GET", "/company/companies?" + _query("name ~ 3")).status_code == 400


def test_rows_are_ordered_and_cut_to_fields(standins: RunningStandIns, session: requests.Session) -> None:
    path = "/finance/agreements?orderBy=company/name desc&fields=id,company/name&pageSize=2"
    rows = connectwise(session, "GET", path).json()
    assert [row["company"]["name"] for row in rows] == ["Northgate Hospital", "Meadowlark Vets"]
    assert set(rows[0]) == {"id", "company"}


def test_counts_are_told(standins: RunningStandIns, session: requests.Session) -> None:
    lines = tenant("Northgate")
    assert connectwise(session, "GET", "/finance/agreements/count").json() == {"count": 13}
    path = BILLED.format(lines.agreement_id)
    assert connectwise(session, "GET", f"{path}/count").json() == {"count": len(lines.mappings)}


def test_a_429_body_says_error_and_not_code(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="throttle", kind="connectwise.write", retry_after=30, count=1)
    answer = connectwise(session, "PATCH", line_of("Meadowlark"), replaced("quantity", 99))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert answer.json()["error"] == "ConnectWiseAPI"
    assert "code" not in answer.json()
    assert connectwise(session, "GET", line_of("Meadowlark")).json()["quantity"] != 99


def test_more_requests_a_minute_than_allowed_are_refused(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_limit", site="harbour", per_minute=0)
    answer = connectwise(session, "GET", "/system/info")
    standins.control("set_limit", site="harbour", per_minute=1000)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_missing_right_is_403(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_missing_rights", site="harbour", rights="agreements.edit")
    read = connectwise(session, "GET", line_of("Meadowlark"))
    written = connectwise(session, "PATCH", line_of("Meadowlark"), replaced("quantity", 99))
    standins.control("set_missing_rights", site="harbour")
    assert (read.status_code, written.status_code) == (200, 403)


def test_a_write_that_timed_out_may_have_been_applied(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="timeout_after", kind="connectwise.write", seconds=2, count=1)
    with pytest.raises(requests.RequestException):
        connectwise(session, "PATCH", line_of("Alder", 1), replaced("quantity", 8), timeout=0.7)
    assert connectwise(session, "GET", line_of("Alder", 1)).json()["quantity"] == 8


def test_a_write_that_timed_out_may_not_have_been_applied(
    standins: RunningStandIns, session: requests.Session
) -> None:
    before = connectwise(session, "GET", line_of("Kestrel", 1)).json()["quantity"]
    standins.control("set_fault", what="timeout_before", kind="connectwise.write", seconds=2, count=1)
    with pytest.raises(requests.RequestException):
        connectwise(session, "PATCH", line_of("Kestrel", 1), replaced("quantity", 77), timeout=0.7)
    assert connectwise(session, "GET", line_of("Kestrel", 1)).json()["quantity"] == before


@pytest.mark.parametrize("what, status", [("status_after", 502), ("status_after", 429)])
def test_a_write_that_failed_may_have_been_applied(
    standins: RunningStandIns, session: requests.Session, what: str, status: int
) -> None:
    standins.control("set_fault", what=what, kind="connectwise.write", status=status, count=1)
    answer = connectwise(session, "PATCH", line_of("Larchmont"), replaced("quantity", status))
    assert answer.status_code == status
    assert connectwise(session, "GET", line_of("Larchmont")).json()["quantity"] == status


def test_a_connection_can_be_reset_after_the_write(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="reset_after", kind="connectwise.write", count=1)
    with pytest.raises(requests.ConnectionError):
        connectwise(session, "PATCH", line_of("Larchmont", 1), replaced("quantity", 5))
    assert connectwise(session, "GET", line_of("Larchmont", 1)).json()["quantity"] == 5


def test_a_read_can_be_stale_once(standins: RunningStandIns, session: requests.Session) -> None:
    line = line_of("Northgate", 1)
    before = connectwise(session, "GET", line).json()["quantity"]
    connectwise(session, "PATCH", line, replaced("quantity", before + 1))
    standins.control("set_fault", what="stale", kind="connectwise.read", count=1)
    reads = [connectwise(session, "GET", line).json()["quantity"] for _ in range(2)]
    assert reads == [before, before + 1]


def test_a_page_can_be_cut_in_the_middle(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="cut", kind="connectwise.read.catalog", count=1)
    with pytest.raises(requests.RequestException):
        connectwise(session, "GET", "/procurement/catalog?pageSize=1000")


def test_html_can_come_where_json_is_due(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="html", kind="connectwise.read", count=1)
    answer = connectwise(session, "GET", "/system/info")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_fault_can_hit_the_lines_of_one_tenant_only(
    standins: RunningStandIns, session: requests.Session
) -> None:
    standins.control("set_fault", what="status", status=500, vendor="connectwise", tenant="Meadowlark")
    assert connectwise(session, "GET", line_of("Meadowlark")).status_code == 500
    assert connectwise(session, "GET", line_of("Cobalt")).status_code == 200


def test_an_answer_can_be_slow(standins: RunningStandIns, session: requests.Session) -> None:
    standins.control("set_fault", what="slow", kind="connectwise.read", seconds=0.4, count=1)
    began = time.monotonic()
    connectwise(session, "GET", "/system/info")
    assert time.monotonic() - began >= 0.4


def test_an_agreement_that_prorates_computes_the_share_of_a_line_begun_this_month(
    standins: RunningStandIns, session: requests.Session
) -> None:
    chosen = tenant("Larchmont")
    agreement = connectwise(session, "GET", f"/finance/agreements/{chosen.agreement_id}").json()
    assert agreement["prorateFlag"] is True
    line = connectwise(session, "GET", line_of("Larchmont")).json()
    assert line["proratePrice"] == 0.0
