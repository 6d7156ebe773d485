"""HaloPSA over real HTTP against its stand-in: the contract, and one test for each trap of the vendor."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from shared.billing.psa.base import BillableOption, Effect, PsaRefused, PsaUnavailable, Sent
from shared.billing.psa.causes import Cause
from tests.shared.billing.psa.contract import PsaContract
from tests.shared.billing.psa.halo_world import COUNTED, INVOICES, PENDING, HaloWorld, sites

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("halo")


@pytest.fixture(scope="module")
def standins(folder: Path) -> Iterator[RunningStandIns]:
    """One process for the module; each test takes a recurring invoice of its own."""
    state = State(folder)
    load_world(state, World(name="psa tests", partners=(), tenants=(), connectwise=(), halo=sites()))
    state.close()
    with start(folder) as running:
        yield running


@pytest.fixture
def worlds(standins: RunningStandIns, folder: Path) -> Iterator[Callable[..., HaloWorld]]:
    def make(**words: Any) -> HaloWorld:
        return HaloWorld(standins, folder, next(_numbers), **words)

    standins.reset_counts()
    yield make
    standins.control("clear-faults")
    for control in ("halo_habits", "halo_limit", "halo_rights"):
        standins.control(control, site="acme")


_numbers = iter(range(INVOICES))


@pytest.fixture
def world(worlds: Callable[..., HaloWorld]) -> HaloWorld:
    return worlds()


class TestHalo(PsaContract):
    """The contract, against the stand-in."""


# Whole documents


def test_pending_rows_are_part_of_the_number_and_stay_when_it_is_set(world: HaloWorld) -> None:
    line = world.line(world.line_number(PENDING))
    assert line.quantity == 10
    assert line.not_writable == ""
    assert [pending.quantity for pending in line.pending] == [10]
    write = world.set_to(13, line.id)
    world.psa.apply(write)
    assert world.psa.find_effect(write).effect is Effect.APPLIED
    shown = world.shown(line.id)
    assert (shown["qty_order"], [row["quantity"] for row in shown["prorata_data"]]) == (11, [2])
    world.standins.control("halo_bill", invoice=world.agreement_id)
    assert world.line(line.id).quantity == 13


def test_a_line_that_halo_counts_itself_says_so_and_is_never_written(world: HaloWorld) -> None:
    line = world.line(world.line_number(COUNTED))
    assert "Halo counts the quantity of this line itself" in line.not_writable
    assert world.psa.apply(world.set_to(9, line.id)).sent is Sent.CONFLICT
    assert world.write_requests() == 0


def test_a_line_that_halo_begins_to_count_after_the_look_is_not_written(world: HaloWorld) -> None:
    write = world.set_to(12)
    world.standins.control("halo_count_line", invoice=world.agreement_id, line=int(world.line_id), counted=11)
    assert world.psa.apply(write).sent is Sent.CONFLICT
    assert world.write_requests() == 0


def test_the_other_lines_go_back_exactly_as_they_are(world: HaloWorld) -> None:
    world.by_a_person(world.other_line_id, qty_order=2.5, unit_price=19.995)
    write = world.set_to(12)
    before = [world.shown(world.line_number(n)) for n in (1, COUNTED, PENDING)]
    assert world.psa.apply(write).sent is Sent.ANSWERED
    assert [world.shown(world.line_number(n)) for n in (1, COUNTED, PENDING)] == before
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_all_changed_lines_of_a_document_go_in_one_request(world: HaloWorld) -> None:
    writes = [world.set_to(12), world.set_to(14, world.line_number(PENDING))]
    assert world.psa.apply(*writes).sent is Sent.ANSWERED
    assert world.write_requests() == 1
    assert [world.psa.find_effect(write).effect for write in writes] == [Effect.APPLIED, Effect.APPLIED]
    assert [world.truth(world.line_number(n)) for n in (0, PENDING)] == [Decimal(12), Decimal(14)]


def test_a_line_that_a_person_changed_after_the_look_is_a_conflict_and_nothing_is_sent(
    world: HaloWorld,
) -> None:
    write = world.set_to(12)
    world.by_a_person(world.line_id, qty_order=11)
    answer = world.psa.apply(write)
    assert (answer.sent, "changed after it was looked at" in answer.why) == (Sent.CONFLICT, True)
    assert world.write_requests() == 0
    assert world.truth(world.line_id) == 11


def test_a_document_that_lacks_a_line_it_had_is_never_sent_back(world: HaloWorld) -> None:
    write = world.set_to(12)
    world.remove_line(world.other_line_id)
    assert world.psa.apply(write).sent is Sent.CONFLICT
    assert world.write_requests() == 0


@pytest.mark.parametrize("on", [0, 1], ids=["the line itself", "another line"])
def test_an_edit_between_the_read_and_the_write_is_undone_by_it_and_told_by_whom(
    world: HaloWorld, on: int
) -> None:
    write = world.set_to(12)
    world.by_a_person(world.line_number(on), qty_order=7, after_reads=1)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    evidence = world.psa.find_effect(write)
    assert evidence.effect is Effect.DIVERGED
    assert f"mkeller had set qty_order of line {world.line_number(on)} to 7" in evidence.why


def test_an_edit_that_a_new_line_undid_is_told_and_the_line_is_known(world: HaloWorld) -> None:
    write = world.create()
    world.by_a_person(world.other_line_id, qty_order=7, after_reads=1)
    answer = world.psa.apply(write)
    evidence = world.psa.find_effect(write, answer.line_id)
    assert (evidence.effect, evidence.line is not None) == (Effect.DIVERGED, True)
    assert f"mkeller had set qty_order of line {world.other_line_id} to 7" in evidence.why


@pytest.mark.parametrize("on", [0, 1], ids=["the line itself", "another line"])
def test_an_edit_that_a_pro_rata_row_undid_is_told(world: HaloWorld, on: int) -> None:
    world.sign_in(prorates=True)
    write = world.set_to(12)
    world.by_a_person(world.line_number(on), unit_price=7, after_reads=1)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    evidence = world.psa.find_effect(write)
    assert evidence.effect is Effect.DIVERGED
    assert f"mkeller had set unit_price of line {world.line_number(on)} to 7" in evidence.why


def test_an_edit_of_a_new_line_after_it_was_made_is_no_matter_of_its_write(world: HaloWorld) -> None:
    write = world.create()
    made = world.psa.apply(write).line_id
    world.by_a_person(made, unit_cost=7)
    assert world.psa.find_effect(write, made).effect is Effect.APPLIED


@pytest.mark.parametrize("after", [None, 12])
def test_an_edit_that_a_text_undid_is_told(world: HaloWorld, after: int | None) -> None:
    write = world.say("Office | Users: Ann", after)
    world.by_a_person(world.other_line_id, qty_order=7, after_reads=1)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    evidence = world.psa.find_effect(write)
    assert evidence.effect is Effect.DIVERGED
    assert f"mkeller had set qty_order of line {world.other_line_id} to 7" in evidence.why


def test_where_halo_does_not_tell_its_changes_the_test_says_so_and_a_proven_write_stays_proven(
    world: HaloWorld,
) -> None:
    write = world.set_to(12)
    world.psa.apply(write)
    world.fault("status", status=404, path="/InvoiceChange")
    assert world.psa.find_effect(write).effect is Effect.APPLIED
    with pytest.raises(PsaRefused):
        world.psa.check()


def test_a_line_that_was_removed_between_the_read_and_the_write_is_refused_and_stays_removed(
    world: HaloWorld,
) -> None:
    write = world.set_to(12)
    world.standins.control(
        "halo_remove_line", invoice=world.agreement_id, line=int(world.other_line_id), after_reads=1
    )
    answer = world.psa.apply(write)
    assert (answer.sent, "is not a line of invoice" in answer.why) == (Sent.REFUSED, True)


def test_more_seats_are_a_pro_rata_row_of_their_day_where_the_connection_prorates(world: HaloWorld) -> None:
    world.sign_in(prorates=True)
    write = world.set_to(12)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    assert world.psa.find_effect(write).effect is Effect.APPLIED
    shown = world.shown(world.line_id)
    assert (shown["qty_order"], shown["prorata_data"][0]["quantity"]) == (10, 2)
    assert shown["prorata_data"][0]["date"] == "2026-03-17T00:00:00Z"
    fewer = world.set_to(11)
    world.psa.apply(fewer)
    assert world.psa.find_effect(fewer).effect is Effect.APPLIED
    (after,) = world.standins.control("halo_bill", invoice=world.agreement_id)[:1]
    assert after["qty_order"] == 11


def test_fewer_seats_than_pending_rows_say_are_refused(world: HaloWorld) -> None:
    world.by_a_person(world.line_id, qty_order=0)
    world.sign_in(prorates=True)
    world.psa.apply(world.set_to(5))
    answer = world.psa.apply(world.set_to(2))
    assert (answer.sent, "Remove them in Halo" in answer.why) == (Sent.REFUSED, True)


def test_a_new_line_has_the_price_of_its_item_also_where_halo_does_not_find_it(world: HaloWorld) -> None:
    world.habits(prices_new_lines=False)
    write = world.create().model_copy(update={"billable": BillableOption.BILLABLE})
    line_id = world.psa.apply(write).line_id
    assert world.shown(line_id)["unit_price"] == 23.5
    assert world.psa.find_effect(write, line_id).effect is Effect.APPLIED


def test_a_new_line_is_found_by_its_id_where_halo_does_not_keep_the_mark(world: HaloWorld) -> None:
    world.habits(keeps_reference=False)
    write = world.create()
    line_id = world.psa.apply(write).line_id
    assert world.line(line_id).marker == ""
    assert world.psa.find_effect(write, line_id).effect is Effect.APPLIED


def test_a_write_that_was_applied_and_answered_with_a_pause_is_found(world: HaloWorld) -> None:
    write = world.set_to(12)
    world.fault("status_after", status=429, kind="halo.write", count=1)
    answer = world.psa.apply(write)
    assert (answer.sent, answer.asked_for) == (Sent.NOT_SENT, True)
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_an_answer_that_is_cut_is_unclear_and_the_read_back_says_what_became_of_it(world: HaloWorld) -> None:
    write = world.set_to(12)
    world.fault("cut", kind="halo.write", count=1)
    assert world.psa.apply(write).sent is Sent.UNCLEAR
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_a_web_page_that_says_404_is_no_recurring_invoice_that_is_gone(world: HaloWorld) -> None:
    """A proxy's page: what it stands for is not known."""
    world.fault("html", status=404, kind="halo.read", count=1)
    with pytest.raises(PsaUnavailable, match="web page"):
        world.psa.lines(world.agreement_id)


