"""K12 in the monthly report: a row of its own for what is billed, and never a seat or person more in the totals."""

from dataclasses import replace
from datetime import timedelta

from shared.accounts.companies import company
from shared.billing.models import Options
from shared.licensing.custom_licences.rules import CustomLicence, Rule, RuleKind
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import CountedMailboxes
from shared.microsoft.models import MailboxCount, MailboxKind, MailboxSource
from shared.reports.figures import figures
from shared.reports.load import month_of
from shared.reports.models import Month, MonthFacts, MonthFigures
from shared.reports.wording import ReportView, report_view
from tests.shared.alerts.world import sku
from tests.shared.billing.test_custom_licences import OTHER, SUM, USERS, defined, mapped, people
from tests.shared.billing.world import ACCOUNT, SKU, World
from tests.shared.reports.test_figures import E3, day, facts, row, user
from tests.shared.reports.test_pdf import an_account

SHARED = Rule(kind=RuleKind.MAILBOXES, mailboxes=(MailboxKind.SHARED,))
LICENSED = Rule(kind=RuleKind.LICENSED_USERS)
KEY = LicenceKey("custom-1")


def counting(rule: Rule, given: MonthFacts) -> MonthFacts:
    licence = CustomLicence(id="1", name="Managed", rule=rule)
    return replace(given, custom={licence.sku_id: licence})


def mailboxes(shared: int | None) -> CountedMailboxes:
    by_kind = {MailboxKind.SHARED: shared or 0}
    count = MailboxCount(source=MailboxSource.EXCHANGE, by_kind=by_kind)
    return CountedMailboxes(count=None if shared is None else count)


def told(found: MonthFigures) -> ReportView:
    return report_view(found, an_account(), prices=False)


def test_a_row_of_its_own_and_the_totals_and_the_chart_stay() -> None:
    """Two people of 12 seats: the custom licence counts the same two."""
    users = {"two": [user("Ann", E3), user("Bob", E3)]}
    plain = facts("2026-11", day("2026-10-04", sku(E3, 12, 2), users="two"), users=users)
    found = figures(counting(LICENSED, plain))
    assert [row(licence)[:4] for licence in found.licences] == [
        ("Office 365 E3", 12, 2, 10),
        ("Managed", 2, 2, 0),
    ]
    without = figures(plain)
    assert (found.purchased, found.assigned, found.spare) == (12, 2, 10)
    assert (found.seats, found.people) == (without.seats, without.people)
    (_, managed) = told(found).licences
    assert (managed.purchased, managed.assigned, managed.spare) == ("–", "2", "–")
    assert managed.notes == ("Counts users with a licence that costs money; in no total above",)


def test_each_change_stands_with_its_day_and_a_day_without_a_number_is_in_no_average() -> None:
    """10 days of 4, 15 of no number, 5 of 6: (40 + 30) / 15."""
    days = [
        day(on, sku(E3, 12, 2)).model_copy(update={"mailbox_counts": mailboxes(shared)})
        for on, shared in (("2026-10-20", 4), ("2026-11-11", None), ("2026-11-26", 6))
    ]
    (_, managed) = figures(counting(SHARED, facts("2026-11", *days))).licences
    assert row(managed)[1:] == (6, 6, 0, "4.67")
    assert [
        (change.on.day, change.before.purchased, change.after.purchased) for change in managed.changes
    ] == [
        (11, 4, None),
        (26, None, 6),
    ]


def test_what_was_not_known_at_the_months_end_is_said_and_is_not_0() -> None:
    unread = day("2026-10-20", sku(E3, 12, 2)).model_copy(update={"mailbox_counts": mailboxes(None)})
    view = told(figures(counting(SHARED, facts("2026-11", unread))))
    assert view.licences[1].assigned == "–"
    assert view.notes == ("What counts for Managed was not known at the month's end.",)


def test_a_part_of_a_tenant_has_no_such_number() -> None:
    users = {"two": [user("Ann", E3), user("Bob", E3)]}
    given = facts("2026-11", day("2026-10-04", sku(E3, 12, 2), users="two"), users=users)
    (_, managed) = figures(counting(LICENSED, replace(given, is_filtered=True))).licences
    assert (managed.end.purchased, managed.end.assigned) == (None, None)


def of_world(world: World) -> MonthFigures:
    of = company(world.tables, ACCOUNT, "contoso")
    now = world.clock.at + timedelta(days=400)
    return month_of(world.tables, world.blobs, world.account, of, Month(2026, 3), now)


def test_what_was_billed_stands_with_it() -> None:
    world = World()
    line = mapped(world, SUM, 14, Options(included=2))
    defined(world, USERS, "Not mapped")
    world.push_until_done()
    found = of_world(world)
    (custom,) = (licence for licence in found.licences if licence.rule is not None)
    assert (custom.name, custom.key.sku_id, custom.end.purchased) == ("Managed", line.sku, 14)
    assert custom.billed is not None
    assert (custom.billed.line_id, custom.billed.number) == (line.line, 12)
    assert found.purchased == 14
    (managed,) = (one for one in told(found).licences if one.name == "Managed")
    assert (managed.purchased, managed.billed) == ("14", "12")
    assert "Billed: 14 purchased, less 2 included" in managed.notes


def test_one_that_counted_nobody_is_told_while_it_is_billed() -> None:
    world = World()
    world.read("contoso", {SKU: 10, OTHER: 4}, people=people(2, "fabrikam.test"))
    mapped(world, USERS, 0)
    (custom,) = (licence for licence in of_world(world).licences if licence.rule is not None)
    assert (custom.end.purchased, custom.end.assigned) == (0, 0)
