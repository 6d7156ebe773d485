"""Trials and seats that somebody else sold, night after night: what is written, what waits, and for how long."""

import pytest

from shared.accounts.preferences import GuardSettings
from shared.billing.models import HoldReason, LineRecord, Options, SoldByOthers, Verdict
from shared.billing.planning.sellers import has_new_seller, known_sellers
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection, Subscription
from tests.shared.billing.world import ACCOUNT, SKU, Mapped, World

HOME = "partner-home"


@pytest.fixture
def world() -> World:
    made = World(guard=GuardSettings())
    partner = PartnerConnection(id="partner", name="Partner", tenant_id=HOME.upper(), client_id="app")
    partner_connections.save(made.tables, ACCOUNT, partner)
    return made


def part(name: str, total: int, *, owner: str = HOME, trial: bool = False) -> Subscription:
    return Subscription(
        id=name, sku_id=SKU, status="Enabled", total=total, trial=trial, owner_tenant_id=owner
    )


def read(world: World, *parts: Subscription) -> None:
    world.later_read({SKU: sum(one.total for one in parts)}, subscriptions=parts)


def in_step(world: World, *parts: Subscription, options: Options | None = None) -> Mapped:
    """A line that says what these subscriptions add up to, and that a push saw so."""
    mapped = world.map_line(quantity=sum(one.total for one in parts), options=options)
    read(world, *parts)
    push(world)
    return mapped


def push(world: World) -> None:
    world.push_until_done(f"{world.clock.now():%Y-%m-%d-%H%M%S%f}")


def test_a_trial_beside_paid_seats_writes_nothing_and_its_end_holds_nothing(world: World) -> None:
    mapped = in_step(world, part("paid", 27))
    read(world, part("paid", 27), part("trial", 25, trial=True))
    push(world)
    assert (world.quantity(mapped), world.held()) == (27, [])
    read(world, part("paid", 27))
    push(world)
    assert (world.quantity(mapped), world.held(), world.fake.sent) == (27, [], [])


def test_a_trial_that_cannot_be_told_apart_waits_and_says_why(world: World) -> None:
    mapped = in_step(world, part("paid", 27))
    world.later_read({SKU: 52}, subscriptions=(part("paid", 27),))
    push(world)
    assert world.quantity(mapped) == 27
    assert "add up to 27 seats, but Microsoft counts 52" in world.why_not_planned(mapped)


def test_seats_that_somebody_else_sold_wait_when_they_first_come(world: World) -> None:
    mapped = in_step(world, part("ours", 20))
    read(world, part("ours", 20), part("direct", 5, owner="contoso"))
    push(world)
    [hold] = world.held()
    assert (world.quantity(mapped), hold.change.after) == (20, 25)
    assert hold.reasons == (HoldReason.SOLD_BY_OTHERS,)


def test_once_a_person_approved_them_they_count_like_all_others(world: World) -> None:
    mapped = in_step(world, part("ours", 20))
    read(world, part("ours", 20), part("direct", 5, owner="contoso"))
    push(world)
    world.decide(world.held()[0].change.id)
    push(world)
    assert world.quantity(mapped) == 25
    read(world, part("ours", 21), part("direct", 7, owner="contoso"))
    push(world)
    assert (world.quantity(mapped), world.held()) == (28, [])


def test_they_wait_as_long_as_nobody_approves_them(world: World) -> None:
    mapped = in_step(world, part("ours", 20))
    for own in (20, 22, 19):
        read(world, part("ours", own), part("direct", 5, owner="contoso"))
        push(world)
        assert HoldReason.SOLD_BY_OTHERS in world.held()[0].reasons
    world.decide(world.held()[0].change.id, Verdict.REJECTED)
    push(world)
    assert world.quantity(mapped) == 20


def test_when_they_go_again_the_line_is_in_step(world: World) -> None:
    mapped = in_step(world, part("ours", 20))
    read(world, part("ours", 20), part("direct", 5, owner="contoso"))
    push(world)
    read(world, part("ours", 20))
    push(world)
    assert (world.quantity(mapped), world.held()) == (20, [])


def test_a_line_of_which_they_were_a_part_from_the_first_waits_for_another_seller_only(world: World) -> None:
    mapped = in_step(world, part("provider", 20, owner="provider"))
    read(world, part("provider", 24, owner="provider"))
    push(world)
    assert world.quantity(mapped) == 24
    read(world, part("provider", 24, owner="provider"), part("direct", 2, owner="contoso"))
    push(world)
    assert (world.quantity(mapped), world.held()[0].reasons) == (24, (HoldReason.SOLD_BY_OTHERS,))


def test_a_new_seller_that_leaves_the_number_as_it_is_is_still_new_to_the_next_change(world: World) -> None:
    mapped = in_step(world, part("ours", 20))
    read(world, part("ours", 15), part("direct", 5, owner="contoso"))
    push(world)
    assert world.held() == []
    read(world, part("ours", 16), part("direct", 5, owner="contoso"))
    push(world)
    assert (world.quantity(mapped), world.held()[0].reasons) == (20, (HoldReason.SOLD_BY_OTHERS,))


@pytest.mark.parametrize("said, billed", [(SoldByOthers.COUNTED, 25), (SoldByOthers.LEFT_OUT, 20)])
def test_what_a_person_said_about_them_is_done_without_waiting(
    world: World, said: SoldByOthers, billed: int
) -> None:
    mapped = in_step(world, part("ours", 20), options=Options(sold_by_others=said))
    read(world, part("ours", 20), part("direct", 5, owner="contoso"))
    push(world)
    assert (world.quantity(mapped), world.held()) == (billed, [])


def test_the_first_change_of_a_line_waits_when_somebody_else_sold_seats_of_it(world: World) -> None:
    mapped = world.map_line(quantity=20)
    read(world, part("ours", 20), part("direct", 5, owner="contoso"))
    push(world)
    assert (world.quantity(mapped), world.held()[0].reasons) == (20, (HoldReason.SOLD_BY_OTHERS,))


def test_a_line_that_was_kept_before_sellers_were_known_still_loads() -> None:
    before = LineRecord.model_validate_json(
        b'{"mapping_id":"m","tenant_id":"t","product_id":"p","confirmed":20}'
    )
    assert before.other_sellers is None
    assert known_sellers(before, frozenset({"x"}), in_step=True, approved=False) == ("x",)
    assert has_new_seller(before, {"x"})
    assert not has_new_seller(before, frozenset())
