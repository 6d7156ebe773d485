"""Reports by the API: settings, previews, the kept PDF, and sending it once more."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from shared.mail.base import Delivery, Receipt
from shared.reports.models import Month
from shared.reports.publish import send_due
from shared.storage.memory import MemoryBlobs, MemoryTables
from tests.functions.api.conftest import MSP, Caller
from tests.functions.memory_wiring import NOW, MemoryWiring
from tests.shared.reports.world import ReportWorld

JANUARY = datetime(2026, 1, 5, tzinfo=UTC)
QUAY = f"/accounts/{MSP}/companies/cquayside"
ANN = "ann@quayside.example"


@pytest.fixture
def world(wired: MemoryWiring) -> ReportWorld:
    """Quayside was read all February, and its night of the 1st of March has closed; NOW is the 2nd."""
    tables, blobs = wired.tables, wired.blobs
    assert isinstance(tables, MemoryTables)
    assert isinstance(blobs, MemoryBlobs)
    made = ReportWorld(tables, blobs)
    wired.__dict__["transport"] = made.provider
    made.read(made.company("Quayside", ANN, since=JANUARY), "2026-01-04", until="2026-03-01")
    made.night("2026-03-01")
    return made


def test_the_figures_the_pdf_and_the_mail_tell_the_same(
    world: ReportWorld, sign_in: Callable[[str], Caller]
) -> None:
    reader = sign_in("reader")
    month = reader("GET", f"{QUAY}/months/2026-02").json()
    assert (month["company"], month["purchased"], month["notRead"]) == ("Quayside", 12, [])
    pdf = reader("GET", f"{QUAY}/months/2026-02/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    mail = reader("GET", f"{QUAY}/months/2026-02/mail").json()
    assert mail["subject"] == "Quayside: Microsoft 365 licences, February 2026"
    assert "12" in mail["text"]
    assert world.provider.sent == []


@pytest.mark.parametrize("month, code", [("2026-04", "future"), ("2025-12", "before_first_read")])
def test_a_month_without_figures_is_refused_with_a_sentence(
    world: ReportWorld, sign_in: Callable[[str], Caller], month: str, code: str
) -> None:
    for path in ("", "/pdf", "/mail"):
        answer = sign_in("reader")("GET", f"{QUAY}/months/{month}{path}")
        assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_settings_are_saved_in_the_version_that_was_seen(
    world: ReportWorld, sign_in: Callable[[str], Caller]
) -> None:
    admin = sign_in("admin")
    seen = admin("GET", f"{QUAY}/report-settings")
    assert seen.json()["recipients"] == [ANN]
    wanted = {"scheduled": True, "recipients": ["Bob@Quayside.example", "bob@quayside.example"]}
    etag = {"If-Match": seen.headers["etag"]}
    assert admin("PUT", f"{QUAY}/report-settings", json=wanted).status_code == 428
    saved = admin("PUT", f"{QUAY}/report-settings", json=wanted, headers=etag)
    assert saved.json()["recipients"] == ["bob@quayside.example"]
    assert admin("PUT", f"{QUAY}/report-settings", json=wanted, headers=etag).status_code == 412


@pytest.mark.parametrize(
    "recipient", ["ann", "ann@", "a b@c.example", "ann@quayside.example\nBcc: x@y.example"]
)
def test_a_recipient_that_is_no_address_is_refused_and_nothing_is_stored(
    world: ReportWorld, sign_in: Callable[[str], Caller], recipient: str
) -> None:
    admin = sign_in("admin")
    seen = admin("GET", f"{QUAY}/report-settings")
    answer = admin(
        "PUT",
        f"{QUAY}/report-settings",
        json={"scheduled": True, "recipients": [ANN, recipient]},
        headers={"If-Match": seen.headers["etag"]},
    )
    assert answer.status_code == 422
    assert admin("GET", f"{QUAY}/report-settings").json() == seen.json()


def test_the_kept_report_is_downloaded_and_sent_again_once(
    world: ReportWorld, sign_in: Callable[[str], Caller]
) -> None:
    admin = sign_in("admin")
    assert admin("GET", f"{QUAY}/reports/2026-02").status_code == 404
    send_due(world.publisher, world.account, "cquayside", Month(2026, 2), datetime(2026, 3, 1, 6, tzinfo=UTC))
    kept = admin("GET", f"{QUAY}/reports/2026-02")
    assert kept.content.startswith(b"%PDF")
    [report] = admin("GET", f"{QUAY}/reports").json()
    assert report["mails"] == [{"recipient": ANN, "times": 1, "state": "done"}]
    asked = {"recipient": ANN, "times": 1}
    for sent_now in (True, False):
        answer = admin("POST", f"{QUAY}/reports/2026-02/send-again", json=asked)
        assert answer.json()["sentNow"] is sent_now
    assert len(world.provider.sent) == 2
    other = admin(
        "POST", f"{QUAY}/reports/2026-02/send-again", json={**asked, "recipient": "x@other.example"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "not_a_recipient")


def test_a_report_that_was_refused_is_sent_again_from_the_list_of_mails_once(
    world: ReportWorld, sign_in: Callable[[str], Caller]
) -> None:
    admin = sign_in("admin")
    world.provider.receipts = [Receipt(Delivery.REFUSED, why="550 no such mailbox")]
    send_due(world.publisher, world.account, "cquayside", Month(2026, 2), NOW)
    assert admin("GET", f"{QUAY}/reports").json()[0]["mails"][0]["state"] == "refused"
    [mail] = admin("GET", f"/accounts/{MSP}/mails").json()["items"]
    assert (mail["state"], mail["canBeSentAgain"]) == ("refused", True)
    again = f"/accounts/{MSP}/mails/{mail['id']}/send-again"
    assert [admin("POST", again, json={}).json()["sentNow"] for _ in range(2)] == [True, False]
    assert len(world.provider.sent) == 1
    [row] = admin("GET", f"{QUAY}/reports").json()[0]["mails"]
    assert (row["state"], row["times"]) == ("done", 2)


def test_a_test_goes_to_who_asks(world: ReportWorld, sign_in: Callable[[str], Caller]) -> None:
    answer = sign_in("admin")("POST", f"{QUAY}/months/2026-02/test", json={})
    assert answer.json()["sentNow"]
    assert len(world.provider.sent) == 1


def test_the_list_tells_what_holds_for_every_company_also_where_nothing_was_chosen(
    world: ReportWorld, sign_in: Callable[[str], Caller]
) -> None:
    world.company("Alder", since=JANUARY)
    rows = sign_in("reader")("GET", f"/accounts/{MSP}/report-settings").json()["items"]
    assert [(row["name"], row["scheduled"], row["recipients"]) for row in rows] == [
        ("Alder", False, []),
        ("Quayside", True, [ANN]),
    ]


def test_a_switch_tells_first_what_it_would_do(world: ReportWorld, sign_in: Callable[[str], Caller]) -> None:
    admin = sign_in("admin")
    asked = {"companies": ["cquayside", "not-there"], "scheduled": False}
    for preview, after in ((True, True), (False, False)):
        [row] = admin(
            "POST", f"/accounts/{MSP}/report-settings/switch", json={**asked, "preview": preview}
        ).json()
        assert (row["name"], row["wasScheduled"], row["scheduled"]) == ("Quayside", True, False)
        assert admin("GET", f"{QUAY}/report-settings").json()["scheduled"] is after
