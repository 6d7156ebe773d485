"""N2, N3: a person takes theirs, keeps ours, freezes, or undoes a change; never by other numbers than were seen."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing import agreement_store, line_decisions
from shared.billing.models import LedgerEvent, LineRecord, LineState, Options, TenantMappings, Verdict
from shared.billing.planning import approval, load
from shared.billing.planning.quantities import billed
from shared.errors import NotFound, Rejected
from tests.shared.billing.hooks import Killed, WatchedPsa, WatchedTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, Mapped, World


@pytest.fixture
def world() -> World:
    return World()


def drifted(world: World, quantity: int = 10, psa: int = 12) -> Mapped:
    """Somebody set the line to another number in the PSA, and a night saw it."""
    mapped = world.map_line(quantity=quantity)
    world.night()
    world.fake.edit_line(mapped.line, quantity=Decimal(psa))
    world.night()
    assert kept(world, mapped).state is LineState.DRIFT
    return mapped


def kept(world: World, mapped: Mapped) -> LineRecord:
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    return record.lines[mapped.mapping]


def in_psa(world: World, mapped: Mapped) -> int:
    (line,) = [line for line in world.fake.lines(mapped.agreement) if line.id == mapped.line]
    return int(line.quantity)


def events(world: World, mapped: Mapped) -> list[LedgerEvent]:
    entries = agreement_store.ledger(world.tables, ACCOUNT, CONNECTION, mapped.agreement, mapped.mapping)
    return [entry.event for entry in entries]


def test_theirs_is_taken_and_later_seats_still_move_the_line(world: World) -> None:
    mapped = drifted(world, 10, 12)
    line_decisions.take_theirs(
        line_decisions.Stores(world.tables, world.blobs),
        ACCOUNT,
        mapped.tenant,
        mapped.mapping,
        12,
        world.by(),
    )
    assert kept(world, mapped).state is LineState.IN_STEP
    world.night()
    assert in_psa(world, mapped) == 12
    world.next_night()
    world.later_read({SKU: 15})
    world.push_until_done(world.clock.now().date().isoformat())
    assert in_psa(world, mapped) == 17
    assert LedgerEvent.TAKEN in events(world, mapped)


def test_ours_is_kept_by_one_write_whatever_the_guard_would_say(world: World) -> None:
    mapped = drifted(world, 10, 60)
    before = len(world.fake.applied)
    hold = line_decisions.keep_ours(
        line_decisions.Stores(world.tables, world.blobs),
        ACCOUNT,
        mapped.tenant,
        mapped.mapping,
        (60, 10),
        world.by(),
    )
    assert hold.decided is not None
    assert hold.decided.verdict is Verdict.APPROVED
    run = approval.push_now(world.tables, ACCOUNT, hold, world.clock.now(), world.clock.at.date())
    world.push_until_done(run.id)
    assert in_psa(world, mapped) == 10
    assert len(world.fake.applied) == before + 1
    assert kept(world, mapped).state is LineState.IN_STEP


def test_a_frozen_line_is_left_alone_by_every_night_until_it_is_unfrozen(world: World) -> None:
    mapped = drifted(world, 10, 12)
    line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    world.fake.edit_line(mapped.line, quantity=Decimal(11))
    world.later_read({SKU: 20})
    run = world.night()
    assert (in_psa(world, mapped), run.lines.frozen) == (11, 1)
    assert kept(world, mapped).state is LineState.FROZEN
    line_decisions.unfreeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    assert kept(world, mapped).state is LineState.DRIFT
    assert events(world, mapped).count(LedgerEvent.FROZEN) == 1


def test_a_line_in_step_can_be_frozen_and_its_seats_do_not_move_it(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())
    world.later_read({SKU: 20})
    assert load.plan_account(world.tables, world.blobs, world.account, world.clock.now()).plan.changes == ()
    world.night()
    assert in_psa(world, mapped) == 10


def test_a_line_that_is_frozen_after_the_plan_was_made_is_not_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    run = world.next_night()
    world.later_read({SKU: 20})

    def freeze(what: str) -> None:
        if what == "before lines":
            line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, mapped.mapping, world.by())

    world.start_run(run)
    world.psa = WatchedPsa(world.fake, freeze)
    world.push_until_done(run)
    assert in_psa(world, mapped) == 10


@pytest.mark.parametrize("seen", [11, 13])
def test_other_numbers_than_the_person_saw_change_nothing(world: World, seen: int) -> None:
    mapped = drifted(world, 10, 12)
    before = kept(world, mapped)
    with pytest.raises(Rejected, match="others than those that you saw"):
        line_decisions.take_theirs(
            line_decisions.Stores(world.tables, world.blobs),
            ACCOUNT,
            mapped.tenant,
            mapped.mapping,
            seen,
            world.by(),
        )
    for numbers in ((seen, 10), (12, seen)):
        with pytest.raises(Rejected, match="others than those that you saw"):
            line_decisions.keep_ours(
                line_decisions.Stores(world.tables, world.blobs),
                ACCOUNT,
                mapped.tenant,
                mapped.mapping,
                numbers,
                world.by(),
            )
    assert kept(world, mapped) == before


def test_nothing_is_chosen_where_nothing_was_edited(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    with pytest.raises(Rejected, match="No hand edit"):
        line_decisions.take_theirs(
            line_decisions.Stores(world.tables, world.blobs),
            ACCOUNT,
            mapped.tenant,
            mapped.mapping,
            10,
            world.by(),
        )
    with pytest.raises(NotFound):
        line_decisions.freeze(world.tables, ACCOUNT, mapped.tenant, "mapping9999", world.by())


def test_theirs_is_not_taken_by_numbers_that_are_too_old(world: World) -> None:
    mapped = drifted(world, 10, 12)
    world.fail(mapped.tenant)
    with pytest.raises(Rejected, match="sync now"):
        line_decisions.take_theirs(
            line_decisions.Stores(world.tables, world.blobs),
            ACCOUNT,
            mapped.tenant,
            mapped.mapping,
            12,
            world.by(),
        )


def test_the_newest_change_is_undone_once_and_stays_undone(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    world.later_read({SKU: 14})
    world.night()
    assert in_psa(world, mapped) == 14
    entries = agreement_store.ledger(world.tables, ACCOUNT, CONNECTION, mapped.agreement, mapped.mapping)
    change = [entry for entry in entries if entry.event is LedgerEvent.CONFIRMED][-1].change_id
    hold = line_decisions.undo(
        line_decisions.Stores(world.tables, world.blobs),
        ACCOUNT,
        mapped.tenant,
        mapped.mapping,
        change,
        world.by(),
    )
    run = approval.push_now(world.tables, ACCOUNT, hold, world.clock.now(), world.clock.at.date())
    world.push_until_done(run.id)
    assert in_psa(world, mapped) == 10
    world.night()
    assert in_psa(world, mapped) == 10
    world.later_read({SKU: 15})
    world.night()
    assert in_psa(world, mapped) == 11
    with pytest.raises(Rejected, match="newest change"):
        line_decisions.undo(
            line_decisions.Stores(world.tables, world.blobs),
            ACCOUNT,
            mapped.tenant,
            mapped.mapping,
            change,
            world.by(),
        )


def test_the_newest_change_of_a_line_that_the_mapping_left_is_not_undone_on_the_one_it_has(
    world: World,
) -> None:
    mapped = world.map_line(quantity=10)
    world.night()
    world.later_read({SKU: 12})
    world.night()
    change = [entry for entry in world.ledger(mapped) if entry.event is LedgerEvent.CONFIRMED][-1].change_id
    other = world.fake.add_line(mapped.agreement, world.product.id, 12)
    [old] = world.mappings(mapped.tenant).mappings
    moved = TenantMappings(tenant_id=mapped.tenant, mappings=(old.model_copy(update={"line_id": other.id}),))
    world.save_mappings(mapped.tenant, moved, looked_after=[mapped.line])
    stores = line_decisions.Stores(world.tables, world.blobs)
    with pytest.raises(Rejected, match="not as that change left it"):
        line_decisions.undo(stores, ACCOUNT, mapped.tenant, mapped.mapping, change, world.by())


def test_a_number_that_was_taken_over_survives_a_cut_between_its_two_steps(world: World) -> None:
    mapped = drifted(world, 10, 12)

    commits: list[str] = []

    def end_after_the_first_commit(what: str) -> None:
        commits.extend([what] if what == "after commit" else [])
        if commits:
            raise Killed

    whole = world.tables
    world.tables = WatchedTables(whole, end_after_the_first_commit)
    with pytest.raises(Killed):
        line_decisions.take_theirs(
            line_decisions.Stores(world.tables, world.blobs),
            ACCOUNT,
            mapped.tenant,
            mapped.mapping,
            12,
            world.by(),
        )
    world.tables = whole
    assert kept(world, mapped).state is LineState.DRIFT
    world.night()
    assert (in_psa(world, mapped), kept(world, mapped).state) == (12, LineState.IN_STEP)


@given(
    basis=st.integers(0, 500),
    included=st.integers(0, 50),
    minimum=st.integers(0, 50),
    target=st.integers(0, 500),
    later=st.integers(-50, 50),
)
def test_the_difference_gives_just_the_number_that_was_taken_and_moves_with_the_seats(
    basis: int, included: int, minimum: int, target: int, later: int
) -> None:
    plain = Options(included=included, minimum=minimum)
    taken = plain.model_copy(update={"difference": target - billed(basis, plain)})
    assert billed(basis, taken) == target
    moved = billed(max(0, basis + later), plain) - billed(basis, plain)
    assert billed(max(0, basis + later), taken) == max(0, target + moved)
