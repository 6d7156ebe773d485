"""K6, K7: a line whose price is not what its billing profile means is never in step and never written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.models import BillingProfile, BlockReason, LineState, PriceKind, PriceRule
from shared.billing.profiles import save_profile
from shared.errors import Rejected
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, SKU, Mapped, World

FIXED = PriceRule(kind=PriceKind.FIXED, amount=Decimal("20.90"))
FIVE_OFF = PriceRule(kind=PriceKind.PERCENT, amount=Decimal(-5))
"""Of 22.00, which the product costs: 20.90 too."""


@pytest.fixture
def world() -> World:
    return World()


def charge(world: World, rule: PriceRule) -> None:
    profile = BillingProfile(
        id=PROFILE, name="BP", connection=CONNECTION, product_id=world.product.id, price=rule
    )
    save_profile(world.tables, ACCOUNT, profile, world.by())


def priced(world: World, mapped: Mapped, price: str) -> None:
    world.fake.edit_line(mapped.line, unit_price=Decimal(price))


def tracks(world: World, price: str) -> None:
    world.fake.edit_product(world.product.id, price=Decimal(price))


@pytest.mark.parametrize("rule", [FIXED, FIVE_OFF])
def test_a_line_of_another_price_is_not_written_and_says_what_differs(world: World, rule: PriceRule) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    charge(world, rule)
    run = world.push_until_done()
    assert (world.fake.sent, run.lines.failed) == ([], 1)
    assert world.reason(mapped) is BlockReason.OTHER_PRICE
    assert "charges 22 for a seat in the PSA, and its billing profile says 20.9" in world.why_blocked(mapped)


@pytest.mark.parametrize("rule", [FIXED, FIVE_OFF])
def test_nor_is_it_in_step_when_its_number_is_right(world: World, rule: PriceRule) -> None:
    mapped = world.map_line(quantity=10)
    charge(world, rule)
    world.push_until_done()
    assert (world.record(mapped).state, world.reason(mapped)) == (LineState.BLOCKED, BlockReason.OTHER_PRICE)


@pytest.mark.parametrize("rule", [FIXED, FIVE_OFF])
def test_once_a_person_put_the_price_right_it_is_written(world: World, rule: PriceRule) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    charge(world, rule)
    world.push_until_done()
    priced(world, mapped, "20.90")
    world.later_read({SKU: 13})
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


def test_a_price_that_tracks_follows_the_products_at_the_next_look(world: World) -> None:
    mapped = world.map_line(quantity=10)
    charge(world, FIVE_OFF)
    priced(world, mapped, "20.90")
    world.push_until_done()
    assert world.record(mapped).state is LineState.IN_STEP
    tracks(world, "23.00")
    world.later_read({SKU: 11})
    world.night()
    assert (world.fake.sent, world.reason(mapped)) == ([], BlockReason.OTHER_PRICE)
    assert "21.85" in world.why_blocked(mapped)


@pytest.mark.parametrize("rule", [FIXED, FIVE_OFF])
def test_a_new_line_is_made_with_the_price(world: World, rule: PriceRule) -> None:
    charge(world, rule)
    mapped = world.map_new(seats=3)
    world.push_until_done()
    assert [write.unit_price for write in world.fake.sent] == [Decimal("20.90")]
    assert (world.record(mapped).unit_price, world.record(mapped).state) == (
        Decimal("20.90"),
        LineState.IN_STEP,
    )


def test_no_line_is_made_while_the_product_that_it_tracks_has_no_price(world: World) -> None:
    charge(world, FIVE_OFF)
    mapped = world.map_new(seats=3)
    tracks(world, "0")
    world.push_until_done()
    assert (world.fake.sent, world.reason(mapped)) == ([], BlockReason.NO_PRODUCT_PRICE)
    tracks(world, "22")
    world.later_read({SKU: 3})
    world.night()
    assert [write.unit_price for write in world.fake.sent] == [Decimal("20.90")]


@pytest.mark.parametrize("rule", [FIXED, FIVE_OFF])
def test_a_line_of_another_price_cannot_be_mapped(world: World, rule: PriceRule) -> None:
    charge(world, rule)
    with pytest.raises(Rejected, match=r"charges 22 .* says 20\.9") as refused:
        world.map_line()
    assert (refused.value.code, refused.value.field) == ("other_price", "lineId")


def test_by_a_profile_that_leaves_the_price_to_the_psa_any_price_is_right(world: World) -> None:
    mapped = world.map_line(quantity=10)
    priced(world, mapped, "17.35")
    world.later_read({SKU: 12})
    world.push_until_done()
    assert (world.quantity(mapped), world.record(mapped).unit_price) == (12, Decimal("17.35"))


@given(st.decimals("0.01", 9999, places=2), st.decimals(-95, 500, places=2))
def test_a_price_that_tracks_is_the_nearest_cent(price: Decimal, percent: Decimal) -> None:
    found = PriceRule(kind=PriceKind.PERCENT, amount=percent).price(price)
    assert found is not None
    assert found == found.quantize(Decimal("0.01"))
    assert abs(found - price * (1 + percent / 100)) <= Decimal("0.005")
