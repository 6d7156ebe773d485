"""S6 and S7: which licences are rows, and in what words."""

from decimal import Decimal

import pytest

from shared.alerts.models import Exclusion, Slug
from shared.billing.models import BillingProfile
from shared.billing.profiles import PROFILE
from shared.billing.psa.base import BillableOption
from shared.microsoft.models import Sku
from shared.storage.decisions import Decider, decide
from tests.shared.alerts.world import World, line, mapping, sku, subscription

NO_PROFILE, UNUSED = Slug.NO_BILLING_PROFILE, Slug.UNUSED_LICENSES


def test_a_licence_without_mapping_names_the_customer_the_product_and_its_seats(world: World) -> None:
    world.add("t1", sku("e3", 1_250, part="SPE_E3"), name="Contoso Ltd")
    finding = world.only(NO_PROFILE).finding
    assert finding.who == "Contoso Ltd"
    assert finding.what == "SPE_E3: 1,250 seats purchased, on no agreement line."
    assert (
        finding.fix
        == "An editor maps it to a billing profile, an agreement and a line, or chooses “do not bill”."
    )
    assert (finding.tenant_id, finding.seats, finding.value, finding.urgent) == ("t1", 1_250, "", False)


def test_one_seat_is_said_in_the_singular(world: World) -> None:
    world.add("t1", sku("e3", 1, 0), name="Contoso Ltd")
    assert world.only(NO_PROFILE).finding.what == "E3: 1 seat purchased, on no agreement line."
    unused = world.only(UNUSED).finding
    assert unused.what == "E3: 1 of 1 seat assigned to nobody; term unknown."
    assert unused.fix == "Ask Contoso Ltd if the seat is needed: assign it, or reduce the subscription by 1."


@pytest.mark.parametrize("profile", ["gold", ""], ids=["billed", "do not bill"])
def test_a_mapped_licence_is_no_row(world: World, profile: str) -> None:
    world.add("t1", sku("e3", 10))
    world.map("t1", mapping("mapping1", "e3", profile=profile))
    assert world.alerts() == []


def test_the_mapping_of_another_tenant_does_not_count(world: World) -> None:
    world.add("t1", sku("e3", 10))
    world.map("t2", mapping("mapping1", "e3"))
    assert world.only(NO_PROFILE).finding.tenant_id == "t1"


@pytest.mark.parametrize(
    "unwatched",
    [
        sku("free", 10_000, 4),
        sku("free", 10, 4, part="FLOW_FREE"),
        sku("company", 10, 4).model_copy(update={"applies_to": "Company"}),
        sku("none", 0),
        sku("none", 0, grace=5, suspended=5),
    ],
    ids=["10,000 units", "known to be free", "applies to the company", "no units", "only in grace"],
)
def test_what_costs_nothing_is_no_row(world: World, unwatched: Sku) -> None:
    world.add("t1", unwatched)
    assert world.alerts() == []


def test_9_999_units_are_watched(world: World) -> None:
    world.add("t1", sku("e3", 9_999))
    assert len(world.alerts(NO_PROFILE)) == 1


def test_a_trial_is_no_row_but_a_trial_beside_a_paid_subscription_is(world: World) -> None:
    trial = subscription("s1", "e3", 25, trial=True)
    world.add("t1", sku("e3", 25, 4), subscriptions=[trial])
    assert world.alerts() == []
    world.read("t1", sku("e3", 35, 4), subscriptions=[trial, subscription("s2", "e3", 10)])
    assert len(world.alerts()) == 2


def test_a_sku_excluded_for_the_whole_account_is_no_row(world: World) -> None:
    world.exclude(Exclusion(sku_id="e3"))
    world.add("t1", sku("e3", 10, 4), sku("e5", 10))
    assert [alert.finding.identity for alert in world.alerts()] == ["t1|e5"]


def test_a_tenant_without_company_is_judged_by_no_licence(world: World) -> None:
    world.read("stranger", sku("e3", 10, 4))
    assert world.alerts() == []


def test_of_a_split_sku_the_subscription_without_mapping_is_named(world: World) -> None:
    parts = [subscription(f"s{number}", "e3", 5) for number in (1, 2, 3)]
    world.add("t1", sku("e3", 15), subscriptions=parts)
    world.map(
        "t1", mapping("mapping1", "e3", subscription_id="s1"), mapping("mapping2", "e3", subscription_id="s3")
    )
    finding = world.only(NO_PROFILE).finding
    assert finding.identity == "t1|e3|s2"
    assert (
        finding.what
        == "E3: 5 seats of subscription s2, on no agreement line; other subscriptions of it are mapped."
    )


def test_of_a_split_sku_ended_and_trial_subscriptions_need_no_mapping(world: World) -> None:
    parts = [
        subscription("s1", "e3", 5),
        subscription("s2", "e3", 7, status="Suspended"),
        subscription("s3", "e3", 3, trial=True),
    ]
    world.add("t1", sku("e3", 8, suspended=7), subscriptions=parts)
    world.map("t1", mapping("mapping1", "e3", subscription_id="s1"))
    assert world.alerts() == []


def test_a_sku_of_several_subscriptions_without_any_mapping_is_one_row(world: World) -> None:
    world.add("t1", sku("e3", 10), subscriptions=[subscription("s1", "e3", 5), subscription("s2", "e3", 5)])
    assert world.only(NO_PROFILE).finding.identity == "t1|e3"


