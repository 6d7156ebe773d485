"""The process ends at any moment of a push (F11): whoever comes after ends in step, and nothing is applied twice."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.billing.models import LineState, Options
from tests.invariants import (
    i1_every_line_is_in_step_or_says_why,
    i2_every_intent_is_applied_at_most_once,
    i4_no_write_without_an_intent_before_it,
    i4_the_ledger_was_only_appended,
    ledger_of,
)
from tests.shared.billing.hooks import Death, Killed, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes
from tests.shared.billing.world import ACCOUNT, Mapped, World

OUTCOMES = [
    Outcome.ANSWERED,
    Outcome.REFUSED,
    Outcome.NOT_SENT,
    Outcome.NOT_SENT_APPLIED,
    Outcome.UNCLEAR_APPLIED,
    Outcome.UNCLEAR_NOT_APPLIED,
    Outcome.ANSWERED_NOT_APPLIED,
    Outcome.UNCLEAR_APPLIED_LATE,
]
IN_DOUBT = [Outcome.ANSWERED_NOT_APPLIED, Outcome.UNCLEAR_NOT_APPLIED, Outcome.UNCLEAR_APPLIED_LATE]
"""What a repeat could apply twice."""


def one_change(world: World) -> list[Mapped]:
    mapped = world.map_line(quantity=10)
    world.later_read({mapped.sku: 12})
    return [mapped]


def one_new_line(world: World) -> list[Mapped]:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 3)
    return [world.map_new(seats=7, agreement=at, options=Options(beside_existing=True))]


def two_in_one_agreement(world: World) -> list[Mapped]:
    at = world.add_agreement()
    both = [
        world.map_line(quantity=10, sku="a", agreement=at),
        world.map_line(quantity=20, sku="b", agreement=at),
    ]
    world.later_read({"a": 9, "b": 21})
    return both


def dies(world: World, death: Death) -> bool:
    """Push until the process ends at its moment; False when it got through before."""
    tables, psa = world.tables, world.psa
    world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
    try:
        world.push_until_done()
    except Killed:
        return True
    finally:
        world.tables, world.psa = tables, psa
    return False


def states(world: World, lines: list[Mapped]) -> list[LineState]:
    return [world.record(mapped).state for mapped in lines]


def wrong_now(world: World) -> list[str]:
    truth = {line.id: line.quantity for line in world.fake._lines.values()}
    return [
        *i1_every_line_is_in_step_or_says_why(world.tables, world.account, truth, world.clock.now()),
        *i2_every_intent_is_applied_at_most_once(world.tables, ACCOUNT, world.fake.applied),
        *i4_no_write_without_an_intent_before_it(world.tables, ACCOUNT, world.fake.sent),
    ]


@pytest.mark.parametrize(
    "takes, outcome",
    [
        *((Takes.NUMBERS, outcome) for outcome in OUTCOMES),
        *((takes, outcome) for takes in (Takes.DIFFERENCES, Takes.DOCUMENTS) for outcome in IN_DOUBT),
    ],
)
@pytest.mark.parametrize("scene", [one_change, one_new_line, two_in_one_agreement])
def test_whenever_the_process_ends_the_next_worker_ends_in_step_and_nothing_is_applied_twice(
    takes: Takes, scene: Callable[[World], list[Mapped]], outcome: Outcome
) -> None:
    moment = 0
    while True:
        moment += 1
        world = World(fake=FakePsa(takes=takes))
        lines = scene(world)
        world.fake.outcomes.append(outcome)
        died = dies(world, Death(moment))
        at_death = ledger_of(world.tables, ACCOUNT)
        assert i4_no_write_without_an_intent_before_it(world.tables, ACCOUNT, world.fake.sent) == []
        world.push_until_done()
        assert wrong_now(world) == [], moment
        world.night()
        assert wrong_now(world) == [], moment
        while world.say_what_the_psa_shows() or LineState.BLOCKED in states(world, lines):
            world.night()
            assert wrong_now(world) == [], moment
        assert states(world, lines) == [LineState.IN_STEP] * len(lines), moment
        assert len(world.fake.applied) == len(lines), moment
        assert i4_the_ledger_was_only_appended(at_death, ledger_of(world.tables, ACCOUNT)) == []
        if not died:
            break
    assert moment > 15  # it did die at every step of the way


@settings(max_examples=40)
@given(
    deaths=st.lists(st.integers(1, 60), max_size=4),
    outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=6),
    edit=st.one_of(st.none(), st.integers(0, 30)),
    takes=st.sampled_from(Takes),
)
def test_after_any_row_of_crashes_answers_and_hand_edits_every_line_is_in_step_or_says_why(
    deaths: list[int], outcomes: list[Outcome], edit: int | None, takes: Takes
) -> None:
    world = World(fake=FakePsa(takes=takes))
    lines = [*two_in_one_agreement(world), world.map_new("fabrikam", 5)]
    world.fake.outcomes.extend(outcomes)
    for number, moment in enumerate(deaths):
        dies(world, Death(moment))
        if number == 0 and edit is not None:
            world.fake.edit_line(lines[0].line, quantity=Decimal(edit))
        assert i2_every_intent_is_applied_at_most_once(world.tables, ACCOUNT, world.fake.applied) == []
        assert i4_no_write_without_an_intent_before_it(world.tables, ACCOUNT, world.fake.sent) == []
    world.push_until_done()
    world.fake.outcomes.clear()
    world.night()
    while world.say_what_the_psa_shows():
        world.night()
    assert wrong_now(world) == []
    assert world.record(lines[1]).state is LineState.IN_STEP
    assert world.record(lines[2]).state is LineState.IN_STEP
