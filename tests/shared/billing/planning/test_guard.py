"""The guard (N1): sums of decreases over 24 hours, each rule at its exact boundary, and what is never held."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.preferences import GuardSettings
from shared.billing.models import Change, Ending, HoldReason, Intent, LineRecord, Loss, change_id
from shared.billing.planning.guard import Seats, hold_reasons
from shared.billing.psa.base import Write, WriteKind
from tests.shared.billing.world import DAY, START

TENANT, ACCOUNT, ZERO, DOUBT = (
    HoldReason.TENANT_LOSS,
    HoldReason.ACCOUNT_LOSS,
    HoldReason.TO_ZERO,
    HoldReason.SUSPICIOUS,
)
type Held = dict[str, tuple[HoldReason, ...]]


def change(name: str, before: int, after: int, tenant: str = "contoso") -> Change:
    return Change(
        mapping_id=name,
        tenant_id=tenant,
        agreement_id="agr",
        connection="cw",
        line_id=name,
        before=before,
        after=after,
        id=change_id(name, name, before, after, None),
    )


def line(
    name: str, confirmed: int | None, tenant: str = "contoso", losses: tuple[Loss, ...] = ()
) -> LineRecord:
    return LineRecord(
        mapping_id=name, tenant_id=tenant, product_id="p", line_id=name, confirmed=confirmed, losses=losses
    )


def lost(seats: int, ago: timedelta) -> Loss:
    return Loss(at=START - ago, seats=seats)


def held(
    changes: Sequence[Change],
    others: Sequence[LineRecord] = (),
    suspicious: frozenset[str] = frozenset(),
    settings: GuardSettings | None = None,
) -> Held:
    """Reasons by line; every changed line is confirmed at what it changes from."""
    lines = [line(one.mapping_id, one.before, one.tenant_id) for one in changes] + list(others)
    names = {one.id: one.mapping_id for one in changes}
    seats = Seats()
    for one in lines:
        seats.add(one, START, START.date())
    found = hold_reasons(changes, seats, suspicious, settings or GuardSettings())
    return {names[change_id]: reasons for change_id, reasons in found.items()}


def elsewhere(seats: int = 10_000) -> LineRecord:
    """Another tenant with so many seats that the account's share is never reached."""
    return line("elsewhere", seats, "fabrikam")


# To zero


def test_a_line_that_goes_to_zero_is_held_however_small_it_was() -> None:
    assert held([change("a", 1, 0)], [elsewhere()]) == {"a": (ZERO,)}


def test_a_small_decrease_goes_on() -> None:
    assert held([change("a", 100, 99)], [elsewhere()]) == {}


# The tenant


@pytest.mark.parametrize(
    "before, after, waits",
    [
        (10, 5, False),  # 5 seats are never too much ...
        (10, 4, True),  # ... and 6 of 10 are
        (100, 80, False),  # exactly 20 %
        (100, 79, True),
        (101, 81, False),  # 20 of 101 are less than 20 %
        (101, 80, True),  # 21 of 101 are more
        (25, 20, False),
        (26, 20, True),  # 6 of 26 are more than both
        (30, 24, False),  # 6 of 30: more than 5 seats, exactly 20 %
    ],
)
def test_a_tenant_may_lose_twenty_percent_or_five_seats_whichever_is_more(
    before: int, after: int, waits: bool
) -> None:
    assert held([change("a", before, after)], [elsewhere()]) == ({"a": (TENANT,)} if waits else {})


def test_a_tenants_decreases_are_added_up_over_its_lines_and_all_of_them_wait() -> None:
    small = [change("a", 20, 17), change("b", 8, 5)]
    assert held(small, [elsewhere()]) == {"a": (TENANT,), "b": (TENANT,)}
    assert held([small[0]], [elsewhere()]) == {}


def test_an_increase_on_one_line_never_makes_up_for_a_decrease_on_another() -> None:
    assert held([change("a", 20, 10), change("b", 20, 1000)], [elsewhere()]) == {"a": (TENANT,)}


def test_another_tenants_decrease_goes_on_beside_one_that_waits() -> None:
    changes = [change("a", 20, 10), change("b", 20, 19, "fabrikam")]
    assert held(changes, [elsewhere()]) == {"a": (TENANT,)}


def test_what_the_tenant_lost_in_the_last_24_hours_counts_and_so_do_the_seats_it_had_then() -> None:
    # It had 30 and lost 3: three more make 6 of 30, which is exactly 20 %; one more is too much.
    before = line("b", 17, losses=(lost(3, timedelta(hours=23, minutes=59)),))
    assert held([change("a", 10, 7)], [before, elsewhere()]) == {}
    assert held([change("a", 10, 6)], [before, elsewhere()]) == {"a": (TENANT,)}


def test_what_was_lost_24_hours_ago_no_longer_counts() -> None:
    day_old = line("b", 17, losses=(lost(10, DAY),))
    assert held([change("a", 10, 5)], [day_old, elsewhere()]) == {}
    nearly = line("b", 17, losses=(lost(10, DAY - timedelta(seconds=1)),))
    assert held([change("a", 10, 5)], [nearly, elsewhere()]) == {"a": (TENANT,)}


def test_seats_of_a_write_that_nobody_knows_the_outcome_of_count_as_lost() -> None:
    write = Write(
        kind=WriteKind.SET_QUANTITY, agreement_id="agr", line_id="b", product_id="p", before=20, after=16
    )
    unclear = line("b", 20).model_copy(update={"intent": Intent(write=write, change_id="x", at=START)})
    # 30 seats: 4 may be gone already, 3 more make 7 of 30.
    assert held([change("a", 10, 7)], [unclear, elsewhere()]) == {"a": (TENANT,)}
    assert held([change("a", 10, 8)], [unclear, elsewhere()]) == {}


