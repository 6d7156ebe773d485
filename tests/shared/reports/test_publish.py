"""Exactly one report per company and month, whatever stops whom, and whenever the ticks come."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.accounts.companies import remove_company
from shared.accounts.report_settings import ReportSettings, save, switch
from shared.errors import NotFound, Rejected
from shared.mail.base import Delivery, Mail, Receipt
from shared.mail.delivery import LEASE, SENDING_GRACE
from shared.mail.records import MailState
from shared.reports.mail import bodies
from shared.reports.models import Month
from shared.reports.publish import (
    ReportState,
    kept_report,
    mails_of,
    report_of,
    send_again,
    send_due,
    send_test,
)
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.memory import MemoryBlobs, MemoryTables
from tests.shared.mail.test_delivery import Killed, Mortal
from tests.shared.reports.world import HOUR, ReportWorld

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
FIRST = datetime(2026, 12, 1, 6, tzinfo=UTC)
ANN = "ann@quayside.example"


def a_world(tables: MemoryTables | None = None, blobs: MemoryBlobs | None = None) -> ReportWorld:
    """Quayside wants reports; the night of the 1st of December has closed."""
    world = ReportWorld(tables, blobs)
    world.read(world.company("Quayside", ANN, since=LONG_AGO), "2026-03-04", until="2026-12-01")
    world.night("2026-12-01")
    return world


def test_it_goes_out_once_the_night_of_the_1st_has_closed() -> None:
    world = a_world()
    world.night("2026-12-01", closed=False)
    assert world.tick(FIRST) == []
    world.night("2026-12-01")
    assert world.tick(FIRST) == [("cquayside", NOVEMBER)]
    assert len(world.provider.sent) == 1
    assert world.tick(FIRST + HOUR) == []


def test_a_missed_month_is_caught_up_once_and_older_ones_are_not() -> None:
    world = a_world()
    world.night("2026-12-19")
    late = datetime(2026, 12, 20, tzinfo=UTC)
    assert world.tick(late) == [("cquayside", NOVEMBER)]
    assert world.tick(late + HOUR) == []
    assert len(world.provider.sent) == 1


def test_who_switches_it_on_in_a_month_gets_that_month_first() -> None:
    world = a_world()
    new = world.company("Newcomer", "n@new.example", since=datetime(2026, 12, 1, 5, tzinfo=UTC))
    world.read(new, "2026-11-02", until="2026-12-01")
    assert [company for company, _ in world.tick(FIRST)] == ["cquayside"]
    world.read(new, "2026-11-02", until="2027-01-01")
    world.night("2027-01-01")
    assert ("cnewcomer", Month(2026, 12)) in world.tick(datetime(2027, 1, 1, 8, tzinfo=UTC))


def test_it_is_off_until_somebody_switches_it_on() -> None:
    world = a_world()
    off = world.company("Silent", since=LONG_AGO)
    world.read(off, "2026-03-04", until="2026-12-01")
    assert [company for company, _ in world.tick(FIRST)] == ["cquayside"]
    send_due(world.publisher, world.account, off.id, NOVEMBER, FIRST)
    assert len(world.provider.sent) == 1


@settings(max_examples=60, deadline=None)
@given(
    minutes=st.lists(st.integers(-3 * 1440, 40 * 1440), min_size=1, max_size=12),
    zone=st.sampled_from(["Europe/London", "Pacific/Auckland", "America/St_Johns", "UTC"]),
    first=st.sampled_from([date(2026, 11, 1), date(2026, 4, 1), date(2026, 12, 1)]),
)
def test_whenever_ticks_come_each_month_is_sent_at_most_once_and_not_early(
    minutes: list[int], zone: str, first: date
) -> None:
    world = ReportWorld(zone=zone)
    world.read(world.company("Quayside", ANN, since=LONG_AGO), "2026-01-04", until="2027-02-01")
    world.provider.send = lambda mail: Receipt(Delivery.ACCEPTED, mail.id)  # type: ignore[method-assign]
    local = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
    for number in range(-40, 45):
        world.night(str(first + timedelta(days=number)))
    seen: list[Month] = []
    for minute in sorted(minutes):
        now = local.astimezone(UTC) + timedelta(minutes=minute)
        for _, month in [*world.tick(now), *world.tick(now)]:
            assert month.last < now.astimezone(ZoneInfo(zone)).date()
            seen.append(month)
    assert len(seen) == len(set(seen))


class MortalBlobs(MemoryBlobs):
    """Dies before or after the n-th blob is stored."""

    dies_at: tuple[int, str] | None = None
    puts = 0

    def put(self, name: str, data: bytes) -> None:
        self.puts += 1
        if self.dies_at == (self.puts, "before"):
            raise Killed
        super().put(name, data)
        if self.dies_at == (self.puts, "after"):
            raise Killed


def lives(world: ReportWorld, now: datetime) -> datetime:
    """Ticks until nothing is due any more; whoever was killed lets leases and grace run out first."""
    for _ in range(12):
        now += max(LEASE, SENDING_GRACE) + timedelta(minutes=1)
        if not world.tick(now):
            return now
    raise AssertionError("it never comes to an end")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", range(1, 8))
def test_a_process_that_ends_at_a_commit_costs_at_most_the_mail_that_was_leaving(
    step: int, when: str
) -> None:
    tables = Mortal()
    world = a_world(tables)
    tables.dies_at = (tables.commits + step, when)
    try:
        world.tick(FIRST)
    except Killed:
        tables.dies_at = None
    tables.dies_at = None
    now = lives(world, FIRST)
    report = report_of(world.tables, world.account, "cquayside", NOVEMBER)
    assert report is not None
    assert report.state is ReportState.SENT
    [mail] = mails_of(world.tables, world.account, "cquayside", NOVEMBER, ANN)
    assert len(world.provider.sent) <= 1
    assert world.provider.sent or mail.state is MailState.UNKNOWN
    assert mail.state in {MailState.DONE, MailState.UNKNOWN}
    assert world.tick(now + HOUR) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [1, 2])
def test_a_process_that_ends_while_it_stores_leaves_nothing_half_and_sends_one(step: int, when: str) -> None:
    blobs = MortalBlobs()
    world = a_world(blobs=blobs)
    blobs.dies_at = (blobs.puts + step, when)
    with pytest.raises(Killed):
        world.tick(FIRST)
    blobs.dies_at = None
    lives(world, FIRST)
    assert len(world.provider.sent) == 1
    assert kept_report(world.blobs, world.account, "cquayside", NOVEMBER) is not None


def test_what_is_kept_is_sent_again_although_the_counts_have_become_others() -> None:
    world = a_world()
    world.tick(FIRST)
    kept = kept_report(world.blobs, world.account, "cquayside", NOVEMBER)
    company = world.company("Quayside", ANN, since=LONG_AGO + HOUR)
    world.read(company, "2026-11-02", until="2026-12-02")
    at = (ANN, 1, FIRST + HOUR)
    assert send_again(world.publisher, world.account, company, NOVEMBER, at).sent_now
    assert not send_again(world.publisher, world.account, company, NOVEMBER, at).sent_now
    assert len(world.provider.sent) == 2
    assert kept_report(world.blobs, world.account, "cquayside", NOVEMBER) == kept


def test_again_goes_to_recipients_of_the_company_only_and_only_what_is_there() -> None:
    world = a_world()
    other = world.company("Other", "o@other.example", since=LONG_AGO)
    world.tick(FIRST)
    company = world.company("Quayside", ANN, since=LONG_AGO + HOUR)
    with pytest.raises(Rejected, match="not a recipient"):
        send_again(world.publisher, world.account, company, NOVEMBER, ("o@other.example", 0, FIRST))
    with pytest.raises(Rejected, match="look again"):
        send_again(world.publisher, world.account, company, NOVEMBER, (ANN, 7, FIRST))
    with pytest.raises(NotFound):
        send_again(world.publisher, world.account, other, OCTOBER, ("o@other.example", 0, FIRST))


def test_each_company_has_its_own_recipients() -> None:
    world = a_world()
    other = world.company("Other", "o@other.example", since=LONG_AGO)
    world.read(other, "2026-03-04", until="2026-12-01")
    got: dict[str, str] = {}
    sending = world.provider.send

    def watched(mail: Mail) -> Receipt:
        got[mail.to] = mail.subject
        return sending(mail)

    world.provider.send = watched  # type: ignore[method-assign]
    world.tick(FIRST)
    assert {to: subject.partition(":")[0] for to, subject in got.items()} == {
        ANN: "Quayside",
        "o@other.example": "Other",
    }


def test_a_removed_company_is_not_written_to() -> None:
    world = a_world()
    remove_company(world.tables, world.account.id, "cquayside", Decider("t", "", FIRST))
    assert world.tick(FIRST) == []
    send_due(world.publisher, world.account, "cquayside", NOVEMBER, FIRST)
    assert world.provider.sent == []


def test_a_month_without_a_single_read_gives_no_report_and_is_not_tried_for_ever() -> None:
    world = a_world()
    unread = world.company("Unread", "u@unread.example", since=LONG_AGO)
    world.read(unread, "2026-03-04", until="2026-10-12")
    world.tick(FIRST)
    report = report_of(world.tables, world.account, unread.id, NOVEMBER)
    assert report is not None
    assert (report.state, report.code) == (ReportState.NOTHING, "never_read")
    assert kept_report(world.blobs, world.account, unread.id, NOVEMBER) is None
    assert not [
        blob for blob in world.blobs.stored(keys.report_blobs(world.account.id)) if "unread" in blob.name
    ]
    assert world.tick(FIRST + HOUR) == []


def test_a_refused_mail_waits_and_is_not_lost() -> None:
    world = a_world()
    world.provider.receipts = [Receipt(Delivery.NOT_NOW, why="busy")]
    world.tick(FIRST)
    assert world.provider.sent == []
    lives(world, FIRST)
    assert len(world.provider.sent) == 1


def test_a_test_goes_to_who_asks_and_counts_for_nothing() -> None:
    world = a_world()
    company = world.company("Quayside", ANN, since=LONG_AGO + HOUR)
    sent = send_test(world.publisher, world.account, company, NOVEMBER, "eva@msp.example", FIRST)
    assert sent.sent_now
    assert report_of(world.tables, world.account, company.id, NOVEMBER) is None
    assert world.tick(FIRST) == [("cquayside", NOVEMBER)]


def test_a_report_cannot_go_to_nobody() -> None:
    world = a_world()
    company = world.company("Other", since=LONG_AGO)
    with pytest.raises(Rejected, match="at least one recipient"):
        save(world.tables, world.account.id, company, ReportSettings(scheduled=True), Decider("t", "", FIRST))


def test_many_are_switched_after_a_look_at_what_it_would_do() -> None:
    world = a_world()
    world.company("Other", since=LONG_AGO)
    by = Decider("eva", "", FIRST)
    both = ["cquayside", "cother"]

    def switched(*, preview: bool) -> Sequence[tuple[str, bool, str]]:
        found = switch(world.tables, world.account.id, both, scheduled=False, by=by, preview=preview)
        return [(one.company.id, one.after.scheduled, one.why_not) for one in found]

    assert switched(preview=True) == [("cother", False, ""), ("cquayside", False, "")]
    assert world.tick(FIRST) != []
    assert switched(preview=False) == [("cother", False, ""), ("cquayside", False, "")]
    [other, _] = switch(world.tables, world.account.id, both, scheduled=True, by=by, preview=True)
    assert other.why_not == "It has no recipient: add one first."


def test_the_mail_carries_the_pdf_and_no_price_unless_it_is_switched_on() -> None:
    world = a_world()
    world.tick(FIRST)
    kept = kept_report(world.blobs, world.account, "cquayside", NOVEMBER)
    assert kept is not None
    written = bodies(kept, ANN)
    assert kept.pdf.startswith(b"%PDF")
    for body in (written.html, written.text):
        assert "Quayside" in body
        assert "A month" not in body
        assert "$" not in body
    assert [file.name for file in kept.attachments] == ["microsoft-365-licences-2026-11.pdf"]
