"""Settings in the browser: saved, refused with the field marked, and changed by somebody else meanwhile."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Api, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes


def test_a_refused_address_is_marked_and_kept_and_a_right_one_is_saved(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("settings", "owner")
        addresses = site.page.get_by_label("Notification addresses")
        stored = addresses.input_value()
        addresses.fill(f"{stored}\nnobody")
        save = site.section("Notifications").get_by_role("button", name="Save")
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
        other = Api(living, "admin")
        symbol = site.page.get_by_label("Currency symbol")
        ours = site.section("Preferences")
        for theirs, mine, button, kept in (
            ("€", "CHF", "Save mine", "CHF"),
            ("$", "kr", "Keep theirs", "$"),
        ):
            symbol.fill(mine)
            other.change("preferences", currencySymbol=theirs)
            ours.get_by_role("button", name="Save", exact=True).click()
            beside = site.page.get_by_role("alert")
            expect(beside).to_contain_text(f"stored now “{theirs}”, yours “{mine}”")
            expect(symbol).to_have_value(mine)
            beside.get_by_role("button", name=button).click()
            expect(beside).to_have_count(0)
            expect(symbol).to_have_value(kept)
            # Saved and read again: what somebody else stores from now on is a conflict.
            expect(ours.get_by_role("button", name="Save", exact=True)).to_be_disabled()
            assert other.ask("GET", "preferences").json()["currencySymbol"] == kept
        other.change("preferences", currencySymbol="£")


def test_a_partner_is_renamed_once_its_sign_in_works_and_not_removed_while_companies_are_read_by_it(
    living: Living, browser: Browser
) -> None:
    partners = Api(living, "reader").ask("GET", "partner-connections").json()["items"]
    with opened(browser, living) as site:
        site.open("settings/connections", "admin")
        ours = site.section("Microsoft partner connections")
        for before, after in (("Harbour IT", "Harbour IT South"), ("Harbour IT South", "Harbour IT")):
            ours.get_by_role("button", name=f"Change {before}", exact=True).click()
            form = ours.get_by_role("group", name=f"Change {before}", exact=True)
            form.get_by_label("Name").fill(after)
            form.get_by_role("button", name="Save").click()
            expect(form).to_have_count(0)
            expect(ours.get_by_role("button", name=f"Change {after}", exact=True)).to_be_visible()
        # Its secret expires: nothing is stored, and nothing of what was typed is lost.
        living.control("expire-secret", "Harbour IT")
        ours.get_by_role("button", name="Change Harbour IT", exact=True).click()
        form = ours.get_by_role("group", name="Change Harbour IT", exact=True)
        form.get_by_label("Name").fill("Harbour IT East")
        form.get_by_role("button", name="Save").click()
        expect(form.get_by_role("alert")).to_contain_text("expired")
        expect(form.get_by_label("Name")).to_have_value("Harbour IT East")
        form.get_by_role("button", name="Discard changes").click()
        living.control("renew-secret", "Harbour IT")

        ours.get_by_role("button", name="Remove Harbour IT …", exact=True).click()
        removal = ours.get_by_role("group", name="Remove Harbour IT", exact=True)
        expect(removal).to_contain_text(re.compile("companies are read through it alone"))
        removal.get_by_role("button", name="Remove Harbour IT", exact=True).click()
        expect(removal.get_by_role("alert")).to_contain_text("Remove their companies first")
        assert site.violations_in_both() == []
    assert Api(living, "reader").ask("GET", "partner-connections").json()["items"] == partners