# Sign-in and rights


@pytest.mark.parametrize(
    "missing, told",
    [
        ("items", ("read:items",)),
        ("invoices", ("read:invoices",)),
        ("invoices.edit", ("edit:invoices",)),
        ("customers,invoices.edit", ("read:customers", "edit:invoices")),
    ],
)
def test_the_check_says_which_right_is_missing(world: HaloWorld, missing: str, told: tuple[str, ...]) -> None:
    world.standins.control("halo_rights", site="acme", missing=missing)
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert (refused.value.cause, refused.value.facts) == (Cause.RIGHTS, told)


def test_the_check_changes_nothing(world: HaloWorld) -> None:
    before = world.standins.control("halo_writes")
    world.psa.check()
    assert world.standins.control("halo_writes") == before


def test_a_wrong_secret_is_told_without_it(world: HaloWorld) -> None:
    world.break_sign_in()
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert (refused.value.cause, refused.value.code) == (Cause.SIGN_IN, "invalid_client")
    assert world.client_secret not in str(refused.value)


def test_a_wrong_tenant_is_answered_500_and_told_as_a_wrong_tenant(world: HaloWorld) -> None:
    world.sign_in(tenant="other")
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert (refused.value.cause, refused.value.facts) == (Cause.SIGN_IN, ("the tenant",))


