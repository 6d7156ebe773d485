"""What is wrong with a whole connection is one cause: nothing is written, every line keeps its state."""

import pytest

from shared.accounts.runs import LineCounts, Run, RunState
from shared.billing import agreement_store
from shared.billing.models import BlockReason, LineState, Unreadable, UnreadableReason
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import (
    ConnectionFailure,
    connection_failure,
    connection_failures,
    sign_in_is_good,
)
from shared.billing.pushing.lost_agreements import believe, lost_agreements
from shared.errors import NotFound, Rejected
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World, check_invariants

NO_EDIT = PsaRefused.for_all("ConnectWise", Cause.RIGHTS, "Forbidden", "Finance > Agreements (edit)")


@pytest.fixture(params=[1, 8])
def world(request: pytest.FixtureRequest) -> World:
    return World(parallel=request.param)


def to_write(world: World, count: int) -> list[Mapped]:
    mapped = [world.map_line(f"tenant{n:02}", 10) for n in range(count)]
    for one in mapped:
        world.later_read({SKU: 12}, one.tenant)
    return mapped


def failure(world: World) -> ConnectionFailure:
    (only,) = connection_failures(world.tables, ACCOUNT)
    return only


# A right that is missing


def test_a_missing_right_to_edit_is_one_cause_and_ends_the_nights_writes(world: World) -> None:
    """Public report: 30 changes were 30 urgent rows and 30 requests a night."""
    mapped = to_write(world, 30)
    world.fake.refuses_writes = NO_EDIT
    run = world.push_until_done()
    assert len(world.fake.sent) <= world.fake.max_parallel
    assert (failure(world).cause, failure(world).facts) == (Cause.RIGHTS, ("Finance > Agreements (edit)",))
    for one in mapped:
        line = world.record(one)
        assert (line.state, line.refused, line.intent, line.confirmed) == (LineState.IN_STEP, None, None, 10)
    assert run.state is RunState.CLOSED
    world.fake.refuses_writes = None
    assert world.night().lines == LineCounts(written=30)
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None
    check_invariants(world)


@pytest.mark.parametrize("cause", [Cause.RIGHTS, Cause.VERSION, Cause.COLUMNS])
def test_lines_that_may_not_be_read_are_one_cause_and_no_agreement_repeats_it(
    world: World, cause: Cause
) -> None:
    mapped = to_write(world, 12)
    reads = world.fake.reads
    listed = world.fake.agreements

    def refused_from_now_on() -> list:  # type: ignore[type-arg]
        there = listed()
        world.fake.refused = PsaRefused.for_all("ConnectWise", cause, "no", "uom")
        return there

    world.fake.agreements = refused_from_now_on  # type: ignore[method-assign]
    world.push_until_done()
    assert world.fake.reads - reads <= 1 + world.fake.max_parallel
    assert failure(world).cause is cause
    for one in mapped:
        kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, one.agreement).record
        assert (kept.unreadable, kept.lines[one.mapping].state) == (None, LineState.IN_STEP)


# A list that lost what is mapped


def lose(world: World, mapped: list[Mapped]) -> None:
    for one in mapped:
        del world.fake._agreements[one.agreement]


@pytest.mark.parametrize("left", [0, 1, 14])
def test_a_list_that_lost_most_of_what_is_mapped_is_one_cause_and_its_lines_keep_their_state(
    world: World, left: int
) -> None:
    """Public report: an Inquire level that hides agreements was 30 urgent rows, each with advice that does harm."""
    mapped = to_write(world, 30)
    there = dict(world.fake._agreements)
    lose(world, mapped[left:])
    run = world.push_until_done()
    assert (world.fake.sent, run.state) == ([], RunState.CLOSED)
    assert failure(world).cause is Cause.LIST_LOST
    assert failure(world).facts == (f"{left} of 30",)
    assert {world.record(one).state for one in mapped} == {LineState.IN_STEP}
    world.fake._agreements |= there
    assert world.night().lines == LineCounts(written=30)
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None


def test_a_list_that_lost_the_same_on_another_night_is_believed(world: World) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped[1:])
    world.push_until_done()
    world.night()
    assert {world.reason(one) for one in mapped[1:]} == {BlockReason.AGREEMENT_GONE}
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None
    assert world.quantity(mapped[0]) == 12
    world.night()  # what is known to be gone is not missed again
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None


def test_a_second_run_of_the_same_night_is_no_second_night(world: World) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped)
    world.push_until_done()
    world.start_run("2026-03-02b")
    world.push_until_done("2026-03-02b")
    assert failure(world).cause is Cause.LIST_LOST
    assert {world.record(one).state for one in mapped} == {LineState.IN_STEP}


def test_a_list_that_loses_others_every_night_is_not_believed(world: World) -> None:
    mapped = to_write(world, 4)
    there = dict(world.fake._agreements)
    lose(world, mapped[1:])
    world.push_until_done()
    world.fake._agreements = dict(there)
    lose(world, mapped[:3])
    world.night()
    assert failure(world).cause is Cause.LIST_LOST


def test_keys_that_are_proven_good_say_nothing_of_a_list_that_lost_agreements(world: World) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped)
    world.push_until_done()
    sign_in_is_good(world.tables, ACCOUNT, CONNECTION)
    assert failure(world).cause is Cause.LIST_LOST
    world.night()
    assert {world.reason(one) for one in mapped} == {BlockReason.AGREEMENT_GONE}


