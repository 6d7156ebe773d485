"""K7: a mapping owns exactly one line and a line has one mapping, whatever is saved, repeated or at the same time."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from shared.billing import records
from shared.billing.mapping import MOST_LINES, save_profile
from shared.billing.models import (
    Basis,
    BillingProfile,
    LineState,
    Mapping,
    Options,
    TenantMappings,
    Verdict,
)
from shared.errors import Rejected
from tests.invariants import i2_every_intent_is_applied_at_most_once
from tests.shared.billing.hooks import Killed, Once, WatchedTables
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def mapping(id_: str = "mapping9999", **changes: object) -> Mapping:
    fields: dict[str, object] = {
        "id": id_,
        "sku_id": SKU,
        "profile": PROFILE,
        "connection": CONNECTION,
        "agreement_id": "1",
    }
    return Mapping.model_validate(fields | changes)


# Adopting


def test_an_adopted_line_gives_the_baseline_and_nothing_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    line = world.record(mapped)
    assert (line.line_id, line.confirmed, line.state) == (mapped.line, 10, LineState.IN_STEP)
    assert world.fake.sent == []
    assert [(e.event, e.after, e.who) for e in world.ledger(mapped)] == [
        ("adopted", 10, "ann@northwind.test")
    ]


def test_a_line_that_is_not_in_the_agreement_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="is not in agreement"):
        world.map("contoso", SKU, world.add_agreement(), "404")


def test_a_line_of_another_product_is_refused(world: World) -> None:
    at = world.add_agreement()
    line = world.fake.add_line(at, world.fake.add_product("AV").id)
    with pytest.raises(Rejected, match="another product"):
        world.map("contoso", SKU, at, line.id)


def test_two_mappings_cannot_own_one_line(world: World) -> None:
    first = world.map_line("contoso")
    with pytest.raises(Rejected, match="already belongs to another mapping"):
        world.map("fabrikam", SKU, first.agreement, first.line)
    assert world.record(first).line_id == first.line


def test_of_two_people_who_map_one_line_at_the_same_moment_one_is_refused(world: World) -> None:
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id)
    inner = world.tables

    def at_the_same_moment() -> None:
        world.tables = inner
        world.map("fabrikam", SKU, at, line.id)

    world.add_tenant("contoso")
    world.add_tenant("fabrikam")
    world.tables = WatchedTables(inner, Once("before commit", at_the_same_moment))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.map("contoso", SKU, at, line.id)
    assert i2_every_intent_is_applied_at_most_once(inner, ACCOUNT, []) == []


def test_a_mapping_id_of_another_tenant_is_refused(world: World) -> None:
    """Else the other tenant's line would be taken over."""
    first = world.map_line("contoso")
    second = world.map_line("fabrikam", agreement=first.agreement)
    stolen = world.mappings("fabrikam").mappings[0].model_copy(update={"id": first.mapping})
    with pytest.raises(Rejected, match="another tenant"):
        world.save_mappings("fabrikam", TenantMappings(tenant_id="fabrikam", mappings=(stolen,)))
    assert world.record(second).line_id == second.line


def test_an_unknown_profile_is_refused(world: World) -> None:
    wanted = TenantMappings(tenant_id="contoso", mappings=(mapping(profile="none"),))
    with pytest.raises(Rejected, match="no billing profile 'none'"):
        world.save_mappings("contoso", wanted)


def test_a_profile_of_another_connection_is_refused(world: World) -> None:
    other = BillingProfile(id="other", name="Other", connection="at", product_id="1")
    save_profile(world.tables, ACCOUNT, other, world.by())
    with pytest.raises(Rejected, match="for this PSA connection"):
        world.save_mappings(
            "contoso", TenantMappings(tenant_id="contoso", mappings=(mapping(profile="other"),))
        )


# Saving again


def test_saving_a_tenant_again_changes_nothing_of_lines_that_stay(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 8})
    world.push_until_done()
    before = world.record(mapped)
    assert before.losses
    world.save_mappings("contoso")
    assert world.record(mapped) == before


def test_saving_a_tenant_again_changes_nothing_of_a_line_that_we_created(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    world.later_read({SKU: 6})
    world.night()
    world.fake.edit_line(world.record(mapped).line_id, quantity=Decimal(9))
    world.night()
    before = world.record(mapped)
    assert (before.state, [loss.seats for loss in before.losses]) == (LineState.DRIFT, [1])
    world.save_mappings("contoso")
    assert world.record(mapped) == before


def test_saving_a_tenant_while_a_creation_is_unclear_forgets_nothing_and_creates_nothing_twice(
    world: World,
) -> None:
    mapped = world.map_new(seats=7)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    world.save_mappings("contoso")
    world.night()
    assert len(world.fake.applied) == 1
    assert world.quantity(mapped) == 7


def test_another_line_is_not_taken_while_a_write_to_the_present_one_is_unclear(world: World) -> None:
    mapped = unclear(world)
    other = world.fake.add_line(mapped.agreement, world.product.id, 3)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"line_id": other.id})
    with pytest.raises(Rejected, match="not settled yet"):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)))
    assert world.record(mapped).state is LineState.UNKNOWN


def unclear(world: World) -> Mapped:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    with pytest.raises(Exception, match="settled first"):
        world.push()
    return mapped


