"""K7: a mapping owns exactly one line and a line has one mapping, whatever is saved, repeated or at the same time."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.preferences import GuardSettings
from shared.billing import agreement_store
from shared.billing.mapping.adopt import A_SAVE_TAKES, MOST_LINES
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import (
    Basis,
    BillingProfile,
    HoldReason,
    LicenceMapping,
    LineState,
    Options,
    TenantMappings,
    UnplannedReason,
    Verdict,
)
from shared.billing.profiles import save_profile
from shared.billing.psa.base import PsaUnavailable
from shared.errors import Rejected
from shared.storage import keys
from shared.storage.decisions import Decider, get
from tests.invariants import i2_every_intent_is_applied_at_most_once
from tests.shared.billing.hooks import Killed, Once, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import Outcome
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, SKU, Mapped, World


def only(*mappings: LicenceMapping) -> TenantMappings:
    return TenantMappings(tenant_id="contoso", mappings=mappings)


@pytest.fixture
def world() -> World:
    return World()


def mapping(id_: str = "mapping9999", **changes: object) -> LicenceMapping:
    fields: dict[str, object] = {
        "id": id_,
        "sku_id": SKU,
        "profile": PROFILE,
        "connection": CONNECTION,
        "agreement_id": "1",
    }
    return LicenceMapping.model_validate(fields | changes)


# When a new line begins


@pytest.mark.parametrize(
    "starts, why",
    [
        (date(2027, 3, 3), None),
        (date(2027, 3, 4), "within a year from now, so no line of it begins on 4 Mar 2027"),
        (date(2062, 3, 2), "within a year"),
        (date(2026, 1, 1), None),
        (date(2025, 12, 31), "begins on 1 Jan 2026"),
    ],
    ids=["a year ahead", "a day more", "mistyped", "with the agreement", "before the agreement"],
)
def test_a_line_begins_within_its_agreement_and_within_a_year(
    world: World, starts: date, why: str | None
) -> None:
    at = world.fake.add_agreement(world.company.id, starts=date(2026, 1, 1)).id
    if why is None:
        assert world.map_new(agreement=at, options=Options(starts=starts)).line == ""
        return
    with pytest.raises(Rejected, match=why):
        world.map_new(agreement=at, options=Options(starts=starts))


def test_no_line_begins_after_its_agreement(world: World) -> None:
    at = world.fake.add_agreement(world.company.id, ends=date(2026, 6, 30)).id
    mapped = world.map_new(agreement=at, options=Options(starts=date(2026, 6, 30)))
    (there,) = world.mappings(mapped.tenant).mappings
    later = there.model_copy(update={"options": Options(starts=date(2026, 7, 1))})
    with pytest.raises(Rejected, match="ends on 30 Jun 2026, so no line of it begins on 1 Jul 2026"):
        world.save_mappings(mapped.tenant, only(later))


# Adopting


def test_an_adopted_line_gives_the_baseline_and_nothing_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    line = world.record(mapped)
    assert (line.line_id, line.confirmed, line.state) == (mapped.line, 10, LineState.IN_STEP)
    assert world.fake.sent == []
    assert [(e.event, e.after, e.who) for e in world.ledger(mapped)] == [
        ("adopted", 10, "ann@northwind.test")
    ]


def test_a_line_that_is_not_in_the_agreement_is_refused(world: World) -> None:
    with pytest.raises(Rejected, match="is not in agreement"):
        world.map("contoso", SKU, world.add_agreement(), "404")


def test_a_line_of_another_product_is_refused(world: World) -> None:
    at = world.add_agreement()
    line = world.fake.add_line(at, world.fake.add_product("AV").id)
    with pytest.raises(Rejected, match="another product"):
        world.map("contoso", SKU, at, line.id)


def test_two_mappings_cannot_own_one_line(world: World) -> None:
    first = world.map_line("contoso")
    with pytest.raises(Rejected, match="already belongs to another mapping"):
        world.map("fabrikam", SKU, first.agreement, first.line)
    assert world.record(first).line_id == first.line


def test_of_two_people_who_map_one_line_at_the_same_moment_one_is_refused(world: World) -> None:
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id)
    inner = world.tables

    def at_the_same_moment() -> None:
        world.tables = inner
        world.map("fabrikam", SKU, at, line.id)

    world.add_tenant("contoso")
    world.add_tenant("fabrikam")
    world.tables = WatchedTables(inner, Once("before commit", at_the_same_moment))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.map("contoso", SKU, at, line.id)
    assert i2_every_intent_is_applied_at_most_once(inner, ACCOUNT, []) == []


def test_a_mapping_id_of_another_tenant_is_refused(world: World) -> None:
    """Else the other tenant's line would be taken over."""
    first = world.map_line("contoso")
    second = world.map_line("fabrikam", agreement=first.agreement)
    stolen = world.mappings("fabrikam").mappings[0].model_copy(update={"id": first.mapping})
    with pytest.raises(Rejected, match="another tenant"):
        world.save_mappings("fabrikam", TenantMappings(tenant_id="fabrikam", mappings=(stolen,)))
    assert world.record(second).line_id == second.line


