"""A PSA that carries a write out, or shows it, later than anybody waits: nothing is sent twice that counts twice."""

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.billing.models import LineState, Options
from shared.billing.psa.base import WriteKind
from shared.billing.psa.write_failures import WriteFailureReason, told
from tests.invariants import ledger_of
from tests.shared.billing.hooks import Once, WatchedPsa
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes
from tests.shared.billing.world import ACCOUNT, Mapped, World, check_invariants

LATE = timedelta(minutes=4)
"""Longer than a write is waited for."""


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def documents() -> World:
    """A PSA that is sent an agreement with all its lines."""
    return World(fake=FakePsa(max_parallel=1, takes=Takes.DOCUMENTS))


@pytest.fixture
def differences() -> World:
    """A PSA that is told how many more or fewer."""
    return World(fake=FakePsa(max_parallel=1, takes=Takes.DIFFERENCES))


def twelve_wanted(world: World) -> Mapped:
    mapped = world.map_line(quantity=10)
    world.later_read({mapped.sku: 12})
    return mapped


def nights(world: World, count: int) -> None:
    for _ in range(count):
        world.night()


def test_a_difference_that_is_carried_out_late_is_sent_once(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.late_by = LATE
    differences.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    differences.push_until_done()
    assert differences.record(mapped).state is LineState.UNKNOWN
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 1)
    assert differences.record(mapped).state is LineState.IN_STEP
    check_invariants(differences)


def test_a_difference_that_is_answered_and_shown_late_is_sent_once(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.shown_after = LATE
    differences.push_until_done()
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 1)
    assert differences.record(mapped).state is LineState.IN_STEP
    check_invariants(differences)


def test_a_difference_that_was_never_carried_out_waits_for_a_person(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    differences.push_until_done()
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (10, 1)
    assert differences.record(mapped).state is LineState.UNKNOWN
    assert differences.say_what_the_psa_shows() == 1
    nights(differences, 1)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (12, 2)
    check_invariants(differences)


def test_a_difference_that_was_throttled_is_sent_again(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.outcomes.append(Outcome.NOT_SENT)
    differences.push_until_done()
    nights(differences, 1)
    assert (differences.quantity(mapped), len(differences.fake.applied)) == (12, 1)


def test_a_creation_that_is_answered_and_shown_late_is_sent_once(world: World) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    mapped = world.map_new(seats=5, agreement=at, options=Options(beside_existing=True))
    world.fake.shown_after, world.fake.marker_rule = LATE, str.upper
    world.push_until_done()
    nights(world, 3)
    assert (world.quantity(mapped), len(world.fake.sent)) == (5, 1)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


@pytest.mark.parametrize("late_by", [LATE, timedelta(hours=30)])
def test_a_creation_that_is_carried_out_late_is_sent_once(world: World, late_by: timedelta) -> None:
    mapped = world.map_new(seats=5)
    world.fake.late_by = late_by
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    nights(world, 3)
    assert (world.quantity(mapped), len(world.fake.sent)) == (5, 1)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_an_absolute_number_that_comes_late_over_a_newer_one_is_told_and_not_corrected(world: World) -> None:
    mapped = twelve_wanted(world)
    world.fake.late_by = timedelta(hours=2)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    assert world.quantity(mapped) == 12
    world.later_read({mapped.sku: 13})
    world.push_until_done("2026-03-02-2")
    assert world.quantity(mapped) == 13
    nights(world, 1)
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.DRIFT)
    check_invariants(world)


def test_the_edit_of_another_line_while_a_write_is_unclear_is_no_matter(world: World) -> None:
    mapped = twelve_wanted(world)
    foreign = world.fake.add_line(mapped.agreement, world.fake.add_product("AV").id, 3)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.push_until_done(between=lambda: world.fake.edit_line(foreign.id, quantity=9))
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)


def two_of_one_document(world: World) -> tuple[Mapped, Mapped]:
    at = world.add_agreement()
    first = world.map_line(quantity=10, sku="a", agreement=at)
    return first, world.map_line(quantity=20, sku="b", agreement=at)


@pytest.mark.parametrize("late_by", [timedelta(seconds=60), timedelta(hours=2)])
def test_a_document_that_comes_late_undoes_no_line_that_was_confirmed(
    documents: World, late_by: timedelta
) -> None:
    first, second = two_of_one_document(documents)
    documents.later_read({"a": 12, "b": 20})
    documents.fake.late_by = late_by
    documents.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    documents.push_until_done()
    documents.later_read({"a": 12, "b": 25})
    documents.push_until_done("2026-03-02-2")
    nights(documents, 2)
    assert (documents.quantity(first), documents.quantity(second)) == (12, 25)
    assert [documents.record(one).state for one in (first, second)] == [LineState.IN_STEP] * 2
    assert all(line.drift is None for line in (documents.record(first), documents.record(second)))
    check_invariants(documents)


