"""The host is killed while it makes and sends a monthly report; after a restart there is exactly one, or a button.

Each point takes a month of its own: the clock jumps to the next 1st, that night closes, and the report is due. The kill
comes from outside, on the request that marks the moment.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from time import monotonic, sleep

import pytest

from functions.queues.edge import send
from functions.queues.messages import SendReport
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.accounts.companies import added_tenants
from shared.accounts.company import Company
from shared.accounts.report_settings import ReportSettings, save
from shared.mail.records import MailRow, MailState
from shared.reports import schedule
from shared.reports.models import Month
from shared.reports.publish import ReportState, kept_report, mails_of, report_of, reports_of
from shared.storage.decisions import Decider
from tests.journeys.living import DEMO, SHORT_WAITS
from tests.journeys.mortal import Mortal, ProxiedStage, sends_by_sendgrid
from tests.journeys.storage_proxy import StorageProxy
from tests.journeys.test_api import Person

pytestmark = pytest.mark.processes

WORLD = "wide:2"
CUSTOMER = world_named(WORLD).tenants[0].name
RECIPIENT = "ann@customer.example"


class Reporting(Mortal):
    """The sandbox of these tests: one customer wants a report."""

    @property
    def company(self) -> Company:
        return added_tenants(self.tables, DEMO)[self.tenant_id(CUSTOMER)].companies[0]

    def to_the_next_first(self) -> Month:
        """A night of the 1st that has closed; the month before it, whose report is due now."""
        account = self.account()
        first = Month.of(self.stage.clock.now().astimezone(account.zone).date()).next.first
        self.stage.clock.move_to(datetime.combine(first, time(), account.zone))
        self.night()
        return Month.of(first).before

    def state(self, month: Month) -> ReportState | None:
        report = report_of(self.tables, self.account(), self.company.id, month)
        return report.state if report else None

    def is_kept(self, month: Month) -> bool:
        return kept_report(self.stage.wiring.blobs, self.account(), self.company.id, month) is not None

    def mails_of(self, month: Month) -> list[MailRow]:
        return mails_of(self.tables, self.account(), self.company.id, month, RECIPIENT)

    def accepted(self, month: Month) -> list[str]:
        """Ids of the mails of this month's report that the provider took."""
        names = {mail.mail_id for mail in self.mails_of(month)}
        taken = [str(mail["custom_args"]["mail_id"]) for mail in self.accepted_mails()]
        return [mail for mail in taken if mail in names]

    def settle(self, month: Month) -> None:
        """Until the report is dealt with; where the dead hold a lease, it runs out.

        The clock stands while a host is at work: minutes must not pass while a mail is on its way.
        """
        for _ in range(6):
            if self._is_dealt_with(month):
                return
            self.stage.clock.move_by(timedelta(minutes=6))
            self.host.tick()
        raise AssertionError(f"the report of {month} does not come to an end")

    def _is_dealt_with(self, month: Month) -> bool:
        """Within some seconds, in which the message of the dead comes back."""
        give_up = monotonic() + 8
        while self.state(month) is not ReportState.SENT:
            if monotonic() > give_up:
                return False
            sleep(0.2)
        return True


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reporting]:
    state = tmp_path_factory.mktemp("killed-reports")
    with ProxiedStage(state, WORLD, settings={**SHORT_WAITS, **sends_by_sendgrid(WORLD)}) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        with StorageProxy(stage.azurite.connection_string) as proxy:
            stage.proxy = proxy
            living = Reporting(stage, proxy)
            living.night()
            wanted = ReportSettings(scheduled=True, recipients=(RECIPIENT,))
            save(living.tables, DEMO, living.company, wanted, Decider("eva", "", stage.clock.now()))
            yield living
            living.host.stop()  # before its way to the storage is gone


@pytest.fixture
def living(sandbox: Reporting) -> Reporting:
    if not sandbox.host.alive():
        sandbox.restart()
    return sandbox


@dataclass(frozen=True)
class Point:
    """A moment of the report's way; `seen`: what is there while the host is dead."""

    name: str
    trap: dict[str, object]
    seen: Callable[[Reporting, Month], bool]
    arrives: bool = True
    """Else nobody can know whether the mail left: it is shown as such, and a person sends it again."""


def _nothing_is_kept(living: Reporting, month: Month) -> bool:
    return not living.is_kept(month) and living.state(month) is None


