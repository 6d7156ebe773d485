"""The push of recurring invoices through the real adapter: whatever happens, each ends with one right number.

The process ends at each moment, requests are lost, applied late, answered with a pause; people edit meanwhile.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.billing.models import LineState, Options
from shared.billing.psa.write_failures import told
from shared.errors import Rejected
from tests.invariants import i4_the_ledger_was_only_appended, ledger_of
from tests.shared.billing.hooks import Killed, Once, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.psa.halo.in_process import HaloInProcess
from tests.shared.billing.pushing.test_crash import one_change, states, two_in_one_agreement
from tests.shared.billing.pushing.test_crash import wrong_now as wrong_in_the_records
from tests.shared.billing.world import ACCOUNT, Mapped, World

NAMED = ("commit", "apply", "find_effect")
"""The process ends before and after each of these."""


def halo_world() -> World:
    psa = HaloInProcess()
    world = World(fake=psa)
    psa.sleep = world.clock.sleep
    return world


def halo(world: World) -> HaloInProcess:
    assert isinstance(world.fake, HaloInProcess)
    return world.fake


def wrong_now(world: World) -> list[str]:
    return [*wrong_in_the_records(world), *(f"undone: {edit}" for edit in halo(world).undone)]


def one_new_line(world: World) -> list[Mapped]:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    return [world.map_new(seats=7, agreement=at, options=Options(beside_existing=True))]


class DeathAt:
    """Ends the process at the n-th of the named moments."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self.dead = False

    def __call__(self, moment: str) -> None:
        if self.dead:
            raise Killed(moment)
        if moment.endswith(NAMED):
            self._left -= 1
            if self._left == 0:
                self.dead = True
                raise Killed(moment)


def dies(world: World, death: DeathAt) -> bool:
    """Push until the process ends at its moment; False when it got through before. Another one goes on."""
    tables, psa = world.tables, world.psa
    world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
    try:
        world.push_until_done()
    except Killed:
        return True
    finally:
        world.tables, world.psa = tables, psa
        halo(world).restart()
    return False


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.UNCLEAR_APPLIED_LATE])
@pytest.mark.parametrize("scene", [two_in_one_agreement, one_new_line])
def test_whenever_the_process_ends_the_next_one_ends_in_step_and_nothing_is_applied_twice(
    scene: Callable[[World], list[Mapped]], outcome: Outcome
) -> None:
    moment, died = 0, True
    while died:
        moment += 1
        world = halo_world()
        lines = scene(world)
        world.fake.outcomes.append(outcome)
        died = dies(world, DeathAt(moment))
        at_death = ledger_of(world.tables, ACCOUNT)
        world.push_until_done()
        assert wrong_now(world) == [], moment
        world.night()
        while world.say_what_the_psa_shows() or LineState.BLOCKED in states(world, lines):
            world.night()
        assert wrong_now(world) == [], moment
        assert states(world, lines) == [LineState.IN_STEP] * len(lines), moment
        assert len(world.fake.applied) == len(lines), moment
        assert i4_the_ledger_was_only_appended(at_death, ledger_of(world.tables, ACCOUNT)) == []
    assert moment > 10  # it did die at every step of the way


def two_wanted(world: World, first: int = 12, second: int = 20) -> tuple[Mapped, Mapped]:
    at = world.add_agreement()
    lines = (
        world.map_line(quantity=10, sku="a", agreement=at),
        world.map_line(quantity=20, sku="b", agreement=at),
    )
    world.later_read({"a": first, "b": second})
    return lines


def test_all_changes_of_a_recurring_invoice_are_one_request() -> None:
    world = halo_world()
    first, second = two_wanted(world, 12, 25)
    world.push_until_done()
    assert (world.quantity(first), world.quantity(second), world.fake.requests) == (12, 25, 1)
    assert wrong_now(world) == []


@pytest.mark.parametrize("late_by", [timedelta(seconds=60), timedelta(minutes=10), timedelta(hours=2)])
def test_a_document_that_comes_late_undoes_no_line_that_was_confirmed(late_by: timedelta) -> None:
    world = halo_world()
    first, second = two_wanted(world)
    world.fake.late_by = late_by
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    world.later_read({"a": 12, "b": 25})
    world.push_until_done("2026-03-02-2")
    world.night()
    world.night()
    assert (world.quantity(first), world.quantity(second)) == (12, 25)
    assert states(world, [first, second]) == [LineState.IN_STEP] * 2
    assert wrong_now(world) == []


