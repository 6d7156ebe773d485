"""A line that a look finds free again and out of step is planned and written in the same run, and exactly once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.accounts.account import Mode
from shared.accounts.runs import LineCounts
from shared.billing.models import HoldReason, LineState, Options, TenantMappings
from shared.errors import RetryLater
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def in_trouble(world: World, **edit: object) -> Mapped:
    """A line of 10 that somebody changed in the PSA; then 12 are wanted of it, in vain."""
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, **edit)
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.record(mapped).state in {LineState.BLOCKED, LineState.DRIFT}
    return mapped


@pytest.mark.parametrize(
    "failure, over",
    [
        ({"not_writable": "The line is cancelled."}, {"not_writable": ""}),
        ({"quantity": Decimal(11)}, {"quantity": Decimal(10)}),
    ],
    ids=["blocked", "drift"],
)
def test_a_line_whose_trouble_is_over_is_written_the_same_night(
    world: World, failure: dict[str, object], over: dict[str, object]
) -> None:
    mapped = in_trouble(world, **failure)
    world.fake.edit_line(mapped.line, **over)
    run = world.night()
    assert (world.quantity(mapped), run.lines) == (12, LineCounts(written=1))
    assert len(world.fake.sent) == 1


def test_a_creation_that_a_person_allowed_is_carried_out_the_same_night(world: World) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    mapped = world.map_new(seats=7, agreement=at)
    world.push_until_done()
    (mapping,) = world.mappings("contoso").mappings
    beside = mapping.model_copy(update={"options": Options(beside_existing=True)})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(beside,)))
    assert world.night().lines == LineCounts(written=1)
    assert world.quantity(mapped) == 7


def test_a_freed_line_whose_change_must_wait_is_held_the_same_night(world: World) -> None:
    mapped = in_trouble(world, not_writable="The line is cancelled.")
    world.later_read({SKU: 0})
    world.fake.edit_line(mapped.line, not_writable="")
    run = world.night()
    assert (world.quantity(mapped), run.lines) == (10, LineCounts(held=1))
    assert HoldReason.TO_ZERO in world.held()[0].reasons


def test_a_freed_line_that_must_not_be_written_by_an_old_snapshot_says_so_the_same_night(
    world: World,
) -> None:
    mapped = in_trouble(world, not_writable="The line is cancelled.")
    world.fake.edit_line(mapped.line, not_writable="")
    world.clock.pass_by(timedelta(days=2))
    world.push_until_done("2026-03-04")
    assert (world.quantity(mapped), world.record(mapped).state) == (10, LineState.BLOCKED)
    assert "too long ago" in world.why_not_planned(mapped)


def test_in_preview_a_freed_line_shows_what_would_be_written() -> None:
    preview = World(mode=Mode.PREVIEW)
    mapped = in_trouble(preview, not_writable="The line is cancelled.")
    preview.fake.edit_line(mapped.line, not_writable="")
    assert preview.night().lines == LineCounts(would_write=1)
    assert preview.fake.sent == []


def test_a_freed_line_is_planned_once_more_and_not_again_and_again(world: World) -> None:
    mapped = in_trouble(world, not_writable="The line is cancelled.")
    world.fake.edit_line(mapped.line, not_writable="")
    world.fake.outcomes.append(Outcome.REFUSED)
    run = world.next_night()
    with pytest.raises(RetryLater):
        world.push(run)
    assert world.push(run).lines == LineCounts(failed=1)
    assert len(world.fake.sent) == 1


def test_a_freed_line_that_is_in_step_needs_no_second_plan(world: World) -> None:
    mapped = in_trouble(world, not_writable="The line is cancelled.")
    world.later_read({SKU: 10})
    world.fake.edit_line(mapped.line, not_writable="")
    assert world.push(world.next_night()).lines == LineCounts(unchanged=1)


def test_of_many_agreements_one_in_trouble_is_looked_at_every_night(world: World) -> None:
    for n in range(250):
        world.map_line(f"tenant{n}", 10)
    mapped = world.map_line(quantity=10)  # the last whose turn comes
    world.fake.edit_line(mapped.line, not_writable="The line is cancelled.")
    world.push_until_done()
    world.later_read({SKU: 12})
    world.fake.edit_line(mapped.line, not_writable="")
    assert world.night().lines == LineCounts(written=1, unchanged=250)


def test_a_line_whose_number_is_not_told_is_no_hand_edit_to_0() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.night()
    world.fake.edit_line(mapped.line, quantity=Decimal(0), untold="The PSA shows no units.")
    world.night()
    line = world.record(mapped)
    assert (line.state, line.drift, line.confirmed) == (LineState.BLOCKED, None, 10)
    assert "shows no units" in world.why_blocked(mapped)
