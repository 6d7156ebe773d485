"""Days of the demo MSP through real processes, from the tick to the PSA's lines and the mails."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from sandbox.processes import SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.controls.commands import ControlError
from sandbox.standins.worlds.registry import world_named
from shared.accounts.runs import READING_LIMIT, Run
from shared.alerts.models import Alert, Slug
from shared.alerts.rules.psa_sign_in import PsaSignIn
from shared.billing.models import HoldReason, LedgerEvent, LineState, Verdict
from shared.licensing.tenant_state import ReadStatus
from shared.microsoft.models import MailboxSource
from shared.storage.queues import Queues
from tests.journeys.living import DEMO, PREVIEW, SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

WORLD = "demo"
PRIVATE_KEY = world_named(WORLD).connectwise[0].private_key


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """One sandbox for all tests here: each day that a test asks for is the next day of it."""
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        yield Living(stage, stage.start_host(timers=False))


# -- the first day


@pytest.fixture(scope="module")
def first_day(living: Living) -> dict[str, Any]:
    return living.day()


def test_every_tenant_that_can_be_read_is_read_and_the_others_say_why_not(first_day: dict[str, Any]) -> None:
    assert first_day["tenants"]["read"] == 11
    names = first_day["names"]
    not_read = {names[tenant]: why for tenant, why in first_day["tenants"]["not_read"].items()}
    assert set(not_read) == {"Granite Peak Surveyors", "Hollybrook Schools"}
    assert "GDAP" in not_read["Granite Peak Surveyors"]
    assert "consent" in not_read["Hollybrook Schools"]


def test_only_the_lines_that_changed_are_written(first_day: dict[str, Any], living: Living) -> None:
    lines = first_day["lines"]
    told = {state: number for state, number in lines.items() if number}
    assert told == {"unchanged": 15, "written": 4, "held": 1, "drift": 1, "failed": 2}
    assert first_day["calls"]["psa_writes"] == 5  # one of the four has a second line beside it
    assert 27 in living.in_psa("Alder & Ash").values()
    assert 35 in living.in_psa("Northgate").values()


def test_a_line_that_no_mapping_owns_is_left_alone(first_day: dict[str, Any], living: Living) -> None:
    agreement = living.stage.stand_ins.control("lines", agreement="Alder & Ash")
    foreign = {row["product"]: row["quantity"] for row in agreement}
    assert (foreign["MANAGED-FIREWALL"], foreign["BACKUP-SEAT"]) == (1, 24)


def test_a_large_decrease_is_held_with_its_reason(first_day: dict[str, Any], living: Living) -> None:
    assert first_day["held_by_reason"] == {"tenant_loss": 1}
    (hold,) = living.holds("Kestrel")
    assert (hold.change.before, hold.change.after, hold.reasons) == (40, 12, (HoldReason.TENANT_LOSS,))


def test_seats_that_came_within_a_billed_period_are_a_second_line_until_it_ends(
    first_day: dict[str, Any], living: Living
) -> None:
    assert sorted(living.in_psa("Larchmont").values()) == [2, 4, 12]
    (row,) = first_day["prorated"]
    assert (row["customer"], row["seats"]) == ("Larchmont Accountants", 2)
    lines = living.stage.stand_ins.control("lines", agreement="Larchmont")
    assert [line["ends"] for line in lines if line["quantity"] == 2] == [row["until"]]
    assert not living.holds("Larchmont")


def test_a_line_that_was_edited_by_hand_is_an_exception_and_keeps_its_number(
    first_day: dict[str, Any], living: Living
) -> None:
    assert first_day["alerts"]["line_drift"] == 1
    (drifted,) = [line for line in living.lines("Juniper") if line.drift]
    assert drifted.confirmed == 18
    assert living.in_psa("Juniper")[drifted.line_id] == 21


def test_each_thing_that_a_person_should_fix_is_one_alert(first_day: dict[str, Any]) -> None:
    assert first_day["alerts"] == {
        "push_held": 1,
        "line_drift": 1,
        "invalid_auth": 4,
        "no_billing_profile": 2,
        "tenant_not_added": 1,
        "unused_licenses": 8,
        "shared_mailbox_licenses": 4,
        "renewal_due": 2,
    }


def test_the_digest_says_what_to_fix_in_words(first_day: dict[str, Any], living: Living) -> None:
    assert first_day["mails"]["sent"] == 2
    (mail,) = (mail for mail in _mails(living.stage.mails) if "demo" in mail["To"])
    assert mail["Subject"].startswith("23 new: 1 held push, 1 line changed by hand")
    text, html = _part(mail, "plain"), _part(mail, "html")
    for said in ("Kestrel Couriers", "from 40 to 12 seats", "Hollybrook Schools", "11 of 13 tenants read"):
        assert said in text
        assert said in html
    assert "£268.80 a month" in text
    for said in ("droppable now, until", "droppable at renewal on", "term unknown", "seats end on"):
        assert said in text
    assert "{{" not in html
    assert "None" not in text
    files = {file.suffix for file in living.stage.mails.iterdir()}
    assert files == {".eml", ".html", ".txt"}


def test_shared_mailboxes_with_licences_are_found_whoever_tells_them(
    first_day: dict[str, Any], living: Living
) -> None:
    told = sorted(
        alert.finding.what for alert in living.alerts(Slug.SHARED_MAILBOX_LICENSES) if alert.finding.skus
    )
    assert [what.split(" (")[0] for what in told] == ["Dispatch", "Front Desk", "Old Projects", "Reception"]
    by_exchange, by_graph = living.head("Alder").mailboxes, living.head("Dunmore").mailboxes
    assert by_exchange is not None
    assert by_graph is not None
    assert (by_exchange.source, by_graph.source) == (MailboxSource.EXCHANGE, MailboxSource.GRAPH)


def test_where_shared_mailboxes_cannot_be_read_the_licences_are_and_the_reason_stands(
    first_day: dict[str, Any], living: Living
) -> None:
    head = living.head("Eastgate")
    assert head.status is ReadStatus.READ
    assert head.mailboxes is not None
    assert head.mailboxes.failure is not None
    assert "role Global Reader" in head.mailboxes.failure.sentence
    (told,) = (a for a in living.alerts(Slug.INVALID_AUTH) if a.finding.identity.startswith("mailboxes|"))
    assert told.finding.who == "Eastgate Community Trust"


def test_the_preview_account_says_what_it_would_write_and_writes_nothing(
    first_day: dict[str, Any], living: Living
) -> None:
    other = first_day["other_accounts"]["preview"]
    assert (other["mode"], other["lines"]["would_write"], other["lines"]["written"]) == ("preview", 2, 0)
    assert 13 in living.in_psa("Osprey").values()
    assert 33 in living.in_psa("Pinecrest").values()
    assert _events(living, LedgerEvent.INTENDED, of=PREVIEW) == 0


# -- a day on which nothing changed


@pytest.fixture(scope="module")
def quiet_day(living: Living, first_day: dict[str, Any]) -> dict[str, Any]:
    return living.day()


def test_on_a_quiet_day_nothing_is_written_and_nobody_is_mailed(
    first_day: dict[str, Any], quiet_day: dict[str, Any]
) -> None:
    assert quiet_day["tenants"] == first_day["tenants"]
    assert quiet_day["lines"]["written"] == quiet_day["calls"]["psa_writes"] == 0
    assert quiet_day["mails"]["sent"] == 0
    assert quiet_day["alerts"] == first_day["alerts"]
    assert quiet_day["day"] > first_day["day"]


# -- a day with new seats and with seats given back


@dataclass(frozen=True)
class Seats:
    """A day on which one customer bought three seats and another gave back ten."""

    numbers: dict[str, Any]
    before: dict[str, int]


@pytest.fixture(scope="module")
def seats_day(living: Living, first_day: dict[str, Any]) -> Seats:
    before = living.in_psa("Meadowlark")
    living.control("add-seats", "Meadowlark", "SPB", "3")
    living.control("unassign", "Eastgate", "O365_BUSINESS_ESSENTIALS", "10")
    living.control("add-seats", "Eastgate", "O365_BUSINESS_ESSENTIALS", "-10")
    return Seats(living.day(), before)


def test_three_more_seats_are_one_written_line_with_the_right_number(
    seats_day: Seats, living: Living
) -> None:
    assert seats_day.numbers["lines"]["written"] == seats_day.numbers["calls"]["psa_writes"] == 1
    (changed,) = set(living.in_psa("Meadowlark").items()) - set(seats_day.before.items())
    assert changed[1] == 17


def test_a_held_decrease_waits_and_is_mailed_about_once(seats_day: Seats, living: Living) -> None:
    assert seats_day.numbers["held_by_reason"]["tenant_loss"] == 2
    assert 22 in living.in_psa("Eastgate").values()
    (subject,) = seats_day.numbers["mails"]["subjects"]
    assert "1 held push" in subject


# -- a person's word


@dataclass(frozen=True)
class Approved:
    change: str
    psa_writes: int


@pytest.fixture(scope="module")
def approved(living: Living, first_day: dict[str, Any]) -> Approved:
    """Kestrel's decrease is approved."""
    before = living.count("connectwise.write")
    (hold,) = living.holds("Kestrel")
    (told,) = living.control("approve", hold.change.id)
    assert told["decided"] == "approved"
    eventually(lambda: not _alerts_about_held(living, "Kestrel"), "the alert to close")
    return Approved(hold.change.id, living.count("connectwise.write") - before)