@pytest.mark.parametrize("days, waits", [(0, {}), (-1, {"a": (TENANT,)})])
def test_a_line_whose_last_day_is_over_makes_no_loss_look_small(days: int, waits: Held) -> None:
    last = Ending(last_day=START.date() + days * DAY, mapping_id="b", who="jo", since=START)
    leaves = line("b", 40).model_copy(update={"ending": last})
    # 7 of 50 while it bills, and 7 of 10 after that.
    assert held([change("a", 10, 3)], [leaves, elsewhere()]) == waits


# The account


def tenants(count: int, seats: int, lose: int) -> list[Change]:
    """Many tenants that each lose too little to wait for."""
    return [change(f"line{n}", seats, seats - lose, f"tenant{n}") for n in range(count)]


@pytest.mark.parametrize(
    "changes, waits",
    [
        (tenants(4, 10, 5), False),  # 20 seats of 40 are never too much for an account
        ([*tenants(4, 10, 5), change("x", 10, 9, "x")], True),  # 21 of 50
        (tenants(10, 50, 5), False),  # 50 of 500 are exactly 10 %
        ([*tenants(10, 50, 5), change("x", 9, 8, "x")], True),  # 51 of 509
        (tenants(100, 100, 5), False),  # 500 of 10,000
        ([*tenants(100, 100, 5), change("x", 10_000, 9_999, "x")], True),  # 501, whatever the share
    ],
    ids=["20 seats", "21 seats", "10 %", "more than 10 %", "500 seats", "501 seats"],
)
def test_an_account_may_lose_ten_percent_or_twenty_seats_but_never_more_than_500(
    changes: list[Change], waits: bool
) -> None:
    found = held(changes)
    assert set(found) == ({one.mapping_id for one in changes} if waits else set())
    assert all(reasons == (ACCOUNT,) for reasons in found.values())


def test_what_the_account_lost_in_the_last_24_hours_counts() -> None:
    earlier = line("earlier", 480, "fabrikam", (lost(18, timedelta(hours=3)),))
    # 53 of 540 are less than 10 %; 58 of 546 are more.
    assert held(tenants(7, 6, 5), [earlier]) == {}
    assert len(held(tenants(8, 6, 5), [earlier])) == 8


def test_when_the_account_loses_too_much_the_increases_still_go_on() -> None:
    changes = [*tenants(5, 10, 5), change("up", 10, 20, "up")]
    assert "up" not in held(changes)
    assert len(held(changes)) == 5


# Doubts


def test_a_suspicious_snapshot_holds_everything_of_its_tenant_and_nothing_of_others() -> None:
    changes = [change("up", 10, 12), change("down", 10, 9), change("other", 10, 9, "fabrikam")]
    found = held(changes, [elsewhere()], suspicious=frozenset({"contoso"}))
    assert found == {"up": (DOUBT,), "down": (DOUBT,)}


# Whatever the numbers

seats = st.integers(0, 600)
drawn = st.lists(
    st.tuples(st.integers(0, 3), seats, seats).filter(lambda one: one[1] != one[2]), min_size=1, max_size=12
)


def made(rows: list[tuple[int, int, int]]) -> list[Change]:
    return [
        change(f"line{n}", before, after, f"tenant{tenant}") for n, (tenant, before, after) in enumerate(rows)
    ]


@given(drawn)
def test_no_increase_is_ever_held_by_a_sum(rows: list[tuple[int, int, int]]) -> None:
    changes = made(rows)
    found = held(changes)
    assert not {one.mapping_id for one in changes if one.after > one.before} & set(found)


@given(drawn)
def test_each_rule_holds_all_decreases_of_its_scope_or_none_of_them(rows: list[tuple[int, int, int]]) -> None:
    changes = made(rows)
    found = held(changes)
    down = [one for one in changes if one.loss]
    account = {ACCOUNT in found.get(one.mapping_id, ()) for one in down}
    assert len(account) <= 1
    for tenant in {one.tenant_id for one in down}:
        mine = {TENANT in found.get(one.mapping_id, ()) for one in down if one.tenant_id == tenant}
        assert len(mine) == 1


@given(drawn)
def test_what_goes_on_without_a_person_stays_within_the_words_of_the_rule(
    rows: list[tuple[int, int, int]],
) -> None:
    changes = made(rows)
    found = held(changes)
    going = [one for one in changes if one.mapping_id not in found and one.loss]
    billed = sum(one.before for one in changes)
    assert sum(one.loss for one in going) <= min(500, max(billed / 10, 20))
    for tenant in {one.tenant_id for one in going}:
        had = sum(one.before for one in changes if one.tenant_id == tenant)
        assert sum(one.loss for one in going if one.tenant_id == tenant) <= max(had / 5, 5)
    assert all(one.after > 0 for one in going)


@given(drawn, seats)
def test_more_increases_never_free_a_decrease(rows: list[tuple[int, int, int]], gain: int) -> None:
    changes = made(rows)
    more = [*changes, change("gain", 0, gain + 1, "tenant0")]
    assert {name: reasons for name, reasons in held(more).items() if name != "gain"} == held(changes)


@given(drawn, st.integers(0, 600))
def test_splitting_a_loss_over_two_runs_frees_nothing(rows: list[tuple[int, int, int]], first: int) -> None:
    """What was already written in the window counts as if it were still to come."""
    changes = made(rows)
    whole = held([*changes, change("x", 1000, 1000 - first - 1, "tenant0")])
    earlier = line("x", 1000 - first - 1, "tenant0", (lost(first + 1, timedelta(hours=1)),))
    later = held(changes, [earlier])
    assert later == {name: reasons for name, reasons in whole.items() if name != "x"}
