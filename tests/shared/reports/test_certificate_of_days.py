"""N5: what bills until a last day, or from a later day on, is told by its row, and no row gives another reason."""

from datetime import date, timedelta

import pytest

from shared.accounts.company import Filters
from shared.billing.models import Options, TenantMappings
from shared.billing.psa.base import Proration
from shared.microsoft.models import Subscription
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Certificate
from tests.shared.billing.world import SKU, World, sku
from tests.shared.licensing.bought import bought

LAST_DAY = date(2026, 3, 4)
NONE = TenantMappings(tenant_id="contoso", mappings=())


def issued(world: World) -> Certificate:
    return certificate_now(world.tables, world.blobs, world.account, world.clock.now())


def told(world: World) -> list[tuple[str, str, int | None]]:
    """Standing, reason and what is billed, of each row."""
    return [(row.standing.value, row.reason.value, row.billed) for row in issued(world).rows]


def ending() -> World:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    return world


def test_a_licence_whose_line_bills_until_a_last_day_is_not_called_billed_nowhere() -> None:
    world = ending()
    assert told(world) == [("open", "to_end", 10)]
    world.night()
    assert told(world) == [("open", "billed_until", 10)]
    assert issued(world).balances
    for _ in range(3):
        world.night()
    assert told(world) == [("open", "not_mapped", None)]


def test_a_line_that_is_to_end_beside_a_decision_is_not_told_as_a_customer_that_was_not_read() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    [old] = world.mappings("contoso").mappings
    bare = {"bill": False, "profile": "", "connection": "", "agreement_id": "", "line_id": ""}
    free = TenantMappings(tenant_id="contoso", mappings=(old.model_copy(update=bare),))
    world.save_mappings("contoso", free, last_days={mapped.line: LAST_DAY})
    assert sorted(told(world)) == [("excluded", "do_not_bill", None), ("open", "to_end", 10)]
    world.night()
    assert told(world) == [("excluded", "do_not_bill", None)]


def begins_later(proration: Proration) -> World:
    """Ten seats that are to be billed from the 1st of April on."""
    world, april = World(), Options(starts=date(2026, 4, 1))
    agreement = world.fake.add_agreement(world.company.id, proration=proration).id
    if proration is Proration.BY_DATE:
        mapped = world.map_line(quantity=0, agreement=agreement, options=april)
        world.later_read({SKU: 10}, mapped.tenant)
    else:
        world.map_new(seats=10, agreement=agreement, options=april)
    world.push_until_done()
    return world


@pytest.mark.parametrize("proration", [Proration.NONE, Proration.BY_DATE])
def test_a_line_that_begins_on_a_later_day_is_not_called_billed(proration: Proration) -> None:
    world = begins_later(proration)
    assert [row[:2] for row in told(world)] == [("excluded", "begins_later")]
    assert issued(world).ready_to_invoice
    world.clock.at = world.clock.at.replace(month=4)
    world.night()
    assert told(world) == [("billed", "on_its_line", 10)]


def test_a_licence_whose_old_line_bills_until_the_new_one_begins_is_billed() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    [old] = world.mappings("contoso").mappings
    new = old.model_copy(update={"line_id": "", "options": Options(starts=date(2026, 3, 5))})
    moved = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", moved, last_days={mapped.line: LAST_DAY})
    world.night()
    assert told(world) == [("billed", "on_its_line", 10)]


def test_parts_of_a_licence_whose_line_as_a_whole_bills_until_they_begin_are_billed() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    parts = (_part("s0", 6), _part("s1", 4))
    [old] = world.mappings("contoso").mappings
    later = {"line_id": "", "options": Options(starts=date(2026, 3, 5), beside_existing=True)}
    split = tuple(
        old.model_copy(update={"id": f"mapping01{part.id}", "subscription_id": part.id, **later})
        for part in parts
    )
    moved = TenantMappings(tenant_id="contoso", mappings=split)
    world.clock.pass_by(timedelta(hours=1))
    world.read("contoso", {SKU: 10}, subscriptions=parts)
    world.save_mappings("contoso", moved, last_days={mapped.line: LAST_DAY})
    world.push_until_done("2026-03-02-split")
    assert sorted(told(world)) == [("billed", "on_its_line", 4), ("billed", "on_its_line", 6)]


def test_lines_of_subscriptions_that_cannot_be_billed_any_more_are_not_told_as_a_customer_that_was_not_read() -> (
    None
):
    world = World()
    agreement = world.add_agreement()
    parts = [_part(f"s{number}", seats) for number, seats in enumerate((6, 4))]
    world.read("contoso", {SKU: 10}, subscriptions=tuple(parts))
    for part in parts:
        line = world.fake.add_line(agreement, world.product.id, part.total)
        world.map("contoso", SKU, agreement, line.id, subscription=part.id)
    world.push_until_done()
    world.add_company("contoso", Filters(office=("Bern",)), "north")
    world.night()
    assert "stale" not in {row.reason.value for row in issued(world).rows}
    assert {row.line_id for row in issued(world).rows if row.line_id} == set(world.fake._lines)


def _part(name: str, seats: int) -> Subscription:
    return bought(sku(SKU, seats))[0].model_copy(update={"id": name})