def test_an_approved_change_is_written_at_once_and_once(approved: Approved, living: Living) -> None:
    assert approved.psa_writes == 1
    assert 12 in living.in_psa("Kestrel").values()
    assert not living.holds("Kestrel")
    assert {line.state for line in living.lines("Kestrel")} == {LineState.IN_STEP}


def test_what_was_approved_and_written_cannot_be_approved_again(approved: Approved, living: Living) -> None:
    with pytest.raises(ControlError, match="waits for a word"):
        living.control("approve", approved.change)


@pytest.fixture(scope="module")
def rejected(living: Living, seats_day: Seats) -> Run:
    """Eastgate's decrease is rejected, and a night goes by."""
    (hold,) = living.holds("Eastgate")
    living.control("reject", hold.change.id)
    return living.night()


def test_a_rejected_change_is_never_written_and_needs_nobody_any_more(rejected: Run, living: Living) -> None:
    assert rejected.lines.written == 0
    assert 22 in living.in_psa("Eastgate").values()
    (hold,) = living.holds("Eastgate")
    assert hold.decided is not None
    assert hold.decided.verdict is Verdict.REJECTED
    assert not _alerts_about_held(living, "Eastgate")


# -- a night on which much goes wrong at Microsoft and at the PSA


THROTTLED_FOR = 5
UNREADABLE = {
    "Alder & Ash": ("SPB", "in circles"),
    "Birchfield": ("O365_BUSINESS_PREMIUM", "another host"),
    "Northgate": ("SPE_E3", "in time"),
}
"""Tenants that cannot be read that night: a SKU that gets two more seats, and a word of the reason told."""


