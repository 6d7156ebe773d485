"""S10: which shared mailboxes are rows, in what words, and what an unread list means."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.alerts.models import Exclusion, Slug
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import FailureCause, Sku
from tests.shared.alerts.world import DAY, World, box, line, mapping, sku, subscription

BOXES, AUTH = Slug.SHARED_MAILBOX_LICENSES, Slug.INVALID_AUTH
REFUSED = ReadFailure(
    cause=FailureCause.TENANT,
    code="403 Forbidden",
    stored_sentence="It may not. Give its group the role Global Reader.",
)


@pytest.fixture
def world(world: World) -> World:
    """A customer whose two SKUs are all mapped and assigned."""
    world.add("t1", sku("e3", 10, part="SPE_E3"), sku("exo", 5), name="Contoso Ltd")
    world.map("t1", mapping("mapping1", "e3"), mapping("mapping2", "exo"))
    world.lines(line("mapping1"), line("mapping2", unit_price=Decimal(4)))
    return world


def test_a_shared_mailbox_names_itself_its_licences_and_that_its_size_is_not_known(world: World) -> None:
    world.boxes("t1", box("info", "e3", "exo"))
    finding = world.only(BOXES).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "Info (info@a.example) has SPE_E3 and EXO."
    assert finding.fix == (
        "Take the licences off and drop the seats unless the mailbox is over 50 GB: its size is not known here."
    )
    assert (finding.tenant_id, finding.skus, finding.seats, finding.money) == (
        "t1",
        ("e3", "exo"),
        2,
        Decimal(24),
    )
    assert not finding.urgent


@pytest.mark.parametrize(
    "archive, hold, why",
    [
        (True, False, "It has an archive, so a licence may be required."),
        (False, True, "It is on litigation hold, so a licence may be required."),
        (True, True, "It has an archive and is on litigation hold, so a licence may be required."),
        (None, True, "It is on litigation hold, so a licence may be required."),
    ],
)
def test_archive_or_hold_marks_it_and_no_money_is_at_stake(
    world: World, archive: bool | None, hold: bool, why: str
) -> None:
    world.boxes("t1", box("info", "exo", archive=archive, hold=hold))
    finding = world.only(BOXES).finding
    assert finding.what.endswith(why)
    assert finding.fix.startswith("Take the licence off unless that is wanted")
    assert finding.money == 0


@pytest.mark.parametrize("archive, hold", [(None, None), (None, False), (False, None)])
def test_what_was_not_told_is_said_to_be_unknown(
    world: World, archive: bool | None, hold: bool | None
) -> None:
    world.boxes("t1", box("info", "exo", archive=archive, hold=hold))
    assert world.only(BOXES).finding.what.endswith(
        "Whether it has an archive or is on litigation hold is not known."
    )


@pytest.mark.parametrize(
    "free",
    [
        sku("free", 10_000, 4),
        sku("free", 10, 4, part="FLOW_FREE"),
        sku("free", 5, 1).model_copy(update={"applies_to": "Company"}),
    ],
    ids=["10,000 units", "known to be free", "applies to the company"],
)
def test_a_licence_that_costs_nothing_is_no_row_and_not_named_beside_one_that_does(
    world: World, free: Sku
) -> None:
    world.read("t1", sku("e3", 10), free)
    world.boxes("t1", box("info", "free"), box("sales", "e3", "free"))
    assert world.only(BOXES).finding.what == "Sales (sales@a.example) has E3."


def test_a_trial_and_a_sku_excluded_for_the_account_are_no_rows(world: World) -> None:
    trial = subscription("s1", "try", 5, trial=True)
    world.read("t1", sku("e3", 10), sku("exo", 5), sku("try", 5), subscriptions=[trial])
    world.boxes("t1", box("info", "try"), box("sales", "e3"), box("desk", "exo"))
    world.exclude(Exclusion(sku_id="e3"))
    assert world.only(BOXES).finding.what.startswith("Desk")


@pytest.mark.parametrize(
    "exclusion", [Exclusion(sku_id="e3"), Exclusion(slug=BOXES, tenant_id="t1", sku_id="e3")]
)
def test_an_excluded_licence_is_not_named_beside_another_and_its_money_does_not_count(
    world: World, exclusion: Exclusion
) -> None:
    world.boxes("t1", box("info", "e3", "exo"))
    assert world.only(BOXES).finding.money == Decimal(24)
    world.exclude(exclusion)
    finding = world.only(BOXES).finding
    assert finding.what == "Info (info@a.example) has EXO."
    assert (finding.skus, finding.seats, finding.money) == (("exo",), 1, Decimal(4))


def test_a_mailbox_without_address_is_called_by_its_name(world: World) -> None:
    world.boxes("t1", box("info", "e3").model_copy(update={"address": ""}))
    assert world.only(BOXES).finding.what == "Info has SPE_E3."


def test_its_identity_is_the_mailbox_and_another_licence_changes_it(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    before = world.only(BOXES)
    world.now += DAY
    world.boxes("t1", box("info", "e3", "exo"))
    after = world.only(BOXES)
    assert (after.opened_at, after.changed_at) == (before.opened_at, world.now)
    assert after.finding.identity == "t1|info"


def test_an_archive_that_was_not_told_this_time_changes_nothing(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    before = world.only(BOXES)
    world.now += timedelta(hours=1)
    world.boxes("t1", box("info", "e3", archive=None, hold=None))
    assert world.only(BOXES).changed_at == before.changed_at


@pytest.mark.parametrize(
    "more, words",
    [
        (1, "1 further shared mailbox has licences."),
        (1_200, "1,200 further shared mailboxes have licences."),
    ],
)
def test_more_than_are_kept_are_one_row_with_their_number(world: World, more: int, words: str) -> None:
    world.boxes("t1", box("info", "e3"), more=more)
    told = [alert.finding.what for alert in world.alerts(BOXES)]
    assert words in told
    assert len(told) == 2


# -- read or not


def test_none_closes_what_was_open(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    assert len(world.alerts(BOXES)) == 1
    world.boxes("t1")
    assert world.alerts(BOXES) == []


def test_could_not_be_read_is_not_none(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    opened = world.only(BOXES).opened_at
    world.sleep()
    world.no_boxes("t1")
    kept = world.only(BOXES)
    assert (kept.opened_at, kept.not_checked_since) == (opened, world.now)
    world.sleep()
    world.boxes("t1", box("info", "e3"))
    again = world.only(BOXES)
    assert (again.opened_at, again.changed_at, again.not_checked_since) == (opened, opened, None)


def test_a_list_of_yesterday_is_judged_no_more(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    world.only(BOXES)
    world.sleep(2)
    world.boxes("t1", ago=2 * DAY)
    assert world.only(BOXES).not_checked_since == world.now


def test_a_tenant_that_was_not_read_is_not_judged(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    world.only(BOXES)
    world.sleep()
    world.fail("t1")
    world.boxes("t1")
    assert world.only(BOXES).not_checked_since == world.now


def test_a_refusal_is_a_sign_in_problem_that_says_who_must_do_what(world: World) -> None:
    world.no_boxes("t1", REFUSED)
    assert world.alerts(BOXES) == []
    finding = world.only(AUTH).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == (
        "Shared mailboxes could not be read, here and perhaps elsewhere in Partner p1. Code: 403 Forbidden."
    )
    assert finding.fix == "Give its group the role Global Reader."


def test_the_same_refusal_of_many_tenants_is_one_row_and_news_when_another_is_the_first(world: World) -> None:
    world.add("t2", sku("e3", 10))
    world.map("t2", mapping("mapping3", "e3"))
    for tenant in ("t1", "t2"):
        world.no_boxes(tenant, REFUSED)
    opened = world.only(AUTH)
    assert opened.finding.who == "Contoso Ltd"
    world.sleep()
    world.boxes("t1", box("info", "e3"))
    second = world.only(AUTH)
    assert (second.finding.who, second.opened_at, second.changed_at) == (
        "Customer t2",
        opened.opened_at,
        world.now,
    )
    world.boxes("t2")
    assert world.alerts(AUTH) == []
    assert world.only(BOXES).finding.identity == "t1|info"


def test_an_excluded_tenant_leaves_the_row_to_the_next(world: World) -> None:
    world.add("t2", sku("e3", 10))
    world.map("t2", mapping("mapping3", "e3"))
    for tenant in ("t1", "t2"):
        world.no_boxes(tenant, REFUSED)
    world.exclude(Exclusion(tenant_id="t1"))
    assert world.only(AUTH).finding.who == "Customer t2"


def test_a_refusal_does_not_close_what_is_open_in_the_tenant(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    world.only(BOXES)
    world.no_boxes("t1", REFUSED)
    assert world.only(BOXES).finding.identity == "t1|info"
    assert world.only(AUTH).finding.identity == "mailboxes|p1|403%20Forbidden"


def test_a_night_in_which_the_first_tenant_cannot_be_read_makes_no_news_of_the_others(world: World) -> None:
    world.add("t2", sku("e3", 10))
    world.map("t2", mapping("mapping3", "e3"))
    for tenant in ("t1", "t2"):
        world.no_boxes(tenant, REFUSED)
    before = world.only(AUTH)
    for tenant_fails in (False, True):
        world.sleep()
        world.no_boxes("t1")
        if tenant_fails:
            world.fail("t1")
        kept = world.only(AUTH)
        assert (kept.finding, kept.changed_at) == (before.finding, before.changed_at)
        assert kept.not_checked_since is not None


def test_an_earlier_tenant_that_joins_does_not_push_the_named_one_out(world: World) -> None:
    world.add("t0", sku("e3", 10))
    world.map("t0", mapping("mapping3", "e3"))
    world.no_boxes("t1", REFUSED)
    before = world.only(AUTH)
    world.sleep()
    world.no_boxes("t0", REFUSED)
    assert world.only(AUTH) == before
    world.boxes("t1")
    assert world.only(AUTH).finding.who == "Customer t0"


def test_who_does_not_watch_shared_mailboxes_is_not_told_that_they_cannot_be_read(world: World) -> None:
    world.no_boxes("t1", REFUSED)
    assert len(world.alerts(AUTH)) == 1
    world.switch_off(BOXES)
    assert world.alerts() == []


def test_a_removed_company_takes_its_refusal_along(world: World) -> None:
    world.no_boxes("t1", REFUSED)
    assert len(world.alerts(AUTH)) == 1
    world.remove("t1")
    assert world.alerts(AUTH) == []


def test_never_read_is_no_row(world: World) -> None:
    assert world.alerts() == []
    world.no_boxes("t1")
    assert world.alerts() == []


def test_numbers_that_are_hard_to_believe_close_nothing(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    world.only(BOXES)
    world.read("t1", sku("e3", 10), doubts=(DoubtKind.SKUS_GONE,))
    world.boxes("t1")
    assert len(world.alerts(BOXES)) == 1


def test_a_list_of_users_that_is_not_whole_closes_no_mailbox_and_every_other_row_is_judged(
    world: World,
) -> None:
    world.read("t1", sku("e3", 10, 4))
    world.boxes("t1", box("info", "e3"))
    assert len(world.alerts()) == 2
    world.sleep()
    world.read("t1", sku("e3", 10), doubts=(DoubtKind.USERS_UNLISTED,))
    world.boxes("t1")
    assert world.only(BOXES).not_checked_since == world.now
    assert world.alerts(Slug.UNUSED_LICENSES) == []


def test_switched_off_it_is_no_row(world: World) -> None:
    world.boxes("t1", box("info", "e3"))
    world.switch_off(BOXES)
    assert world.alerts() == []