def test_an_outage_of_the_sign_in_is_no_wrong_tenant(world: HaloWorld) -> None:
    world.fault("status", status=503, kind="halo.sign_in")
    with pytest.raises(PsaUnavailable):
        world.psa.check()


def test_a_token_that_has_ended_is_replaced(world: HaloWorld) -> None:
    world.psa.companies()
    world.later(minutes=70)
    assert world.psa.companies()


# Limits and lists


def test_new_work_waits_before_halo_refuses_and_what_has_begun_is_finished(world: HaloWorld) -> None:
    world.standins.control("halo_limit", site="acme", others=150)
    begun = world.set_to(12)
    for _ in range(119):
        world.psa.lines(world.agreement_id)
    with pytest.raises(PsaUnavailable) as waits:
        world.psa.lines(world.agreement_id)
    assert waits.value.asked_for
    assert timedelta() < waits.value.after <= timedelta(minutes=5)
    assert world.psa.apply(begun).sent is Sent.ANSWERED
    assert world.psa.find_effect(begun).effect is Effect.APPLIED
    world.later(minutes=waits.value.after.total_seconds() / 60 + 0.1)
    assert world.psa.lines(world.agreement_id)


def test_a_pause_that_names_no_time_is_believed_at_once(world: HaloWorld) -> None:
    world.psa.lines(world.agreement_id)
    world.standins.control("halo_limit", site="acme", per_5_minutes=1)
    before = world.read_requests()
    with pytest.raises(PsaUnavailable) as waits:
        world.psa.lines(world.agreement_id)
    assert (waits.value.asked_for, world.read_requests() - before) == (True, 1)