@dataclass(frozen=True)
class BadNight:
    run: Run
    in_psa_before: dict[str, dict[str, int]]
    alerts_before: dict[str, dict[str, Alert]]
    psa_writes: int


@pytest.fixture(scope="module")
def bad_night(living: Living, first_day: dict[str, Any]) -> BadNight:
    """Three tenants cannot be read, one is throttled, one is suddenly empty, and the PSA times out after a write."""
    for tenant, (sku, _) in UNREADABLE.items():
        living.control("add-seats", tenant, sku, "2")
    living.control("add-seats", "Cobalt", "POWER_BI_PRO", "1")
    living.control("add-seats", "Dunmore", "SPB", "2")
    in_psa_before = {tenant: living.in_psa(tenant) for tenant in UNREADABLE}
    alerts_before = {tenant: living.alerts_about(tenant) for tenant in UNREADABLE}
    psa_writes = living.count("connectwise.write")
    living.fault("looping_page", kind="graph.users", tenant="Alder & Ash")
    living.fault("foreign_page", kind="graph.subscribed_skus", tenant="Birchfield")
    living.fault("cut", vendor="graph", method="GET", path="/users", tenant="Northgate")
    living.fault("throttle", kind="graph.users", tenant="Cobalt", retry_after=THROTTLED_FOR, count=1)
    living.fault("empty_list", kind="graph.subscri", tenant="Fernhill")
    line = next(line for line in living.lines("Dunmore") if line.confirmed == 15)
    living.fault("timeout_after", method="PATCH", path=f"/additions/{line.line_id}", seconds=0.5, count=1)
    run_id = living.begin_night()
    eventually(lambda: _all_but(living, "Northgate"), "the other tenants")
    living.stage.clock.move_by(READING_LIMIT)  # a night's patience with a tenant, gone by
    run = living.night_ended(run_id)
    living.no_faults()
    return BadNight(run, in_psa_before, alerts_before, living.count("connectwise.write") - psa_writes)


