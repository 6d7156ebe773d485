"""The guide from an empty account to its first push, as a new MSP takes it: by the mouse, and by the keyboard alone."""

import re
import zipfile
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, expect

from sandbox.standins.worlds.demo import demo_world
from tests.browser.hands import Hands, Keyboard, Mouse
from tests.browser.site import Site, opened
from tests.browser.test_keyboard import held
from tests.journeys.living import Living, eventually

pytestmark = pytest.mark.processes

WORLD = demo_world()
PARTNER = next(partner for partner in WORLD.partners if partner.account == "preview")
PSA = next(psa for psa in WORLD.connectwise if psa.account == "preview")


class Way(NamedTuple):
    """Who opens an account, by what, and the customer whose line is written first."""

    person: str
    hands: type[Mouse] | type[Keyboard]
    customer: str
    product: str


WAYS = (
    Way("new", Mouse, "Osprey Optics", "Business Premium"),
    Way("later", Keyboard, "Pinecrest Builders", "Business Standard"),
)


class Newcomer:
    """Somebody whose MSP has no account yet, at the front end."""

    def __init__(self, living: Living, site: Site, way: Way) -> None:
        self.living, self.site, self.way = living, site, way
        self.hands: Hands = way.hands(site.page)

    def button(self, words: str) -> Locator:
        return self.site.page.get_by_role("button", name=words, exact=True)

    def field(self, words: str) -> Locator:
        return self.site.page.get_by_label(words, exact=True)

    def arrive(self) -> None:
        """Microsoft's page asks who it is."""
        self.hands.press(self.site.page.locator(f"#{self.way.person}"))

    def step(self, title: str) -> None:
        """Take a step of the guide, which is one link away from everywhere."""
        self.hands.press(self.site.link("Guide"))
        self.site.heading("Guide")
        self.hands.press(self.site.page.get_by_role("button", name=f": {title}"))

    def says(self, words: str) -> None:
        expect(self.site.page.get_by_text(words).first).to_be_visible()

    # -- the steps

    def open_account(self) -> None:
        self.site.page.goto(self.site.origin)
        self.arrive()
        self.site.heading("Open your account")
        self.hands.write(self.field("Name of your MSP"), "Quay Computing")
        self.hands.press(self.button("Open the account"))
        self.site.heading("Guide")
        self.says("Not begun")

    def connect_partner(self) -> None:
        self.step("Connect your Microsoft partner tenant")
        self.hands.write(self.field("Name"), PARTNER.name)
        self.hands.write(self.field("Client id of your app registration"), PARTNER.client_id)
        self.hands.write(self.field("Client secret"), PARTNER.secret)
        self.hands.press(self.button("Consent at Microsoft"))
        self.hands.press(self.site.page.locator("#accept"))
        self.arrive()
        self.says(PARTNER.tenant_id)

    def connect_psa(self) -> None:
        self.step("Connect your PSA")
        self.hands.press(self.button("Connect a PSA"))
        self.hands.write(self.field("Name"), "ConnectWise")
        self.hands.write(self.field("Site"), PSA.site)
        self.hands.write(self.field("Company id"), PSA.company_login)
        self.hands.write(self.field("Public key of the API member"), PSA.public_key)
        self.hands.write(self.field("Client id"), PSA.client_id)
        self.hands.write(self.field("Private key of the API member"), "wrong")
        self.hands.press(self.button("Test and save"))
        expect(self.site.page.get_by_role("alert")).to_be_visible()
        self.hands.write(self.field("Private key of the API member"), PSA.private_key)
        self.hands.press(self.button("Test and save"))
        self.says("ConnectWise works and is saved.")
        self.says("3 companies")

    def add_companies(self) -> None:
        self.step("Add companies")
        self.sync("Synced: 0 tenants read")
        self.hands.press(self.button("Add companies"))
        self.hands.press(self.button("Add 3 companies"))
        self.says("3 companies added.")
        self.sync("Synced: 3 tenants read")

    def make_profile(self) -> None:
        self.step("Make billing profiles")
        self.hands.pick(self.site.page.get_by_role("combobox", name="Product"), self.way.product)
        self.hands.press(self.button("Make profile"))
        self.says("is made.")

    def map_licence(self) -> None:
        self.step("Map licences")
        row = self.site.page.get_by_role("row").filter(has_text=self.way.product)
        self.hands.press(row.filter(has_text=self.way.customer).get_by_role("button"))
        drawer = self.site.page.get_by_role("dialog")
        expect(drawer.get_by_role("status")).to_contain_text("Choose a billing profile")
        self.hands.select(drawer.get_by_label("Billing profile"), "Microsoft 365")
        self.hands.select(drawer.get_by_label("Line"), "Take over line")
        expect(drawer.get_by_role("status")).to_contain_text("would say")
        self.hands.write(drawer.get_by_label("Own description"), "Seats of the office")
        expect(self.button("Map it")).to_be_disabled()
        expect(drawer.get_by_role("status")).to_contain_text("Seatwise would write: Seats of the office")
        self.hands.press(drawer.get_by_label("Replace the text that is there"))
        expect(drawer.get_by_role("status")).to_contain_text("It becomes: Seats of the office")
        assert self.site.violations() == []
        self.hands.press(self.button("Map it"))
        self.says("It is mapped.")
        expect(drawer).to_have_count(0)

    def go_live(self) -> None:
        self.step("Look at the preview")
        lines = self.site.page.get_by_role("table", name="Lines that are not in step")
        expect(lines.get_by_role("row").filter(has_text=self.way.customer)).to_contain_text("Is written")
        self.hands.press(self.site.link("Guide"))
        if isinstance(self.hands, Keyboard):
            held(self.site, self.button("Go live"))
        self.hands.press(self.button("Go live"))
        dialog = self.site.page.get_by_role("dialog")
        expect(dialog).to_contain_text("1 line would be written")
        self.hands.press(dialog.get_by_role("button", name="Go live"))
        self.says("The account is live: every night it pushes what changed.")
        expect(self.site.page.get_by_role("heading", level=1)).to_be_focused()

    def sync(self, told: str) -> None:
        self.living.control("clock", "+11m")
        self.hands.press(self.site.link("Companies"))
        self.hands.press(self.button("Sync now"))
        expect(self.site.page.get_by_role("status").filter(has_text=told)).to_be_visible(timeout=60_000)

    def lose_the_customer(self, last_day: str) -> None:
        """The customer leaves some days later: its line is billed until then."""
        self.hands.press(self.site.page.get_by_role("link", name=self.way.customer).first)
        self.hands.press(self.button("Remove …"))
        drawer = self.site.page.get_by_role("dialog", name="Remove the company")
        remove = drawer.get_by_role("button", name=re.compile("^Remove "))
        expect(remove).to_be_disabled()
        drawer.get_by_label("Last day to bill").fill(last_day)
        expect(drawer.get_by_role("status")).to_contain_text("seats until 31 Dec 2026")
        assert self.site.violations_in_both() == []
        self.hands.press(remove)
        self.says("is removed: its lines bill until 31 Dec 2026.")
        expect(drawer).to_have_count(0)
        self.hands.press(self.site.link("Billing"))
        self.site.page.get_by_role("tab", name="Ending lines").click()
        ending = self.site.page.get_by_role("table", name="Ending lines")
        expect(ending.get_by_role("row").filter(has_text=self.way.customer)).to_contain_text("31 Dec")

    def leave(self) -> None:
        """It looks whether all is well, stops writing, takes everything along, and has the account deleted."""
        page = self.site.page
        self.hands.press(self.site.link("Settings"))
        page.get_by_role("tab", name="Account").click()
        self.hands.press(self.button("Look now"))
        looked = page.get_by_role("list", name="What was looked at")
        expect(looked.get_by_role("listitem").filter(has_text="ConnectWise").first).to_be_visible()
        assert self.site.violations_in_both() == []
        self.hands.press(self.button("Stop writing"))
        self.says("The account is in preview.")
        expect(self.button("Stop writing")).to_have_count(0)
        with page.expect_download() as taken:
            self.hands.press(self.button("Download everything"))
        assert zipfile.ZipFile(taken.value.path()).testzip() is None
        self.hands.press(self.button("Delete …"))
        delete = self.button("Delete everything")
        expect(delete).to_be_disabled()
        assert self.site.violations_in_both() == []
        self.hands.write(self.field("Name of the account"), "Quay Computing")
        self.hands.press(delete)
        self.arrive()
        self.site.heading("Open your account")  # nothing is left that could be opened


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.hands.__name__.lower())
def test_a_new_msp_gets_from_nothing_to_its_first_push(living: Living, browser: Browser, way: Way) -> None:
    lines = {customer: living.in_psa(customer) for customer in ("Osprey", "Pinecrest", "Quarry")}
    with opened(browser, living) as site:
        newcomer = Newcomer(living, site, way)
        newcomer.open_account()
        newcomer.connect_partner()
        newcomer.connect_psa()
        newcomer.add_companies()
        newcomer.make_profile()
        newcomer.map_licence()
        newcomer.go_live()
        assert {customer: living.in_psa(customer) for customer in lines} == lines
        written = living.count("connectwise.write")
        newcomer.sync("1 line written.")
        first = way.customer.split()[0]
        eventually(lambda: living.in_psa(first) != lines[first], "the line to be written")
        changed = [line for line, seats in living.in_psa(first).items() if lines[first][line] != seats]
        assert len(changed) == 1
        assert living.count("connectwise.write") == written + 1
        newcomer.lose_the_customer("2026-12-31")
        newcomer.leave()
