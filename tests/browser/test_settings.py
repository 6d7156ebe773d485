"""Settings in the browser: saved, refused with the field marked, and changed by somebody else meanwhile."""

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, expect

from tests.browser.site import Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes


def preferences(living: Living, **change: Any) -> Any:
    """The account's preferences, changed by somebody else where something is given."""
    address = f"{living.host.address}/api/accounts/demo/preferences"
    token = living.control("sign-in", "admin")["token"]
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        answer = session.get(address, timeout=60)
        if change:
            seen = {"If-Match": answer.headers["ETag"]}
            answer = session.patch(address, json=change, headers=seen, timeout=60)
        answer.raise_for_status()
        return answer.json()


def section(site: Site, title: str) -> Locator:
    heading = site.page.get_by_role("heading", name=title, exact=True)
    return site.page.get_by_role("group").filter(has=heading)


def test_a_refused_address_is_marked_and_kept_and_a_right_one_is_saved(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("settings", "owner")
        addresses = site.page.get_by_label("Notification addresses")
        stored = addresses.input_value()
        addresses.fill(f"{stored}\nnobody")
        save = section(site, "Notifications").get_by_role("button", name="Save")
        save.click()
        expect(addresses).to_have_attribute("aria-invalid", "true")
        expect(addresses).to_have_value(f"{stored}\nnobody")
        expect(addresses).to_have_accessible_description(re.compile("nobody is not an e-mail address"))
        addresses.fill(f"{stored}\nclerk@demo.example.com")
        save.click()
        expect(site.page.get_by_text("Alert settings saved.").first).to_be_visible()
        expect(save).to_be_disabled()
    assert "clerk@demo.example.com" in living.account().digest.recipients


def test_what_somebody_else_saved_meanwhile_is_shown_beside_ones_own_and_a_person_chooses(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("settings", "admin")
        symbol = site.page.get_by_label("Currency symbol")
        ours = section(site, "Preferences")
        for theirs, mine, button, kept in (
            ("€", "CHF", "Save mine", "CHF"),
            ("$", "kr", "Keep theirs", "$"),
        ):
            symbol.fill(mine)
            preferences(living, currencySymbol=theirs)
            ours.get_by_role("button", name="Save", exact=True).click()
            beside = site.page.get_by_role("alert")
            expect(beside).to_contain_text(f"stored now “{theirs}”, yours “{mine}”")
            expect(symbol).to_have_value(mine)
            beside.get_by_role("button", name=button).click()
            expect(beside).to_have_count(0)
            expect(symbol).to_have_value(kept)
            assert preferences(living)["currencySymbol"] == kept
            # Saved and read again: what somebody else stores from now on is a conflict.
            expect(ours.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    preferences(living, currencySymbol="£")