def _all_but(living: Living, tenant: str) -> bool:
    waiting = [head.tenant_id for head in living.heads() if head.status is ReadStatus.PENDING]
    return waiting == [living.tenant_id(tenant)]


@pytest.mark.parametrize("tenant", UNREADABLE)
def test_a_tenant_whose_pages_loop_break_or_lead_elsewhere_is_not_read_with_the_reason(
    tenant: str, bad_night: BadNight, living: Living
) -> None:
    head = living.head(tenant)
    assert head.status is ReadStatus.NOT_READ
    assert head.failure is not None
    assert UNREADABLE[tenant][1] in f"{head.failure.code} {head.failure.sentence}"


def test_the_other_tenants_are_read_as_ever(bad_night: BadNight, living: Living) -> None:
    assert (bad_night.run.read, bad_night.run.not_read) == (8, 5)


@pytest.mark.parametrize("tenant", UNREADABLE)
def test_the_night_a_tenant_cannot_be_read_none_of_its_lines_moves(
    tenant: str, bad_night: BadNight, living: Living
) -> None:
    assert living.in_psa(tenant) == bad_night.in_psa_before[tenant]


@pytest.mark.parametrize("tenant", UNREADABLE)
def test_the_night_a_tenant_cannot_be_read_none_of_its_alerts_closes_or_opens_as_new(
    tenant: str, bad_night: BadNight, living: Living
) -> None:
    before, after = bad_night.alerts_before[tenant], living.alerts_about(tenant)
    assert before
    assert {key: alert.opened_at for key, alert in before.items()}.items() <= {
        key: alert.opened_at for key, alert in after.items()
    }.items()
    assert all(after[key].not_checked_since is not None for key in before)


def test_a_request_that_is_throttled_inside_the_batch_is_waited_for_and_everything_is_read(
    bad_night: BadNight, living: Living
) -> None:
    head = living.head("Cobalt")
    assert head.status is ReadStatus.READ
    assert head.snapshot is not None
    assert head.snapshot.ended - head.snapshot.began >= timedelta(seconds=THROTTLED_FOR)
    assert head.snapshot.user_count == 48
    assert 6 in living.in_psa("Cobalt").values()


def test_a_tenant_whose_licences_are_suddenly_an_empty_list_is_held_as_suspicious(
    bad_night: BadNight, living: Living
) -> None:
    holds = living.holds("Fernhill")
    assert [hold.change.after for hold in holds] == [0, 0, 0]
    assert all(HoldReason.SUSPICIOUS in hold.reasons for hold in holds)
    assert sorted(living.in_psa("Fernhill").values()) == [12, 30, 40]


def test_a_write_whose_answer_never_came_is_confirmed_by_reading_and_not_repeated(
    bad_night: BadNight, living: Living
) -> None:
    line = next(line for line in living.lines("Dunmore") if line.confirmed == 17)
    assert (line.state, living.in_psa("Dunmore")[line.line_id]) == (LineState.IN_STEP, 17)
    events = [entry.event for entry in living.ledger(line)]
    assert events == [LedgerEvent.INTENDED, LedgerEvent.CONFIRMED]
    assert bad_night.psa_writes == 2  # this one and Cobalt's


