"""Billing profiles: made one by one or in bulk, changed, and ended only when nothing is billed by them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing import profiles
from shared.billing.models import BillingProfile
from shared.billing.profiles import ProfileWish, billing_profiles
from shared.billing.psa.base import BillableOption
from shared.errors import NotFound, Rejected
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, World

WISH = ProfileWish("Exchange Online", CONNECTION, "77")


def made(world: World, *wishes: ProfileWish) -> list[BillingProfile]:
    return profiles.create_profiles(world.tables, ACCOUNT, wishes, world.by())


def changed(world: World, id_: str, wish: ProfileWish) -> BillingProfile:
    return profiles.change_profile(world.tables, ACCOUNT, id_, wish, world.by())[1]


def test_a_repeated_wish_makes_nothing_twice() -> None:
    world = World()
    first, again = made(world, WISH), made(world, WISH)
    assert first == again
    assert len(billing_profiles(world.tables, ACCOUNT)) == 2


def test_bulk_makes_all_or_none_and_names_the_wrong_one() -> None:
    world = World()
    wishes = [WISH, ProfileWish("Visio", "nowhere", "78"), ProfileWish("Project", CONNECTION, "79")]
    with pytest.raises(Rejected) as refused:
        made(world, *wishes)
    assert refused.value.field == "profiles.1.connection"
    assert set(billing_profiles(world.tables, ACCOUNT)) == {PROFILE}


@pytest.mark.parametrize(
    "wish, field",
    [
        (ProfileWish("  ", CONNECTION, "1"), "name"),
        (ProfileWish("business PREMIUM", CONNECTION, "1"), "name"),
        (ProfileWish("X", CONNECTION, " "), "productId"),
        (ProfileWish("X", "cw9", "1"), "connection"),
    ],
)
def test_a_wrong_field_is_named(wish: ProfileWish, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        made(World(), wish)
    assert refused.value.field == field


def test_two_of_one_name_in_one_bulk_are_refused() -> None:
    with pytest.raises(Rejected, match="already"):
        made(World(), WISH, ProfileWish("exchange online", CONNECTION, "78"))


def test_a_profile_in_use_keeps_its_product_but_can_be_renamed() -> None:
    world = World()
    world.map_line()
    with pytest.raises(Rejected) as refused:
        changed(world, PROFILE, ProfileWish("Business Premium", CONNECTION, "other"))
    assert (refused.value.code, refused.value.field) == ("in_use", "productId")
    renamed = changed(
        world, PROFILE, ProfileWish("BP", CONNECTION, world.product.id, BillableOption.NO_CHARGE)
    )
    assert (renamed.name, renamed.billable) == ("BP", BillableOption.NO_CHARGE)
    assert billing_profiles(world.tables, ACCOUNT)[PROFILE] == renamed


def test_a_profile_that_nothing_uses_can_get_another_product() -> None:
    world = World()
    assert changed(world, PROFILE, ProfileWish("BP", CONNECTION, "other")).product_id == "other"


def test_a_profile_is_ended_only_when_nothing_is_billed_by_it() -> None:
    world = World()
    mapped = world.map_line()
    with pytest.raises(Rejected, match="1 licence is billed"):
        profiles.end_profile(world.tables, ACCOUNT, PROFILE, world.by())
    nothing = world.mappings("contoso").model_copy(update={"mappings": ()})
    world.save_mappings("contoso", nothing, {mapped.line})
    profiles.end_profile(world.tables, ACCOUNT, PROFILE, world.by())
    assert billing_profiles(world.tables, ACCOUNT) == {}
    with pytest.raises(NotFound):
        profiles.billing_profile(world.tables, ACCOUNT, PROFILE)
    with pytest.raises(NotFound):
        profiles.end_profile(world.tables, ACCOUNT, PROFILE, world.by())


def test_an_ended_profile_can_be_made_again() -> None:
    world = World()
    (first,) = made(world, WISH)
    profiles.end_profile(world.tables, ACCOUNT, first.id, world.by())
    assert made(world, WISH) == [first]
    assert first.id in billing_profiles(world.tables, ACCOUNT)


@given(names=st.lists(st.text(max_size=12), min_size=1, max_size=6))
def test_whatever_the_names_no_two_profiles_share_one(names: Sequence[str]) -> None:
    world, fields = World(), set[str]()
    for number, name in enumerate(names):
        try:
            (profile,) = made(world, ProfileWish(name, CONNECTION, str(number)))
            changed(world, profile.id, ProfileWish(f"{name}x", CONNECTION, str(number)))
        except Rejected as refused:
            fields.add(refused.field)
    assert fields <= {"name"}
    found = [profile.name.casefold() for profile in billing_profiles(world.tables, ACCOUNT).values()]
    assert len(set(found)) == len(found)
    assert all(name.strip() for name in found)