def test_a_time_out_after_the_post_is_one_write() -> None:
    world = halo_world()
    (mapped,) = one_change(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.push_until_done()
    world.night()
    assert (world.quantity(mapped), world.fake.requests) == (12, 1)
    assert states(world, [mapped]) == [LineState.IN_STEP]


def test_a_time_out_after_a_creation_is_one_line() -> None:
    world = halo_world()
    (mapped,) = one_new_line(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.push_until_done()
    world.night()
    assert (world.quantity(mapped), world.fake.requests, len(world.fake._lines)) == (7, 1, 2)


def test_a_message_that_comes_twice_writes_once() -> None:
    world = halo_world()
    first, second = two_wanted(world, 12, 25)
    world.push_until_done()
    world.push_until_done()
    assert (world.quantity(first), world.quantity(second), world.fake.requests) == (12, 25, 1)


def test_a_person_who_edits_another_line_before_the_write_keeps_the_edit() -> None:
    world = halo_world()
    first, _ = two_wanted(world)
    foreign = world.fake.add_line(first.agreement, world.fake.add_product("AV").id, 3)
    edit = Once("before apply", lambda: world.fake.edit_line(foreign.id, quantity=Decimal(9)))
    world.psa = WatchedPsa(world.psa, edit)
    world.push_until_done()
    assert (world.quantity(first), int(world.fake.line(foreign.id).quantity)) == (12, 9)
    assert world.fake.requests == 1


def test_a_person_who_edits_the_line_before_the_write_is_an_exception_and_nothing_is_written() -> None:
    world = halo_world()
    first, _ = two_wanted(world)
    edit = Once("before apply", lambda: world.fake.edit_line(first.line, quantity=Decimal(15)))
    world.psa = WatchedPsa(world.psa, edit)
    world.push_until_done()
    world.night()
    assert (world.quantity(first), world.fake.requests) == (15, 0)
    assert world.record(first).state is LineState.DRIFT


def test_an_edit_between_the_adapters_read_and_its_write_is_told_by_name() -> None:
    world = halo_world()
    first, _ = two_wanted(world)
    foreign = world.fake.add_line(first.agreement, world.fake.add_product("AV").id, 3)
    invoice = halo(world).state.get("halo_invoice", f"acme/{first.agreement}")
    waiting = {"reads": 1, "line": foreign.id, "changes": {"qty_order": 9}, "who": "kim"}
    soon = Once("before apply", lambda: invoice.update(after_reads=waiting))
    world.psa = WatchedPsa(world.psa, soon)
    world.push_until_done()
    line = world.record(first)
    assert (world.quantity(first), line.state) == (12, LineState.BLOCKED)
    assert f"kim had set qty_order of line {foreign.id} to 9" in told(line.refused)
    assert halo(world).undone == [(foreign.id, 9, 3)]


def test_a_line_that_halo_counts_is_blocked_and_never_written() -> None:
    world = halo_world()
    first, second = two_wanted(world, 12, 25)
    invoice = halo(world).state.get("halo_invoice", f"acme/{first.agreement}")
    invoice["lines"][first.line]["quantity_users"] = [{"id": 1}]
    world.push_until_done()
    assert (world.quantity(first), world.quantity(second)) == (10, 25)
    assert world.record(first).state is LineState.BLOCKED
    assert "Halo counts" in world.why_blocked(first)


def test_a_line_that_halo_counts_is_refused_when_it_is_mapped() -> None:
    world = halo_world()
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 10, recurring_invoice_quantity_type=2)
    world.read("contoso", {"a": 10})
    with pytest.raises(Rejected, match="Halo counts the quantity of this line itself") as refused:
        world.map("contoso", "a", at, line.id)
    assert (refused.value.code, refused.value.field) == ("not_writable", "lineId")


def test_with_other_tools_at_half_of_the_limit_no_call_of_ours_is_refused() -> None:
    """W5: 300 calls in 5 minutes, of which others make 150; 20 customers changed, and twice as many did not."""
    world = halo_world()
    lines = []
    for n in range(60):
        lines.append(world.map_line(f"t{n}", 10, sku=f"s{n}"))
        world.clock.pass_by(timedelta(minutes=1))  # people have mapped them long before
    for n in range(20):
        world.read(f"t{n}", {f"s{n}": 12})
    halo(world).others_use(150)
    began = world.clock.now()
    world.push_until_done()
    assert halo(world).throttled == 0
    assert [world.quantity(line) for line in lines] == [12] * 20 + [10] * 40
    assert (world.fake.requests, wrong_now(world)) == (20, [])
    assert world.clock.now() - began < timedelta(minutes=30)


def test_calls_that_are_refused_all_the_same_are_waited_for_and_nothing_is_lost() -> None:
    world = halo_world()
    lines = [world.map_line(f"t{n}", 10, sku=f"s{n}") for n in range(12)]
    for n in range(12):
        world.later_read({f"s{n}": 12}, f"t{n}")
    halo(world).others_use(270)
    world.push_until_done()
    assert halo(world).throttled > 0
    assert [world.quantity(line) for line in lines] == [12] * 12
    assert (len(world.fake.applied), wrong_now(world)) == (12, [])
