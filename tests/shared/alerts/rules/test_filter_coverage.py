"""Who belongs to no company or to several, and what each company of a shared-out tenant must map."""

from dataclasses import replace

import pytest

from shared.accounts import runs
from shared.accounts.company import Filters
from shared.alerts.loading import account_view
from shared.alerts.models import Slug
from shared.billing.models import Basis, LicenceMapping, Options
from shared.microsoft.doubts import DoubtKind
from shared.microsoft.models import User
from tests.shared.alerts.world import World, line, mapping, sku
from tests.shared.billing.world import user

NORTH, SOUTH = Filters(office=("North",)), Filters(office=("South",))


def person(name: str, office: str) -> User:
    return replace(user(name), office=office, skus=("e3",))


def assigned(name: str, company: str = "") -> LicenceMapping:
    by_users = {"options": Options(basis=Basis.ASSIGNED), "company": company}
    return mapping(name, "e3").model_copy(update=by_users)


def what(world: World, slug: str) -> list[str]:
    return sorted(alert.finding.what for alert in world.alerts(slug))


@pytest.fixture
def world() -> World:
    world = World()
    world.add("t1", sku("e3", 4), name="Contoso")
    world.share_out("t1", NORTH, SOUTH)
    both = [assigned("mapping01"), assigned("mapping02", "c-t11")]
    world.map("t1", *both)
    world.lines(line("mapping01"), line("mapping02", company="c-t11"))
    world.people(
        "t1", *(person(name, office) for name, office in zip("abcd", ("North", "South") * 2, strict=True))
    )
    return world


def test_a_tenant_whose_users_are_each_in_one_company_is_no_row(world: World) -> None:
    assert world.alerts() == []


def test_who_is_in_no_company_or_in_two_is_told_by_numbers_and_closes_when_it_is_right(world: World) -> None:
    people = [person("a", "North"), person("b", "West"), person("c", ""), person("d", "South")]
    world.people("t1", *people)
    assert what(world, "filter_coverage") == [
        "E3: 2 users who have it fit no company, so nobody is billed for them."
    ]
    world.share_out("t1", NORTH, Filters(office=("South", "north")))
    assert what(world, "filter_coverage") == [
        "E3: 1 user who has it fits several companies, so no line of it is written.",
        "E3: 2 users who have it fit no company, so nobody is billed for them.",
    ]
    world.share_out("t1", NORTH, SOUTH)
    world.people("t1", *(person(name, "North") for name in "abcd"))
    assert what(world, "filter_coverage") == []


def test_what_is_not_known_closes_nothing(world: World) -> None:
    world.people("t1", person("b", "West"))
    opened = world.only("filter_coverage").opened_at
    world.sleep()
    world.fail("t1")
    assert world.only("filter_coverage").opened_at == opened
    world.sleep()
    world.read("t1", sku("e3", 4))  # its people are not kept
    assert world.only("filter_coverage").opened_at == opened
    world.sleep()
    world.read("t1", sku("e3", 4), doubts=(DoubtKind.USERS_UNLISTED,))
    world.people("t1", *(person(name, "North") for name in "abcd"))
    assert world.only("filter_coverage").opened_at == opened


def test_nothing_is_judged_by_the_people_of_another_read(world: World) -> None:
    run = runs.get(world.tables, world.account.id, world.run)
    view = account_view(world.tables, world.blobs, world.account, run, lambda sku_id, _: sku_id, world.now)
    before = world.state("t1").snapshot
    world.people("t1", person("b", "West"))
    after = world.state("t1").snapshot
    assert before is not None
    assert after is not None
    assert view.shares("t1", before) is not None
    assert view.shares("t1", after) is None


def test_each_company_must_map_what_its_own_users_have(world: World) -> None:
    world.map("t1", assigned("mapping01"))
    world.lines(line("mapping01"))
    [alert] = world.alerts(Slug.NO_BILLING_PROFILE)
    assert (alert.finding.company, alert.finding.who, alert.finding.seats) == ("c-t11", "South AG", 2)
    assert alert.finding.what == "E3: 2 seats of its users, on no agreement line."
    world.people("t1", person("a", "North"))
    assert what(world, Slug.NO_BILLING_PROFILE) == []


def test_spare_seats_of_a_shared_out_tenant_are_told_of_the_tenant_and_of_no_company(world: World) -> None:
    world.read("t1", sku("e3", 4, 3))
    world.people("t1", *(person(name, "North") for name in "abc"))
    [alert] = world.alerts(Slug.UNUSED_LICENSES)
    assert (alert.finding.company, alert.finding.seats, alert.finding.who) == ("", 1, "North AG, South AG")
