"""Every page, tab and dialog can be read by everybody, light and dark, and fits a phone; `make screens` keeps them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from shared.alerts.listing import alert_id
from tests.browser.site import LIGHT, PHONE, Look, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

PAGES = {
    "today": "today",
    "exceptions": "exceptions",
    "companies": "companies",
    "company": "companies/{tenant}",
    "billing": "billing",
    "certificate": "billing/certificate",
    "ledger": "billing/ledger",
    "ending": "billing/ending",
    "profiles": "billing/profiles",
    "reports": "reports",
    "settings": "settings",
    "connections": "settings/connections",
    "members": "settings/members",
    "syncs": "settings/syncs",
    "mails": "settings/mails",
    "logo": "settings/logo",
    "account": "settings/account",
    "audit": "settings/audit",
    "guide": "guide",
}
"""Names of pictures, and the paths of what they show."""


@pytest.mark.parametrize("look", [LIGHT, PHONE], ids=lambda look: look.name)
def test_every_page_can_be_read_by_everybody_in_every_look(
    living: Living, browser: Browser, screens: Path, look: Look
) -> None:
    tenant = living.tenant_id("Cobalt")
    with opened(browser, living, look) as site:
        site.open("today", "owner")
        for name, path in PAGES.items():
            site.go(path.format(tenant=tenant))
            assert site.violations_in_both() == [], name
            wide = site.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= look.width, f"{name} sticks out"
            site.page.screenshot(path=screens / f"{name}-{look.name}.png")
            if look is LIGHT:
                site.look("dark")
                site.page.screenshot(path=screens / f"{name}-dark.png")
                site.look("light")


def dialogs(living: Living, site: Site) -> Iterator[str]:
    """Opens each drawer, dialog and form in turn, and says which it is."""
    for alert in {alert.finding.slug: alert for alert in living.alerts()}.values():
        site.go(f"exceptions/{alert_id(alert)}")
        expect(site.page.get_by_role("dialog")).to_be_visible()
        yield alert.finding.slug
    site.go(f"companies/{living.tenant_id('Cobalt')}")
    site.page.get_by_role("button", name="Details").first.click()
    yield "licence"
    site.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    site.button("Which users").click()
    expect(site.page.get_by_role("status").filter(has_text="licensed users fit")).to_be_visible()
    yield "which users"
    site.go("companies")
    site.button("Add companies").click()
    yield "companies in bulk"
    site.go("settings/connections")
    site.button("Connect a PSA").click()
    site.button("Connect a partner tenant").click()
    for change in site.button("Change").all():
        change.click()
    site.button("Remove").first.click()
    yield "connections"
    site.button("Account menu").click()
    yield "menu"


def test_every_dialog_can_be_read_by_everybody(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open("exceptions", "owner")
        for name in dialogs(living, site):
            site.settled()
            assert site.violations_in_both() == [], name


def test_what_lies_before_and_after_an_account_can_be_read_by_everybody(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("guide", "other", account="preview")
        site.button("Go live").click()
        expect(site.page.get_by_role("dialog")).to_be_visible()
        site.settled()
        assert site.violations_in_both() == [], "go live"
        site.button("Not yet").click()
        site.page.evaluate("history.pushState(null, '', '/join#code')")
        expect(site.page.get_by_role("heading", name="You are invited")).to_be_visible()
        assert site.violations_in_both() == [], "join"
        site.page.goto(f"{site.origin}/signed-out")
        expect(site.page.get_by_role("heading", name="You are signed out")).to_be_visible()
        assert site.violations_in_both() == [], "signed out"