def _is_kept_and_not_noted(living: Reporting, month: Month) -> bool:
    return living.is_kept(month) and living.state(month) is None


def _mail(state: MailState | None, *, accepted: int) -> Callable[[Reporting, Month], bool]:
    def seen(living: Reporting, month: Month) -> bool:
        states = [mail.state for mail in living.mails_of(month)]
        return states == ([state] if state else []) and len(living.accepted(month)) == accepted

    return seen


_REPORT, _PDF = r"/reports/.*\.json\.gz", r"/reports/.*\.pdf"
POINTS = [
    Point(
        "it is due, nothing is stored",
        {"method": "PUT", "path": _REPORT, "carried_out": False},
        _nothing_is_kept,
    ),
    Point(
        "it is stored, nothing says so",
        {"method": "PUT", "path": _PDF, "carried_out": True},
        _is_kept_and_not_noted,
    ),
    Point(
        "the mail is claimed, it is not sent",
        {"body": "report-.*claimed|claimed.*report-", "carried_out": True},
        _mail(MailState.CLAIMED, accepted=0),
    ),
    Point(
        "the provider has accepted it, it is not marked",
        {"body": "report-.*done|done.*report-", "carried_out": False},
        _mail(MailState.SENDING, accepted=1),
        arrives=False,
    ),
    Point(
        "it is sent and marked, the message is not deleted",
        {"method": "DELETE", "path": "/send-report/messages/", "carried_out": False},
        _mail(MailState.DONE, accepted=1),
    ),
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name.replace(" ", "_"))
def test_a_report_at_which_the_host_is_killed_goes_out_once_or_is_shown_as_not_known(
    point: Point, living: Reporting
) -> None:
    month = living.to_the_next_first()
    living.kill_at_storage(**point.trap)  # type: ignore[arg-type]
    living.host.tick()
    living.wait_until_killed()
    assert point.seen(living, month)
    before = len(living.accepted(month))
    living.restart()
    living.settle(month)
    assert living.is_kept(month)
    [mail] = living.mails_of(month)
    if point.arrives:
        assert (mail.state, len(living.accepted(month))) == (MailState.DONE, 1)
    else:
        assert (mail.state, len(living.accepted(month))) == (MailState.UNKNOWN, before)

    # Once more, as a queue may deliver it; what came of it is looked at below, when nights have passed.
    send(living.stage.wiring, SendReport(account=DEMO, company=living.company.id, month=str(month)))


def test_who_sends_it_again_by_hand_twice_at_once_sends_one_and_the_alert_ends(living: Reporting) -> None:
    """The mail is marked as leaving when the host is killed: nobody can know whether it left, and a person decides."""
    month = living.to_the_next_first()
    living.kill_at_storage(body="report-.*sending|sending.*report-", carried_out=True)
    living.host.tick()
    living.wait_until_killed()
    living.restart()
    living.settle(month)
    [failed] = living.mails_of(month)
    assert (failed.state, living.accepted(month)) == (MailState.UNKNOWN, [])
    living.night()
    assert RECIPIENT in [
        alert.finding.who for alert in living.alerts() if alert.finding.slug == "mail_failed"
    ]

    admin = Person(living, "admin")
    ask = f"/companies/{living.company.id}/reports/{month}/send-again"
    asked = {"recipient": RECIPIENT, "times": 1}
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: admin.ask("POST", ask, json=asked), range(2)))
    assert {answer.status_code for answer in answers} <= {200, 503}, [answer.text for answer in answers]
    assert admin.ask("POST", f"/mails/{failed.mail_id}/send-again", json={}).json()["sentNow"] is False
    assert [mail.state for mail in living.mails_of(month)] == [MailState.UNKNOWN, MailState.DONE]
    assert len(living.accepted(month)) == 1
    living.night()
    assert RECIPIENT not in [
        alert.finding.who for alert in living.alerts() if alert.finding.slug == "mail_failed"
    ]
    for report in reports_of(living.tables, living.account(), living.company.id):
        earlier = Month.named(report.month)
        assert set(Counter(living.accepted(earlier)).values()) <= {1}
        assert len(living.mails_of(earlier)) == (2 if earlier == month else 1)
    assert list(schedule.due(living.tables, living.account(), living.stage.clock.now())) == []
