"""Golden months of what was billed: on which line, which number, and why it is that number."""

from datetime import timedelta

from shared.accounts.companies import company
from shared.accounts.preferences import GuardSettings
from shared.billing.models import Basis, Options
from shared.reports.load import month_of
from shared.reports.models import BilledLine, LicenceMonth, Month
from shared.reports.wording import report_view
from tests.shared.billing.world import ACCOUNT, CONNECTION, DAY, SKU, Mapped, World

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


def licence(world: World, mapped: Mapped, month: Month = MARCH) -> LicenceMonth:
    of = company(world.tables, ACCOUNT, mapped.tenant)
    [found] = month_of(
        world.tables, world.blobs, world.account, of, month, world.clock.at + timedelta(days=400)
    ).licences
    return found


def billed(world: World, mapped: Mapped, month: Month = MARCH) -> BilledLine:
    found = licence(world, mapped, month).billed
    assert found is not None
    return found


def told(world: World, mapped: Mapped, month: Month = MARCH) -> tuple[str, tuple[str, ...]]:
    """The number and the reasons, as the report says them."""
    of = company(world.tables, ACCOUNT, mapped.tenant)
    now = world.clock.at + timedelta(days=400)
    figures = month_of(world.tables, world.blobs, world.account, of, month, now)
    [row] = report_view(figures, world.account, prices=False).licences
    return row.billed, row.notes


def test_the_line_its_number_and_what_it_is_made_of() -> None:
    """14 purchased, 2 of them included: 12, which is more than the least of 5."""
    world = World()
    mapped = world.map_line(quantity=10, options=Options(included=2, minimum=5))
    world.later_read({SKU: 14})
    world.push_until_done()
    line = billed(world, mapped)
    assert (line.connection, line.agreement_id, line.line_id) == (CONNECTION, mapped.agreement, mapped.line)
    assert (line.counted, line.wanted, line.number) == (14, 12, 12)
    assert told(world, mapped) == ("12", ("Billed: 14 purchased, less 2 included, at least 5",))


def test_a_number_that_is_simply_the_purchased_seats_needs_no_reason() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    assert told(world, mapped) == ("10", ())


def test_the_minimum_is_the_number_where_fewer_were_bought() -> None:
    world = World()
    mapped = world.map_line(quantity=20, options=Options(minimum=20, basis=Basis.PURCHASED))
    world.later_read({SKU: 16})
    world.push_until_done()
    assert (billed(world, mapped).counted, billed(world, mapped).number) == (16, 20)
    assert told(world, mapped) == ("20", ("Billed: 16 purchased, at least 20",))


def test_a_change_that_waited_for_a_person_at_the_months_end_is_said() -> None:
    """A fall from 40 to 12 was held: the line still says 40."""
    world = World(guard=GuardSettings(tenant_seats=1, tenant_percent=0))
    mapped = world.map_line(quantity=40)
    world.later_read({SKU: 12})
    world.push_until_done()
    assert told(world, mapped) == ("40", ("12 will be billed once the change is on the agreement",))


def test_each_month_keeps_its_own_number_whatever_came_later() -> None:
    """10 to the end of March; 13 from a night of April on."""
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    world.clock.at += 35 * DAY
    world.next_night()
    world.read("contoso", {SKU: 13})
    world.push_until_done(world.clock.at.date().isoformat())
    assert [told(world, mapped, month)[0] for month in (MARCH, APRIL)] == ["10", "13"]
