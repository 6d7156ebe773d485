"""What a person says of a line: freeze, unfreeze, undo of its newest change; each is seen where it counts."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from shared.alerts.listing import alert_id
from shared.alerts.models import Slug
from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living, eventually

pytestmark = pytest.mark.processes

PUSHED = 90_000
"""Milliseconds that a push may take on a busy machine."""
CUSTOMER = "Kestrel"
"""The night wrote one of its lines, and holds another."""


@pytest.fixture
def change(living: Living) -> Iterator[dict[str, Any]]:
    """What the night wrote of the customer, as the ledger has it. It is so again afterwards."""
    tenant = living.tenant_id(CUSTOMER)
    admin = Api(living, "admin")
    (found,) = admin.ask("GET", f"ledger?tenant={tenant}&event=confirmed").json()["items"]
    line = f"tenants/{tenant}/mappings/{found['mappingId']}"
    yield found
    admin.ask("DELETE", f"{line}/frozen")
    newest = admin.ask("GET", f"ledger?tenant={tenant}&event=confirmed").json()["items"][0]
    if newest["change"] != found["change"]:
        admin.ask("POST", f"{line}/undo", {"change": newest["change"]})
        eventually(lambda: living.in_psa(CUSTOMER)[found["lineId"]] == found["after"], "the change again")


@pytest.fixture
def frozen(living: Living) -> Callable[[str], list[str]]:
    """Why the lines of a mapping are frozen, as the API tells it."""

    def reasons(mapping: str) -> list[str]:
        lines = Api(living, "reader").ask("GET", "decidable-lines").json()["items"]
        return [line["reason"] for line in lines if line["mappingId"] == mapping and line["frozen"]]

    return reasons


def drawer(living: Living, site: Site, change: dict[str, Any]) -> Locator:
    """The part about the line in the drawer of the licence that the change was for."""
    licences = Api(living, "reader").ask("GET", f"tenants/{change['tenantId']}/licences").json()["items"]
    (name,) = (
        row["name"] for row in licences if row["mapped"] and row["mapped"]["mappingId"] == change["mappingId"]
    )
    site.go(f"companies/{change['tenantId']}")
    site.button(f"Details: {name}").click()
    return site.page.get_by_role("dialog", name=name).get_by_role("region", name="The line")


def test_a_line_is_frozen_with_a_reason_and_unfrozen_where_it_is_seen(
    living: Living, browser: Browser, change: dict[str, Any], frozen: Callable[[str], list[str]]
) -> None:
    mapping = change["mappingId"]
    with opened(browser, living) as site:
        site.open("today", "admin")
        line = drawer(living, site, change)
        line.get_by_role("button", name="Freeze the line …").click()
        line.get_by_label("Why it is frozen").fill("flat rate until March")
        assert site.violations_in_both() == []
        line.get_by_role("button", name="Freeze the line", exact=True).click()
        expect(line).to_contain_text("Reason: flat rate until March")
        assert frozen(mapping) == ["flat rate until March"]
        expect(line.get_by_role("button", name="Undo this change")).to_have_count(0)
        assert site.violations_in_both() == []
        line.get_by_role("button", name="Unfreeze").click()
        expect(line.get_by_role("button", name="Freeze the line …")).to_be_visible()
        assert frozen(mapping) == []


def test_who_is_no_admin_sees_that_a_line_is_frozen_and_no_button_for_it(
    living: Living, browser: Browser, change: dict[str, Any]
) -> None:
    line = f"tenants/{change['tenantId']}/mappings/{change['mappingId']}"
    Api(living, "admin").ask("PUT", f"{line}/frozen", {"reason": "flat rate"})
    with opened(browser, living) as site:
        site.open("billing/ledger", "editor")
        site.settled()
        expect(site.page.get_by_role("row").filter(has_text="Confirmed").first).to_be_visible()
        expect(site.page.get_by_role("button", name="Undo")).to_have_count(0)
        seen = drawer(living, site, change)
        expect(seen).to_contain_text("by adam@harbourit.example: Seatwise leaves it alone. Reason: flat rate")
        expect(seen.get_by_role("button")).to_have_count(0)


def test_a_freeze_after_a_hand_edit_is_taken_back_from_its_notice_or_the_plan(
    living: Living, browser: Browser, frozen: Callable[[str], list[str]]
) -> None:
    (edited,) = Api(living, "reader").ask("GET", "decidable-lines").json()["items"]
    mapping, alert = edited["mappingId"], alert_id(living.alerts(Slug.LINE_DRIFT)[0])
    with opened(browser, living) as site:
        site.open(f"exceptions/{alert}", "admin")
        site.button("Freeze the line").click()
        expect(site.page.get_by_text("The line is frozen").first).to_be_visible()
        assert frozen(mapping) == [""]
        site.page.get_by_role("button", name="Undo").click()
        expect(site.page.get_by_text("Undone.").first).to_be_visible()
        assert frozen(mapping) == []

        line = f"tenants/{edited['tenantId']}/mappings/{mapping}"
        Api(living, "admin").ask("PUT", f"{line}/frozen", {"reason": "for now"})
        site.go("billing")
        row = site.page.get_by_role("row").filter(has_text="Frozen")
        assert site.violations_in_both() == []
        row.get_by_role("button", name="Unfreeze").click()
        expect(site.page.get_by_role("row").filter(has_text="Changed by hand")).to_have_count(1)
        assert frozen(mapping) == []


def test_the_newest_change_of_a_line_is_undone_from_the_ledger_and_the_psa_says_the_number_of_before(
    living: Living, browser: Browser, change: dict[str, Any]
) -> None:
    before, after, lines = change["before"], change["after"], living.in_psa(CUSTOMER)
    assert lines[change["lineId"]] == after
    with opened(browser, living) as site:
        site.open("billing/ledger", "admin")
        site.page.get_by_role("searchbox", name="Search Ledger").fill(change["lineId"])
        row = site.page.get_by_role("row").filter(has_text="Confirmed").filter(has_text=change["lineId"])
        row.get_by_role("button", name="Undo").click()
        asked = site.page.get_by_role("dialog")
        expect(asked).to_contain_text(f"The line would say {before} again instead of {after}")
        asked.get_by_label("Why").fill("agreed on the phone")
        assert site.violations_in_both() == []
        asked.get_by_role("button", name="Undo:").click()
        expect(asked.get_by_role("status")).to_have_text(f"Written: the line says {before}.", timeout=PUSHED)
        assert site.violations_in_both() == []
        assert living.in_psa(CUSTOMER) == {**lines, change["lineId"]: before}
        asked.get_by_role("button", name="Close").click()
        expect(site.page.get_by_role("row").filter(has_text="agreed on the phone")).to_be_visible()

        seen = drawer(living, site, change)
        expect(seen).to_contain_text(f"Its newest change: {after} to {before}")
