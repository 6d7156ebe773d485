"""Each of the seed's five alerts is remedied from its row, and is gone after the next evaluation."""

import pytest
from playwright.sync_api import Browser, Locator, expect

from shared.alerts.models import Alert, Slug
from tests.browser.site import Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

PARTNER = "Harbour IT North"


def row(site: Site, slug: Slug, who: str, what: str = "") -> Locator:
    """The button of one row, on the page of its type."""
    site.link("Today").click()
    site.page.get_by_role("table").locator(f"a[href$='type={slug}']").click()
    table = site.page.get_by_role("table", name="Exceptions")
    return table.get_by_role("row").filter(has_text=who).filter(has_text=what).get_by_role("button")


def exclude(site: Site, reason: str) -> None:
    site.page.get_by_label("Reason").fill(reason)
    site.page.get_by_role("region", name="Exclude").get_by_role("button").click()
    expect(site.page.get_by_text("Excluded.").first).to_be_visible()
    expect(site.page.get_by_role("dialog")).to_have_count(0)


def is_remedied(alert: Alert) -> bool:
    """One of the rows that this test deals with."""
    finding = alert.finding
    return (finding.slug, finding.who) in {
        (Slug.NO_BILLING_PROFILE, "Birchfield Dental Group"),
        (Slug.INVALID_AUTH, PARTNER),
        (Slug.TENANT_NOT_ADDED, "Ironbridge Cafes"),
        (Slug.SHARED_MAILBOX_LICENSES, "Dunmore Legal"),
    } or (finding.slug == Slug.UNUSED_LICENSES and "13 of 60" in finding.what)


def test_each_of_the_five_alerts_is_remedied_from_its_row_and_gone_after_the_next_evaluation(
    living: Living, browser: Browser
) -> None:
    before = [alert for alert in living.alerts() if is_remedied(alert)]
    assert {alert.finding.slug for alert in before} == {
        Slug.NO_BILLING_PROFILE,
        Slug.UNUSED_LICENSES,
        Slug.INVALID_AUTH,
        Slug.TENANT_NOT_ADDED,
        Slug.SHARED_MAILBOX_LICENSES,
    }
    unmapped = [a.finding.what.partition(":")[0] for a in before if a.finding.slug == Slug.NO_BILLING_PROFILE]
    with opened(browser, living) as site:
        site.open("today", "owner")
        for product in unmapped:
            row(site, Slug.NO_BILLING_PROFILE, "Birchfield", product).click()
            site.button("Do not bill").click()
            expect(site.page.get_by_text("It is not billed.").first).to_be_visible()
            expect(site.page.get_by_role("dialog")).to_have_count(0)

        row(site, Slug.UNUSED_LICENSES, "Cobalt", "13 of 60").click()
        site.page.get_by_label("While no more than a number of seats are unused").check()
        exclude(site, "for the season")
        row(site, Slug.SHARED_MAILBOX_LICENSES, "Dunmore").click()
        exclude(site, "needed for its archive")

        row(site, Slug.TENANT_NOT_ADDED, "Ironbridge").click()
        company = site.page.get_by_role("combobox", name="Company in the PSA")
        company.click()
        company.fill("Quayside")
        site.page.get_by_role("option", name="Quayside Marina").click()
        site.page.get_by_role("dialog").get_by_role("button", name="Add company").click()
        expect(site.page.get_by_text("Ironbridge Cafes is added.").first).to_be_visible()

        living.control("renew-secret", PARTNER)
        row(site, Slug.INVALID_AUTH, PARTNER).click()
        site.button("Sign in again at Microsoft").click()
        site.page.locator("#accept").click()
        site.page.locator("#owner").click()
        site.heading("Settings")

        living.night()
        assert not [alert.finding.what for alert in living.alerts() if is_remedied(alert)]
        site.link("Exceptions").click()
        site.settled()
        expect(site.page.get_by_role("row").filter(has_text=PARTNER)).to_have_count(0)
