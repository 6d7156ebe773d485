"""A PSA that carries a write out, or shows it, later than anybody waits: nothing is sent twice that counts twice."""

from datetime import timedelta

import pytest

from shared.billing.models import LineState, Options
from tests.shared.billing.psa.fake import FakePsa, Outcome
from tests.shared.billing.world import Mapped, World, check_invariants

LATE = timedelta(minutes=4)
"""Longer than a write is waited for."""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def differences() -> World:
    """A PSA that is told how many more or fewer."""
    return World(fake=FakePsa(max_parallel=1, takes_differences=True))


def twelve_wanted(world: World) -> Mapped:
    mapped = world.map_line(quantity=10)
    world.later_read({mapped.sku: 12})
    return mapped


def nights(world: World, count: int) -> None:
    for _ in range(count):
        world.night()


def test_a_difference_that_is_carried_out_late_is_sent_once(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.late_by = LATE
    differences.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    differences.push_until_done()
    assert differences.record(mapped).state is LineState.UNKNOWN
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 1)
    assert differences.record(mapped).state is LineState.IN_STEP
    check_invariants(differences)


def test_a_difference_that_is_answered_and_shown_late_is_sent_once(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.shown_after = LATE
    differences.push_until_done()
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 1)
    assert differences.record(mapped).state is LineState.IN_STEP
    check_invariants(differences)


def test_a_difference_that_was_never_carried_out_waits_for_a_person(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    differences.push_until_done()
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (10, 1)
    assert differences.record(mapped).state is LineState.UNKNOWN
    assert differences.say_what_the_psa_shows() == 1
    nights(differences, 1)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 2)
    check_invariants(differences)


def test_a_difference_that_was_throttled_is_sent_again(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.outcomes.append(Outcome.NOT_SENT)
    differences.push_until_done()
    nights(differences, 1)
    assert (differences.quantity(mapped), len(differences.fake.applied)) == (12, 1)


def test_a_creation_that_is_answered_and_shown_late_is_sent_once(world: World) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    mapped = world.map_new(seats=5, agreement=at, options=Options(beside_existing=True))
    world.fake.shown_after, world.fake.marker_rule = LATE, str.upper
    world.push_until_done()
    nights(world, 3)
    assert (world.quantity(mapped), len(world.fake.sent)) == (5, 1)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


@pytest.mark.parametrize("late_by", [LATE, timedelta(hours=30)])
def test_a_creation_that_is_carried_out_late_is_sent_once(world: World, late_by: timedelta) -> None:
    mapped = world.map_new(seats=5)
    world.fake.late_by = late_by
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    nights(world, 3)
    assert (world.quantity(mapped), len(world.fake.sent)) == (5, 1)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_an_absolute_number_that_comes_late_over_a_newer_one_is_told_and_not_corrected(world: World) -> None:
    mapped = twelve_wanted(world)
    world.fake.late_by = timedelta(hours=2)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    assert world.quantity(mapped) == 12
    world.later_read({mapped.sku: 13})
    world.push_until_done("2026-03-02-2")
    assert world.quantity(mapped) == 13
    nights(world, 1)
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.DRIFT)
    check_invariants(world)


def test_the_edit_of_another_line_while_a_write_is_unclear_is_no_matter(world: World) -> None:
    mapped = twelve_wanted(world)
    foreign = world.fake.add_line(mapped.agreement, world.fake.add_product("AV").id, 3)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.push_until_done(between=lambda: world.fake.edit_line(foreign.id, quantity=9))
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
