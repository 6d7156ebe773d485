"""The words of a report: what a reader of a customer must not misunderstand."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.licensing.tenant_state import Mailboxes
from shared.reports.figures import figures
from shared.reports.wording import report_view
from tests.shared.alerts.world import box, sku
from tests.shared.reports.test_figures import E3, E5, day, facts, user
from tests.shared.reports.test_pdf import an_account


def test_a_person_who_got_one_licence_for_another_is_told_in_one_sentence() -> None:
    given = facts(
        "2026-11",
        day("2026-10-20", sku(E3, 10, 1), sku(E5, 2, 1), users="1"),
        day("2026-11-05", sku(E3, 10, 1), sku(E5, 2, 1), users="2"),
        users={"1": [user("Ann", E3)], "2": [user("Ann", E5)]},
    )
    [row] = report_view(figures(given), an_account(), prices=False).person_changes
    assert row.what == "Added: Office 365 E5; removed: Office 365 E3"


@pytest.mark.parametrize(
    "read_at, told", [((2026, 11, 30), "As of 30 Nov."), ((2027, 1, 1), "As of 1 Jan 2027.")]
)
def test_the_day_of_the_mailboxes_has_a_year_where_it_is_not_the_months(
    read_at: tuple[int, int, int], told: str
) -> None:
    mailboxes = Mailboxes(licensed=(box("info", E3),), began=datetime(*read_at, 2, tzinfo=UTC))
    given = replace(facts("2026-11", day("2026-10-20", sku(E3, 3))), mailboxes=mailboxes)
    assert report_view(figures(given), an_account(), prices=False).mailboxes_note == told
