"""A creation that was answered is never repeated, whatever becomes of our mark on the line."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.billing.models import BlockReason, LineKey, LineState, Options, TenantMappings
from shared.billing.psa.base import Agreement
from shared.billing.pushing import settle
from shared.billing.reconcile import marker_prefix
from shared.errors import NotFound, Rejected, RetryLater
from shared.storage.decisions import Decider
from tests.shared.billing.hooks import Once, WatchedPsa
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, Mapped, World, check_invariants

RULES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "cut": lambda marker: marker[:8],
    "emptied by a workflow rule": lambda _: "",
    "another text": lambda _: "see ticket 4711",
}


@pytest.fixture
def world() -> World:
    return World()


def beside(world: World) -> Mapped:
    """A mapping that asks for a line although the agreement has one of the product."""
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    return world.map_new(seats=5, agreement=at, options=Options(beside_existing=True))


def lines(world: World, mapped: Mapped) -> int:
    return len([line for line in world.fake._lines.values() if line.agreement_id == mapped.agreement])


@pytest.mark.parametrize("rule", RULES)
def test_a_line_whose_mark_the_psa_changes_is_one_line_after_four_nights(world: World, rule: str) -> None:
    world.fake.marker_rule = RULES[rule]
    mapped = beside(world)
    world.push_until_done()
    for _ in range(3):
        world.night()
    assert lines(world, mapped) == 2  # the foreign one and ours
    line = world.record(mapped)
    assert (line.state, line.confirmed) == (LineState.IN_STEP, 5)
    assert len(world.fake.sent) == 1
    check_invariants(world)


@pytest.mark.parametrize("rule", RULES)
def test_when_the_answer_names_no_line_either_a_person_looks_and_none_is_made_again(
    world: World, rule: str
) -> None:
    world.fake.marker_rule, world.fake.names_new_lines = RULES[rule], False
    mapped = beside(world)
    world.push_until_done()
    for _ in range(3):
        world.night()
    assert (lines(world, mapped), len(world.fake.sent)) == (2, 1)
    assert world.record(mapped).state is LineState.UNKNOWN
    assert [key for key, _, _ in settle.undecidable(world.tables, ACCOUNT)] == [key_of(mapped)]
    check_invariants(world)


def test_a_throttled_creation_that_was_applied_is_one_line_although_three_reads_are_stale(
    world: World,
) -> None:
    mapped = beside(world)
    world.fake.outcomes.append(Outcome.NOT_SENT_APPLIED)
    with pytest.raises(RetryLater) as later:
        world.push()
    world.clock.pass_by(later.value.after)
    world.fake.stale_reads = 3
    world.push_until_done()
    world.night()
    assert lines(world, mapped) == 2
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_a_creation_that_the_psa_did_not_take_is_sent_again_once_that_is_settled(world: World) -> None:
    mapped = world.map_new(seats=5)
    world.fake.outcomes.append(Outcome.NOT_SENT)
    before = world.clock.now()
    world.push_until_done()
    assert (len(world.fake.sent), len(world.fake.applied)) == (2, 1)
    assert world.clock.now() - before >= timedelta(minutes=2)
    assert world.record(mapped).state is LineState.IN_STEP


def test_it_is_not_sent_again_when_a_line_of_the_product_has_come_up_since(world: World) -> None:
    """Throttled by its word, applied, and its mark is gone: the new line may be ours."""
    world.fake.marker_rule = RULES["emptied by a workflow rule"]
    mapped = beside(world)
    world.fake.outcomes.append(Outcome.NOT_SENT_APPLIED)
    world.push_until_done()
    world.night()
    assert (lines(world, mapped), len(world.fake.sent)) == (2, 1)
    assert world.record(mapped).state is LineState.UNKNOWN


def test_a_time_out_without_a_line_waits_for_a_person_and_is_not_sent_again(world: World) -> None:
    mapped = world.map_new(seats=5)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    world.push_until_done()
    world.night()
    assert len(world.fake.sent) == 1
    assert world.record(mapped).state is LineState.UNKNOWN


def test_a_line_that_shows_up_late_ends_the_doubt_without_a_person(world: World) -> None:
    mapped = world.map_new(seats=5)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    world.push_until_done()
    world.night()
    world.fake.outcomes.clear()
    world.fake._change(world.fake.sent[0])  # the PSA carries it out a night later
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP
    assert lines(world, mapped) == 1


# -- what comes up beside it ----------------------------------------------------------------------------------------


def test_a_refused_creation_that_was_made_all_the_same_is_not_made_again(world: World) -> None:
    """Its mark is gone too, and a person said that a second line is right: not that a third one is."""
    world.fake.marker_rule = RULES["emptied by a workflow rule"]
    mapped = beside(world)
    world.fake.outcomes.append(Outcome.REFUSED_APPLIED)
    world.push_until_done()
    for _ in range(3):
        world.night()
    assert (lines(world, mapped), len(world.fake.sent)) == (2, 1)
    assert world.reason(mapped) is BlockReason.NEWER_LINE
    assert world.fake.made[0] in world.why_blocked(mapped)
    world.save_mappings("contoso")  # the same mapping saved again says nothing new
    world.night()
    assert lines(world, mapped) == 2


def test_who_chooses_the_newer_line_ends_it(world: World) -> None:
    world.fake.marker_rule = RULES["emptied by a workflow rule"]
    mapped = beside(world)
    world.fake.outcomes.append(Outcome.REFUSED_APPLIED)
    world.push_until_done()
    world.night()
    chosen = world.mappings("contoso").mappings[0].model_copy(update={"line_id": world.fake.made[0]})
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(chosen,)))
    world.night()
    assert (world.record(mapped).state, lines(world, mapped)) == (LineState.IN_STEP, 2)


def test_who_says_once_more_that_a_second_line_is_right_has_it_made(world: World) -> None:
    mapped = world.map_new(seats=5)
    world.fake.add_line(mapped.agreement, world.product.id, 3)
    world.push_until_done()
    assert world.reason(mapped) is BlockReason.UNOWNED_LINE
    right = (
        world.mappings("contoso").mappings[0].model_copy(update={"options": Options(beside_existing=True)})
    )
    world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(right,)))
    world.night()
    assert (world.record(mapped).state, lines(world, mapped)) == (LineState.IN_STEP, 2)


def test_an_answered_creation_whose_agreement_is_out_of_sight_for_a_while_is_not_repeated(
    world: World,
) -> None:
    world.fake.marker_rule = RULES["cut"]
    mapped = beside(world)
    hidden: list[Agreement] = []
    hide = Once("after apply", lambda: hidden.append(world.fake.hide_agreement(mapped.agreement)))
    world.psa = WatchedPsa(world.fake, hide)
    world.push_until_done()
    world.psa = world.fake
    assert world.record(mapped).state is LineState.UNKNOWN
    world.night()
    world.fake.show_agreement(hidden[0])
    for _ in range(2):
        world.night()
    assert (lines(world, mapped), len(world.fake.sent)) == (2, 1)
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


@pytest.mark.parametrize("outcome", [Outcome.UNCLEAR_APPLIED, Outcome.NOT_SENT_APPLIED])
def test_an_unclear_creation_whose_agreement_is_out_of_sight_for_a_while_is_not_repeated(
    world: World, outcome: Outcome
) -> None:
    world.fake.marker_rule = RULES["cut"]
    mapped = beside(world)
    hidden: list[Agreement] = []
    world.fake.outcomes.append(outcome)
    hide = Once("after apply", lambda: hidden.append(world.fake.hide_agreement(mapped.agreement)))
    world.psa = WatchedPsa(world.fake, hide)
    world.push_until_done()
    world.psa = world.fake
    for _ in range(2):
        world.night()
    assert [line.line_id for _, line, _ in settle.undecidable(world.tables, ACCOUNT)] == [""]
    world.fake.show_agreement(hidden[0])
    for _ in range(2):
        world.night()
    assert (lines(world, mapped), len(world.fake.sent)) == (2, 1)
    assert world.record(mapped).state is LineState.UNKNOWN
    world.say_what_the_psa_shows()
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP
    check_invariants(world)


def test_of_two_marked_lines_of_which_one_has_no_seats_no_third_is_made(world: World) -> None:
    mapped = beside(world)
    for quantity in (5, 0):
        world.fake.add_line(
            mapped.agreement, world.product.id, quantity, marker=f"{marker_prefix(mapped.mapping)}{quantity}"
        )
    world.push_until_done()
    assert (lines(world, mapped), world.fake.sent) == (3, [])
    assert world.reason(mapped) is BlockReason.CREATED_TWICE


# -- a person's word ------------------------------------------------------------------------------------------------


def key_of(mapped: Mapped) -> LineKey:
    return LineKey(CONNECTION, mapped.agreement, mapped.mapping)


def by(world: World) -> Decider:
    return Decider("eva@msp.example", "I looked", world.clock.now())


@pytest.fixture
def doubted(world: World) -> Mapped:
    world.fake.marker_rule, world.fake.names_new_lines = RULES["cut"], False
    mapped = beside(world)
    world.push_until_done()
    world.night()
    return mapped


def test_it_is_there_says_a_person_and_the_line_is_the_mappings(world: World, doubted: Mapped) -> None:
    made = world.fake.made[0]
    settle.settle(world.tables, ACCOUNT, key_of(doubted), by(world), applied=True, line_id=made)
    world.night()
    assert (world.record(doubted).state, world.record(doubted).line_id) == (LineState.IN_STEP, made)
    assert world.events(doubted)[-1] == "settled"
    assert lines(world, doubted) == 2


def test_it_is_not_there_says_a_person_and_it_is_made_once_more(world: World) -> None:
    mapped = world.map_new(seats=5)
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    world.push_until_done()
    world.night()
    settle.settle(world.tables, ACCOUNT, key_of(mapped), by(world), applied=False)
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP
    assert len(world.fake.applied) == 1


def test_such_a_word_is_refused_in_words_when_it_cannot_be(world: World, doubted: Mapped) -> None:
    say = settle.settle
    with pytest.raises(Rejected, match="Say which line"):
        say(world.tables, ACCOUNT, key_of(doubted), by(world), applied=True)
    other = world.map_line("fabrikam", quantity=10, agreement=doubted.agreement)
    with pytest.raises(Rejected, match="already belongs to another mapping"):
        say(world.tables, ACCOUNT, key_of(doubted), by(world), applied=True, line_id=other.line)
    with pytest.raises(Rejected, match="say first that it was done"):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=()))
    with pytest.raises(Rejected, match="Nothing is unclear"):
        say(world.tables, ACCOUNT, key_of(other), by(world), applied=False)
    with pytest.raises(NotFound):
        say(world.tables, ACCOUNT, key_of(doubted)._replace(mapping_id="nobody12"), by(world), applied=False)
