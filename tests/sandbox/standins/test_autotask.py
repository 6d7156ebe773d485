"""The stand-in of Autotask, asked by plain requests."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.autotask import Autotask, AutotaskCompany, Contract, ContractService, Service
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from sandbox.transport import sandbox_session

pytestmark = pytest.mark.processes

FRONT = "https://webservices.autotask.net/atservicesrest/v1.0"
API = "https://webservices14.autotask.net/ATServicesRest/V1.0"
SITE = Autotask(
    key="at",
    account="demo",
    zone="webservices14.autotask.net",
    user="api@ACME.COM",
    secret="s3cret",
    integration_code="CODE",
    companies=tuple(AutotaskCompany(200 + n, f"Company {n}") for n in range(12)),
    services=(Service(9001, "Business Premium", "SPB", 22.0, 18.0),),
    contracts=tuple(
        Contract(7000 + n, 200, f"Contract {n}", (ContractService(8000 + n, 9001, 10, 22.0),))
        for n in range(9)
    ),
)
SIGNED = {"UserName": SITE.user, "Secret": SITE.secret, "ApiIntegrationcode": SITE.integration_code}
TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    folder: Path = tmp_path_factory.mktemp("autotask")
    state = State(folder)
    load_world(state, World(name="autotask", partners=(), tenants=(), connectwise=(), autotask=(SITE,)))
    state.close()
    with start(folder) as running:
        yield running


@pytest.fixture
def session(standins: RunningStandIns) -> Iterator[requests.Session]:
    with sandbox_session(standins.url) as session:
        session.headers.update(SIGNED)
        yield session
    for control in ("autotask-habits", "autotask-limit", "autotask-rights"):
        standins.control(control)


def query(
    session: requests.Session, entity: str, *conditions: dict[str, Any], **more: Any
) -> requests.Response:
    asked = {"filter": [*conditions] or [{"op": "gte", "field": "id", "value": 0}], **more}
    return session.get(f"{API}/{entity}/query", params={"search": json.dumps(asked)}, timeout=30)


def adjust(session: requests.Session, contract: int, change: int, day: str, **more: Any) -> requests.Response:
    body = {"contractServiceID": contract + 1000, "unitChange": change, "effectiveDate": day, **more}
    return session.post(f"{API}/Contracts/{contract}/ServiceAdjustments", json=body, timeout=30)


def units(session: requests.Session, contract: int, day: str) -> int:
    rows = query(
        session,
        "ContractServiceUnits",
        {"op": "eq", "field": "contractID", "value": contract},
        {"op": "lte", "field": "startDate", "value": f"{day}T23:59:59"},
        {"op": "gte", "field": "endDate", "value": f"{day}T00:00:00"},
    ).json()["items"]
    assert len(rows) == 1
    return int(rows[0]["units"])


def test_the_zone_of_a_user_is_told_and_an_unknown_user_is_a_500(session: requests.Session) -> None:
    found = session.get(f"{FRONT}/zoneInformation?user=api@acme.com", timeout=30)
    assert found.json()["url"] == "https://webservices14.autotask.net/ATServicesRest/"
    unknown = session.get(f"{FRONT}/zoneInformation?user=nobody", timeout=30)
    assert unknown.status_code == 500
    assert "could not be determined" in unknown.json()["errors"][0]


def test_another_secret_is_not_let_in(session: requests.Session) -> None:
    session.headers["Secret"] = "wrong"
    assert query(session, "Companies").status_code == 401


def test_pages_go_on_at_the_address_of_the_next(session: requests.Session) -> None:
    first = query(session, "Companies", MaxRecords=5).json()
    second = session.get(first["pageDetails"]["nextPageUrl"], timeout=30).json()
    ids = [row["id"] for row in (*first["items"], *second["items"])]
    assert ids == list(range(200, 212))
    assert second["pageDetails"]["nextPageUrl"] is None


def test_an_adjustment_counts_from_its_day_on_and_in_every_later_period(session: requests.Session) -> None:
    day = TODAY + timedelta(days=40)
    assert adjust(session, 7000, 2, day.isoformat()).json()["itemId"] > 0
    told = [units(session, 7000, (day + timedelta(days=by)).isoformat()) for by in (-1, 0, 60)]
    assert told == [10, 12, 12]


def test_an_adjustment_that_comes_twice_counts_twice_and_none_can_be_listed_or_undone(
    session: requests.Session,
) -> None:
    for days in (1, 2):
        assert adjust(session, 7001, 2, (TODAY + timedelta(days=days)).isoformat()).ok
    assert units(session, 7001, (TODAY + timedelta(days=3)).isoformat()) == 14
    assert query(session, "ContractServiceAdjustments").status_code == 405
    assert session.delete(f"{API}/ContractServiceAdjustments/60001", timeout=30).status_code == 405


@pytest.mark.parametrize(
    "more, text",
    [
        ({"effectiveDate": "2044-01-01"}, "between the start date and end date"),
        ({"unitChange": 1.5}, "must be an integer"),
        ({"contractServiceID": 1}, "No matching records"),
        ({"quantityAdjustment": 2}, "does not know"),
        ({"effectiveDate": "soon"}, "is required"),
    ],
)
def test_what_is_wrong_is_a_500_with_a_text(
    session: requests.Session, more: dict[str, Any], text: str
) -> None:
    answer = adjust(session, 7002, 2, TODAY.isoformat(), **more)
    assert answer.status_code == 500
    assert text in answer.json()["errors"][0]
    assert units(session, 7002, TODAY.isoformat()) == 10


def test_two_adjustments_of_one_day_are_refused(session: requests.Session) -> None:
    assert adjust(session, 7003, 2, TODAY.isoformat()).ok
    again = adjust(session, 7003, 1, TODAY.isoformat())
    assert (again.status_code, "duplicate data" in again.text) == (500, True)


def test_a_new_service_has_no_units_before_its_first_adjustment(session: requests.Session) -> None:
    made = session.post(
        f"{API}/Contracts/7004/Services", json={"serviceID": 9001, "internalDescription": "lic:x"}, timeout=30
    ).json()["itemId"]
    of = {"op": "eq", "field": "contractServiceID", "value": made}
    assert query(session, "ContractServiceUnits", of).json()["items"] == []
    body = {"contractServiceID": made, "unitChange": 4, "effectiveDate": TODAY.isoformat()}
    assert session.post(f"{API}/Contracts/7004/ServiceAdjustments", json=body, timeout=30).ok
    assert {row["units"] for row in query(session, "ContractServiceUnits", of).json()["items"]} == {0, 4}


def test_an_unknown_field_and_a_query_without_filter_are_refused(session: requests.Session) -> None:
    assert query(session, "Companies", {"op": "eq", "field": "nope", "value": 1}).status_code == 500
    assert session.post(f"{API}/Companies/query", json={"filter": []}, timeout=30).status_code == 500


def test_the_calls_of_others_count_and_the_last_one_is_refused(
    session: requests.Session, standins: RunningStandIns
) -> None:
    standins.control("autotask-limit", others=9_930)
    told = session.get(f"{API}/ThresholdInformation", timeout=30).json()
    assert told["currentTimeframeRequestCount"] > 9_930
    statuses = [query(session, "Companies").status_code for _ in range(70)]
    assert statuses[-1] == 429


def test_a_restricted_user_gets_no_rows_and_no_error(
    session: requests.Session, standins: RunningStandIns
) -> None:
    standins.control("autotask-rights", sees_nothing=True)
    assert query(session, "Contracts").json()["items"] == []
    assert session.get(f"{API}/Contracts/7000", timeout=30).json() == {"item": None}
