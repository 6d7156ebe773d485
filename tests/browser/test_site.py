"""What an MSP's people do in the front end, from the sign-in to the PSA line."""

import re

import pytest
from playwright.sync_api import Browser, expect

from shared.alerts.listing import alert_id as id_of
from shared.alerts.models import Slug
from tests.browser.site import opened
from tests.journeys.living import Living, eventually

pytestmark = pytest.mark.processes


def alert_id(living: Living, slug: Slug, who: str) -> str:
    """The last part of a link to the row of this customer."""
    return next(id_of(alert) for alert in living.alerts(slug) if alert.finding.who == who)


def test_a_mails_link_leads_to_its_row_after_the_sign_in(living: Living, browser: Browser) -> None:
    mail = min(living.stage.mails.glob("*-demo-digest-*.txt")).read_text()
    row = re.search(r"^\* Kestrel Couriers$.*?^  Open: (\S+)$", mail, re.MULTILINE | re.DOTALL)
    assert row
    link = row[1]
    assert "/exceptions/push_held-" in link
    with opened(browser, living) as site:
        site.page.goto(link)
        site.page.locator("#owner").click()
        drawer = site.page.get_by_role("dialog")
        expect(drawer).to_contain_text("Kestrel Couriers")
        expect(drawer).to_contain_text("from 40 to 12 seats")
        assert site.page.url == link


def test_a_licence_has_a_link_of_its_own_and_going_back_closes_it(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open(f"companies/{living.tenant_id('Cobalt')}", "reader")
        site.button("Details: Power BI Pro").click()
        drawer = site.page.get_by_role("dialog", name="Power BI Pro")
        expect(drawer).to_contain_text("on Cobalt Logistics - Microsoft 365")
        link = site.page.url
        with site.page.expect_download() as people:
            drawer.get_by_role("button", name="CSV of who has it").click()
        assert people.value.suggested_filename == "licence-users.csv"
        site.page.go_back()
        expect(drawer).to_have_count(0)
        site.page.goto(link)
        site.page.locator("#reader").click()
        expect(drawer).to_contain_text("Who has it")


def test_a_reader_sees_no_button_that_they_may_not_press(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open("exceptions", "reader")
        site.settled()
        table = site.page.get_by_role("table", name="Exceptions")
        words = set(table.get_by_role("cell").get_by_role("button").all_inner_texts())
        assert words == {"Look"}
        site.page.get_by_role("button", name="Look: Kestrel Couriers").click()
        drawer = site.page.get_by_role("dialog")
        expect(drawer).to_contain_text("On the line now")
        assert drawer.get_by_role("button").all_inner_texts() == [""]  # only the one that closes it


def test_excluding_takes_the_row_away_and_the_toasts_undo_brings_it_back(
    living: Living, browser: Browser
) -> None:
    row = "Power BI Pro: 4 of 5"
    with opened(browser, living) as site:
        site.open("exceptions?type=unused_licenses", "editor")
        table = site.page.get_by_role("table", name="Exceptions")
        table.get_by_role("row").filter(has_text=row).get_by_role("button").click()
        site.page.get_by_label("While no more than a number of seats are unused").check()
        site.page.get_by_label("Seats at most").fill("1")
        site.page.get_by_role("region", name="Exclude").get_by_role("button").click()
        expect(site.page.get_by_text("the number of seats must be from 4")).to_be_visible()

        site.page.get_by_label("Seats at most").fill("4")
        site.page.get_by_label("Reason").fill("kept for <new> staff")
        site.page.get_by_role("region", name="Exclude").get_by_role("button").click()
        # While the drawer is open the table behind it is out of reach, so its row would not be found either.
        expect(site.page.get_by_text("Excluded.").first).to_be_visible()
        expect(site.page.get_by_role("dialog")).to_have_count(0)
        expect(table).to_be_visible()
        expect(table.get_by_text(row)).to_have_count(0, timeout=30_000)
        assert "kept for <new> staff" in [listed["reason"] for listed in living.control("exclusions")]

        site.button("Undo").click()
        expect(table.get_by_text(row)).to_be_visible(timeout=30_000)
        assert "kept for <new> staff" not in [one["reason"] for one in living.control("exclusions")]


def test_a_token_that_expires_in_the_middle_of_an_edit_loses_nothing(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open(f"exceptions/{alert_id(living, Slug.RENEWAL_DUE, 'Cobalt Logistics')}", "editor")
        site.page.get_by_label("Reason").fill("typed before")
        living.stage.stand_ins.control("rotate_sign_in_key")
        living.control("clock", "+25h")
        site.page.get_by_role("region", name="Exclude").get_by_role("button").click()
        again = site.page.get_by_role("alertdialog", name="Sign in again")
        expect(again).to_be_visible()
        assert site.violations_in_both() == []
        with site.page.expect_popup() as window:
            again.get_by_role("button", name="Sign in again").click()
        window.value.locator("#editor").click()
        expect(again).to_have_count(0)
        assert site.page.get_by_label("Reason").input_value() == "typed before"
        # The drawer has the focus again, so that it is told to screen readers, too.
        site.page.get_by_role("region", name="Exclude").get_by_role("button").click()
        expect(site.page.get_by_text("Excluded.").first).to_be_visible()
        assert "typed before" in [listed["reason"] for listed in living.control("exclusions")]


def test_approving_a_held_change_writes_exactly_one_line(living: Living, browser: Browser) -> None:
    before = living.in_psa("Kestrel")
    others = {name: living.in_psa(name) for name in ("Alder", "Juniper", "Larchmont")}
    written = living.count("connectwise.write")
    with opened(browser, living) as site:
        site.open("exceptions?type=push_held", "owner")
        site.page.get_by_role("button", name="Decide: Kestrel Couriers").click()
        site.button("Approve 12 seats").click()
        expect(site.page.get_by_text("Approved: 40 to 12 seats.").first).to_be_visible()
        eventually(lambda: living.in_psa("Kestrel") != before, "the line to be written")
        changed = {line: seats for line, seats in living.in_psa("Kestrel").items() if before[line] != seats}
        assert list(changed.values()) == [12]
        assert {name: living.in_psa(name) for name in others} == others
        expect(site.page.get_by_text("Kestrel Couriers")).to_have_count(0, timeout=40_000)
    assert living.count("connectwise.write") == written + 1


def test_signing_out_forgets_the_tokens(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open("today", "owner")
        stored = "JSON.stringify({...localStorage, ...sessionStorage})"
        assert "eyJ" not in site.page.evaluate(stored)
        site.page.get_by_role("button", name="Account menu").click()
        site.page.get_by_role("menuitem", name="Sign out").click()
        expect(site.page.get_by_role("heading")).to_have_text("You are signed out")
        site.page.goto(f"{site.origin}/accounts/demo/today")
        expect(site.page.get_by_role("heading", name="Pick an account")).to_be_visible()
