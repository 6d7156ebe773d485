"""K15: a licence whose line bills until a last day is billed again: split, as a whole, or for another company."""

from datetime import date

import pytest

from shared.accounts.company import Filters
from shared.billing import agreement_store
from shared.billing.models import Basis, LicenceMapping, LineRecord, Options, TenantMappings
from shared.billing.psa.base import WriteKind
from shared.errors import Rejected
from shared.microsoft.models import Subscription
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, DAY, SKU, START, Mapped, World, check_invariants

ON_THE_15TH, ON_THE_31ST = date(2026, 3, 15), date(2026, 3, 31)
STARTS = [None, START.date(), ON_THE_31ST]
SPLIT = (
    Subscription(id="sub-a", sku_id=SKU, status="Enabled", total=6),
    Subscription(id="sub-b", sku_id=SKU, status="Enabled", total=4),
)


def only(*mappings: LicenceMapping) -> TenantMappings:
    return TenantMappings(tenant_id="contoso", mappings=mappings)


def stopped(world: World, *lines: Mapped, on: date = ON_THE_31ST) -> LicenceMapping:
    """Nothing of the tenant is billed after that day; what was mapped first."""
    world.save_mappings("contoso", only(), last_days={mapped.line: on for mapped in lines})
    return world.mappings("contoso").mappings[0]


def part(was: LicenceMapping, subscription: str, starts: date | None, line: str = "") -> LicenceMapping:
    options = Options(starts=starts, beside_existing=True)
    changes = {"id": f"mappingof{subscription[-1]}", "subscription_id": subscription, "options": options}
    return was.model_copy(update={**changes, "line_id": line})


def whole(was: LicenceMapping, starts: date | None) -> LicenceMapping:
    options = Options(starts=starts, beside_existing=True)
    changes = {"id": "mappingofall", "subscription_id": "", "line_id": "", "options": options}
    return was.model_copy(update=changes)


def ends(world: World, mapped: Mapped) -> list[LineRecord]:
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    return [line for line in record.lines.values() if line.ending]


@pytest.mark.parametrize("starts", STARTS)
def test_a_licence_that_is_split_after_a_stop_is_not_billed_beside_its_old_line(starts: date | None) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was = stopped(world, mapped)
    with pytest.raises(Rejected, match="Give the new line a start date after that day"):
        world.save_mappings("contoso", only(part(was, "sub-a", starts), part(was, "sub-b", starts)))
    other = world.fake.add_line(mapped.agreement, world.product.id, 6)
    with pytest.raises(Rejected, match="can be billed before line"):
        world.save_mappings("contoso", only(part(was, "sub-a", None, other.id)))


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("all_over", [False, True], ids=["one of them ends later", "both end then"])
def test_parts_that_are_billed_as_a_whole_after_a_stop_are_not_billed_twice(
    starts: date | None, all_over: bool
) -> None:
    world = World()
    first = world.map_line(quantity=6, subscription="sub-a")
    second = world.map_line(quantity=4, subscription="sub-b")
    days = {first.line: ON_THE_31ST if all_over else START.date(), second.line: ON_THE_31ST}
    world.save_mappings("contoso", only(), last_days=days)
    was = world.mappings("contoso").mappings[0]
    with pytest.raises(Rejected, match="Give the new line a start date after that day"):
        world.save_mappings("contoso", only(whole(was, starts)))
    world.save_mappings("contoso", only(whole(was, ON_THE_31ST + DAY)))


def test_another_subscription_is_billed_while_the_line_of_one_bills_until_its_last_day() -> None:
    world = World()
    mapped = world.map_line(quantity=6, subscription="sub-a")
    was = stopped(world, mapped)
    world.save_mappings("contoso", only(part(was, "sub-b", None)))
    (line,) = ends(world, mapped)
    assert line.ending is not None
    assert line.ending.replaced_by == ()


