"""Tickets in the browser: where they go is chosen, refused with the field marked, and saved; a person's word on one."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Request, expect

from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes
UNCLEAR = {
    "failure": "",
    "waiting": 0,
    "open": 1,
    "toLookAt": [
        {
            "type": "unused_licenses",
            "summary": "Cobalt Logistics: 6 of 25 seats assigned to nobody",
            "reference": "SW-4f2a9c1e00b7d3a5",
            "progress": "undecidable",
            "number": "",
            "link": "",
            "why": "",
            "since": "2026-11-28T02:14:00Z",
        }
    ],
}


def choose(site: Site, part: Locator, field: str, option: str) -> None:
    part.get_by_role("combobox", name=field).click()
    site.page.get_by_role("option", name=option).first.click()


def test_where_tickets_go_is_chosen_refused_with_its_field_marked_and_saved(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("settings", "owner")
        part = site.section("Tickets")
        part.get_by_role("switch", name="Alerts become tickets").check()
        choose(site, part, "PSA", "ConnectWise PSA")
        choose(site, part, "Service board", "Licences")
        choose(site, part, "Priority", "Low")
        choose(site, part, "Status that closes a ticket", ">Closed")
        part.get_by_role("checkbox", name="Unused licenses").check()
        save = part.get_by_role("button", name="Save")
        save.click()
        company = part.get_by_role("combobox", name="Company")
        expect(company).to_have_attribute("aria-invalid", "true")
        expect(part.get_by_role("combobox", name="Service board")).to_have_text("Licences")
        assert site.violations_in_both() == []
        company.click()
        company.fill("Cobalt")
        site.page.get_by_role("option").first.click()
        save.click()
        expect(site.page.get_by_text("Ticket settings saved.").first).to_be_visible()
        owner = Api(living, "owner")
        assert owner.ask("GET", "ticket-settings").json()["boardName"] == "Licences"
        owner.replace("ticket-settings", {"on": False})


def test_of_an_unclear_ticket_an_admin_says_what_the_psa_shows(living: Living, browser: Browser) -> None:
    asked: list[Request] = []
    with opened(browser, living) as site:

        def unclear(_: Any) -> Any:
            return UNCLEAR

        site.told_as("ticket-settings/state", unclear)
        site.page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
        site.open("settings", "admin")
        word = site.page.get_by_role("region", name="Ticket with SW-4f2a9c1e00b7d3a5")
        expect(word.get_by_role("button", name="It is there", exact=True)).to_be_disabled()
        word.get_by_label("Number of the ticket").fill("5012")
        word.get_by_role("button", name="It is there", exact=True).click()
        expect(word.get_by_role("alert")).to_be_visible()  # the demo knows no such ticket
        assert site.violations_in_both() == []
    assert [one.post_data_json for one in asked if one.url.endswith("/unclear")] == [
        {"reference": "SW-4f2a9c1e00b7d3a5", "there": True, "number": "5012"}
    ]
