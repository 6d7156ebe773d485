"""Creating a line in a PSA that is late, makes something else or loses the agreement: told until it is clear."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.billing import agreement_store
from shared.billing.models import BlockReason, LineState, TenantMappings
from shared.billing.psa.base import BillableOption, PsaUnavailable
from shared.billing.psa.write_failures import told
from shared.billing.reconcile import marker_prefix
from shared.errors import RetryLater
from tests.shared.billing.hooks import Once, WatchedPsa
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def created_twice(world: World) -> Mapped:
    """The PSA said that it did not take the first request, so it was repeated; then it carried out both."""
    mapped = world.map_new(seats=7)
    world.fake.outcomes.append(Outcome.NOT_SENT)
    with pytest.raises(RetryLater) as later:
        world.push()
    world.clock.pass_by(later.value.after)
    late, psa = world.fake.sent[0], world.fake
    world.psa = WatchedPsa(psa, Once("after apply", lambda: psa._change(late)))
    world.push_until_done()
    world.psa = psa
    return mapped


def billed(world: World) -> list[int]:
    return [int(line.quantity) for line in world.fake._lines.values()]


def test_a_line_that_was_created_twice_says_so_at_once_and_until_one_of_them_is_removed(world: World) -> None:
    mapped = created_twice(world)
    line = world.record(mapped)
    assert (billed(world), line.state) == ([7, 7], LineState.BLOCKED)
    assert "2 lines" in told(line.refused)
    for _ in range(3):
        world.night()
        assert world.record(mapped).state is LineState.BLOCKED
    (second,) = [one for one in world.fake._lines.values() if one.id != world.record(mapped).line_id]
    assert second.id in world.why_blocked(mapped)
    world.fake.remove_line(second.id)
    world.night()
    assert (billed(world), world.record(mapped).state) == ([7], LineState.IN_STEP)


def test_a_second_line_of_another_day_is_found_beside_the_one_that_is_owned(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    late = world.fake.add_line(
        mapped.agreement, world.product.id, 7, marker=f"{marker_prefix(mapped.mapping)}x"
    )
    world.later_read({SKU: 9})
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (7, LineState.BLOCKED)
    assert f"second line that Seatwise created for this mapping ({late.id}," in world.why_blocked(mapped)


@pytest.mark.parametrize(
    "end",
    [
        {"ends": date(2026, 3, 1)},
        {"quantity": Decimal(0)},
        {"marker": ""},
    ],
    ids=["ended yesterday", "set to 0", "said to be another's"],
)
def test_a_second_line_that_bills_nothing_or_is_no_longer_ours_is_no_trouble(
    world: World, end: dict[str, object]
) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    mark = f"{marker_prefix(mapped.mapping)}x"
    second = world.fake.add_line(mapped.agreement, world.product.id, 7, marker=mark)
    world.fake.edit_line(second.id, **end)
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP


def test_a_second_line_with_a_last_day_in_the_future_still_bills_until_then(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    mark = f"{marker_prefix(mapped.mapping)}x"
    world.fake.add_line(mapped.agreement, world.product.id, 7, marker=mark, ends=date(2026, 3, 31))
    world.night()
    assert world.reason(mapped) is BlockReason.SECOND_LINE


def test_a_new_line_with_another_billable_option_is_told_in_words_of_its_own(world: World) -> None:
    mapped = world.map_new(seats=7)
    psa = world.fake

    def otherwise() -> None:
        created = next(line for line in psa._lines.values() if line.marker)
        psa.edit_line(created.id, billable=BillableOption.DO_NOT_BILL)

    world.psa = WatchedPsa(psa, Once("after apply", otherwise))
    world.push_until_done()
    assert "The new line was made, but its billable option is not what was asked for." in (
        told(world.record(mapped).refused)
    )


def test_an_unclear_creation_in_an_agreement_that_was_deleted_waits_for_a_person_and_can_then_be_unmapped(
    world: World,
) -> None:
    mapped, psa = world.map_new(seats=7), world.fake
    psa.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    away = PsaUnavailable("it does not answer", timedelta(minutes=10))
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "unavailable", away)))
    world.push_until_done()
    psa.unavailable, world.psa = None, psa
    psa.remove_agreement(mapped.agreement)
    world.night()  # a list without any mapped agreement is believed when it is repeated
    world.night()
    assert world.record(mapped).state is LineState.UNKNOWN
    told = world.events(mapped)
    world.night()
    assert (world.events(mapped), told.count("undecidable")) == (told, 1)
    assert world.say_what_the_psa_shows() == 1
    world.night()
    assert (world.record(mapped).intent, world.reason(mapped)) == (None, BlockReason.AGREEMENT_GONE)
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    assert record.unreadable is None  # its line says it, and that is enough
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=()))
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines == {}
