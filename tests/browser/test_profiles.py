"""Billing profiles: renamed, with a conflict side by side, ended, and made for many products at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Api, opened
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

MANY = ("Night watch", "Day watch", "Weekend watch")


@pytest.fixture
def admin(living: Living) -> Iterator[Api]:
    """Profiles are as they were afterwards."""
    found = Api(living, "admin")
    before = {profile["id"]: profile for profile in found.ask("GET", "billing-profiles").json()["items"]}
    yield found
    for profile in found.ask("GET", "billing-profiles").json()["items"]:
        path, was = f"billing-profiles/{profile['id']}", before.get(profile["id"])
        if was is None:
            found.ask("DELETE", path)
        elif was != profile:
            found.replace(
                path, {name: value for name, value in was.items() if name not in ("id", "licences")}
            )


def test_a_profile_is_renamed_with_what_somebody_else_stored_beside_it_and_not_ended_while_it_is_used(
    living: Living, browser: Browser, admin: Api
) -> None:
    used = max(admin.ask("GET", "billing-profiles").json()["items"], key=lambda one: int(one["licences"]))
    path = f"billing-profiles/{used['id']}"
    with opened(browser, living) as site:
        site.open("billing/profiles", "admin")
        site.button(f"Edit {used['name']}").click()
        form = site.page.get_by_role("dialog")
        form.get_by_label("Name").fill("Ours")
        expect(form.get_by_role("status")).to_contain_text(f"{used['licences']} licences are billed by it")
        expect(form.get_by_role("status")).to_contain_text("the next sync writes the new name")
        assert site.violations_in_both() == []
        theirs = {name: used[name] for name in ("connection", "productId", "billable", "priceRule")}
        admin.replace(path, {**theirs, "name": "Theirs"})
        form.get_by_role("button", name="Save", exact=True).click()
        expect(form.get_by_role("alert")).to_contain_text("Name: stored now “Theirs”, yours “Ours”")
        assert site.violations_in_both() == []
        form.get_by_role("button", name="Save mine").click()
        expect(site.page.get_by_text("The profile is saved.").first).to_be_visible()
        assert admin.ask("GET", path).json()["name"] == "Ours"

        form.get_by_role("button", name="End this profile").click()
        expect(form.get_by_role("alert")).to_contain_text("Map them to another one first")
        assert site.violations_in_both() == []
        assert admin.ask("GET", path).json()["name"] == "Ours"


def test_three_profiles_are_made_by_one_press_after_a_refused_name_is_put_right_and_one_is_ended(
    living: Living, browser: Browser, admin: Api
) -> None:
    before = admin.ask("GET", "billing-profiles").json()["items"]
    with opened(browser, living) as site:
        site.open("billing/profiles", "admin")
        site.button("Add many …").click()
        adding = site.section("Add many profiles")
        products = adding.get_by_role("checkbox", name="Add ")
        expect(products.nth(2)).to_be_visible()
        for at in range(3):
            products.nth(at).check()
        names = adding.get_by_role("group", name="Names of the profiles").get_by_role("textbox")
        for at, name in enumerate((MANY[0], before[0]["name"], MANY[2])):
            names.nth(at).fill(name)
        adding.get_by_role("button", name="Make 3 profiles").click()
        expect(names.nth(1)).to_have_attribute("aria-invalid", "true")
        expect(adding.get_by_role("alert").first).to_contain_text("Choose another name")
        assert site.violations_in_both() == []
        assert len(admin.ask("GET", "billing-profiles").json()["items"]) == len(before)
        names.nth(1).fill(MANY[1])
        adding.get_by_role("button", name="Make 3 profiles").click()
        for name in MANY:
            expect(adding.get_by_role("listitem").filter(has_text=f"{name}: made")).to_be_visible()
        assert site.violations_in_both() == []
        there = {profile["name"] for profile in admin.ask("GET", "billing-profiles").json()["items"]}
        assert there == {*MANY, *(profile["name"] for profile in before)}

        site.button(f"Edit {MANY[0]}").click()
        site.button("End this profile").click()
        expect(site.page.get_by_text(f"“{MANY[0]}” is ended.").first).to_be_visible()
        expect(site.button(f"Edit {MANY[0]}")).to_have_count(0)


def test_who_is_no_admin_sees_profiles_and_no_button_for_them(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open("billing/profiles", "editor")
        part = site.section("Billing profiles")
        expect(part.get_by_role("row").nth(1)).to_be_visible()
        for name in ("Edit", "Make profile", "Add many"):
            expect(part.get_by_role("button", name=name)).to_have_count(0)
