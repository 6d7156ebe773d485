"""Custom licences of a customer in the browser: defined in each way, refused, renamed by two people, removed."""

import re

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

GROUP = "0f5a2f7e-3a58-4f0e-9a5d-6c1f7f1c9a10"


def define(part: Locator, name: str, counted: str) -> None:
    """What was chosen, under a name, once its count is told."""
    part.get_by_label("Name", exact=True).fill(name)
    expect(part.get_by_role("status")).to_contain_text(counted)
    part.get_by_role("button", name="Define").click()


def kind(part: Locator, words: str) -> None:
    part.get_by_role("radio", name=words).check()


def listed(part: Locator) -> Locator:
    return part.get_by_role("list", name="Custom licences").get_by_role("listitem")


def define_one_of_each(site: Site, part: Locator) -> None:
    part.get_by_role("combobox", name="Licences").click()
    site.page.get_by_role("menuitemcheckbox").first.click()
    site.page.keyboard.press("Escape")
    define(part, "Support", "purchased seat")
    expect(listed(part).filter(has_text="Support")).to_contain_text("The seats of ")
    kind(part, "Users of a group")
    part.get_by_label("Object id of the group").fill(GROUP)
    define(part, "Staff", "The members that this custom licence counts are not known.")
    expect(listed(part).filter(has_text="Staff")).to_contain_text(f"Users of the group {GROUP}")
    kind(part, "Mailboxes")
    part.get_by_role("checkbox", name="Shared mailboxes").check()
    define(part, "Backup", "The mailboxes that this custom licence counts are not known.")
    expect(listed(part).filter(has_text="Backup")).to_contain_text(
        "Shared mailboxes: with a licence or without"
    )


def test_each_kind_is_defined_and_a_name_that_is_taken_is_marked_and_kept(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open(f"companies/{living.tenant_id('Cobalt')}", "editor")
        part = site.section("Custom licences")
        define_one_of_each(site, part)
        expect(listed(part)).to_have_count(3)
        define(part, "STAFF", "not known")
        name = part.get_by_label("Name", exact=True)
        expect(name).to_have_attribute("aria-invalid", "true")
        expect(name).to_have_accessible_description(re.compile("of the name Staff already"))
        expect(name).to_have_value("STAFF")
        rename_beside_somebody_else(living, part)
        for each in ("Support", "Crew", "Backup"):
            part.get_by_role("button", name=f"Remove {each}").click()
            expect(listed(part).filter(has_text=each)).to_have_count(0)


def rename_beside_somebody_else(living: Living, part: Locator) -> None:
    """Somebody else renames it while this page's new name is typed: both are shown, and a person chooses."""
    other = Api(living, "editor")
    (staff,) = (row for row in other.ask("GET", "custom-licences").json()["items"] if row["name"] == "Staff")
    part.get_by_role("button", name="Rename Staff").click()
    typed = part.get_by_label("New name of Staff")
    typed.fill("Crew")
    other.change(f"custom-licences/{staff['id']}", name="Team")
    part.get_by_role("button", name="Save", exact=True).click()
    beside = part.get_by_role("alert").filter(has_text="stored now")
    expect(beside).to_contain_text("stored now “Team”, yours “Crew”")
    expect(typed).to_have_value("Crew")
    beside.get_by_role("button", name="Save mine").click()
    expect(part.get_by_role("button", name="Rename Crew")).to_be_visible()
    assert other.ask("GET", f"custom-licences/{staff['id']}").json()["name"] == "Crew"
