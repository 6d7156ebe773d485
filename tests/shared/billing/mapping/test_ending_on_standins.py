"""K15 on each stand-in behind its real adapter: no day is billed twice, and none is left out."""

from datetime import date, timedelta

import pytest

from shared.billing.models import LineState, Options, TenantMappings
from shared.errors import Rejected
from tests.shared.billing.standin_world import (
    AGREEMENT,
    ELSEWHERE,
    KINDS,
    LINE,
    OTHER,
    OTHER_PROFILE,
    PRODUCT,
    StandInWorld,
    at,
    lines_that_end,
)

TODAY = date(2026, 3, 10)
A_DAY = timedelta(days=1)
DAYS = [TODAY + timedelta(days=n) for n in range(60)]
LAST_DAYS = {"today": TODAY, "the last of the month": date(2026, 3, 31), "within a month": date(2026, 4, 13)}


def unmapped() -> TenantMappings:
    return TenantMappings(tenant_id="contoso", mappings=())


def billed(world: StandInWorld) -> dict[date, dict[str, int]]:
    return {day: world.seats_on(day) for day in DAYS}


@pytest.mark.parametrize("last_day", LAST_DAYS.values(), ids=LAST_DAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_line_bills_each_day_until_its_last_one(kind: str, last_day: date) -> None:
    world = StandInWorld(kind, at(TODAY))
    world.mapped()
    world.save_mappings("contoso", unmapped(), last_days={str(LINE): last_day})
    world.push_now()
    (line,) = lines_that_end(world)
    assert (line.is_ended, line.state) == (True, LineState.IN_STEP)
    expected = {day: {str(PRODUCT): 10} if day <= last_day else {} for day in DAYS}
    assert billed(world) == expected
    world.live_until(last_day + A_DAY)
    world.live_until(last_day + 2 * A_DAY)
    assert (lines_that_end(world), billed(world)) == ([], expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_last_day_that_is_over_is_refused_and_nothing_is_written(kind: str) -> None:
    world = StandInWorld(kind, at(TODAY))
    world.mapped()
    with pytest.raises(
        Rejected, match="The last day of line 1000 in agreement 100 must be between 10 Mar 2026"
    ):
        world.save_mappings("contoso", unmapped(), last_days={str(LINE): TODAY - A_DAY})
    world.live_until(TODAY + A_DAY)
    assert billed(world) == {day: {str(PRODUCT): 10} for day in DAYS}


@pytest.mark.parametrize(
    "last_day, agreement",
    [(TODAY, AGREEMENT), (date(2026, 3, 31), ELSEWHERE), (date(2026, 4, 13), AGREEMENT)],
    ids=["today", "the last of the month, another agreement", "within a month"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_licence_that_is_remapped_to_another_product_is_billed_once_on_each_day(
    kind: str, last_day: date, agreement: int
) -> None:
    world = StandInWorld(kind, at(TODAY))
    mapped = world.mapped()
    new = world.remapping(
        mapped,
        profile=OTHER_PROFILE,
        agreement_id=str(agreement),
        line_id="",
        options=Options(starts=last_day + A_DAY),
    )
    wanted = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", wanted, last_days={str(LINE): last_day})
    expected = {day: {str(PRODUCT if day <= last_day else OTHER): 10} for day in DAYS}
    for night in (TODAY + A_DAY, last_day + A_DAY, last_day + 2 * A_DAY):
        world.live_until(night)
        world.push_now()
        # Seats of a service of Autotask, which takes one change a day, are written on their first day.
        told = [day for day in DAYS if kind != "autotask" or day <= night or night > last_day]
        assert {day: world.seats_on(day) for day in told} == {day: expected[day] for day in told}


@pytest.mark.parametrize("kind", KINDS)
def test_seats_that_change_before_the_last_day_are_billed_by_the_new_line_alone(kind: str) -> None:
    """Until its last day the old line keeps the seats that it had, and the new one begins with what is wanted then."""
    world = StandInWorld(kind, at(TODAY))
    mapped, last_day = world.mapped(), TODAY + 5 * A_DAY
    new = world.remapping(mapped, profile=OTHER_PROFILE, line_id="", options=Options(starts=last_day + A_DAY))
    wanted = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", wanted, last_days={str(LINE): last_day})
    world.push_now()
    changes = {TODAY + 2 * A_DAY: 13, TODAY + 3 * A_DAY: 9, TODAY + 4 * A_DAY: 15}
    world.live_until(last_day + A_DAY, changes)
    world.live_until(last_day + 2 * A_DAY)
    assert billed(world) == {day: {str(PRODUCT): 10} if day <= last_day else {str(OTHER): 15} for day in DAYS}


def test_where_the_night_of_its_first_day_fails_a_new_line_still_begins_on_it() -> None:
    world = StandInWorld("autotask", at(TODAY))
    mapped, last_day = world.mapped(), TODAY + 5 * A_DAY
    new = world.remapping(mapped, profile=OTHER_PROFILE, line_id="", options=Options(starts=last_day + A_DAY))
    wanted = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", wanted, last_days={str(LINE): last_day})
    world.push_now()
    world.live_until(last_day + 3 * A_DAY)
    assert billed(world) == {day: {str(PRODUCT): 10} if day <= last_day else {str(OTHER): 10} for day in DAYS}
