"""N2, N3 of a tenant that is two companies: a word on a line of the one never moves a line of the other."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.accounts.companies import remove_company
from shared.accounts.company import Filters
from shared.billing import agreement_store, line_decisions
from shared.billing.line_decisions import Stores
from shared.billing.mapping.choices import mappings_of
from shared.billing.models import Hold, LedgerEvent, LineState
from shared.billing.planning import approval
from shared.errors import Rejected
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import CertificateRow, Reason
from tests.shared.billing.planning.test_shared_out import SharedOut, people
from tests.shared.billing.world import ACCOUNT, CONNECTION, Mapped, check_invariants


class Decided(SharedOut):
    """Contoso has three users in the north and five in the south; both lines were seen to say so."""

    def __init__(self) -> None:
        super().__init__()
        self.night()

    @property
    def stores(self) -> Stores:
        return Stores(self.tables, self.blobs)

    def edit(self, mapped: Mapped, psa: int) -> None:
        """Somebody enters a number in the PSA, and a night sees it."""
        self.fake.edit_line(mapped.line, quantity=Decimal(psa))
        self.night()

    def take(self, mapped: Mapped, psa: int) -> None:
        line_decisions.take_theirs(self.stores, ACCOUNT, "contoso", mapped.mapping, psa, self.by())

    def keep(self, mapped: Mapped, psa: int, ours: int) -> None:
        numbers = (psa, ours)
        self.carry_out(
            line_decisions.keep_ours(self.stores, ACCOUNT, "contoso", mapped.mapping, numbers, self.by())
        )

    def undo(self, mapped: Mapped, change: str = "") -> None:
        undone = change or self.newest_change(mapped)
        self.carry_out(
            line_decisions.undo(self.stores, ACCOUNT, "contoso", mapped.mapping, undone, self.by())
        )

    def newest_change(self, mapped: Mapped) -> str:
        entries = agreement_store.ledger(self.tables, ACCOUNT, CONNECTION, mapped.agreement, mapped.mapping)
        return [entry for entry in entries if entry.event is LedgerEvent.CONFIRMED][-1].change_id

    def carry_out(self, hold: Hold) -> None:
        run = approval.push_now(self.tables, ACCOUNT, hold, self.clock.now(), self.clock.at.date())
        self.push_until_done(run.id)

    def users(self, **offices: int) -> None:
        """The tenant's users from now on, and a night."""
        self.read("contoso", people=people(**offices))
        self.night()

    def differences(self) -> list[int]:
        """What was taken over from the PSA: of the north's line, of the south's."""
        decided = mappings_of(self.tables, ACCOUNT, "contoso").mappings
        mapped = {mapping.id: mapping.options.difference for mapping in decided}
        return [mapped[self.north.mapping], mapped[self.south.mapping]]

    def written(self) -> list[tuple[str, int, int]]:
        return [(write.line_id, write.before, write.after) for write in self.fake.applied]


@pytest.fixture
def world() -> Decided:
    return Decided()


def test_theirs_is_taken_of_the_one_company_and_kept_against_its_own_users(world: Decided) -> None:
    south = world.record(world.south)
    world.edit(world.north, 5)
    world.take(world.north, 5)
    assert (world.differences(), world.written()) == ([2, 0], [])
    assert world.record(world.south).confirmed == south.confirmed == 5
    world.users(north=4, south=9)
    assert world.numbers() == [6, 9]
    world.users(north=1, south=12)
    assert world.numbers() == [3, 12]
    check_invariants(world)


def test_theirs_of_both_companies_is_one_difference_each(world: Decided) -> None:
    world.fake.edit_line(world.south.line, quantity=Decimal(4))
    world.edit(world.north, 5)
    world.take(world.north, 5)
    world.take(world.south, 4)
    assert world.differences() == [2, -1]
    world.users(north=5, south=5)
    assert world.numbers() == [7, 4]
    world.users(north=0, south=1)
    assert world.numbers() == [2, 4]  # the last seats of a line are held
    check_invariants(world)


def test_ours_is_kept_by_one_write_to_the_line_of_its_company(world: Decided) -> None:
    world.fake.edit_line(world.north.line, quantity=Decimal(9))
    world.edit(world.south, 2)
    world.keep(world.south, 2, 5)
    assert world.written() == [(world.south.line, 2, 5)]
    assert (world.numbers(), world.differences()) == ([9, 5], [0, 0])
    assert world.record(world.north).state is LineState.DRIFT
    world.users(north=3, south=6)
    assert world.numbers() == [9, 6]


def test_the_wanted_number_that_a_person_must_have_seen_is_that_of_the_company(world: Decided) -> None:
    world.edit(world.south, 2)
    for tenants_own in (8, 10, 3):
        with pytest.raises(Rejected, match="others than those that you saw"):
            world.keep(world.south, 2, tenants_own)
    assert world.written() == []


