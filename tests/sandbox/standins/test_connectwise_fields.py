"""What ConnectWise shows, takes and refuses, field by field: nothing that is asked is ignored."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from sandbox.standins.process import RunningStandIns
from sandbox.standins.vendors.connectwise.rows import FIELDS
from tests.sandbox.standins.asking import CONNECTWISE, connectwise, line_of, replaced, tenant

BILLED = "/finance/agreements/{}/additions"


def _names(answer: requests.Response) -> list[str]:
    return [row["name"] for row in answer.json()]


@pytest.mark.parametrize(
    "wanted, found",
    [('types/name="Client"', 15), ('types/name="Nope"', 0), ('types/id=1 and types/name like "cl%"', 15)],
)
def test_companies_are_filtered_by_their_types(
    standins: RunningStandIns, session: requests.Session, wanted: str, found: int
) -> None:
    query = urlencode({"childConditions": wanted, "pageSize": 100})
    assert len(connectwise(session, "GET", f"/company/companies?{query}").json()) == found
    count = connectwise(session, "GET", f"/company/companies/count?{urlencode({'childConditions': wanted})}")
    assert count.json() == {"count": found}


def test_lines_are_filtered_by_their_custom_fields(
    standins: RunningStandIns, session: requests.Session
) -> None:
    fields = [{"id": 7, "caption": "Source", "type": "Text", "value": "Seatwise"}]
    connectwise(session, "PATCH", line_of("Eastgate"), replaced("customFields", fields))
    path = BILLED.format(tenant("Eastgate").agreement_id)
    for value, found in (("Seatwise", 1), ("Nope", 0)):
        query = urlencode({"customFieldConditions": f'caption="Source" and value="{value}"'})
        assert len(connectwise(session, "GET", f"{path}?{query}").json()) == found


@pytest.mark.parametrize(
    "query",
    [
        {"conditions": "nope=1"},
        {"conditions": "company/nope=1"},
        {"childConditions": 'nope/name="x"'},
        {"customFieldConditions": 'nope="x"'},
        {"orderBy": "nope"},
        {"orderBy": "id sideways"},
        {"fields": "id,nope"},
        {"nope": "1"},
        {"pageSize": "abc"},
    ],
    ids=str,
)
def test_what_is_misspelt_is_refused_and_never_an_empty_list(
    standins: RunningStandIns, session: requests.Session, query: dict[str, str]
) -> None:
    answer = connectwise(session, "GET", f"/finance/agreements?{urlencode(query)}")
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidArgument")


def test_fields_come_as_the_schema_writes_them(standins: RunningStandIns, session: requests.Session) -> None:
    rows = connectwise(session, "GET", "/company/companies?fields=ID,NAME,status/NAME&pageSize=1").json()
    assert rows == [{"id": 101, "name": "Alder & Ash Architects", "status": {"name": "Active"}}]


@pytest.mark.parametrize(
    "wanted, names",
    [
        ('name like "A_der%"', []),
        ('name like "[A-C]%"', []),
        ('name like "alder%"', ["Alder & Ash Architects"]),
        ('name like "*vets"', ["Meadowlark Vets"]),
    ],
)
def test_only_percent_and_star_stand_for_any_text(
    standins: RunningStandIns, session: requests.Session, wanted: str, names: list[str]
) -> None:
    query = urlencode({"conditions": wanted})
    assert _names(connectwise(session, "GET", f"/company/companies?{query}")) == names


def test_every_field_of_a_row_can_be_asked_for(standins: RunningStandIns, session: requests.Session) -> None:
    agreement = tenant("Northgate").agreement_id
    for kind, path in (
        ("companies", "/company/companies"),
        ("types", "/finance/agreements/types"),
        ("agreements", "/finance/agreements"),
        ("catalog", "/procurement/catalog"),
        ("additions", BILLED.format(agreement)),
    ):
        rows = connectwise(session, "GET", path).json()
        assert {name for row in rows for name in row} <= set(FIELDS[kind].values())


def test_an_agreement_type_has_what_its_schema_requires(
    standins: RunningStandIns, session: requests.Session
) -> None:
    required = {
        "employeeCompRate",
        "employeeCompNotExceed",
        "invoicingCycle",
        "billTime",
        "billExpenses",
        "billProducts",
    }
    rows = connectwise(session, "GET", "/finance/agreements/types").json()
    assert all(required <= set(row) for row in rows)


def test_an_agreement_has_a_contact(standins: RunningStandIns, session: requests.Session) -> None:
    assert all(row["contact"]["id"] for row in connectwise(session, "GET", "/finance/agreements").json())


def test_a_line_without_anything_names_all_that_is_missing(
    standins: RunningStandIns, session: requests.Session
) -> None:
    answer = connectwise(session, "POST", BILLED.format(tenant("Kestrel").agreement_id), {})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["product", "billCustomer"]


def test_an_unknown_company_has_no_info(standins: RunningStandIns, session: requests.Session) -> None:
    answer = session.get(f"https://{CONNECTWISE.site}/login/companyinfo/nobody", timeout=30)
    assert (answer.status_code, answer.json()) == (200, None)


@pytest.mark.parametrize(
    "name, value",
    [
        ("opportunity", {"id": 12, "name": "Renewal"}),
        ("invoiceGrouping", {"id": 3, "name": "Cloud"}),
        ("customFields", [{"id": 7, "caption": "Source", "type": "Text", "value": "x"}]),
    ],
)
def test_a_reference_or_custom_field_is_kept(
    standins: RunningStandIns, session: requests.Session, name: str, value: Any
) -> None:
    line = line_of("Fernhill")
    connectwise(session, "PATCH", line, replaced(name, value))
    assert connectwise(session, "GET", line).json()[name] == value
    connectwise(session, "PATCH", line, [{"op": "remove", "path": name}])
    assert name not in connectwise(session, "GET", line).json()


@pytest.mark.parametrize(
    "name, value", [("opportunity", "x"), ("customFields", {"id": 7}), ("customFields", ["x"])]
)
def test_a_reference_that_is_none_is_refused(
    standins: RunningStandIns, session: requests.Session, name: str, value: Any
) -> None:
    assert connectwise(session, "PATCH", line_of("Fernhill"), replaced(name, value)).status_code == 400


def test_a_put_replaces_the_line_and_whatever_is_left_out_becomes_nothing(
    standins: RunningStandIns, session: requests.Session
) -> None:
    path = BILLED.format(tenant("Hollybrook").agreement_id)
    product = connectwise(session, "GET", f"{path}?pageSize=1").json()[0]["product"]
    body = {
        "product": {"id": product["id"]},
        "billCustomer": "Billable",
        "quantity": 9,
        "serialNumber": "mark",
    }
    made = connectwise(session, "POST", path, body).json()
    line = f"{path}/{made['id']}"
    put = connectwise(session, "PUT", line, {name: body[name] for name in ("product", "billCustomer")})
    assert put.status_code == 200
    fresh = connectwise(session, "GET", line).json()
    assert (fresh["quantity"], fresh["unitPrice"], fresh["serialNumber"]) == (0.0, 0.0, "")
    assert "effectiveDate" not in fresh
    assert connectwise(session, "PUT", line, {"quantity": 3}).status_code == 400
    connectwise(session, "DELETE", line)


@pytest.mark.parametrize("asked, told", [("2022.1", "2022.1"), ("2026.4", "2026.4"), ("", "2026.1")])
def test_an_answer_names_the_version_of_its_model(
    standins: RunningStandIns, session: requests.Session, asked: str, told: str
) -> None:
    accept = f"application/vnd.connectwise.com+json; version={asked}" if asked else "*/*"
    headers = {"clientId": CONNECTWISE.client_id, "Accept": accept}
    answer = connectwise(session, "GET", "/company/companies", headers=headers)
    assert answer.headers["Content-Type"] == f"application/vnd.connectwise.com+json; version={told}"
