"""The push of a connection: written once, proven by reading, and every way in which a PSA can fail it."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.accounts import runs
from shared.accounts.runs import RUN_LIMIT, LineCounts, RunState
from shared.billing import agreement_store, why_not
from shared.billing.models import (
    AgreementRecord,
    BlockReason,
    HoldReason,
    LineRecord,
    LineState,
    Options,
    PsaConnection,
)
from shared.billing.psa.base import Agreement, Line, PsaRefused, PsaUnavailable
from shared.billing.psa.write_failures import told
from shared.billing.psa_connections import connection_failures, save_psa_connection
from shared.billing.pushing import push
from shared.billing.pushing.context import SETTLES_AFTER
from shared.billing.pushing.push import BUDGET
from shared.errors import RetryLater
from shared.storage.tables import Conflict
from tests.shared.billing.hooks import Once, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World, check_invariants


@pytest.fixture
def world() -> World:
    return World()


def to_write(world: World, before: int = 10, after: int = 12, tenant: str = "contoso") -> Mapped:
    """A line that is out of step."""
    mapped = world.map_line(tenant, before)
    world.later_read({SKU: after}, tenant)
    return mapped


# The happy path


def test_a_change_is_written_once_read_back_and_recorded(world: World) -> None:
    mapped = to_write(world)
    run = world.push_until_done()
    assert world.quantity(mapped) == 12
    assert len(world.fake.sent) == 1
    line = world.record(mapped)
    assert (line.state, line.confirmed, line.written_in) == (LineState.IN_STEP, 12, run.id)
    assert world.events(mapped) == ["adopted", "intended", "confirmed"]
    assert (run.state, run.lines) == (RunState.CLOSED, LineCounts(written=1))
    check_invariants(world)


def test_a_night_without_a_change_writes_nothing(world: World) -> None:
    world.map_line()
    run = world.night()
    assert world.fake.sent == []
    assert run.lines == LineCounts(unchanged=1)


def test_the_intent_is_stored_when_the_request_leaves(world: World) -> None:
    mapped = to_write(world)
    seen: list[LineState] = []
    world.psa = WatchedPsa(world.fake, Once("before apply", lambda: seen.append(world.record(mapped).state)))
    world.push()
    assert seen == [LineState.UNKNOWN]


def test_an_answer_is_not_believed_before_it_was_read_back(world: World) -> None:
    """A yes that changed nothing: the line is unknown, never in step."""
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.ANSWERED_NOT_APPLIED)
    with pytest.raises(RetryLater):
        world.push()
    line = world.record(mapped)
    assert (line.state, line.confirmed) == (LineState.UNKNOWN, 10)
    assert "still shows the old number" in told(line.intent.why if line.intent else None)


def test_a_lying_yes_is_written_again_only_once_it_settled(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.ANSWERED_NOT_APPLIED)
    run = world.push_until_done()
    assert world.quantity(mapped) == 12
    assert len(world.fake.sent) == 2
    sent_at = [entry.at for entry in world.ledger(mapped) if entry.event == "intended"]
    assert sent_at[1] - sent_at[0] >= SETTLES_AFTER
    assert run.lines == LineCounts(written=1)
    check_invariants(world)


def test_a_psa_that_never_does_what_it_says_is_written_to_twice_a_night_and_not_all_night_long(
    world: World,
) -> None:
    mapped = to_write(world)
    world.fake.outcomes += [Outcome.ANSWERED_NOT_APPLIED] * 2 + [Outcome.UNCLEAR_NOT_APPLIED] * 2
    run = world.push_until_done()
    line = world.record(mapped)
    assert len(world.fake.sent) == 2
    assert (line.state, line.confirmed, run.lines) == (LineState.BLOCKED, 10, LineCounts(failed=1))
    assert "still shows the old number" in told(line.refused)
    world.night()
    assert (world.record(mapped).state, len(world.fake.sent)) == (LineState.BLOCKED, 4)
    assert world.night().lines == LineCounts(written=1)
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    check_invariants(world)


# A PSA that does not answer


def test_a_time_out_after_applying_is_confirmed_without_a_second_write(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.push()
    assert (world.quantity(mapped), len(world.fake.sent)) == (12, 1)
    assert world.record(mapped).state is LineState.IN_STEP


def test_a_time_out_before_applying_is_unknown_until_it_settled_and_then_written_once(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert world.record(mapped).state is LineState.UNKNOWN
    world.clock.pass_by(timedelta(seconds=30))
    with pytest.raises(RetryLater):
        world.push()
    assert world.record(mapped).state is LineState.UNKNOWN  # not settled: nothing else is tried
    assert len(world.fake.sent) == 1
    assert later.value.after > timedelta(seconds=30)
    world.push_until_done()
    assert (world.quantity(mapped), len(world.fake.sent), len(world.fake.applied)) == (12, 2, 1)
    assert world.events(mapped) == [
        "adopted",
        "intended",
        "unknown",
        "not_applied",
        "intended",
        "confirmed",
    ]
    check_invariants(world)


def test_a_slow_psa_that_applies_late_is_seen_by_the_next_read_back(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push()
    assert (world.quantity(mapped), len(world.fake.sent)) == (12, 1)
    assert world.clock.slept == [0.0, 1.0]


def test_a_psa_that_shows_the_old_number_for_a_moment_is_asked_again(world: World) -> None:
    mapped = to_write(world)
    psa = world.fake
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "stale_reads", 2)))
    world.push()
    assert world.record(mapped).state is LineState.IN_STEP
    assert (len(psa.sent), psa.reads) == (1, 3 + 2 + 1 + 3)  # mapped, two lists, fresh read, three read-backs


def test_an_unclear_write_that_nobody_can_read_back_stays_unknown_and_is_settled_the_next_night(
    world: World,
) -> None:
    mapped = to_write(world)
    psa = world.fake
    away = PsaUnavailable("it does not answer", timedelta(minutes=10))
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "unavailable", away)))
    run = world.push_until_done()
    assert world.record(mapped).state is LineState.UNKNOWN
    assert (run.state, run.lines) == (RunState.CLOSED, LineCounts(failed=1))
    psa.unavailable = None
    world.night()
    assert (world.quantity(mapped), len(psa.sent)) == (12, 1)
    check_invariants(world)


def test_too_many_requests_leaves_nothing_applied_and_waits_as_long_as_the_psa_asks(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.NOT_SENT)
    world.fake.retry_after = timedelta(seconds=47)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert later.value.after >= timedelta(seconds=47)
    line = world.record(mapped)
    assert (line.confirmed, line.intent) == (10, None)
    assert world.events(mapped) == ["adopted", "intended", "not_applied"]
    world.clock.pass_by(later.value.after)
    world.push_until_done()
    assert world.quantity(mapped) == 12
    check_invariants(world)


def test_the_wait_that_the_psa_asked_for_is_kept_although_other_work_could_go_on_sooner(
    world: World,
) -> None:
    to_write(world, tenant="contoso")
    to_write(world, tenant="fabrikam")
    world.fake.outcomes += [Outcome.UNCLEAR_NOT_APPLIED, Outcome.NOT_SENT]
    world.fake.retry_after = timedelta(minutes=4)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert later.value.after >= timedelta(minutes=4)


def test_after_the_psa_asked_for_a_pause_no_other_agreement_is_asked(world: World) -> None:
    for n in range(20):
        to_write(world, tenant=f"tenant{n}")
    before = world.fake.reads
    world.fake.outcomes += [Outcome.ANSWERED, Outcome.NOT_SENT]
    with pytest.raises(RetryLater):
        world.push()
    sent, reads = len(world.fake.sent), world.fake.reads - before
    assert (sent, reads) == (2, 2 + 2 + 1)  # two lists, two fresh reads, one read-back
    assert world.push_until_done().lines == LineCounts(written=20)


def test_an_agreement_that_cannot_be_understood_stops_no_other_one(world: World) -> None:
    """It cannot be read now, but nobody asked for a pause."""
    odd, other = to_write(world, tenant="contoso"), to_write(world, tenant="fabrikam")

    class Odd(WatchedPsa):
        def lines(self, agreement_id: str) -> list[Line]:
            if agreement_id == odd.agreement:
                raise PsaUnavailable("it sent a row that is not understood", timedelta(minutes=10))
            return super().lines(agreement_id)

    world.psa = Odd(world.fake, lambda _: None)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert (world.quantity(other), later.value.after) == (12, timedelta(minutes=10))


def test_a_refused_write_shows_the_vendors_words_and_is_tried_again_only_the_next_night(
    world: World,
) -> None:
    mapped = to_write(world, tenant="contoso")
    to_write(world, tenant="fabrikam")
    world.fake.outcomes += [Outcome.REFUSED, Outcome.NOT_SENT, Outcome.ANSWERED]
    run = world.push_until_done()
    line = world.record(mapped)
    assert (line.state, line.confirmed) == (LineState.BLOCKED, 10)
    assert "the fake refuses this" in told(line.refused)
    assert run.lines == LineCounts(failed=1, written=1)
    assert [write.line_id for write in world.fake.sent].count(mapped.line) == 1
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    check_invariants(world)


def test_a_refusal_is_forgotten_when_the_line_needs_no_change_any_more(world: World) -> None:
    mapped = to_write(world)
    world.fake.outcomes.append(Outcome.REFUSED)
    world.push_until_done()
    world.later_read({SKU: 10})
    run = world.night()
    assert world.record(mapped).state is LineState.IN_STEP
    assert run.lines == LineCounts(unchanged=1)


# People who change the PSA meanwhile


def test_a_hand_edit_before_the_night_is_drift_and_never_overwritten(world: World) -> None:
    mapped = to_write(world)
    world.fake.edit_line(mapped.line, quantity=Decimal(11))
    world.night()
    world.night()
    run = world.night()
    assert (world.quantity(mapped), world.fake.sent) == (11, [])
    line = world.record(mapped)
    assert line.state is LineState.DRIFT
    assert line.drift is not None
    assert (line.drift.psa, line.confirmed) == (Decimal(11), 10)
    assert run.lines == LineCounts(drift=1)
    check_invariants(world)


def test_a_hand_edit_on_a_line_that_needed_no_change_is_drift_too(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, quantity=Decimal(11))
    world.night()
    assert world.record(mapped).state is LineState.DRIFT
    assert world.fake.sent == []


def test_drift_keeps_its_age_and_ends_when_the_line_is_put_back(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, quantity=Decimal(11))
    world.night()
    since = world.record(mapped).drift
    world.night()
    assert world.record(mapped).drift == since
    world.fake.edit_line(mapped.line, quantity=Decimal(10))
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP


def test_a_hand_edit_to_exactly_the_wanted_number_is_in_step_without_a_word(world: World) -> None:
    mapped = to_write(world)
    world.fake.edit_line(mapped.line, quantity=Decimal(12))
    world.push_until_done()
    line = world.record(mapped)
    assert (line.state, line.confirmed, world.fake.sent) == (LineState.IN_STEP, 12, [])
    assert world.events(mapped) == ["adopted", "adopted"]
    check_invariants(world)


def test_a_hand_edit_between_two_writes_to_one_agreement_is_not_overwritten(world: World) -> None:
    shared_agreement = world.add_agreement()
    first = world.map_line(quantity=10, sku="a", agreement=shared_agreement)
    second = world.map_line(quantity=20, sku="b", agreement=shared_agreement)
    world.later_read({"a": 11, "b": 21})
    psa = world.fake

    def by_hand() -> None:
        psa.edit_line(second.line, quantity=Decimal(25))

    world.psa = WatchedPsa(psa, Once("after apply", by_hand))
    world.push_until_done()
    assert (world.quantity(first), world.quantity(second)) == (11, 25)
    assert world.record(second).state is LineState.DRIFT


def test_a_hand_edit_at_the_moment_of_the_write_is_shown_and_not_corrected(world: World) -> None:
    mapped = to_write(world)
    psa = world.fake
    world.psa = WatchedPsa(psa, Once("after apply", lambda: psa.edit_line(mapped.line, quantity=Decimal(99))))
    world.push_until_done()
    assert world.record(mapped).state is LineState.DRIFT
    world.night()
    assert (world.quantity(mapped), len(psa.sent)) == (99, 1)
    assert world.record(mapped).state is LineState.DRIFT


def test_seats_taken_by_a_write_whose_line_was_edited_beside_it_count_as_lost(world: World) -> None:
    mapped = to_write(world, 10, 8)
    psa = world.fake
    world.psa = WatchedPsa(
        psa, Once("after apply", lambda: psa.edit_line(mapped.line, description="by hand"))
    )
    world.push_until_done()
    line = world.record(mapped)
    assert (line.confirmed, [loss.seats for loss in line.losses]) == (8, [2])
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP


def test_a_line_that_is_gone_is_blocked_and_nothing_is_written(world: World) -> None:
    mapped = to_write(world)
    world.fake.remove_line(mapped.line)
    world.push_until_done()
    assert world.fake.sent == []
    assert world.record(mapped).state is LineState.BLOCKED
    assert "no longer in the agreement" in world.why_blocked(mapped)


def test_an_agreement_that_is_gone_or_ended_blocks_its_lines_and_being_back_frees_them(world: World) -> None:
    mapped = to_write(world)
    world.fake.edit_agreement(mapped.agreement, active=False)
    world.push_until_done()
    assert world.reason(mapped) is BlockReason.AGREEMENT_ENDED
    assert world.fake.sent == []
    world.fake.edit_agreement(mapped.agreement, active=True)
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    world.fake.remove_agreement(mapped.agreement)
    world.night()  # a list without any mapped agreement is believed when it is repeated
    world.night()
    assert world.reason(mapped) is BlockReason.AGREEMENT_GONE


@pytest.mark.parametrize(
    "edit, words",
    [
        ({"quantity": Decimal("10.5")}, "quantity is 10.5,"),
        ({"quantity": Decimal(-1)}, "quantity is -1,"),
        ({"product_id": "other"}, "another product"),
        ({"not_writable": "The line was cancelled."}, "cancelled"),
    ],
)
def test_a_line_that_cannot_be_ours_to_write_is_blocked_with_the_reason(
    world: World, edit: dict[str, object], words: str
) -> None:
    mapped = to_write(world)
    world.fake.edit_line(mapped.line, **edit)
    world.push_until_done()
    assert world.fake.sent == []
    assert words in world.why_blocked(mapped)


def test_an_approval_is_checked_again_at_the_push(world: World) -> None:
    """Approved were exactly these numbers: a line that says something else now is not written."""
    mapped = to_write(world, 10, 0)
    world.push_until_done()
    world.decide(world.held()[0].change.id)
    world.fake.edit_line(mapped.line, quantity=Decimal(9))
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (9, [])


def test_an_approval_survives_a_time_out_and_is_not_added_up_as_a_loss(world: World) -> None:
    mapped = to_write(world, 10, 0)
    world.push_until_done()
    world.decide(world.held()[0].change.id)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    world.push_until_done("2026-03-02-approved")
    assert world.quantity(mapped) == 0
    assert world.record(mapped).losses == ()
    assert world.events(mapped).count("approved") == 1
    check_invariants(world)


def test_losses_are_remembered_for_the_guard_and_only_those_nobody_approved(world: World) -> None:
    mapped = to_write(world, 10, 8)
    world.push_until_done()
    assert [loss.seats for loss in world.record(mapped).losses] == [2]


# Created lines


def test_a_created_line_is_owned_confirmed_and_never_created_again(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    world.night()
    line = world.record(mapped)
    assert (line.state, line.confirmed, world.quantity(mapped)) == (LineState.IN_STEP, 7, 7)
    assert len(world.fake.sent) == 1
    assert world.fake.sent[0].effective == date(2026, 3, 2)
    check_invariants(world)


@pytest.mark.parametrize("outcome", [Outcome.UNCLEAR_APPLIED, Outcome.UNCLEAR_APPLIED_LATE, Outcome.NOT_SENT])
def test_a_line_whose_creation_was_not_answered_exists_once(world: World, outcome: Outcome) -> None:
    mapped = world.map_new(seats=7)
    world.fake.outcomes.append(outcome)
    world.push_until_done()
    world.night()
    assert len(world.fake.applied) == 1
    assert world.quantity(mapped) == 7
    check_invariants(world)


def test_a_line_that_carries_our_mark_is_found_and_not_created_again(world: World) -> None:
    """As after a crash whose intent was lost: the mark in the PSA is proof enough."""
    mapped = world.map_new(seats=7)
    found = world.fake.add_line(
        mapped.agreement, world.product.id, 7, marker=f"lic:{mapped.mapping}:m:20260301"
    )
    world.push_until_done()
    assert world.fake.sent == []
    assert world.record(mapped).line_id == found.id


def test_of_an_agreement_that_was_copied_for_a_renewal_the_copied_line_is_taken_over_and_none_is_made(
    world: World,
) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    old = world.fake.line(world.record(mapped).line_id)
    renewed = world.add_agreement()
    copied = world.fake.add_line(renewed, world.product.id, 7, marker=old.marker)
    world.fake.edit_agreement(mapped.agreement, active=False)
    wanted = world.mappings(mapped.tenant)
    moved = wanted.mappings[0].model_copy(update={"agreement_id": renewed})
    world.save_mappings(mapped.tenant, wanted.model_copy(update={"mappings": (moved,)}))
    world.later_read({SKU: 8})
    world.night()
    assert world.fake.line(copied.id).quantity == 8
    assert world.fake.line(old.id).quantity == 7
    assert [write.line_id for write in world.fake.sent] == ["", copied.id]


def test_two_lines_that_carry_our_mark_wait_for_a_person_and_no_third_is_made(world: World) -> None:
    mapped = world.map_new(seats=7, options=Options(beside_existing=True))
    for day in ("20260227", "20260228"):
        world.fake.add_line(mapped.agreement, world.product.id, 7, marker=f"lic:{mapped.mapping}:m:{day}")
    world.push_until_done()
    world.night()
    assert world.fake.sent == []
    assert world.record(mapped).state is LineState.BLOCKED


def test_a_line_whose_creation_was_unclear_and_that_another_mapping_has_stops_nothing(world: World) -> None:
    """A version before this one let it be adopted: its mapping gets a line of its own, once."""
    mapped = world.map_new(seats=7)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    psa = world.fake
    away = PsaUnavailable("it does not answer", timedelta(minutes=10))
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "unavailable", away)))
    world.push_until_done()
    psa.unavailable, world.psa = None, psa
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    taken = LineRecord(
        mapping_id="mapping9999", tenant_id="fabrikam", product_id="p", line_id=psa.created_line()
    )
    agreement_store.save(world.tables, ACCOUNT, kept, kept.record.with_line(taken))
    other = to_write(world, tenant="tailspin")
    run = world.night()
    assert (run.state, world.quantity(other)) == (RunState.CLOSED, 12)
    assert f"({taken.line_id}) was chosen for another mapping" in told(world.record(mapped).refused)
    world.night()
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (7, LineState.IN_STEP)
    assert world.record(mapped).line_id != taken.line_id
    assert len(psa.applied) == 3
    check_invariants(world)


def test_a_line_that_its_mapping_left_is_not_judged_by_what_the_mapping_wants_elsewhere(world: World) -> None:
    """Its mapping moved, and nobody came to let go of it."""
    mapped = world.map_line(quantity=10)
    world.map_line("contoso", 12, sku="another-sku", agreement=world.add_agreement())
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    left = kept.record.lines[mapped.mapping].model_copy(update={"mapping_id": "mapping0002"})
    agreement_store.save(
        world.tables, ACCOUNT, kept, kept.record.model_copy(update={"lines": {"mapping0002": left}})
    )
    world.fake.edit_line(mapped.line, quantity=Decimal(12))
    world.night()
    lines = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines
    assert (lines["mapping0002"].confirmed, lines["mapping0002"].state) == (10, LineState.DRIFT)


def test_no_line_is_created_beside_an_unowned_one_of_the_product_until_a_person_says_so(
    world: World,
) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    mapped = world.map_new(seats=7, agreement=at)
    world.push_until_done()
    assert world.fake.sent == []
    assert "already has a line for this product" in world.why_blocked(mapped)


def test_beside_a_line_of_its_product_whose_number_is_not_understood_none_is_made(world: World) -> None:
    """It may bill these very seats."""
    mapped = world.map_new(seats=7)
    world.fake.add_line(mapped.agreement, world.product.id, 0, not_understood="quantity", not_writable="odd")
    world.push_until_done()
    assert (world.fake.sent, world.reason(mapped)) == ([], BlockReason.UNOWNED_LINE)


def test_an_unowned_line_that_appears_after_the_plan_still_stops_the_creation(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.fake.add_line(mapped.agreement, world.product.id, 3)
    world.push_until_done()
    assert world.fake.sent == []
    assert world.record(mapped).state is LineState.BLOCKED


def test_a_person_who_says_that_a_second_line_is_right_gets_it_the_same_night(world: World) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    mapped = world.map_new(seats=7, agreement=at, options=Options(beside_existing=True))
    world.push_until_done()
    assert world.quantity(mapped) == 7


def test_a_created_line_that_says_another_number_is_drift_and_never_overwritten(world: World) -> None:
    mapped = world.map_new(seats=7)
    psa = world.fake

    def by_hand() -> None:
        created = next(line for line in psa._lines.values() if line.marker)
        psa.edit_line(created.id, quantity=Decimal(5))

    world.psa = WatchedPsa(psa, Once("after apply", by_hand))
    world.push_until_done()
    world.night()
    world.night()
    assert (world.quantity(mapped), len(psa.sent)) == (5, 1)
    assert world.record(mapped).state is LineState.DRIFT


# Two workers


def test_while_one_worker_holds_an_agreement_a_second_one_waits_and_the_psa_sees_one_write(
    world: World,
) -> None:
    mapped = to_write(world)
    waits: list[RetryLater] = []

    def second_worker() -> None:
        world.psa = world.fake
        with pytest.raises(RetryLater) as later:
            world.push("2026-03-02-sync-now")
        waits.append(later.value)

    world.psa = WatchedPsa(world.fake, Once("before apply", second_worker))
    world.push()  # undisturbed: nobody took the record away from it
    assert waits
    assert len(world.fake.sent) == 1
    world.push_until_done("2026-03-02-sync-now")
    assert len(world.fake.sent) == 1
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_two_workers_in_two_threads_write_each_line_once(world: World) -> None:
    for number in range(6):
        to_write(world, tenant=f"tenant{number}")
    for run in ("2026-03-02", "2026-03-02-sync-now"):
        world.start_run(run)
    barrier = threading.Barrier(2)

    def work(run: str) -> None:
        barrier.wait()
        for _ in range(50):
            try:
                world.push(run)
                return
            except RetryLater:
                continue

    threads = [threading.Thread(target=work, args=(run,)) for run in ("2026-03-02", "2026-03-02-sync-now")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in ("2026-03-02", "2026-03-02-sync-now"):
        world.push_until_done(run)
    assert len(world.fake.sent) == 6
    check_invariants(world)


def test_a_worker_whose_claim_lapsed_and_was_taken_over_cannot_send(world: World) -> None:
    mapped = to_write(world)

    def sleeps_while_another_takes_over() -> None:
        world.psa = world.fake
        world.clock.pass_by(timedelta(minutes=11))
        world.push("2026-03-02-other")

    world.psa = WatchedPsa(world.fake, Once("after lines", sleeps_while_another_takes_over))
    with pytest.raises(RetryLater):
        world.push()
    assert len(world.fake.sent) == 1
    assert world.record(mapped).written_in == "2026-03-02-other"
    check_invariants(world)


def test_a_worker_that_wakes_up_after_its_claim_lapsed_does_not_send_the_stored_intent(
    world: World,
) -> None:
    """Between storing the intent and sending it the machine may stand still for longer than the claim."""
    mapped = to_write(world)
    inner = world.tables

    def stands_still(moment: str) -> None:
        line = agreement_store.get(inner, ACCOUNT, CONNECTION, mapped.agreement).record.lines[mapped.mapping]
        if moment == "after commit" and line.intent is not None:
            world.clock.pass_by(timedelta(minutes=11))

    world.tables = WatchedTables(inner, stands_still)
    with pytest.raises(RetryLater):
        world.push()
    assert world.fake.sent == []
    world.tables = inner
    world.push_until_done()
    assert (world.quantity(mapped), len(world.fake.sent)) == (12, 1)


def test_a_lapsed_claim_is_taken_over(world: World) -> None:
    mapped = to_write(world)
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    until = world.clock.now() + timedelta(minutes=3)
    claimed = kept.record.model_copy(update={"claimed_until": until, "claims": 7})
    agreement_store.save(world.tables, ACCOUNT, kept, claimed)
    with pytest.raises(RetryLater) as later:
        world.push()
    assert timedelta(minutes=2) < later.value.after <= timedelta(minutes=3)
    world.clock.pass_by(later.value.after)
    world.push_until_done()
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    assert (record.claimed_until, record.claims, world.quantity(mapped)) == (None, 8, 12)


# Many agreements


def test_one_agreements_failure_does_not_stop_the_next(world: World) -> None:
    first, second = to_write(world, tenant="contoso"), to_write(world, tenant="fabrikam")
    psa = world.fake
    gone = psa._agreements.pop

    class Vanishing(WatchedPsa):
        """The agreement vanishes after it was listed."""

        def agreements(self) -> list[Agreement]:
            listed = super().agreements()
            if first.agreement in psa._agreements:
                gone(first.agreement)
            return listed

    world.psa = Vanishing(psa, lambda _: None)
    run = world.push_until_done()
    assert world.quantity(second) == 12
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, first.agreement).record
    assert record.unreadable is not None
    assert "not in the PSA any more" in record.unreadable.text
    assert run.state is RunState.CLOSED
    assert run.lines == LineCounts(written=1, failed=1)


def test_an_agreement_that_could_not_be_read_and_then_ends_is_told_by_its_lines_alone(world: World) -> None:
    mapped = to_write(world)
    odd = PsaUnavailable("it sent a row that is not understood", timedelta(hours=1))
    psa = world.fake
    world.psa = WatchedPsa(
        psa, lambda moment: setattr(psa, "unavailable", odd if moment == "before lines" else None)
    )
    world.push_until_done()
    world.psa, psa.unavailable = psa, None

    def unreadable() -> str:
        why = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.unreadable
        return why_not.unreadable(why) if why else ""

    assert "not understood" in unreadable()
    psa.edit_agreement(mapped.agreement, active=False)
    world.night()
    assert (unreadable(), world.reason(mapped)) == ("", BlockReason.AGREEMENT_ENDED)


def test_after_five_minutes_the_push_puts_itself_back_and_then_goes_on_where_it_was(world: World) -> None:
    lines = [to_write(world, tenant=f"tenant{n}") for n in range(4)]
    psa = world.fake
    slow = WatchedPsa(
        psa, lambda moment: world.clock.pass_by(BUDGET / 2) if moment == "after apply" else None
    )
    world.psa = slow
    with pytest.raises(RetryLater) as later:
        world.push()
    assert later.value.after <= timedelta(seconds=5)
    assert len(psa.sent) == 2
    run = world.push_until_done()
    assert [world.quantity(mapped) for mapped in lines] == [12] * 4
    assert len(psa.sent) == 4
    assert run.lines == LineCounts(written=4)


def test_line_counts_put_each_line_into_exactly_one_class(world: World) -> None:
    to_write(world, 10, 12, "written")
    to_write(world, 10, 0, "held")
    drifting = to_write(world, 10, 12, "drift")
    world.fake.edit_line(drifting.line, quantity=Decimal(3))
    gone = to_write(world, 10, 12, "gone")
    world.fake.remove_line(gone.line)
    world.map_line("unchanged")
    run = world.push_until_done()
    assert run.lines == LineCounts(written=1, held=1, drift=1, failed=1, unchanged=1)


def test_a_run_closes_with_its_last_connection_and_counts_all_of_them(world: World) -> None:
    to_write(world)
    other = PsaConnection(id="other", name="The other", kind="connectwise", settings_json="{}")
    save_psa_connection(world.tables, ACCOUNT, other)
    world.start_run(connections=(CONNECTION, "other"))
    run = world.push_until_done()
    assert (run.state, run.connections, run.closed_at) == (RunState.PUSHING, ("other",), None)
    push.push_connection(world.context(run.id), world.account, other, run)
    run = runs.get(world.tables, ACCOUNT, run.id)
    assert (run.state, run.connections) == (RunState.CLOSED, ())
    assert run.closed_at is not None
    assert run.lines == LineCounts(written=1)


def test_a_push_message_that_comes_again_after_the_run_closed_does_nothing(world: World) -> None:
    to_write(world)
    first = world.push_until_done()
    reads = world.fake.reads
    assert world.push() == first
    assert world.fake.reads == reads


def test_a_refused_sign_in_is_one_trouble_and_the_run_closes(world: World) -> None:
    mapped = to_write(world, tenant="contoso")
    to_write(world, tenant="fabrikam")
    world.fake.refused = PsaRefused("401", "ConnectWise does not accept the API key.", sign_in=True)
    run = world.push()
    assert run.state is RunState.CLOSED
    failures = list(connection_failures(world.tables, ACCOUNT))
    assert [(one.connection, one.code, one.sign_in) for one in failures] == [(CONNECTION, "401", True)]
    assert world.fake.sent == []
    world.fake.refused = None
    world.night()
    assert list(connection_failures(world.tables, ACCOUNT)) == []
    assert world.quantity(mapped) == 12


def test_a_sign_in_that_is_refused_in_the_middle_is_the_same_one_trouble(world: World) -> None:
    to_write(world, tenant="contoso")
    to_write(world, tenant="fabrikam")
    psa = world.fake
    refused = PsaRefused("401", "ConnectWise does not accept the API key.", sign_in=True)
    world.psa = WatchedPsa(psa, Once("after agreements", lambda: setattr(psa, "refused", refused)))
    run = world.push()
    assert run.state is RunState.CLOSED
    assert len(list(connection_failures(world.tables, ACCOUNT))) == 1


def test_a_psa_that_is_away_for_the_whole_run_is_a_trouble_and_the_run_closes_in_time(world: World) -> None:
    to_write(world)
    started = world.clock.now()
    world.fake.unavailable = PsaUnavailable("no answer", timedelta(minutes=7))
    run = world.push_until_done()
    assert run.state is RunState.CLOSED
    assert world.clock.now() - started <= RUN_LIMIT + timedelta(minutes=7)
    assert [one.sign_in for one in connection_failures(world.tables, ACCOUNT)] == [False]


def test_what_is_held_is_stored_before_the_first_write(world: World) -> None:
    to_write(world, 10, 12, "written")
    waiting = to_write(world, 10, 0, "waiting")
    seen: list[LineState] = []
    world.psa = WatchedPsa(world.fake, Once("before apply", lambda: seen.append(world.record(waiting).state)))
    world.push_until_done()
    assert seen == [LineState.HELD]
    assert HoldReason.TO_ZERO in world.held()[0].reasons


def test_more_hand_edits_than_fit_into_one_transaction_are_all_recorded(world: World) -> None:
    at = world.add_agreement()
    lines = [world.map_line(quantity=10, sku=f"sku{n}", agreement=at) for n in range(120)]
    world.later_read({mapped.sku: 11 for mapped in lines})
    for mapped in lines:
        world.fake.edit_line(mapped.line, quantity=Decimal(11))
    run = world.push_until_done()
    assert run.lines == LineCounts(unchanged=120)
    assert {tuple(world.events(mapped)) for mapped in lines} == {("adopted", "adopted")}


# The records


def test_a_line_has_one_mapping_in_every_record_that_is_made() -> None:
    record = AgreementRecord(connection=CONNECTION, agreement_id="1")
    first = LineRecord(mapping_id="mapping0001", tenant_id="t", product_id="p", line_id="5")
    with pytest.raises(ValueError, match="at most one mapping"):
        record.with_line(first).with_line(first.model_copy(update={"mapping_id": "mapping0002"}))


def test_a_record_that_somebody_else_changed_is_not_replaced(world: World) -> None:
    mapped = world.map_line()
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    agreement_store.save(world.tables, ACCOUNT, kept, kept.record.model_copy(update={"claims": 1}))
    with pytest.raises(Conflict):
        agreement_store.save(world.tables, ACCOUNT, kept, kept.record.model_copy(update={"claims": 2}))


# A connection that cannot be worked with


def test_a_store_of_secrets_that_is_down_is_waited_for_only_until_the_runs_end(world: World) -> None:
    to_write(world)
    run = world.start_run()
    down = PsaUnavailable("The store of secrets cannot be reached.", timedelta(minutes=2))

    def without() -> None:
        push.not_reached(world.tables, world.account, world.connection, run, down, world.clock.now())

    with pytest.raises(RetryLater) as later:
        without()
    assert later.value.after == timedelta(minutes=2)
    world.clock.pass_by(run.ends - world.clock.now())
    without()
    assert runs.get(world.tables, world.account.id, run.id).state is RunState.CLOSED
    (failure,) = connection_failures(world.tables, world.account.id)
    assert "The store of secrets cannot be reached." in failure.what("ConnectWise")
    assert not failure.sign_in
