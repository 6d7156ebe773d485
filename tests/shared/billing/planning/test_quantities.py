"""K8 as arithmetic: included seats are free, the minimum is billed in any case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.models import Basis, LicenceMapping, Options
from shared.billing.planning.quantities import billed, wanted
from shared.licensing.licences import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Sku, Subscription
from tests.shared.billing.world import SKU, START, sku


def snapshot(*skus: Sku, subscriptions: tuple[Subscription, ...] = ()) -> Snapshot:
    return Snapshot(
        connection_id="partner",
        began=START,
        ended=START,
        digest="d",
        skus=skus,
        subscriptions=subscriptions,
        user_count=0,
        users_digest="u",
    )


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


def subscription(id_: str, total: int, status: str = "Enabled") -> Subscription:
    return Subscription(id=id_, sku_id=SKU, status=status, total=total)


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


def test_grace_and_suspended_units_are_never_billed() -> None:
    there = snapshot(sku(SKU, 10, warning=4, suspended=3, locked_out=2))
    assert wanted(mapping(), there) == 10


def test_a_sku_that_is_gone_wants_zero() -> None:
    assert wanted(mapping(), snapshot()) == 0


def test_by_assigned_seats_unassigned_ones_are_not_billed() -> None:
    assert wanted(mapping(basis=Basis.ASSIGNED), snapshot(sku(SKU, 10, consumed=8))) == 8


def test_a_split_sku_bills_each_subscription_its_own_enabled_units() -> None:
    both = (subscription("a", 7), subscription("b", 3), subscription("c", 5, status="Warning"))
    there = snapshot(sku(SKU, 10, warning=5), subscriptions=both)
    assert [wanted(mapping(name), there) for name in ("a", "b", "c", "gone")] == [7, 3, 0, 0]


def test_subscriptions_that_do_not_add_up_to_the_sku_give_no_number() -> None:
    there = snapshot(sku(SKU, 10), subscriptions=(subscription("a", 7),))
    with pytest.raises(NotCountable, match="add up to 7 seats, but Microsoft counts 10"):
        wanted(mapping("a"), there)


def test_a_licence_that_was_typed_in_capitals_counts_as_the_one_that_is_read() -> None:
    typed = LicenceMapping.model_validate({**mapping().model_dump(), "sku_id": SKU.upper()})
    assert wanted(typed, snapshot(sku(SKU, 7))) == 7
