"""What a mapping bills is edited in its licence's drawer: previewed as it is typed, saved as it was previewed."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

LICENCE = "Power BI Pro"
"""Of Cobalt: five seats are purchased, one of them is assigned."""


@pytest.fixture
def mappings(living: Living) -> Iterator[str]:
    """The path of Cobalt's mappings; what they say before is stored again afterwards."""
    path = f"tenants/{living.tenant_id('Cobalt')}/mappings"
    api = Api(living, "editor")
    before = [_given(one) for one in api.ask("GET", path).json()["mappings"]]
    yield path
    api.replace(path, {"mappings": before})


def _given(mapping: dict[str, Any]) -> dict[str, Any]:
    """A mapping as it is saved: without its id."""
    return {name: value for name, value in mapping.items() if name != "id"}


def drawer(living: Living, site: Site, person: str) -> Locator:
    site.open(f"companies/{living.tenant_id('Cobalt')}", person)
    site.button(f"Details: {LICENCE}").click()
    found = site.page.get_by_role("dialog", name=LICENCE)
    expect(found.get_by_label("Basis")).to_be_visible()
    return found


def test_what_a_mapping_bills_is_edited_previewed_refused_at_its_field_and_saved(
    living: Living, browser: Browser, mappings: str
) -> None:
    with opened(browser, living) as site:
        licence = drawer(living, site, "editor")
        preview = licence.get_by_role("status", name="What it would do")
        save = licence.get_by_role("button", name="Save")
        expect(save).to_be_disabled()
        licence.get_by_label("Basis").select_option(label="Assigned seats")
        expect(preview).to_contain_text("The line says 5 seats; it would say 1 seat")
        licence.get_by_label("Included quantity").fill("1")
        expect(preview).to_contain_text("it would say 0 seats")
        licence.get_by_label("Minimum quantity").fill("3")
        expect(preview).to_contain_text("it would say 3 seats")
        licence.get_by_label("Difference").fill("3.5")
        expect(licence.get_by_label("Difference")).to_have_attribute("aria-invalid", "true")
        expect(save).to_be_disabled()
        assert site.violations_in_both() == []
        licence.get_by_label("Difference").fill("3")
        expect(preview).to_contain_text("it would say 6 seats")
        assert site.violations_in_both() == []
        save.click()
        expect(site.page.get_by_text("It is saved; the next sync writes it.").first).to_be_visible()
        expect(save).to_be_disabled()
    stored = Api(living, "reader").ask("GET", mappings).json()["mappings"]
    told = ("basis", "included", "minimum", "difference")
    numbers = [tuple(one["options"][name] for name in told) for one in stored if one["bill"]]
    assert ("assigned", 1, 3, 3) in numbers
    assert numbers.count(("purchased", 0, 0, 0)) == len(numbers) - 1


def test_a_reader_sees_what_a_mapping_bills_and_can_edit_nothing_of_it(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        licence = drawer(living, site, "reader")
        billed = licence.get_by_role("region", name="What is billed")
        expect(billed.locator("input, select")).to_have_count(4)
        expect(billed.locator(":is(input, select):enabled")).to_have_count(0)
        expect(licence.get_by_role("button", name="Save")).to_have_count(0)
