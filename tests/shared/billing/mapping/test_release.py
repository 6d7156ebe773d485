"""A line that is left bills nothing, or a person looks after it: no customer is billed on or twice by a save."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.billing import agreement_store
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import LicenceMapping, Options, TenantMappings
from shared.billing.psa.base import PsaUnavailable
from shared.errors import Rejected
from shared.storage.decisions import get, newest
from tests.shared.billing.hooks import WatchedPsa
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def only(*mappings: LicenceMapping) -> TenantMappings:
    return TenantMappings(tenant_id="contoso", mappings=mappings)


def mapping_of(world: World, **changes: object) -> LicenceMapping:
    return world.mappings("contoso").mappings[0].model_copy(update=changes)


def not_billed(world: World, mapped: Mapped) -> TenantMappings:
    return only(LicenceMapping(id=mapped.mapping, sku_id=SKU, bill=False))


def unmapped(world: World, mapped: Mapped) -> TenantMappings:
    return only()


def moved_within(world: World, mapped: Mapped) -> TenantMappings:
    return only(mapping_of(world, line_id=world.fake.add_line(mapped.agreement, world.product.id, 3).id))


def moved_away(world: World, mapped: Mapped) -> TenantMappings:
    at = world.add_agreement()
    return only(mapping_of(world, agreement_id=at, line_id=world.fake.add_line(at, world.product.id, 3).id))


LEAVING = [not_billed, unmapped, moved_within, moved_away]
type Leave = Callable[[World, Mapped], TenantMappings]


def in_force(world: World) -> TenantMappings | None:
    return get(world.tables, ACCOUNT, MAPPINGS, "contoso", TenantMappings)


@pytest.mark.parametrize("leave", LEAVING)
def test_a_line_that_still_bills_is_not_left_without_a_word(world: World, leave: Leave) -> None:
    mapped = world.map_line(quantity=10)
    before = world.record(mapped), in_force(world), world.events(mapped)
    with pytest.raises(Rejected, match=rf"Line {mapped.line} in agreement \d+ still bills 10 seats"):
        world.save_mappings("contoso", leave(world, mapped))
    assert (world.record(mapped), in_force(world), world.events(mapped)) == before


@pytest.mark.parametrize("leave", LEAVING)
def test_a_person_who_looks_after_the_line_may_leave_it_and_that_is_kept(world: World, leave: Leave) -> None:
    mapped = world.map_line(quantity=10)
    world.save_mappings("contoso", leave(world, mapped), looked_after=(mapped.line,))
    released = [entry for entry in world.ledger(mapped) if entry.event == "released"]
    said = f"line {mapped.line} in agreement {mapped.agreement} is looked after by hand"
    assert [(entry.line_id, entry.before, said in entry.why) for entry in released] == [
        (mapped.line, 10, True)
    ]
    decision = newest(world.tables, ACCOUNT, MAPPINGS, "contoso")
    assert decision is not None
    assert said in decision.reason
    world.night()
    assert world.quantity(mapped) == 10


@pytest.mark.parametrize("leave", LEAVING)
@pytest.mark.parametrize("ended", [{"quantity": Decimal(0)}, {"ends": date(2026, 3, 1)}])
def test_a_line_that_bills_nothing_any_more_is_left(
    world: World, leave: Leave, ended: dict[str, object]
) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, **ended)
    wanted = leave(world, mapped)
    world.save_mappings("contoso", wanted)
    assert in_force(world) == wanted


@pytest.mark.parametrize("leave", [unmapped, moved_away])
def test_a_line_of_an_agreement_that_ended_or_is_gone_is_left(world: World, leave: Leave) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, active=False)
    wanted = leave(world, mapped)
    world.save_mappings("contoso", wanted)
    assert in_force(world) == wanted


def test_a_line_that_is_gone_is_left(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.remove_line(mapped.line)
    world.save_mappings("contoso", only())
    assert in_force(world) == only()


def test_a_line_with_a_last_day_to_come_may_be_left(world: World) -> None:
    """A person has ended it: it bills until that day, as it should."""
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, ends=date(2026, 3, 31))
    world.save_mappings("contoso", only())
    assert in_force(world) == only()


def test_the_number_that_counts_is_the_one_in_the_psa_now(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, quantity=Decimal(1))
    with pytest.raises(Rejected, match="still bills 1 seat,"):
        world.save_mappings("contoso", only())


def test_what_cannot_be_read_is_not_left(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.unavailable = PsaUnavailable("It does not answer.", timedelta(minutes=1))
    with pytest.raises(Rejected, match="Nothing was saved, because the PSA could not be read: It does not"):
        world.save_mappings("contoso", only())
    world.fake.unavailable = None
    assert in_force(world) == world.mappings("contoso")
    assert world.record(mapped).confirmed == 10


# A line is created in place of another


@pytest.mark.parametrize("looked_after", [False, True])
@pytest.mark.parametrize("same_mapping", [False, True])
def test_no_line_is_created_for_seats_that_another_line_still_bills_whatever_a_person_says(
    world: World, looked_after: bool, same_mapping: bool
) -> None:
    mapped = world.map_line(quantity=10)
    new = mapping_of(world, agreement_id=world.add_agreement(), line_id="")
    if not same_mapping:
        new = new.model_copy(update={"id": "mapping9999"})
    with pytest.raises(Rejected, match="would bill the same seats twice"):
        world.save_mappings("contoso", only(new), looked_after=(mapped.line,) if looked_after else ())
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])


def test_a_line_is_created_from_the_day_after_the_last_day_of_the_old_one(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, ends=date(2026, 3, 31))
    at = world.add_agreement()
    too_soon = mapping_of(world, agreement_id=at, line_id="", options=Options(starts=date(2026, 3, 31)))
    with pytest.raises(Rejected, match=r"until 31 Mar 2026\. Give the new line a start date after that day"):
        world.save_mappings("contoso", only(too_soon))
    right = too_soon.model_copy(update={"options": Options(starts=date(2026, 4, 1))})
    world.save_mappings("contoso", only(right))
    world.night()
    (created,) = world.fake.applied
    assert (created.agreement_id, created.effective) == (at, date(2026, 4, 1))


def test_a_profile_that_names_another_product_does_not_leave_the_line_of_the_old_one(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    world.name_product(world.fake.add_product("M365-E5").id)
    with pytest.raises(Rejected, match="would bill the same seats twice"):
        world.save_mappings("contoso")
    assert world.quantity(mapped) == 7


# What is not left at all


def test_a_line_that_another_mapping_of_the_same_save_takes_is_not_left(world: World) -> None:
    mapped = world.map_line(quantity=10)
    other = mapping_of(world, id="mapping9999")
    world.save_mappings("contoso", only(other))
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    assert {name: line.line_id for name, line in kept.lines.items()} == {"mapping9999": mapped.line}
    assert [entry.event for entry in world.ledger(mapped)] == ["adopted", "released"]
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.quantity(mapped) == 12


def test_two_mappings_change_their_lines_in_one_save(world: World) -> None:
    at = world.add_agreement()
    first = world.map_line(quantity=10, sku="a", agreement=at)
    second = world.map_line(quantity=20, sku="b", agreement=at)
    one, two = world.mappings("contoso").mappings
    world.save_mappings(
        "contoso",
        only(one.model_copy(update={"line_id": second.line}), two.model_copy(update={"line_id": first.line})),
    )
    assert [world.record(mapped).line_id for mapped in (first, second)] == [second.line, first.line]
    assert [world.record(mapped).confirmed for mapped in (first, second)] == [20, 10]


def test_a_line_that_was_left_is_not_taken_back_by_its_mark(world: World) -> None:
    """A person looks after it now: the mapping that comes again asks what to do beside it, as beside any other line."""
    mapped = world.map_new(seats=7)
    world.push_until_done()
    created = world.record(mapped).line_id
    wanted = world.mappings("contoso")
    world.save_mappings("contoso", only(), looked_after=(created,))
    world.save_mappings("contoso", wanted)
    world.night()
    line = world.record(mapped)
    assert line.line_id == ""
    assert "no mapping owns" in world.why_blocked(mapped)
    assert len(world.fake.applied) == 1


def test_a_line_that_was_left_can_be_chosen_again(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    created = world.record(mapped).line_id
    world.save_mappings("contoso", only(), looked_after=(created,))
    world.save_mappings("contoso", only(mapping_of(world, line_id=created)))
    world.later_read({SKU: 8})
    world.night()
    assert int(world.fake.line(created).quantity) == 8
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.let_go == ()


def test_a_save_asks_the_psa_for_one_list_each_and_the_lines_of_agreements_that_change(
    world: World,
) -> None:
    at = world.add_agreement()
    mapped = [world.map_line(quantity=10, sku=sku, agreement=at) for sku in ("a", "b")]
    mapped.append(world.map_line(quantity=10, sku="c"))
    for one in mapped:
        world.fake.edit_line(one.line, quantity=Decimal(0))
    asked: list[str] = []
    world.psa = WatchedPsa(world.fake, asked.append)
    world.save_mappings("contoso")
    assert asked == []
    moved = [
        one.model_copy(update={"line_id": world.fake.add_line(at, world.product.id, 3).id})
        for one in world.mappings("contoso").mappings[:2]
    ]
    world.save_mappings("contoso", only(*moved))
    assert [what for what in asked if what.startswith("before")] == [
        "before agreements",
        "before lines",
        "before lines",
        "before products",
    ]
