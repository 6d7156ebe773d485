"""The portal shows a customer's users their own companies, and nobody anything else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from functions.api.app import make_app
from shared.accounts.companies import remove_company
from shared.accounts.report_settings import ReportSettings, save
from shared.reports.models import Month
from shared.reports.publish import send_due
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.memory import MemoryBlobs, MemoryTables
from tests.functions.api.conftest import MSP, OTHER, Caller, an_account
from tests.functions.api.microsoft_keys import MicrosoftKeys, good_claims
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.reports.test_logo import a_file
from tests.shared.reports.world import ReportWorld

SHOWN, HIDDEN = "7a3c1b52-8a4b-4f0e-9a5d-6c1f7f1c9a01", "7a3c1b52-8a4b-4f0e-9a5d-6c1f7f1c9a02"
"""Two tenants: Quayside's, whose portal is on, and Zeta's, whose is off."""
PERSON = "33333333-aaaa-4bbb-8ccc-00000000000a"
JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
BY = Decider("t", "", NOW)
QUAY = f"/portal/{MSP}/companies/quay"


class Portals:
    """The MSP with two companies; OTHER has a company of the tenant HIDDEN, whose portal is on there."""

    def __init__(self, wired: MemoryWiring) -> None:
        tables, blobs = wired.tables, wired.blobs
        assert isinstance(tables, MemoryTables)
        assert isinstance(blobs, MemoryBlobs)
        self.world = ReportWorld(tables, blobs)
        wired.__dict__["transport"] = self.world.provider
        self.quay = self._company("quay", SHOWN)
        self.zeta = self._company("zeta", HIDDEN)
        self.switch(portal=True)
        self.world.account = an_account(OTHER, "Tidewater")
        self.theirs = self._company("theirs", HIDDEN)
        save(tables, OTHER, self.theirs, ReportSettings(portal=True), BY)
        self.world.account = an_account(MSP, "Harbour IT")

    def _company(self, name: str, tenant: str) -> Any:
        made = self.world.company(name, since=JANUARY, place=(name, tenant))
        self.world.read(made, "2026-01-04", until="2026-03-02")
        return made

    def switch(self, **settings: Any) -> None:
        wanted = ReportSettings(scheduled=True, recipients=("a@quay.example",), **settings)
        save(self.world.tables, MSP, self.quay, wanted, Decider("t", "", JANUARY))

    def report(self) -> None:
        send_due(self.world.publisher, self.world.account, "quay", Month(2026, 2), NOW)


@pytest.fixture
def portals(wired: MemoryWiring) -> Portals:
    return Portals(wired)


@pytest.fixture
def user(client: TestClient, microsoft: MicrosoftKeys) -> Callable[[str], Caller]:
    """A user of a tenant."""

    def of(tenant: str) -> Caller:
        return Caller(client, microsoft.token(**good_claims(tenant=tenant, person=PERSON)))

    return of


def test_a_customers_user_sees_licences_people_and_reports(
    portals: Portals, user: Callable[[str], Caller]
) -> None:
    asks = user(SHOWN)
    portals.report()
    portals.world.blobs.put(keys.logo_blob(MSP), a_file(20, 20))
    assert asks("GET", f"/portal/{MSP}").json() == {
        "msp": "Harbour IT",
        "hasLogo": True,
        "companies": [{"id": "quay", "name": "quay"}],
    }
    assert asks("GET", f"/portal/{MSP}/logo").headers["content-type"] == "image/png"
    view = asks("GET", QUAY).json()
    [licence] = view["licences"]
    assert (licence["counts"]["purchased"], licence["counts"]["spare"], licence["unitPrice"]) == (12, 2, None)
    assert licence["terms"] == [{"seats": 12, "duration": "", "ends": None}]
    assert [person["name"] for person in view["people"]] == ["Ann Archer"]
    assert asks("GET", f"{QUAY}/reports").json() == [{"month": "2026-02"}]
    assert asks("GET", f"{QUAY}/reports/2026-02").content.startswith(b"%PDF")


def test_it_is_off_until_an_admin_switches_it_on_and_then_off_again(
    portals: Portals, user: Callable[[str], Caller]
) -> None:
    assert user(HIDDEN)("GET", f"/portal/{MSP}").status_code == 404
    portals.switch(portal=False)
    assert user(SHOWN)("GET", f"/portal/{MSP}").status_code == 404
    assert not list(portals.world.tables.rows(keys.directory_of_customers(), keys.customers_of(SHOWN)))


def test_an_entry_of_the_directory_alone_opens_nothing(
    portals: Portals, user: Callable[[str], Caller]
) -> None:
    remove_company(portals.world.tables, MSP, "quay", BY)
    assert list(portals.world.tables.rows(keys.directory_of_customers(), keys.customers_of(SHOWN)))
    assert user(SHOWN)("GET", f"/portal/{MSP}").status_code == 404


def test_a_report_with_prices_is_not_shown_where_prices_are_not(
    portals: Portals, user: Callable[[str], Caller]
) -> None:
    portals.switch(portal=True, prices=True)
    portals.report()
    assert user(SHOWN)("GET", f"{QUAY}/reports").json() == []
    assert user(SHOWN)("GET", f"{QUAY}/reports/2026-02").status_code == 404
    portals.switch(portal=True, prices=True, portal_prices=True)
    assert user(SHOWN)("GET", f"{QUAY}/reports/2026-02").status_code == 200


def _operations() -> list[tuple[str, str, str]]:
    return [
        (operation["operationId"], method.upper(), path)
        for path, methods in make_app(None).openapi()["paths"].items()
        for method, operation in methods.items()
    ]


OPEN_TO_ANY_SIGNED_IN = {"getMe", "openAccount", "acceptInvitation"}
"""Of these a user of a customer gets their own person, and nothing of an MSP."""


def test_no_operation_gives_a_customers_user_anything_of_others(
    portals: Portals, user: Callable[[str], Caller]
) -> None:
    """A user of SHOWN, with any id of the other tenant, of another MSP, or of the MSP's own routes: no 2xx."""
    portals.report()
    asks, unexpected, asked = user(SHOWN), [], 0
    for operation, method, path in _operations():
        for account, company in ((MSP, "quay"), (MSP, "zeta"), (OTHER, "theirs"), (OTHER, "quay")):
            is_theirs = account == MSP and (company == "quay" or "{company}" not in path)
            if operation in OPEN_TO_ANY_SIGNED_IN or (path.startswith("/api/portal") and is_theirs):
                continue
            address = path.replace("{account}", account).replace("{company}", company)
            address = address.replace("{month}", "2026-02").replace("{tenant}", SHOWN)
            body: Any = {} if method in {"POST", "PUT", "PATCH"} else None
            answer = asks(method, address.removeprefix("/api"), json=body, headers={"If-Match": '"x"'})
            asked += 1
            if answer.is_success:
                unexpected.append((operation, account, company))
    assert unexpected == []
    assert asked > 300
