"""N4: for any line and any past day a sentence tells the number, and the people behind it are named."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.accounts.preferences import GuardSettings
from shared.billing import agreement_store, line_decisions
from shared.billing.models import FewerSeats, MoreSeats, Options, TenantMappings, Verdict
from shared.billing.planning import approval
from shared.billing.psa.base import Proration
from shared.billing.psa.billing_period import BillingPeriod
from shared.billing.why_in_words import sentence
from shared.billing.why_this_number import LineOf, WhyThisNumber, people_behind, why_this_number
from shared.errors import NotFound, Rejected
from shared.storage import keys
from shared.storage.memory import MemoryBlobs
from shared.storage.tables import Delete, Put
from tests.shared.billing.world import ACCOUNT, CONNECTION, DAY, SKU, Mapped, World

PRODUCT = "Business Premium"


def why(world: World, mapped: Mapped, on: date) -> WhyThisNumber:
    return why_this_number(
        world.tables,
        world.blobs,
        world.account,
        LineOf(mapped.tenant, mapped.mapping),
        on,
        world.clock.at + timedelta(days=400),
    )


def today(world: World) -> date:
    return world.clock.at.astimezone(world.account.zone).date()


def test_a_number_of_today_is_told_by_its_counts_and_its_mapping() -> None:
    world = World()
    mapped = world.map_line(quantity=10, options=Options(included=2, minimum=5))
    world.later_read({SKU: 14})
    world.push_until_done()
    found = why(world, mapped, today(world))
    assert (found.number, found.wanted) == (12, 12)
    told = sentence(found, PRODUCT)
    assert told.startswith("The line said 12 at the end of 2 Mar 2026: confirmed in the PSA on 2 Mar 2026.")
    assert "14 purchased seats of Business Premium" in told
    assert "less 2 included, at least 5: 12, by the mapping of ann@northwind.test" in told


def test_a_past_day_keeps_its_number_whatever_came_later() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    first = today(world)
    world.next_night()
    world.read("contoso", {SKU: 13})
    world.push_until_done(today(world).isoformat())
    assert why(world, mapped, first).number == 10
    assert why(world, mapped, first).wanted == 10
    assert why(world, mapped, today(world)).number == 13


def test_days_without_a_change_are_told_by_the_counts_of_the_last_change() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    first = today(world)
    for _ in range(3):
        world.night()
    found = why(world, mapped, today(world))
    assert found.day is not None
    assert found.day.on == first
    assert f"as counted since {first.day} Mar 2026" in sentence(found, PRODUCT)


def test_a_held_change_is_told_as_the_reason_of_the_difference() -> None:
    world = World(guard=GuardSettings(tenant_seats=1, tenant_percent=0))
    mapped = world.map_line(quantity=40)
    world.later_read({SKU: 12})
    world.push_until_done()
    found = why(world, mapped, today(world))
    assert (found.number, found.wanted) == (40, 12)
    told = sentence(found, PRODUCT)
    assert "It did not say 12, since a change from 40 to 12 was held for a person on 2 Mar 2026." in told


def test_an_approved_change_names_who_approved_it_until_it_is_written() -> None:
    world = World(guard=GuardSettings(tenant_seats=1, tenant_percent=0))
    mapped = world.map_line(quantity=40)
    world.later_read({SKU: 12})
    world.push_until_done()
    (hold,) = approval.held(world.tables, ACCOUNT)
    approval.decide(world.tables, ACCOUNT, hold.change.id, Verdict.APPROVED, "eva", world.clock.now())
    assert "was approved by eva and not written yet" in sentence(why(world, mapped, today(world)), PRODUCT)


def test_before_the_first_read_there_is_no_number() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    found = why(world, mapped, (world.clock.at - 5 * DAY).date())
    assert (found.number, found.wanted, found.mapping) == (None, None, None)
    assert "had not been proven to say any number" in sentence(found, PRODUCT)
    assert "was not mapped on that day" in sentence(found, PRODUCT)


def test_a_day_that_is_still_to_come_is_refused_and_names_its_field() -> None:
    world = World()
    mapped = world.map_line()
    tomorrow = today(world) + DAY
    line = LineOf(mapped.tenant, mapped.mapping)
    with pytest.raises(Rejected) as refused:
        why_this_number(world.tables, world.blobs, world.account, line, tomorrow, world.clock.at)
    assert refused.value.field == "on"


def test_a_mapping_of_another_tenant_is_not_found() -> None:
    world = World()
    mapped = world.map_line()
    world.map_line("fabrikam")
    line = LineOf("fabrikam", mapped.mapping)
    with pytest.raises(NotFound):
        why_this_number(world.tables, world.blobs, world.account, line, today(world), world.clock.at)


def test_the_people_behind_the_number_are_those_of_that_day() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    found = why(world, mapped, today(world))
    assert [user.id for user in people_behind(world.blobs, ACCOUNT, mapped.tenant, found)] == ["u1"]


def test_people_who_are_no_longer_kept_are_not_told_as_nobody() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    found = why(world, mapped, today(world))
    with pytest.raises(NotFound):
        people_behind(MemoryBlobs(), ACCOUNT, mapped.tenant, found)


def test_a_number_of_before_the_ledger_is_told_by_what_the_line_remembers() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    line = kept.lines[mapped.mapping].model_copy(update={"confirmed": 10, "confirmed_at": world.clock.at})
    bare = World()
    bare.map_line(quantity=10)
    for row in list(bare.tables.rows(keys.agreements(ACCOUNT, CONNECTION))):
        bare.tables.commit([Delete(row.key, row.etag)])
    bare.tables.commit([Put(keys.agreement(ACCOUNT, CONNECTION, mapped.agreement), kept.with_line(line))])
    found = why(bare, mapped, today(world))
    assert (found.number, found.wanted) == (10, 10)


def test_a_frozen_line_names_who_froze_it_until_it_is_unfrozen() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    world.clock.pass_by(timedelta(hours=1))
    line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    world.later_read({SKU: 12})
    world.push_until_done()
    frozen = "It did not say 12, since the line was frozen by ann@northwind.test on 2 Mar 2026."
    assert frozen in sentence(why(world, mapped, today(world)), PRODUCT)
    line_decisions.unfreeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    assert "until ann@northwind.test unfroze it" in sentence(why(world, mapped, today(world)), PRODUCT)


def test_a_number_that_somebody_entered_in_the_psa_is_told_while_nobody_decided() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    before = today(world)
    run = world.next_night()
    world.fake.edit_line(mapped.line, quantity=Decimal(15))
    world.push_until_done(run)
    told = "The PSA says 15 since 3 Mar 2026: somebody entered it there, and nobody has decided on it yet."
    assert told in sentence(why(world, mapped, today(world)), PRODUCT)
    assert "somebody entered it" not in sentence(why(world, mapped, before), PRODUCT)


def test_a_line_that_ends_says_until_when_it_bills_and_who_said_so() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.push_until_done()
    last_day, none = date(2026, 3, 4), TenantMappings(tenant_id=mapped.tenant, mappings=())
    world.save_mappings(mapped.tenant, none, last_days={mapped.line: last_day})
    world.night()
    found = why(world, mapped, last_day)
    assert found.number == 10
    until = "Its line bills until 4 Mar 2026, as ann@northwind.test said on 2 Mar 2026."
    assert until in sentence(found, PRODUCT)
    after = why(world, mapped, last_day + DAY)
    assert after.number == 0
    over = "The line billed nothing after 4 Mar 2026, as ann@northwind.test said on 2 Mar 2026."
    assert sentence(after, PRODUCT).startswith(over)


@pytest.mark.parametrize(
    "seats, options, told",
    [
        (
            8,
            Options(fewer_seats=FewerSeats.NEXT_PERIOD),
            "Fewer seats wait for the next period, as the mapping said",
        ),
        (12, Options(more_seats=MoreSeats.FROM_PERIOD_START), "More seats count from the start of a period"),
        (12, Options(starts=date(2026, 3, 9)), "The mapping said that the line begins on 9 Mar 2026."),
    ],
)
def test_what_counts_from_a_later_day_is_told_by_the_mapping(seats: int, options: Options, told: str) -> None:
    world = World()
    agreement = world.fake.add_agreement(world.company.id, proration=Proration.BY_DATE).id
    mapped = world.map_line(quantity=0 if options.starts else 10, agreement=agreement, options=options)
    march = BillingPeriod(first=date(2026, 3, 1), last=date(2026, 3, 31), is_billed=True)
    world.fake.edit_line(mapped.line, periods=(march,))
    world.push_until_done()
    world.later_read({SKU: seats})
    world.push_until_done("2026-03-02-later")
    assert told in sentence(why(world, mapped, today(world)), PRODUCT)
