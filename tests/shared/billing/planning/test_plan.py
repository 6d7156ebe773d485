"""The plan: what a line should say, what waits and for how long, and what is never written."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from shared.accounts.account import Mode
from shared.accounts.preferences import GuardSettings
from shared.accounts.runs import LineCounts
from shared.billing.models import (
    BillingProfile,
    HoldReason,
    LineState,
    Options,
    TenantMappings,
    UnplannedReason,
    Verdict,
    change_id,
)
from shared.billing.planning.freshness import FRESH
from shared.billing.profiles import PROFILE, save_profile
from shared.billing.psa.base import Proration, PsaUnavailable
from shared.errors import Rejected
from shared.licensing.not_countable import Uncounted, UncountedReason
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import Subscription
from shared.storage.decisions import decide
from tests.shared.billing.hooks import Once, WatchedPsa
from tests.shared.billing.world import ACCOUNT, CONNECTION, DAY, SKU, Mapped, World

CAREFUL = GuardSettings()


@pytest.fixture
def world() -> World:
    return World(guard=CAREFUL)


def change_of(world: World, mapping: str) -> tuple[int, int] | None:
    """Before and after of the planned change of a mapping."""
    return next(((c.before, c.after) for c in world.plan().plan.changes if c.mapping_id == mapping), None)


# What is planned


def test_a_line_that_says_what_is_wanted_is_not_in_the_plan(world: World) -> None:
    world.map_line(quantity=10)
    assert world.plan().plan.changes == ()


def test_a_line_that_is_out_of_step_is_planned_from_its_confirmed_number(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    assert change_of(world, mapped.mapping) == (10, 12)


def test_planning_writes_nothing(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    before = world.record(mapped)
    world.plan()
    assert world.record(mapped) == before
    assert world.fake.sent == []


def test_a_mapping_that_asks_for_a_line_creates_it_from_zero_on_its_start_date(world: World) -> None:
    mapped = world.map_new(seats=7, options=Options(starts=date(2026, 4, 1)))
    planned = world.plan().plan.changes
    assert [(c.line_id, c.before, c.after, c.effective) for c in planned] == [("", 0, 7, date(2026, 4, 1))]
    assert planned[0].mapping_id == mapped.mapping


def test_no_line_is_created_for_nothing(world: World) -> None:
    world.map_new(seats=0)
    assert world.plan().plan.changes == ()


def test_a_tenant_that_was_never_read_is_not_planned(world: World) -> None:
    agreement = world.add_agreement()
    line = world.fake.add_line(agreement, world.product.id, 10)
    mapped = world.map("unread", SKU, agreement, line.id)
    run = world.push_until_done()
    assert world.fake.sent == []
    assert world.record(mapped).confirmed == 10
    assert run.lines == LineCounts(failed=1)  # nobody knows whether it is in step


# Freshness


def test_the_night_a_tenant_cannot_be_read_none_of_its_lines_moves(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.fail()
    world.push_until_done()
    assert (world.quantity(mapped), world.unplanned(mapped)) == (10, UnplannedReason.UNREAD)
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)


def test_a_persons_word_on_a_hold_outlasts_a_night_without_a_read(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    world.decide(world.held()[0].change.id)
    world.fail()
    world.push_until_done("2026-03-03")
    assert world.quantity(mapped) == 10
    world.later_read({})
    world.push_until_done("2026-03-04")
    assert world.quantity(mapped) == 0


def test_a_snapshot_whose_read_began_36_hours_ago_is_never_pushed_and_the_line_says_so(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.clock.pass_by(FRESH)
    assert world.plan().plan.changes == ()
    world.push_until_done("2026-03-03")
    assert world.fake.sent == []
    assert world.record(mapped).state is LineState.BLOCKED
    assert "last read on 2 Mar 2026" in world.why_not_planned(mapped)


def test_a_moment_younger_it_is_pushed(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.clock.pass_by(FRESH - timedelta(seconds=1))
    world.push_until_done("2026-03-03")
    assert world.quantity(mapped) == 12


def test_an_old_snapshot_that_agrees_with_the_line_leaves_it_in_step(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.clock.pass_by(3 * DAY)
    world.push_until_done("2026-03-05")
    assert world.record(mapped).state is LineState.IN_STEP


def test_once_the_tenant_is_read_again_the_line_is_planned_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.clock.pass_by(FRESH)
    world.push_until_done("2026-03-03")
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)


def test_an_approved_change_is_not_written_by_an_old_snapshot_and_stays_approved(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    world.decide(world.held()[0].change.id)
    world.clock.pass_by(FRESH)
    world.push_until_done("2026-03-03")
    assert world.quantity(mapped) == 10
    world.night()
    assert world.quantity(mapped) == 0


# Numbers that cannot be trusted


def test_subscriptions_that_do_not_add_up_leave_the_line_as_it_is_and_say_why(world: World) -> None:
    whole = Subscription(id="sub-a", sku_id=SKU, status="Enabled", total=10)
    world.read("contoso", {SKU: 10}, subscriptions=(whole,))
    mapped = world.map_line(quantity=10, subscription="sub-a")
    world.later_read({SKU: 10}, subscriptions=(whole.model_copy(update={"total": 4}),))
    world.push_until_done()
    assert world.quantity(mapped) == 10
    assert world.record(mapped).state is LineState.BLOCKED
    assert "add up to 4 seats" in world.why_not_planned(mapped)
    why = world.record(mapped).not_planned
    assert why is not None
    assert (why.uncounted, why.text) == (
        Uncounted(reason=UncountedReason.SUBSCRIPTIONS_DIFFER, part_number="SPB", told=10, counted=4),
        "",
    )
    world.later_read({SKU: 10}, subscriptions=(whole,))
    world.push_until_done("2026-03-02-again")
    assert world.record(mapped).state is LineState.IN_STEP


# A profile that names another product


def test_no_line_of_a_product_that_the_profile_named_before_is_created(world: World) -> None:
    mapped, other = world.map_new(seats=7), world.fake.add_product("M365-E5").id
    world.name_product(other)
    world.night()
    assert (world.fake.sent, world.unplanned(mapped)) == ([], UnplannedReason.ANOTHER_PRODUCT)
    world.save_mappings("contoso")
    world.night()
    assert [write.product_id for write in world.fake.sent] == [other]
    assert world.record(mapped).state is LineState.IN_STEP


def test_no_line_of_a_product_that_the_profile_named_before_is_changed(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.name_product(world.fake.add_product("M365-E5").id)
    world.night()
    assert world.record(mapped).state is LineState.BLOCKED  # also while its number is right
    world.later_read({SKU: 12})
    world.night()
    assert (world.fake.sent, world.unplanned(mapped)) == ([], UnplannedReason.ANOTHER_PRODUCT)


def test_a_profile_that_was_ended_while_a_mapping_was_saved_stops_that_line_and_no_other_customer(
    world: World,
) -> None:
    mapped, other = world.map_line(quantity=10), world.map_line("fabrikam", quantity=10)
    gone = BillingProfile(id="gone", name="Gone", connection=CONNECTION, product_id=world.product.id)
    save_profile(world.tables, ACCOUNT, gone, world.by())
    by_it = world.mappings("contoso").mappings[0].model_copy(update={"profile": "gone"})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(by_it,)))
    decide(world.tables, ACCOUNT, PROFILE, "gone", None, world.by())
    world.later_read({SKU: 12})
    world.later_read({SKU: 12}, "fabrikam")
    world.push_until_done()
    assert (world.quantity(mapped), world.quantity(other)) == (10, 12)
    assert world.unplanned(mapped) is UnplannedReason.ANOTHER_PRODUCT


# Holds and decisions


def hold_one(world: World, quantity: int = 10, after: int = 2) -> Mapped:
    """A line whose decrease is held."""
    mapped = world.map_line(quantity=quantity)
    world.later_read({SKU: after})
    world.push_until_done()
    assert [hold.change.after for hold in world.held()] == [after]
    return mapped


def the_held_change(world: World) -> str:
    (held,) = world.held()
    return held.change.id


def test_a_held_change_is_stored_and_not_written(world: World) -> None:
    hold_one(world)
    assert world.fake.sent == []
    assert world.held()[0].reasons == (HoldReason.TENANT_LOSS,)


def test_the_same_numbers_keep_their_hold_and_its_age_over_nights(world: World) -> None:
    hold_one(world)
    first = the_held_change(world)
    since = world.held()[0].since
    for _ in range(3):
        world.night()
    assert [(hold.change.id, hold.since) for hold in world.held()] == [(first, since)]
    assert world.fake.sent == []


def test_a_hold_stays_when_the_loss_that_caused_it_becomes_smaller(world: World) -> None:
    """Its numbers are the same, so only a person frees it: not the number of another line."""
    first = world.map_line(quantity=20, sku="sku-a")
    second = world.map_line(quantity=20, sku="sku-b")
    world.later_read({"sku-a": 15, "sku-b": 15})
    world.push_until_done()
    assert len(world.held()) == 2
    world.later_read({"sku-b": 20})
    world.night()
    assert [hold.change.mapping_id for hold in world.held()] == [first.mapping]
    assert (world.quantity(first), world.quantity(second)) == (20, 20)


def test_a_hold_stays_when_the_day_of_its_earlier_losses_is_over(world: World) -> None:
    mapped = world.map_line(quantity=20)
    world.later_read({SKU: 16})
    world.push_until_done()
    world.later_read({SKU: 12})
    world.push_until_done("2026-03-02-again")
    assert (world.quantity(mapped), len(world.held())) == (16, 1)
    world.night()
    world.night()
    assert (world.quantity(mapped), len(world.held())) == (16, 1)


def test_other_numbers_supersede_the_hold_and_its_approval(world: World) -> None:
    hold_one(world)
    first = the_held_change(world)
    world.decide(first)
    world.later_read({SKU: 1})
    world.night()
    assert world.fake.sent == []
    assert [(hold.change.after, hold.decided) for hold in world.held()] == [(1, None)]
    assert world.held()[0].change.id != first


def test_a_wish_that_is_the_psas_number_again_closes_the_hold(world: World) -> None:
    hold_one(world)
    world.later_read({SKU: 10})
    world.night()
    assert world.held() == []
    assert world.fake.sent == []


def test_an_approved_change_is_written_once_with_exactly_those_numbers(world: World) -> None:
    hold_one(world)
    world.decide(the_held_change(world))
    world.night()
    world.night()
    assert [(write.before, write.after) for write in world.fake.sent] == [(10, 2)]
    assert world.held() == []


def test_deciding_twice_is_harmless_and_recorded_once(world: World) -> None:
    mapped = hold_one(world)
    change = the_held_change(world)
    assert world.decide(change) == world.decide(change)
    assert world.events(mapped).count("approved") == 1


def test_a_rejected_change_is_never_written(world: World) -> None:
    hold_one(world)
    world.decide(the_held_change(world), Verdict.REJECTED)
    for _ in range(3):
        world.night()
    assert world.fake.sent == []
    assert world.held()[0].decided is not None


def test_what_was_approved_holds_nothing_else_and_is_not_added_up(world: World) -> None:
    world.map_line("elsewhere", 200)
    hold_one(world)
    world.decide(the_held_change(world))
    other = world.map_line(quantity=30, sku="other")
    world.later_read({"other": 25})
    world.push_until_done("2026-03-02-approved")
    assert world.quantity(other) == 25
    assert len(world.fake.sent) == 2


def test_a_rejection_lasts_over_a_night_in_which_the_line_could_not_be_written(world: World) -> None:
    """A night of another trouble is not a word about these numbers."""
    mapped = hold_one(world)
    change = the_held_change(world)
    world.decide(change, Verdict.REJECTED)
    world.fake.edit_line(mapped.line, not_writable="The line is cancelled.")
    world.night()
    world.night()
    world.fake.edit_line(mapped.line, not_writable="")
    world.night()
    world.night()
    assert world.fake.sent == []
    assert [(hold.change.id, hold.decided is not None) for hold in world.held()] == [(change, True)]


def test_a_hold_whose_number_nobody_wants_any_more_is_gone_also_while_its_line_is_blocked(
    world: World,
) -> None:
    mapped = hold_one(world)
    change = the_held_change(world)
    world.fake.edit_line(mapped.line, not_writable="The line is cancelled.")
    world.night()
    assert the_held_change(world) == change
    world.later_read({SKU: 10})
    world.night()
    assert world.record(mapped).state is LineState.BLOCKED
    with pytest.raises(Rejected, match="Nothing is held"):
        world.decide(change)


def test_the_approval_of_a_write_that_is_unclear_stays_when_another_number_is_wanted(world: World) -> None:
    """It says that nobody need count the seats of this write as lost."""
    mapped = hold_one(world)
    world.decide(the_held_change(world))
    away = PsaUnavailable("it does not answer", timedelta(minutes=30))
    psa = world.fake
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "unavailable", away)))
    world.push_until_done("2026-03-02-approved")
    world.psa, psa.unavailable = psa, None
    world.later_read({SKU: 3})
    world.push_until_done("2026-03-02-later")
    assert (world.quantity(mapped), world.record(mapped).losses) == (3, ())


def test_nothing_can_be_decided_that_is_not_held(world: World) -> None:
    with pytest.raises(Rejected, match="Nothing is held"):
        world.decide("0123456789")


def test_the_name_of_a_change_depends_on_every_one_of_its_numbers() -> None:
    base: tuple[str, str, int, int, date | None] = ("m", "l", 10, 2, None)
    others: list[tuple[str, str, int, int, date | None]] = [
        ("m2", "l", 10, 2, None),
        ("m", "l2", 10, 2, None),
        ("m", "l", 11, 2, None),
        ("m", "l", 10, 3, None),
        ("m", "l", 10, 2, date(2026, 3, 1)),
    ]
    ids = [change_id(*one) for one in [base, *others]]
    assert len(set(ids)) == len(ids)
    assert change_id(*base) == ids[0]


# Suspicious snapshots


def test_a_suspicious_snapshot_holds_increases_too(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12}, doubts=(DoubtKind.FIELD_GONE,))
    world.push_until_done()
    assert world.quantity(mapped) == 10
    assert world.held()[0].reasons == (HoldReason.SUSPICIOUS,)


def test_a_true_zero_that_is_doubted_again_and_again_is_written_once_a_person_approves_it(
    world: World,
) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.later_read({SKU: 0})
    world.push_until_done()
    assert HoldReason.SUSPICIOUS in world.held()[0].reasons
    world.decide(the_held_change(world))
    world.later_read({SKU: 0})
    world.push_until_done("2026-03-03")
    assert world.quantity(mapped) == 0


# Proration


def test_a_prorating_agreement_is_never_written_not_even_when_approved(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, proration=Proration.BY_SECOND_LINE)
    world.later_read({SKU: 12})
    world.push_until_done()
    assert (world.quantity(mapped), [hold.reasons for hold in world.held()]) == (
        10,
        [(HoldReason.PRORATION,)],
    )
    with pytest.raises(Rejected, match="prorates"):
        world.decide(the_held_change(world))


def test_proration_that_is_switched_off_leaves_nothing_of_itself_in_an_approved_hold() -> None:
    preview = World(mode=Mode.PREVIEW)
    mapped = preview.map_line(quantity=10)
    preview.later_read({SKU: 12}, doubts=(DoubtKind.NO_USERS,))
    preview.push_until_done()
    preview.decide(the_held_change(preview))
    preview.fake.edit_agreement(mapped.agreement, proration=Proration.BY_SECOND_LINE)
    preview.push_until_done("2026-03-02-1")
    assert HoldReason.PRORATION in preview.held()[0].reasons
    preview.fake.edit_agreement(mapped.agreement, proration=Proration.NONE)
    preview.push_until_done("2026-03-02-2")
    assert preview.held()[0].reasons == (HoldReason.SUSPICIOUS,)


def test_when_proration_is_switched_off_the_change_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, proration=Proration.BY_SECOND_LINE)
    world.later_read({SKU: 12})
    world.push_until_done()
    world.fake.edit_agreement(mapped.agreement, proration=Proration.NONE)
    world.night()
    assert (world.quantity(mapped), world.held()) == (12, [])


# Preview


def test_an_account_in_preview_writes_nothing_and_shows_what_it_would() -> None:
    preview = World(mode=Mode.PREVIEW)
    up = preview.map_line("contoso", 10)
    new = preview.map_new("fabrikam", 5)
    gone = preview.map_line("adatum", 3)
    preview.later_read({SKU: 12})
    preview.read("adatum", {SKU: 0})
    run = preview.push_until_done()
    assert preview.fake.sent == []
    assert [preview.record(one).would is not None for one in (up, new, gone)] == [True, True, False]
    assert preview.record(gone).state is LineState.HELD
    assert (run.lines.would_write, run.lines.held, run.lines.written) == (2, 1, 0)


def test_a_preview_that_nothing_differs_from_any_more_is_forgotten() -> None:
    preview = World(mode=Mode.PREVIEW)
    mapped = preview.map_line("contoso", 10)
    preview.later_read({SKU: 12})
    preview.push_until_done()
    preview.read("contoso", {SKU: 10}, began=preview.clock.now() + timedelta(minutes=1))
    preview.night()
    assert preview.record(mapped).would is None


def test_the_order_of_the_tenants_changes_nothing() -> None:
    plans = []
    for order in permutations(["contoso", "fabrikam", "adatum"]):
        world = World(guard=CAREFUL)
        for tenant in order:
            world.map_line(tenant, 30, sku=tenant)
        world.clock.pass_by(timedelta(hours=1))
        for tenant in order:
            world.read(tenant, {tenant: 22})
        world.push_until_done()
        plans.append({(hold.change.tenant_id, hold.reasons) for hold in world.held()})
    assert all(plan == plans[0] for plan in plans)
