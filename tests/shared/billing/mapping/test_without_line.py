"""What is in force is what is looked after: a mapping without a line that is kept counts as failed and is told."""

import pytest

from shared.accounts.runs import LineCounts
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.mapping.without_line import mappings_without_line
from shared.billing.models import LicenceMapping, TenantMappings
from shared.errors import Rejected
from tests.invariants import i1_every_line_is_in_step_or_says_why
from tests.shared.billing.hooks import Once, WatchedTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def forget(world: World, mapped: Mapped) -> None:
    """The record loses the line, as by a release that came too late."""
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    agreement_store.save(
        world.tables, ACCOUNT, kept, kept.record.model_copy(update={"lines": {}, "let_go": (mapped.line,)})
    )


def i1(world: World) -> list[str]:
    truth = {line.id: line.quantity for line in world.fake._lines.values()}
    return i1_every_line_is_in_step_or_says_why(world.tables, world.account, truth, world.clock.now())


def test_a_mapping_in_force_without_a_line_counts_as_failed_and_the_invariant_sees_it(world: World) -> None:
    lost, other = world.map_line("contoso"), world.map_line("fabrikam")
    forget(world, lost)
    assert world.night().lines == LineCounts(failed=1, unchanged=1)
    assert i1(world) == [f"{lost.mapping}: in force, and no line is kept for it"]
    assert world.quantity(other) == 10


def test_the_same_save_again_takes_its_line_back(world: World) -> None:
    lost = world.map_line(quantity=10)
    forget(world, lost)
    world.save_mappings("contoso")
    assert world.record(lost).line_id == lost.line
    assert world.night().lines == LineCounts(unchanged=1)
    assert i1(world) == []


def test_a_licence_that_is_not_billed_needs_no_line(world: World) -> None:
    world.read("contoso", {SKU: 10})
    not_billed = LicenceMapping(id="mapping9999", sku_id=SKU, bill=False)
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(not_billed,)))
    assert world.night().lines == LineCounts()


def test_a_mapping_that_is_saved_while_lines_are_counted_is_not_missing(world: World) -> None:
    """The lines were read before the save and the decisions after it."""
    mapped = world.map_line()
    inner = world.tables
    decided = list(mappings_in_force(inner, ACCOUNT))
    assert list(mappings_without_line(inner, ACCOUNT, decided, lambda _: ())) == []
    ends = TenantMappings(tenant_id="contoso", mappings=())

    def meanwhile() -> None:
        world.tables = inner
        world.save_mappings("contoso", ends, looked_after={mapped.line})

    watched = WatchedTables(inner, Once("before get", meanwhile))
    assert list(mappings_without_line(watched, ACCOUNT, decided, lambda _: ())) == []


def test_a_mapping_that_is_taken_back_while_its_line_is_let_go_keeps_it(world: World) -> None:
    """Save 1 has looked at what is in force, and its last write is on its way, when save 2 comes."""
    mapped = world.map_line(quantity=10)
    inner, again = world.tables, world.mappings("contoso")

    def takes_it_back() -> None:
        world.tables = inner
        world.save_mappings("contoso", again)

    world.tables = WatchedTables(inner, Once("before commit", takes_it_back, nth=2))
    nothing = TenantMappings(tenant_id="contoso", mappings=())
    world.save_mappings("contoso", nothing, looked_after={mapped.line})
    assert world.record(mapped).line_id == mapped.line
    assert world.night().lines == LineCounts(unchanged=1)
    assert i1(world) == []


def test_a_decision_between_what_was_judged_and_what_is_decided_is_no_surprise(world: World) -> None:
    """The last read of a save is that of the decision that it follows."""
    mapped = world.map_line(quantity=10)
    inner, again = world.tables, world.mappings("contoso")
    nothing = TenantMappings(tenant_id="contoso", mappings=())
    reads = 0

    def count(moment: str) -> None:
        nonlocal reads
        reads += moment == "before get"

    world.tables = WatchedTables(inner, count)
    world.save_mappings("contoso", again)

    def meanwhile() -> None:
        world.tables = inner
        world.save_mappings("contoso", nothing, looked_after={mapped.line})

    world.tables = WatchedTables(inner, Once("before get", meanwhile, nth=reads))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.save_mappings("contoso", again)