def test_an_unknown_profile_is_refused(world: World) -> None:
    wanted = TenantMappings(tenant_id="contoso", mappings=(mapping(profile="none"),))
    with pytest.raises(Rejected, match="no billing profile 'none'"):
        world.save_mappings("contoso", wanted)


def test_a_profile_of_another_connection_is_refused(world: World) -> None:
    other = BillingProfile(id="other", name="Other", connection="at", product_id="1")
    save_profile(world.tables, ACCOUNT, other, world.by())
    with pytest.raises(Rejected, match="for this PSA connection"):
        world.save_mappings(
            "contoso", TenantMappings(tenant_id="contoso", mappings=(mapping(profile="other"),))
        )


# Whose agreement it is


def test_an_agreement_of_another_customer_is_refused(world: World) -> None:
    at = world.fake.add_agreement(world.fake.add_company("Tailspin").id, "Tailspin services").id
    line = world.fake.add_line(at, world.product.id)
    with pytest.raises(Rejected, match=r"\(Tailspin services\) belongs to another company in the PSA"):
        world.map("contoso", SKU, at, line.id)
    with pytest.raises(Rejected, match="belongs to another company in the PSA"):
        world.map_new("fabrikam", agreement=at)
    world.night()
    assert world.fake.sent == []


def test_an_agreement_of_another_psa_than_the_companys_is_refused(world: World) -> None:
    linked = Company(
        id="contoso", tenant_id="contoso", name="Contoso", psa_connection="halo", psa_company=world.company.id
    )
    world.add_tenant("contoso")
    add_company(
        world.tables, ACCOUNT, linked, Decider("ann@northwind.test", "company added", world.clock.now())
    )
    with pytest.raises(Rejected, match="than the one that Contoso is linked to"):
        world.map_new("contoso")


def test_a_tenant_without_a_company_is_added_before_it_is_mapped(world: World) -> None:
    wanted = TenantMappings(tenant_id="stranger", mappings=(mapping(agreement_id=world.add_agreement()),))
    with pytest.raises(Rejected, match=r"not added yet\. Add its company first"):
        world.save_mappings("stranger", wanted)


def test_an_agreement_that_is_not_in_the_psa_is_refused(world: World) -> None:
    world.add_tenant("contoso")
    with pytest.raises(Rejected, match="Agreement 404 is not in the PSA"):
        world.save_mappings("contoso", only(mapping(agreement_id="404")))


def test_a_connection_that_is_gone_is_told(world: World) -> None:
    other = BillingProfile(id="other", name="Other", connection="at", product_id="1")
    save_profile(world.tables, ACCOUNT, other, world.by())
    world.add_tenant("contoso")
    with pytest.raises(Rejected, match="no PSA connection 'at'"):
        world.save_mappings("contoso", only(mapping(profile="other", connection="at")))


# A save that is refused or interrupted


def move_and(world: World, mapped: Mapped, *others: LicenceMapping) -> TenantMappings:
    """The tenant's mapping takes another line (that says 3) of its agreement, and the others come with it."""
    line = world.fake.add_line(mapped.agreement, world.product.id, 3)
    return only(world.mappings("contoso").mappings[0].model_copy(update={"line_id": line.id}), *others)


def test_a_save_that_is_refused_changes_nothing(world: World) -> None:
    mapped = world.map_line(quantity=10)
    av = world.fake.add_line(mapped.agreement, world.fake.add_product("AV").id, 1)
    faulty = mapping(sku_id="b", agreement_id=mapped.agreement, line_id=av.id)
    wanted, before = move_and(world, mapped, faulty), world.record(mapped)
    with pytest.raises(Rejected, match="another product"):
        world.save_mappings("contoso", wanted, looked_after=(mapped.line,))
    assert (world.record(mapped), world.events(mapped)) == (before, ["adopted"])
    assert world.night().lines.unchanged == 1
    assert world.fake.sent == []


