"""How ConnectWise databases differ, at the stand-in: workflow rules, rights, pages, versions, odd rows."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from tests.sandbox.standins.asking import CONNECTWISE, connectwise, tenant

BILLED = "/finance/agreements/{}/additions"


@pytest.fixture
def usual(standins: RunningStandIns) -> Iterator[RunningStandIns]:
    """The stand-ins, whose ConnectWise is again as all are when the test has ended."""
    yield standins
    for control in ("set_marker", "set_paging", "refuse_column", "retire_versions", "price_new_lines"):
        standins.control(control, site="harbour")
    standins.control("set_missing_rights", site="harbour")
    for kind in ("agreements", "additions", "companies", "catalog"):
        standins.control("hide_rows", site="harbour", kind=kind, ids="none")


def _created(session: requests.Session, **more: Any) -> requests.Response:
    body = {"product": {"id": 301}, "billCustomer": "Billable", "serialNumber": "seatwise:ab12cd34", **more}
    return connectwise(session, "POST", BILLED.format(tenant("Kestrel").agreement_id), body)


@pytest.mark.parametrize(
    "becomes, later",
    [
        ("kept", "seatwise:ab12cd34"),
        ("upper", "SEATWISE:AB12CD34"),
        ("cut", "seatwise:a"),
        ("emptied", ""),
        ("hidden", None),
    ],
)
def test_a_workflow_rule_changes_the_serial_number_after_the_answer(
    usual: RunningStandIns, session: requests.Session, becomes: str, later: str | None
) -> None:
    usual.control("set_marker", site="harbour", becomes=becomes)
    made = _created(session).json()
    line = f"{BILLED.format(tenant('Kestrel').agreement_id)}/{made['id']}"
    assert connectwise(session, "GET", line).json().get("serialNumber") == later
    if becomes != "hidden":
        assert made["serialNumber"] == "seatwise:ab12cd34"
    connectwise(session, "DELETE", line)


def test_the_right_to_edit_can_be_missing_where_reading_is_allowed(
    usual: RunningStandIns, session: requests.Session
) -> None:
    usual.control("set_missing_rights", site="harbour", rights="agreements.edit")
    assert connectwise(session, "GET", "/finance/agreements").status_code == 200
    assert _created(session).status_code == 403


def test_a_list_can_lose_its_rows(usual: RunningStandIns, session: requests.Session) -> None:
    lost = tenant("Cobalt").agreement_id
    usual.control("hide_rows", site="harbour", kind="agreements", ids=str(lost))
    assert lost not in {row["id"] for row in connectwise(session, "GET", "/finance/agreements").json()}
    assert connectwise(session, "GET", "/finance/agreements/count").json() == {"count": 12}
    assert connectwise(session, "GET", BILLED.format(lost)).status_code == 404
    usual.control("hide_rows", site="harbour", kind="additions")
    answer = connectwise(session, "GET", BILLED.format(tenant("Northgate").agreement_id))
    assert (answer.status_code, answer.json()) == (200, [])


def test_one_agreement_can_have_an_odd_row(usual: RunningStandIns, session: requests.Session) -> None:
    odd = tenant("Cobalt").agreement_id
    for field, value in (("type/id", "null"), ("nextInvoiceDate", "12/1/2026")):
        usual.control("odd_agreement", agreement=str(odd), field=field, value=value)
    rows = {row["id"]: row for row in connectwise(session, "GET", "/finance/agreements").json()}
    usual.control("odd_agreement", agreement=str(odd))
    assert (rows[odd]["type"]["id"], rows[odd]["nextInvoiceDate"]) == (None, "12/1/2026")
    assert rows[odd]["type"]["name"] == "Microsoft 365"
    assert connectwise(session, "GET", f"/finance/agreements/{odd}").json()["type"]["id"] == 1


@pytest.mark.parametrize(
    "links, begins",
    [
        ("https", f"https://{CONNECTWISE.site}/"),
        ("http", f"http://{CONNECTWISE.site}/"),
        ("port", f"https://{CONNECTWISE.site}:443/"),
        ("other_name", "https://cw-web-07.internal.example/"),
    ],
)
def test_the_next_page_may_be_linked_in_other_words(
    usual: RunningStandIns, session: requests.Session, links: str, begins: str
) -> None:
    usual.control("set_paging", site="harbour", links=links)
    assert connectwise(session, "GET", "/procurement/catalog").links["next"]["url"].startswith(begins)


def test_a_server_may_send_no_links_cap_its_pages_and_order_by_name(
    usual: RunningStandIns, session: requests.Session
) -> None:
    usual.control("set_paging", site="harbour", links="none", largest_page=10, default_order="name")
    first = connectwise(session, "GET", "/company/companies?pageSize=1000")
    names = [row["name"] for row in first.json()]
    assert (len(names), "Link" in first.headers) == (10, False)
    assert names == sorted(names, key=str.lower)
    forward = {"clientId": CONNECTWISE.client_id, "pagination-type": "forward-only"}
    assert "Link" not in connectwise(session, "GET", "/company/companies", headers=forward).headers


def test_forward_only_pages_take_no_other_order(usual: RunningStandIns, session: requests.Session) -> None:
    forward = {"clientId": CONNECTWISE.client_id, "pagination-type": "forward-only"}
    answer = connectwise(session, "GET", "/company/companies?orderBy=name", headers=forward)
    assert answer.status_code == 400


def test_a_version_may_not_know_a_column(usual: RunningStandIns, session: requests.Session) -> None:
    path = BILLED.format(tenant("Northgate").agreement_id)
    usual.control("refuse_column", site="harbour", columns="invoiceGrouping")
    assert connectwise(session, "GET", f"{path}?fields=id").status_code == 200
    assert connectwise(session, "GET", f"{path}?fields=id,invoiceGrouping").status_code == 400


def test_a_retired_version_is_406(usual: RunningStandIns, session: requests.Session) -> None:
    usual.control("retire_versions", site="harbour", oldest="2022.1")
    accept = {"Accept": "application/vnd.connectwise.com+json; version=2021.1", "clientId": "x"}
    assert connectwise(session, "GET", "/company/companies", headers=accept).status_code == 406
    assert connectwise(session, "GET", "/company/companies").status_code == 200


def test_a_new_line_may_come_without_the_catalogues_price(
    usual: RunningStandIns, session: requests.Session
) -> None:
    prices = []
    for from_catalogue in (True, False):
        usual.control("price_new_lines", site="harbour", from_catalogue=from_catalogue)
        made = _created(session).json()
        prices.append(made["unitPrice"])
        connectwise(session, "DELETE", f"{BILLED.format(tenant('Kestrel').agreement_id)}/{made['id']}")
    assert prices == [22.0, 0.0]


@pytest.mark.parametrize(
    "control, words, hint",
    [
        ("set_marker", {"becomes": "nope"}, "kept, upper, cut, emptied, hidden"),
        ("set_paging", {"links": "nope"}, "https, http, port, other_name, none"),
        ("hide_rows", {"kind": "nope"}, "companies"),
        ("hide_rows", {"kind": "agreements", "ids": "x"}, "numbers"),
        ("retire_versions", {"oldest": "nope"}, "2022.1"),
    ],
)
def test_a_wrong_word_of_a_control_names_the_right_ones(
    usual: RunningStandIns, control: str, words: dict[str, Any], hint: str
) -> None:
    with pytest.raises(Exception, match=hint):
        usual.control(control, site="harbour", **words)
