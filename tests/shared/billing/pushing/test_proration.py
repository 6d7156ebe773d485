"""K14, F21: more seats within a period that is billed already: a second, dated line, then the main one; never twice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.billing import line_decisions
from shared.billing.models import FewerSeats, HoldReason, LineState, Options, TenantMappings
from shared.billing.planning import approval
from shared.billing.psa.base import Line, Proration, WriteKind
from shared.billing.psa.write_failures import told
from shared.errors import RetryLater
from tests.shared.billing.hooks import Death, Killed, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import FakePsa, Outcome
from tests.shared.billing.world import ACCOUNT, DAY, SKU, START, Mapped, World, check_invariants

END_OF_MARCH = date(2026, 3, 31)
BOTH = [WriteKind.PRORATE, WriteKind.SET_QUANTITY]


def prorating(
    through: date | None = END_OF_MARCH,
    at: datetime = START,
    options: Options | None = None,
    fake: FakePsa | None = None,
) -> tuple[World, Mapped]:
    """A line of an agreement that prorates by a second line and is billed through that day."""
    world = World(fake=fake or FakePsa())
    world.clock.at = at
    agreement = world.fake.add_agreement(
        world.company.id, proration=Proration.BY_SECOND_LINE, billed_through=through
    )
    mapped = world.map_line(quantity=10, options=options, agreement=agreement.id)
    world.push_until_done(f"{at:%Y-%m-%d}")
    return world, mapped


def seats(world: World, number: int) -> None:
    world.later_read({SKU: number})
    world.push_until_done(f"{world.clock.at:%Y-%m-%d}-{number}-{len(world.fake.sent)}")


def second_lines(world: World) -> list[tuple[int, date | None, date | None]]:
    """Seats, first and last day of each line that is not the main one."""
    return [
        (int(line.quantity), line.effective, line.ends)
        for line in world.fake._lines.values()
        if ":p:" in line.marker
    ]


def kinds(world: World) -> list[WriteKind]:
    return [write.kind for write in world.fake.applied]


@pytest.mark.parametrize(
    "today, through",
    [
        (date(2026, 3, 17), date(2026, 3, 31)),
        (date(2026, 3, 17), date(2026, 4, 30)),
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 3, 31)),
        (date(2026, 2, 10), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
        (date(2028, 2, 10), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 11, 30)),
    ],
    ids=[
        "in the middle",
        "a month ahead",
        "the first day",
        "the last day",
        "February",
        "the leap day",
        "a February of 29 days",
        "a year ahead",
    ],
)
def test_more_seats_are_billed_from_their_day_to_the_end_of_what_is_billed_already(
    today: date, through: date
) -> None:
    world, mapped = prorating(through, datetime(today.year, today.month, today.day, 9, tzinfo=UTC))
    seats(world, 12)
    assert world.quantity(mapped) == 12
    assert second_lines(world) == [(2, today, through)]
    assert kinds(world) == BOTH
    assert world.record(mapped).state is LineState.IN_STEP
    world.night()
    assert kinds(world) == BOTH
    check_invariants(world)


class EmptyOnce(FakePsa):
    """The first list of lines after each second line was made is empty, as a page that was cut can be."""

    _made = 0

    def lines(self, agreement_id: str) -> list[Line]:
        found, made = super().lines(agreement_id), sum(":p:" in write.marker for write in self.applied)
        if made == self._made:
            return found
        self._made = made
        return []


def test_a_main_line_that_was_not_to_be_seen_once_its_second_line_was_made_is_written_in_the_same_run() -> (
    None
):
    world, mapped = prorating(fake=EmptyOnce())
    seats(world, 12)
    assert (world.quantity(mapped), kinds(world)) == (12, BOTH)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_where_today_is_not_billed_yet_only_the_number_is_written() -> None:
    world, mapped = prorating(date(2026, 3, 1))
    seats(world, 12)
    assert (world.quantity(mapped), second_lines(world)) == (12, [])


def test_fewer_seats_are_written_at_once_and_not_credited() -> None:
    world, mapped = prorating()
    seats(world, 9)
    assert (world.quantity(mapped), second_lines(world)) == (9, [])


def test_seats_that_come_back_within_the_period_are_paid_already() -> None:
    world, mapped = prorating()
    for number in (12, 10, 12, 13):
        seats(world, number)
    assert world.quantity(mapped) == 13
    assert [line[0] for line in second_lines(world)] == [2, 1]


def test_in_the_next_period_more_seats_are_prorated_anew() -> None:
    world, mapped = prorating()
    seats(world, 12)
    seats(world, 10)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    world.clock.pass_by(timedelta(days=35))
    seats(world, 12)
    assert second_lines(world)[1:] == [(2, date(2026, 4, 6), date(2026, 4, 30))]


def test_where_nobody_said_how_it_is_billed_more_seats_are_held_and_fewer_are_not() -> None:
    world, mapped = prorating(None)
    seats(world, 12)
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (
        10,
        [(HoldReason.PRORATION,)],
    )
    seats(world, 9)
    assert (world.quantity(mapped), world.held()) == (9, [])


def test_where_the_line_ends_within_the_period_nothing_is_billed_beyond_its_last_day() -> None:
    world, mapped = prorating()
    [line] = world.fake._lines.values()
    world.fake._lines[line.id] = replace(line, ends=date(2026, 3, 20))
    seats(world, 12)
    world.night()
    assert (world.quantity(mapped), second_lines(world)) == (10, [])
    refused = world.record(mapped).refused
    assert refused is not None
    assert told(refused).startswith("The line ends on 20 Mar 2026, within what is billed already")
    check_invariants(world)


def cut_off_between(through: date, at: datetime = START) -> tuple[World, Mapped]:
    """The second line was made, and the process ended before the main line was written."""
    world, mapped = prorating(through, at)
    world.later_read({SKU: 12})
    world.fake.outcomes.extend([Outcome.ANSWERED, Outcome.NOT_SENT])
    with pytest.raises(RetryLater):
        world.push(f"{at:%Y-%m-%d}-cut")
    assert (world.quantity(mapped), [line[0] for line in second_lines(world)]) == (10, [2])
    return world, mapped


def test_a_cut_that_lasts_over_the_invoice_leaves_no_day_without_its_seats() -> None:
    world, mapped = cut_off_between(END_OF_MARCH)
    world.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    seats(world, 12)
    april = (2, date(2026, 4, 1), date(2026, 4, 30))
    assert (world.quantity(mapped), second_lines(world)[1:]) == (12, [april])
    seats(world, 13)
    assert second_lines(world)[2:] == [(1, date(2026, 4, 5), date(2026, 4, 30))]
    check_invariants(world)


def test_seats_that_came_while_it_was_cut_off_are_billed_from_their_own_day() -> None:
    world, mapped = cut_off_between(END_OF_MARCH)
    world.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    seats(world, 15)
    through = date(2026, 4, 30)
    april = [(2, date(2026, 4, 1), through), (3, date(2026, 4, 5), through)]
    assert (world.quantity(mapped), second_lines(world)[1:]) == (15, april)
    check_invariants(world)


def test_seats_that_were_gone_meanwhile_are_billed_anew_from_the_day_they_come_back() -> None:
    world, mapped = cut_off_between(END_OF_MARCH)
    seats(world, 10)
    world.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    seats(world, 12)
    assert second_lines(world)[1:] == [(2, date(2026, 4, 5), date(2026, 4, 30))]


def test_where_the_next_period_is_billed_early_no_day_is_billed_twice() -> None:
    world, mapped = prorating(END_OF_MARCH)
    for number in (12, 10):
        seats(world, number)
    world.clock.at = datetime(2026, 3, 28, 9, tzinfo=UTC)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    seats(world, 13)
    through = date(2026, 4, 30)
    assert second_lines(world)[1:] == [(2, date(2026, 4, 1), through), (1, date(2026, 3, 28), through)]
    assert world.quantity(mapped) == 13


def test_a_second_line_that_was_made_twice_is_told_until_one_of_them_is_gone() -> None:
    world, mapped = prorating()
    world.later_read({SKU: 12})
    world.fake.makes_twice = True
    world.push_until_done("2026-03-02-twice")
    world.fake.makes_twice = False
    assert [line[0] for line in second_lines(world)] == [2, 2]
    for number in (12, 12, 11, 11):
        world.clock.pass_by(DAY)
        seats(world, number)
        refused = world.record(mapped).refused
        assert refused is not None
        assert told(refused).startswith("The PSA made 2 lines of it")
        assert (world.quantity(mapped), world.record(mapped).state) == (number, LineState.BLOCKED)
    assert len(second_lines(world)) == 2
    twin = [line.id for line in world.fake._lines.values() if ":p:" in line.marker][1]
    world.fake.remove_line(twin)
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP


@pytest.mark.parametrize(
    "outcome",
    [Outcome.ANSWERED, Outcome.UNCLEAR_APPLIED, Outcome.UNCLEAR_NOT_APPLIED, Outcome.NOT_SENT_APPLIED],
)
def test_wherever_the_process_ends_the_second_line_is_made_once_and_the_main_line_is_right(
    outcome: Outcome,
) -> None:
    moment = 0
    while True:
        moment += 2
        world, mapped = prorating()
        world.later_read({SKU: 12})
        world.fake.outcomes.append(outcome)
        death = Death(moment)
        tables, psa, died = world.tables, world.psa, False
        world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
        try:
            world.push_until_done("2026-03-02-more")
        except Killed:
            died = True
        world.tables, world.psa = tables, psa
        world.push_until_done("2026-03-02-more")
        world.night()
        while world.say_what_the_psa_shows():
            world.night()
        assert world.quantity(mapped) == 12, moment
        assert [line[0] for line in second_lines(world)] == [2], moment
        assert kinds(world) == BOTH, moment
        check_invariants(world)
        if not died:
            break
    assert moment > 15


def test_a_refused_second_line_leaves_the_main_line_as_it_is_and_says_so() -> None:
    world, mapped = prorating()
    world.fake.outcomes.append(Outcome.REFUSED)
    seats(world, 12)
    assert (world.quantity(mapped), second_lines(world)) == (10, [])
    assert world.record(mapped).state is LineState.BLOCKED
    world.night()
    assert (world.quantity(mapped), [line[0] for line in second_lines(world)]) == (12, [2])


def test_a_second_line_is_no_rival_of_another_mappings_new_line() -> None:
    world, mapped = prorating()
    seats(world, 12)
    other = world.map_new(seats=4, sku="e3", agreement=mapped.agreement)
    world.night()
    assert world.quantity(other) == 4


def test_the_plan_shows_the_second_line_before_anything_is_written() -> None:
    world, _ = prorating()
    world.later_read({SKU: 12})
    (change,) = world.plan().plan.changes
    assert change.second is not None
    assert (change.second.seats, change.second.until) == (2, END_OF_MARCH)
    assert world.fake.sent == []


def test_the_second_line_has_the_price_of_the_main_line_and_not_the_products() -> None:
    world, mapped = prorating()
    world.fake.edit_line(mapped.line, unit_price=Decimal("19.50"))
    world.night()
    seats(world, 12)
    (second,) = [line for line in world.fake._lines.values() if ":p:" in line.marker]
    assert second.unit_price == Decimal("19.50")


def test_the_second_line_of_a_line_that_charges_nothing_charges_nothing_either() -> None:
    world, mapped = prorating()
    world.fake.edit_line(mapped.line, unit_price=Decimal(0))
    world.night()
    seats(world, 12)
    (second,) = [line for line in world.fake._lines.values() if ":p:" in line.marker]
    assert (second.quantity, second.unit_price) == (Decimal(2), Decimal(0))
    assert world.quantity(mapped) == 12


def test_the_second_line_of_a_line_whose_price_is_not_told_has_the_products() -> None:
    world, mapped = prorating()
    world.fake.edit_line(mapped.line, unit_price=Decimal(0), price_untold=True)
    world.night()
    seats(world, 12)
    (second,) = [line for line in world.fake._lines.values() if ":p:" in line.marker]
    assert second.unit_price == Decimal("22.00")


CREDITED = Options(fewer_seats=FewerSeats.CREDITED)


def test_fewer_seats_are_paid_back_where_the_mapping_says_so_and_cost_again_when_they_come_back() -> None:
    world, mapped = prorating(options=CREDITED)
    for number in (12, 10, 13):
        seats(world, number)
    assert world.quantity(mapped) == 13
    assert [line[0] for line in second_lines(world)] == [2, -2, 3]
    assert {line[2] for line in second_lines(world)} == {END_OF_MARCH}


def test_where_nobody_said_how_it_is_billed_a_credit_is_held_too() -> None:
    world, mapped = prorating(None, options=CREDITED)
    seats(world, 9)
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (
        10,
        [(HoldReason.PRORATION,)],
    )


def test_cut_off_after_the_credit_it_is_not_paid_back_again() -> None:
    moment = 0
    while True:
        moment += 3
        world, mapped = prorating(options=CREDITED)
        world.later_read({SKU: 8})
        death = Death(moment)
        tables, psa, died = world.tables, world.psa, False
        world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
        try:
            world.push_until_done("2026-03-02-less")
        except Killed:
            died = True
        world.tables, world.psa = tables, psa
        world.push_until_done("2026-03-02-less")
        world.night()
        while world.say_what_the_psa_shows():
            world.night()
        assert world.quantity(mapped) == 8, moment
        assert [line[0] for line in second_lines(world)] == [-2], moment
        if not died:
            break


def test_a_number_that_a_person_entered_is_what_is_paid_from_then_on() -> None:
    world, mapped = prorating()
    seats(world, 12)
    world.fake.edit_line(mapped.line, quantity=Decimal(15))
    seats(world, 15)
    seats(world, 16)
    assert [line[0] for line in second_lines(world)] == [2, 1]


def test_seats_that_are_billed_already_are_not_billed_again_when_somebody_entered_fewer() -> None:
    world, mapped = prorating()
    world.fake.edit_line(mapped.line, quantity=Decimal(7))
    seats(world, 7)
    seats(world, 10)
    assert (world.quantity(mapped), second_lines(world)) == (10, [])
    seats(world, 11)
    assert [line[0] for line in second_lines(world)] == [1]


def test_what_was_paid_outlasts_a_write_of_ours_that_came_after_it_was_given_up() -> None:
    world, mapped = prorating()
    for number in (12, 8):
        seats(world, number)
    world.fake.edit_line(mapped.line, quantity=Decimal(9))  # as a write would that was thought to be lost
    seats(world, 9)
    seats(world, 13)
    assert [line[0] for line in second_lines(world)] == [2, 1]


def test_where_our_number_is_kept_its_seats_are_not_billed_a_second_time() -> None:
    world, mapped = prorating()
    world.fake.edit_line(mapped.line, quantity=Decimal(4))
    world.push_until_done(f"{world.clock.at:%Y-%m-%d}-seen")
    stores = line_decisions.Stores(world.tables, world.blobs)
    hold = line_decisions.keep_ours(stores, ACCOUNT, mapped.tenant, mapped.mapping, (4, 10), world.by())
    world.push_until_done(
        approval.push_now(world.tables, ACCOUNT, hold, world.clock.now(), world.clock.at.date()).id
    )
    assert (world.quantity(mapped), second_lines(world)) == (10, [])


def test_where_fewer_seats_are_credited_the_number_of_a_person_counts() -> None:
    world, mapped = prorating(options=Options(fewer_seats=FewerSeats.CREDITED))
    world.fake.edit_line(mapped.line, quantity=Decimal(7))
    seats(world, 7)
    seats(world, 6)
    assert [line[0] for line in second_lines(world)] == [-1]


@pytest.mark.parametrize("fewer", [FewerSeats.AT_ONCE, FewerSeats.CREDITED])
@pytest.mark.parametrize("through", [END_OF_MARCH, None])
def test_of_a_line_that_is_still_to_begin_nothing_is_billed_already(
    fewer: FewerSeats, through: date | None
) -> None:
    world = World()
    agreement = world.fake.add_agreement(
        world.company.id, proration=Proration.BY_SECOND_LINE, billed_through=through
    )
    april = Options(starts=date(2026, 4, 1), fewer_seats=fewer)
    mapped = world.map_new(seats=10, agreement=agreement.id, options=april)
    world.push_until_done()
    for number in (12, 8):
        seats(world, number)
        assert (world.quantity(mapped), second_lines(world), world.held()) == (number, [], [])
    world.fake.edit_agreement(agreement.id, billed_through=date(2026, 4, 30))
    world.clock.at = datetime(2026, 4, 10, 9, tzinfo=UTC)
    seats(world, 11)
    assert second_lines(world) == [(3, date(2026, 4, 10), date(2026, 4, 30))]
    check_invariants(world)


def test_seats_that_were_fewer_before_the_line_began_are_billed_when_they_come_within_the_period() -> None:
    world = World()
    agreement = world.fake.add_agreement(
        world.company.id, proration=Proration.BY_SECOND_LINE, billed_through=END_OF_MARCH
    )
    world.map_new(seats=10, agreement=agreement.id, options=Options(starts=date(2026, 3, 10)))
    world.push_until_done()
    seats(world, 8)
    world.clock.at = datetime(2026, 3, 20, 9, tzinfo=UTC)
    seats(world, 10)
    assert second_lines(world) == [(2, date(2026, 3, 20), END_OF_MARCH)]


NO_MAPPING = TenantMappings(tenant_id="contoso", mappings=())


@pytest.mark.parametrize(
    "back", ["in the same save", "before its last day", "after somebody looked after it"]
)
def test_seats_that_are_billed_already_are_not_billed_again_by_the_mapping_that_takes_the_line(
    back: str,
) -> None:
    world, mapped = prorating()
    for number in (12, 10):
        seats(world, number)
    [old] = world.mappings("contoso").mappings
    if back == "before its last day":
        world.save_mappings("contoso", NO_MAPPING, last_days={mapped.line: END_OF_MARCH})
    if back == "after somebody looked after it":
        world.save_mappings("contoso", NO_MAPPING, looked_after=(mapped.line,))
        world.night()
    new = old.model_copy(update={"id": "mapping0009"})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(new,)))
    seats(world, 12)
    assert (world.quantity(mapped), [line[0] for line in second_lines(world)]) == (12, [2])
    seats(world, 13)
    assert [line[0] for line in second_lines(world)] == [2, 1]


def test_seats_that_are_billed_already_are_not_billed_again_by_the_mapping_that_comes_back_from_another_line() -> (
    None
):
    world, mapped = prorating()
    for number in (12, 10):
        seats(world, number)
    [old] = world.mappings("contoso").mappings
    other = world.fake.add_line(mapped.agreement, world.fake.line(mapped.line).product_id)
    moved = old.model_copy(update={"line_id": other.id})
    world.save_mappings(
        "contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)), looked_after=(mapped.line,)
    )
    world.night()
    world.save_mappings(
        "contoso", TenantMappings(tenant_id="contoso", mappings=(old,)), looked_after=(other.id,)
    )
    seats(world, 13)
    assert [line[0] for line in second_lines(world)] == [2, 1]


def test_what_somebody_entered_who_looked_after_a_line_is_theirs_to_bill() -> None:
    world, mapped = prorating()
    for number in (12, 10):
        seats(world, number)
    before = world.mappings("contoso")
    world.save_mappings("contoso", NO_MAPPING, looked_after=(mapped.line,))
    world.fake.edit_line(mapped.line, quantity=Decimal(15))
    world.later_read({SKU: 16})
    world.save_mappings("contoso", before)
    world.night()
    assert (world.quantity(mapped), [line[0] for line in second_lines(world)]) == (16, [2, 1])


def test_what_was_billed_of_a_line_that_was_let_go_counts_no_longer_than_its_period() -> None:
    world, mapped = prorating()
    for number in (12, 10):
        seats(world, number)
    before = world.mappings("contoso")
    world.save_mappings("contoso", NO_MAPPING, looked_after=(mapped.line,))
    world.clock.at = datetime(2026, 4, 2, 9, tzinfo=UTC)
    world.fake.edit_agreement(mapped.agreement, billed_through=date(2026, 4, 30))
    world.save_mappings("contoso", before)
    seats(world, 12)
    assert [line[0] for line in second_lines(world)] == [2, 2]


# -- by the day of the change


def going_by_day(quantity: int = 10, options: Options | None = None) -> tuple[World, Mapped]:
    """A line whose PSA prorates by the day from which a change counts, as Autotask does."""
    world = World()
    mapped = world.map_line(quantity=quantity, options=options)
    world.fake.edit_agreement(mapped.agreement, proration=Proration.BY_DATE)
    world.push_until_done(f"{world.clock.at:%Y-%m-%d}")
    return world, mapped


def days_of_changes(world: World) -> list[tuple[int, int, date | None]]:
    return [(write.before, write.after, write.effective) for write in world.fake.applied]


def test_a_second_change_of_a_day_counts_from_the_next_day_and_a_third_from_the_one_after() -> None:
    world, mapped = going_by_day()
    today = world.clock.at.date()
    for number in (12, 13, 11):
        seats(world, number)
    tomorrow, later = today + timedelta(days=1), today + timedelta(days=2)
    assert days_of_changes(world) == [(10, 12, today), (12, 13, tomorrow), (13, 11, later)]
    assert world.quantity(mapped) == 11
    check_invariants(world)


def test_a_change_of_a_later_day_counts_from_its_own_day() -> None:
    world, _ = going_by_day()
    seats(world, 12)
    world.clock.pass_by(timedelta(days=1))
    seats(world, 13)
    assert days_of_changes(world)[-1] == (12, 13, world.clock.at.date())


def test_seats_that_begin_on_a_later_day_are_written_on_it() -> None:
    begins = START.date() + timedelta(days=9)
    world, _ = going_by_day(0, Options(starts=begins))
    seats(world, 12)
    seats(world, 10)
    assert days_of_changes(world) == []
    world.clock.pass_by(timedelta(days=9))
    seats(world, 11)
    assert days_of_changes(world) == [(0, 11, begins)]


def test_where_a_day_has_room_for_more_changes_each_counts_from_its_own() -> None:
    world, _ = prorating(date(2026, 3, 1))
    seats(world, 12)
    seats(world, 13)
    assert {write.effective for write in world.fake.applied} == {world.clock.at.date()}