def test_a_save_whose_second_agreement_cannot_be_read_changes_nothing(world: World) -> None:
    mapped, at = world.map_line(quantity=10), world.add_agreement()
    wanted = move_and(world, mapped, mapping(sku_id="b", agreement_id=at))
    partition, psa, looks = keys.agreements(ACCOUNT, CONNECTION), world.fake, list[str]()
    before = list(world.tables.rows(partition))

    def away(moment: str) -> None:
        looks.extend([moment] if moment == "before lines" else [])
        if len(looks) == 2:
            psa.unavailable = PsaUnavailable("It does not answer.")

    world.psa = WatchedPsa(psa, away)
    with pytest.raises(Rejected, match="could not be read"):
        world.save_mappings("contoso", wanted, looked_after=(mapped.line,))
    assert list(world.tables.rows(partition)) == before


def interrupted(world: World, mapped: Mapped, wanted: TenantMappings, commits: int) -> None:
    """The process ends after so many commits of the save."""

    def ends() -> None:
        raise Killed

    inner = world.tables
    world.tables = WatchedTables(inner, Once("before commit", ends, nth=commits + 1))
    with pytest.raises(Killed):
        world.save_mappings("contoso", wanted, looked_after=(mapped.line,))
    world.tables = inner


def test_a_line_that_nobody_put_in_force_is_not_written_and_saving_again_puts_it_right(world: World) -> None:
    mapped = world.map_line(quantity=10)
    wanted = move_and(world, mapped)
    interrupted(world, mapped, wanted, commits=1)
    run = world.night()
    assert (world.fake.sent, run.lines.failed) == ([], 1)
    assert (world.record(mapped).state, world.unplanned(mapped)) == (
        LineState.BLOCKED,
        UnplannedReason.ANOTHER_LINE,
    )
    world.save_mappings("contoso")
    world.later_read({SKU: 12})
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    assert len(world.fake.sent) == 1


def test_a_chosen_line_is_not_written_for_a_mapping_that_asks_for_one_of_its_own(world: World) -> None:
    mapped = world.map_new(seats=7)
    interrupted(world, mapped, move_and(world, mapped), commits=1)
    world.night()
    assert (world.fake.sent, world.unplanned(mapped)) == ([], UnplannedReason.ANOTHER_LINE)


def test_no_line_is_created_for_a_mapping_whose_line_another_one_was_about_to_take(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    created = world.record(mapped).line_id
    other = mapping(sku_id=SKU, agreement_id=mapped.agreement, line_id=created)
    interrupted(world, mapped, only(other), commits=1)
    world.later_read({SKU: 8})
    world.night()
    assert (len(world.fake.sent), world.unplanned(mapped)) == (1, UnplannedReason.ANOTHER_LINE)
    world.save_mappings("contoso", only(other))
    world.night()
    assert int(world.fake.line(created).quantity) == 8


def test_the_same_save_again_completes_what_was_interrupted(world: World) -> None:
    mapped = world.map_line(quantity=10)
    wanted = move_and(world, mapped)
    interrupted(world, mapped, wanted, commits=1)
    with pytest.raises(Rejected, match="still bills 10 seats"):
        world.save_mappings("contoso", wanted)
    world.save_mappings("contoso", wanted, looked_after=(mapped.line,))
    world.night()
    assert int(world.fake.line(world.record(mapped).line_id).quantity) == 10


def test_what_an_interrupted_save_claimed_can_be_mapped_by_another_tenant_a_while_later(world: World) -> None:
    """But not at once: the decision may be about to be stored."""
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 3)
    world.add_tenant("contoso")
    claimed = mapping(agreement_id=at, line_id=line.id)
    interrupted(world, Mapped("contoso", SKU, claimed.id, at, line.id), only(claimed), commits=1)
    with pytest.raises(Rejected, match="already belongs to another mapping"):
        world.map("fabrikam", SKU, at, line.id)
    world.clock.pass_by(A_SAVE_TAKES)
    world.save_mappings("fabrikam")
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, at).record
    assert [(one.tenant_id, one.line_id) for one in kept.lines.values()] == [("fabrikam", line.id)]


def test_a_save_lets_go_of_whatever_an_interrupted_one_left_behind(world: World) -> None:
    mapped = world.map_line(quantity=10)
    interrupted(world, mapped, only(), commits=1)
    assert (
        mapped.mapping
        in agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines
    )
    world.save_mappings("contoso", only())
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines == {}
    assert world.events(mapped) == ["adopted", "released"]


