"""How a person uses a page: by the mouse, or by the keyboard alone."""

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

FARTHEST = 250
"""Tab presses within which everything on a page can be reached."""


class Hands(Protocol):
    def press(self, what: Locator) -> None:
        """A button, link or checkbox."""

    def write(self, what: Locator, text: str) -> None:
        """Into a field, over what is there."""

    def pick(self, what: Locator, text: str) -> None:
        """The first choice that is offered for a text typed into a field."""

    def select(self, what: Locator, choice: str) -> None:
        """A choice of a list, by the beginning of its words."""


class Mouse:
    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, what: Locator) -> None:
        what.click()

    def write(self, what: Locator, text: str) -> None:
        what.fill(text)

    def pick(self, what: Locator, text: str) -> None:
        what.click()
        what.press_sequentially(text)
        self._page.get_by_role("option").first.click()

    def select(self, what: Locator, choice: str) -> None:
        words = what.locator("option", has_text=re.compile(f"^{choice}")).first.inner_text()
        what.select_option(label=words)


class Keyboard:
    """Everything by Tab, Enter, Space, arrows and letters. Focus is never set by a script."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, what: Locator) -> None:
        self._reach(what)
        ticked = what.evaluate("element => element.type === 'checkbox'")
        self._page.keyboard.press("Space" if ticked else "Enter")

    def write(self, what: Locator, text: str) -> None:
        self._reach(what)
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text)

    def pick(self, what: Locator, text: str) -> None:
        self.write(what, text)
        expect(self._page.get_by_role("option").first).to_be_visible()
        self._page.keyboard.press("ArrowDown")
        self._page.keyboard.press("Enter")

    def select(self, what: Locator, choice: str) -> None:
        expect(what.locator("option", has_text=re.compile(f"^{choice}")).first).to_be_attached()
        self._reach(what)
        self._page.keyboard.type(choice)

    def _reach(self, what: Locator) -> None:
        expect(what).to_be_enabled()
        for _ in range(FARTHEST):
            if what.evaluate("element => element === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {what}")