def believed(world: World, seen: str) -> Run:
    """As after a person's word: the run that it starts, worked off."""
    run, _ = believe(world.tables, world.account, CONNECTION, seen, "eva", world.clock.now())
    return world.push_until_done(run.id)


def test_a_person_says_that_what_the_list_lost_is_gone_and_the_rest_is_looked_after_at_once(
    world: World,
) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped[1:])
    world.push_until_done()
    seen = lost_agreements(world.tables, ACCOUNT, CONNECTION)
    assert [one.agreement_id for one in seen.first] == sorted(one.agreement for one in mapped[1:])
    assert {one.tenants for one in seen.first} == {(one.tenant,) for one in mapped[1:]}
    run = believed(world, seen.seen)
    assert (run.lines, run.who) == (LineCounts(written=1, failed=3), "eva")
    assert {world.reason(one) for one in mapped[1:]} == {BlockReason.AGREEMENT_GONE}
    assert world.quantity(mapped[0]) == 12
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None
    with pytest.raises(NotFound):
        lost_agreements(world.tables, ACCOUNT, CONNECTION)
    check_invariants(world)


@pytest.mark.parametrize("lost", [slice(0, 4), slice(0, 3), slice(3, 4)])
def test_a_persons_word_is_of_just_the_agreements_that_were_seen(world: World, lost: slice) -> None:
    """The list is another one by the time it is read: more is lost, something else is, or all is there again."""
    mapped = to_write(world, 4)
    there = dict(world.fake._agreements)
    lose(world, mapped[1:])
    world.push_until_done()
    seen = lost_agreements(world.tables, ACCOUNT, CONNECTION).seen
    world.fake._agreements = dict(there)
    lose(world, mapped[lost])
    believed(world, seen)
    if lost == slice(3, 4):  # too little to be in doubt
        assert {world.reason(one) for one in mapped[:3]} == {None}
        return
    assert failure(world).cause is Cause.LIST_LOST
    assert {world.record(one).state for one in mapped} == {LineState.IN_STEP}
    assert world.fake.sent == []
    with pytest.raises(Rejected, match="lost other agreements"):
        believed(world, seen)


def test_a_persons_word_said_twice_is_one_run_and_counts_for_no_later_one(world: World) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped)
    world.push_until_done()
    seen, now = lost_agreements(world.tables, ACCOUNT, CONNECTION).seen, world.clock.now()
    first, second = (believe(world.tables, world.account, CONNECTION, seen, "eva", now) for _ in range(2))
    assert (first[0].id, first[1], second[1]) == (second[0].id, True, False)
    world.start_run("2026-03-02c")
    world.push_until_done("2026-03-02c")
    assert failure(world).cause is Cause.LIST_LOST


def test_a_list_that_lost_less_than_most_is_believed_at_once(world: World) -> None:
    mapped = to_write(world, 4)
    lose(world, mapped[:2])
    world.push_until_done()
    assert connection_failure(world.tables, ACCOUNT, CONNECTION) is None
    assert {world.reason(one) for one in mapped[:2]} == {BlockReason.AGREEMENT_GONE}


# An agreement that is not understood


def test_an_agreement_that_is_not_understood_costs_itself_and_is_not_gone(world: World) -> None:
    odd, good = to_write(world, 2)
    world.fake.edit_agreement(odd.agreement, not_understood="company", company_id="")
    run = world.push_until_done()
    assert (world.quantity(odd), world.quantity(good)) == (10, 12)
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, odd.agreement).record
    assert kept.unreadable == Unreadable(reason=UnreadableReason.NOT_UNDERSTOOD, text="company")
    assert world.record(odd).blocked is None
    assert run.lines == LineCounts(written=1, failed=1)
    world.fake.edit_agreement(odd.agreement, not_understood="", company_id=world.company.id)
    assert world.night().lines == LineCounts(written=1, unchanged=1)
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, odd.agreement).record.unreadable is None


def test_while_a_row_has_no_id_no_agreement_that_is_missing_is_gone(world: World) -> None:
    lost, *others = to_write(world, 4)
    there = world.fake._agreements.pop(lost.agreement)
    world.fake.edit_agreement(others[0].agreement)
    world.fake.add_agreement("", id="", not_understood="id")
    world.push_until_done()
    assert world.record(lost).blocked is None
    assert [world.quantity(one) for one in others] == [12] * 3
    del world.fake._agreements[""]
    world.fake._agreements[there.id] = there
    world.night()
    assert world.quantity(lost) == 12


# Stored rows of today


def test_a_failure_that_was_stored_as_a_sentence_is_still_told(world: World) -> None:
    old = ConnectionFailure.model_validate(
        {"connection": CONNECTION, "code": "401", "sentence": "Wrong key.", "sign_in": True}
    )
    assert (old.what("ConnectWise"), old.is_over, old.sign_in) == ("Wrong key.", False, True)
    assert ConnectionFailure.model_validate({"connection": CONNECTION}).is_over


@pytest.mark.parametrize("cause", list(Cause))
def test_no_sentence_of_a_cause_is_stored(cause: Cause) -> None:
    """Improving a sentence changes no stored row."""
    why = PsaRefused.for_all("ConnectWise", cause, "code", "a fact.")
    stored = ConnectionFailure.of(CONNECTION, why)
    assert stored.sentence == ""
    told = f"{stored.what('ConnectWise')} {stored.cure('ConnectWise')}"
    assert told == why.sentence
    assert told.endswith((".", ")"))
    assert stored.body() == ConnectionFailure.model_validate_json(stored.body()).body()
