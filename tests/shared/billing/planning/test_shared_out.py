"""K5: a tenant that is several companies, from its users to the lines: each follows its own, and nothing is guessed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from shared.accounts.companies import COMPANY, add_company, added_tenants, remove_company
from shared.accounts.company import Filters
from shared.billing.models import Basis, BlockReason, Options, UnplannedReason
from shared.billing.why_in_words import sentence
from shared.billing.why_this_number import LineOf, WhyThisNumber, people_behind, why_this_number
from shared.errors import Rejected
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import User
from shared.reports.load import month_of
from shared.reports.models import Month
from shared.reports.wording import report_view
from shared.storage import keys
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Key, Row
from tests.shared.billing.world import ACCOUNT, DAY, SKU, Mapped, World, check_invariants, user

ASSIGNED = Options(basis=Basis.ASSIGNED)


def people(**offices: int) -> tuple[User, ...]:
    """So many users of the licence in each office."""
    return tuple(
        replace(user(f"{office}{number}"), office=office)
        for office, n in offices.items()
        for number in range(n)
    )


class SharedOut(World):
    """Contoso has ten seats: three in the north, five in the south."""

    def __init__(self) -> None:
        super().__init__()
        self.counts_people = True
        self.read("contoso", {SKU: 10}, people=people(north=3, south=5))
        self.add_company("contoso", Filters(office=("North",)))
        self.add_company("contoso", Filters(office=("South",)), "south-ag")
        self.north, self.south = self.billed("", 3), self.billed("south-ag", 5)

    def billed(self, company: str, quantity: int) -> Mapped:
        agreement = self.add_agreement()
        line = self.fake.add_line(agreement, self.product.id, quantity)
        return self.map("contoso", SKU, agreement, line.id, ASSIGNED, company=company)

    def numbers(self) -> list[int]:
        return [self.quantity(self.north), self.quantity(self.south)]


@pytest.fixture
def world() -> SharedOut:
    return SharedOut()


def test_each_line_follows_its_own_users(world: SharedOut) -> None:
    world.night()
    assert world.numbers() == [3, 5]
    world.read("contoso", people=people(north=4, south=4))
    world.night()
    assert world.numbers() == [4, 4]


def test_a_user_of_two_companies_stops_both_lines_until_that_is_clear(world: SharedOut) -> None:
    world.add_company("contoso", Filters(office=("South", "North")), "south-ag")
    world.read("contoso", people=people(north=6, south=6))
    world.night()
    assert world.numbers() == [3, 5]
    assert world.unplanned(world.north) is UnplannedReason.NOT_COUNTABLE
    assert "another one" in world.why_not_planned(world.south)
    world.add_company("contoso", Filters(office=("South",)), "south-ag")
    world.night()
    assert world.numbers() == [6, 6]


def test_new_filters_move_the_lines_without_another_read(world: SharedOut) -> None:
    world.read("contoso", people=people(north=3, south=5, west=2))
    world.add_company("contoso", Filters(office=("North", "west")))
    world.push_until_done()
    assert world.numbers() == [5, 5]


def test_people_that_are_hard_to_believe_hold_the_lines(world: SharedOut) -> None:
    world.read("contoso", people=people(north=1, south=9), doubts=(DoubtKind.USERS_UNLISTED,))
    world.push_until_done()
    assert world.numbers() == [3, 5]
    assert {reason for hold in world.held() for reason in hold.reasons}


def test_people_that_are_not_kept_are_no_zero(world: SharedOut) -> None:
    world.blobs = MemoryBlobs()
    world.push_until_done()
    assert world.numbers() == [3, 5]
    assert "is not known" in world.why_not_planned(world.north)


def test_the_lines_of_a_removed_company_are_left_alone(world: SharedOut) -> None:
    remove_company(world.tables, ACCOUNT, "south-ag", world.by())
    world.read("contoso", people=people(north=2, south=9))
    world.night()
    assert world.numbers() == [2, 5]


def test_a_tenant_of_one_company_has_its_people_read_by_nobody() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.blobs = MemoryBlobs()
    world.later_read({SKU: 12})
    world.blobs = MemoryBlobs()
    world.push_until_done()
    assert world.quantity(mapped) == 12


def test_a_line_bills_the_psa_company_of_its_own_company_only(world: SharedOut) -> None:
    other = world.fake.add_company()
    south = world.add_company("contoso", Filters(office=("South",)), "south-ag")
    moved = south.model_copy(update={"psa_company": other.id})
    add_company(world.tables, ACCOUNT, moved, world.by())
    world.night()
    assert world.reason(world.north) is None
    assert world.reason(world.south) is BlockReason.OTHER_COMPANY


def test_a_mapping_cannot_take_an_agreement_of_the_tenants_other_company(world: SharedOut) -> None:
    south = world.add_company("contoso", Filters(office=("South",)), "south-ag")
    moved = south.model_copy(update={"psa_company": world.fake.add_company().id})
    add_company(world.tables, ACCOUNT, moved, world.by())
    agreement = world.add_agreement()  # of the company that the north is linked to
    line = world.fake.add_line(agreement, world.product.id, 3)
    with pytest.raises(Rejected, match="belongs to another company in the PSA"):
        world.map("contoso", "other-sku", agreement, line.id, ASSIGNED, company="south-ag")


def test_the_invariants_hold(world: SharedOut) -> None:
    world.read("contoso", people=people(north=2, south=7))
    world.night()
    check_invariants(world)
    assert world.events(world.north)[-1] == "confirmed"


def test_why_a_line_says_its_number_is_told_by_the_filters_of_that_day(world: SharedOut) -> None:
    world.night()
    first = world.clock.at.astimezone(world.account.zone).date()
    night = world.next_night()
    world.add_company("contoso", Filters(office=("North", "West")))
    world.read("contoso", people=people(north=3, west=1, south=5))
    world.push_until_done(night)
    told = [explained(world, first), explained(world, first + DAY)]
    assert [why.wanted for why in told] == [why.number for why in told] == [3, 4]
    assert "3 users of Premium who fit the filters of contoso (office North)" in sentence(told[0], "Premium")
    assert "4 users of Premium who fit the filters of contoso (office North or West)" in sentence(
        told[1], "Premium"
    )
    assert [len(people_behind(world.blobs, ACCOUNT, "contoso", why)) for why in told] == [3, 4]


def explained(world: SharedOut, on: date) -> WhyThisNumber:
    line = LineOf("contoso", world.north.mapping)
    return why_this_number(world.tables, world.blobs, world.account, line, on, world.clock.at + 400 * DAY)


def test_the_report_of_a_company_tells_of_its_own_people_and_of_no_purchased_seats(world: SharedOut) -> None:
    company = world.add_company("contoso", Filters(office=("South",)), "south-ag")
    now = world.clock.now()
    month = Month.of(now.astimezone(world.account.zone).date())
    found = month_of(world.tables, world.blobs, world.account, company, month, now)
    [licence] = found.licences
    assert (licence.end.purchased, licence.end.assigned, licence.end.spare) == (None, 5, None)
    assert licence.billed is not None
    assert (licence.billed.counted, licence.billed.wanted) == (5, 5)
    assert {person.upn[:5] for person in found.people or ()} == {"south"}
    assert [seats for _, seats in found.seats if seats is not None] == []
    told = report_view(found, world.account, prices=False)
    assert [number.label for number in told.numbers] == ["assigned to people"]
    assert "purchased and spare seats are shared" in " ".join(told.notes)


def test_the_report_of_a_company_without_filters_looks_at_no_other_company() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    added = added_tenants(world.tables, ACCOUNT)["contoso"]
    looked: list[str] = []

    class Watched(MemoryTables):
        def rows(self, partition: str, prefix: str = "", after: str = "") -> Iterator[Row]:
            looked.append(f"{partition} {prefix}")
            return world.tables.rows(partition, prefix, after)

        def get(self, key: Key) -> Row | None:
            return world.tables.get(key)

    now = world.clock.now()
    month = Month.of(now.astimezone(world.account.zone).date())
    found = month_of(Watched(), world.blobs, world.account, added.companies[0], month, now)
    assert found.licences[0].billed is not None
    assert found.licences[0].billed.line_id == mapped.line
    assert looked
    assert not [where for where in looked if keys.decisions_now(COMPANY) in where]
