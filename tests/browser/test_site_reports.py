"""The logo, a customer's monthly report and the portal, in a browser: from the upload to what the customer sees."""

import base64
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from functions.queues.reports import publisher
from sandbox.seeded_history import telling_month
from shared.accounts.companies import added_tenants
from shared.accounts.company import Company
from shared.reports.mail import MadeReport, bodies
from shared.reports.models import Month
from shared.reports.pdf import pictures
from shared.reports.publish import ReportState, make, report_of, reports_of
from tests.browser import logo
from tests.browser.site import LOOKS, Api, Look, Site, opened
from tests.journeys.living import DEMO, Living, eventually

pytestmark = pytest.mark.processes

CUSTOMER = "Alder & Ash Architects"
"""Whose own user looks into the portal."""
REPORTED, RECIPIENT = "Juniper Property", "jo@juniperproperty.example"
"""Whose report is switched on by hand."""


@pytest.fixture(scope="module")
def customer(living: Living) -> Company:
    """The customer with a portal, and a monthly report from the next 1st on."""
    company = _company(living, CUSTOMER)
    settings = {"scheduled": True, "recipients": ["cara@alderash.example"], "portal": True}
    Api(living, "admin").replace(f"companies/{company.id}/report-settings", settings)
    return company


def a_file(png: bytes) -> FilePayload:
    """As a person chooses it."""
    return {"name": "logo.png", "mimeType": "image/png", "buffer": png}


def assert_readable(site: Site, look: Look = LOOKS[0]) -> None:
    """By everybody, light and dark, in this width."""
    site.settled()
    site.look("light")
    assert site.violations_in_both() == []
    site.look(look.scheme)
    assert site.page.evaluate("document.documentElement.scrollWidth") <= look.width


def test_a_logo_is_refused_with_its_size_shown_where_it_will_stand_and_removed_with_an_undo(
    living: Living, browser: Browser
) -> None:
    Api(living, "admin").ask("DELETE", "logo")
    with opened(browser, living) as site:
        site.open("settings/logo", "admin")
        file = site.page.locator("input[type=file]")
        shown = site.page.get_by_role("img", name="Logo of Harbour IT")
        file.set_input_files(a_file(logo.plain(503, 81)))
        expect(site.page.get_by_role("alert")).to_contain_text("503 x 81 pixels; at most 502 x 81")
        expect(shown).to_have_count(0)

        file.set_input_files(a_file(logo.harbour()))
        expect(site.page.get_by_text("The logo is saved.").first).to_be_visible()
        expect(shown).to_have_count(2)  # on a report, and on the portal
        assert shown.first.evaluate("picture => picture.naturalWidth") == 420

        assert_readable(site)

        site.button("Remove the logo").click()
        expect(shown).to_have_count(0)
        site.page.get_by_role("button", name="Undo").last.click()
        expect(shown).to_have_count(2)


def test_a_report_is_looked_at_tested_sent_on_the_1st_and_sent_again(
    living: Living, browser: Browser, customer: Company
) -> None:
    reported = _company(living, REPORTED)
    with opened(browser, living) as site:
        site.open("reports", "admin")
        site.page.get_by_label(f"Choose {REPORTED}").check()
        site.button("Switch on …").click()
        expect(site.page.get_by_role("dialog")).to_contain_text("It has no recipient: add one first.")
        site.button("Cancel").click()

        site.page.get_by_role("link", name=f"Open: {REPORTED}").click()
        site.heading(REPORTED)
        site.page.get_by_role("textbox", name="Recipients").fill("cara")
        site.page.get_by_role("switch", name="Send the monthly report").check()
        site.page.get_by_label("The customer’s users may look into the portal").check()
        site.button("Save").click()
        expect(site.page.get_by_text("cara is not an e-mail address").first).to_be_visible()
        site.page.get_by_role("textbox", name="Recipients").fill(f"{RECIPIENT}\n")
        site.button("Save").click()
        expect(site.page.get_by_text("Saved.").first).to_be_visible()

        site.page.get_by_role("combobox", name="Month").click()
        site.page.get_by_role("option").first.click()  # the month that it is
        site.button("Preview").click()
        mail = site.page.frame_locator("iframe")
        expect(mail.locator("body")).to_contain_text(REPORTED)
        with site.page.expect_download() as pdf:
            site.button("Download as PDF").click()
        assert Path(pdf.value.path()).read_bytes().startswith(b"%PDF")
        assert_readable(site)
        site.button("Send a test to me").click()
        expect(site.page.get_by_text("The test is sent to adam@harbourit.example.").first).to_be_visible()

    _to_the_first(living, reported, customer)
    with opened(browser, living) as site:
        site.open(f"reports/{reported.id}", "admin")
        sent = site.page.get_by_role("list", name="Reports of the past months")
        expect(sent).to_contain_text(RECIPIENT)
        expect(sent).to_contain_text("Sent")
        sent.get_by_role("button", name="Send again").click()
        expect(site.page.get_by_text(f"Sent to {RECIPIENT}.").first).to_be_visible()
        expect(sent).to_contain_text("2 times")
    assert len(list(living.stage.mails.glob(f"*-demo-report-{reported.id}-*.html"))) == 2


