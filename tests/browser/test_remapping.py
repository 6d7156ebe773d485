"""A mapping is changed in its licence's drawer: to another line, to none with a last day, and back."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.site import Api, Site, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

CUSTOMER = "Meadowlark"
PREMIUM, KIOSK = "Microsoft 365 Business Premium", "Exchange Online Kiosk"
"""Its two licences: fourteen seats and three, each on a line of its own."""


class Mapped(NamedTuple):
    tenant: str
    premium: str
    """The line of each licence."""
    kiosk: str


@pytest.fixture
def mapped(living: Living) -> Iterator[Mapped]:
    """How the licences are mapped; they are so again afterwards."""
    tenant = living.tenant_id(CUSTOMER)
    path, api = f"tenants/{tenant}/mappings", Api(living, "editor")
    before = [
        {name: value for name, value in one.items() if name != "id"}
        for one in api.ask("GET", path).json()["mappings"]
    ]
    yield Mapped(tenant, line_of(living, tenant, PREMIUM), line_of(living, tenant, KIOSK))
    api.replace(path, {"mappings": before})


def licence_of(living: Living, tenant: str, name: str) -> Any:
    rows = Api(living, "reader").ask("GET", f"tenants/{tenant}/licences").json()["items"]
    return next(row for row in rows if row["name"] == name)


def line_of(living: Living, tenant: str, name: str) -> str:
    line: str = licence_of(living, tenant, name)["mapped"]["lineId"]
    return line


def last_days(living: Living, tenant: str) -> dict[str, str]:
    rows = Api(living, "reader").ask("GET", "ending-lines").json()["items"]
    return {row["lineId"]: row["lastDay"] for row in rows if row["tenantId"] == tenant}


def section(site: Site, licence: str) -> Locator:
    site.button(f"Details: {licence}").click()
    return site.page.get_by_role("dialog", name=licence).get_by_role("region", name="Change the mapping")


def told(day: date) -> str:
    return f"{day:%-d %b %Y}"


def save(site: Site, form: Locator, word: str, notice: str) -> None:
    assert site.violations_in_both() == []
    form.get_by_role("button", name=word, exact=True).click()
    expect(site.page.get_by_text(notice).first).to_be_visible()
    expect(form.get_by_role("button", name=word, exact=True)).to_have_count(0)
    site.page.get_by_role("button", name="Close").click()


def test_a_licence_is_mapped_elsewhere_stopped_with_a_last_day_and_billed_again(
    living: Living, browser: Browser, mapped: Mapped
) -> None:
    today = living.stage.clock.now().date()
    over, last_day = today - timedelta(days=3), today + timedelta(days=10)
    first_day = last_day + timedelta(days=1)
    with opened(browser, living) as site:
        site.open(f"companies/{mapped.tenant}", "editor")

        form = section(site, PREMIUM)
        form.get_by_role("button", name="Map it elsewhere").click()
        expect(form.get_by_label("Line", exact=True)).to_have_value(mapped.premium)
        form.get_by_label("Line", exact=True).select_option(label="Create another line beside it")
        form.get_by_label(f"Last day of line {mapped.premium}").fill(over.isoformat())
        expect(form.get_by_label(f"Last day of line {mapped.premium}")).to_have_attribute(
            "aria-invalid", "true"
        )
        expect(form.get_by_role("button", name="Map it", exact=True)).to_be_disabled()
        form.get_by_label(f"Last day of line {mapped.premium}").fill(last_day.isoformat())
        expect(form.get_by_label("First day of the new line")).to_have_value(first_day.isoformat())
        preview = form.get_by_role("status", name="What it would do")
        seats = licence_of(living, mapped.tenant, PREMIUM)["mapped"]["confirmed"]
        expect(preview).to_contain_text(
            f"Line {mapped.premium} bills its {seats} seats until {told(last_day)}"
        )
        expect(preview).to_contain_text(f"A new line would say {seats} seats from {told(first_day)}")
        save(site, form, "Map it", "It is mapped; its old line is listed under Ending lines.")
        (new,) = [
            one
            for one in Api(living, "reader")
            .ask("GET", f"tenants/{mapped.tenant}/mappings")
            .json()["mappings"]
            if not one["lineId"]
        ]
        assert (new["bill"], new["options"]["starts"]) == (True, first_day.isoformat())
        assert last_days(living, mapped.tenant) == {mapped.premium: last_day.isoformat()}

        form = section(site, KIOSK)
        form.get_by_role("button", name="Stop billing …").click()
        form.get_by_label(f"Last day of line {mapped.kiosk}").fill(last_day.isoformat())
        preview = form.get_by_role("status", name="What it would do")
        expect(preview).to_contain_text(f"Line {mapped.kiosk} bills its 3 seats until {told(last_day)}")
        save(site, form, "Stop billing it", f"It is billed until {told(last_day)}")
        assert licence_of(living, mapped.tenant, KIOSK)["mapped"]["bill"] is False
        site.go("billing/ending")
        row = site.page.get_by_role("table", name="Ending lines").get_by_role("row")
        expect(row.filter(has_text=mapped.kiosk)).to_contain_text(told(last_day))

        site.go(f"companies/{mapped.tenant}")
        form = section(site, KIOSK)
        form.get_by_role("button", name="Bill it …").click()
        form.get_by_label("Billing profile").select_option(label=KIOSK)
        line = form.get_by_label("Line", exact=True)
        line.select_option(label="Create another line beside it")
        expect(form.get_by_role("alert")).to_contain_text("Give the new line a start date after that day")
        line.select_option(value=mapped.kiosk)
        expect(form.get_by_role("status", name="What it would do")).to_contain_text("The line says 3 seats")
        save(site, form, "Bill it", "It is mapped.")
        assert line_of(living, mapped.tenant, KIOSK) == mapped.kiosk
        assert last_days(living, mapped.tenant) == {mapped.premium: last_day.isoformat()}


def test_a_reader_changes_no_mapping(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open(f"companies/{living.tenant_id(CUSTOMER)}", "reader")
        site.button(f"Details: {KIOSK}").click()
        expect(site.page.get_by_role("region", name="What is billed")).to_be_visible()
        expect(site.page.get_by_role("region", name="Change the mapping")).to_have_count(0)
