"""Syncro over real HTTP against its stand-in: the contract of every PSA, and a test for each trap of this one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from sandbox.transport import SandboxAdapter, sandbox_session
from shared.billing.psa import syncro
from shared.billing.psa.base import BillableOption, Sent
from shared.billing.psa.syncro import Syncro, SyncroSettings
from shared.http.client import Http
from tests.shared.billing.psa.contract import RETRY_AFTER, PsaContract, PsaWorld
from tests.shared.billing.psa.fake import Outcome

SITE, TOKEN = "https://acme.syncromsp.com/api/v1", "T-5up3r-s3cret"
SCHEDULES = 80


def _schedule(number: int) -> dict[str, Any]:
    told = {"product_id": 44, "description": "", "retail_cents": 2200, "taxable": True}
    lines = {str(number * 10 + n): {**told, "id": number * 10 + n, "quantity": 10 - n} for n in (0, 1)}
    return {
        "id": number,
        "customer_id": 2,
        "name": f"Schedule {number}",
        "frequency": "Monthly",
        "paused": False,
        "lines": lines,
    }


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    folder: Path = tmp_path_factory.mktemp("syncro")
    state = State(folder)
    load_world(state, World(name="syncro", partners=(), tenants=(), connectwise=()))
    state.put("syncro", "site", {"token": TOKEN, "next_line": 50_000})
    state.put("syncro_customer", "2", {"id": 2, "business_name": "Acme"})
    state.put("syncro_product", "44", {"id": 44, "name": "M365", "price_retail": "22.0", "disabled": False})
    for number in range(900, 900 + SCHEDULES):
        state.put("syncro_schedule", str(number), _schedule(number))
    state.close()
    with start(folder) as running:
        yield running


class Lying(SandboxAdapter):
    """Says yes to the next write and does not carry it out."""

    lies = False

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.lies and request.method != "GET":
            request.method, request.body = "GET", None
            request.headers.pop("Content-Length", None)
            request.url = f"{SITE}/customers"
        return super().send(request, *args, **kwargs)


class SyncroWorld(PsaWorld):
    dates_lines = bills_otherwise = False
    longest_text = 0

    def __init__(self, standins: RunningStandIns, number: int) -> None:
        self.standins, self.agreement_id = standins, str(number)
        self.company_id, self.product_id = "2", "44"
        self.line_id, self.other_line_id = f"{number}0", f"{number}1"
        self.adapter = Lying(standins.url)
        self.raw = sandbox_session(standins.url)
        self.raw.headers["Authorization"] = f"Bearer {TOKEN}"
        self.sign_in(TOKEN)

    def sign_in(self, token: str) -> None:
        session = sandbox_session(self.standins.url)
        session.mount("https://", self.adapter)
        http = Http(session, sleep=lambda _: None, clock=lambda: datetime.now(UTC))
        self.psa = Syncro(SyncroSettings(site="acme.syncromsp.com"), token, http)

    def fault(self, what: str, **conditions: Any) -> None:
        self.standins.control("set_fault", what=what, vendor="syncro", **conditions)

    def next_write(self, outcome: Outcome) -> None:
        match outcome:
            case Outcome.REFUSED:
                self.fault("status", status=422, kind="syncro.write", count=1)
            case Outcome.NOT_SENT:
                wait = int(RETRY_AFTER.total_seconds())
                self.fault("throttle", retry_after=wait, kind="syncro.write", count=1)
            case Outcome.UNCLEAR_APPLIED:
                self.fault("timeout_after", seconds=0.05, kind="syncro.write", count=1)
            case Outcome.UNCLEAR_NOT_APPLIED:
                self.fault("timeout_before", seconds=0.05, kind="syncro.write", count=1)
            case Outcome.ANSWERED_NOT_APPLIED:
                self.adapter.lies = True

    def _put(self, line_id: str, **fields: Any) -> None:
        address = f"{SITE}/schedules/{self.agreement_id}/line_items/{line_id}"
        self.raw.put(address, json=fields).raise_for_status()

    def edit(self, line_id: str, *, quantity: int | None = None, unit_price: int | None = None) -> None:
        fields = {"quantity": quantity, "retail_cents": None if unit_price is None else unit_price * 100}
        self._put(line_id, **{name: value for name, value in fields.items() if value is not None})

    def change_marker(self, line_id: str, marker: str) -> None:
        self._put(
            line_id, description=f"Microsoft 365, March [{marker}]" if marker else "Microsoft 365, March"
        )

    def _shown(self, line_id: str) -> dict[str, Any]:
        schedule = self.raw.get(f"{SITE}/schedules/{self.agreement_id}").json()["schedule"]
        found: dict[str, Any] = next(line for line in schedule["lines"] if str(line["id"]) == line_id)
        return found

    def truth(self, line_id: str) -> Decimal:
        return Decimal(self._shown(line_id)["quantity"])

    def write_requests(self) -> int:
        return self.standins.counts().get("syncro.write", 0)

    def next_read_is_stale(self) -> None:
        self.fault("stale", kind="syncro.read.schedules", count=1)

    def remove_line(self, line_id: str) -> None:
        address = f"{SITE}/schedules/{self.agreement_id}/remove_line_item"
        self.raw.post(address, json={"line_item_id": line_id}).raise_for_status()

    def remove_agreement(self) -> None:
        self.fault("status", status=404, path=f"/schedules/{self.agreement_id}$")

    def fail_reads(self) -> None:
        self.fault("status", status=503, kind="syncro.read")

    def break_sign_in(self) -> None:
        self.sign_in("n0t-the-token")


_numbers = count(900)


@pytest.fixture
def world(standins: RunningStandIns, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncroWorld]:
    monkeypatch.setattr(syncro, "CALLS_A_MINUTE", 100_000)  # all tests are one minute
    yield SyncroWorld(standins, next(_numbers))
    standins.control("clear_faults")


class TestSyncro(PsaContract):
    """The contract, against the stand-in."""


def test_a_list_of_more_than_one_page_is_whole(world: SyncroWorld) -> None:
    assert len(world.psa.agreements()) == SCHEDULES


def test_a_line_that_is_not_to_be_billed_cannot_be_made(world: SyncroWorld) -> None:
    write = world.create().model_copy(update={"billable": BillableOption.NO_CHARGE})
    assert world.psa.apply(write).sent is Sent.REFUSED
