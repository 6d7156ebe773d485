"""The link under a row of a real digest, followed over HTTP: by scanners, by a person, twice, and after it ended."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from functions.pages.edge import LARGEST_FORM
from sandbox.processes import SandboxProcesses, port_of
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.alerts.exclude_link.link import LINKED, LIVES
from shared.alerts.models import Slug
from shared.alerts.rules.filter_coverage import FilterCoverage
from shared.storage import keys
from tests.journeys.living import DEMO, SHORT_WAITS, Living, eventually

pytestmark = pytest.mark.processes

WORLD = "demo"
LINK = re.compile(r"Exclude: (http://\S+)")
CUSTOMER = "Cobalt Logistics"
PRODUCT = "Power BI Pro"


@dataclass
class Clerk:
    """Who reads the mails, with a browser that keeps nothing."""

    living: Living

    def digest(self) -> str:
        """The newest digest of the demo's account, as text."""
        files = sorted(self.living.stage.mails.glob("*-demo-digest-*.txt"))
        return files[-1].read_text()

    def link(self, customer: str, what: str) -> str:
        """The address under a row of the newest digest."""
        blocks = [block for block in self.digest().split("\n* ") if block.startswith(f"{customer}\n")]
        rows = [row for block in blocks for row in re.split(r"\n  (?!\[|->|Exclude:|Open:)", block)]
        found = [LINK.search(row) for row in rows if row.startswith(what)]
        assert found, f"no row for {what} of {customer}"
        assert found[0], f"no link for {what} of {customer}"
        return found[0][1]

    def ask(self, method: str, url: str, **more: object) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, timeout=30, allow_redirects=False, **more)  # type: ignore[arg-type]

    def rows(self) -> set[str]:
        return {alert.finding.what for alert in self.living.alerts(Slug.UNUSED_LICENSES)}

    def decisions(self) -> list[tuple[str, str]]:
        """Everything that people decided, with its version."""
        rows = self.living.tables.rows(keys.decisions(DEMO))
        return [(row.key.row, row.etag) for row in rows]

    def next_day(self) -> str:
        self.living.night()
        self.living.morning()
        return self.digest()


@pytest.fixture(scope="module")
def clerk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clerk]:
    """One sandbox for all tests here, after its first morning."""
    with SandboxProcesses(tmp_path_factory.mktemp("demo"), WORLD, settings=SHORT_WAITS) as stage:
        seed(stage.wiring, world_named(WORLD), stage.clock.now())
        found = Clerk(Living(stage, stage.start_host(timers=False)))
        found.next_day()
        yield found


@pytest.fixture(scope="module")
def link(clerk: Clerk) -> str:
    return clerk.link(CUSTOMER, PRODUCT)


def test_each_row_of_the_types_that_may_be_excluded_has_a_link_and_no_other_row(clerk: Clerk) -> None:
    """A row that names no licence, such as mailboxes that could not be read, has nothing to exclude.

    The demo has no tenant that is several companies, so nothing of the fourth type.
    """
    found = [alert.finding for alert in clerk.living.alerts() if alert.finding.slug in LINKED]
    alerts = Counter(one.slug for one in found if one.skus or one.slug == Slug.TENANT_NOT_ADDED)
    assert alerts.keys() == LINKED.keys() - {FilterCoverage.slug}
    asked = [clerk.ask("GET", url).text for url in LINK.findall(clerk.digest())]
    assert len(asked) == alerts.total()
    assert sum("on shared mailboxes at" in text for text in asked) == alerts[Slug.SHARED_MAILBOX_LICENSES]
    assert sum("Exclude unused" in text for text in asked) == alerts[Slug.UNUSED_LICENSES]


def test_the_links_lead_to_the_host_that_runs_and_go_on_doing_so(clerk: Clerk, link: str) -> None:
    assert link.startswith(f"{clerk.living.host.address}/api/exclude/")


def test_a_scanner_that_follows_every_link_in_every_way_changes_nothing(clerk: Clerk, link: str) -> None:
    before = clerk.decisions()
    for url in LINK.findall(clerk.digest()):
        assert clerk.ask("GET", url).status_code == 200
        assert {clerk.ask(method, url).status_code for method in ("HEAD", "OPTIONS", "PUT", "DELETE")} == {
            404
        }
    assert clerk.decisions() == before
    assert clerk.living.control("exclusions") == []


def test_the_page_is_kept_by_nobody_and_runs_nothing(clerk: Clerk, link: str) -> None:
    for answer in (clerk.ask("GET", link), clerk.ask("GET", f"{link}x"), clerk.ask("POST", link, json={})):
        headers = answer.headers
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


