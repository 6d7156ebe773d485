"""K8 as arithmetic: included seats are free, the minimum is billed in any case."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.models import Basis, BillingProfile, LicenceMapping, Options, SoldByOthers
from shared.billing.planning.quantities import billed, other_sellers, wanted
from shared.billing.planning.wishes import Wish
from shared.licensing.licences import LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Sku, Subscription
from tests.shared.billing.world import SKU, START, sku
from tests.shared.licensing.bought import bought


def licences(
    *skus: Sku, subscriptions: tuple[Subscription, ...] = (), ours: frozenset[str] = frozenset({"partner"})
) -> LicenceRows:
    there = Snapshot(
        connection_id="partner",
        began=START,
        ended=START,
        digest="d",
        skus=skus,
        subscriptions=subscriptions,
        user_count=0,
        users_digest="u",
    )
    return LicenceRows(there, ours)


def mapping(subscription: str = "", **options: object) -> LicenceMapping:
    return LicenceMapping(
        id="mapping0001",
        sku_id=SKU,
        subscription_id=subscription,
        profile="p",
        connection="cw",
        agreement_id="1",
        options=Options.model_validate(options),
    )


def subscription(
    id_: str, total: int, status: str = "Enabled", *, trial: bool = False, owner: str = ""
) -> Subscription:
    return Subscription(id=id_, sku_id=SKU, status=status, total=total, trial=trial, owner_tenant_id=owner)


@pytest.mark.parametrize(
    "basis, included, minimum, expected",
    [(12, 0, 0, 12), (12, 5, 0, 7), (3, 5, 0, 0), (3, 5, 2, 2), (12, 5, 10, 10), (0, 0, 0, 0), (0, 0, 3, 3)],
)
def test_what_is_billed(basis: int, included: int, minimum: int, expected: int) -> None:
    assert billed(basis, Options(included=included, minimum=minimum)) == expected


@given(basis=st.integers(0, 10_000), included=st.integers(0, 10_000), minimum=st.integers(0, 10_000))
def test_nobody_is_billed_less_than_the_minimum_nor_more_than_it_and_the_paid_seats(
    basis: int, included: int, minimum: int
) -> None:
    number = billed(basis, Options(included=included, minimum=minimum))
    assert number >= minimum
    assert number in {minimum, basis - included}


PAID_AND_TRIAL = (subscription("p", 27), subscription("t", 25, trial=True))
OURS_AND_DIRECT = (subscription("p", 20, owner="partner"), subscription("d", 5, owner="contoso"))


def test_grace_and_suspended_units_are_never_billed() -> None:
    one = sku(SKU, 10, warning=4, suspended=3, locked_out=2)
    assert wanted(mapping(), licences(one, subscriptions=bought(one))) == 10


def test_25_trial_seats_beside_27_paid_ones_are_never_billed() -> None:
    assert wanted(mapping(), licences(sku(SKU, 52), subscriptions=PAID_AND_TRIAL)) == 27


def test_a_trial_alone_bills_nothing() -> None:
    assert wanted(mapping(), licences(sku(SKU, 25), subscriptions=PAID_AND_TRIAL[1:])) == 0


def test_a_trial_that_cannot_be_told_apart_gives_no_number() -> None:
    with pytest.raises(NotCountable, match="add up to 27 seats, but Microsoft counts 52"):
        wanted(mapping(), licences(sku(SKU, 52), subscriptions=PAID_AND_TRIAL[:1]))


def test_seats_that_somebody_else_sold_count_unless_the_mapping_leaves_them_out() -> None:
    there = licences(sku(SKU, 25), subscriptions=OURS_AND_DIRECT)
    assert wanted(mapping(), there) == 25
    assert wanted(mapping(sold_by_others=SoldByOthers.COUNTED), there) == 25
    assert wanted(mapping(sold_by_others=SoldByOthers.LEFT_OUT), there) == 20
    assert wanted(mapping("d", sold_by_others=SoldByOthers.LEFT_OUT), there) == 0


def test_what_another_partner_connection_of_the_account_sold_is_ours() -> None:
    ours = frozenset({"partner", "contoso"})
    there = licences(sku(SKU, 25), subscriptions=OURS_AND_DIRECT, ours=ours)
    assert wanted(mapping(sold_by_others=SoldByOthers.LEFT_OUT), there) == 25


def test_seats_of_nobody_knows_whom_are_not_left_out_by_guess() -> None:
    there = licences(sku(SKU, 25), subscriptions=(subscription("p", 25),))
    with pytest.raises(NotCountable, match="does not say who sold the 25 seats"):
        wanted(mapping(sold_by_others=SoldByOthers.LEFT_OUT), there)


def test_only_a_mapping_that_nobody_was_asked_about_names_other_sellers() -> None:
    there = licences(sku(SKU, 25), subscriptions=OURS_AND_DIRECT)
    assert other_sellers(mapping(), there) == {"contoso"}
    for said in SoldByOthers:
        assert other_sellers(mapping(sold_by_others=said), there) == frozenset()
    assert other_sellers(mapping("d"), there) == frozenset()


def test_a_sku_that_is_gone_wants_zero() -> None:
    assert wanted(mapping(), licences()) == 0


def test_by_assigned_seats_unassigned_ones_are_not_billed() -> None:
    one = sku(SKU, 10, consumed=8)
    assert wanted(mapping(basis=Basis.ASSIGNED), licences(one, subscriptions=bought(one))) == 8


def test_by_assigned_seats_more_users_than_seats_are_billed_when_all_seats_are_paid() -> None:
    one = sku(SKU, 5, consumed=6)
    assert wanted(mapping(basis=Basis.ASSIGNED), licences(one, subscriptions=bought(one))) == 6


@pytest.mark.parametrize(
    "other",
    [subscription("o", 25, trial=True), subscription("o", 25, "Warning"), subscription("o", 25, "Suspended")],
)
def test_by_assigned_seats_nobody_is_billed_who_may_have_an_unpaid_one(other: Subscription) -> None:
    enabled = 52 if other.trial else 27
    parts = (subscription("p", 27), other)
    few, many = (licences(sku(SKU, enabled, consumed=n), subscriptions=parts) for n in (27, 28))
    assert wanted(mapping(basis=Basis.ASSIGNED), few) == 27
    with pytest.raises(NotCountable, match="28 seats of SPB are assigned, but only 27 can be billed"):
        wanted(mapping(basis=Basis.ASSIGNED), many)


def test_a_split_sku_bills_each_subscription_its_own_enabled_units() -> None:
    both = (subscription("a", 7), subscription("b", 3), subscription("c", 5, status="Warning"))
    there = licences(sku(SKU, 10, warning=5), subscriptions=both)
    assert [wanted(mapping(name), there) for name in ("a", "b", "c", "gone")] == [7, 3, 0, 0]


def test_subscriptions_that_do_not_add_up_to_the_sku_give_no_number() -> None:
    there = licences(sku(SKU, 10), subscriptions=(subscription("a", 7),))
    with pytest.raises(NotCountable, match="add up to 7 seats, but Microsoft counts 10"):
        wanted(mapping("a"), there)


def test_a_licence_that_was_typed_in_capitals_counts_as_the_one_that_is_read() -> None:
    typed = LicenceMapping.model_validate({**mapping().model_dump(), "sku_id": SKU.upper()})
    one = sku(SKU, 7)
    assert wanted(typed, licences(one, subscriptions=bought(one))) == 7


def test_options_of_a_mapping_that_was_decided_before_sellers_were_told_still_load() -> None:
    before = mapping().model_dump(mode="json", exclude={"options": {"sold_by_others"}})
    assert LicenceMapping.model_validate(before).options.sold_by_others is None


def test_what_a_mapping_wants_takes_little_memory() -> None:
    """An account of 10,000 tenants has 280,000 of them at once."""
    rows, wanted_by, profile = (
        licences(sku(SKU, 5)),
        mapping(),
        BillingProfile(id="p", name="", connection="cw", product_id="7"),
    )
    tracemalloc.start()
    kept = [
        Wish.of(wanted_by, profile, "t", 5, other_sellers=other_sellers(wanted_by, rows))
        for _ in range(1_000)
    ]
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) == 1_000
    assert now < 200 * len(kept)
