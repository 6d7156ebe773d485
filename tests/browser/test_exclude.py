"""A person opens the digest, follows the link under a row, presses the button, and changes their mind later."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shared.alerts.models import Slug
from tests.journeys.living import Living, eventually

pytestmark = pytest.mark.processes

CUSTOMER, PRODUCT = "Cobalt Logistics", "Power BI Pro"


class Look(NamedTuple):
    name: str
    width: int
    scheme: Literal["light", "dark"]
    picture: int
    """Where a picture is cut: one that shows all is enough."""


LOOKS = (
    Look("light", 900, "light", 6_000),
    Look("dark", 900, "dark", 2_000),
    Look("phone", 375, "light", 2_000),
)


@contextmanager
def opened(browser: Browser, url: str, look: Look = LOOKS[0]) -> Iterator[Page]:
    """A page that must not complain: what the content security policy stops would be an error here."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 400}, color_scheme=look.scheme, java_script_enabled=False
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.goto(url)
    yield page
    context.close()
    assert wrong == []


def digest(living: Living) -> str:
    """The address of the newest digest's HTML."""
    return max(living.stage.mails.glob("*-demo-digest-*.html")).as_uri()


def row(page: Page) -> Locator:
    """The customer's row in the mail."""
    return page.locator(".rows tbody tr").filter(has_text=CUSTOMER).filter(has_text=PRODUCT)


def link(page: Page) -> str:
    """Where the button of the row leads, as the mail shows it."""
    address = row(page).get_by_role("link", name="Exclude").get_attribute("href")
    assert address
    return address


def rows(living: Living) -> list[str]:
    return [alert.finding.what for alert in living.alerts(Slug.UNUSED_LICENSES)]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_mail_and_page_fit_the_width_in_every_look(
    living: Living, browser: Browser, screens: Path, look: Look
) -> None:
    with opened(browser, digest(living), look) as mail:
        _picture(mail, screens / f"digest-{look.name}.png", look)
        assert _overhang(mail, look) <= 0
        address = link(mail)
    with opened(browser, address, look) as page:
        _picture(page, screens / f"exclude-{look.name}.png", look)
        assert _overhang(page, look) <= 0


def _picture(page: Page, file: Path, look: Look) -> None:
    body = page.locator("body").bounding_box()
    assert body
    height = min(body["y"] + body["height"], look.picture)
    page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": look.width, "height": height})


def _overhang(page: Page, look: Look) -> float:
    """Pixels by which the widest element sticks out."""
    boxes = [one.bounding_box() for one in page.locator("td, th, p, dl, form, button, input").all()]
    return max(box["x"] + box["width"] - look.width for box in boxes if box)


def test_pressing_the_button_takes_the_row_out_of_the_next_digest_and_removing_it_brings_it_back(
    living: Living, browser: Browser, screens: Path
) -> None:
    with opened(browser, digest(living)) as mail:
        address = link(mail)
    with opened(browser, address) as page:
        expect(page.get_by_role("heading")).to_contain_text(f"Exclude unused {PRODUCT} at {CUSTOMER}?")
        assert living.control("exclusions") == []

        page.get_by_label("Until a date").check()
        page.get_by_role("button", name="Exclude").click()
        expect(page.get_by_role("alert")).to_have_text("Choose the date until which it is to be left out.")
        assert living.control("exclusions") == []

        page.get_by_label("Up to").check()
        page.get_by_label("Reason").fill("kept for <new> staff")
        page.get_by_role("button", name="Exclude").click()
        expect(page.get_by_role("heading")).to_have_text("✓ Excluded")
        _picture(page, screens / "excluded.png", LOOKS[0])

        page.reload()
        expect(page.get_by_role("heading")).to_have_text("✓ Already excluded")
        expect(page.get_by_text("kept for <new> staff")).to_be_visible()
    eventually(lambda: not [what for what in rows(living) if PRODUCT in what], "the alert to close")

    living.control("add-seats", "Meadowlark", "SPB", "3")
    living.night()
    living.morning()
    with opened(browser, digest(living)) as mail:
        expect(mail.locator("td.who", has_text=CUSTOMER).first).to_be_visible()
        assert not row(mail).count()

    (listed,) = living.control("exclusions")
    living.control("include", listed["id"])
    eventually(lambda: [what for what in rows(living) if PRODUCT in what], "the alert to be raised again")
    living.night()
    living.morning()
    with opened(browser, digest(living)) as mail:
        assert link(mail) != address