def test_of_two_people_who_save_one_tenant_the_later_one_is_asked_again(world: World) -> None:
    """What the first one mapped meanwhile would be gone without a word."""
    world.map_line(quantity=10, sku="a")
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 3)
    earlier = world.mappings("contoso")
    psa = world.fake

    def meanwhile() -> None:
        world.psa = psa
        world.map_line(quantity=5, sku="b")

    world.psa = WatchedPsa(psa, Once("after lines", meanwhile))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.save_mappings(
            "contoso", only(*earlier.mappings, mapping(sku_id="c", agreement_id=at, line_id=line.id))
        )
    in_force = get(world.tables, ACCOUNT, MAPPINGS, "contoso", TenantMappings)
    assert in_force is not None
    assert [one.sku_id for one in in_force.mappings] == ["a", "b"]
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, at).record.lines == {}


# What belongs to another mapping


def created_but_not_known(world: World) -> tuple[Mapped, str]:
    """A line was created, and the PSA was away before that could be read."""
    mapped, psa = world.map_new(seats=7), world.fake
    away = PsaUnavailable("It does not answer.", timedelta(minutes=10))
    psa.outcomes.append(Outcome.UNCLEAR_APPLIED)
    world.psa = WatchedPsa(psa, Once("after apply", lambda: setattr(psa, "unavailable", away)))
    world.push_until_done()
    psa.unavailable, world.psa = None, psa
    return mapped, psa.created_line()


def test_a_line_that_was_created_for_a_mapping_which_does_not_know_it_yet_is_not_adopted(
    world: World,
) -> None:
    mapped, created = created_but_not_known(world)
    with pytest.raises(Rejected, match="was created for another mapping"):
        world.map("fabrikam", SKU, mapped.agreement, created)
    world.night()
    assert world.record(mapped).line_id == created


def test_a_line_that_came_late_is_not_adopted_before_its_own_mapping_found_it(world: World) -> None:
    mapped = world.map_new(seats=7)
    late = world.fake.add_line(mapped.agreement, world.product.id, 7, marker=f"lic:{mapped.mapping}:m:0")
    with pytest.raises(Rejected, match="was created for another mapping"):
        world.map("fabrikam", SKU, mapped.agreement, late.id)


def test_a_mapping_that_comes_again_the_same_day_marks_its_line_anew(world: World) -> None:
    """Else two lines had one mark, and nobody could tell which one was created now."""
    first = world.map_new(seats=7)
    world.push_until_done()
    created, wanted = world.record(first).line_id, world.mappings("contoso")
    world.save_mappings("contoso", only(), looked_after=(created,))
    world.read("fabrikam", {SKU: 7})
    second = world.map("fabrikam", SKU, first.agreement, created)
    world.save_mappings("contoso", wanted)
    run = world.push_until_done("2026-03-02-again")
    assert (world.record(second).line_id, world.record(second).state) == (created, LineState.IN_STEP)
    assert (world.record(first).state, run.lines.written, len(world.fake.applied)) == (
        LineState.IN_STEP,
        1,
        2,
    )
    assert i2_every_intent_is_applied_at_most_once(world.tables, ACCOUNT, world.fake.applied) == []


def test_saving_one_mapping_judges_no_other_line_of_its_agreement(world: World) -> None:
    """Their own wishes are not known then: a hand edit to what is wanted would be drift."""
    first = world.map_line("contoso", 10, sku="a")
    world.later_read({"a": 12})
    world.fake.edit_line(first.line, quantity=Decimal(12))
    before = agreement_store.get(world.tables, ACCOUNT, CONNECTION, first.agreement).record
    world.map_line("fabrikam", 5, sku="b", agreement=first.agreement)
    after = agreement_store.get(world.tables, ACCOUNT, CONNECTION, first.agreement).record
    assert after.lines[first.mapping] == before.lines[first.mapping]
    assert after.read_at == before.read_at


# Saving again


def test_saving_a_tenant_again_changes_nothing_of_lines_that_stay(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 8})
    world.push_until_done()
    before = world.record(mapped)
    assert before.losses
    world.save_mappings("contoso")
    assert world.record(mapped) == before


def test_saving_a_tenant_again_changes_nothing_of_a_line_that_we_created(world: World) -> None:
    mapped = world.map_new(seats=7)
    world.push_until_done()
    world.later_read({SKU: 6})
    world.night()
    world.fake.edit_line(world.record(mapped).line_id, quantity=Decimal(9))
    world.night()
    before = world.record(mapped)
    assert (before.state, [loss.seats for loss in before.losses]) == (LineState.DRIFT, [1])
    world.save_mappings("contoso")
    assert world.record(mapped) == before


