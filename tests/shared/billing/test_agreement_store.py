"""Agreements with a line that waits for a person are found without looking through all of them, and none is missed."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.billing import agreement_store, line_decisions
from shared.storage import keys
from shared.storage.tables import Put
from tests.shared.billing.world import ACCOUNT, CONNECTION, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def waiting(world: World) -> list[str]:
    kept = agreement_store.waiting(world.tables, ACCOUNT, CONNECTION)
    return sorted(stored.record.agreement_id for stored in kept)


def edited(world: World, mapped: Mapped, quantity: int) -> None:
    world.fake.edit_line(mapped.line, quantity=Decimal(quantity))
    world.night()


def test_a_record_is_marked_when_it_begins_to_wait_and_not_after(world: World) -> None:
    world.map_line("fabrikam", 7, sku="e5")
    mapped = world.map_line(quantity=10)
    world.night()
    assert waiting(world) == []
    edited(world, mapped, 12)
    assert waiting(world) == [mapped.agreement]
    line_decisions.take_theirs(
        line_decisions.Stores(world.tables, world.blobs),
        ACCOUNT,
        mapped.tenant,
        mapped.mapping,
        12,
        world.by(),
    )
    assert waiting(world) == []
    marks = list(world.tables.rows(keys.agreements(ACCOUNT, CONNECTION), keys.WAITING))
    assert marks == []


def test_records_of_before_there_were_marks_are_looked_through_once(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    edited(world, mapped, 12)
    partition = keys.agreements(ACCOUNT, CONNECTION)
    stored = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    old = World()
    old.tables.commit([Put(keys.agreement(ACCOUNT, CONNECTION, mapped.agreement), stored.record)])
    assert list(old.tables.rows(partition, keys.WAITING)) == []
    assert waiting(old) == [mapped.agreement]
    assert waiting(old) == [mapped.agreement]


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1]), st.sampled_from(["edit", "right", "freeze", "thaw", "list"])),
        max_size=12,
    )
)
@settings(max_examples=25)
def test_whatever_happens_to_the_lines_the_marks_miss_none(steps: list[tuple[int, str]]) -> None:
    world = World()
    lines = [world.map_line("contoso", 10), world.map_line("fabrikam", 7, sku="e5")]
    world.night()
    for number, step in steps:
        mapped = lines[number]
        match step:
            case "edit":
                edited(world, mapped, 40)
            case "right":
                edited(world, mapped, (10, 7)[number])
            case "freeze":
                line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
            case "thaw":
                line_decisions.unfreeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
            case "list":
                waiting(world)
        true = sorted(
            stored.record.agreement_id
            for stored in agreement_store.all_of(world.tables, ACCOUNT, CONNECTION)
            if any(line.drift or line.frozen or line.hold for line in stored.record.lines.values())
        )
        assert waiting(world) == true