def test_a_line_that_waits_for_another_ones_document_says_so_until_a_person_settled_that_one(
    documents: World,
) -> None:
    first, second = two_of_one_document(documents)
    documents.later_read({"a": 12, "b": 20})
    documents.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    documents.push_until_done()
    documents.later_read({"a": 12, "b": 25})
    documents.push_until_done("2026-03-02-2")
    waiting = documents.record(second)
    assert (waiting.state, documents.quantity(second)) == (LineState.BLOCKED, 20)
    assert waiting.refused is not None
    assert waiting.refused.reason is WriteFailureReason.DOCUMENT_UNCLEAR
    check_invariants(documents)
    assert documents.say_what_the_psa_shows() == 1
    nights(documents, 1)
    assert (documents.quantity(first), documents.quantity(second)) == (12, 25)
    assert [documents.record(one).state for one in (first, second)] == [LineState.IN_STEP] * 2
    check_invariants(documents)


def test_all_lines_of_a_document_go_out_in_one_request(documents: World) -> None:
    first, second = two_of_one_document(documents)
    documents.later_read({"a": 12, "b": 25})
    documents.push_until_done()
    assert (documents.fake.requests, len(documents.fake.applied)) == (1, 2)
    assert (documents.quantity(first), documents.quantity(second)) == (12, 25)
    check_invariants(documents)


def test_a_document_that_somebody_changed_since_it_was_looked_at_is_looked_at_again(documents: World) -> None:
    first, _ = two_of_one_document(documents)
    foreign = documents.fake.add_line(first.agreement, documents.fake.add_product("AV").id, 3)
    documents.later_read({"a": 12, "b": 20})
    edit = Once("before apply", lambda: documents.fake.edit_line(foreign.id, quantity=Decimal(9)))
    documents.psa = WatchedPsa(documents.psa, edit)
    documents.push_until_done()
    assert (documents.quantity(first), int(documents.fake.line(foreign.id).quantity)) == (12, 9)
    assert documents.fake.requests == 1
    check_invariants(documents)


def test_a_document_that_is_changed_at_every_attempt_waits_for_the_next_night(documents: World) -> None:
    first, _ = two_of_one_document(documents)
    foreign = documents.fake.add_line(first.agreement, documents.fake.add_product("AV").id, 3)
    documents.later_read({"a": 12, "b": 20})
    watched, seats = documents.psa, iter(range(4, 100))

    def edit(moment: str) -> None:
        if moment == "before apply":
            documents.fake.edit_line(foreign.id, quantity=Decimal(next(seats)))

    documents.psa = WatchedPsa(watched, edit)
    documents.push_until_done()
    assert (documents.quantity(first), documents.fake.requests) == (10, 0)
    assert told(documents.record(first).refused) == "The document was changed since it was looked at."
    documents.psa = watched
    nights(documents, 1)
    assert (documents.quantity(first), documents.record(first).state) == (12, LineState.IN_STEP)
    check_invariants(documents)


def test_a_difference_beside_a_hand_edit_is_left_to_a_person_and_sent_once(differences: World) -> None:
    mapped = twelve_wanted(differences)
    differences.fake.outcomes.append(Outcome.UNCLEAR_APPLIED)
    edit = Once("after apply", lambda: differences.fake.edit_line(mapped.line, quantity=Decimal(11)))
    differences.psa = WatchedPsa(differences.psa, edit)
    differences.push_until_done()
    nights(differences, 2)
    assert (differences.quantity(mapped), len(differences.fake.sent)) == (11, 1)
    line = differences.record(mapped)
    assert line.state is LineState.UNKNOWN
    assert line.intent is not None
    assert told(line.intent.why) == "The line says 11, neither 10 or 12: somebody else changed it, too."
    entries = [one for one in ledger_of(differences.tables, ACCOUNT) if "undecidable" in str(one)]
    assert len(entries) <= 2


def test_where_lines_are_made_empty_the_seats_are_a_second_write(differences: World) -> None:
    differences.fake.creates_empty = True
    mapped = differences.map_new(seats=5)
    differences.push_until_done()
    assert [(write.kind, write.before, write.after) for write in differences.fake.applied] == [
        (WriteKind.CREATE_LINE, 0, 0),
        (WriteKind.SET_QUANTITY, 0, 5),
    ]
    assert (differences.quantity(mapped), differences.record(mapped).state) == (5, LineState.IN_STEP)
    check_invariants(differences)


def test_every_write_carries_the_day_from_which_it_counts(world: World) -> None:
    mapped = twelve_wanted(world)
    world.push_until_done()
    assert [write.effective for write in world.fake.sent] == [world.clock.now().date()]
    assert world.quantity(mapped) == 12
