"""N5: every customer x every paid licence is exactly one of billed, excluded with a reason, or open."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.company import Filters
from shared.alerts.models import Exclusion
from shared.billing.models import Basis, BillingProfile, Block, BlockReason, LineRecord, Options
from shared.billing.profiles import PROFILE
from shared.billing.psa.base import BillableOption
from shared.microsoft.models import Customer
from shared.reports.certificate.judge import LINES_READ_WITHIN, unbalanced
from shared.reports.certificate.load import certificate_now
from shared.reports.certificate.models import Certificate, Reason, Standing
from shared.storage.decisions import Decider, decide
from tests.shared.alerts.world import TRANSIENT, World, line, mapping, sku, subscription
from tests.shared.billing.world import user

type Told = dict[tuple[str, str], tuple[str, str]]


@pytest.fixture
def world() -> World:
    return World()


def issued(world: World) -> Certificate:
    return certificate_now(world.tables, world.blobs, world.account, world.now)


def told(world: World) -> Told:
    """Standing and reason by customer and SKU."""
    return {
        (row.tenant_id, row.licence.sku_id if row.licence else ""): (row.standing.value, row.reason.value)
        for row in issued(world).rows
    }


def billed_line(world: World, **changes: object) -> LineRecord:
    found = LineRecord.model_validate({**dict(line("mapping01")), **changes})
    world.lines(found, read_at=world.now)
    return found


def test_what_is_on_its_line_with_its_number_is_ready_to_invoice(world: World) -> None:
    world.add("t1", sku("e3", 25), name="Alder")
    world.map("t1", mapping("mapping01", "e3"))
    billed_line(world)
    found = issued(world)
    (row,) = found.rows
    assert (row.standing, row.seats, row.billed, row.money) == (Standing.BILLED, 25, 25, Decimal(500))
    assert found.ready_to_invoice
    assert found.balances


def test_do_not_bill_and_an_excluded_licence_are_excluded_with_their_reason(world: World) -> None:
    world.add("t1", sku("e3", 25), sku("e5", 2))
    world.map("t1", mapping("mapping01", "e3", profile=""))
    world.exclude(Exclusion(sku_id="e5"))
    assert told(world) == {
        ("t1", "e3"): ("excluded", "do_not_bill"),
        ("t1", "e5"): ("excluded", "sku_excluded"),
    }
    assert issued(world).ready_to_invoice


def test_a_line_whose_profile_charges_nothing_is_excluded(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping01", "e3"))
    billed_line(world)
    free = BillingProfile(
        id="gold", name="Gold", connection="cw", product_id="p1", billable=BillableOption.NO_CHARGE
    )
    decide(world.tables, world.account.id, PROFILE, "gold", free, Decider("t", "", world.now))
    assert told(world) == {("t1", "e3"): ("excluded", "no_charge")}


def test_a_licence_that_nobody_mapped_is_an_open_exception(world: World) -> None:
    world.add("t1", sku("e3", 25))
    assert told(world) == {("t1", "e3"): ("open", "not_mapped")}
    assert issued(world).missing == {Reason.NOT_MAPPED: 1}
    assert not issued(world).ready_to_invoice


def test_free_licences_trials_and_those_of_the_whole_company_are_no_rows(world: World) -> None:
    world.add(
        "t1",
        sku("free", 5, part="FLOW_FREE"),
        sku("all", 20_000),
        sku("trial", 25),
        subscriptions=[subscription("s1", "trial", 25, trial=True)],
    )
    assert told(world) == {}


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"confirmed": 24}, "differs"),
        ({"confirmed": None, "line_id": ""}, "no_line"),
        ({"blocked": Block(reason=BlockReason.LINE_GONE)}, "blocked"),
        ({"drift": {"psa": 30, "since": "2026-11-20T00:00:00Z"}}, "drift"),
    ],
)
def test_a_line_that_is_not_proven_to_be_right_is_open(
    world: World, changes: dict[str, object], reason: str
) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping01", "e3"))
    billed_line(world, **changes)
    assert told(world) == {("t1", "e3"): ("open", reason)}


def test_a_line_that_was_not_read_in_the_psa_lately_is_not_certified(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping01", "e3"))
    world.lines(line("mapping01"), read_at=world.now - LINES_READ_WITHIN - timedelta(seconds=1))
    assert told(world) == {("t1", "e3"): ("open", "line_not_read")}
    world.lines(line("mapping01"), read_at=world.now - LINES_READ_WITHIN)
    assert told(world) == {("t1", "e3"): ("billed", "on_its_line")}


def test_a_tenant_that_could_not_be_read_is_listed_and_none_of_its_lines_is_certified(world: World) -> None:
    world.add("t1", sku("e3", 25), sku("e5", 2))
    world.map("t1", mapping("mapping01", "e3"), mapping("mapping02", "e5", profile=""))
    billed_line(world)
    world.fail("t1", TRANSIENT)
    assert told(world) == {
        ("t1", ""): ("open", "stale"),
        ("t1", "e3"): ("open", "stale"),
        ("t1", "e5"): ("excluded", "do_not_bill"),
    }


def test_a_customer_that_is_not_added_is_open_until_it_is_excluded(world: World) -> None:
    world.partner("p1", [Customer(tenant_id="t9", name="Zebra")])
    assert told(world) == {("t9", ""): ("open", "not_added")}
    world.exclude(Exclusion(tenant_id="t9"))
    assert told(world) == {("t9", ""): ("excluded", "tenant_excluded")}


def test_a_customer_list_that_is_not_whole_is_no_reason_to_be_ready(world: World) -> None:
    world.partner("p1", failure=TRANSIENT)
    assert [(row.customer, row.reason) for row in issued(world).rows] == [
        ("Partner p1", Reason.LIST_INCOMPLETE)
    ]


def test_a_line_of_a_customer_that_is_in_no_company_any_more_is_open(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping01", "e3"))
    billed_line(world)
    world.remove("t1")
    (row,) = issued(world).rows
    assert (row.standing, row.reason, row.billed) == (Standing.OPEN, Reason.WITHOUT_COMPANY, 25)


def test_a_licence_that_is_gone_while_its_line_still_bills_is_open(world: World) -> None:
    world.add("t1", sku("e3", 25))
    world.map("t1", mapping("mapping01", "e5"))
    billed_line(world)
    assert told(world)["t1", "e5"] == ("open", "differs")


def test_a_licence_that_is_split_is_a_row_for_each_subscription(world: World) -> None:
    world.add("t1", sku("e3", 10), subscriptions=[subscription("s1", "e3", 4), subscription("s2", "e3", 6)])
    world.map("t1", mapping("mapping01", "e3", subscription_id="s1"))
    billed_line(world, confirmed=4)
    found = {
        (row.licence.subscription_id if row.licence else ""): (row.seats, row.reason)
        for row in issued(world).rows
    }
    assert found == {"s1": (4, Reason.ON_ITS_LINE), "s2": (6, Reason.NOT_MAPPED)}
    assert issued(world).balances


def test_seats_that_are_in_no_row_are_found_by_the_second_count(world: World) -> None:
    world.add("t1", sku("e3", 25))
    (row,) = issued(world).rows
    snapshot = world.state("t1").snapshot
    assert snapshot is not None
    assert list(unbalanced("Alder", snapshot, (), [row])) == []
    assert list(unbalanced("Alder", snapshot, (), [])) == ["Alder: E3"]
    assert list(unbalanced("Alder", snapshot, (), [replace(row, seats=24)])) == ["Alder: E3"]


@given(
    st.dictionaries(
        st.sampled_from(["e3", "e5", "p1", "p2"]),
        st.tuples(st.integers(0, 40), st.sampled_from(["", "bill", "not"]), st.booleans()),
    )
)
def test_whatever_is_held_and_mapped_each_paid_licence_stands_exactly_once(
    held: dict[str, tuple[int, str, bool]],
) -> None:
    world = World()
    world.add("t1", *(sku(name, seats) for name, (seats, _, _) in held.items()))
    mapped = {
        name: mapping(f"mapping-{name}".replace("-", ""), name, profile="gold" if how == "bill" else "")
        for name, (_, how, _) in held.items()
        if how
    }
    world.map("t1", *mapped.values())
    world.lines(
        *(
            line(mapped[name].id, confirmed=seats if right else seats + 1)
            for name, (seats, how, right) in held.items()
            if how == "bill"
        ),
        read_at=world.now,
    )
    found = issued(world)
    assert found.balances
    paid = [name for name, (seats, how, _) in held.items() if seats or how]
    assert sorted(row.licence.sku_id for row in found.rows if row.licence) == sorted(paid)
    for row in found.of(Standing.BILLED):
        assert row.licence is not None
        seats, how, right = held[row.licence.sku_id]
        assert (how, right, row.billed) == ("bill", True, seats)


NORTH, SOUTH = Filters(office=("North",)), Filters(office=("South",))


def shared_out(world: World, purchased: int, *offices: str) -> None:
    """Contoso is two companies: each licensed user is in one of the offices."""
    world.add("t1", sku("e3", purchased, len(offices)), name="Contoso")
    world.share_out("t1", NORTH, SOUTH)
    people = [replace(user(f"u{n}"), office=office, skus=("e3",)) for n, office in enumerate(offices)]
    world.people("t1", *people)
    options = Options(basis=Basis.ASSIGNED)
    south = {"company": "c-t11", "options": options}
    mine = mapping("mapping01", "e3").model_copy(update={"options": options})
    world.map("t1", mine, mapping("mapping02", "e3").model_copy(update=south))
    lines = (line("mapping01", confirmed=2), line("mapping02", confirmed=1, company="c-t11"))
    world.lines(*lines, read_at=world.now)


def shares(world: World) -> list[tuple[str, int | None, str, str]]:
    return [(row.customer, row.seats, row.standing.value, row.reason.value) for row in issued(world).rows]


def test_each_company_of_a_tenant_has_a_row_with_its_own_users(world: World) -> None:
    shared_out(world, 3, "North", "North", "South")
    assert shares(world) == [
        ("North AG", 2, "billed", "on_its_line"),
        ("South AG", 1, "billed", "on_its_line"),
    ]
    assert issued(world).ready_to_invoice


def test_who_is_in_no_company_and_spare_seats_are_open_until_a_person_excludes_them(world: World) -> None:
    shared_out(world, 6, "North", "North", "South", "West")
    assert [row for row in shares(world) if row[2] == "open"] == [
        ("North AG, South AG", 1, "open", "in_no_company"),
        ("North AG, South AG", 2, "open", "spare"),
    ]
    world.exclude(Exclusion(slug="unused_licenses", tenant_id="t1", sku_id="e3"))
    assert ("North AG, South AG", 2, "excluded", "spare") in shares(world)
    assert issued(world).balances
    assert not issued(world).ready_to_invoice


def test_a_licence_whose_users_are_in_two_companies_is_certified_for_neither(world: World) -> None:
    shared_out(world, 3, "North", "North", "South")
    world.share_out("t1", NORTH, Filters(office=("South", "North")))
    assert {row[2:] for row in shares(world)} == {("open", "not_countable")}
    assert issued(world).balances


def test_people_that_are_not_known_are_certified_for_nobody(world: World) -> None:
    shared_out(world, 3, "North", "North", "South")
    world.read("t1", sku("e3", 3))
    assert {row[1:] for row in shares(world)} == {(None, "open", "not_countable")}


def test_a_company_that_maps_nothing_is_open_beside_one_that_is_billed(world: World) -> None:
    shared_out(world, 3, "North", "North", "South")
    world.map("t1", mapping("mapping01", "e3").model_copy(update={"options": Options(basis=Basis.ASSIGNED)}))
    world.lines(line("mapping01", confirmed=2), read_at=world.now)
    assert shares(world) == [
        ("North AG", 2, "billed", "on_its_line"),
        ("South AG", 1, "open", "not_mapped"),
    ]


@given(st.lists(st.sampled_from(["North", "South", "West", ""]), min_size=1, max_size=12), st.integers(1, 15))
def test_a_tenant_of_several_companies_balances_whoever_is_where(offices: list[str], purchased: int) -> None:
    world = World()
    shared_out(world, purchased, *offices)
    found = issued(world)
    assert found.balances
    assert sum(row.seats or 0 for row in found.rows) == max(purchased, len(offices))
