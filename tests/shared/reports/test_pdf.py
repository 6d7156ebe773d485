"""The PDF: readable by machines and people, of any customer, and the same bytes each time."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from PIL import Image

from shared.accounts.account import Account
from shared.accounts.preferences import DigestSettings
from shared.reports.figures import figures
from shared.reports.pdf import pdf
from shared.reports.wording import ReportView, report_view
from shared.storage.keys import account_id
from tests.shared.alerts.world import sku
from tests.shared.reports.test_figures import E3, day, facts, user

NAMES = ("Ann Archer", "Γιώργος", "Ольга Петрова", "王小明", "田中 太郎", "Zoë Müller-Łukasz")


def an_account(**changes: Any) -> Account:
    digest = DigestSettings(recipients=("a@msp.example",))
    given = {"id": account_id("harbour-it"), "name": "Harbour IT", "timezone": "Europe/London", **changes}
    return Account(since=datetime(2026, 1, 1, tzinfo=UTC), digest=digest, **given)


def a_view(*names: str, company: str = "Quayside", people: int = 0) -> ReportView:
    users = [*(user(name, E3) for name in names), *(user(f"Person {n}", E3) for n in range(people))]
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10), users="1"),
        day("2026-11-10", sku(E3, 12), users="1"),
        users={"1": users},
    )
    return report_view(figures(replace(given, company=company)), an_account(), prices=False)


def a_logo(width: int = 502, height: int = 81) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, "PNG")
    return out.getvalue()


def opened(data: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in opened(data).pages)


def test_the_same_view_gives_the_same_bytes() -> None:
    assert pdf(a_view(*NAMES), a_logo()) == pdf(a_view(*NAMES), a_logo())


def test_the_text_can_be_searched_in_any_script() -> None:
    text = text_of(pdf(a_view(*NAMES), None))
    for name in (*NAMES, "Quayside", "November 2026", "Harbour IT", "10 to 12"):
        assert name in text


def test_it_is_tagged_and_says_that_it_is_accessible() -> None:
    root: Any = opened(pdf(a_view(*NAMES), a_logo())).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()


def test_heads_are_repeated_and_pages_numbered() -> None:
    pages = opened(pdf(a_view(people=200), None)).pages
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page.extract_text()
    assert all("Licences" in page.extract_text() for page in pages[1:])


def test_a_character_that_no_font_has_is_replaced_and_the_rest_stays() -> None:
    text = text_of(pdf(a_view("Ben 🦊 Fox", "王小明"), None))
    assert "Ben \ufffd Fox" in text
    assert "王小明" in text


@pytest.mark.parametrize(
    "hostile", ['#read("/etc/passwd")', "$x$ \\ # * _ ` <a> @b", '"}]}', "#{panic()}", "{{ view }} <script>"]
)
def test_what_looks_like_code_is_text(hostile: str) -> None:
    shown = "".join(text_of(pdf(a_view(hostile, company=hostile), None)).split())
    assert "".join(hostile.split()) in shown


@pytest.mark.parametrize("size", [(1, 1), (502, 81), (1, 81), (502, 1)])
def test_a_logo_of_any_shape_fits_into_the_header(size: tuple[int, int]) -> None:
    assert len(opened(pdf(a_view("Ann"), a_logo(*size))).pages) == 1
