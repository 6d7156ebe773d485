"""The front end in a browser, against the real host and the stand-ins: signing in, and what must never go wrong."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import requests
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.journeys.living import Living

AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
NOTHING: Mapping[str, object] = {}
_IS_SHOWN = """() => document.querySelector('[aria-modal=true]')
  || !document.querySelector('body > [aria-hidden=true] :is(a, button)')"""
type Scheme = Literal["light", "dark"]


class Look(NamedTuple):
    name: str
    width: int = 1280
    scheme: Scheme = "light"


LIGHT, DARK, PHONE = Look("light"), Look("dark", scheme="dark"), Look("phone", 390)
LOOKS = (LIGHT, DARK, PHONE)


class Site:
    """The front end as one person in one browser."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin

    def open(self, path: str, person: str, account: str = "demo") -> None:
        """Go to a page of an account; Microsoft's page lies on the way."""
        self.page.goto(f"{self.origin}/accounts/{account}/{path}")
        self.page.locator(f"#{person}").click()
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible()

    def go(self, path: str) -> None:
        """To another page of the demo account, without a new sign-in."""
        self.page.evaluate("path => history.pushState(null, '', path)", f"/accounts/demo/{path}")
        self.settled()

    def link(self, page: str) -> Locator:
        """One of the pages beside every page."""
        return self.page.get_by_role("navigation", name="Pages").get_by_role("link", name=page)

    def heading(self, words: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)

    def settled(self) -> None:
        """Nothing is loading any more, and what a dialog hid from readers is shown since the dialog went."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.get_by_label("Loading")).to_have_count(0)
        self.page.wait_for_function(_IS_SHOWN)

    def button(self, words: str) -> Locator:
        return self.page.get_by_role("button", name=words)

    def section(self, title: str) -> Locator:
        """A part of the page by its heading."""
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.get_by_role("group").filter(has=heading)

    def told_as(self, path: str, change: Callable[[Any], Any], status: int = 200) -> None:
        """From now on what the API answers to a read at this path, changed on its way."""

        def changed(route: Route) -> None:
            if route.request.method != "GET":
                route.continue_()
                return
            answer = route.fetch()
            route.fulfill(response=answer, status=status, json=change(answer.json()))

        self.page.route(re.compile(rf"/api/accounts/demo/{path}(\?|$)"), changed)

    def told_as_it_is(self) -> None:
        """From now on every answer reaches the page unchanged. A read on its way is let go: it is nobody's any more."""
        self.page.unroute_all(behavior="ignoreErrors")

    def look(self, scheme: Scheme) -> None:
        """Light or dark from now on, as the system of the person says."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_function("it => document.documentElement.style.colorScheme === it", arg=scheme)

    def violations_in_both(self) -> list[str]:
        """As `violations`, and what has too little contrast in the dark: nothing else differs there."""
        light = self.violations()
        self.look("dark")
        dark = self.violations({"runOnly": ["color-contrast"]})
        self.look("light")
        return light + [f"dark: {one}" for one in dark]

    def violations(self, options: Mapping[str, object] = NOTHING) -> list[str]:
        """What axe finds serious or critical on what is shown now."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        # Fluent's focus traps have dummies that are hidden from readers and focusable: they are not content.
        found = self.page.evaluate(
            "it => axe.run({exclude: [['[data-tabster-dummy]']]}, {resultTypes: ['violations'], ...it})",
            dict(options),
        )
        return [
            f"{one['id']}: {node['html'][:200]}: {node['failureSummary']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


@contextmanager
def opened(browser: Browser, living: Living, look: Look = LOOKS[0]) -> Iterator[Site]:
    """A browser that must not complain: neither of the content security policy nor of a script of ours."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 900}, color_scheme=look.scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    site = Site(page, living.stage.web_origin)
    try:
        yield site
    finally:
        site.told_as_it_is()  # else a read that is cut by the end fails the test after this one
        context.close()
    assert wrong == []


class Api:
    """The HTTP API as somebody uses it from elsewhere, meanwhile."""

    def __init__(self, living: Living, person: str) -> None:
        self._address = f"{living.host.address}/api/accounts/demo"
        self._token = living.control("sign-in", person)["token"]

    def ask(self, method: str, path: str, json: object = None, etag: str = "") -> requests.Response:
        """Raises where it is refused."""
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self._token}"
            given = {"If-Match": etag} if etag else {}
            answer = session.request(method, f"{self._address}/{path}", json=json, headers=given, timeout=60)
        answer.raise_for_status()
        return answer

    def change(self, path: str, **change: object) -> None:
        """Fields of what is stored there, whatever they say now."""
        self.ask("PATCH", path, change, self.ask("GET", path).headers["ETag"])

    def replace(self, path: str, stored: object) -> None:
        """What is stored there as a whole, whatever it says now."""
        self.ask("PUT", path, stored, self.ask("GET", path).headers["ETag"])