def test_what_is_no_form_or_too_large_or_forged_changes_nothing(clerk: Clerk, link: str) -> None:
    before = clerk.decisions()
    assert clerk.ask("POST", link, json={"how": "always"}).status_code == 415
    assert clerk.ask("POST", link, files={"how": "always"}).status_code == 415
    assert clerk.ask("POST", link, data={"reason": "x" * LARGEST_FORM}).status_code == 413
    assert clerk.ask("POST", link, data={"how": "until", "until": "yesterday"}).status_code == 400
    forged = clerk.ask("POST", f"{link[:-6]}AAAAAA", data={"how": "always"})
    assert forged.status_code == 404
    assert "This link is not valid" in forged.text
    assert "Harbour" not in forged.text
    assert clerk.decisions() == before


@pytest.fixture(scope="module")
def pressed(clerk: Clerk, link: str) -> requests.Response:
    """The button of the page was pressed, and the alerts were judged anew."""
    assert any(PRODUCT in row for row in clerk.rows())
    answer = clerk.ask("POST", link, data={"how": "spare", "spare": "4", "reason": "kept for new staff"})
    eventually(lambda: not any(PRODUCT in row for row in clerk.rows()), "the alert to close")
    return answer


def test_pressing_the_button_closes_the_alert_at_once_and_says_so(
    clerk: Clerk, pressed: requests.Response
) -> None:
    assert pressed.status_code == 200
    assert "<bdi>Excluded</bdi>" in pressed.text
    assert "while no more than 4 seats are unused" in pressed.text
    (listed,) = clerk.living.control("exclusions")
    assert (listed["customer"], listed["licence"]) == (CUSTOMER, PRODUCT)
    assert (listed["who"], listed["reason"]) == (
        "link sent to licences@demo.example.com",
        "kept for new staff",
    )


def test_pressing_it_a_second_time_says_that_it_is_done(
    clerk: Clerk, link: str, pressed: requests.Response
) -> None:
    before = clerk.decisions()
    for answer in (clerk.ask("POST", link, data={"how": "always"}), clerk.ask("GET", link)):
        assert answer.status_code == 200
        assert "Already excluded" in answer.text
        assert "<form" not in answer.text
    assert clerk.decisions() == before


@dataclass
class Later:
    without: str
    """The digest of the morning after, for which something else became new."""
    again: str
    """And the one after the exclusion was removed."""
    psa_before: dict[str, int]
    psa_after: dict[str, int]


@pytest.fixture(scope="module")
def later(clerk: Clerk, pressed: requests.Response) -> Later:
    before = clerk.living.in_psa(CUSTOMER)
    clerk.living.control("add-seats", "Meadowlark", "SPB", "3")
    without = clerk.next_day()
    (listed,) = clerk.living.control("exclusions")
    clerk.living.control("include", listed["id"])
    eventually(lambda: any(PRODUCT in row for row in clerk.rows()), "the alert to be raised again")
    return Later(without, clerk.next_day(), before, clerk.living.in_psa(CUSTOMER))


def _rows_of(digest: str) -> list[str]:
    return [row for row in digest.split("\n* ")[1:] if row.startswith(CUSTOMER)]


def test_the_row_is_gone_from_the_next_digest_and_the_customers_other_rows_are_not(later: Later) -> None:
    rows = _rows_of(later.without)
    assert rows
    assert not [row for row in rows if PRODUCT in row]


def test_removing_the_exclusion_brings_the_row_back_as_open_again(later: Later) -> None:
    (row,) = [row for row in _rows_of(later.again) if PRODUCT in row]
    assert "[Open again" in row
    assert later.again.startswith("1 open again, ")


def test_excluding_moves_no_line(later: Later) -> None:
    assert later.psa_before == later.psa_after


def test_the_link_from_before_is_retired_and_the_new_one_asks(clerk: Clerk, link: str, later: Later) -> None:
    before = clerk.decisions()
    old = clerk.ask("POST", link, data={"how": "always"})
    assert old.status_code == 410
    assert "taken back" in old.text
    assert "<form" in clerk.ask("GET", clerk.link(CUSTOMER, PRODUCT)).text
    assert clerk.decisions() == before


def test_an_expired_link_says_so_and_changes_nothing(clerk: Clerk, later: Later) -> None:
    url, before = clerk.link(CUSTOMER, PRODUCT), clerk.decisions()
    clerk.living.stage.clock.move_by(LIVES)
    for method in ("GET", "POST"):
        answer = clerk.ask(method, url, data={"how": "always"} if method == "POST" else None)
        assert answer.status_code == 410
        assert "This link has expired" in answer.text
    assert clerk.decisions() == before


def test_a_sandbox_that_starts_again_listens_where_its_mails_lead(tmp_path: Path) -> None:
    first = port_of(tmp_path)
    assert port_of(tmp_path) == first
