"""A mail is read by a person: it fits, says what it leaves out, and tells nothing that it does not show."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.alerts.digest.compose import MOST_HTML, Digest
from shared.alerts.digest.decide import OPEN_LINES, DigestKind, key_of
from shared.alerts.digest.memory import MOST_LEFT_OUT, DigestMemory, RowState, mark
from shared.alerts.models import Alert, Slug
from shared.alerts.rules import BY_SLUG
from shared.storage.table_limits import packed
from shared.text import unlinked
from tests.shared.alerts.digest.test_decide import (
    DAY,
    EVALUATED,
    MSP,
    NOW,
    YESTERDAY,
    alert,
    digest,
    evaluation,
    order,
    sure,
)

LONG = "Überlange & Söhne <Gesellschaft> " * 20


def many(count: int, **facts: Any) -> list[Alert]:
    """As many rows of several types, each with another sum of money."""
    slugs = [
        Slug.NO_BILLING_PROFILE,
        Slug.UNUSED_LICENSES,
        Slug.TENANT_NOT_ADDED,
        Slug.SHARED_MAILBOX_LICENSES,
    ]
    return [
        alert(f"Customer {n}", slugs[n % len(slugs)], money=Decimal(n), tenant_id=f"t{n // 8}", **facts)
        for n in range(count)
    ]


def size(mail: Digest) -> int:
    return len(mail.rendered.html.encode())


def rows_of(mail: Digest) -> int:
    return len(order(mail))


def counted(mail: Digest) -> int:
    return sum(group.count for group in mail.view.groups) - rows_of(mail)


# -- it fits --------------------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """Rows that are alike but for their name and money."""

    rows: int
    slug: str
    who: str
    urgent: bool
    age: int


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            Kind,
            st.sampled_from([1, 3, 40, 250]),
            st.sampled_from(list(BY_SLUG)),
            st.sampled_from(["A", "Contoso", LONG, "👩‍👩‍👧" * 60, "&" * 300, "https://evil.example/pay"]),
            st.booleans(),
            st.integers(0, 9),
        ),
        min_size=1,
        max_size=6,
    )
)
@example([Kind(60, slug, LONG, False, age) for slug in BY_SLUG for age in (0, 9)])
@example([Kind(400, Slug.PUSH_HELD, "&" * 300, True, 0)])
def test_for_any_rows_a_mail_fits_and_every_row_is_shown_or_counted_and_not_told(kinds: list[Kind]) -> None:
    alerts = [
        alert(
            f"{kind.who} {nth}.{n}",
            kind.slug,
            what=kind.who * 2,
            fix=kind.who * 3,
            money=Decimal(n * 7 % 90),
            urgent=kind.urgent,
            opened=EVALUATED - kind.age * DAY,
        )
        for nth, kind in enumerate(kinds)
        for n in range(kind.rows)
    ]
    memory = DigestMemory(digest_as_of=EVALUATED - 5 * DAY, all_rows_at=EVALUATED - 5 * DAY)
    news = {key_of(one) for one in alerts if memory.state(one) is not RowState.OPEN}
    mail = digest(alerts, memory)
    if mail is None:
        assert not news
        return
    assert size(mail) <= MOST_HTML
    assert rows_of(mail) + counted(mail) == len(alerts)
    assert (mail.attachments == ()) == (counted(mail) == 0)
    after = mail.told(memory)
    still_news = {key_of(one) for one in alerts if after.state(one) is not RowState.OPEN}
    assert still_news <= news, "nothing becomes news by a mail"
    shown_news = sum(row.badge != "" for group in mail.view.groups for s in group.sections for row in s.rows)
    assert len(news) - len(still_news) == shown_news, "what is told is what was shown"


def test_a_large_msp_reads_what_is_urgent_and_costs_most_first() -> None:
    rows = many(1_000)
    held = alert("Gamma", Slug.PUSH_HELD, urgent=True)
    mail = sure(digest([*rows, held]))
    shown = set(order(mail))
    assert size(mail) > MOST_HTML - 4_000, "the room is used"
    assert "Gamma" in shown
    assert shown - {"Gamma"} == {f"Customer {n}" for n in range(1_000 - rows_of(mail) + 1, 1_000)}


def test_what_is_left_out_is_counted_by_type_with_its_money_and_comes_as_a_file() -> None:
    mail = sure(digest(many(400)))
    sections = mail.view.groups[0].sections
    assert sum(section.count for section in sections) == 400
    for section in sections:
        left_out = section.count - len(section.rows)
        assert f"And {left_out} more of this kind, €" in section.more
        assert section.more in mail.rendered.html
        assert section.more in mail.rendered.text
    [file] = mail.attachments
    table = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(table) == 400
    assert table[0]["Customer"] == "Customer 399"
    assert "all are in the attached file" in mail.view.attached
    assert f"{400 - rows_of(mail)} of them are new or changed" in mail.view.attached


def test_a_type_of_which_nothing_fits_is_still_counted() -> None:
    cheap = alert("Delta", Slug.TENANT_NOT_ADDED)
    mail = sure(digest([*[alert(f"C{n}", money=Decimal(5)) for n in range(300)], cheap]))
    assert "Delta" not in order(mail)
    assert [(s.title, s.count) for s in mail.view.groups[0].sections if not s.rows] == [
        (BY_SLUG[Slug.TENANT_NOT_ADDED].words.title, 1)
    ]


def test_a_small_mail_carries_no_file() -> None:
    mail = sure(digest([alert(), alert("Beta")]))
    assert (mail.attachments, mail.view.attached) == ((), "")


# -- what is left out is new the next day ---------------------------------------------------------------------------


def test_over_the_days_every_row_is_named_as_new_once_and_nothing_is_kept_at_the_end() -> None:
    rows, memory, named, days = many(500), DigestMemory(), list[str](), 0
    while True:
        mail = digest(rows, memory, now=NOW + days * DAY, run=evaluation(EVALUATED + days * DAY))
        if mail is None or days > 6:
            break
        named += [
            row.who
            for group in mail.view.groups
            for s in group.sections
            for row in s.rows
            if row.badge == "New"
        ]
        memory, days = mail.told(memory), days + 1
    assert sorted(named) == sorted(one.finding.who for one in rows)
    assert (memory.left_out, memory.changes_left_out) == (frozenset(), frozenset())


def test_a_row_that_was_left_out_and_is_closed_is_remembered_no_more() -> None:
    rows = many(300)
    memory = sure(digest(rows)).told(DigestMemory())
    assert memory.left_out
    memory = sure(digest(rows[:3], memory)).told(memory)
    assert memory.left_out == frozenset()


def test_a_change_that_was_left_out_comes_as_a_change_the_next_day() -> None:
    old = [
        alert(f"C{n}", opened=EVALUATED - 9 * DAY, changed=EVALUATED, money=Decimal(n)) for n in range(200)
    ]
    mail = sure(digest(old, YESTERDAY))
    memory = mail.told(YESTERDAY)
    assert memory.state(old[0]) is RowState.CHANGED
    assert memory.state(old[-1]) is RowState.OPEN
    newcomer = alert("New one", opened=EVALUATED + DAY)
    after = sure(digest([newcomer, *old], memory, now=NOW + DAY, run=evaluation(EVALUATED + DAY)))
    assert after.view.subject.startswith(f"1 new, {200 - rows_of(mail)} changed")


def test_an_urgent_row_that_an_urgent_mail_left_out_is_new_in_the_digest() -> None:
    held = [alert(f"C{n}", Slug.PUSH_HELD, urgent=True, money=Decimal(n)) for n in range(200)]
    urgent = sure(digest(held, YESTERDAY, due=False))
    memory = urgent.told(YESTERDAY)
    left = 200 - rows_of(urgent)
    assert left > 0
    mail = sure(digest(held, memory))
    assert mail.view.subject == f"{left} new: {left} held pushes"


def test_the_memory_fits_into_one_row_however_many_rows_are_left_out() -> None:
    rows = [alert(f"Customer {n}") for n in range(MOST_LEFT_OUT + 500)]
    left = frozenset(map(mark, rows[:MOST_LEFT_OUT]))
    urgently = {mark(one).hex(): EVALUATED for one in rows[-500:]}
    memory = DigestMemory(digest_as_of=EVALUATED, left_out=left, named_urgently=urgently)
    packed(memory)
    assert DigestMemory.model_validate_json(memory.body()) == memory


def test_a_memory_of_before_rows_were_remembered_singly_is_read() -> None:
    stored = (
        b'{"in_flight": "", "digest_as_of": "2026-11-22T01:04:00Z", "urgent_as_of": "2026-11-23T01:04:00Z",'
        b' "all_rows_at": "2026-11-22T06:00:03Z"}'
    )
    memory = DigestMemory.model_validate_json(stored)
    assert memory.state(alert("Gamma", Slug.PUSH_HELD, urgent=True)) is RowState.OPEN
    assert memory.state(alert()) is RowState.NEW


# -- a mail that came back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("due", [True, False])
def test_what_a_mail_named_that_did_not_arrive_is_news_again_and_nothing_else(due: bool) -> None:
    rows = [
        alert("old", opened=EVALUATED - 9 * DAY),
        alert("changed", Slug.PUSH_HELD, opened=EVALUATED - 9 * DAY, changed=EVALUATED, urgent=True),
        alert("new", Slug.PUSH_HELD, urgent=True),
    ]
    memory = sure(digest(rows, YESTERDAY, due=due)).told(YESTERDAY).taken_back()
    assert [memory.state(one) for one in rows] == [RowState.OPEN, RowState.CHANGED, RowState.NEW]
    assert (memory.all_rows_at, memory.urgent_at) == (YESTERDAY.all_rows_at, YESTERDAY.urgent_at)
    assert memory.taken_back() == memory, "once"


# -- rows that are only still open ----------------------------------------------------------------------------------


def test_between_two_repeats_at_most_ten_open_rows_stand_in_a_mail_and_the_rest_is_counted() -> None:
    old = [alert(f"C{n}", opened=EVALUATED - 9 * DAY, money=Decimal(n)) for n in range(30)]
    mail = sure(digest([alert("New one"), *old], YESTERDAY))
    new, still = mail.view.groups
    assert [row.who for row in new.sections[0].rows] == ["New one"]
    assert [row.who for row in still.sections[0].rows] == [f"C{n}" for n in range(29, 29 - OPEN_LINES, -1)]
    assert still.sections[0].more == "And 20 more of this kind, €190.00 a month together."
    assert len(mail.attachments) == 1
    after = mail.told(YESTERDAY)
    assert after.all_rows_at == YESTERDAY.all_rows_at, "a part is no repeat"


def test_when_the_repeat_is_due_all_open_rows_stand_in_the_mail_also_beside_new_ones() -> None:
    old = [alert(f"C{n}", opened=EVALUATED - 9 * DAY) for n in range(30)]
    told = DigestMemory(digest_as_of=EVALUATED - 7 * DAY, all_rows_at=NOW - 7 * DAY)
    mail = sure(digest([alert("New one"), *old], told))
    assert rows_of(mail) == 31
    assert mail.told(told).all_rows_at == NOW


# -- one customer, one block ----------------------------------------------------------------------------------------


def test_the_licences_of_one_customer_in_one_section_are_one_block() -> None:
    def row(tenant: str, sku: str, money: int) -> Alert:
        found = alert(tenant, what=f"{sku}: 3 purchased", money=Decimal(money), tenant_id=tenant)
        finding = found.finding.model_copy(update={"identity": f"{tenant}|{sku}"})
        return found.model_copy(update={"finding": finding})

    mail = sure(digest([row("Alpine", "E3", 9), row("Beta", "E5", 8), row("Alpine", "Visio", 1)]))
    blocks = mail.view.groups[0].sections[0].blocks
    assert [(block.who, [one.what[:2] for one in block.rows]) for block in blocks] == [
        ("Alpine", ["E3", "Vi"]),
        ("Beta", ["E5"]),
    ]
    assert mail.rendered.text.count("* Alpine") == 1
    assert mail.rendered.html.count('rowspan="2"') == 1


# -- open again -----------------------------------------------------------------------------------------------------


def test_a_row_that_opens_again_says_so_with_its_first_day_and_is_not_called_new() -> None:
    again = alert("Alpine", Slug.UNUSED_LICENSES).model_copy(update={"first_opened_at": EVALUATED - 20 * DAY})
    mail = sure(digest([again], YESTERDAY))
    [row] = mail.view.groups[0].sections[0].rows
    assert (row.badge, row.age) == ("Open again", "first seen 3 Nov")
    assert mail.view.groups[0].title == "Open again"
    assert mail.view.subject.startswith("1 open again: ")
    assert "[Open again, first seen 3 Nov]" in mail.rendered.text


def test_a_row_that_an_urgent_mail_told_is_not_new_when_it_is_urgent_no_more() -> None:
    held = alert("Gamma", Slug.PUSH_HELD, urgent=True)
    memory = sure(digest([held], YESTERDAY, due=False)).told(YESTERDAY)
    calm = held.model_copy(update={"finding": held.finding.model_copy(update={"urgent": False})})
    assert digest([calm], memory) is None


# -- a name is no link ----------------------------------------------------------------------------------------------

LOOKS_LIKE_A_LINK = re.compile(r"https?://|www\.|[\w-]@[\w-]|\w\.(example|com|de)\b|\b\d+\.\d+\.\d+\.\d+")


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example/pay",
        "www.evil.com",
        "pay@evil.example",
        "evil.example",
        "mailto:pay@evil.example",
        "http://10.0.0.1/x",
        "10.0.0.1",
        "//evil.de/x",
    ],
)
def test_a_customers_name_is_never_a_link_of_its_own(name: str) -> None:
    mail = sure(digest([alert(name, what=f"{name}: 3 purchased", fix=f"Ask {name}.")], YESTERDAY))
    ours = mail.rendered.text.partition("\n--")[0]
    for text in (mail.view.subject, ours, mail.view.preheader):
        assert not LOOKS_LIKE_A_LINK.search(text)
        assert name in text.replace("\u200b", "")
    [row] = mail.view.groups[0].sections[0].rows
    assert row.what in mail.rendered.html


@pytest.mark.parametrize(
    "text", ["Müller & Söhne Ltd.", "Power BI Pro: 3 purchased", "1.5 seats, 12:30", "St. Mary"]
)
def test_what_is_no_address_stays_as_it_is(text: str) -> None:
    assert unlinked(text) == text


# -- the file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_no_cell_of_the_file_begins_a_formula(name: str) -> None:
    rows = [alert(name, what=f"{name} {n}", fix=name, until=date(2026, 12, 1)) for n in range(200)]
    rows = [
        one.model_copy(update={"finding": one.finding.model_copy(update={"identity": str(n)})})
        for n, one in enumerate(rows)
    ]
    [file] = sure(digest(rows)).attachments
    table = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert len(table) == 201
    assert not [
        cell for line in table for cell in line if cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    ]


def test_the_file_says_of_each_row_what_the_mail_says() -> None:
    rows: Sequence[Alert] = [
        alert("Zeta", money=Decimal("12.50"), seats=4, until=date(2026, 12, 1), urgent=True),
        *[alert(f"C{n}", opened=EVALUATED - 9 * DAY) for n in range(30)],
    ]
    [file] = sure(digest(rows, YESTERDAY)).attachments
    assert (file.name, file.media_type) == ("seatwise-2026-11-23.csv", "text/csv")
    first = next(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert first == {
        "Alert": BY_SLUG[Slug.NO_BILLING_PROFILE].words.title,
        "Customer": "Zeta",
        "What": "Power BI Pro: 3 purchased",
        "What to do": "Map it.",
        "State": "new",
        "Urgent": "yes",
        "First seen": "2026-11-23",
        "Last day": "2026-12-01",
        "Seats": "4",
        "Money a month": "12.50",
        "Currency": MSP.currency_symbol,
        "Not checked since": "",
    }


def test_the_kinds_of_mail_are_as_before() -> None:
    assert sure(digest([alert()], YESTERDAY)).view.kind is DigestKind.NEWS
    old = [alert(opened=EVALUATED - 9 * DAY)]
    told = DigestMemory(digest_as_of=EVALUATED - 7 * DAY, all_rows_at=NOW - 7 * DAY)
    assert sure(digest(old, told)).view.kind is DigestKind.REMINDER
    assert digest(old, told, now=NOW - timedelta(days=1)) is None
