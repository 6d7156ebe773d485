"""Every page by the keyboard alone: all is reached by Tab, in the order it is read, and seen to be reached."""

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser.hands import FARTHEST, Keyboard
from tests.browser.site import Site, opened
from tests.browser.test_looks import PAGES
from tests.journeys.living import Living

pytestmark = pytest.mark.processes

_BEGIN = """() => {
  const used = 'a[href], button, input, select, textarea, [tabindex="0"]';
  // Of tabs and of radio buttons Tab reaches the chosen one; arrows reach the others.
  const other = '[data-tabster-dummy], :disabled, [type=radio]:not(:checked), [role=tab][aria-selected=false]';
  const wanted = [...document.querySelectorAll(used)].filter((it) =>
    it.tabIndex >= 0 && it.checkVisibility() && !it.matches(other));
  // How it looks: what a ring, an underline or a colour can be drawn by, of itself and of the two around it.
  const look = (it) => [it, it.parentElement, it.parentElement?.parentElement].filter(Boolean).flatMap((one) =>
    [null, '::before', '::after'].map((part) => {
      const style = getComputedStyle(one, part);
      return [style.outlineStyle, style.outlineColor, style.outlineWidth, style.boxShadow, style.borderColor,
        style.textDecoration, style.backgroundColor, style.transform, style.left, style.content].join();
    })).join();
  const words = (it) => it.outerHTML.slice(0, 160);
  window.walk = {wanted, look, words, seen: new Set(), last: null, lastLook: '', back: 0, wrong: []};
}"""
_STEP = """() => {
  const walk = window.walk, here = document.activeElement;
  if (walk.last?.isConnected && walk.look(walk.last) === walk.lastLook && walk.last !== here)
    walk.wrong.push(`focus is not seen: ${walk.words(walk.last)}`);
  if (here === document.body || here.matches('[data-tabster-dummy]')) { walk.last = null; return false; }
  if (walk.seen.has(here)) return true;
  const before = [...walk.seen].at(-1);
  if (before?.isConnected && before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_PRECEDING) walk.back += 1;
  walk.seen.add(here);
  walk.last = here;
  walk.lastLook = walk.look(here);
  return false;
}"""
_END = """() => {
  const {wanted, words, seen, back, wrong} = window.walk;
  const missed = wanted.filter((it) => it.isConnected && !seen.has(it)).map((it) => `not reached: ${words(it)}`);
  return [...wrong, ...missed, ...(back > 1 ? [`${back} times backwards`] : [])];
}"""


def walked(site: Site) -> list[str]:
    """What is wrong with going once around a page by Tab, from wherever the focus is."""
    site.page.evaluate(_BEGIN)
    for _ in range(FARTHEST):
        site.page.keyboard.press("Tab")
        if site.page.evaluate(_STEP):
            break
    else:
        return [f"not around within {FARTHEST} presses"]
    found: list[str] = site.page.evaluate(_END)
    return found


def test_on_every_page_all_is_reached_by_tab_in_order_and_seen_to_be_reached(
    living: Living, browser: Browser
) -> None:
    tenant = living.tenant_id("Cobalt")
    wrong: dict[str, list[str]] = {}
    with opened(browser, living) as site:
        site.open("today", "owner")
        for name, path in PAGES.items():
            site.go(path.format(tenant=tenant))
            if found := walked(site):
                wrong[name] = found
    assert wrong == {}


def test_a_page_that_opens_has_the_focus_on_its_title(living: Living, browser: Browser) -> None:
    with opened(browser, living) as site:
        site.open("today", "owner")
        for page in ("Exceptions", "Companies", "Billing", "Reports", "Settings", "Guide", "Today"):
            Keyboard(site.page).press(site.link(page))
            expect(site.page.get_by_role("heading", level=1)).to_be_focused()
            site.heading(page)


def held(site: Site, opener: Locator) -> None:
    """A dialog that is opened by the keyboard keeps the focus, Escape closes it, and the focus is where it was."""
    Keyboard(site.page).press(opener)
    dialog = site.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    site.settled()
    inside = "dialog => dialog.contains(document.activeElement)"
    expect(dialog).to_have_count(1)
    for _ in range(dialog.locator("a, button, input, select, textarea").count() + 2):
        site.page.keyboard.press("Tab")
        outside = "document.activeElement.matches('body, [data-tabster-dummy]')"
        assert dialog.evaluate(inside) or site.page.evaluate(outside)
    site.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_dialog_keeps_the_focus_and_gives_it_back_a_menu_goes_by_arrows_and_a_table_is_sorted(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("exceptions", "owner")
        site.settled()
        exceptions = site.page.get_by_role("region", name="Exceptions")
        held(site, exceptions.get_by_role("cell").get_by_role("button").first)
        site.go(f"companies/{living.tenant_id('Cobalt')}")
        held(site, site.button("Details").first)
        held(site, site.button("Which users"))
        site.go("reports")
        Keyboard(site.page).press(site.page.get_by_role("checkbox", name="Choose ").first)
        held(site, site.button("Switch on …"))
        site.go("companies")
        head = site.page.get_by_role("region", name="Tenants").get_by_role("columnheader").first
        before = head.get_attribute("aria-sort") or ""
        Keyboard(site.page).press(head.get_by_role("button"))
        expect(head).not_to_have_attribute("aria-sort", before)
        menu = site.button("Account menu")
        Keyboard(site.page).press(menu)
        expect(site.page.get_by_role("menu")).to_be_visible()
        site.page.keyboard.press("ArrowDown")
        focused = site.page.locator("[role^=menuitem]:focus")
        second = focused.inner_text()
        site.page.keyboard.press("ArrowUp")
        expect(focused).not_to_have_text(second)
        site.page.keyboard.press("Escape")
        expect(site.page.get_by_role("menu")).to_have_count(0)
        expect(menu).to_be_focused()


def sign_in_ends(site: Site) -> None:
    """The API takes the token no more, and Microsoft gives no new one. Nobody's clock moves for it."""

    def without_token(route: Route) -> None:
        headers = {name: value for name, value in route.request.headers.items() if name != "authorization"}
        route.continue_(headers=headers)

    site.page.route("**/api/**", without_token)
    site.page.route("**/oauth2/v2.0/token", lambda route: route.abort())


def test_who_is_asked_to_sign_in_again_may_go_on_reading_and_is_asked_again_where_it_is_needed(
    living: Living, browser: Browser
) -> None:
    with opened(browser, living) as site:
        site.open("companies", "owner")
        site.settled()  # or a read of the page asks for the sign-in before the button does
        sign_in_ends(site)
        add = site.button("Add companies")
        Keyboard(site.page).press(add)
        again = site.page.get_by_role("alertdialog", name="Sign in again")
        expect(again.get_by_role("button", name="Sign in again")).to_be_focused()
        site.page.keyboard.press("Tab")
        expect(again.get_by_role("button", name="Not now")).to_be_focused()
        site.page.keyboard.press("Escape")
        expect(again).to_have_count(0)
        expect(add).to_be_focused()
        Keyboard(site.page).press(site.link("Billing"))
        expect(again).to_be_visible()
        site.told_as_it_is()
        with site.page.expect_popup() as window:
            Keyboard(site.page).press(again.get_by_role("button", name="Sign in again"))
        window.value.locator("#owner").click()
        expect(again).to_have_count(0)
        site.heading("Billing")