def test_spare_seats_are_a_row_with_grace_and_suspended_apart(world: World) -> None:
    world.add("t1", sku("e3", 25, 20, grace=2, suspended=3), name="Contoso Ltd")
    world.map("t1", mapping("mapping1", "e3"))
    finding = world.only(UNUSED).finding
    assert (
        finding.what
        == "E3: 5 of 25 seats assigned to nobody (2 in grace and 3 suspended not counted); term unknown."
    )
    assert (
        finding.fix
        == "Ask Contoso Ltd if the seats are needed: assign them, or reduce the subscription by 5."
    )
    assert (finding.value, finding.seats) == ("5", 5)


@pytest.mark.parametrize("assigned", [25, 30])
def test_no_spare_seat_is_no_row(world: World, assigned: int) -> None:
    world.add("t1", sku("e3", 25, assigned))
    world.map("t1", mapping("mapping1", "e3"))
    assert world.alerts() == []


def test_unused_seats_cost_what_the_line_says_a_seat_costs(world: World) -> None:
    world.add("t1", sku("e3", 25, 20))
    world.map("t1", mapping("mapping1", "e3"))
    world.lines(line("mapping1", unit_price=Decimal("12.50")))
    assert world.only(UNUSED).finding.money == Decimal("62.50")


@pytest.mark.parametrize("prices, money", [((20, 20), 100), ((20, 30), 0), ((20, None), 0)])
def test_a_split_sku_has_a_price_when_its_lines_agree(
    world: World, prices: tuple[int | None, ...], money: int
) -> None:
    world.add(
        "t1", sku("e3", 10, 5), subscriptions=[subscription("s1", "e3", 5), subscription("s2", "e3", 5)]
    )
    names = ["mapping1", "mapping2"]
    world.map("t1", *(mapping(name, "e3", subscription_id=f"s{name[-1]}") for name in names))
    world.lines(
        *(line(n, unit_price=p if p is None else Decimal(p)) for n, p in zip(names, prices, strict=True))
    )
    assert world.only(UNUSED).finding.money == money


def test_seats_that_are_not_charged_have_no_money_at_stake(world: World) -> None:
    world.add("t1", sku("e3", 25, 20))
    free = BillingProfile(
        id="gold", name="Gold", connection="cw", product_id="p1", billable=BillableOption.DO_NOT_BILL
    )
    decide(world.tables, world.account.id, PROFILE, "gold", free, Decider("t", "", world.now))
    world.map("t1", mapping("mapping1", "e3"))
    world.lines(line("mapping1"))
    assert world.only(UNUSED).finding.money == 0


# -- parts that are no paid seats of ours


def test_seats_on_trial_are_not_counted_and_shown_apart(world: World) -> None:
    parts = [subscription("s1", "e3", 27), subscription("s2", "e3", 25, trial=True)]
    world.add("t1", sku("e3", 52, 20), subscriptions=parts)
    assert world.only(NO_PROFILE).finding.what == "E3: 27 seats purchased, on no agreement line."
    assert world.only(UNUSED).finding.what.startswith(
        "E3: 7 of 27 seats assigned to nobody (25 on trial not counted);"
    )


@pytest.mark.parametrize("state", ["LockedOut", "Deleted"])
def test_a_trial_beside_paid_seats_that_are_gone_is_no_row(world: World, state: str) -> None:
    parts = [subscription("s1", "e3", 25, trial=True), subscription("s2", "e3", 6, status=state)]
    world.add("t1", sku("e3", 25, 4), subscriptions=parts)
    assert world.alerts() == []


def test_seats_that_somebody_else_sold_are_shown_apart(world: World) -> None:
    ours = subscription("s1", "e3", 20).model_copy(update={"owner_tenant_id": "home-p1"})
    direct = subscription("s2", "e3", 5).model_copy(update={"owner_tenant_id": "t1"})
    world.add("t1", sku("e3", 25, 20), subscriptions=[ours, direct])
    assert (
        world.only(NO_PROFILE).finding.what
        == "E3: 25 seats purchased, on no agreement line; 5 of them sold by somebody else."
    )
    assert world.only(UNUSED).finding.what.startswith(
        "E3: 5 of 25 seats assigned to nobody (5 of them sold by somebody else);"
    )


def test_seats_that_do_not_add_up_are_still_seats_that_nobody_bills(world: World) -> None:
    world.add("t1", sku("e3", 35, 4), subscriptions=[subscription("s1", "e3", 10)])
    assert world.only(NO_PROFILE).finding.what == (
        "E3: 35 seats on no agreement line. The subscriptions of E3 add up to 10 seats, but Microsoft counts 35."
    )


def test_unused_seats_that_do_not_add_up_tonight_stay_as_they_were_and_hold_no_other_row_up(
    world: World,
) -> None:
    world.add("t1", sku("e3", 35, 4), sku("e5", 10, 4))
    world.map("t1", mapping("mapping1", "e3"), mapping("mapping2", "e5"))
    assert {alert.finding.identity for alert in world.alerts(UNUSED)} == {"t1|e3", "t1|e5"}
    world.sleep()
    world.read("t1", sku("e3", 35, 4), sku("e5", 10, 10), subscriptions=[subscription("s1", "e3", 10)])
    [unclear] = world.alerts(UNUSED)
    assert (unclear.finding.identity, unclear.not_checked_since) == ("t1|e3", world.now)


@pytest.mark.parametrize("slug", [NO_PROFILE, UNUSED])
def test_phone_resource_accounts_are_no_row_unless_the_alert_type_is_told_to_watch_them(
    world: World, slug: Slug
) -> None:
    world.add("t1", sku("phones", 25, 1, part="PHONESYSTEM_VIRTUALUSER"))
    assert world.alerts() == []
    world.set_parameters(**{slug: {"phone_resource_accounts": True}})
    assert [alert.finding.slug for alert in world.alerts()] == [slug]
