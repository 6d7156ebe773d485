"""N5 by the API: ready to invoice, or the list of what is missing; and a run that reads every line before."""

from collections.abc import Callable

import pytest

from shared.accounts import runs
from tests.functions.api.billing_msp import BASE, BillingMsp
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]


@pytest.fixture
def msp(wired: MemoryWiring, sign_in: SignIn) -> BillingMsp:
    found = BillingMsp(wired)
    found.mapped(sign_in("admin"), 12)
    return found


def test_what_is_missing_is_told_with_its_sentence(msp: BillingMsp, sign_in: SignIn) -> None:
    told = sign_in("reader")("GET", f"{BASE}/certificate").json()
    assert (told["readyToInvoice"], told["balances"]) == (False, True)
    assert [one["reason"] for one in told["missing"]] == ["differs"]
    assert "synchronise the customer" in told["missing"][0]["sentence"]


def test_once_the_line_is_pushed_it_is_ready_and_every_row_is_billed(
    msp: BillingMsp, sign_in: SignIn
) -> None:
    owner = sign_in("owner")
    owner("PUT", f"{BASE}/mode", json={"mode": "live", "plan": owner("GET", f"{BASE}/plan").json()["digest"]})
    msp.push()
    told = owner("GET", f"{BASE}/certificate").json()
    assert told["readyToInvoice"] is True
    assert (told["billed"]["rows"], told["billed"]["billed"]) == (1, 12)
    (row,) = owner("GET", f"{BASE}/certificate/rows?standing=billed").json()["items"]
    assert (row["customer"], row["seats"], row["billed"]) == ("Quayside Marina", 12, 12)
    assert owner("GET", f"{BASE}/certificate/rows?standing=open").json()["items"] == []
    assert "Quayside Marina" in owner("GET", f"{BASE}/certificate/rows", headers={"accept": "text/csv"}).text


def test_a_run_can_be_asked_to_read_every_agreement(
    msp: BillingMsp, wired: MemoryWiring, sign_in: SignIn
) -> None:
    started = sign_in("editor")("POST", f"{BASE}/runs", json={"everyAgreement": True})
    assert started.status_code == 202, started.text
    assert runs.get(wired.tables, MSP, started.json()["id"]).every_agreement
