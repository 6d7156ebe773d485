"""Licence rows: whole or by subscription, each counted from subscriptions that were understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.licensing.licences import LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.microsoft.graph_rows import SubscriptionRow, subscriptions_of
from shared.microsoft.models import Sku, Subscription
from tests.shared.billing.world import START, sku
from tests.shared.licensing.bought import bought

OURS = frozenset({"partner-1", "partner-2"})


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


def subscription(
    id_: str, total: int, status: str = "Enabled", *, trial: bool = False, owner: str = ""
) -> Subscription:
    return Subscription(id=id_, sku_id="a", status=status, total=total, trial=trial, owner_tenant_id=owner)


def purchased(there: Snapshot, *key: str) -> int:
    row = LicenceRows(there, OURS).find(LicenceKey(*key))
    return row.purchased if row else 0


def test_a_row_shows_purchased_grace_suspended_assigned_and_spare_apart() -> None:
    one = sku("a", 10, warning=3, suspended=2, locked_out=1, consumed=8)
    row = LicenceRows(snapshot((one,), bought(one)), OURS).whole("a")
    assert (row.purchased, row.in_grace, row.suspended, row.assigned, row.spare) == (10, 3, 3, 8, 2)


def test_27_paid_seats_beside_25_on_trial_are_27_purchased_ones() -> None:
    there = snapshot((sku("a", 52),), (subscription("p", 27), subscription("t", 25, trial=True)))
    row = LicenceRows(there, OURS).whole("a")
    assert (row.purchased, row.on_trial) == (27, 25)


def test_10_paid_seats_beside_25_on_trial_are_10_purchased_ones() -> None:
    there = snapshot((sku("a", 35),), (subscription("p", 10), subscription("t", 25, trial=True)))
    assert purchased(there, "a") == 10


def test_a_sku_of_a_trial_alone_has_no_purchased_seat() -> None:
    there = snapshot((sku("a", 25),), (subscription("t", 25, trial=True),))
    assert (purchased(there, "a"), purchased(there, "a", "t")) == (0, 0)


def test_locked_out_and_deleted_subscriptions_are_not_purchased() -> None:
    gone = (subscription("l", 6, "LockedOut"), subscription("d", 4, "Deleted"))
    there = snapshot((sku("a", 25, locked_out=6),), (*gone, subscription("t", 25, trial=True)))
    row = LicenceRows(there, OURS).whole("a")
    assert (row.purchased, row.on_trial, row.suspended) == (0, 25, 6)


@pytest.mark.parametrize("told", [None, "missing"])
def test_seats_of_which_nobody_says_whether_they_are_on_trial_have_no_number_to_trust(
    told: str | None,
) -> None:
    row: SubscriptionRow = {"id": "s", "skuId": "a", "status": "Enabled", "totalLicenses": 25}
    if told is None:
        row["isTrial"] = None
    there = snapshot((sku("a", 52),), (subscription("p", 27), *subscriptions_of([row])))
    with pytest.raises(NotCountable, match=r"whether 25 seats of .* are on trial"):
        LicenceRows(there, OURS).whole("a")
    over = snapshot(
        (sku("a", 27),), (subscription("p", 27), *subscriptions_of([{**row, "status": "Deleted"}]))
    )
    assert LicenceRows(over, OURS).whole("a").purchased == 27


def test_seats_that_another_tenant_sold_are_shown_apart() -> None:
    there = snapshot(
        (sku("a", 25),), (subscription("p", 20, owner="partner-2"), subscription("d", 5, owner="contoso"))
    )
    row = LicenceRows(there, OURS).whole("a")
    assert (row.purchased, row.sold_by_others) == (25, 5)
    assert [one.sold_by_others for one in LicenceRows(there, OURS).split("a")] == [0, 5]
    assert LicenceRows(there, OURS).other_sellers(LicenceKey("a")) == {"contoso"}


def test_a_seller_that_microsoft_does_not_name_beside_others_is_somebody_else() -> None:
    there = snapshot((sku("a", 25),), (subscription("p", 20, owner="partner-1"), subscription("d", 5)))
    assert LicenceRows(there, OURS).whole("a").sold_by_others == 5
    assert LicenceRows(there, OURS).other_sellers(LicenceKey("a")) == {""}


def test_where_no_seller_is_named_at_all_nobody_else_is_said_to_sell() -> None:
    there = snapshot((sku("a", 25),), (subscription("p", 25),))
    assert LicenceRows(there, OURS).whole("a").sold_by_others is None
    assert LicenceRows(there, OURS).other_sellers(LicenceKey("a")) == frozenset()


def test_who_sold_a_trial_or_nothing_is_no_other_seller() -> None:
    others = (subscription("t", 5, trial=True, owner="x"), subscription("n", 0, owner="y"))
    there = snapshot((sku("a", 25),), (subscription("p", 20, owner="partner-1"), *others))
    assert LicenceRows(there, OURS).other_sellers(LicenceKey("a")) == frozenset()


def test_a_subscription_in_a_state_that_nobody_knows_yet_is_not_purchased() -> None:
    there = snapshot((sku("a", 10),), (subscription("p", 10), subscription("n", 7, "Paused")))
    assert purchased(there, "a") == 10


def test_more_assigned_than_purchased_is_no_spare_seat() -> None:
    one = sku("a", 10, consumed=12)
    assert LicenceRows(snapshot((one,), bought(one)), OURS).whole("a").spare == 0


def test_a_licence_is_named_by_its_sku_and_where_split_its_subscription() -> None:
    assert (str(LicenceKey("a")), str(LicenceKey("a", "s"))) == ("a", "a/s")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 500),
            st.sampled_from(["Enabled", "Warning", "Suspended", "LockedOut", "Deleted"]),
            st.booleans(),
            st.sampled_from(["", "partner-1", "somebody"]),
        ),
        max_size=6,
    )
)
def test_a_split_never_bills_a_seat_twice_nor_loses_one(rows: list[tuple[int, str, bool, str]]) -> None:
    subscriptions = tuple(
        subscription(f"s{n}", total, status, trial=trial, owner=owner)
        for n, (total, status, trial, owner) in enumerate(rows)
    )
    enabled = sum(total for total, status, *_ in rows if status == "Enabled")
    paid = sum(total for total, status, trial, _ in rows if status == "Enabled" and not trial)
    there = snapshot((sku("a", enabled),), subscriptions)
    parts, row = LicenceRows(there, OURS).split("a"), LicenceRows(there, OURS).whole("a")
    assert sum(part.purchased for part in parts) == row.purchased == paid
    assert row.purchased + row.on_trial == enabled
    assert sum(part.sold_by_others or 0 for part in parts) == (row.sold_by_others or 0) <= paid
    assert len({part.key for part in parts}) == len(rows)


@given(st.lists(st.integers(0, 50), max_size=4), st.integers(0, 200))
def test_what_does_not_add_up_has_no_number_neither_whole_nor_split(totals: list[int], enabled: int) -> None:
    there = snapshot((sku("a", enabled),), tuple(subscription(f"s{n}", t) for n, t in enumerate(totals)))
    for key in (LicenceKey("a"), LicenceKey("a", "s0")):
        if sum(totals) == enabled:
            LicenceRows(there, OURS).find(key)
        else:
            with pytest.raises(
                NotCountable, match=f"add up to {sum(totals)} seats, but Microsoft counts {enabled}"
            ):
                LicenceRows(there, OURS).find(key)
