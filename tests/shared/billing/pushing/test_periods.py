"""K14: what counts from the start of a period: more seats of this one, fewer seats of the next one."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.accounts.runs import LineCounts
from shared.billing import line_decisions
from shared.billing.models import (
    FewerSeats,
    Hold,
    HoldReason,
    LedgerEvent,
    LineState,
    MoreSeats,
    Options,
    Verdict,
)
from shared.billing.planning import approval
from shared.billing.psa.base import Proration
from shared.billing.psa.billing_period import BillingPeriod
from shared.errors import Rejected
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Reason
from tests.shared.billing.world import ACCOUNT, DAY, SKU, START, Mapped, World, check_invariants

NEXT = Options(fewer_seats=FewerSeats.NEXT_PERIOD)
WHOLE = Options(more_seats=MoreSeats.FROM_PERIOD_START)
MARCH = BillingPeriod(first=date(2026, 3, 1), last=date(2026, 3, 31))
APRIL = BillingPeriod(first=date(2026, 4, 1), last=date(2026, 4, 30))
MAY = BillingPeriod(first=date(2026, 5, 1), last=date(2026, 5, 31))


def by_date(
    options: Options, *periods: BillingPeriod, at: datetime = START, quantity: int = 10
) -> tuple[World, Mapped]:
    """A line whose PSA counts changes from a day, as Autotask does, and tells these periods."""
    world = World()
    world.clock.at = at
    agreement = world.fake.add_agreement(world.company.id, proration=Proration.BY_DATE).id
    mapped = world.map_line(quantity=quantity, agreement=agreement, options=options)
    world.fake.edit_line(mapped.line, periods=periods)
    push(world)
    return world, mapped


def push(world: World) -> None:
    world.push_until_done(f"{world.clock.at:%Y-%m-%d}-{world.clock.at:%H%M%S%f}")


def seats(world: World, number: int) -> None:
    world.later_read({SKU: number})
    push(world)


def later(world: World, day: date, number: int) -> None:
    """On that day the tenant has so many seats."""
    world.clock.at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    seats(world, number)


def changes(world: World) -> list[tuple[int, int, date | None]]:
    return [(write.before, write.after, write.effective) for write in world.fake.applied]


@pytest.mark.parametrize(
    "today, period, counts_from",
    [
        (date(2026, 3, 17), MARCH, date(2026, 4, 1)),
        (date(2026, 3, 1), MARCH, date(2026, 4, 1)),
        (date(2026, 3, 31), MARCH, date(2026, 4, 1)),
        (date(2026, 2, 10), BillingPeriod(first=date(2026, 2, 1), last=date(2026, 2, 28)), date(2026, 3, 1)),
        (date(2028, 2, 10), BillingPeriod(first=date(2028, 2, 1), last=date(2028, 2, 29)), date(2028, 3, 1)),
        (date(2028, 2, 29), BillingPeriod(first=date(2028, 1, 30), last=date(2028, 2, 29)), date(2028, 3, 1)),
        (
            date(2026, 12, 31),
            BillingPeriod(first=date(2026, 12, 15), last=date(2027, 12, 14)),
            date(2027, 12, 15),
        ),
    ],
    ids=[
        "in the middle",
        "the first day",
        "the last day",
        "February",
        "a February of 29 days",
        "the leap day",
        "a year",
    ],
)
def test_fewer_seats_are_billed_until_the_period_is_over(
    today: date, period: BillingPeriod, counts_from: date
) -> None:
    world, mapped = by_date(NEXT, period, at=datetime(today.year, today.month, today.day, 8, tzinfo=UTC))
    seats(world, 8)
    waits = world.record(mapped).waits
    assert waits is not None
    assert (waits.day, world.record(mapped).state, changes(world)) == (counts_from, LineState.SCHEDULED, [])
    later(world, counts_from, 8)
    assert changes(world) == [(10, 8, counts_from)]
    assert (world.record(mapped).state, world.record(mapped).waits) == (LineState.IN_STEP, None)
    check_invariants(world)


def test_a_line_that_waits_for_its_day_does_not_count_as_in_step() -> None:
    world, _ = by_date(NEXT, MARCH, APRIL)
    world.later_read({SKU: 8})
    assert world.push_until_done("2026-03-17b").lines == LineCounts(scheduled=1)


def test_a_number_that_waits_for_its_day_is_certified_and_one_that_was_read_since_is_not() -> None:
    world, _ = by_date(NEXT, MARCH, APRIL)
    seats(world, 8)
    assert certified(world) == [Reason.ON_ITS_LINE]
    world.later_read({SKU: 12})
    assert certified(world) == [Reason.DIFFERS]


def certified(world: World) -> list[Reason]:
    rows = certificate_now(world.tables, world.blobs, world.account, world.clock.now()).rows
    return [row.reason for row in rows]


def test_a_night_that_comes_late_still_counts_from_the_first_day() -> None:
    world, _ = by_date(NEXT, MARCH, APRIL, MAY)
    seats(world, 8)
    later(world, date(2026, 4, 3), 7)
    assert changes(world) == [(10, 7, date(2026, 4, 1))]


def test_seats_that_come_back_before_are_never_written() -> None:
    world, mapped = by_date(NEXT, MARCH, APRIL)
    seats(world, 8)
    seats(world, 10)
    assert (world.record(mapped).waits, world.record(mapped).state) == (None, LineState.IN_STEP)
    seats(world, 9)
    later(world, date(2026, 4, 1), 9)
    assert changes(world) == [(10, 9, date(2026, 4, 1))]


def test_more_seats_than_are_billed_do_not_wait_with_the_fewer() -> None:
    world, mapped = by_date(NEXT, MARCH, APRIL)
    seats(world, 8)
    seats(world, 12)
    assert (changes(world), world.record(mapped).waits) == ([(10, 12, START.date())], None)


def test_of_a_period_that_is_not_known_fewer_seats_are_held() -> None:
    world, mapped = by_date(NEXT)
    seats(world, 8)
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (
        10,
        [(HoldReason.PRORATION,)],
    )


def test_where_no_period_is_known_first_seats_count_from_their_day_and_more_seats_are_held() -> None:
    world, mapped = by_date(WHOLE, quantity=0)
    seats(world, 3)
    assert (changes(world), world.held()) == ([(0, 3, START.date())], [])
    seats(world, 4)
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (3, [(HoldReason.PRORATION,)])


def test_seats_that_come_back_to_a_line_without_one_are_held_where_its_period_is_not_known() -> None:
    world, mapped = by_date(WHOLE, quantity=1)
    seats(world, 0)
    (hold,) = world.held()
    world.decide(hold.change.id, Verdict.APPROVED)
    seats(world, 0)
    seats(world, 3)
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (0, [(HoldReason.PRORATION,)])


def test_where_the_period_that_is_known_is_over_the_line_is_read_first() -> None:
    world, mapped = by_date(NEXT, MARCH, APRIL)
    later(world, date(2026, 4, 5), 8)
    waits = world.record(mapped).waits
    assert (changes(world), waits and waits.day) == ([], date(2026, 5, 1))


def test_nothing_waits_for_a_person_before_its_day_and_then_the_guard_is_asked() -> None:
    world, _ = by_date(NEXT, MARCH, APRIL)
    seats(world, 0)
    assert world.held() == []
    later(world, date(2026, 4, 1), 0)
    (hold,) = world.held()
    assert (hold.reasons, changes(world)) == ((HoldReason.TO_ZERO,), [])
    world.decide(hold.change.id, Verdict.APPROVED)
    later(world, date(2026, 4, 4), 0)
    assert changes(world) == [(10, 0, date(2026, 4, 1))]


def test_more_seats_count_from_the_first_day_of_a_period_that_is_not_billed() -> None:
    world, mapped = by_date(WHOLE, MARCH, APRIL)
    seats(world, 12)
    assert changes(world) == [(10, 12, MARCH.first)]
    seats(world, 13)
    assert changes(world)[1:] == [(12, 13, MARCH.first + DAY)]
    assert world.quantity(mapped) == 13
    check_invariants(world)


def test_more_seats_of_a_billed_period_count_from_the_next_one() -> None:
    world, mapped = by_date(WHOLE, MARCH.model_copy(update={"is_billed": True}), APRIL)
    seats(world, 12)
    assert (changes(world), world.record(mapped).state) == ([], LineState.SCHEDULED)
    later(world, APRIL.first, 12)
    assert changes(world) == [(10, 12, APRIL.first)]


def test_fewer_seats_go_by_their_day_where_only_more_seats_go_by_the_period() -> None:
    world, _ = by_date(WHOLE, MARCH, APRIL)
    seats(world, 8)
    assert changes(world) == [(10, 8, START.date())]


# -- where an invoice takes the number that the line says


def invoiced(through: date | None) -> tuple[World, Mapped]:
    world = World()
    agreement = world.fake.add_agreement(
        world.company.id, proration=Proration.BY_SECOND_LINE, billed_through=through
    ).id
    mapped = world.map_line(agreement=agreement, options=NEXT)
    push(world)
    return world, mapped


def test_what_is_billed_until_a_later_day_is_written_at_once_and_not_credited() -> None:
    world, mapped = invoiced(date(2026, 3, 31))
    seats(world, 8)
    assert (world.quantity(mapped), len(world.fake.applied)) == (8, 1)


def test_what_is_not_billed_yet_waits_until_it_is() -> None:
    world, mapped = invoiced(date(2026, 2, 28))
    for _ in range(2):
        seats(world, 8)
        assert (world.quantity(mapped), world.record(mapped).state) == (10, LineState.SCHEDULED)
        world.clock.pass_by(timedelta(days=1))
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 3, 31))
    seats(world, 8)
    assert (world.quantity(mapped), world.record(mapped).state) == (8, LineState.IN_STEP)


@pytest.mark.parametrize(
    "options, proration, why",
    [
        (NEXT, Proration.BY_SECOND_LINE, "Nobody knows until when"),
        (NEXT, Proration.BY_ROW, "Nobody knows until when"),
        (WHOLE, Proration.BY_SECOND_LINE, "cannot count from the start of a period"),
        (Options(fewer_seats=FewerSeats.CREDITED), Proration.NONE, "does not prorate by a second line"),
        (Options(fewer_seats=FewerSeats.CREDITED), Proration.BY_ROW, "does not prorate by a second line"),
    ],
)
def test_what_the_psa_cannot_do_is_refused_when_it_is_saved(
    options: Options, proration: Proration, why: str
) -> None:
    world = World()
    agreement = world.fake.add_agreement(world.company.id, proration=proration).id
    with pytest.raises(Rejected, match=why):
        world.map_line(agreement=agreement, options=options)


def test_an_option_of_before_is_read_as_what_it_said() -> None:
    assert Options.model_validate({"credit_on_decrease": True}).fewer_seats is FewerSeats.CREDITED
    assert Options.model_validate({"credit_on_decrease": False}).fewer_seats is FewerSeats.AT_ONCE


def after_the_invoice() -> tuple[World, Mapped]:
    """Fewer seats wait until an invoice has the number that the line says."""
    world = World()
    agreement = world.fake.add_agreement(
        world.company.id, proration=Proration.BY_SECOND_LINE, billed_through=date(2026, 3, 1)
    ).id
    mapped = world.map_line(agreement=agreement, options=NEXT)
    push(world)
    return world, mapped


@pytest.mark.parametrize("line", [after_the_invoice, lambda: by_date(NEXT, MARCH, APRIL)])
def test_a_number_that_a_person_gave_up_is_not_billed_until_a_period_is_over(
    line: Callable[[], tuple[World, Mapped]],
) -> None:
    world, mapped = line()
    stores, of = line_decisions.Stores(world.tables, world.blobs), (mapped.tenant, mapped.mapping)
    world.fake.edit_line(mapped.line, quantity=Decimal(15))
    push(world)
    asked = line_decisions.keep_ours(stores, ACCOUNT, *of, (15, 10), world.by())
    push_now(world, asked)
    assert world.quantity(mapped) == 10
    seats(world, 12)
    change = [told for told in world.ledger(mapped) if told.event is LedgerEvent.CONFIRMED][-1].change_id
    push_now(world, line_decisions.undo(stores, ACCOUNT, *of, change, world.by()))
    assert (world.quantity(mapped), world.record(mapped).state) == (10, LineState.IN_STEP)
    seats(world, 11)
    assert (world.quantity(mapped), world.record(mapped).waits is not None) == (10, True)
    check_invariants(world)


def push_now(world: World, asked: Hold) -> None:
    today = world.clock.at.date()
    world.push_until_done(approval.push_now(world.tables, ACCOUNT, asked, world.clock.now(), today).id)