def test_undo_restores_the_number_of_the_one_company_and_no_other(world: Decided) -> None:
    world.users(north=6, south=8)
    world.undo(world.north)
    assert (world.numbers(), world.differences()) == ([3, 8], [-3, 0])
    assert world.written()[2:] == [(world.north.line, 6, 3)]
    world.night()
    assert world.numbers() == [3, 8]
    world.users(north=7, south=9)
    assert world.numbers() == [4, 9]
    check_invariants(world)


def test_undo_after_theirs_was_taken_restores_what_the_line_said_with_it(world: Decided) -> None:
    world.edit(world.south, 7)
    world.take(world.south, 7)
    world.users(north=3, south=8)
    assert world.numbers() == [3, 10]
    world.undo(world.south)
    assert (world.numbers(), world.differences()) == ([3, 7], [0, -1])
    world.users(north=3, south=5)
    assert world.numbers() == [3, 4]


def test_a_change_of_the_other_company_cannot_be_undone_by_the_line(world: Decided) -> None:
    world.users(north=6, south=8)
    with pytest.raises(Rejected, match="newest change"):
        world.undo(world.north, world.newest_change(world.south))
    assert (world.numbers(), world.differences()) == ([6, 8], [0, 0])


def test_users_in_no_company_and_spare_seats_are_in_no_difference(world: Decided) -> None:
    world.users(north=3, south=5, west=1)
    world.edit(world.north, 5)
    world.take(world.north, 5)
    assert world.differences() == [2, 0]
    told = {row.reason: row.seats for row in certificate(world) if row.reason is not Reason.ON_ITS_LINE}
    assert told == {Reason.IN_NO_COMPANY: 1, Reason.SPARE: 1}
    world.users(north=3, south=5, west=2)
    assert world.numbers() == [5, 5]
    world.add_company("contoso", Filters(office=("North", "West")))
    world.night()
    assert world.numbers() == [7, 5]
    assert [(row.customer, row.seats, row.reason) for row in certificate(world)] == [
        ("contoso", 5, Reason.ON_ITS_LINE),
        ("south-ag", 5, Reason.ON_ITS_LINE),
    ]


def certificate(world: Decided) -> tuple[CertificateRow, ...]:
    found = certificate_now(world.tables, world.blobs, world.account, world.clock.now())
    assert found.unaccounted == ()
    return found.rows


@pytest.mark.parametrize("decide", ["take", "keep", "undo"])
def test_of_a_user_of_both_companies_no_number_is_decided(world: Decided, decide: str) -> None:
    world.users(north=4, south=6)
    if decide != "undo":
        world.edit(world.south, 8)
    world.add_company("contoso", Filters(office=("South", "North")), "south-ag")
    with pytest.raises(Rejected, match="another one"):
        DECIDE[decide](world)
    assert (world.differences(), len(world.written())) == ([0, 0], 2)


@pytest.mark.parametrize("decide", ["take", "keep", "undo"])
@pytest.mark.parametrize("whole", [False, True], ids=["one company", "the tenant"])
def test_of_a_company_that_was_removed_no_number_is_decided(world: Decided, decide: str, whole: bool) -> None:
    """Nobody knows how many users it would have: all of its seats would count as the difference once it is back."""
    world.users(north=4, south=6)
    if decide != "undo":
        world.edit(world.south, 8)
    for name in ("south-ag", "contoso") if whole else ("south-ag",):
        remove_company(world.tables, ACCOUNT, name, world.by())
    with pytest.raises(Rejected, match="added"):
        DECIDE[decide](world)
    assert (world.differences(), len(world.written())) == ([0, 0], 2)


DECIDE: dict[str, Callable[[Decided], None]] = {
    "take": lambda world: world.take(world.south, 8),
    "keep": lambda world: world.keep(world.south, 8, 6),
    "undo": lambda world: world.undo(world.south),
}


@settings(max_examples=6)
@given(
    edits=st.lists(
        st.tuples(st.sampled_from(["north", "south"]), st.integers(1, 30)), min_size=1, max_size=4
    ),
    later=st.tuples(st.integers(1, 12), st.integers(1, 12)),
)
def test_whatever_is_taken_each_line_moves_as_its_own_users_do(
    edits: list[tuple[str, int]], later: tuple[int, int]
) -> None:
    world, says = Decided(), {"north": 3, "south": 5}
    for company, psa in edits:
        mapped = world.north if company == "north" else world.south
        if psa != says[company]:
            world.edit(mapped, psa)
            if world.record(mapped).drift is not None:  # else somebody entered just the wanted number
                world.take(mapped, psa)
        says[company] = psa
        assert world.numbers() == list(says.values())
    world.users(north=later[0], south=later[1])
    moved = {"north": later[0] - 3, "south": later[1] - 5}
    for name, mapped in (("north", world.north), ("south", world.south)):
        expected = says[name] + moved[name]
        held = expected <= 0
        assert world.quantity(mapped) == (says[name] if held else expected)
