"""A line says that it is in step only where that is proven; the page of a customer and the plan say the same of it."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.account import Mode
from shared.accounts.companies import added_tenants
from shared.accounts.runs import LineCounts
from shared.billing import agreement_store
from shared.billing.line_states import states_of
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    Drift,
    Ending,
    LicenceMapping,
    LineRecord,
    LineState,
    Options,
    Unreadable,
    UnreadableReason,
)
from shared.billing.planning import preview
from shared.billing.planning.line_state import NOT_REACHED, line_state
from shared.billing.planning.preview import Effect
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import PsaRefused
from shared.billing.psa.causes import Cause
from shared.billing.tenant_licences import tenant_licences
from shared.licensing.custom_licences.defined import CUSTOM_LICENCE
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Reason, Standing
from shared.storage import keys
from shared.storage.memory import MemoryTables
from shared.storage.tables import Row
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, START, Mapped, World, check_invariants

BUSY = Unreadable(reason=UnreadableReason.NOT_FINISHED)
NO_EDIT = PsaRefused.for_all("ConnectWise", Cause.RIGHTS, "Forbidden", "Finance > Agreements (edit)")
WRITES = {Effect.WRITTEN, Effect.CREATED, Effect.SCHEDULED}


@pytest.fixture
def world() -> World:
    return World()


def page(world: World, mapped: Mapped) -> LineState:
    """As the page of the customer tells it, which the plan of the account must not contradict."""
    now = world.clock.now()
    found = tenant_licences(world.tables, world.blobs, ACCOUNT, mapped.tenant, now)
    added = added_tenants(world.tables, ACCOUNT)
    state, told = states_of(world.tables, world.blobs, ACCOUNT, found, added, now)[mapped.mapping]
    effect, why = planned(world, mapped)
    assert (effect in WRITES) == (state is LineState.SCHEDULED)
    assert (effect is Effect.HELD) == (state is LineState.HELD)
    assert (effect is Effect.IN_STEP) == (state is LineState.IN_STEP)
    assert (effect is Effect.BLOCKED) == (state is LineState.BLOCKED)
    assert told == (why if state is LineState.BLOCKED else "")
    assert (told != "") == (state is LineState.BLOCKED)
    return state


def planned(world: World, mapped: Mapped) -> tuple[Effect, str]:
    lines = preview.preview(world.tables, world.blobs, world.account, world.clock.now()).lines
    return next(
        ((line.effect, line.why) for line in lines if line.mapping.id == mapped.mapping), (Effect.IN_STEP, "")
    )


def certified(world: World, mapped: Mapped) -> tuple[Standing, Reason]:
    rows = certificate_now(world.tables, world.blobs, world.account, world.clock.now()).rows
    return next(
        (row.standing, row.reason) for row in rows if row.line and row.line.mapping_id == mapped.mapping
    )


def make_unreadable(world: World, mapped: Mapped) -> None:
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    record = kept.record.model_copy(update={"unreadable": BUSY})
    agreement_store.save(world.tables, ACCOUNT, kept, record)


def test_a_line_that_was_read_and_says_what_is_wanted_is_in_step(world: World) -> None:
    mapped = world.map_line("contoso", 10)
    world.night()
    assert (page(world, mapped), certified(world, mapped)) == (
        LineState.IN_STEP,
        (Standing.BILLED, Reason.ON_ITS_LINE),
    )


def test_a_line_of_an_agreement_that_could_not_be_worked_on_is_not_in_step(world: World) -> None:
    mapped = world.map_line("contoso", 10)
    world.night()
    make_unreadable(world, mapped)
    assert page(world, mapped) is LineState.BLOCKED
    assert planned(world, mapped)[1] != ""
    assert certified(world, mapped) == (Standing.OPEN, Reason.LINE_NOT_READ)
    world.night()
    assert page(world, mapped) is LineState.IN_STEP


def test_a_line_that_waits_to_be_created_is_to_be_written_before_any_plan(world: World) -> None:
    mapped = world.map_new("contoso", 5)
    assert world.record(mapped).state is LineState.SCHEDULED
    assert page(world, mapped) is LineState.SCHEDULED
    world.night()
    assert page(world, mapped) is LineState.IN_STEP


def test_no_line_is_waited_for_where_no_seats_are_wanted(world: World) -> None:
    mapped = world.map_new("contoso", 0)
    world.night()
    assert page(world, mapped) is LineState.IN_STEP


def test_a_change_that_the_push_did_not_reach_is_to_be_written(world: World) -> None:
    """A right that is missing ends the night early; the rest of the connection is proven by nothing."""
    changed, same = world.map_line("contoso", 10), world.map_line("fabrikam", 4)
    world.later_read({SKU: 12}, "contoso")
    world.fake.refuses_writes = NO_EDIT
    assert world.push_until_done().lines == LineCounts(failed=2)
    assert (page(world, changed), page(world, same)) == (LineState.SCHEDULED, LineState.BLOCKED)
    assert planned(world, same)[1] == NOT_REACHED
    assert certified(world, same) == (Standing.OPEN, Reason.LINE_NOT_READ)
    check_invariants(world)
    world.fake.refuses_writes = None
    assert world.night().lines == LineCounts(written=1, unchanged=1)
    assert {page(world, changed), page(world, same)} == {LineState.IN_STEP}


def test_a_hold_that_was_approved_or_is_of_other_numbers_than_those_wanted_now_holds_nothing(
    world: World,
) -> None:
    mapped = world.map_line("contoso", 10)
    world.later_read({SKU: 0})
    world.push_until_done()
    assert page(world, mapped) is LineState.HELD
    world.decide(world.held()[0].change.id)
    assert page(world, mapped) is LineState.SCHEDULED
    world.later_read({SKU: 12})
    assert page(world, mapped) is LineState.SCHEDULED
    world.later_read({SKU: 10})
    assert page(world, mapped) is LineState.IN_STEP


def test_what_could_not_be_planned_is_judged_anew_with_the_next_read(world: World) -> None:
    mapped = world.map_line("contoso", 10)
    world.later_read({SKU: 12})
    world.fail()
    world.push_until_done()
    assert page(world, mapped) is LineState.BLOCKED
    world.later_read({SKU: 12})
    assert page(world, mapped) is LineState.SCHEDULED


def later_read(world: World, mapped: Mapped) -> None:
    world.later_read({SKU: 12}, mapped.tenant)


def another_minimum(world: World, mapped: Mapped) -> None:
    (mapping,) = world.mappings(mapped.tenant).mappings
    changed = mapping.model_copy(update={"options": Options(minimum=12)})
    world._mappings[mapped.tenant] = [changed]
    world.save_mappings(mapped.tenant)


@pytest.mark.parametrize("change", [later_read, another_minimum])
@pytest.mark.parametrize("mode", list(Mode))
def test_a_number_that_is_wanted_since_the_last_push_is_to_be_written(
    mode: Mode, change: Callable[[World, Mapped], None]
) -> None:
    """Also in preview mode, where nothing is written, and before any plan knows of it."""
    world = World(mode=mode)
    mapped = world.map_line("contoso", 10)
    world.push_until_done()
    change(world, mapped)
    assert page(world, mapped) is LineState.SCHEDULED
    assert certified(world, mapped) == (Standing.OPEN, Reason.DIFFERS)
    check_invariants(world)


def test_a_line_that_is_to_end_is_not_done_before_it_is_proven_to_end() -> None:
    line = LineRecord(
        mapping_id="e1",
        tenant_id="contoso",
        product_id="p",
        line_id="l1",
        confirmed=3,
        ending=Ending(last_day=date(2026, 3, 31), mapping_id="m1", who="ann", since=START),
    )
    assert line.state is LineState.SCHEDULED
    assert line.model_copy(update={"ends": date(2026, 3, 31)}).state is LineState.IN_STEP


MAPPING = LicenceMapping(id="mapping01", sku_id="s", profile="p", connection="cw", agreement_id="7")
GOLD = BillingProfile(id="p", name="Gold", connection="cw", product_id="p1")


@given(
    confirmed=st.sampled_from([None, 0, 4, 5]),
    wanted=st.sampled_from([None, 0, 4, 5]),
    there=st.booleans(),
    unreadable=st.sampled_from([None, BUSY]),
    reached=st.booleans(),
    drifted=st.booleans(),
    agreement=st.sampled_from(["7", "8"]),
)
def test_whatever_is_remembered_only_a_proven_line_is_in_step(
    *,
    confirmed: int | None,
    wanted: int | None,
    there: bool,
    unreadable: Unreadable | None,
    reached: bool,
    drifted: bool,
    agreement: str,
) -> None:
    line = LineRecord(
        mapping_id=MAPPING.id,
        tenant_id="contoso",
        product_id="p1",
        line_id="l1" if there else "",
        confirmed=confirmed if there else None,
        drift=Drift(psa=Decimal(9), since=START - timedelta(days=1)) if drifted else None,
    )
    record = AgreementRecord(
        connection="cw", agreement_id=agreement, unreadable=unreadable, lines={line.mapping_id: line}
    )
    wish = Wish.of(MAPPING, GOLD, "contoso", wanted)
    state = line_state(record, line, wish, reached=reached)
    says = confirmed == wanted if there else wanted == 0
    proven = says and wanted is not None and unreadable is None and reached and not drifted
    assert (state is LineState.IN_STEP) == (proven and agreement == "7")
    assert line_state(record, line, None, reached=reached) is not LineState.IN_STEP


class CountedSettings(MemoryTables):
    """Counts how often the partner connections and the custom licences of an account are read."""

    def __init__(self, like: MemoryTables) -> None:
        super().__init__()
        self._partitions = like._partitions
        self.looks: Counter[str] = Counter()

    def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
        self.looks[prefix] += 1
        return super().rows(partition, prefix, after)


def test_a_page_of_licences_looks_up_once_what_all_its_numbers_are_counted_by(world: World) -> None:
    mapped = world.map_line()
    assert isinstance(world.tables, MemoryTables)
    counted = CountedSettings(world.tables)
    now = world.clock.now()
    found = tenant_licences(counted, world.blobs, ACCOUNT, mapped.tenant, now)
    assert states_of(counted, world.blobs, ACCOUNT, found, added_tenants(world.tables, ACCOUNT), now)
    partners = keys.settings_of_kind("partner")
    custom = keys.decisions_now(CUSTOM_LICENCE)
    assert (counted.looks[partners], counted.looks[custom]) == (1, 1)