def test_saving_a_tenant_while_a_creation_is_unclear_forgets_nothing_and_creates_nothing_twice(
    world: World,
) -> None:
    mapped = world.map_new(seats=7)
    world.fake.outcomes.append(Outcome.UNCLEAR_APPLIED_LATE)
    world.push_until_done()
    world.save_mappings("contoso")
    world.night()
    assert len(world.fake.applied) == 1
    assert world.quantity(mapped) == 7


def test_another_line_is_not_taken_while_a_write_to_the_present_one_is_unclear(world: World) -> None:
    mapped = unclear(world)
    other = world.fake.add_line(mapped.agreement, world.product.id, 3)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"line_id": other.id})
    with pytest.raises(Rejected, match="not settled yet"):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=(moved,)))
    assert world.record(mapped).state is LineState.UNKNOWN


def unclear(world: World) -> Mapped:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 12})
    world.fake.outcomes.append(Outcome.UNCLEAR_NOT_APPLIED)
    with pytest.raises(Exception, match="settled first"):
        world.push()
    return mapped


def test_another_line_begins_with_its_own_baseline_and_keeps_what_was_lost(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 8})
    world.push_until_done()
    other = world.fake.add_line(mapped.agreement, world.product.id, 3)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"line_id": other.id})
    world.save_mappings("contoso", only(moved), looked_after=(mapped.line,))
    line = world.record(mapped)
    assert (line.line_id, line.confirmed, [loss.seats for loss in line.losses]) == (other.id, 3, [2])


# Letting go


def test_a_line_whose_mapping_is_gone_stays_as_it_is_and_can_be_mapped_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.save_mappings("contoso", only(), looked_after=(mapped.line,))
    world.later_read({SKU: 5})
    world.push_until_done()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    again = world.map("fabrikam", SKU, mapped.agreement, mapped.line)
    assert world.record(again).confirmed == 10


def test_a_mapping_that_moves_to_another_agreement_lets_go_of_its_old_line(world: World) -> None:
    mapped = world.map_line(quantity=10)
    at = world.add_agreement()
    other = world.fake.add_line(at, world.product.id, 4)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at, "line_id": other.id})
    world.save_mappings("contoso", only(moved), looked_after=(mapped.line,))
    old = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    new = agreement_store.get(world.tables, ACCOUNT, CONNECTION, at).record
    assert mapped.mapping not in old.lines
    assert new.lines[mapped.mapping].confirmed == 4


def test_a_line_that_was_not_let_go_because_the_process_ended_is_never_written(world: World) -> None:
    """The mapping moved to another agreement, and nobody came to let go of its old line."""
    mapped = world.map_line(quantity=10)
    at = world.add_agreement()
    other = world.fake.add_line(at, world.product.id, 10)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at, "line_id": other.id})
    inner = world.tables

    def ends() -> None:
        raise Killed

    world.tables = WatchedTables(inner, Once("before commit", ends, nth=3))
    with pytest.raises(Killed):
        world.save_mappings("contoso", only(moved), looked_after=(mapped.line,))
    world.tables = inner
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.quantity(mapped) == 10
    assert int(world.fake.line(other.id).quantity) == 12


def test_a_line_that_was_created_and_not_let_go_is_never_written_for_the_new_agreement(world: World) -> None:
    mapped = world.map_new(seats=10)
    world.push_until_done()
    created = world.record(mapped).line_id
    world.fake.edit_line(created, ends=date(2026, 3, 1))
    at = world.add_agreement()
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at})
    interrupted(world, mapped, only(moved), commits=2)
    world.later_read({SKU: 12})
    world.night()
    assert int(world.fake.line(created).quantity) == 10
    assert [(write.agreement_id, write.after) for write in world.fake.sent[1:]] == [(at, 12)]


def test_do_not_bill_lets_go_of_the_line_and_never_cancels_it(world: World) -> None:
    mapped = world.map_line(quantity=10)
    no = LicenceMapping(id=mapped.mapping, sku_id=SKU, bill=False)
    world.save_mappings("contoso", only(no), looked_after=(mapped.line,))
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    assert agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record.lines == {}


