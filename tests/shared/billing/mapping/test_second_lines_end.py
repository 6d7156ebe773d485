"""K14 and K15 together: what bills seats beside a line until the end of a period ends with that line."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.billing import agreement_store
from shared.billing.mapping.ending_lines import all_ending_lines
from shared.billing.models import FewerSeats, Options, TenantMappings
from shared.errors import Rejected
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.pushing.test_proration import END_OF_MARCH, prorating, seats, second_lines
from tests.shared.billing.world import ACCOUNT, CONNECTION, START, Mapped, World, check_invariants

LAST_DAY = date(2026, 3, 10)
NONE = TenantMappings(tenant_id="contoso", mappings=())


def prorated(options: Options | None = None) -> tuple[World, Mapped]:
    """Two seats came on the 2nd of March, and a second line bills them until the 31st."""
    world, mapped = prorating(options=options)
    seats(world, 12)
    return world, mapped


def still_to_end(world: World) -> list[tuple[int, date, bool]]:
    return [(line.seats, line.last_day, line.proven) for line in all_ending_lines(world.tables, ACCOUNT)]


def billed_on(world: World, day: date) -> int:
    return sum(int(line.quantity) for line in world.fake._lines.values() if line.bills_on(day))


def test_a_second_line_ends_with_its_main_line() -> None:
    world, mapped = prorated()
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    assert still_to_end(world) == [(12, LAST_DAY, False), (2, LAST_DAY, False)]
    world.night()
    assert still_to_end(world) == [(12, LAST_DAY, True), (2, LAST_DAY, True)]
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11)] == [14, 0]
    world.clock.at = datetime(2026, 3, 12, 9, tzinfo=UTC)
    world.night()
    assert still_to_end(world) == []
    check_invariants(world)


def test_a_line_that_replaces_another_is_alone_from_its_first_day_on() -> None:
    world, mapped = prorated()
    [old] = world.mappings("contoso").mappings
    new = old.model_copy(update={"line_id": "", "options": Options(starts=date(2026, 3, 11))})
    moved = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", moved, last_days={mapped.line: LAST_DAY})
    for _ in range(2):
        world.night()
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11, 31)] == [14, 12, 12]
    check_invariants(world)


def test_a_line_that_replaces_another_waits_until_what_was_beside_it_ends_too() -> None:
    world, mapped = prorated()
    [old] = world.mappings("contoso").mappings
    new = old.model_copy(update={"line_id": "", "options": Options(starts=date(2026, 3, 11))})
    moved = TenantMappings(tenant_id="contoso", mappings=(new,))
    world.save_mappings("contoso", moved, last_days={mapped.line: LAST_DAY})
    world.fake.outcomes.extend([Outcome.ANSWERED, Outcome.REFUSED])
    world.night()
    assert still_to_end(world) == [(12, LAST_DAY, True), (2, LAST_DAY, False)]
    assert billed_on(world, date(2026, 3, 11)) == 2
    for _ in range(2):
        world.night()
    assert billed_on(world, date(2026, 3, 11)) == 12
    check_invariants(world)


def test_a_line_that_is_taken_back_before_its_last_day_keeps_what_is_beside_it() -> None:
    world, mapped = prorated()
    before = world.mappings("contoso")
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.save_mappings("contoso", before)
    world.night()
    assert (still_to_end(world), second_lines(world)) == ([], [(2, START.date(), END_OF_MARCH)])
    seats(world, 13)
    assert [line[0] for line in second_lines(world)] == [2, 1]
    check_invariants(world)


@pytest.mark.parametrize("last_day", [END_OF_MARCH, date(2026, 4, 15)])
def test_a_second_line_that_ends_before_or_with_its_main_line_stays_as_it_is(last_day: date) -> None:
    world, mapped = prorated()
    world.save_mappings("contoso", NONE, last_days={mapped.line: last_day})
    world.night()
    assert still_to_end(world) == [(12, last_day, True)]
    assert second_lines(world) == [(2, START.date(), END_OF_MARCH)]


def test_what_is_credited_beside_a_line_stays_credited() -> None:
    world, mapped = prorating(options=Options(fewer_seats=FewerSeats.CREDITED))
    seats(world, 8)
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.night()
    assert second_lines(world) == [(-2, START.date(), END_OF_MARCH)]


def without_seats() -> tuple[World, Mapped]:
    """All seats are gone within a period that two of them are billed in by a second line."""
    world, mapped = prorated()
    seats(world, 0)
    [held] = world.held()
    world.decide(held.change.id)
    world.push_until_done("2026-03-02-approved")
    assert world.fake.line(mapped.line).quantity == 0
    return world, mapped


def test_a_second_line_ends_with_a_main_line_that_has_no_seats_any_more() -> None:
    world, mapped = without_seats()
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.night()
    assert still_to_end(world) == [(0, LAST_DAY, True), (2, LAST_DAY, True)]
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11)] == [2, 0]
    world.clock.at = datetime(2026, 3, 12, 9, tzinfo=UTC)
    world.night()
    assert still_to_end(world) == []
    check_invariants(world)


def test_a_second_line_whose_main_line_somebody_took_out_of_the_psa_ends_too() -> None:
    world, mapped = without_seats()
    world.fake.remove_line(mapped.line)
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.night()
    assert still_to_end(world) == [(2, LAST_DAY, True)]
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11)] == [2, 0]


def test_a_second_line_whose_main_line_somebody_ended_in_the_psa_ends_too() -> None:
    world, mapped = prorated()
    world.fake.edit_line(mapped.line, ends=START.date())
    world.clock.at = datetime(2026, 3, 4, 9, tzinfo=UTC)
    world.night()
    last_day = date(2026, 4, 1)
    with pytest.raises(Rejected, match=r"Line \d+ beside line \d+ in .* ends on 31 Mar 2026 already"):
        world.save_mappings("contoso", NONE, last_days={mapped.line: last_day})
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.night()
    assert still_to_end(world) == [(2, LAST_DAY, True)]
    assert world.fake.line(mapped.line).ends == START.date()
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11)] == [2, 0]
    assert (
        mapped.line in agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.let_go
    )


def test_what_was_billed_of_a_period_stays_billed_where_nobody_says_a_last_day() -> None:
    world, _ = without_seats()
    world.save_mappings("contoso", NONE)
    world.night()
    assert (still_to_end(world), second_lines(world)) == ([], [(2, START.date(), END_OF_MARCH)])


def a_line_of_its_own(world: World, **options: Any) -> TenantMappings:
    [old] = world.mappings("contoso").mappings
    new = old.model_copy(update={"line_id": "", "options": Options(**options)})
    return TenantMappings(tenant_id="contoso", mappings=(new,))


def test_no_new_line_bills_the_seats_beside_the_second_line_of_one_without_seats() -> None:
    world, mapped = without_seats()
    with pytest.raises(
        Rejected, match=r"Line \d+ beside line .* still bills 2 seats until 31 Mar 2026\. Give the new"
    ):
        world.save_mappings("contoso", a_line_of_its_own(world))
    starts = date(2026, 3, 11)
    world.save_mappings("contoso", a_line_of_its_own(world, starts=starts), last_days={mapped.line: LAST_DAY})
    seats(world, 5)
    for _ in range(2):
        world.night()
    assert [billed_on(world, date(2026, 3, day)) for day in (10, 11, 31)] == [2, 5, 5]
    check_invariants(world)


def test_a_line_without_seats_that_is_taken_back_keeps_what_is_beside_it() -> None:
    world, mapped = without_seats()
    before = world.mappings("contoso")
    world.save_mappings("contoso", NONE, last_days={mapped.line: LAST_DAY})
    world.save_mappings("contoso", before)
    world.night()
    assert (still_to_end(world), second_lines(world)) == ([], [(2, START.date(), END_OF_MARCH)])