def test_a_list_is_whole_however_small_its_pages_are_and_whatever_it_says_of_its_length(
    world: HaloWorld,
) -> None:
    whole = {agreement.id for agreement in world.psa.agreements()}
    assert len(whole) > 100
    world.habits(largest_page=40, record_count="zero")
    assert {agreement.id for agreement in world.psa.agreements()} == whole
    world.habits(record_count="page")
    world.fault("duplicate_row", kind="halo.read.recurringinvoice")
    assert [agreement.id for agreement in world.psa.agreements()] == sorted(whole, key=int)


def test_a_row_that_goes_while_pages_are_counted_off_hides_no_other(world: HaloWorld) -> None:
    size = 10
    world.habits(largest_page=size)

    def remove(number: int) -> None:
        if number == world.number // size + 2:  # its own page was read already
            world.adapter.before_page = lambda _: None
            world.remove_agreement()

    world.adapter.before_page = remove
    with pytest.raises(PsaUnavailable, match="changed a list while it was read"):
        world.psa.agreements()
    assert world.agreement_id not in {agreement.id for agreement in world.psa.agreements()}


def test_a_server_without_pages_sends_the_same_each_time_and_that_is_the_end(world: HaloWorld) -> None:
    world.habits(pages_by_number=False)
    assert [company.name for company in world.psa.companies()] == ["Acme"]


def test_a_recurring_invoice_that_is_disabled_or_has_ended_is_listed_as_not_active(world: HaloWorld) -> None:
    def listed() -> tuple[bool, str]:
        found = next(one for one in world.psa.agreements() if one.id == world.agreement_id)
        return found.active, found.type

    assert listed() == (True, "Monthly")
    world.standins.control("halo_change_invoice", invoice=world.agreement_id, disabled=True, period=3)
    assert listed() == (False, "Yearly")
    world.standins.control(
        "halo_change_invoice", invoice=world.agreement_id, disabled=False, enddate="2020-01-31T00:00:00Z"
    )
    assert listed() == (False, "Yearly")
