"""N8 and renewals: when spare seats can be dropped, and which terms are about to renew or end."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from shared.alerts.models import Alert, Exclusion, Slug
from shared.microsoft.models import Subscription, Term
from tests.shared.alerts.world import DAY, World, mapping, sku, subscription, term

UNUSED, RENEWAL = Slug.UNUSED_LICENSES, Slug.RENEWAL_DUE


def have(
    world: World, *terms: Term, seats: int = 10, assigned: int = 7, parts: Iterable[Subscription] = ()
) -> None:
    """Contoso with one mapped SKU of some subscriptions (one called s1 unless told otherwise)."""
    world.add(
        "t1",
        sku("e3", seats, assigned),
        name="Contoso Ltd",
        subscriptions=list(parts) or [subscription("s1", "e3", seats)],
    )
    world.map("t1", mapping("mapping1", "e3"))
    if terms:
        world.terms("t1", *terms)


def unused(world: World) -> str:
    return world.only(UNUSED).finding.what.removeprefix("E3: 3 of 10 seats assigned to nobody; ")


# -- when spare seats can be dropped


def test_without_terms_it_says_that_they_are_unknown(world: World) -> None:
    have(world)
    assert unused(world) == "term unknown."


@pytest.mark.parametrize(
    "ago, says", [(30 * DAY, "droppable at renewal on 19 Jan 2027."), (31 * DAY, "term unknown.")]
)
def test_terms_of_long_ago_are_unknown(world: World, ago: timedelta, says: str) -> None:
    have(world)
    world.terms("t1", term("s1", 60), ago=ago - timedelta(minutes=9))
    assert unused(world) == says


@pytest.mark.parametrize(
    "one, says",
    [
        (term("s1", 60), "droppable at renewal on 19 Jan 2027."),
        (term("s1", 60, auto_renew=False), "droppable when the term ends on 19 Jan 2027."),
        (term("s1", 60, auto_renew=None), "droppable at renewal on 19 Jan 2027."),
        (term("s1", 360, cancellable=timedelta(days=5)), "droppable now, until 25 Nov 2026."),
        (term("s1", 360, cancellable=timedelta(seconds=1)), "droppable now, until 20 Nov 2026."),
        (term("s1", 60, cancellable=timedelta(0)), "droppable at renewal on 19 Jan 2027."),
        (term("s1", 0), "droppable at renewal on 20 Nov 2026."),
        (term("s1", -1), "term unknown."),
        (term("s1", None), "term unknown."),
        (term("other", 60), "term unknown."),
    ],
    ids=[
        "renews",
        "ends",
        "nobody says which",
        "within the window",
        "its last second",
        "window is over",
        "renews today",
        "renewed since",
        "no end",
        "another subscription",
    ],
)
def test_spare_seats_say_when_they_can_be_dropped(world: World, one: Term, says: str) -> None:
    have(world, one)
    assert unused(world) == says


@pytest.mark.parametrize(
    "first, second, says",
    [
        (term("s1", 20), term("s2", 60), "droppable at renewal on 10 Dec 2026."),
        (term("s1", 60), term("s2", 20), "2 of them droppable at renewal on 10 Dec 2026."),
        (term("s1", 60), term("s2", 300, cancellable=DAY), "2 of them droppable now, until 21 Nov 2026."),
        (term("s1", 60), term("s2", 60), "droppable at renewal on 19 Jan 2027."),
    ],
    ids=["the larger first", "the smaller first", "the smaller now", "both at once"],
)
def test_of_several_subscriptions_the_earliest_chance_counts(
    world: World, first: Term, second: Term, says: str
) -> None:
    have(world, first, second, parts=[subscription("s1", "e3", 8), subscription("s2", "e3", 2)])
    assert unused(world) == says


def test_only_enabled_subscriptions_are_a_chance(world: World) -> None:
    parts = [subscription("s1", "e3", 10), subscription("s2", "e3", 5, status="Warning")]
    have(world, term("s1", 60), term("s2", 3), parts=parts)
    assert unused(world).endswith("(5 in grace not counted); droppable at renewal on 19 Jan 2027.")


def test_a_trial_is_no_chance_to_drop_paid_seats(world: World) -> None:
    world.add(
        "t1",
        sku("e3", 15, 7),
        subscriptions=[subscription("s1", "e3", 10), subscription("s2", "e3", 5, trial=True)],
    )
    world.terms("t1", term("s1", 60), term("s2", 3))
    assert "3 of 10 seats assigned to nobody (5 on trial not counted); droppable at renewal on 19" in unused(
        world
    )


def test_another_word_about_the_term_is_no_change_to_mail_about(world: World) -> None:
    have(world, term("s1", 60, cancellable=DAY))
    before = world.only(UNUSED)
    world.sleep(2)
    after = world.only(UNUSED)
    assert after.finding.what != before.finding.what
    assert after.changed_at == before.changed_at


# -- renewals


def renewals(world: World) -> list[Alert]:
    return world.alerts(RENEWAL)


def test_a_renewal_names_its_seats_its_day_its_term_and_what_is_idle(world: World) -> None:
    have(world, term("s1", 20))
    finding = world.only(RENEWAL).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "E3: 10 seats renew on 10 Dec 2026 for a year; 3 assigned to nobody."
    assert finding.fix == "Agree on the number of seats with Contoso Ltd by then: the new term fixes it."
    assert (finding.tenant_id, finding.skus, finding.seats, finding.urgent) == ("t1", ("e3",), 10, False)


def test_one_that_ends_says_why_and_how_it_goes_on(world: World) -> None:
    have(world, term("s1", 20, auto_renew=False), assigned=10)
    finding = world.only(RENEWAL).finding
    assert finding.what == "E3: 10 seats end on 10 Dec 2026, because auto-renewal is off."
    assert "switch auto-renewal on in Partner Center" in finding.fix


def test_one_of_which_nobody_says_whether_it_renews_says_so(world: World) -> None:
    have(world, term("s1", 20, auto_renew=None), seats=1, assigned=1)
    finding = world.only(RENEWAL).finding
    assert finding.what == "E3: 1 seat reaches the end of the term on 10 Dec 2026."
    assert "Look up in Partner Center" in finding.fix


@pytest.mark.parametrize("days, rows", [(-1, 0), (0, 1), (30, 1), (31, 0), (None, 0)])
def test_it_is_a_row_from_thirty_days_before_to_the_day_itself(
    world: World, days: int | None, rows: int
) -> None:
    have(world, term("s1", days))
    assert len(renewals(world)) == rows


def test_where_no_terms_are_read_any_more_no_renewal_stays_open(world: World) -> None:
    have(world, term("s1", 8))
    assert len(renewals(world)) == 1
    world.account = world.account.model_copy(update={"reads_terms": False})
    assert renewals(world) == []


@pytest.mark.parametrize("within, rows", [(7, 0), (8, 1)])
def test_the_account_says_how_many_days_before(world: World, within: int, rows: int) -> None:
    world.account = world.account.model_copy(update={"alert_parameters": {RENEWAL: {"days": within}}})
    have(world, term("s1", 8))
    assert len(renewals(world)) == rows


@pytest.mark.parametrize("auto_renew, rows", [(True, 0), (None, 0), (False, 1)])
def test_a_monthly_term_is_a_row_only_when_it_ends(world: World, auto_renew: bool | None, rows: int) -> None:
    have(world, term("s1", 20, duration="P1M", auto_renew=auto_renew))
    assert len(renewals(world)) == rows


@pytest.mark.parametrize(
    "part",
    [
        subscription("s1", "e3", 10, trial=True),
        subscription("s1", "e3", 10, status="Warning"),
        subscription("s1", "e3", 0),
    ],
    ids=["a trial", "in grace", "no seats"],
)
def test_what_renews_nothing_is_no_row(world: World, part: Subscription) -> None:
    have(world, term("s1", 20), parts=[part])
    assert renewals(world) == []


def test_a_sku_excluded_for_the_account_is_no_row(world: World) -> None:
    world.exclude(Exclusion(sku_id="e3"))
    have(world, term("s1", 20))
    assert renewals(world) == []


def test_each_subscription_is_a_row_of_its_own(world: World) -> None:
    have(
        world,
        term("s1", 20),
        term("s2", 25),
        parts=[subscription("s1", "e3", 6), subscription("s2", "e3", 4)],
    )
    assert {alert.finding.identity for alert in renewals(world)} == {"t1|s1", "t1|s2"}


def test_when_it_has_renewed_the_row_closes(world: World) -> None:
    have(world, term("s1", 1))
    assert len(renewals(world)) == 1
    world.sleep(2)
    assert renewals(world) == []


def test_another_day_or_renewal_is_a_change(world: World) -> None:
    have(world, term("s1", 20))
    before = world.only(RENEWAL)
    world.sleep()
    world.terms("t1", term("s1", 20, auto_renew=False))
    assert world.only(RENEWAL).changed_at > before.changed_at


def test_terms_that_are_unknown_again_close_nothing(world: World) -> None:
    have(world, term("s1", 25))
    opened = world.only(RENEWAL).opened_at
    world.terms("t1", ago=31 * DAY)
    kept = world.only(RENEWAL)
    assert (kept.opened_at, kept.not_checked_since) == (opened, world.now)


def test_a_tenant_that_was_not_read_is_not_judged_until_the_day_is_over(world: World) -> None:
    have(world, term("s1", 1))
    world.only(RENEWAL)
    world.sleep()
    world.fail("t1")
    assert world.only(RENEWAL).not_checked_since == world.now
    world.sleep()
    assert renewals(world) == []


def test_a_day_that_is_over_closes_its_row_also_where_terms_are_unknown_again(world: World) -> None:
    have(world, term("s1", 20))
    world.only(RENEWAL)
    world.sleep(21)
    world.terms("t1", ago=31 * DAY)
    assert renewals(world) == []


@pytest.mark.parametrize("hours, rows", [(8, 1), (9, 0)])
def test_the_zone_of_the_account_says_when_the_day_is_over(world: World, hours: int, rows: int) -> None:
    """11:10 UTC of the day is 00:10 of the next one in Auckland."""
    world.account = world.account.model_copy(update={"timezone": "Pacific/Auckland"})
    have(world, term("s1", 0))
    world.now += timedelta(hours=hours)
    assert len(renewals(world)) == rows


def test_before_terms_were_ever_read_there_is_no_row(world: World) -> None:
    have(world)
    assert renewals(world) == []