def test_another_line_begins_with_its_own_baseline_and_keeps_what_was_lost(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 8})
    world.push_until_done()
    other = world.fake.add_line(mapped.agreement, world.product.id, 3)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"line_id": other.id})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)))
    line = world.record(mapped)
    assert (line.line_id, line.confirmed, [loss.seats for loss in line.losses]) == (other.id, 3, [2])


# Letting go


def test_a_line_whose_mapping_is_gone_stays_as_it_is_and_can_be_mapped_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=()))
    world.later_read({SKU: 5})
    world.push_until_done()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    again = world.map("fabrikam", SKU, mapped.agreement, mapped.line)
    assert world.record(again).confirmed == 10


def test_a_mapping_that_moves_to_another_agreement_lets_go_of_its_old_line(world: World) -> None:
    mapped = world.map_line(quantity=10)
    at = world.add_agreement()
    other = world.fake.add_line(at, world.product.id, 4)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at, "line_id": other.id})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)))
    old = records.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    new = records.get(world.tables, ACCOUNT, CONNECTION, at).record
    assert mapped.mapping not in old.lines
    assert new.lines[mapped.mapping].confirmed == 4


def test_a_line_that_was_not_let_go_because_the_process_ended_is_never_written(world: World) -> None:
    """The mapping moved to another agreement, and nobody came to let go of its old line."""
    mapped = world.map_line(quantity=10)
    at = world.add_agreement()
    other = world.fake.add_line(at, world.product.id, 10)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at, "line_id": other.id})
    inner = world.tables

    def ends() -> None:
        raise Killed

    world.tables = WatchedTables(inner, Once("before commit", ends, nth=3))
    with pytest.raises(Killed):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)))
    world.tables = inner
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.quantity(mapped) == 10
    assert int(world.fake.line(other.id).quantity) == 12


def test_do_not_bill_lets_go_of_the_line_and_never_cancels_it(world: World) -> None:
    mapped = world.map_line(quantity=10)
    no = Mapping(id=mapped.mapping, sku_id=SKU, bill=False)
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(no,)))
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    assert records.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines == {}


def test_a_line_is_not_let_go_while_a_write_to_it_is_unclear(world: World) -> None:
    mapped = unclear(world)
    with pytest.raises(Rejected, match="not settled yet"):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=()))
    assert world.record(mapped).state is LineState.UNKNOWN


# What a decision may say


def test_a_licence_has_one_mapping() -> None:
    with pytest.raises(ValidationError, match="a licence has one mapping"):
        TenantMappings(tenant_id="t", mappings=(mapping("mapping0001"), mapping("mapping0002")))


def test_a_sku_is_not_billed_as_a_whole_and_by_subscription() -> None:
    with pytest.raises(ValidationError, match="as a whole or by subscription"):
        TenantMappings(
            tenant_id="t", mappings=(mapping("mapping0001"), mapping("mapping0002", subscription_id="s"))
        )


def test_a_mapping_id_is_used_once() -> None:
    with pytest.raises(ValidationError, match="used once"):
        TenantMappings(tenant_id="t", mappings=(mapping(), mapping(sku_id="b")))


def test_a_mapping_that_bills_says_where() -> None:
    with pytest.raises(ValidationError, match="names its profile"):
        Mapping(id="mapping0001", sku_id=SKU)
    assert not Mapping(id="mapping0001", sku_id=SKU, bill=False).bill


def test_a_subscription_is_never_billed_by_assigned_seats() -> None:
    with pytest.raises(ValidationError, match="only be billed by purchased"):
        mapping(subscription_id="s", options=Options(basis=Basis.ASSIGNED))


# A person's word


def test_a_decision_at_the_same_moment_as_a_push_is_refused_and_asked_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    change = world.held()[0].change.id
    inner = world.tables

    def pushed_meanwhile() -> None:
        world.tables = inner
        kept = records.get(inner, ACCOUNT, CONNECTION, mapped.agreement)
        records.save(inner, ACCOUNT, kept, kept.record.model_copy(update={"claims": 5}))

    world.tables = WatchedTables(inner, Once("before commit", pushed_meanwhile))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.decide(change)
    world.decide(change)
    assert world.events(mapped)[-1] == "approved"


def test_an_approval_can_be_taken_back_until_it_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    change = world.held()[0].change.id
    world.decide(change)
    world.decide(change, Verdict.REJECTED)
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    assert world.events(mapped)[-2:] == ["approved", "rejected"]


def test_a_tenant_that_was_typed_in_capitals_is_billed_as_the_one_that_is_read(world: World) -> None:
    mapped = world.map_line("contoso", quantity=10)
    world.save_mappings(
        "contoso", TenantMappings(tenant_id="CONTOSO", mappings=world.mappings("contoso").mappings)
    )
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.quantity(mapped) == 12


def test_an_agreement_takes_no_more_lines_than_its_row_can_hold(world: World) -> None:
    mapped = world.map_line(quantity=10)
    kept = records.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    one = kept.record.lines[mapped.mapping]
    others = {f"other{number:04}": one.model_copy(update={"line_id": ""}) for number in range(MOST_LINES - 1)}
    full = kept.record.model_copy(update={"lines": {**kept.record.lines, **others}})
    records.save(world.tables, ACCOUNT, kept, full)
    with pytest.raises(Rejected, match="300 mapped lines, which is the most"):
        world.map_new("fabrikam", agreement=mapped.agreement)
    world.save_mappings("contoso")
