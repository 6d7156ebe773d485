"""K8: the text of a line on the invoice. It is written when it changed and may be, and it never moves a seat."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.billing.models import LedgerEvent, LicenceMapping, LineState, Options, TextState, kept_text
from shared.billing.planning.preview import digest, preview
from shared.billing.psa.base import BillableOption, PsaRefused, WriteKind
from shared.billing.psa.causes import Cause
from shared.billing.psa.texts import digest as digest_of_text
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import User
from shared.storage.memory import MemoryBlobs
from tests.shared.billing.hooks import Death, Killed, Once, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes
from tests.shared.billing.world import ROOMY, SKU, Mapped, World, check_invariants, user

NAMES = Options(names_on_invoice=True)
ANN, BOB, CLEO = (replace(user(name), name=name) for name in ("Ann", "Bob", "Cleo"))


def billed(
    world: World, *people: User, quantity: int = 10, options: Options = NAMES, text: str = ""
) -> Mapped:
    """An adopted line in step, before its first push."""
    world.read("contoso", {SKU: quantity}, people=people)
    mapped = world.map_line(quantity=quantity, options=options)
    if text:
        world.fake.edit_line(mapped.line, text=text)
    return mapped


def text(world: World, mapped: Mapped) -> str:
    return world.fake.line(mapped.line or world.record(mapped).line_id).text


def kinds(world: World) -> list[WriteKind]:
    return [write.kind for write in world.fake.applied]


def tick(world: World, mapped: Mapped, options: Options) -> None:
    """A person saves the mapping with other options."""
    mine = world.mappings(mapped.tenant)
    changed: tuple[LicenceMapping, ...] = tuple(
        m.model_copy(update={"options": options}) for m in mine.mappings
    )
    world._mappings[mapped.tenant] = list(changed)
    world.save_mappings(mapped.tenant)


def state(world: World, mapped: Mapped, options: Options = NAMES) -> TextState:
    return kept_text(world.record(mapped).text, options)


@pytest.mark.parametrize("takes", Takes)
def test_names_are_written_once_and_again_only_when_somebody_comes_or_goes(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = billed(world, BOB, ANN)
    world.push_until_done()
    assert text(world, mapped) == "Business Premium | Users: Ann, Bob"
    world.night()
    assert kinds(world) == [WriteKind.SET_TEXT]
    world.read("contoso", people=(BOB, ANN, CLEO))
    world.night()
    assert text(world, mapped) == "Business Premium | Users: Ann, Bob, Cleo"
    assert kinds(world) == [WriteKind.SET_TEXT] * 2
    assert world.quantity(mapped) == 10
    assert world.events(mapped)[-4:] == ["text_intended", "text_written"] * 2
    check_invariants(world)


def test_a_text_moves_no_number_is_never_held_and_changes_no_plan() -> None:
    world = World(guard=ROOMY.model_copy(update={"tenant_percent": 0, "tenant_seats": 0}))
    mapped = billed(world, ANN)
    before = world.record(mapped)
    made = world.plan().plan
    assert (made.changes, len(made.texts)) == ((), 1)
    tick(world, mapped, Options())
    without = digest(world.plan().plan)
    tick(world, mapped, NAMES)
    assert digest(world.plan().plan) == without
    world.push_until_done()
    after = world.record(mapped)
    (write,) = world.fake.applied
    assert (write.before, write.after) == (10, 10)
    assert world.quantity(mapped) == 10
    ignored = {"text": after.text, "other_sellers": after.other_sellers}
    assert before.model_copy(update=ignored) == after


@pytest.mark.parametrize("takes, writes", [(Takes.NUMBERS, 1), (Takes.DOCUMENTS, 1), (Takes.DIFFERENCES, 2)])
def test_a_quantity_and_a_text_go_in_one_request_where_the_psa_takes_both(takes: Takes, writes: int) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = billed(world, ANN)
    world.later_read({SKU: 12})
    world.push_until_done()
    assert (world.quantity(mapped), text(world, mapped)) == (12, "Business Premium | Users: Ann")
    assert world.fake.requests == writes
    assert world.record(mapped).state is LineState.IN_STEP
    assert state(world, mapped) is TextState.IN_STEP
    world.night()
    assert world.fake.requests == writes
    check_invariants(world)


def test_a_line_that_is_created_is_born_with_its_text() -> None:
    world = World()
    world.read("contoso", {SKU: 7}, people=(ANN,))
    mapped = world.map_new(seats=7, options=NAMES)
    world.push_until_done()
    assert text(world, mapped) == "Business Premium | Users: Ann"
    world.night()
    assert kinds(world) == [WriteKind.CREATE_LINE]
    world.read("contoso", people=(BOB,))
    world.night()
    assert text(world, mapped) == "Business Premium | Users: Bob"


def test_without_an_option_no_text_is_written_and_no_call_is_made_for_one() -> None:
    world = World()
    mapped = billed(world, ANN, options=Options())
    world.push_until_done()
    before = world.fake.reads
    world.read("contoso", people=(BOB,))
    world.night()
    assert (world.fake.requests, world.record(mapped).text) == (0, None)
    assert world.fake.reads - before == len(("agreements", "products", "lines"))


def test_a_text_of_somebody_else_stays_until_a_person_gives_exactly_it_up() -> None:
    world = World()
    mapped = billed(world, ANN, text="As agreed with Mr Smith")
    world.push_until_done()
    assert text(world, mapped) == "As agreed with Mr Smith"
    assert state(world, mapped) is TextState.KEPT
    assert world.record(mapped).state is LineState.IN_STEP
    other = NAMES.model_copy(update={"replaces_text": digest_of_text("Another one")})
    tick(world, mapped, other)
    world.night()
    assert world.fake.requests == 0
    tick(world, mapped, NAMES.model_copy(update={"replaces_text": digest_of_text("As agreed with Mr Smith")}))
    world.night()
    assert text(world, mapped) == "Business Premium | Users: Ann"


@pytest.mark.parametrize("people", [(ANN,), (ANN, BOB)])
def test_a_text_that_somebody_edited_by_hand_is_not_overwritten(people: tuple[User, ...]) -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    world.fake.edit_line(mapped.line, text="Ann, by courier")
    world.read("contoso", people=people)
    world.night()
    assert text(world, mapped) == "Ann, by courier"
    assert kinds(world) == [WriteKind.SET_TEXT]
    assert state(world, mapped) is TextState.KEPT
    assert world.record(mapped).state is LineState.IN_STEP
    world.fake.edit_line(mapped.line, text="")  # cleared: the next look finds that, and it is ours again
    world.night()
    world.night()
    assert text(world, mapped).startswith("Business Premium | Users: Ann")


def test_a_text_that_is_edited_between_look_and_plan_is_found_by_the_look_before_the_write() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    world.read("contoso", people=(BOB,))
    world.fake.edit_line(mapped.line, text="by hand")
    world.later_read({SKU: 12})
    world.night()
    assert (text(world, mapped), world.quantity(mapped)) == ("by hand", 12)


@pytest.mark.parametrize(
    "rule",
    [
        lambda text: f"  {text} ",
        lambda text: f"<p>{text.replace('&', '&amp;')}</p>",
        lambda text: text.replace("'", "&#39;").replace(" | ", "\r\n| "),
        lambda text: text[:30],
        lambda text: text.replace("ü", "?"),
    ],
)
def test_what_a_psa_makes_of_a_text_is_no_reason_to_write_it_each_night(rule: object) -> None:
    world = World()
    world.fake.text_rule = rule  # type: ignore[assignment]
    mapped = billed(world, replace(ANN, name="Änn O'Brien & Söhne, Müller"))
    world.push_until_done()
    world.night()
    world.night()
    assert kinds(world) == [WriteKind.SET_TEXT]
    assert state(world, mapped) is TextState.IN_STEP
    world.read("contoso", people=(BOB,))
    world.night()
    assert kinds(world) == [WriteKind.SET_TEXT] * 2


@pytest.mark.parametrize("rule", [lambda text: "", lambda text: "none of your business"])
def test_a_psa_that_makes_another_text_of_it_is_left_alone_after_two_tries(rule: object) -> None:
    world = World()
    world.fake.text_rule = rule  # type: ignore[assignment]
    mapped = billed(world, ANN)
    world.push_until_done()
    tries = world.fake.requests
    assert tries <= 2
    world.night()
    assert world.fake.requests == tries
    assert state(world, mapped) in (TextState.REFUSED, TextState.KEPT)
    assert world.record(mapped).state is LineState.IN_STEP


@pytest.mark.parametrize("takes", Takes)
def test_a_text_that_the_psa_refuses_is_not_tried_again_and_stops_no_seat(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = billed(world, ANN)
    world.fake.outcomes.append(Outcome.REFUSED)
    world.push_until_done()
    assert (world.record(mapped).state, state(world, mapped)) == (LineState.IN_STEP, TextState.REFUSED)
    assert "text_not_written" in world.events(mapped)
    world.night()
    assert world.fake.requests == 1
    world.later_read({SKU: 12})
    world.night()
    assert world.quantity(mapped) == 12


@pytest.mark.parametrize("takes", [Takes.NUMBERS, Takes.DIFFERENCES])
def test_a_text_to_which_the_psa_gave_no_clear_answer_all_night_is_tried_again_in_the_next(
    takes: Takes,
) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = billed(world, ANN)
    world.fake.outcomes.extend([Outcome.UNCLEAR_NOT_APPLIED] * 9)
    world.push_until_done()
    assert 1 <= world.fake.requests <= 2
    assert state(world, mapped) is TextState.TO_WRITE
    world.fake.outcomes.clear()
    world.night()
    assert (world.record(mapped).state, state(world, mapped)) == (LineState.IN_STEP, TextState.IN_STEP)
    check_invariants(world)


@pytest.mark.parametrize("takes", [Takes.NUMBERS, Takes.DOCUMENTS])
def test_a_quantity_that_was_refused_with_a_text_is_written_without_it_in_the_same_run(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = billed(world, ANN)
    world.later_read({SKU: 12})
    world.fake.outcomes.append(Outcome.REFUSED)
    world.push_until_done()
    assert (world.quantity(mapped), text(world, mapped)) == (12, "")
    assert (world.record(mapped).state, state(world, mapped)) == (LineState.IN_STEP, TextState.REFUSED)
    assert world.fake.requests == 2
    check_invariants(world)


def test_a_missing_right_to_write_texts_is_no_trouble_of_the_connection_and_may_be_there_in_the_next_run() -> (
    None
):
    world = World(fake=FakePsa(takes=Takes.DIFFERENCES))
    mapped = billed(world, ANN)
    world.read("fabrikam", {SKU: 3}, people=(BOB,))
    second = world.map_line("fabrikam", 3, options=NAMES)
    world.fake.refuses_writes = PsaRefused.for_all("The PSA", Cause.RIGHTS, "no", "texts (update)")
    world.push_until_done()
    assert world.fake.requests == 1  # it is said once for all texts
    world.fake.refuses_writes = None
    assert [state(world, each) for each in (mapped, second)] == [TextState.TO_WRITE] * 2
    assert {world.record(each).state for each in (mapped, second)} == {LineState.IN_STEP}
    world.night()
    assert [state(world, each) for each in (mapped, second)] == [TextState.IN_STEP] * 2


def test_a_line_that_is_freed_by_a_look_gets_its_text_in_the_same_run() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.fake.edit_line(mapped.line, billable=BillableOption.NO_CHARGE)
    world.push_until_done()
    assert world.record(mapped).state is LineState.BLOCKED
    world.fake.edit_line(mapped.line, billable=BillableOption.BILLABLE)
    world.night()
    assert (world.record(mapped).state, state(world, mapped)) == (LineState.IN_STEP, TextState.IN_STEP)


def test_names_that_cannot_be_read_leave_the_text_as_it_is() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    world.read("contoso", people=(BOB,))
    world.blobs = MemoryBlobs()
    world.push_until_done("2026-03-03")
    assert text(world, mapped) == "Business Premium | Users: Ann"


@pytest.mark.parametrize("doubt", [DoubtKind.USERS_GONE, DoubtKind.SKUS_GONE])
def test_a_read_that_is_doubted_changes_no_text(doubt: DoubtKind) -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    world.clock.pass_by(timedelta(hours=1))
    world.read("contoso", people=(BOB,), doubts=(doubt,))
    world.push_until_done("2026-03-03")
    assert text(world, mapped) == "Business Premium | Users: Ann"


def test_a_text_waits_with_its_number() -> None:
    world = World(guard=ROOMY.model_copy(update={"tenant_percent": 10, "tenant_seats": 0}))
    mapped = billed(world, ANN)
    world.push_until_done()
    world.read("contoso", {SKU: 3}, people=(BOB,))
    world.night()
    assert world.record(mapped).state is LineState.HELD
    assert text(world, mapped) == "Business Premium | Users: Ann"
    world.decide(world.held()[0].change.id)
    world.night()
    assert (world.quantity(mapped), text(world, mapped)) == (3, "Business Premium | Users: Bob")


def test_of_a_line_whose_ticks_are_taken_away_only_our_own_text_goes() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    tick(world, mapped, Options())
    world.night()
    assert text(world, mapped) == "Business Premium"
    world.night()
    assert kinds(world) == [WriteKind.SET_TEXT] * 2


def test_the_plan_shows_what_the_customer_reads_now_and_will() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.push_until_done()
    world.read("contoso", people=(BOB,))
    (line,) = preview(world.tables, world.blobs, world.account, world.clock.now()).lines
    assert line.text is not None
    assert (line.effect.value, line.text.before, line.text.after) == (
        "text",
        "Business Premium | Users: Ann",
        "Business Premium | Users: Bob",
    )
    world.night()
    assert text(world, mapped) == line.text.after


@pytest.mark.parametrize("seats", [10, 12])
@pytest.mark.parametrize("takes", Takes)
def test_whenever_the_process_ends_the_text_is_written_and_no_seat_moves_twice(
    takes: Takes, seats: int
) -> None:
    moment = 0
    while True:
        moment += 1
        world = World(fake=FakePsa(takes=takes))
        mapped = billed(world, ANN)
        world.later_read({SKU: seats})
        tables, psa, death = world.tables, world.psa, Death(moment)
        world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
        died = True
        try:
            world.push_until_done()
            died = False
        except Killed:
            pass
        world.tables, world.psa = tables, psa
        world.push_until_done()
        world.night()
        while world.say_what_the_psa_shows():
            world.night()
        assert text(world, mapped) == "Business Premium | Users: Ann", moment
        assert world.quantity(mapped) == seats, moment
        texts = [write for write in world.fake.applied if write.sets_text]
        assert len(texts) == 1, moment
        assert world.record(mapped).state is LineState.IN_STEP
        check_invariants(world)
        if not died:
            break
    assert moment > 10


def test_a_stale_read_back_of_a_text_is_waited_for() -> None:
    world = World()
    mapped = billed(world, ANN)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    assert kinds(world) == [WriteKind.SET_TEXT]
    assert text(world, mapped) == "Business Premium | Users: Ann"
    assert LedgerEvent.TEXT_WRITTEN in [entry.event for entry in world.ledger(mapped)]


def test_a_number_that_somebody_changed_while_a_text_was_written_is_a_drift_and_stays() -> None:
    world = World()
    mapped = billed(world, ANN)
    edit = Once("before apply", lambda: world.fake.edit_line(mapped.line, quantity=Decimal(4)))
    world.psa = WatchedPsa(world.fake, edit)
    world.push_until_done()
    world.psa = world.fake
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (4, LineState.DRIFT)
