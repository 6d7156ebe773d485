"""What a page shows only at times can be read by everybody and fits a phone, too; `make screens` keeps it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from shared.alerts.listing import alert_id
from shared.alerts.models import Slug
from tests.browser.site import LIGHT, PHONE, Api, Look, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

CUSTOM = (
    {"name": "Managed users", "rule": {"kind": "licensed_users", "withoutGuests": True}},
    {
        "name": "People of the office in Hamburg who are looked after at night and on holidays",
        "rule": {"kind": "licensed_users", "domains": ["cobaltlogistics.onmicrosoft.com"]},
    },
)
NOT_ANSWERED = {
    "status": 503,
    "title": "Service Unavailable",
    "detail": "The storage did not answer. Please try again in a few minutes.",
    "code": "unavailable",
}
MARGIN = 16
"""Pixels around a part of a page, for its shadow."""
TALLEST = 2_000
STALE_AFTER = 16_000
"""Milliseconds after which a page that is opened reads anew."""


@pytest.fixture(scope="module")
def used(living: Living) -> Iterator[Living]:
    """The demo after somebody worked with it: custom licences of a customer, and what the audit log tells of it."""
    tenant, owner, editor = living.tenant_id("Cobalt"), Api(living, "owner"), Api(living, "editor")
    made = [
        editor.ask("POST", "custom-licences", {**custom, "tenantId": tenant}).json()["id"]
        for custom in CUSTOM
    ]
    Api(living, "admin").change("preferences", currencySymbol="€", syncHour=3)
    Api(living, "admin").change("preferences", currencySymbol="£", syncHour=2)
    owner.change("alert-settings", repeatAfterDays=14, hour=6)
    owner.change("alert-settings", repeatAfterDays=7, hour=7)
    yield living
    for custom_licence in made:
        editor.ask("DELETE", f"custom-licences/{custom_licence}")


def audit_with_rows(_: Living, site: Site) -> None:
    site.go("settings/audit")
    site.page.get_by_role("button", name="more field").first.click()


def tickets(_: Living, site: Site) -> Locator:
    site.go("settings")
    ours = site.section("Tickets")
    ours.get_by_role("switch").first.check()
    return ours


def alerts(_: Living, site: Site) -> Locator:
    site.go("settings")
    return site.section("Alerts")


def preferences(_: Living, site: Site) -> Locator:
    site.go("settings")
    return site.section("Preferences")


def filters(living: Living, site: Site) -> None:
    site.go(f"companies/{living.tenant_id('Cobalt')}")
    site.button("Which users").click()
    expect(site.page.get_by_role("status").filter(has_text="licensed users fit")).to_be_visible()


def custom_licences(living: Living, site: Site) -> Locator:
    site.go(f"companies/{living.tenant_id('Cobalt')}")
    expect(site.page.get_by_role("list", name="Custom licences").get_by_role("listitem")).to_have_count(2)
    return site.section("Custom licences")


def licence(living: Living, site: Site) -> None:
    site.go(f"companies/{living.tenant_id('Cobalt')}")
    site.button("Details: Power BI Pro").click()


def billed(living: Living, site: Site) -> None:
    licence(living, site)
    part = site.page.get_by_role("region", name="What is billed")
    part.get_by_label("Included quantity").fill("2")
    expect(site.page.get_by_role("status", name="What it would do")).to_contain_text("it would say")
    part.evaluate("section => section.scrollIntoView()")


def remap(living: Living, site: Site) -> None:
    licence(living, site)
    part = site.page.get_by_role("region", name="Change the mapping")
    part.get_by_role("button", name="Map it elsewhere").click()
    part.get_by_label("Line", exact=True).select_option(label="Create another line beside it")
    expect(part.get_by_role("status", name="What it would do")).to_contain_text("and nothing after it")
    part.evaluate("section => section.scrollIntoView()")


def stop_billing(living: Living, site: Site) -> None:
    licence(living, site)
    part = site.page.get_by_role("region", name="Change the mapping")
    part.get_by_role("button", name="Stop billing").click()
    expect(part.get_by_role("status", name="What it would do")).to_contain_text("and nothing after it")
    part.evaluate("section => section.scrollIntoView()")


def certificate_rows(_: Living, site: Site) -> None:
    site.go("billing/certificate")
    site.section("Month-end certificate").evaluate("section => section.scrollIntoView({block: 'end'})")


def held(living: Living, site: Site) -> None:
    site.go(f"exceptions/{alert_id(living.alerts(Slug.PUSH_HELD)[0])}")


def drift(living: Living, site: Site) -> None:
    site.go(f"exceptions/{alert_id(living.alerts(Slug.LINE_DRIFT)[0])}")


def map_licence(living: Living, site: Site) -> None:
    site.go(f"exceptions/{alert_id(living.alerts(Slug.NO_BILLING_PROFILE)[0])}")


def exclude(living: Living, site: Site) -> None:
    site.go(f"exceptions/{alert_id(living.alerts(Slug.UNUSED_LICENSES)[0])}")


def add_companies(_: Living, site: Site) -> None:
    site.go("companies")
    site.button("Add companies").click()


def conflict(living: Living, site: Site) -> Locator:
    site.go("settings")
    ours = site.section("Preferences")
    site.page.get_by_label("Currency symbol").fill("CHF")
    Api(living, "admin").change("preferences", currencySymbol="€")
    ours.get_by_role("button", name="Save", exact=True).click()
    expect(site.page.get_by_role("alert")).to_contain_text("Somebody else saved this meanwhile.")
    Api(living, "admin").change("preferences", currencySymbol="£")
    return ours


def partner(_: Living, site: Site) -> Locator:
    site.go("settings/connections")
    ours = site.section("Microsoft partner connections")
    ours.get_by_role("button", name="Remove Harbour IT …", exact=True).click()
    ours.get_by_role("button", name="Change Harbour IT North").click()
    expect(ours.get_by_role("listitem").first).to_be_visible()
    expect(ours.get_by_label("Client secret")).to_be_visible()
    return ours


def frozen(living: Living, site: Site) -> None:
    change = changed_last_night(living)
    site.go(f"companies/{change['tenantId']}")
    site.button(f"Details: {change['licence']}").click()
    part = site.page.get_by_role("region", name="The line")
    part.get_by_role("button", name="Freeze the line …").click()
    part.get_by_label("Why it is frozen").fill("flat rate until March, agreed with Jane on the phone")
    part.get_by_role("button", name="Freeze the line", exact=True).click()
    expect(part).to_contain_text("Reason: flat rate until March")
    # Not by the page, so that the picture has it still.
    line = f"tenants/{change['tenantId']}/mappings/{change['mappingId']}/frozen"
    Api(living, "admin").ask("DELETE", line)
    part.evaluate("section => section.scrollIntoView()")


def undo(living: Living, site: Site) -> None:
    change = changed_last_night(living)
    site.go("billing/ledger")
    site.page.get_by_role("searchbox", name="Search Ledger").fill(change["lineId"])
    row = site.page.get_by_role("row").filter(has_text="Confirmed").filter(has_text=change["lineId"])
    row.get_by_role("button", name="Undo").click()
    expect(site.page.get_by_role("dialog")).to_contain_text("The line would say")


def changed_last_night(living: Living) -> dict[str, Any]:
    """A confirmed change of the ledger, with the name of its licence."""
    tenant, reader = living.tenant_id("Kestrel"), Api(living, "reader")
    change = reader.ask("GET", f"ledger?tenant={tenant}&event=confirmed").json()["items"][0]
    licences = reader.ask("GET", f"tenants/{tenant}/licences").json()["items"]
    (name,) = (
        row["name"] for row in licences if row["mapped"] and row["mapped"]["mappingId"] == change["mappingId"]
    )
    return {**change, "licence": name}


def edit_profile(living: Living, site: Site) -> None:
    profiles = Api(living, "reader").ask("GET", "billing-profiles").json()["items"]
    used = max(profiles, key=lambda one: int(one["licences"]))
    site.go("billing/profiles")
    site.button(f"Edit {used['name']}").click()
    form = site.page.get_by_role("dialog")
    form.get_by_label("Name").fill("Business Premium, looked after")
    expect(form.get_by_role("status")).to_contain_text("the next sync writes the new name")


def add_profiles(_: Living, site: Site) -> Locator:
    site.go("billing/profiles")
    site.button("Add many …").click()
    adding = site.section("Add many profiles")
    for at in range(3):
        adding.get_by_role("checkbox", name="Add ").nth(at).check()
    return adding


def remove_company(living: Living, site: Site) -> None:
    site.go(f"companies/{living.tenant_id('Cobalt')}")
    site.button("Remove …").click()
    form = site.page.get_by_role("dialog")
    form.get_by_label("Last day to bill").fill(
        (living.stage.clock.now().date() + timedelta(days=10)).isoformat()
    )
    expect(form.get_by_role("status")).to_contain_text("bills")
    form.get_by_label("Reason").fill("They left us")


def failed(_: Living, site: Site) -> None:
    site.told_as("plan/lines", lambda _: NOT_ANSWERED, status=503)
    site.go("billing")
    expect(site.page.get_by_role("alert")).to_be_visible()


def closed(living: Living, site: Site) -> None:
    """In the demo nothing is closed so early: what is open is told as if it were."""
    open_now = Api(living, "reader").ask("GET", "alerts").json()["items"]
    told = [{**alert, "closedAt": alert["changedAt"]} for alert in open_now[:6]]
    site.told_as("alerts/closed", lambda page: {**page, "items": told})
    site.go("exceptions")
    site.button("Closed exceptions").click()
    site.heading("Closed exceptions")
    expect(site.page.get_by_role("status")).to_have_text(str(len(told)))


def leave(_: Living, site: Site) -> None:
    site.go("settings/members")
    site.button("Leave …").click()
    expect(site.page.get_by_role("alertdialog")).to_contain_text("Leave Harbour IT?")


def people_then(living: Living, site: Site) -> None:
    licence(living, site)
    site.page.get_by_label("On another day").fill(living.stage.clock.now().date().isoformat())
    expect(site.page.get_by_text("Who had it on")).to_be_visible()


def nothing_open(_: Living, site: Site) -> None:
    # The page would show what it read a moment ago.
    site.page.wait_for_timeout(STALE_AFTER)
    site.told_as("alerts", lambda page: {**page, "items": [], "next": None})
    site.go("exceptions")
    expect(site.page.get_by_role("heading", name="No exceptions")).to_be_visible()


STATES: dict[str, Callable[[Living, Site], Locator | None]] = {
    "audit-rows": audit_with_rows,
    "tickets": tickets,
    "alerts": alerts,
    "preferences": preferences,
    "filters": filters,
    "custom-licences": custom_licences,
    "licence": licence,
    "billed": billed,
    "remap": remap,
    "stop-billing": stop_billing,
    "certificate-rows": certificate_rows,
    "held": held,
    "drift": drift,
    "map": map_licence,
    "exclude-drawer": exclude,
    "add-companies": add_companies,
    "conflict": conflict,
    "partner": partner,
    "frozen": frozen,
    "undo": undo,
    "edit-profile": edit_profile,
    "add-profiles": add_profiles,
    "remove-company": remove_company,
    "failed": failed,
    "closed": closed,
    "leave": leave,
    "people-then": people_then,
    "nothing-open": nothing_open,
}
"""Names of pictures, and how a person comes to what they show: the window, or the part of the page that is returned."""


@pytest.mark.parametrize("look", [LIGHT, PHONE], ids=lambda look: look.name)
def test_what_a_page_shows_at_times_can_be_read_by_everybody_in_every_look(
    used: Living, browser: Browser, screens: Path, look: Look
) -> None:
    with opened(browser, used, look) as site:
        site.open("guide", "owner")
        for name, come_to in STATES.items():
            part = come_to(used, site)
            site.settled()
            assert site.violations_in_both() == [], name
            wide = site.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= look.width, f"{name} sticks out"
            picture(site, part, screens / f"{name}-{look.name}.png")
            if look is LIGHT:
                site.look("dark")
                picture(site, part, screens / f"{name}-dark.png")
                site.look("light")
            site.told_as_it_is()
            site.go("guide")  # what was opened and typed goes with its page


def picture(site: Site, part: Locator | None, file: Path) -> None:
    if part is None:
        site.page.screenshot(path=file)
        return
    site.page.evaluate("scrollTo(0, 0)")
    box = part.bounding_box()
    assert box
    around = {
        "x": box["x"] - MARGIN,
        "y": box["y"] - MARGIN,
        "width": box["width"] + 2 * MARGIN,
        "height": min(box["height"] + 2 * MARGIN, TALLEST),
    }
    site.page.screenshot(path=file, full_page=True, clip=around)  # type: ignore[arg-type]
