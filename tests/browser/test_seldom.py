"""Forms for what a night seldom leaves behind.

The API's answers about a lost list and an unclear write are changed on their way into the browser: to bring the demo
there takes nights. What the API itself does with them is tested where it stands.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from shared.accounts.companies import added_tenants
from tests.browser.site import opened
from tests.journeys.living import DEMO, Living

pytestmark = pytest.mark.processes

SEEN = "5f1d0c9a7b3e4a6f8c2d1e0f9b7a6c5d"
LOST = {
    "seen": SEEN,
    "missing": 3,
    "since": "2026-11-26",
    "agreements": [
        {"agreementId": "310", "companies": ["Alder & Ash Architects"]},
        {"agreementId": "311", "companies": ["Juniper Clinics", "Cobalt Logistics"]},
    ],
}
UNCLEAR = {
    "change": "6b1f0c2d9e8a7b6c5d4e",
    "connection": "connectwise",
    "agreementId": "310",
    "lineId": "9021",
    "before": 12,
    "after": 14,
    "at": "2026-11-28T02:03:00Z",
    "why": "The PSA did not answer in time.",
}


def test_a_lost_list_is_shown_and_believed_just_as_it_was_seen_after_a_second_word(
    living: Living, browser: Browser
) -> None:
    asked: list[Request] = []
    with opened(browser, living) as site:
        site.told_as("psa-connections/[^/]+/lost-agreements", lambda _: LOST)
        site.page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
        site.open("settings/connections", "admin")
        loss = site.page.get_by_role(
            "group", name=re.compile("agreements that licences are mapped to are missing")
        )
        expect(loss).to_contain_text("3 agreements that licences are mapped to are missing")
        expect(loss).to_contain_text("Agreement 311: Juniper Clinics, Cobalt Logistics")
        expect(loss).to_contain_text("and 1 more agreement")
        loss.get_by_role("button", name="They are really gone").click()
        assert site.violations_in_both() == []
        assert not [request for request in asked if "believe" in request.url]
        loss.get_by_role("button", name="Yes, stop billing").click()
        # The demo has lost nothing, so its API refuses, and a person is asked anew.
        expect(loss.get_by_role("alert")).to_be_visible()
        expect(loss.get_by_role("button", name="They are really gone")).to_be_visible()
    assert [one.post_data_json for one in asked if one.url.endswith("/believe")] == [{"seen": SEEN}]


def test_of_an_unclear_write_a_person_says_what_the_psa_shows(living: Living, browser: Browser) -> None:
    asked: list[Request] = []
    cobalt = living.tenant_id("Cobalt")
    row: dict[str, Any] = {}

    def failed(page: Any) -> Any:
        row.update(page["items"][0], type="push_failed", tenantId=cobalt, who="Cobalt Logistics")
        return {"items": [row, *page["items"][1:]]}

    with opened(browser, living) as site:
        site.told_as("alerts", failed)
        unclear = {**UNCLEAR, "tenantId": cobalt, "company": "Cobalt Logistics"}
        site.told_as("unclear-writes", lambda _: {"items": [unclear]})
        site.page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
        site.open("exceptions", "admin")
        site.page.get_by_role("button", name="Put right: Cobalt Logistics").first.click()
        write = site.page.get_by_role("region", name="Line 9021")
        expect(write).to_contain_text("does line 9021 say 14?")
        assert site.violations_in_both() == []
        write.get_by_role("button", name="No, it was not").click()
        expect(write.get_by_role("alert")).to_be_visible()  # the demo knows no such write
    assert [one.post_data_json for one in asked if one.url.endswith("/settle")] == [
        {"applied": False, "lineId": ""}
    ]


def test_the_installations_own_app_is_the_first_choice_where_there_is_one(
    living: Living, browser: Browser
) -> None:
    asked: list[Request] = []
    with opened(browser, living) as site:

        def with_app(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, json={**answer.json(), "hasPartnerApp": True})

        site.page.route("**/api/me", with_app)
        site.page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
        site.open("settings/connections", "admin")
        site.button("Connect a partner tenant").click()
        site.page.get_by_label("Name", exact=True).fill("Harbour IT South")
        expect(site.page.get_by_label("Client id of your app registration")).to_have_count(0)
        assert site.violations_in_both() == []
        site.button("Consent at Microsoft").click()
        expect(site.page.get_by_role("alert")).to_be_visible()  # the demo's installation has none
        site.page.get_by_label("One of your own").check()
        expect(site.page.get_by_label("Client id of your app registration")).to_be_visible()
        expect(site.page.get_by_label("Name", exact=True)).to_have_value("Harbour IT South")
    first = next(one.post_data_json for one in asked if one.url.endswith("/partner-consents"))
    assert first == {"name": "Harbour IT South", "clientId": "", "connection": ""}


def test_filters_say_who_fits_before_they_are_saved(living: Living, browser: Browser) -> None:
    tenant = living.tenant_id("Cobalt")

    def stored() -> tuple[str, ...]:
        return added_tenants(living.tables, DEMO)[tenant].companies[0].filters.department

    with opened(browser, living) as site:
        site.open(f"companies/{tenant}", "editor")
        site.button("Which users").click()
        drawer = site.page.get_by_role("dialog", name="Which users")
        who = drawer.get_by_role("status")
        expect(who).to_contain_text(re.compile(r"([1-9]\d*) of \1 licensed users fit"))
        department = drawer.get_by_role("combobox", name="Department")
        department.click()
        site.page.get_by_role("menuitemcheckbox").first.click()  # several may be chosen
        site.page.keyboard.press("Escape")
        expect(who).to_contain_text(re.compile(r"users? would be nobody’s, and not billed"))
        assert site.violations_in_both() == []
        drawer.get_by_role("button", name="Discard changes").click()
        expect(who).not_to_contain_text("nobody’s")
        assert stored() == ()


def test_a_second_company_of_a_tenant_is_asked_for_with_filters_of_its_own(
    living: Living, browser: Browser
) -> None:
    tenant = living.tenant_id("Cobalt")

    def filtered(page: Any) -> Any:
        items = [
            {**one, "filters": {**one["filters"], "office": ["Leeds"]}} if one["tenantId"] == tenant else one
            for one in page["items"]
        ]
        return {**page, "items": items}

    with opened(browser, living) as site:
        site.told_as("companies", filtered)
        site.open(f"companies/{tenant}", "editor")
        site.button("Which users").click()
        drawer = site.page.get_by_role("dialog", name="Which users")
        drawer.get_by_role("button", name="Add another company of this tenant").click()
        form = drawer.get_by_role("region", name="Another company")
        add = form.get_by_role("button", name="Add company")
        company = form.get_by_role("combobox", name="Company in the PSA")
        company.click()
        company.fill("Quayside")
        site.page.get_by_role("option", name="Quayside Marina").click()
        expect(add).to_be_disabled()
        form.get_by_role("combobox", name="Department").click()
        site.page.get_by_role("menuitemcheckbox").first.click()
        site.page.keyboard.press("Escape")
        expect(form.get_by_role("status")).to_contain_text("licensed users")
        assert site.violations_in_both() == []
        add.click()
        # What is stored has no filters yet, so the API refuses, and nothing of what was chosen is lost.
        expect(form.get_by_role("alert")).to_contain_text("has all users of this tenant")
        expect(company).to_have_value("Quayside Marina")
    assert len(added_tenants(living.tables, DEMO)[tenant].companies) == 1
