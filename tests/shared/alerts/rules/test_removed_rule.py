"""Removed tenants: only complete lists of one run say so, and only a person's word, or a return, makes it quiet."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.alerts import exclusions, removals
from shared.alerts.models import Exclusion, Slug
from shared.errors import NotFound, Rejected
from shared.licensing.reading import NOT_LISTED
from shared.licensing.tenant_state import PartnerList, ReadFailure
from shared.microsoft.models import Customer, FailureCause
from shared.storage import decisions, keys
from shared.storage.decisions import Decider
from shared.storage.tables import Put
from tests.shared.alerts.world import CANCELLED, DAY, NIGHT, TRANSIENT, World, line, mapping, sku

REMOVED, AUTH = Slug.TENANT_REMOVED, Slug.INVALID_AUTH
TODAY = NIGHT.date()


@pytest.fixture
def left(world: World) -> World:
    world.add("t1", sku("e3", 25), name="Contoso Ltd")
    world.add("t2")
    world.map("t1", mapping("mapping1", "e3"))
    world.evaluate()
    world.sleep()
    world.leave("t1")
    return world


def dismiss(world: World) -> None:
    today = world.now.date()
    removals.dismiss(world.tables, world.account.id, "t1", today, Decider("eva", "they move", world.now))


def confirm(world: World, days: int) -> None:
    today = world.now.date()
    removals.confirm(
        world.tables, world.account.id, "t1", today + days * DAY, today, Decider("eva", "", world.now)
    )


def test_a_tenant_in_no_list_is_a_row_that_says_who_decides(left: World) -> None:
    finding = left.only(REMOVED).finding
    assert (finding.who, finding.tenant_id, finding.urgent) == ("Contoso Ltd", "t1", False)
    assert finding.what == (
        "No longer a customer in partner connection “Partner p1”. Last read completely on 21 Nov 2026, 02:01."
    )
    assert finding.fix == (
        "An admin confirms the last day to bill, or an editor dismisses; until then nothing is cancelled or changed."
    )


def test_it_is_told_once_and_neither_as_a_sign_in_problem_nor_as_overdue(left: World) -> None:
    for _ in range(4):
        assert {alert.finding.slug for alert in left.alerts() if alert.not_checked_since is None} == {REMOVED}
        left.sleep()


def test_without_this_type_it_is_a_sign_in_problem(left: World) -> None:
    left.switch_off(REMOVED)
    assert left.only(AUTH).finding.value == "not in a partner list"


def test_without_sign_in_problems_it_is_not_overdue_either(left: World) -> None:
    left.switch_off(AUTH)
    left.sleep(3)
    assert {alert.finding.slug for alert in left.alerts() if alert.not_checked_since is None} == {REMOVED}


def test_an_open_sign_in_problem_of_the_tenant_gives_way_to_it(world: World) -> None:
    world.add("t1")
    world.fail(
        "t1",
        ReadFailure(cause=FailureCause.TENANT, code="AADSTS65001", stored_sentence="No consent. Give it."),
    )
    assert len(world.alerts(AUTH)) == 1
    world.sleep()
    world.leave("t1")
    assert world.alerts(AUTH) == []
    assert len(world.alerts(REMOVED)) == 1


def test_who_is_in_the_list_of_another_connection_is_not_removed(left: World) -> None:
    left.partner("p2", [Customer(tenant_id="t1", name="Contoso")])
    assert left.alerts(REMOVED) == []


@pytest.mark.parametrize("read", [True, False])
def test_while_one_list_is_missing_nobody_is_removed(left: World, read: bool) -> None:
    left.partner("p2", failure=TRANSIENT, read=read)
    assert left.alerts(REMOVED) == []


def test_while_the_lists_are_of_two_runs_nobody_is_removed(left: World) -> None:
    """The tenant may be on its way from one connection to the other, whose new list is being read."""
    left.partner("p2")
    listed = PartnerList(connection_id="p2", run="the next", began=left.now)
    left.tables.commit([Put(keys.partner_list(left.account.id, "p2"), listed)])
    assert left.alerts(REMOVED) == []


def test_an_open_row_stays_unchecked_while_a_list_is_missing_and_closes_when_the_tenant_is_seen(
    left: World,
) -> None:
    opened = left.only(REMOVED)
    left.sleep()
    left.partner("p2", failure=TRANSIENT)
    alert = left.only(REMOVED)
    assert (alert.opened_at, alert.not_checked_since) == (opened.opened_at, left.now)
    left.come_back("t1")
    assert left.alerts(REMOVED) == []


def test_a_company_that_no_run_has_asked_for_is_not_removed(world: World) -> None:
    company = Company(id="c", tenant_id="t1", name="New", psa_connection="cw", psa_company="1")
    add_company(world.tables, world.account.id, company, Decider("tester", "company added", world.now))
    assert world.alerts(REMOVED) == []
    world.fail("t1", NOT_LISTED)
    assert len(world.alerts(REMOVED)) == 1


def test_the_row_closes_with_its_company(left: World) -> None:
    assert len(left.alerts(REMOVED)) == 1
    left.remove("t1")
    assert left.alerts(REMOVED) == []


def test_what_the_tenant_holds_stays_as_it_was_read(left: World) -> None:
    before = left.state("t1").snapshot
    left.evaluate()
    assert left.state("t1").snapshot == before
    assert before is not None


# -- a person's word ------------------------------------------------------------------------------------------------


def test_a_dismissed_row_closes_and_is_raised_again_on_the_thirtieth_day(left: World) -> None:
    first = left.only(REMOVED)
    dismiss(left)
    assert left.alerts(REMOVED) == []
    left.sleep(29)
    assert left.alerts(REMOVED) == []
    left.sleep()
    again = left.only(REMOVED)
    assert again.finding == first.finding
    assert again.opened_at == left.now


def test_a_dismissed_row_closes_also_while_a_list_is_missing_the_next_night(left: World) -> None:
    left.evaluate()
    dismiss(left)
    assert left.alerts(REMOVED) == []
    left.sleep()
    left.partner("p1", failure=TRANSIENT)
    assert left.alerts(REMOVED) == []


def test_who_came_back_and_went_again_is_raised_at_once(left: World) -> None:
    left.evaluate()
    dismiss(left)
    left.evaluate()
    left.sleep()
    left.come_back("t1")
    assert left.alerts(REMOVED) == []
    left.sleep()
    left.leave("t1")
    assert left.only(REMOVED).opened_at == left.now
    history = list(decisions.history(left.tables, left.account.id, removals.KIND, "t1"))
    assert [(one.who, one.content is None) for one in history] == [("eva", False), ("Seatwise", True)]


def test_a_confirmed_row_closes_until_the_last_day_is_over_then_says_what_is_left_to_do(left: World) -> None:
    left.evaluate()
    confirm(left, 9)
    left.sleep(9)
    assert left.alerts(REMOVED) == []
    left.sleep()
    finding = left.only(REMOVED).finding
    assert finding.what.endswith("30 Nov 2026 was confirmed as the last day to bill.")
    assert finding.fix == (
        "Its lines were to end on that day: end what still runs in the PSA, then remove the company."
    )
    left.remove("t1")
    assert left.alerts(REMOVED) == []


def test_who_was_confirmed_as_gone_is_not_repeated_and_spoils_no_night(left: World) -> None:
    left.come_back("t1")
    left.read("t1", sku("e3", 25, 20))
    left.evaluate()
    left.sleep()
    left.leave("t1")
    left.close_night(read=1, not_read=1)
    evaluation = left.evaluate()
    assert (evaluation.tenants_not_read, evaluation.last_complete) == (1, left.now), "a row says why already"
    confirm(left, 20)
    for nights in (1, 1, 7, 7):
        left.sleep(nights)
        left.close_night(read=1, not_read=1)
        evaluation = left.evaluate()
        assert (evaluation.tenants_read, evaluation.tenants_not_read) == (1, 0)
        assert evaluation.last_complete == left.now
        assert left.alerts() == []
    left.sleep(7)
    assert [alert.finding.slug for alert in left.alerts()] == [REMOVED], "the last day is over"


def test_the_last_complete_night_stays_known_when_a_later_one_misses_a_tenant(left: World) -> None:
    left.evaluate()
    confirm(left, 20)
    left.sleep()
    left.close_night(read=1, not_read=1)
    complete = left.now
    left.evaluate()
    left.sleep()
    left.fail("t2")
    left.close_night(read=0, not_read=2)
    evaluation = left.evaluate()
    assert (evaluation.tenants_not_read, evaluation.last_complete) == (1, complete)


def test_a_dismissal_is_honoured_the_night_a_list_is_missing_and_its_own_writes_are_told(left: World) -> None:
    left.evaluate()
    left.sleep()
    left.partner("p1", failure=TRANSIENT)
    assert len(left.alerts(REMOVED)) == 1
    dismiss(left)
    assert left.alerts() == []
    left.lines(line("mapping1", blocked=CANCELLED))
    assert [alert.finding.slug for alert in left.alerts()] == [Slug.PUSH_FAILED]


def test_who_is_seen_in_one_list_has_not_left_whatever_was_decided(left: World) -> None:
    left.evaluate()
    confirm(left, 20)
    left.sleep()
    left.come_back("t1")
    left.read("t1", sku("e3", 25, 20))
    left.partner("p2", failure=TRANSIENT)
    assert [alert.finding.slug for alert in left.alerts()] == [Slug.UNUSED_LICENSES]


def test_whose_company_was_removed_and_who_is_a_customer_again_waits_to_be_added(left: World) -> None:
    left.evaluate()
    confirm(left, 0)
    left.remove("t1")
    left.evaluate()
    left.come_back("t1")
    assert [alert.finding.slug for alert in left.alerts()] == [Slug.TENANT_NOT_ADDED]


def test_the_newest_word_counts_and_every_word_is_kept(left: World) -> None:
    left.evaluate()
    dismiss(left)
    left.evaluate()
    confirm(left, 0)
    (one,) = removals.decided(left.tables, left.account.id)
    assert (one.tenant_id, one.removal.ends, one.who) == ("t1", left.now.date(), "eva")
    assert len(list(decisions.history(left.tables, left.account.id, removals.KIND, "t1"))) == 2


@pytest.mark.parametrize("days", [-1, 3 * 366 + 1])
def test_a_last_day_that_is_over_or_a_slip_of_the_hand_is_refused(left: World, days: int) -> None:
    left.evaluate()
    with pytest.raises(Rejected, match="last day to bill must be between 2026-11-21 and"):
        confirm(left, days)
    assert removals.in_force(left.tables, left.account.id) == {}


def test_who_is_not_missing_cannot_be_dismissed(world: World) -> None:
    world.add("t1")
    world.evaluate()
    with pytest.raises(NotFound, match="'t1' is not among the removed tenants"):
        dismiss(world)


def test_excluding_the_tenant_does_not_hide_its_removal(left: World) -> None:
    exclusion = Exclusion(tenant_id="t1", customer="Contoso")
    exclusions.exclude(left.tables, left.account.id, exclusion, Decider("eva", "", left.now))
    assert len(left.alerts(REMOVED)) == 1


def test_the_zone_of_the_account_says_when_the_thirtieth_day_begins(left: World) -> None:
    left.account = left.account.model_copy(update={"timezone": "Pacific/Auckland"})
    left.evaluate()
    dismiss(left)  # on 21 Nov, until 21 Dec
    left.sleep(29)
    left.now += timedelta(hours=8)
    assert left.alerts(REMOVED) == []
    left.now += timedelta(hours=1)  # 11:10 UTC is 00:10 of the next day there
    assert len(left.alerts(REMOVED)) == 1


# -- lines that outlive their company -------------------------------------------------------------------------------


def test_the_lines_of_a_removed_company_are_told_until_they_are_let_go(left: World) -> None:
    left.map("t1", mapping("mapping1", "e3"), mapping("mapping2", "e5"))
    left.lines(line("mapping1"), line("mapping2", confirmed=5))
    left.remove("t1")
    alert = left.only(REMOVED)
    assert alert.finding.who == "Contoso Ltd"
    assert alert.finding.what == (
        "Its company was removed, and 2 lines on agreement 12 in ConnectWise still bill 30 seats."
    )
    assert alert.finding.fix == (
        "End them in ConnectWise and take their mappings off; or add the company again."
    )
    assert (alert.finding.tenant_id, alert.finding.seats, alert.finding.money) == ("t1", 30, Decimal(600))
    left.sleep(7)
    left.partner("p1", failure=TRANSIENT)
    left.psa_trouble("401", "No.")
    assert left.only(REMOVED) == alert
    left.psa_trouble()
    left.lines(line("mapping2", confirmed=5))
    assert "and 1 line on agreement 12 in ConnectWise still bills 5 seats" in left.only(REMOVED).finding.what
    left.lines()
    assert left.alerts(REMOVED) == []


def test_they_are_told_no_more_once_the_company_is_added_again(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping1", "e3"))
    world.lines(line("mapping1"))
    assert world.alerts(REMOVED) == []
    world.remove("t1")
    assert len(world.alerts(REMOVED)) == 1
    world.add("t1", sku("e3", 25))
    assert world.alerts(REMOVED) == []


@pytest.mark.parametrize("changes", [{"line_id": ""}, {"confirmed": 0}, {"blocked": CANCELLED}])
def test_what_bills_nothing_or_is_told_as_failed_is_not_told_so(
    left: World, changes: dict[str, object]
) -> None:
    left.lines(line("mapping1").model_copy(update=changes))
    left.remove("t1")
    assert left.alerts(REMOVED) == []


def test_removed_tenants_are_listed_with_what_was_said_about_them(left: World) -> None:
    left.evaluate()
    [before] = removals.removed(left.tables, left.account.id, {"t1": "Contoso Ltd"})
    assert (before.tenant_id, before.name, before.decided) == ("t1", "Contoso Ltd", None)
    assert before.missing_since == left.now
    dismiss(left)
    left.evaluate()
    [after] = removals.removed(left.tables, left.account.id, {"t1": "Contoso Ltd"})
    assert after.missing_since is None
    assert after.decided is not None
    assert after.decided.removal.ends is None


def test_lines_of_a_removed_company_are_no_removed_tenant(world: World) -> None:
    world.add("t1", sku("e3", 10))
    world.lines(line("mapping01", "t1", confirmed=10))
    world.remove("t1")
    world.evaluate()
    assert removals.removed(world.tables, world.account.id, {}) == []