def test_a_line_is_not_let_go_while_a_write_to_it_is_unclear(world: World) -> None:
    mapped = unclear(world)
    with pytest.raises(Rejected, match="not settled yet"):
        world.save_mappings("contoso", TenantMappings(tenant_id="contoso", mappings=()))
    assert world.record(mapped).state is LineState.UNKNOWN


def test_what_was_lost_is_remembered_when_the_mapping_moves_to_another_agreement() -> None:
    """Else a customer could lose a fifth of its seats once in each agreement."""
    world = World(guard=GuardSettings())
    world.map_line("elsewhere", 1000)
    mapped = world.map_line("contoso", 30)
    world.later_read({SKU: 24})
    world.push_until_done()
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 24)
    moved = world.mappings("contoso").mappings[0].model_copy(update={"agreement_id": at, "line_id": line.id})
    world.save_mappings("contoso", only(moved), looked_after=(mapped.line,))
    world.later_read({SKU: 20})
    world.push_until_done("2026-03-02-again")
    assert int(world.fake.line(line.id).quantity) == 24
    assert [hold.reasons for hold in world.held()] == [(HoldReason.TENANT_LOSS,)]


# What a decision may say


def test_a_licence_has_one_mapping() -> None:
    with pytest.raises(ValidationError, match="a licence has one mapping"):
        TenantMappings(tenant_id="t", mappings=(mapping("mapping0001"), mapping("mapping0002")))


def test_a_sku_is_not_billed_as_a_whole_and_by_subscription() -> None:
    with pytest.raises(ValidationError, match="as a whole or by subscription"):
        TenantMappings(
            tenant_id="t", mappings=(mapping("mapping0001"), mapping("mapping0002", subscription_id="s"))
        )


def test_a_mapping_id_is_used_once() -> None:
    with pytest.raises(ValidationError, match="used once"):
        TenantMappings(tenant_id="t", mappings=(mapping(), mapping(sku_id="b")))


def test_a_mapping_that_bills_says_where() -> None:
    with pytest.raises(ValidationError, match="names its profile"):
        LicenceMapping(id="mapping0001", sku_id=SKU)
    assert not LicenceMapping(id="mapping0001", sku_id=SKU, bill=False).bill


def test_a_subscription_is_never_billed_by_assigned_seats() -> None:
    with pytest.raises(ValidationError, match="only be billed by purchased"):
        mapping(subscription_id="s", options=Options(basis=Basis.ASSIGNED))


# A person's word


def test_a_decision_at_the_same_moment_as_a_push_is_refused_and_asked_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    change = world.held()[0].change.id
    inner = world.tables

    def pushed_meanwhile() -> None:
        world.tables = inner
        kept = agreement_store.get(inner, ACCOUNT, CONNECTION, mapped.agreement)
        agreement_store.save(inner, ACCOUNT, kept, kept.record.model_copy(update={"claims": 5}))

    world.tables = WatchedTables(inner, Once("before commit", pushed_meanwhile))
    with pytest.raises(Rejected, match="changed at this moment"):
        world.decide(change)
    world.decide(change)
    assert world.events(mapped)[-1] == "approved"


def test_an_approval_can_be_taken_back_until_it_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 0})
    world.push_until_done()
    change = world.held()[0].change.id
    world.decide(change)
    world.decide(change, Verdict.REJECTED)
    world.night()
    assert (world.quantity(mapped), world.fake.sent) == (10, [])
    assert world.events(mapped)[-2:] == ["approved", "rejected"]


def test_a_tenant_that_was_typed_in_capitals_is_billed_as_the_one_that_is_read(world: World) -> None:
    mapped = world.map_line("contoso", quantity=10)
    world.save_mappings(
        "contoso", TenantMappings(tenant_id="CONTOSO", mappings=world.mappings("contoso").mappings)
    )
    world.later_read({SKU: 12})
    world.push_until_done()
    assert world.quantity(mapped) == 12


def test_an_agreement_takes_no_more_lines_than_its_row_can_hold(world: World) -> None:
    mapped = world.map_line(quantity=10)
    kept = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement)
    one = kept.record.lines[mapped.mapping]
    others = {f"other{number:04}": one.model_copy(update={"line_id": ""}) for number in range(MOST_LINES - 1)}
    full = kept.record.model_copy(update={"lines": {**kept.record.lines, **others}})
    agreement_store.save(world.tables, ACCOUNT, kept, full)
    with pytest.raises(Rejected, match="300 mapped lines, which is the most"):
        world.map_new("fabrikam", agreement=mapped.agreement)
    world.save_mappings("contoso")
