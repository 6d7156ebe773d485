"""The stand-in of HaloPSA has the traps of the real one, over real HTTP."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.demo import demo_world
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.side_by_side import side_by_side_world
from sandbox.transport import sandbox_session
from tests.sandbox.standins.halo_site import API, WORLD, document, halo, line, post, token


def _begun(folder: Path) -> Path:
    state = State(folder)
    load_world(state, WORLD)
    state.close()
    return folder


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    with start(_begun(tmp_path_factory.mktemp("halo"))) as stand_ins:
        yield stand_ins


@pytest.fixture(scope="module")
def session(running: RunningStandIns) -> Iterator[requests.Session]:
    with sandbox_session(running.url) as opened:
        yield opened


@pytest.fixture
def quay(running: RunningStandIns) -> Iterator[RunningStandIns]:
    """The instance as all are, with its window of calls empty, and again when the test has ended."""
    running.control("move_clock", hours=0.1)
    yield running
    running.control("clear_faults")
    running.control("halo_habits", site="quay")
    running.control("halo_limit", site="quay")
    running.control("halo_rights", site="quay")


# Sign-in


def test_client_credentials_with_the_tenant_give_a_token(
    quay: RunningStandIns, session: requests.Session
) -> None:
    answer = token(session)
    assert (answer.status_code, answer.json()["token_type"], answer.json()["expires_in"]) == (
        200,
        "Bearer",
        3600,
    )


def test_a_wrong_secret_is_401_and_a_wrong_tenant_is_500(
    quay: RunningStandIns, session: requests.Session
) -> None:
    refused = token(session, client_secret="wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert token(session, tenant="other").status_code == 500
    assert token(session, tenant="").status_code == 500


def test_a_token_ends_by_the_virtual_clock(quay: RunningStandIns, session: requests.Session) -> None:
    signed = {"Authorization": f"Bearer {token(session).json()['access_token']}"}
    assert session.get(f"{API}/Client", headers=signed).status_code == 200
    quay.control("move_clock", hours=1.1)
    assert session.get(f"{API}/Client", headers=signed).status_code == 401


# Lists


def test_each_list_has_a_key_of_its_own_and_inactive_clients_are_asked_for(
    quay: RunningStandIns, session: requests.Session
) -> None:
    assert [row["id"] for row in halo(session, "GET", "/Client").json()["clients"]] == [11, 12]
    assert len(halo(session, "GET", "/Client?includeinactive=true").json()["clients"]) == 3
    items = halo(session, "GET", "/Item").json()
    assert (items["record_count"], items["items"][0]["baseprice"]) == (2, 22.0)
    assert halo(session, "GET", "/Item?includeinactive=true").json()["record_count"] == 3
    assert halo(session, "GET", "/Item?order=name").status_code == 400


def test_pages_are_smaller_than_asked_and_the_count_cannot_be_relied_on(
    quay: RunningStandIns, session: requests.Session
) -> None:
    quay.control("halo_habits", site="quay", largest_page=3, record_count="zero")
    pages = [
        halo(session, "GET", f"/RecurringInvoice?pageinate=true&page_size=100&page_no={n}").json()
        for n in (1, 2, 3, 4)
    ]
    assert [len(page["invoices"]) for page in pages] == [3, 3, 1, 0]
    assert pages[0]["record_count"] == 0


def test_a_list_of_invoices_has_no_lines_and_empty_dates_are_of_1900(
    quay: RunningStandIns, session: requests.Session
) -> None:
    row = halo(session, "GET", "/RecurringInvoice").json()["invoices"][0]
    assert "lines" not in row
    assert row["enddate"] == "1900-01-01T00:00:00Z"
    assert "lines" not in halo(session, "GET", "/RecurringInvoice/900").json()


def test_a_parameter_that_would_be_ignored_is_refused(
    quay: RunningStandIns, session: requests.Session
) -> None:
    for path in (
        "/Client?includeinactiv=true",
        "/RecurringInvoice?page=2",
        "/RecurringInvoice/900?details=true",
    ):
        assert halo(session, "GET", path).status_code == 400, path
    assert halo(session, "POST", "/RecurringInvoice/updatelines", []).status_code == 404


# Whole documents


def test_a_posted_document_changes_its_lines(quay: RunningStandIns, session: requests.Session) -> None:
    told = document(session, 901)
    line(told, 100)["qty_order"] = 7
    answer = post(session, told)
    assert (answer.status_code, line(answer.json(), 100)["qty_order"]) == (201, 7)
    assert line(document(session, 901), 100)["net_amount"] == 154.0


def test_a_line_that_is_left_out_is_lost_and_a_field_that_is_left_out_is_reset(
    quay: RunningStandIns, session: requests.Session
) -> None:
    told = document(session, 902)
    told["lines"] = [{"id": 101, "_itemid": 44, "qty_order": 5}]
    post(session, told)
    assert line(document(session, 902), 101)["unit_price"] == 0
    told["lines"] = []
    post(session, told)
    assert document(session, 902)["lines"] == []


def test_a_new_line_gets_an_id_the_texts_and_the_price_of_its_item(
    quay: RunningStandIns, session: requests.Session
) -> None:
    told = document(session, 903)
    told["lines"].append(
        {"_itemid": 45, "qty_order": 4, "customfields": [{"name": "CFSeatwise", "value": "m"}]}
    )
    made = post(session, told).json()["lines"][-1]
    assert made["id"] > 105
    assert (made["unit_price"], made["item_shortdescription"]) == (36.5, "Microsoft 365 E3")
    assert made["customfields"] == [{"name": "CFSeatwise", "value": "m"}]


def test_a_misspelt_field_a_strange_line_and_a_number_with_point_zero_are_refused(
    quay: RunningStandIns, session: requests.Session
) -> None:
    told = document(session, 904)
    before = line(told, 103)
    for change in ({"qty_ordered": 7}, {"id": 1}, {"qty_order": "7"}, {"qty_order": True}):
        assert post(session, {**told, "lines": [{**before, **change}]}).status_code == 400, change
    raw = b'[{"id":904,"lines":[{"id":103,"_itemid":44,"qty_order":95.0}]}]'
    assert halo(session, "POST", "/RecurringInvoice", raw=raw).status_code == 400
    assert document(session, 904) == told


def test_changes_say_who_changed_which_field_from_what_to_what(
    quay: RunningStandIns, session: requests.Session
) -> None:
    told = document(session, 905)
    line(told, 104)["qty_order"] = 9
    post(session, told)
    quay.control("halo_edit_line", invoice="905", line=104, unit_price=25)
    rows = halo(session, "GET", "/InvoiceChange?invoice_id=905").json()["changes"]
    seen = [(row["field_name"], row["old_value"], row["new_value"], row["who"]) for row in rows]
    assert seen == [("qty_order", "5", "9", "Seatwise API"), ("unit_price", "22", "25", "mkeller")]
    assert [row["invoice_line_id"] for row in rows] == [104, 104]


# What Halo does by itself, and what people do


def test_pending_rows_are_rolled_into_the_quantity_when_the_invoice_is_made(
    quay: RunningStandIns, session: requests.Session
) -> None:
    told = document(session)
    assert (line(told, 4)["qty_order"], line(told, 4)["prorata_data"][0]["quantity"]) == (10, 2)
    line(told, 1)["prorata_data"] = [{"date": "2026-12-04T00:00:00Z", "quantity": 3}]
    line(told, 3)["qty_order"] = 99
    post(session, told)
    lines = {one["id"]: one for one in quay.control("halo_bill", invoice="900")}
    assert (lines[1]["qty_order"], lines[4]["qty_order"], lines[4]["prorata_data"]) == (13, 12, [])
    assert lines[3]["qty_order"] == 8, "a line that Halo counts is what Halo counts, whatever was written"


def test_a_person_edits_between_a_read_and_the_write(
    quay: RunningStandIns, session: requests.Session
) -> None:
    quay.control("halo_edit_line", invoice="906", line=105, qty_order=12, after_reads=2)
    assert line(document(session, 906), 105)["qty_order"] == 5
    assert line(document(session, 906), 105)["qty_order"] == 5
    assert line(document(session, 906), 105)["qty_order"] == 12


# Limits, rights, faults


def test_more_calls_than_allowed_in_5_minutes_are_refused_together_with_those_of_other_tools(
    quay: RunningStandIns, session: requests.Session
) -> None:
    signed = {"Authorization": f"Bearer {token(session).json()['access_token']}"}
    quay.control("halo_limit", site="quay", per_5_minutes=10, others=6)
    statuses = [session.get(f"{API}/Item", headers=signed).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    refused = session.get(f"{API}/Item", headers=signed)
    assert refused.text == "Rate Limit Reached - 10 Requests per rolling 5 minute window"
    assert "Retry-After" not in refused.headers
    quay.control("halo_habits", site="quay", retry_after=60)
    assert session.get(f"{API}/Item", headers=signed).headers["Retry-After"] == "60"
    quay.control("move_clock", hours=0.09)
    assert session.get(f"{API}/Item", headers=signed).status_code == 200


def test_a_missing_right_is_403_without_json(quay: RunningStandIns, session: requests.Session) -> None:
    quay.control("halo_rights", site="quay", missing="items,invoices.edit")
    refused = halo(session, "GET", "/Item")
    assert (refused.status_code, refused.text) == (403, "Forbidden")
    assert halo(session, "GET", "/RecurringInvoice").status_code == 200
    assert halo(session, "POST", "/RecurringInvoice", []).status_code == 403


def _posted(session: requests.Session, quantity: int) -> Any:
    told = document(session, 906)
    line(told, 105)["qty_order"] = quantity
    return post(session, told)


def test_a_write_that_was_applied_can_be_lost_cut_or_told_as_throttled(
    quay: RunningStandIns, session: requests.Session
) -> None:
    quay.control("set_fault", what="timeout_after", kind="halo.write", seconds=0.05, count=1)
    with pytest.raises(requests.ConnectionError):
        _posted(session, 21)
    assert line(document(session, 906), 105)["qty_order"] == 21
    quay.control("set_fault", what="cut", kind="halo.write", count=1)
    with pytest.raises(requests.RequestException):
        _posted(session, 22).json()
    assert line(document(session, 906), 105)["qty_order"] == 22
    quay.control("set_fault", what="status_after", status=429, kind="halo.write", count=1)
    assert _posted(session, 23).status_code == 429
    assert line(document(session, 906), 105)["qty_order"] == 23


def test_a_write_that_is_applied_late_undoes_what_was_written_meanwhile(
    quay: RunningStandIns, session: requests.Session
) -> None:
    quay.control("set_fault", what="applied_late", kind="halo.write", seconds=0.05, late=600, count=1)
    with pytest.raises(requests.ConnectionError):
        _posted(session, 31)
    assert line(document(session, 906), 105)["qty_order"] == 23
    assert _posted(session, 24).status_code == 201
    quay.control("move_clock", hours=0.2)
    assert line(document(session, 906), 105)["qty_order"] == 31
    assert quay.control("halo_writes")[-1]["after"] == 31


def test_what_is_to_be_applied_late_survives_the_end_of_the_process(tmp_path: Path) -> None:
    folder = _begun(tmp_path)
    with start(folder) as running, sandbox_session(running.url) as session:
        running.control("set_fault", what="applied_late", kind="halo.write", seconds=0.05, late=600, count=1)
        with pytest.raises(requests.ConnectionError):
            _posted(session, 31)
    with start(folder) as again:
        again.control("move_clock", hours=0.2)
        assert again.control("halo_lines", invoice="906")[0]["qty_order"] == 31


def test_the_world_of_several_psas_is_the_demo_and_an_msp_whose_psa_is_halo() -> None:
    world = side_by_side_world()
    assert world.tenants[: len(demo_world().tenants)] == demo_world().tenants
    (halo,) = world.halo
    billed = {line.id for invoice in halo.invoices for line in invoice.lines}
    mapped = [
        one.addition_id for tenant in world.tenants if tenant.psa_site == halo.key for one in tenant.mappings
    ]
    assert len(mapped) == 5
    assert set(mapped) <= billed


def test_a_customers_page_shows_its_lines_in_halo(tmp_path: Path) -> None:
    world = side_by_side_world()
    state = State(tmp_path)
    load_world(state, world)
    state.close()
    thornbury = next(tenant for tenant in world.tenants if tenant.name == "Thornbury Legal")
    with start(tmp_path) as stand_ins:
        page = requests.get(f"{stand_ins.url}/tenants/{thornbury.id}", timeout=30, proxies={"http": ""}).text
    assert "In HaloPSA: Thornbury Legal" in page
    assert "counted by Halo" in page