def test_a_customers_user_sees_their_own_company_and_nothing_else(
    living: Living, browser: Browser, screens: Path, customer: Company
) -> None:
    picture = base64.b64encode(logo.harbour()).decode()
    Api(living, "admin").ask("PUT", "logo", {"image": picture})
    if not reports_of(living.tables, living.account(), customer.id):
        _to_the_first(living, customer)
    for look in LOOKS:
        with opened(browser, living, look) as site:
            _sign_in(site, "portal/demo", "customer")
            expect(site.page.get_by_role("img", name="Harbour IT")).to_be_visible()
            site.heading(CUSTOMER)
            expect(site.page.get_by_role("table", name="Licences")).to_contain_text(
                "Microsoft 365 Business Premium"
            )
            assert_readable(site, look)
            site.page.screenshot(path=screens / f"portal-{look.name}.png", full_page=look.width < 640)
            with site.page.expect_download() as pdf:
                site.page.get_by_role("list", name="Reports").get_by_role("button").first.click()
            assert Path(pdf.value.path()).read_bytes().startswith(b"%PDF")
    with opened(browser, living) as site:
        _sign_in(site, "accounts/demo/today", "customer")
        expect(site.page.get_by_role("alert")).to_contain_text("you are not a member of it")
    for stranger in ("nobody", "owner"):
        with opened(browser, living) as site:
            _sign_in(site, "portal/demo", stranger)
            expect(site.page.get_by_role("heading")).to_have_text("Nothing is shown to you here")
            assert CUSTOMER not in site.page.content()


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_report_of_the_telling_month_fits_in_every_look_as_a_mail_and_on_paper(
    living: Living, browser: Browser, screens: Path, look: Look
) -> None:
    made = _telling(living)
    address = f"data:image/png;base64,{base64.b64encode(made.logo or b'').decode()}"
    context = browser.new_context(
        viewport={"width": min(look.width, 860), "height": 400}, color_scheme=look.scheme
    )
    page = context.new_page()
    page.set_content(bodies(made, RECIPIENT, address).html)
    assert page.evaluate("document.documentElement.scrollWidth") <= look.width
    page.screenshot(path=screens / f"report-mail-{look.name}.png", full_page=True)
    context.close()
    if look is LOOKS[0]:
        sheets = pictures(made.view, made.logo)
        assert len(sheets) == 3
        for number, sheet in enumerate(sheets, 1):
            (screens / f"report-page-{number}.png").write_bytes(sheet)


def _telling(living: Living) -> MadeReport:
    """The demo's report of the month that has most to tell, with the logo that an admin saved."""
    wired, account = living.stage.wiring, living.account()
    month = telling_month(account.since + timedelta(days=1))
    return make(publisher(wired), account, _company(living, CUSTOMER), month, living.stage.clock.now())


def _sign_in(site: Site, path: str, person: str) -> None:
    site.page.goto(f"{site.origin}/{path}")
    site.page.locator(f"#{person}").click()


def _company(living: Living, customer: str) -> Company:
    return added_tenants(living.tables, DEMO)[living.tenant_id(customer)].companies[0]


def _to_the_first(living: Living, *companies: Company) -> None:
    """Beyond the end of the month: the night of the 1st, and what is sent when it has closed."""
    account, now = living.account(), living.stage.clock.now()
    first = Month.of(now.astimezone(account.zone).date()).next.first
    living.stage.clock.move_to(datetime.combine(first, time(), account.zone))
    living.night()
    living.host.tick()
    month = Month.of(first).before

    def sent() -> bool:
        reports = [report_of(living.tables, account, company.id, month) for company in companies]
        return all(report is not None and report.state is ReportState.SENT for report in reports)

    eventually(sent, f"the reports of {month}")