def test_one_part_takes_the_line_back_and_the_other_gets_its_own() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was = stopped(world, mapped)
    world.save_mappings("contoso", only(part(was, "sub-a", None, mapped.line), part(was, "sub-b", None)))
    assert ends(world, mapped) == []


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in its agreement", "in another one"])
def test_a_part_waits_until_the_line_of_the_whole_is_proven_to_end(elsewhere: bool) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was, starts = stopped(world, mapped), ON_THE_31ST + DAY
    where = world.add_agreement() if elsewhere else mapped.agreement
    new = part(was, "sub-a", starts).model_copy(update={"agreement_id": where})
    world.save_mappings("contoso", only(new))
    world.fake.outcomes.append(Outcome.REFUSED)
    for kinds in ([WriteKind.END_LINE], [WriteKind.END_LINE] * 2 + [WriteKind.CREATE_LINE]):
        world.clock.pass_by(DAY)
        world.read("contoso", {SKU: 10}, subscriptions=SPLIT)
        world.push_until_done(world.clock.now().date().isoformat())
        assert [write.kind for write in world.fake.sent] == kinds
    assert [(w.after, w.effective) for w in world.fake.applied if w.kind is WriteKind.CREATE_LINE] == [
        (6, starts)
    ]
    check_invariants(world)


class TwoCompanies:
    """A tenant that is shared out: North is billed by the first line, South by the second."""

    def __init__(self) -> None:
        self.world = World()
        self.world.add_tenant("contoso")
        self.world.read("contoso", {SKU: 10})
        self.world.add_company("contoso", Filters(office=("South",)), "south")
        at = self.world.add_agreement()
        lines = [self.world.fake.add_line(at, self.world.product.id, seats) for seats in (6, 4)]
        assigned = Options(basis=Basis.ASSIGNED)
        self.north = self.world.map("contoso", SKU, at, lines[0].id, assigned)
        self.south = self.world.map("contoso", SKU, at, lines[1].id, assigned, company="south")

    def souths(self, starts: date | None) -> LicenceMapping:
        """South is billed by a line of its own from that day on."""
        options = Options(basis=Basis.ASSIGNED, starts=starts, beside_existing=True)
        mapping = self.world.mappings("contoso").mappings[1]
        return mapping.model_copy(update={"line_id": "", "options": options})


def test_a_companys_line_is_not_replaced_by_that_of_another_company_of_the_tenant() -> None:
    two = TwoCompanies()
    days = {two.north.line: ON_THE_31ST, two.south.line: ON_THE_15TH}
    two.world.save_mappings("contoso", only(two.souths(ON_THE_15TH + DAY)), last_days=days)
    waits = {line.line_id: line.ending.replaced_by for line in ends(two.world, two.north) if line.ending}
    assert waits == {two.north.line: (), two.south.line: (two.south.mapping,)}


def test_another_company_is_billed_while_the_line_of_one_bills_until_its_last_day() -> None:
    two = TwoCompanies()
    two.world.save_mappings(
        "contoso", only(), last_days={two.north.line: ON_THE_31ST, two.south.line: START.date()}
    )
    two.world.save_mappings("contoso", only(two.souths(START.date() + DAY)))
    waits = {line.line_id: line.ending.replaced_by for line in ends(two.world, two.north) if line.ending}
    assert waits == {two.north.line: (), two.south.line: (two.south.mapping,)}


@pytest.mark.parametrize("in_one_save", [False, True])
def test_a_line_that_billed_everybody_is_waited_for_by_each_company_that_they_are_shared_out_to_since(
    in_one_save: bool,
) -> None:
    world = World()
    mapped = world.map_line(quantity=10, options=Options(basis=Basis.ASSIGNED))
    was = world.mappings("contoso").mappings[0] if in_one_save else stopped(world, mapped)
    world.add_company("contoso", Filters(office=("South",)), "south")
    options = Options(basis=Basis.ASSIGNED, beside_existing=True)
    south = was.model_copy(
        update={"id": "mappingofsouth", "company": "south", "line_id": "", "options": options}
    )
    days = {mapped.line: ON_THE_31ST} if in_one_save else None
    with pytest.raises(Rejected, match="Give the new line a start date after that day"):
        world.save_mappings("contoso", only(south), last_days=days)