# -- the PSA's password is wrong


@dataclass(frozen=True)
class WrongPassword:
    demo: Run
    preview: Run
    psa_writes: int


@pytest.fixture(scope="module")
def wrong_password(living: Living, bad_night: BadNight) -> WrongPassword:
    """The night after: changes wait, and ConnectWise answers 404 to everything because the key was changed there."""
    psa_writes = living.count("connectwise.write")
    living.control("set-psa-password", "harbourit", "somebody-changed-it")
    run_id = living.begin_night()
    demo, preview = living.night_ended(run_id), living.night_ended(run_id, PREVIEW)
    return WrongPassword(demo, preview, living.count("connectwise.write") - psa_writes)


def test_a_wrong_psa_password_is_one_alert_that_says_so(
    wrong_password: WrongPassword, living: Living
) -> None:
    (alert,) = living.alerts(PsaSignIn.slug)
    assert "does not accept this sign-in" in alert.finding.what
    assert "Check the company id, the public key, the private key" in alert.finding.what
    assert alert.finding.urgent


def test_with_a_wrong_psa_password_nothing_is_written_and_the_tenants_are_still_read(
    wrong_password: WrongPassword,
) -> None:
    assert wrong_password.psa_writes == 0
    assert wrong_password.demo.read == 11
    lines = wrong_password.demo.lines
    assert (lines.written, lines.unchanged) == (0, 0)  # nobody could look whether one is in step


def test_another_account_does_not_notice(wrong_password: WrongPassword, living: Living) -> None:
    assert wrong_password.preview.lines.would_write == 2
    assert not living.alerts(PsaSignIn.slug, of=PREVIEW)


# -- the morning after that


@pytest.fixture(scope="module")
def recovered(living: Living, wrong_password: WrongPassword) -> Run:
    living.control("set-psa-password", "harbourit", PRIVATE_KEY)
    return living.night()


def test_what_could_not_be_read_or_written_is_caught_up_with(recovered: Run, living: Living) -> None:
    assert (recovered.read, recovered.lines.written) == (11, len(UNREADABLE))
    assert 29 in living.in_psa("Alder & Ash").values()
    assert 20 in living.in_psa("Birchfield").values()
    assert 1152 in living.in_psa("Northgate").values()
    assert not living.alerts(Slug.PUSH_FAILED)
    assert not living.alerts(PsaSignIn.slug)


def test_a_tenant_that_was_empty_for_a_night_keeps_its_lines_and_needs_nobody(
    recovered: Run, living: Living
) -> None:
    assert not living.holds("Fernhill")
    assert not _alerts_about_held(living, "Fernhill")
    assert sorted(living.in_psa("Fernhill").values()) == [12, 30, 40]


# -- a message that nobody understands


def test_a_message_of_an_unknown_version_goes_to_poison_and_opens_an_alert(
    living: Living, first_day: dict[str, Any]
) -> None:
    queues: Queues = living.stage.wiring.queues
    queues.send("push-connection", '{"v": 2, "account": "demo", "everything": "else"}')
    eventually(lambda: _given_up(living), "the alert about the message")
    assert "push-connection" in _given_up(living)[0].finding.what
    assert not living.alerts(Slug.SYNC_OVERDUE, of=PREVIEW)


# -- looking


def _mails(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"))
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _events(living: Living, event: LedgerEvent, of: str = DEMO) -> int:
    return sum(entry.event is event for line in living.lines(of=of) for entry in living.ledger(line, of))


def _alerts_about_held(living: Living, tenant: str) -> list[Alert]:
    return [a for a in living.alerts_about(tenant).values() if a.finding.slug == Slug.PUSH_HELD]


def _given_up(living: Living) -> list[Alert]:
    return [a for a in living.alerts(Slug.SYNC_OVERDUE) if a.finding.identity.startswith("given")]
