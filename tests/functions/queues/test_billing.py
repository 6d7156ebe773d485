"""The queue functions of billing, for what changed between a message and its turn."""

from datetime import timedelta

import pytest

from functions.queues import billing
from functions.queues.messages import Evaluate, PushConnection, RefreshPsaLists
from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.directory import save_account
from shared.accounts.preferences import DigestSettings
from shared.accounts.runs import Run, RunState
from shared.billing import psa_lists
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaUnavailable
from shared.billing.psa_connections import save_psa_connection
from shared.errors import RetryLater
from shared.storage.keys import account_id
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.billing.psa.fake import FakePsa

MSP = account_id("northwind-msp")


@pytest.fixture
def wired() -> MemoryWiring:
    wiring = MemoryWiring()
    digest = DigestSettings(recipients=("clerk@northwind.example",))
    save_account(
        wiring.tables, Account(id=MSP, name="Northwind", since=NOW, timezone="Europe/Zurich", digest=digest)
    )
    return wiring


def connect(wired: MemoryWiring, *, removed: bool = False) -> FakePsa:
    connection = PsaConnection(id="cw", name="ConnectWise", kind="connectwise", settings_json="{}")
    removed_at = NOW if removed else None
    save_psa_connection(wired.tables, MSP, connection.model_copy(update={"removed_at": removed_at}))
    psa = FakePsa()
    wired.fake_psas["cw"] = psa
    return psa


def refresh(wired: MemoryWiring) -> None:
    assert list(billing._refresh(wired, RefreshPsaLists(account=MSP, connection="cw"))) == []


def test_a_run_closes_without_a_connection_that_was_removed_meanwhile(wired: MemoryWiring) -> None:
    psa = connect(wired, removed=True)
    run = Run(id="r1", on=NOW.date(), started_at=NOW, state=RunState.PUSHING, connections=("cw",))
    runs.start(wired.tables, MSP, run)
    follow_up = list(billing._push(wired, PushConnection(account=MSP, run="r1", connection="cw")))
    assert follow_up == [Evaluate(account=MSP, run="r1")]
    assert runs.get(wired.tables, MSP, "r1").state is RunState.CLOSED
    assert psa.reads == 0


def test_the_lists_of_a_removed_connection_are_not_read(wired: MemoryWiring) -> None:
    psa = connect(wired, removed=True)
    refresh(wired)
    assert psa.reads == 0
    assert psa_lists.load(wired.blobs, MSP, "cw") is None


def test_a_busy_psa_is_asked_again_later_and_then_told_about(wired: MemoryWiring) -> None:
    psa = connect(wired)
    psa.unavailable = PsaUnavailable("The PSA is busy.", timedelta(seconds=40))
    psa_lists.ask(wired.tables, MSP, "cw", NOW)
    with pytest.raises(RetryLater) as later:
        refresh(wired)
    assert later.value.after == timedelta(seconds=40)
    wired.now += psa_lists.TRIED_FOR
    refresh(wired)
    assert psa_lists.state(wired.tables, MSP, "cw").failure == "The PSA is busy."


def test_a_connection_whose_secret_is_gone_is_told_about(wired: MemoryWiring) -> None:
    connect(wired)
    wired.fake_psas.clear()
    psa_lists.ask(wired.tables, MSP, "cw", NOW)
    refresh(wired)
    known = psa_lists.state(wired.tables, MSP, "cw")
    assert (known.is_pending, "is not stored" in known.failure) == (False, True)
