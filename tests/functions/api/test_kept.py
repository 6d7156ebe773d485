"""What is made from every tenant and line is made once, and again when anything of it may have changed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from functions.queues import alerts
from functions.queues.messages import Evaluate
from shared.billing import agreement_store
from shared.storage import keys
from tests.functions.api.billing_msp import BASE, BillingMsp
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring

type SignIn = Callable[[str], Caller]


@pytest.fixture
def msp(wired: MemoryWiring, sign_in: SignIn) -> BillingMsp:
    found = BillingMsp(wired)
    found.mapped(sign_in("admin"), 12)
    return found


def change_behind_its_back(msp: BillingMsp) -> None:
    """The line says 12 by now; nobody asked for it, and nothing was judged."""
    kept = agreement_store.get(msp.wired.tables, MSP, msp.psa, msp.agreement.id)
    lines = {name: line.model_copy(update={"confirmed": 12}) for name, line in kept.record.lines.items()}
    agreement_store.save(msp.wired.tables, MSP, kept, kept.record.model_copy(update={"lines": lines}))


def effects(caller: Caller) -> list[str]:
    return [line["effect"] for line in caller("GET", f"{BASE}/plan/lines").json()["items"]]


def test_totals_and_rows_are_of_the_same_moment(msp: BillingMsp, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    counted, judged = reader("GET", f"{BASE}/plan").json(), reader("GET", f"{BASE}/certificate").json()
    change_behind_its_back(msp)
    assert (counted["lines"], effects(reader)) == (1, ["written"])
    [row] = reader("GET", f"{BASE}/certificate/rows").json()["items"]
    assert (judged["open"]["rows"], row["reason"]) == (1, "differs")


def test_each_time_is_when_it_was_worked_out(msp: BillingMsp, sign_in: SignIn) -> None:
    reader, began = sign_in("reader"), msp.wired.now
    first = [reader("GET", f"{BASE}/{name}").json()["at"] for name in ("plan", "certificate")]
    msp.wired.now += timedelta(minutes=1)
    again = [reader("GET", f"{BASE}/{name}").json()["at"] for name in ("plan", "certificate")]
    assert first == again == [began.isoformat().replace("+00:00", "Z")] * 2


def test_what_a_person_did_is_in_it_at_once(msp: BillingMsp, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    assert effects(reader) == ["written"]
    change_behind_its_back(msp)
    admin = sign_in("admin")
    named = {
        "json": {"name": "Harbour IT of Hull"},
        "headers": {"If-Match": admin("GET", BASE).headers["etag"]},
    }
    assert admin("PATCH", BASE, **named).status_code == 200
    assert effects(reader) == []


def test_what_was_judged_is_in_it_at_once(msp: BillingMsp, sign_in: SignIn) -> None:
    reader, run = sign_in("reader"), msp.push()
    assert effects(reader) == ["written"]
    change_behind_its_back(msp)
    list(alerts._evaluate(msp.wired, Evaluate(account=MSP, run=run.id)))
    assert effects(reader) == []


@pytest.mark.parametrize("running, good_for", [(False, timedelta(hours=1)), (True, timedelta(minutes=1))])
def test_nothing_is_served_longer_than_this(
    msp: BillingMsp, sign_in: SignIn, running: bool, good_for: timedelta
) -> None:
    if running:
        sign_in("editor")("POST", f"{BASE}/runs", json={})
    msp.wired.now = msp.wired.now.replace(minute=0, second=0)
    reader = sign_in("reader")
    assert effects(reader) == ["written"]
    change_behind_its_back(msp)
    msp.wired.now += good_for - timedelta(seconds=1)
    assert effects(reader) == ["written"]
    msp.wired.now += timedelta(seconds=1)
    assert effects(reader) == []


def test_those_who_ask_at_once_wait_for_one_working_out(msp: BillingMsp, sign_in: SignIn) -> None:
    reader = sign_in("reader")
    asked, rows = [], msp.wired.tables.rows

    def counting(partition: str, prefix: str = "", after: str = "") -> object:
        if prefix == keys.TENANT_STATES:
            asked.append(partition)
            time.sleep(0.05)  # long enough for the others to come
        return rows(partition, prefix, after)

    msp.wired.tables.__dict__["rows"] = counting
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: reader("GET", f"{BASE}/plan").status_code, range(8)))
    assert (answers, len(asked)) == ([200] * 8, 1)
