"""When a digest goes out, what stands in it, in which order and in which words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.account import Account
from shared.accounts.preferences import DigestSettings, Frequency
from shared.alerts.digest.compose import Digest, Rendered, compose
from shared.alerts.digest.decide import DigestKind, decide
from shared.alerts.digest.memory import DigestMemory
from shared.alerts.digest.wording import DigestWords
from shared.alerts.models import Alert, Evaluation, Finding, Slug
from shared.alerts.rules import RULES
from shared.storage import keys
from shared.text import header_text, one_line, unlinked
from tests.shared.mail.test_message import NASTY

EVALUATED = datetime(2026, 11, 23, 1, 4, tzinfo=UTC)
"""A Monday night, 02:04 in Berlin."""
NOW = datetime(2026, 11, 23, 6, 0, 3, tzinfo=UTC)
DAY = timedelta(days=1)
TO = "billing@msp.example"


def account(**digest: Any) -> Account:
    return Account(
        id=keys.account_id("msp"),
        name="Northwind IT",
        since=datetime(2026, 1, 1, tzinfo=UTC),
        timezone="Europe/Berlin",
        currency_symbol="€",
        digest=DigestSettings(recipients=(TO,), **digest),
    )


MSP = account()


def evaluation(at: datetime = EVALUATED, **changed: Any) -> Evaluation:
    facts: dict[str, Any] = {
        "run_id": "r",
        "tenants_read": 12,
        "tenants_not_read": 0,
        "last_complete": at,
        "on_date": date(at.year, at.month, at.day),
    }
    return Evaluation(at=at, **(facts | changed))


def alert(
    who: str = "Alpine Dental",
    slug: str = Slug.NO_BILLING_PROFILE,
    *,
    opened: datetime = EVALUATED,
    changed: datetime | None = None,
    **facts: Any,
) -> Alert:
    alert_facts = {name: facts.pop(name) for name in ("closed_at", "not_checked_since") if name in facts}
    finding: dict[str, Any] = {"what": "Power BI Pro: 3 purchased", "fix": "Map it."} | facts
    return Alert(
        finding=Finding(slug=slug, identity=f"{who}|{slug}", scope=who, who=who, **finding),
        opened_at=opened,
        changed_at=changed or opened,
        **alert_facts,
    )


def digest(
    alerts: Sequence[Alert],
    told: DigestMemory | None = None,
    *,
    due: bool = True,
    now: datetime = NOW,
    of: Account | None = None,
    run: Evaluation | None = None,
) -> Digest | None:
    memory, whose, judged = told or DigestMemory(), of or MSP, run or evaluation()
    mail = decide(alerts, memory, whose, judged, due=due, now=now)
    return None if mail is None else compose(mail, memory, DigestWords(whose, judged, TO, now))


def sure(mail: Digest | None) -> Digest:
    assert mail is not None
    return mail


def order(mail: Digest) -> list[str]:
    return [row.who for group in mail.view.groups for section in group.sections for row in section.rows]


YESTERDAY = DigestMemory(digest_as_of=EVALUATED - DAY, all_rows_at=NOW - DAY)
TODAY = DigestMemory(digest_as_of=EVALUATED, all_rows_at=NOW)


# -- silence ------------------------------------------------------------------------------------------------------


def test_no_open_alert_is_no_mail() -> None:
    assert digest([]) is None
    assert digest([alert(closed_at=EVALUATED)]) is None


def test_the_first_digest_calls_everything_new() -> None:
    view = sure(digest([alert(opened=EVALUATED - 40 * DAY), alert("Beta")]))
    assert view.view.subject == "2 new: 2 licences without billing profile"
    assert [group.title for group in view.view.groups] == ["New"]


def test_an_unchanged_day_is_silent() -> None:
    assert digest([alert(opened=EVALUATED - DAY)], YESTERDAY) is None


def test_before_its_due_date_a_digest_stays_home() -> None:
    assert digest([alert()], YESTERDAY, due=False) is None


@pytest.mark.parametrize("days, goes_out", [(6, False), (7, True), (8, True)])
def test_open_rows_are_repeated_after_seven_days(days: int, goes_out: bool) -> None:
    told = DigestMemory(digest_as_of=EVALUATED - days * DAY, all_rows_at=NOW - days * DAY)
    view = digest([alert(opened=EVALUATED - days * DAY)], told)
    assert (view is not None) == goes_out
    if view:
        assert (view.view.kind, view.view.subject) == (DigestKind.REMINDER, "Reminder: 1 open item")


@pytest.mark.parametrize("days", [1, 3, 31])
def test_the_repeat_is_a_setting(days: int) -> None:
    old = [alert(opened=EVALUATED - 60 * DAY)]
    told = DigestMemory(digest_as_of=EVALUATED - days * DAY, all_rows_at=NOW - days * DAY)
    assert digest(old, told, of=account(repeat_after_days=days)) is not None
    sooner = told.model_copy(update={"all_rows_at": NOW - (days - 1) * DAY})
    assert digest(old, sooner, of=account(repeat_after_days=days)) is None


def test_a_reminder_does_not_wait_a_day_for_a_digest_that_was_seconds_earlier() -> None:
    told = DigestMemory(digest_as_of=EVALUATED, all_rows_at=NOW - 7 * DAY + timedelta(minutes=20))
    assert digest([alert(opened=EVALUATED - 9 * DAY)], told) is not None


def test_what_an_urgent_mail_said_is_not_repeated_some_hours_later() -> None:
    told = DigestMemory(digest_as_of=EVALUATED - 11 * DAY, all_rows_at=NOW - 11 * DAY)
    urgent = sure(digest([HELD], told, due=False, now=NOW - timedelta(hours=5)))
    told = urgent.told(told)
    assert digest([HELD], told) is None
    assert digest([HELD], told, now=NOW + 6 * DAY) is None
    assert sure(digest([HELD], told, now=NOW + 7 * DAY)).view.kind is DigestKind.REMINDER


def test_an_urgent_mail_does_not_put_off_the_repeat_of_what_it_did_not_say() -> None:
    told = DigestMemory(digest_as_of=EVALUATED - 7 * DAY, all_rows_at=NOW - 7 * DAY)
    told = sure(digest([HELD], told, due=False, now=NOW - DAY)).told(told)
    view = sure(digest([HELD, alert(opened=EVALUATED - 9 * DAY)], told))
    assert (view.view.kind, order(view)) == (DigestKind.REMINDER, ["Gamma", "Alpine Dental"])


def test_a_week_of_unchanged_nights_is_one_digest_and_one_reminder() -> None:
    told, sent, mailed = DigestMemory(), [], [alert()]
    for night in range(8):
        view = digest(mailed, told, now=NOW + night * DAY, run=evaluation(EVALUATED + night * DAY))
        if view:
            sent.append((night, view.view.kind))
            told = view.told(told)
    assert sent == [(0, DigestKind.NEWS), (7, DigestKind.REMINDER)]


def test_a_mail_that_was_not_accepted_leaves_its_rows_new() -> None:
    first = sure(digest([alert()]))
    tomorrow = digest([alert()], DigestMemory(), now=NOW + DAY, run=evaluation(EVALUATED + DAY))
    assert sure(tomorrow).view.subject == first.view.subject


def test_what_changed_after_the_evaluation_is_left_for_the_next_mail_and_new_there() -> None:
    later = alert("Beta", opened=EVALUATED + timedelta(minutes=1))
    first = sure(digest([alert(), later]))
    assert order(first) == ["Alpine Dental"]
    told = first.told(DigestMemory())
    second = sure(digest([alert(), later], told, now=NOW + DAY, run=evaluation(EVALUATED + DAY)))
    assert second.view.subject == "1 new: licence without billing profile – Beta"


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans()), max_size=8),
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=21, max_size=21),
)
def test_whatever_happens_every_alert_is_news_once_per_change_and_no_mail_is_empty(
    lives: list[tuple[int, int, bool]], ticks: list[tuple[bool, bool]]
) -> None:
    """21 nights; each has alerts that open and change, a digest that is due or not, and a mail that arrives or not."""
    told = DigestMemory()
    news: dict[tuple[str, datetime], int] = {}
    for night, (due, arrives) in enumerate(ticks):
        alerts = [
            alert(
                f"T{number}",
                opened=EVALUATED + opened * DAY,
                changed=EVALUATED + (changed if opened <= changed <= night else opened) * DAY,
                urgent=urgent,
            )
            for number, (opened, changed, urgent) in enumerate(lives)
            if opened <= night
        ]
        view = digest(alerts, told, due=due, now=NOW + night * DAY, run=evaluation(EVALUATED + night * DAY))
        if view is None:
            assert not (due and alerts and told == DigestMemory())
            continue
        assert order(view)
        if arrives:
            told = view.told(told)
            fresh = [
                row.who
                for g in view.view.groups
                if g.title != "Still open"
                for s in g.sections
                for row in s.rows
            ]
            for item in alerts:
                if item.finding.who in fresh:
                    key = (item.finding.who, item.changed_at)
                    news[key] = news.get(key, 0) + 1
    assert all(times == 1 for times in news.values())
    if ticks[-1] == (True, True):
        told_now = {who for who, _ in news}
        assert told_now == {f"T{n}" for n, (opened, _, _) in enumerate(lives) if opened <= 20}


# -- urgent -------------------------------------------------------------------------------------------------------


HELD = alert("Gamma", Slug.PUSH_HELD, urgent=True)


def test_a_new_urgent_row_does_not_wait_for_the_digest_and_comes_alone() -> None:
    view = sure(digest([alert(), HELD], YESTERDAY, due=False))
    assert view.view.kind is DigestKind.URGENT
    assert view.view.subject == "Urgent: held push – Gamma"
    assert order(view) == ["Gamma"]


def test_at_most_one_urgent_mail_a_local_day() -> None:
    told = sure(digest([HELD], YESTERDAY, due=False)).told(YESTERDAY)
    again = alert("Delta", Slug.PUSH_FAILED, opened=EVALUATED + timedelta(hours=4), urgent=True)
    run = evaluation(EVALUATED + timedelta(hours=5))
    assert digest([HELD, again], told, due=False, now=NOW + timedelta(hours=16), run=run) is None
    tomorrow = sure(digest([HELD, again], told, due=False, now=NOW + timedelta(hours=17), run=run))
    assert tomorrow.view.subject == "Urgent: failed push – Delta"
    assert order(tomorrow) == ["Delta", "Gamma"]


def test_an_urgent_row_that_was_mailed_is_not_new_in_the_digest() -> None:
    told = sure(digest([HELD], YESTERDAY, due=False)).told(YESTERDAY)
    assert digest([HELD], told) is None
    view = sure(digest([HELD, alert("Zeta")], told))
    assert view.view.subject == "1 new: licence without billing profile – Zeta"
    assert order(view) == ["Zeta", "Gamma"]


def test_an_urgent_mail_does_not_swallow_what_the_digest_has_to_tell() -> None:
    told = sure(digest([alert(), HELD], YESTERDAY, due=False)).told(YESTERDAY)
    assert (
        sure(digest([alert(), HELD], told)).view.subject
        == "1 new: licence without billing profile – Alpine Dental"
    )


def test_a_due_digest_carries_the_urgent_rows_itself() -> None:
    view = sure(digest([alert(), HELD], YESTERDAY))
    told = view.told(YESTERDAY)
    assert digest([alert(), HELD], told, due=False, now=NOW + timedelta(minutes=15)) is None


def test_an_urgent_row_that_only_stays_open_is_not_mailed_again_at_once() -> None:
    assert digest([HELD], TODAY, due=False, now=NOW + DAY) is None


# -- order and words ----------------------------------------------------------------------------------------------


def test_new_rows_come_first_then_money_then_age_then_seats() -> None:
    old = EVALUATED - 9 * DAY
    rows = [
        alert("old, no money", opened=old, seats=500),
        alert("old, money", opened=old, money=Decimal(500)),
        alert("new, few seats", seats=2),
        alert("new, many seats", seats=20),
        alert("new, money", money=Decimal("9.50"), seats=1),
        alert("old, changed today", opened=old, changed=EVALUATED),
        alert("unused", Slug.UNUSED_LICENSES, money=Decimal(9000)),
        alert("held", Slug.PUSH_HELD),
    ]
    expected = [
        "held",
        "new, money",
        "old, changed today",
        "new, many seats",
        "new, few seats",
        "unused",
        "old, money",
        "old, no money",
    ]
    assert order(sure(digest(rows, YESTERDAY))) == expected
    assert order(sure(digest(rows[::-1], YESTERDAY))) == expected


def test_of_rows_with_a_date_the_soonest_comes_first_however_few_its_seats() -> None:
    rows = [
        alert(f"in {days} days", Slug.RENEWAL_DUE, until=NOW.date() + days * DAY, seats=days)
        for days in range(60, 0, -1)
    ]
    shown = order(sure(digest(rows)))
    assert shown == [f"in {days} days" for days in range(1, 61)]


@pytest.mark.parametrize(
    "slugs, subject",
    [
        ([Slug.PUSH_HELD], "1 new: held push – A0"),
        (
            [Slug.NO_BILLING_PROFILE, Slug.PUSH_HELD, Slug.NO_BILLING_PROFILE],
            "3 new: 1 held push, 2 licences without billing profile",
        ),
        (
            [*list(Slug)[:5], Slug.PUSH_HELD],
            "6 new: 2 held pushes, 1 failed push, 1 line changed by hand, 2 more",
        ),
        ([Slug.TENANT_NOT_ADDED] * 1200, "1,200 new: 1,200 tenants not added"),
    ],
)
def test_the_subject_tells_the_story(slugs: list[Slug], subject: str) -> None:
    rows = [alert(f"A{number}", slug) for number, slug in enumerate(slugs)]
    assert sure(digest(rows, YESTERDAY)).view.subject == subject


def test_a_changed_row_is_called_changed_and_keeps_its_age() -> None:
    changed = alert(opened=EVALUATED - 9 * DAY, changed=EVALUATED)
    view = sure(digest([changed, alert("Beta")], YESTERDAY))
    assert view.view.subject == "1 new, 1 changed: 2 licences without billing profile"
    assert [group.title for group in view.view.groups] == ["New and changed"]
    rows = {row.who: row for row in view.view.groups[0].sections[0].rows}
    assert (rows["Alpine Dental"].badge, rows["Alpine Dental"].age) == ("Changed", "open 9 days")
    assert (rows["Beta"].badge, rows["Beta"].age) == ("New", "")
    assert sure(digest([changed], YESTERDAY)).view.subject == (
        "1 changed: licence without billing profile – Alpine Dental"
    )


def test_a_repeat_says_its_age_and_since_when_it_could_not_be_checked() -> None:
    stale = alert(
        "Beta",
        opened=EVALUATED - DAY,
        money=Decimal("1234.5"),
        not_checked_since=datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
    )
    view = sure(digest([alert("New one"), stale], YESTERDAY))
    assert [group.title for group in view.view.groups] == ["New", "Still open"]
    [row] = view.view.groups[1].sections[0].rows
    assert (row.badge, row.age, row.money, row.unchecked) == (
        "",
        "open 1 day",
        "€1,234.50 a month",
        "not checked since 1 Jan",
    )


def test_a_date_of_another_year_says_so() -> None:
    view = sure(digest([alert(not_checked_since=datetime(2025, 6, 1, tzinfo=UTC))]))
    assert view.view.groups[0].sections[0].rows[0].unchecked == "not checked since 1 Jun 2025"


def test_a_currency_of_letters_keeps_its_distance() -> None:
    francs = MSP.model_copy(update={"currency_symbol": "CHF"})
    view = sure(digest([alert(money=Decimal(12))], of=francs))
    assert view.view.groups[0].sections[0].rows[0].money == "CHF\u00a012.00 a month"


def test_the_head_says_when_was_synced_and_how_much() -> None:
    assert sure(digest([alert()])).view.synced == "Synced 23 Nov 02:04 · 12 of 12 tenants read"
    assert sure(digest([alert()])).view.warning == ""


def test_an_incomplete_sync_is_said_with_the_last_complete_one() -> None:
    run = evaluation(tenants_read=11, tenants_not_read=1, last_complete=EVALUATED - DAY)
    view = sure(digest([alert()], run=run))
    assert view.view.synced.endswith("11 of 12 tenants read")
    assert view.view.warning == (
        "1 tenant could not be read; its rows and quantities stay as they were. "
        "Last complete sync: 22 Nov 02:04."
    )


def test_a_digest_that_could_not_wait_for_its_run_says_so() -> None:
    run = evaluation(EVALUATED - DAY)
    view = sure(digest([alert(opened=EVALUATED - DAY)], run=run))
    assert view.view.warning.startswith("Tonight's sync has not finished")
    assert "Last complete sync: 22 Nov 02:04." in view.view.warning


def test_a_sync_later_than_the_digest_is_not_awaited_that_morning() -> None:
    late = MSP.model_copy(update={"sync_hour": 22})
    last_night = EVALUATED - timedelta(hours=4)
    run = evaluation(last_night, on_date=date(2026, 11, 22))
    assert sure(digest([alert(opened=last_night)], of=late, run=run)).view.warning == ""
    missed = evaluation(last_night, on_date=date(2026, 11, 21))
    assert sure(digest([alert(opened=last_night)], of=late, run=missed)).view.warning.startswith(
        "Tonight's sync"
    )


@pytest.mark.parametrize(
    "frequency, words, days, again",
    [
        (Frequency.DAILY, "every day at 07:00 (Europe/Berlin)", 7, "after 7 days"),
        (Frequency.DAILY, "every day at 07:00", 1, "every day"),
        (Frequency.WEEKLY, "on Mondays at 07:00", 7, "every Monday"),
        (Frequency.WEEKLY, "on Mondays at 07:00", 8, "with the first digest after 8 days"),
        (Frequency.MONTHLY, "on the 1st of a month at 07:00", 7, "every month"),
        (Frequency.MONTHLY, "on the 1st of a month at 07:00", 31, "with the first digest after 31 days"),
    ],
)
def test_the_foot_says_why_and_how_often(frequency: Frequency, words: str, days: int, again: str) -> None:
    told = account(frequency=frequency, repeat_after_days=days)
    reason = sure(digest([alert()], of=told)).view.reason
    assert words in reason
    assert reason.endswith(f"What is only still open is repeated {again}.")


def test_every_alert_type_has_words() -> None:
    assert set(Slug) <= {rule.slug for rule in RULES}
    for words in (rule.words for rule in RULES):
        assert words.one != words.many
        assert words.to_do.endswith(".")


# -- rendering ----------------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(alerts: Sequence[Alert], told: DigestMemory = YESTERDAY, of: Account | None = None) -> Rendered:
    return sure(digest(alerts, told, of=of)).rendered


def shapely(name: str, what: str) -> list[Alert]:
    return [
        alert(name, what=what, fix=what, money=Decimal(3)),
        alert(name, Slug.UNUSED_LICENSES, opened=EVALUATED - 9 * DAY, what=what, fix=what),
    ]


@cache
def plain_mail() -> Rendered:
    return rendered(shapely("Alpine", "Alpine"))


@given(NASTY.filter(lambda text: one_line(text) != "" and "\ud800" not in text), NASTY)
def test_whatever_vendors_send_the_mail_has_the_same_structure_and_shows_it(name: str, msp: str) -> None:
    of = MSP.model_copy(update={"name": msp})
    page, plain = rendered(shapely(name, name), of=of), plain_mail()
    assert page.subject == f"1 new: licence without billing profile – {unlinked(header_text(name, 60))}"
    shown, expected = Outline(page.html), Outline(plain.html)
    assert shown.tags == expected.tags
    assert unlinked(one_line(name)) in shown.text
    assert len(page.text.splitlines()) == len(plain.text.splitlines())
    assert f"* {unlinked(one_line(name, 120))}" in page.text.splitlines()


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    page = rendered([alert('<img src=x onerror="alert(1)"> & Söhne')])
    assert "<img" not in page.html
    assert "&lt;img src=x onerror=" in page.html
    assert '* <img src=x onerror="alert(1)"> & Söhne' in page.text


def test_the_style_is_inlined_and_only_media_rules_stay_in_the_head() -> None:
    html = rendered([alert()]).html
    state = html[html.index("<style>") : html.index("</style>")].removeprefix("<style>").strip()
    assert state.startswith("@media (prefers-color-scheme: dark)")
    assert "@media (max-width: 600px)" in state
    assert 'class="cell who" style="' in html
    for modern in ("display: flex", "display: grid", "<link", "<script", "http://", "https://"):
        assert modern not in html


def test_both_bodies_say_the_same() -> None:
    page = rendered(
        [alert(money=Decimal(48)), alert("Beta", Slug.UNUSED_LICENSES, opened=EVALUATED - 9 * DAY)]
    )
    shown = " ".join(Outline(page.html).text.split())
    for words in (
        "1 new, 1 still open",
        "Synced 23 Nov 02:04 · 12 of 12 tenants read",
        "No billing profile assigned",
        "Power BI Pro: 3 purchased",
        "Map it.",
        "€48.00 a month",
        "open 9 days",
        TO,
    ):
        assert words in shown
        assert words in page.text
    assert page.html.count('class="badge"') == 1
