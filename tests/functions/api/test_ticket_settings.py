"""K2 by the API: choices as the PSA has them now, settings that are checked, and the ticket on its alert."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.queues import alerts
from functions.queues.messages import Evaluate, KeepTickets, QueuedWork
from shared.accounts.account import Mode
from shared.accounts.directory import update_account
from shared.alerts.tickets import making
from shared.alerts.tickets.models import TicketSettings
from shared.billing.models import PsaConnection
from shared.billing.psa.base import PsaCompany, PsaRefused
from shared.billing.psa.causes import Cause
from shared.billing.psa.tickets import NewTicket
from shared.billing.psa_connections import save_psa_connection
from shared.billing.psa_lists import PsaLists
from shared.errors import RetryLater
from shared.storage import keys
from shared.storage.tables import Put, Tables
from tests.functions.api.busy import ZETA, Busy
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import MemoryWiring
from tests.shared.alerts.world import sku
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.fake_tickets import FakeTickets

type SignIn = Callable[[str], Caller]
SETTINGS = f"/accounts/{MSP}/ticket-settings"
WANTED: dict[str, Any] = {
    "on": True,
    "connection": "cw",
    "board": "licences",
    "priority": "low",
    "closedStatus": "done",
    "company": "c1",
    "types": ["unused_licenses"],
}


@pytest.fixture
def desk(wired: MemoryWiring, busy: Busy) -> FakeTickets:
    psa = FakeTickets()
    psa.companies = {"1", "c1"}
    wired.fake_tickets["cw"] = psa
    companies = (PsaCompany("c1", "Harbour IT", "harbour"),)
    lists = PsaLists(read_at=wired.now, companies=companies, agreements=(), products=())
    wired.blobs.put(keys.psa_lists_blob(MSP, "cw"), gzip.compress(lists.body()))
    return psa


@pytest.fixture
def owner(sign_in: SignIn, desk: FakeTickets) -> Caller:
    return sign_in("owner")


def save(owner: Caller, **changes: Any) -> Any:
    etag = owner("GET", SETTINGS).headers["etag"]
    return owner("PUT", SETTINGS, json=WANTED | changes, headers={"If-Match": etag})


def carry_out(wired: MemoryWiring, busy: Busy) -> None:
    """The next evaluation by the queue, and what follows from it."""
    wired.now = busy.world.now = max(wired.now, busy.world.now) + timedelta(minutes=5)
    due: list[QueuedWork] = [Evaluate(account=MSP, run=busy.world.run)]
    while due:
        match due.pop(0):
            case Evaluate() as asked:
                due += alerts._evaluate(wired, asked)
            case KeepTickets() as asked:
                due += alerts._keep_tickets(wired, asked)
            case other:
                raise AssertionError(other)


def test_what_the_psa_offers_now_is_offered(owner: Caller) -> None:
    found = owner("GET", f"{SETTINGS}/choices?connection=cw&board=licences").json()
    assert found["boardWord"] == "Board"
    assert {"id": "licences", "name": "Licences"} in found["boards"]
    assert found["closedStatuses"] == [{"id": "closed", "name": "Closed"}, {"id": "done", "name": "Done"}]
    assert owner("GET", f"{SETTINGS}/choices?connection=cw").json()["closedStatuses"] == []
    assert owner("GET", f"{SETTINGS}/choices?connection=nothing").status_code == 404


def test_tickets_are_off_until_an_owner_chose_and_then_shown_as_they_were_called(owner: Caller) -> None:
    assert owner("GET", SETTINGS).json()["on"] is False
    saved = save(owner)
    assert saved.status_code == 200, saved.text
    shown = owner("GET", SETTINGS).json()
    assert (shown["on"], shown["boardName"], shown["closedStatusName"]) == (True, "Licences", "Done")
    assert (shown["companyName"], shown["atMost"]) == ("Harbour IT", 25)
    assert [one["type"] for one in shown["types"]] == ["unused_licenses"]


@pytest.mark.parametrize(
    "field, value",
    [
        ("board", "gone"),
        ("priority", "gone"),
        ("closedStatus", "gone"),
        ("company", "gone"),
        ("types", []),
        ("types", ["nothing"]),
        ("types", ["tickets_failed"]),
        ("atMost", 0),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(owner: Caller, field: str, value: object) -> None:
    refused = save(owner, **{field: value})
    assert (refused.status_code, refused.json()["field"].split(".")[0]) == (422, field)
    assert owner("GET", SETTINGS).json()["on"] is False


def test_in_preview_tickets_cannot_be_switched_on(owner: Caller, wired: MemoryWiring) -> None:
    update_account(wired.tables, MSP, lambda before: before.model_copy(update={"mode": Mode.PREVIEW}))
    refused = save(owner)
    assert (refused.status_code, refused.json()["code"]) == (422, "preview")


def test_an_alert_shows_its_ticket_until_both_are_closed(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets
) -> None:
    save(owner)
    carry_out(wired, busy)
    assert desk.tickets == {}  # what was open before stays without
    busy.world.now += timedelta(minutes=5)
    busy.world.add("t-late", sku("e5", 10, 4), name="Latecomer")
    carry_out(wired, busy)
    (row,) = owner("GET", f"/accounts/{MSP}/alerts?tenant=t-late&type=unused_licenses").json()["items"]
    reference = desk.tickets["1"].new.reference
    shown = {"number": "T1", "link": "https://psa.example/1", "progress": "open", "reference": reference}
    assert row["ticket"] == shown
    assert owner("GET", f"{SETTINGS}/state").json()["open"] == 1
    (other,) = owner("GET", f"/accounts/{MSP}/alerts?tenant={ZETA}&type=unused_licenses").json()["items"]
    assert other["ticket"] is None

    busy.world.now += timedelta(minutes=5)
    busy.world.read("t-late", sku("e5", 10, 10))
    carry_out(wired, busy)
    assert [made.status for made in desk.tickets.values()] == ["done"]
    (row,) = owner("GET", f"/accounts/{MSP}/alerts/closed?tenant=t-late&type=unused_licenses").json()["items"]
    assert row["ticket"]["progress"] == "closed"
    assert owner("GET", f"{SETTINGS}/state").json()["open"] == 0


def test_what_is_for_a_person_is_told_with_its_reference(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets
) -> None:
    save(owner)
    desk.companies = {"c1"}
    busy.world.add("t-late", sku("e5", 10, 4), name="Latecomer")
    carry_out(wired, busy)
    state = owner("GET", f"{SETTINGS}/state").json()
    (odd,) = state["toLookAt"]
    assert (odd["progress"], odd["why"]) == ("refused", "the company does not exist")
    assert odd["reference"].startswith("SW-")
    assert (state["failure"], state["waiting"]) == ("", 0)


@pytest.fixture
def unclear(owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets) -> str:
    """The reference of a ticket of which no answer came and that no search shows; the ticket is not there."""
    save(owner)
    desk.outcomes = [Outcome.UNCLEAR_NOT_APPLIED]
    busy.world.add("t-late", sku("e5", 10, 4), name="Latecomer")
    desk.clock = lambda: wired.now
    with pytest.raises(RetryLater):
        carry_out(wired, busy)
    wired.now += making.SETTLES_AFTER
    carry_out(wired, busy)
    (odd,) = owner("GET", f"{SETTINGS}/state").json()["toLookAt"]
    assert odd["progress"] == "undecidable"
    return str(odd["reference"])


def test_an_unclear_ticket_that_a_person_found_is_the_one_of_its_alert_and_closed_with_it(
    sign_in: SignIn, owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets, unclear: str
) -> None:
    desk.finds = False
    made = desk.create(by_hand := NewTicket(**by_hand_ticket()))
    desk.create(by_hand)
    word = {"reference": unclear, "there": True}
    for number in ("", "T99"):
        refused = owner("POST", f"{SETTINGS}/unclear", json=word | {"number": number})
        assert (refused.status_code, refused.json()["field"]) == (422, "number")
    said = sign_in("admin")("POST", f"{SETTINGS}/unclear", json=word | {"number": f"T{made.receipt}"})
    assert said.status_code == 200, said.text
    assert (said.json()["progress"], said.json()["number"]) == ("open", "T1")
    again = owner("POST", f"{SETTINGS}/unclear", json=word | {"number": "T1"})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_settle")
    carry_out(wired, busy)
    assert len(desk.tickets) == 2
    assert owner("GET", f"{SETTINGS}/state").json()["toLookAt"] == []
    busy.world.now += timedelta(minutes=5)
    busy.world.read("t-late", sku("e5", 10, 10))
    carry_out(wired, busy)
    assert [made.status for made in desk.tickets.values()] == ["done", "new"]


def test_an_unclear_ticket_that_a_person_did_not_find_is_made_once(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets, unclear: str
) -> None:
    said = owner("POST", f"{SETTINGS}/unclear", json={"reference": unclear, "there": False})
    assert said.json()["progress"] == "not_sent"
    carry_out(wired, busy)
    carry_out(wired, busy)
    assert [made.new.reference for made in desk.tickets.values()] == [unclear]
    (entry, *_) = owner("GET", f"/accounts/{MSP}/audit").json()["items"]
    assert entry["action"] == "ticket.settled"


def test_the_ticket_of_another_alert_is_not_taken_for_an_unclear_one(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets, unclear: str
) -> None:
    busy.world.add("t-other", sku("e5", 10, 4), name="Other")
    carry_out(wired, busy)
    word = {"reference": unclear, "there": True, "number": "T1"}
    refused = owner("POST", f"{SETTINGS}/unclear", json=word)
    assert (refused.status_code, refused.json()["code"]) == (422, "owned")
    assert owner("POST", f"{SETTINGS}/unclear", json=word | {"reference": "SW-0"}).status_code == 404


def by_hand_ticket() -> dict[str, str]:
    texts = dict.fromkeys(("summary", "description", "reference"), "made by hand")
    return {"board": "licences", "priority": "low", "company": "c1", **texts}


def test_a_psa_that_does_not_answer_is_left_to_the_next_evaluation(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets
) -> None:
    save(owner)
    busy.world.add("t-late", sku("e5", 10, 4), name="Latecomer")
    busy.world.now += timedelta(minutes=5)
    wired.now = busy.world.now
    busy.judge()
    desk.unavailable = True
    with pytest.raises(RetryLater):
        list(alerts._keep_tickets(wired, KeepTickets(account=MSP)))
    assert list(alerts._keep_tickets(wired, KeepTickets(account=MSP, attempt=alerts.MOST_ATTEMPTS))) == []


def test_a_right_that_is_missing_is_one_row_until_tickets_work_again(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets
) -> None:
    save(owner)
    desk.refused_writes = PsaRefused.for_all("The PSA", Cause.RIGHTS, "403", "Tickets (add)")
    for number in range(3):
        busy.world.add(f"t-late{number}", sku("e5", 10, 4), name="Latecomer")
    carry_out(wired, busy)
    (row,) = owner("GET", f"/accounts/{MSP}/alerts?type=tickets_failed").json()["items"]
    assert "Tickets (add)" in row["what"]
    assert (row["who"], row["ticket"]) == ("ConnectWise", None)
    assert desk.asked.count("create") == 1
    desk.refused_writes = None
    wired.now += making.SETTLES_AFTER  # so long a refusal is not trusted
    save(owner, atMost=30)
    carry_out(wired, busy)
    assert owner("GET", f"/accounts/{MSP}/alerts?type=tickets_failed").json()["items"] == []
    assert len(desk.tickets) == 3


def test_switched_off_what_was_chosen_is_remembered_and_nothing_is_sent(
    owner: Caller, wired: MemoryWiring, busy: Busy, desk: FakeTickets
) -> None:
    save(owner)
    save(owner, on=False)
    shown = owner("GET", SETTINGS).json()
    assert (shown["on"], shown["boardName"]) == (False, "Licences")
    busy.world.add("t-late", sku("e5", 10, 4), name="Latecomer")
    carry_out(wired, busy)
    assert desk.tickets == {}


def test_a_psa_in_which_alerts_become_tickets_is_not_removed(
    wired: MemoryWiring, owner: Caller, sign_in: SignIn
) -> None:
    there = f"/accounts/{MSP}/psa-connections/spare"
    spare = PsaConnection(id="spare", name="Spare PSA", kind="connectwise", settings_json="{}")
    save_psa_connection(wired.tables, MSP, spare)
    put_settings(wired.tables, on=True)
    refused = sign_in("admin")("DELETE", there)
    assert (refused.status_code, refused.json()["code"]) == (409, "used_by_tickets")
    assert "Alerts become tickets in Spare PSA." in refused.json()["detail"]
    put_settings(wired.tables, on=False)
    assert sign_in("admin")("DELETE", there).status_code == 204


def put_settings(tables: Tables, *, on: bool) -> None:
    chosen = TicketSettings(on=on, connection="spare")
    tables.commit([Put(keys.setting(MSP, "tickets"), chosen)])
