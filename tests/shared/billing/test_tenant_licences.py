"""A tenant's licences as a person looks at them."""

import gzip
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from shared.accounts.company import Filters
from shared.billing.tenant_licences import (
    LicenceRow,
    history,
    parts_of,
    tenant_licences,
    users_with,
)
from shared.errors import NotFound
from shared.licensing.licences import LicenceKey
from shared.licensing.tenant_state import Day
from shared.microsoft.models import Sku, Subscription, Term, User
from shared.storage import keys
from shared.storage.keys import account_id
from shared.storage.tables import Put
from tests.shared.alerts.world import World, line, mapping, sku
from tests.shared.licensing.bought import bought

E3 = LicenceKey("e3")


@pytest.fixture
def world() -> World:
    return World()


def rows(world: World) -> dict[LicenceKey, LicenceRow]:
    found = tenant_licences(world.tables, world.blobs, world.account.id, "t1", world.now)
    return {row.key: row for row in found.rows}


def test_counts_mapping_and_line_stand_in_one_row(world: World) -> None:
    world.add("t1", sku("e3", 10, 4, grace=2, suspended=1), sku("e5", 3))
    world.map("t1", mapping("mapping01", "e3"))
    world.lines(line("mapping01", confirmed=10))
    found = rows(world)
    counts = found[E3].counts
    assert counts is not None
    assert (counts.purchased, counts.assigned, counts.spare) == (10, 4, 6)
    assert (counts.in_grace, counts.suspended) == (2, 1)
    remembered = found[E3].line
    assert remembered is not None
    assert remembered.state == "in_step"
    assert found[LicenceKey("e5")].mapping is None


def test_a_sku_that_is_mapped_by_subscription_is_a_row_for_each(world: World) -> None:
    parts = [
        Subscription(id=f"s{n}", sku_id="e3", commerce_id=f"c{n}", status="Enabled", total=n) for n in (4, 6)
    ]
    world.add(
        "t1", Sku(sku_id="e3", part_number="E3", enabled=10, warning=0, suspended=0, locked_out=0, consumed=9)
    )
    state = world.state("t1")
    assert state.snapshot is not None
    split = state.snapshot.model_copy(update={"subscriptions": tuple(parts)})
    world.tables.commit(
        [
            Put(
                keys.tenant_state(world.account.id, "t1"),
                state.model_copy(update={"snapshot": split}),
            )
        ]
    )
    world.terms("t1", Term(commerce_id="c4", duration="P1Y", ends=date(2027, 1, 31), auto_renew=True))
    world.map("t1", mapping("mapping04", "e3", subscription_id="s4"))
    found = rows(world)
    assert {key.subscription_id: row.counts.purchased for key, row in found.items() if row.counts} == {
        "s4": 4,
        "s6": 6,
    }
    [(subscription, term)] = found[LicenceKey("e3", "s4")].subscriptions
    assert subscription.id == "s4"
    assert term is not None
    assert term.ends == date(2027, 1, 31)
    assert found[LicenceKey("e3", "s6")].mapping is None


def test_only_an_unmapped_licence_of_several_paid_subscriptions_has_parts(world: World) -> None:
    several = [
        Subscription(id="s1", sku_id="e3", status="Enabled", total=4),
        Subscription(id="s2", sku_id="e3", status="Enabled", total=6),
        Subscription(id="s3", sku_id="e3", status="Suspended", total=2),
        Subscription(id="s4", sku_id="e3", status="Enabled", total=1, trial=True),
    ]
    world.add("t1", sku("e3", 11, suspended=2), sku("e5", 3), subscriptions=several)
    assert parts(world) == {E3: ("s1", "s2")}
    world.map("t1", mapping("mapping01", "e3"))
    assert parts(world) == {}


def test_a_licence_of_a_tenant_that_is_shared_out_has_no_parts(world: World) -> None:
    two = [Subscription(id=f"s{n}", sku_id="e3", status="Enabled", total=n) for n in (4, 6)]
    world.add("t1", sku("e3", 10), subscriptions=two)
    assert parts(world) == {E3: ("s4", "s6")}
    world.share_out("t1", Filters(office=("Bern",)))
    assert parts(world) == {}


def parts(world: World) -> dict[LicenceKey, tuple[str, ...]]:
    found = tenant_licences(world.tables, world.blobs, world.account.id, "t1", world.now)
    return parts_of(world.tables, world.account.id, found)


def test_a_number_that_cannot_be_trusted_is_no_number_and_says_why(world: World) -> None:
    world.add(
        "t1", sku("e3", 10), subscriptions=[Subscription(id="x", sku_id="e3", status="Enabled", total=3)]
    )
    row = rows(world)[E3]
    assert row.counts is None
    assert "add up to 3 seats, but Microsoft counts 10" in row.not_countable


def test_a_mapped_licence_that_is_gone_is_still_a_row(world: World) -> None:
    world.add("t1", sku("e5", 3))
    world.map("t1", mapping("mapping01", "e3"))
    row = rows(world)[E3]
    assert (row.counts, row.not_countable) == (None, "")
    assert row.mapping is not None


def test_a_tenant_that_was_never_asked_for_or_is_another_accounts_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        tenant_licences(world.tables, world.blobs, world.account.id, "t1", world.now)
    world.add("t1", sku("e3", 1))
    with pytest.raises(NotFound):
        tenant_licences(world.tables, world.blobs, account_id("other"), "t1", world.now)


def test_the_users_behind_a_number_are_told_by_name(world: World) -> None:
    world.add("t1", sku("e3", 2))
    users = [user("2", "Zoe", "e3"), user("1", "adam", "e3", "e5"), user("3", "Eve", "e5")]
    name = keys.users_blob(world.account.id, "t1", "u")
    world.blobs.put(name, gzip.compress(TypeAdapter(list[User]).dump_json(users)))
    found = users_with(world.tables, world.blobs, world.account.id, "t1", "E3")
    assert [one.name for one in found] == ["adam", "Zoe"]


def user(name: str, called: str, *skus: str) -> User:
    return User(name, called, f"{called}@x.example", "", True, "Member", "", "", "", "", skus)


def days(world: World, counts: Iterable[tuple[int, Sku]]) -> None:
    for number, one in counts:
        on = date(2026, 11, number)
        day = Day(
            on=on,
            began=datetime.combine(on, datetime.min.time(), world.now.tzinfo) + timedelta(hours=2),
            digest="d",
            users_digest="u",
            skus=(one,),
            subscriptions=bought(one),
        )
        world.tables.commit([Put(keys.tenant_day(world.account.id, "t1", on), day)])


@pytest.mark.parametrize(
    "since,told",
    [
        (date(2026, 11, 1), [(3, 10), (10, 12)]),
        (date(2026, 11, 3), [(3, 10), (10, 12)]),
        (date(2026, 11, 5), [(3, 10), (10, 12)]),
        (date(2026, 11, 10), [(10, 12)]),
        (date(2026, 11, 19), [(10, 12)]),
    ],
)
def test_the_history_begins_with_what_was_in_force_and_tells_only_changes(
    world: World, since: date, told: list[tuple[int, int]]
) -> None:
    world.add("t1", sku("e3", 12))
    days(world, [(3, sku("e3", 10)), (7, sku("e3", 10)), (10, sku("e3", 12))])
    found = history(world.tables, world.account.id, "t1", E3, since)
    counted = [(one.on.day, one.counts.purchased) for one in found if one.counts]
    assert counted == told
