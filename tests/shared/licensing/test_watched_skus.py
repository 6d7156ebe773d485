"""Which SKUs S6 and S7 look at."""

import pytest

from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import Sku
from tests.shared.billing.world import sku
from tests.shared.licensing.bought import bought
from tests.shared.licensing.test_licences import snapshot, subscription


@pytest.mark.parametrize(
    "one, watched",
    [
        (sku("a", 9_999), True),
        (sku("a", 10_000), False),
        (sku("a", 10, applies_to="Company"), False),
        (sku("a", 10, part_number="FLOW_FREE"), False),
        (sku("a", 10_000, part_number="FLOW_FREE"), False),
        (sku("a", 1_000_000, part_number="RIGHTSMANAGEMENT_ADHOC"), False),
    ],
)
def test_unlimited_company_wide_and_free_skus_are_not_watched(one: Sku, watched: bool) -> None:
    assert is_watched(one, snapshot((one,), bought(one))) is watched


def test_a_sku_is_a_trial_only_when_all_of_it_is() -> None:
    trial, paid, none = subscription("t", 5, trial=True), subscription("p", 5), subscription("n", 0)
    one = sku("a", 10)
    assert not is_watched(one, snapshot((one,), (trial, none)))
    assert is_watched(one, snapshot((one,), (trial, paid)))


@pytest.mark.parametrize("state", ["LockedOut", "Deleted", "Suspended"])
def test_paid_seats_that_are_gone_make_a_trial_no_paid_sku(state: str) -> None:
    one = sku("a", 25)
    there = snapshot((one,), (subscription("t", 25, trial=True), subscription("p", 6, state)))
    assert not is_watched(one, there)


def test_paid_seats_in_grace_beside_a_trial_are_still_watched() -> None:
    one = sku("a", 25, warning=6)
    there = snapshot((one,), (subscription("t", 25, trial=True), subscription("p", 6, "Warning")))
    assert is_watched(one, there)


def test_a_huge_trial_beside_paid_seats_hides_them_not() -> None:
    one = sku("a", 10_020)
    there = snapshot((one,), (subscription("t", 10_000, trial=True), subscription("p", 20)))
    assert is_watched(one, there)


def test_phone_resource_accounts_are_free_unless_somebody_wants_to_hear_of_them() -> None:
    one = sku("a", 25, part_number="PHONESYSTEM_VIRTUALUSER")
    there = snapshot((one,), bought(one))
    assert not is_watched(one, there)
    assert is_watched(one, there, phone_resource_accounts=True)
