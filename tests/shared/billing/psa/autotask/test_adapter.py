"""Autotask over real HTTP against its stand-in: the contract, and one test for each trap of the vendor."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.standins.process import RunningStandIns, start
from sandbox.standins.state import State
from sandbox.standins.worlds.load import load_world
from sandbox.standins.worlds.types import World
from shared.billing.psa.autotask.asking import CALLS
from shared.billing.psa.base import (
    BillableOption,
    Effect,
    Pending,
    Period,
    Proration,
    PsaRefused,
    PsaUnavailable,
    Sent,
    WriteKind,
)
from shared.billing.psa.causes import Cause
from shared.billing.psa.pace import pace_of
from tests.shared.billing.psa.autotask_world import COUNT, SETTINGS, YEARLY_PRODUCT, AutotaskWorld, site
from tests.shared.billing.psa.contract import PsaContract
from tests.shared.billing.psa.fake import Outcome

pytestmark = pytest.mark.processes

_numbers = iter(range(COUNT))


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIns]:
    """One process for the module; each test takes a contract of its own."""
    folder: Path = tmp_path_factory.mktemp("autotask")
    state = State(folder)
    load_world(state, World(name="psa tests", partners=(), tenants=(), connectwise=(), autotask=(site(),)))
    state.close()
    with start(folder) as running:
        yield running


@pytest.fixture
def world(standins: RunningStandIns) -> Iterator[AutotaskWorld]:
    pace_of.cache_clear()
    yield AutotaskWorld(standins, next(_numbers))
    standins.control("clear-faults")
    for control in ("autotask-habits", "autotask-rights", "autotask-limit"):
        standins.control(control)


class TestAutotask(PsaContract):
    """The contract, against the stand-in."""


def test_an_adjustment_that_is_sent_twice_counts_twice_so_nothing_sends_it_twice(
    world: AutotaskWorld,
) -> None:
    write = world.set_to(12)
    world.psa.apply(write)
    world.psa.apply(write.model_copy(update={"effective": date(2026, 5, 1)}))
    assert world.truth(world.line_id) == 14
    assert world.psa.repeatable == {WriteKind.SET_TEXT}


def test_a_change_of_a_later_day_is_in_the_quantity_and_told_as_pending(world: AutotaskWorld) -> None:
    later = datetime.now(UTC).date() + timedelta(days=40)
    world.psa.apply(world.set_to(12).model_copy(update={"effective": later}))
    line = world.line()
    assert (line.quantity, line.pending) == (Decimal(12), (Pending(later, Decimal(12)),))


def test_the_answer_to_an_adjustment_has_a_receipt_and_it_can_be_found_by_its_units_alone(
    world: AutotaskWorld,
) -> None:
    write = world.set_to(12)
    assert world.psa.apply(write).receipt.isdecimal()
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_a_second_adjustment_of_one_day_is_refused_and_changes_nothing(world: AutotaskWorld) -> None:
    first = world.set_to(12)
    world.psa.apply(first)
    second = world.set_to(13).model_copy(update={"effective": first.effective})
    answer = world.psa.apply(second)
    assert answer.sent is Sent.REFUSED
    assert "duplicate data" in answer.why
    assert world.truth(world.line_id) == 12


def test_a_day_outside_the_contract_is_refused_in_autotasks_words(world: AutotaskWorld) -> None:
    answer = world.psa.apply(world.set_to(12).model_copy(update={"effective": date(2040, 1, 1)}))
    assert answer.sent is Sent.REFUSED
    assert "between the start date and end date" in answer.why


def test_a_500_that_is_not_understood_may_have_been_applied(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    world.fault("status_after", status=500, kind="autotask.write", count=1)
    assert world.psa.apply(write).sent is Sent.UNCLEAR
    assert world.psa.find_effect(write).effect is Effect.APPLIED


@pytest.mark.parametrize("status", [429, 500])
def test_too_many_threads_is_not_sent_whatever_status_it_has(world: AutotaskWorld, status: int) -> None:
    write = world.set_to(12)
    world.control("habits", threads_exceeded=True, threads_status=status)
    answer = world.psa.apply(write)
    assert (answer.sent, answer.asked_for) == (Sent.NOT_SENT, True)
    with pytest.raises(PsaUnavailable) as unavailable:
        world.psa.lines(world.agreement_id)
    assert unavailable.value.asked_for


def test_a_lost_right_to_adjust_is_refused_for_the_whole_connection(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    world.control("rights", missing="ContractServiceAdjustments.create")
    answer = world.psa.apply(write)
    assert answer.refusal is not None
    assert answer.refusal.cause is Cause.RIGHTS
    assert "ContractServiceAdjustments (create)" in answer.refusal.sentence


@pytest.mark.parametrize(
    "missing", ["ContractServiceUnits.query", "ContractServices.create", "ContractServiceAdjustments.create"]
)
def test_the_check_names_the_right_that_is_missing(world: AutotaskWorld, missing: str) -> None:
    world.control("rights", missing=missing)
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    entity, _, way = missing.partition(".")
    assert refused.value.facts == (f"{entity} ({way})",)


def test_an_unknown_user_is_told_by_its_name_and_not_as_an_outage(world: AutotaskWorld) -> None:
    world.sign_in(SETTINGS.model_copy(update={"user_name": "nobody@NORTHWIND.COM"}))
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert (refused.value.cause, refused.value.facts) == (Cause.SIGN_IN, ("the user name",))


def test_no_rows_for_a_restricted_user_is_never_an_empty_contract(world: AutotaskWorld) -> None:
    world.control("rights", sees_nothing=True)
    with pytest.raises(PsaRefused, match="may not see it"):
        world.psa.lines(world.agreement_id)


def test_units_that_may_not_be_seen_any_more_are_never_none(world: AutotaskWorld) -> None:
    create = world.create().model_copy(update={"marker": "lic:abcdefgh:m:3"})
    assert world.line(world.psa.apply(create).line_id).quantity == 0
    world.control("rights", missing="ContractServiceUnits.all")
    with pytest.raises(PsaRefused) as refused:
        world.psa.lines(world.agreement_id)
    assert refused.value.facts == ("ContractServiceUnits (query)",)


def test_a_service_without_units_that_we_did_not_make_is_not_written(world: AutotaskWorld) -> None:
    ours = world.create().model_copy(update={"marker": "lic:abcdefgh:m:1"})
    foreign = world.create()
    shown = [world.line(world.psa.apply(write).line_id) for write in (ours, foreign)]
    assert [bool(line.not_writable) for line in shown] == [False, True]
    assert [line.quantity for line in shown] == [0, 0]
    assert all("shows no units" in line.untold for line in shown)


def test_an_answer_without_units_proves_nothing_of_a_line_that_had_seats(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    world.fault("empty_list", kind="autotask.read.contractserviceunits", count=1)
    with pytest.raises(PsaUnavailable, match="shows no units"):
        world.psa.find_effect(write)
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_a_new_line_is_made_without_units_and_an_adjustment_gives_it_some(world: AutotaskWorld) -> None:
    create = world.create().model_copy(update={"marker": "lic:abcdefgh:m:2"})
    made = world.line(world.psa.apply(create).line_id)
    seats = create.model_copy(
        update={
            "kind": WriteKind.SET_QUANTITY,
            "line_id": made.id,
            "after": 7,
            "fingerprint": made.fingerprint,
        }
    )
    assert world.psa.apply(seats).sent is Sent.ANSWERED
    assert world.psa.find_effect(seats).effect is Effect.APPLIED
    assert world.truth(made.id) == 7


def test_what_autotask_cannot_say_of_a_line_is_refused_before_it_is_sent(world: AutotaskWorld) -> None:
    before = world.write_requests()
    answer = world.psa.apply(world.create().model_copy(update={"billable": BillableOption.NO_CHARGE}))
    assert answer.sent is Sent.REFUSED
    assert "bills every service" in answer.why
    assert world.write_requests() == before


def test_lists_go_over_pages_and_a_page_that_leads_elsewhere_is_not_followed(world: AutotaskWorld) -> None:
    world.control("habits", largest_page=20)
    found = world.psa.agreements()
    assert {int(one.id) for one in found} >= {int(world.agreement_id)}
    assert len(found) > 40
    assert {one.proration for one in found} == {Proration.BY_DATE}


def test_a_list_that_is_shorter_than_its_own_count_is_not_whole(world: AutotaskWorld) -> None:
    world.fault("empty_list", kind="autotask.read.companies", path="companies/query$", count=1)
    with pytest.raises(PsaUnavailable):
        world.psa.companies()


def test_products_have_the_period_that_the_database_names(world: AutotaskWorld) -> None:
    periods = {product.id: product.period for product in world.psa.products()}
    assert periods[world.product_id] is Period.MONTHLY
    assert periods[str(YEARLY_PRODUCT)] is Period.ANNUAL


def test_no_new_work_begins_when_all_tools_together_made_most_calls_of_the_hour(world: AutotaskWorld) -> None:
    world.psa.lines(world.agreement_id)
    world.control("limit", others=6_000)
    world.later = timedelta(minutes=2)
    with pytest.raises(PsaUnavailable) as unavailable:
        world.psa.lines(world.agreement_id)
    assert (unavailable.value.asked_for, unavailable.value.after) == (True, timedelta(minutes=5))
    world.control("limit", others=1_000)
    assert world.psa.lines(world.agreement_id)


def test_what_has_begun_is_finished_whatever_others_do(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    world.control("limit", others=9_000)
    world.later = timedelta(minutes=2)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_with_others_at_half_of_the_limit_a_night_has_no_429_and_never_three_calls_at_once(
    world: AutotaskWorld,
) -> None:
    """W5, a night of 60 contracts by more threads than there are places."""
    world.control("limit", others=5_000)
    world.adapter.slowly = 0.005
    world.standins.reset_counts()
    contracts = [one.id for one in world.psa.agreements()][:60]
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert all(pool.map(world.psa.lines, contracts))
    asked = world.standins.counts()["autotask.read"]
    assert world.adapter.statuses[429] == 0
    assert max(world.adapter.most.values()) == 2
    assert asked <= 3 * len(contracts) + 5
    assert CALLS <= 0.2 * 10_000


def test_the_share_of_the_hour_is_kept(world: AutotaskWorld) -> None:
    pace = pace_of(SETTINGS.system, CALLS, timedelta(hours=1))
    world.psa.lines(world.agreement_id)
    for _ in range(CALLS):
        pace.count(world.psa._api.http.clock())  # type: ignore[attr-defined]
    before = world.standins.counts()["autotask.read"]
    with pytest.raises(PsaUnavailable) as unavailable:
        world.psa.lines(world.agreement_id)
    assert unavailable.value.asked_for
    assert world.standins.counts()["autotask.read"] == before


def test_neither_secret_nor_code_stands_in_what_is_told(world: AutotaskWorld) -> None:
    world.break_sign_in()
    with pytest.raises(PsaRefused) as refused:
        world.psa.check()
    assert world.secret not in str(refused.value)
    assert SETTINGS.integration_code not in str(refused.value)


def test_a_stale_read_of_a_line_without_its_rows_proves_nothing(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    world.psa.apply(write)
    world.fault("empty_list", kind="autotask.read.contractserviceunits", count=1)
    with pytest.raises(PsaUnavailable):
        world.psa.find_effect(write)
    assert world.psa.find_effect(write).effect is Effect.APPLIED


def test_a_yes_without_an_effect_is_found_by_its_units(world: AutotaskWorld) -> None:
    write = world.set_to(12)
    world.next_write(Outcome.ANSWERED_NOT_APPLIED)
    assert world.psa.apply(write).sent is Sent.ANSWERED
    assert world.psa.find_effect(write).effect is Effect.NOT_APPLIED
