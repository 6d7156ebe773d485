"""The page behind an exclude link: looking changes nothing, the button does one thing once, refusals are kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import templates
from shared.accounts import audit
from shared.accounts.audit import Via
from shared.accounts.directory import save_account
from shared.accounts.preferences import DigestSettings
from shared.alerts import exclusions
from shared.alerts.exclude_link.link import LIVES, PATH, Links
from shared.alerts.exclude_link.page import (
    EXPIRED,
    NOT_VALID,
    ButtonResult,
    ExcludePage,
    ExcludePages,
    LinkOutcome,
    render,
)
from shared.alerts.exclusions import Listed
from shared.alerts.models import Finding, Slug
from shared.microsoft.models import Customer, Subscription, Term
from shared.storage.decisions import Decider
from shared.storage.keys import account_id
from tests.shared.alerts.world import DAY, NIGHT, World, sku
from tests.shared.mail.test_message import NASTY

KEY = b"k" * 32
LINKS = Links("https://seatwise.msp.example", [KEY])
TO = "clerk@acme.example"
ALWAYS = {"how": "always"}


@dataclass
class Mailed:
    """A world whose alerts were mailed, and what a person does with the links."""

    world: World

    def token(self, slug: Slug, to: str = TO) -> str:
        return self.link(self.world.only(slug).finding, to)

    def link(self, finding: Finding, to: str = TO) -> str:
        return LINKS.url(self.world.account.id, finding, to, self.world.now).partition(PATH)[2]

    @property
    def desk(self) -> ExcludePages:
        def names() -> Callable[[str, str], str]:
            return lambda _, part: part

        return ExcludePages(self.world.tables, LINKS, names, self.world.now)

    def look(self, token: str) -> ExcludePage:
        return self.desk.look(token)

    def press(self, token: str, **form: str) -> ButtonResult:
        """The form as it stands on the page, but for what the person changes."""
        offered = self.look(token).form
        return self.send(token, ({"how": offered.how, "spare": offered.spare} if offered else {}) | form)

    def send(self, token: str, form: dict[str, str]) -> ButtonResult:
        return self.desk.press(token, form)

    def listed(self) -> list[Listed]:
        return list(exclusions.listed(self.world.tables, self.world.account.id, self.world.now.date()))

    def include(self) -> None:
        account = self.world.account.id
        for one in self.listed():
            exclusions.include(self.world.tables, account, one.id, Decider("ann", "", self.world.now))

    def save(self, **changes: Any) -> None:
        self.world.account = self.world.account.model_copy(update=changes)
        save_account(self.world.tables, self.world.account)


@pytest.fixture
def mailed(world: World) -> Mailed:
    """Contoso has 6 unused E3; Fabrikam was not added."""
    world.partner("p1", [Customer(tenant_id="t2", name="Fabrikam", domain="fabrikam.example")])
    world.add("t1", sku("e3", 10, 4, part="Microsoft 365 E3"), name="Contoso")
    found = Mailed(world)
    found.save()
    world.evaluate()
    return found


KINDS = [Slug.UNUSED_LICENSES, Slug.TENANT_NOT_ADDED]


# -- looking ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", KINDS)
def test_looking_says_what_for_whom_and_how_long_and_writes_nothing(mailed: Mailed, slug: Slug) -> None:
    token = mailed.token(slug)
    mailed.world.tables.written.clear()
    pages = [mailed.look(token) for _ in range(3)]
    assert mailed.world.tables.written == []
    assert pages[0] == pages[1] == pages[2]
    text = render(pages[0])
    assert pages[0].outcome == LinkOutcome.ASKED
    for said in (
        "Acme MSP",
        TO,
        "20 Dec 2026",
        "billed stays exactly as it is",
        "Nothing has been changed yet",
    ):
        assert said in text
    assert ("Contoso" if slug == Slug.UNUSED_LICENSES else "Fabrikam") in text


def test_unused_seats_are_offered_up_to_their_present_number(mailed: Mailed) -> None:
    form = mailed.look(mailed.token(Slug.UNUSED_LICENSES)).form
    assert form is not None
    assert (form.how, form.spare, form.least) == ("spare", "6", 6)


# -- pressing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", KINDS)
def test_pressing_records_it_with_the_address_and_the_reason_and_the_row_is_gone(
    mailed: Mailed, slug: Slug
) -> None:
    outcome = mailed.press(mailed.token(slug), reason=" agreed\nwith Tom ")
    assert (outcome.page.outcome, outcome.page.heading) == (LinkOutcome.EXCLUDED, "Excluded")
    assert outcome.recorded == mailed.world.account.id
    (one,) = mailed.listed()
    assert (one.who, one.reason, one.since) == (f"link sent to {TO}", "agreed with Tom", NIGHT)
    assert mailed.world.alerts(slug) == []


@pytest.mark.parametrize("slug", KINDS)
def test_pressing_again_says_that_it_is_done_and_writes_nothing(mailed: Mailed, slug: Slug) -> None:
    token = mailed.token(slug)
    mailed.press(token, reason="first")
    mailed.world.evaluate()
    mailed.world.tables.written.clear()
    for again in (mailed.press(token, reason="second", **ALWAYS), ButtonResult(mailed.look(token))):
        assert again.recorded is None
        assert (again.page.outcome, again.page.heading) == (LinkOutcome.EXCLUDED, "Already excluded")
        assert again.page.form is None
        assert ("Reason", "first") in again.page.facts
    assert mailed.world.tables.written == []


def test_what_a_link_excluded_is_in_the_audit_log_as_a_links_doing(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    for _ in range(2):
        mailed.press(token)
    ((_, entry),) = audit.entries(mailed.world.tables, mailed.world.account.id, mailed.world.now)
    assert (entry.via, entry.who, entry.action) == (Via.LINK, f"link sent to {TO}", "exclusion.added")


def test_a_second_recipient_sees_who_excluded_it(mailed: Mailed) -> None:
    other = "boss@acme.example"
    mailed.save(digest=DigestSettings(recipients=(TO, other)))
    first, second = mailed.token(Slug.UNUSED_LICENSES), mailed.token(Slug.UNUSED_LICENSES, other)
    mailed.press(first)
    assert ("By", f"link sent to {TO}") in mailed.look(second).facts


def test_how_long_is_what_was_chosen(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    page = mailed.press(token, how="until", until="2026-12-24", spare="6").page
    assert "until 24 Dec 2026" in page.text[0]
    (one,) = mailed.listed()
    assert (one.exclusion.spare_at_most, str(one.exclusion.until)) == (None, "2026-12-24")


def terms(mailed: Mailed, ends: date | None) -> str:
    """A link for unused seats of a subscription whose term ends on that day."""
    bought = Subscription(id="s1", sku_id="e3", commerce_id="c1", status="Enabled", total=10)
    mailed.world.read("t1", sku("e3", 10, 4, part="Microsoft 365 E3"), subscriptions=[bought])
    mailed.world.terms("t1", Term(commerce_id="c1", ends=ends))
    return mailed.token(Slug.UNUSED_LICENSES)


def test_until_renewal_is_offered_with_its_day_where_that_is_known(mailed: Mailed) -> None:
    token = terms(mailed, date(2026, 12, 17))
    assert "Until renewal on 17 Dec 2026" in render(mailed.look(token))
    assert "until renewal on 17 Dec 2026" in mailed.press(token, how="renewal").page.text[0]
    (one,) = mailed.listed()
    assert (one.exclusion.renewal, one.exclusion.until) == (True, date(2026, 12, 17))
    mailed.world.sleep(26)
    assert mailed.world.alerts(Slug.UNUSED_LICENSES) == []
    mailed.world.sleep()
    assert mailed.world.only(Slug.UNUSED_LICENSES).opened_at == mailed.world.now


@pytest.mark.parametrize("ends", [None, NIGHT.date()])
def test_until_renewal_is_not_offered_nor_taken_where_the_day_is_not_known_or_is_today(
    mailed: Mailed, ends: date | None
) -> None:
    token = terms(mailed, ends)
    assert "renewal" not in render(mailed.look(token)).partition("<form")[2]
    assert mailed.press(token, how="renewal").page.outcome == LinkOutcome.WRONG_INPUT


def test_more_seats_than_agreed_raise_the_alert_again_and_the_next_link_asks_anew(mailed: Mailed) -> None:
    mailed.press(mailed.token(Slug.UNUSED_LICENSES), how="spare", spare="7")
    mailed.world.sleep()
    mailed.world.read("t1", sku("e3", 10, 2))
    token = mailed.token(Slug.UNUSED_LICENSES)
    form = mailed.look(token).form
    assert form is not None
    assert form.spare == "8"
    assert mailed.press(token).recorded
    assert mailed.world.alerts(Slug.UNUSED_LICENSES) == []


def test_a_row_with_two_licences_excludes_both_and_each_can_be_taken_back(mailed: Mailed) -> None:
    row = mailed.world.only(Slug.UNUSED_LICENSES).finding
    changes = {"slug": Slug.SHARED_MAILBOX_LICENSES, "skus": ("e3", "plan1")}
    mailbox = row.model_copy(update=changes)
    page = mailed.press(mailed.link(mailbox)).page
    assert ("Licences", "Microsoft 365 E3 and plan1") in page.facts
    assert {(one.exclusion.slug, one.exclusion.sku_id) for one in mailed.listed()} == {
        (Slug.SHARED_MAILBOX_LICENSES, "e3"),
        (Slug.SHARED_MAILBOX_LICENSES, "plan1"),
    }


@pytest.mark.parametrize(
    "form, told",
    [
        ({"how": "until", "until": ""}, "Choose the date"),
        ({"how": "until", "until": "24.12.2026"}, "Choose the date"),
        ({"how": "until", "until": "2026-11-20"}, "in the future"),
        ({"how": "until", "until": "9999-12-31"}, "ten years"),
        ({"how": "spare", "spare": "-1"}, "from 6 to 1,000,000"),
        ({"how": "spare", "spare": "5"}, "6 are unused now"),
        ({"how": "spare", "spare": "٧"}, "number of seats"),
        ({"how": "spare", "spare": "9" * 400}, "number of seats"),
        ({"how": "spare", "spare": ""}, "number of seats"),
        ({"how": "for ever"}, "how long"),
        ({"how": ""}, "how long"),
    ],
)
def test_a_form_that_cannot_be_is_shown_again_with_what_is_wrong(
    mailed: Mailed, form: dict[str, str], told: str
) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    mailed.world.tables.written.clear()
    outcome = mailed.press(token, reason="mine", **form)
    assert outcome.page.outcome == LinkOutcome.WRONG_INPUT
    assert outcome.page.form is not None
    assert told in outcome.page.form.error
    assert outcome.page.form.reason == "mine"
    assert mailed.world.tables.written == []


@pytest.mark.parametrize("slug", KINDS)
@pytest.mark.parametrize("form", [{}, {"reason": "mine"}, {"other": "field"}], ids=str)
def test_a_form_without_a_choice_is_shown_again_and_records_nothing(
    mailed: Mailed, slug: Slug, form: dict[str, str]
) -> None:
    token = mailed.token(slug)
    mailed.world.tables.written.clear()
    outcome = mailed.send(token, form)
    assert (outcome.page.outcome, outcome.recorded) == (LinkOutcome.WRONG_INPUT, None)
    assert outcome.page.form is not None
    assert "how long" in outcome.page.form.error
    assert mailed.world.tables.written == []


def test_a_tenant_cannot_be_excluded_up_to_a_number_of_seats(mailed: Mailed) -> None:
    assert (
        mailed.press(mailed.token(Slug.TENANT_NOT_ADDED), how="spare", spare="3").page.outcome
        == LinkOutcome.WRONG_INPUT
    )


# -- refusals -----------------------------------------------------------------------------------------------------


def refused(mailed: Mailed, token: str) -> ExcludePage:
    """What looking and pressing say, which is the same, and that nothing was written."""
    mailed.world.tables.written.clear()
    page = mailed.look(token)
    outcome = mailed.press(token, **ALWAYS)
    assert (outcome.page, outcome.recorded) == (page, None)
    assert mailed.world.tables.written == []
    assert "Nothing was changed" in render(page)
    assert "Contoso" not in render(page) or page.outcome == LinkOutcome.RETIRED
    assert page.form is None
    return page


@pytest.mark.parametrize("slug", KINDS)
def test_an_expired_link_says_so_and_changes_nothing(mailed: Mailed, slug: Slug) -> None:
    token = mailed.token(slug)
    mailed.world.now += LIVES + DAY
    assert refused(mailed, token) is EXPIRED


def test_a_forged_link_shows_nothing_of_any_account(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    page = refused(mailed, token[:-8] + "AAAAAAAA")
    assert page is NOT_VALID
    assert "Acme" not in render(page)


def test_after_a_key_rotation_old_links_work_and_once_their_key_is_dropped_they_are_not_valid(
    mailed: Mailed,
) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)

    def desk(*secret: bytes) -> ExcludePages:
        links = Links("https://seatwise.msp.example", secret)
        return ExcludePages(mailed.world.tables, links, mailed.desk.names, mailed.world.now)

    newer, newest = b"n" * 32, b"e" * 32
    assert desk(newest, newer).look(token) is NOT_VALID
    assert desk(newest, newer).press(token, ALWAYS) == ButtonResult(NOT_VALID)
    assert mailed.listed() == []
    assert desk(newer, KEY).press(token, ALWAYS).recorded


def test_without_keys_no_link_is_valid(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    desk = ExcludePages(mailed.world.tables, None, mailed.desk.names, mailed.world.now)
    assert desk.look(token) is NOT_VALID
    assert desk.press(token, ALWAYS) == ButtonResult(NOT_VALID)


def test_a_link_from_before_the_exclusion_was_taken_back_is_retired_and_a_newer_one_works(
    mailed: Mailed,
) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    mailed.press(token)
    mailed.world.now += timedelta(hours=1)
    mailed.include()
    assert "taken back on 20 Nov 2026" in refused(mailed, token).text[0]
    mailed.world.sleep()
    assert mailed.press(mailed.token(Slug.UNUSED_LICENSES)).recorded


def test_a_link_to_an_address_that_gets_no_mails_any_more_is_retired(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    mailed.save(digest=DigestSettings(recipients=("boss@acme.example",)))
    page = refused(mailed, token)
    assert page.outcome == LinkOutcome.RETIRED
    assert TO not in render(page)


def test_a_link_about_a_tenant_that_was_added_since_excludes_nothing(mailed: Mailed) -> None:
    token = mailed.token(Slug.TENANT_NOT_ADDED)
    mailed.world.add("t2", sku("e3", 10, 4), name="Fabrikam")
    assert "added to a company" in refused(mailed, token).text[0]


def test_a_link_about_a_customer_that_was_removed_is_retired(mailed: Mailed) -> None:
    token = mailed.token(Slug.UNUSED_LICENSES)
    mailed.world.remove("t1")
    assert refused(mailed, token).outcome == LinkOutcome.RETIRED


def test_a_link_of_an_account_that_is_gone_is_retired(mailed: Mailed) -> None:
    finding = mailed.world.only(Slug.UNUSED_LICENSES).finding
    other = LINKS.url(account_id("gone"), finding, TO, mailed.world.now).partition(PATH)[2]
    assert refused(mailed, other).outcome == LinkOutcome.RETIRED


# -- the page itself ----------------------------------------------------------------------------------------------


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))


def structure(html: str) -> list[tuple[str, tuple[str, ...]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.seen


STORED = NASTY.map(lambda text: text.encode(errors="replace").decode())
"""Lone surrogates come with no JSON and no form."""


@given(st.sampled_from(KINDS), STORED, STORED, STORED)
def test_whatever_text_there_is_the_page_has_the_same_structure(
    slug: Slug, customer: str, product: str, reason: str
) -> None:
    def pages(customer: str, product: str, reason: str) -> list[list[tuple[str, tuple[str, ...]]]]:
        # With a letter before it, it is never by chance one of the products that are free.
        mailed = Mailed(World())
        mailed.world.partner("p1", [Customer(tenant_id="t2", name=customer, domain="")])
        mailed.world.add("t1", sku("e3", 10, 4, part=f"P {product}"), name=customer)
        mailed.save(name=f"A {customer}")
        token = mailed.token(slug)
        wrong = mailed.press(token, how="until", until=reason, reason=reason).page
        done = mailed.press(token, reason=f"r {reason}").page
        return [structure(render(page)) for page in (mailed.look(token), wrong, done)]

    assert pages(customer, product, reason) == pages("Contoso", "E3", "because")


def test_a_page_has_no_script_no_inline_style_and_no_address_of_anybody_else(mailed: Mailed) -> None:
    html = render(mailed.look(mailed.token(Slug.UNUSED_LICENSES)))
    tags = structure(html)
    assert not {"script", "img", "link", "iframe", "a"} & {tag for tag, _ in tags}
    assert not [name for _, names in tags for name in names if name == "style" or name.startswith("on")]
    assert "http" not in html
    sheet = html.partition("<style>")[2].partition("</style>")[0]
    assert sheet == templates.style("page.css").text
