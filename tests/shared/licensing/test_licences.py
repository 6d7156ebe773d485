"""Licence rows: whole or by subscription, and which of them S6 and S7 look at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.licensing.licences import LicenceKey, NotCountable, is_watched, licence, purchased, split
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.models import Sku, Subscription
from tests.shared.billing.world import START, sku


def snapshot(skus: tuple[Sku, ...], subscriptions: tuple[Subscription, ...] = ()) -> Snapshot:
    return Snapshot(
        connection_id="p",
        began=START,
        ended=START,
        digest="d",
        skus=skus,
        subscriptions=subscriptions,
        user_count=0,
        users_digest="",
    )


def subscription(id_: str, total: int, status: str = "Enabled", *, trial: bool = False) -> Subscription:
    return Subscription(id=id_, sku_id="a", status=status, total=total, trial=trial)


def test_a_row_shows_purchased_grace_suspended_assigned_and_spare_apart() -> None:
    row = licence(sku("a", 10, warning=3, suspended=2, locked_out=1, consumed=8))
    assert (row.purchased, row.in_grace, row.suspended, row.assigned, row.spare) == (10, 3, 3, 8, 2)


def test_more_assigned_than_purchased_is_no_spare_seat() -> None:
    assert licence(sku("a", 10, consumed=12)).spare == 0


def test_a_licence_is_named_by_its_sku_and_where_split_its_subscription() -> None:
    assert (str(LicenceKey("a")), str(LicenceKey("a", "s"))) == ("a", "a/s")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 500), st.sampled_from(["Enabled", "Warning", "Suspended", "LockedOut", "Deleted"])
        ),
        max_size=6,
    )
)
def test_a_split_never_bills_a_seat_twice_nor_loses_one(rows: list[tuple[int, str]]) -> None:
    subscriptions = tuple(subscription(f"s{n}", total, status) for n, (total, status) in enumerate(rows))
    enabled = sum(total for total, status in rows if status == "Enabled")
    whole = snapshot((sku("a", enabled),), subscriptions)
    parts = [purchased(whole, LicenceKey("a", one.id)) for one in subscriptions]
    assert sum(parts) == purchased(whole, LicenceKey("a")) == enabled
    assert len({row.key for row in split(whole.skus[0], subscriptions)}) == len(rows)


def test_a_split_that_does_not_add_up_is_not_counted_and_the_whole_sku_still_is() -> None:
    there = snapshot((sku("a", 10),), (subscription("s", 9),))
    with pytest.raises(NotCountable):
        purchased(there, LicenceKey("a", "s"))
    assert purchased(there, LicenceKey("a")) == 10


@pytest.mark.parametrize(
    "one, watched",
    [
        (sku("a", 9_999), True),
        (sku("a", 10_000), False),
        (sku("a", 10, applies_to="Company"), False),
        (sku("a", 10, part_number="FLOW_FREE"), False),
    ],
)
def test_unlimited_company_wide_and_free_skus_are_not_watched(one: Sku, watched: bool) -> None:
    assert is_watched(one, snapshot((one,))) is watched


def test_a_sku_is_a_trial_only_when_all_of_it_is() -> None:
    trial, paid, none = (
        subscription("t", 5, trial=True),
        subscription("p", 5),
        subscription("n", 0, trial=False),
    )
    one = sku("a", 10)
    assert not is_watched(one, snapshot((one,), (trial, none)))
    assert is_watched(one, snapshot((one,), (trial, paid)))
