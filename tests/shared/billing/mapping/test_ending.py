"""K15: a line ends on a day that a person said, and the one that replaces it begins after that day."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.accounts.account import Mode
from shared.billing import agreement_store, why_not
from shared.billing.line_names import LineName
from shared.billing.mapping.ending_lines import all_lines_end
from shared.billing.mapping.preview import Saving, preview_mappings
from shared.billing.mapping.release import Said
from shared.billing.mapping.save import map_tenant
from shared.billing.models import (
    BillingProfile,
    LicenceMapping,
    LineRecord,
    LineState,
    Options,
    TenantMappings,
)
from shared.billing.profiles import save_profile
from shared.billing.psa.base import EndsBy, WriteKind
from shared.errors import Rejected
from tests.shared.billing.hooks import Death, Killed, WatchedPsa, WatchedTables
from tests.shared.billing.psa.fake import FakePsa, Outcome, Takes
from tests.shared.billing.world import (
    ACCOUNT,
    CONNECTION,
    DAY,
    PROFILE,
    SKU,
    START,
    Mapped,
    World,
    check_invariants,
)

TODAY = START.date()
ON_THE_31ST = date(2026, 3, 31)
ALL = [Takes.NUMBERS, Takes.DIFFERENCES, Takes.DOCUMENTS]


def only(*mappings: LicenceMapping) -> TenantMappings:
    return TenantMappings(tenant_id="contoso", mappings=mappings)


def first(world: World, **changes: object) -> LicenceMapping:
    return world.mappings("contoso").mappings[0].model_copy(update=changes)


def endings(world: World, agreement: str) -> list[LineRecord]:
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, agreement).record
    return [line for line in record.lines.values() if line.ending]


def seats_before(world: World, line_id: str) -> int:
    """Where a line is ended by its seats, what it said before."""
    return next(write.before for write in world.fake.applied if write.line_id == line_id and write.ends)


def billed(world: World, day: date) -> dict[str, int]:
    """Seats by line id that the PSA bills on a day, told by itself."""
    found = {}
    for line in world.fake._lines.values():
        if (line.effective is not None and line.effective > day) or not line.bills_from(day):
            continue
        found[line.id] = int(line.quantity or seats_before(world, line.id))
    return found


def ended(
    world: World, mapped: Mapped, on: date = ON_THE_31ST, *, wanted: TenantMappings | None = None
) -> None:
    world.save_mappings("contoso", wanted or only(), last_days={mapped.line: on})


@pytest.mark.parametrize("takes", ALL)
@pytest.mark.parametrize(
    "on",
    [
        TODAY,
        date(2026, 3, 3),
        date(2026, 3, 31),
        date(2026, 4, 1),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ],
    ids=["today", "tomorrow", "last of the month", "first of the month", "end of February", "leap day"],
)
def test_an_unmapped_line_bills_to_its_last_day_and_not_after(takes: Takes, on: date) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    ended(world, mapped, on)
    world.push_until_done()
    assert billed(world, on) == {mapped.line: 10}
    assert billed(world, on + timedelta(days=1)) == {}
    (line,) = endings(world, mapped.agreement)
    assert (line.is_ended, line.state) == (True, LineState.IN_STEP)
    assert [write.kind for write in world.fake.applied] == [WriteKind.END_LINE]
    world.night()
    assert len(world.fake.sent) == 1
    check_invariants(world)


@pytest.mark.parametrize("takes", ALL)
def test_a_line_that_is_over_is_let_go_and_told_once(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY + timedelta(days=1))
    world.push_until_done()
    (line,) = endings(world, mapped.agreement)
    for _ in range(4):
        world.night()
    assert endings(world, mapped.agreement) == []
    record = agreement_store.get(world.tables, ACCOUNT, CONNECTION, mapped.agreement).record
    assert record.let_go == (mapped.line,)
    told = agreement_store.ledger(world.tables, ACCOUNT, CONNECTION, mapped.agreement, line.mapping_id)
    events = [entry.event.value for entry in sorted(told, key=lambda entry: entry.at)]
    assert events == ["ending", "intended", "ended", "released"]


@pytest.mark.parametrize("takes", ALL)
def test_a_remapped_licence_is_billed_by_one_line_on_each_day(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    elsewhere = world.add_agreement()
    starts = ON_THE_31ST + timedelta(days=1)
    wanted = only(first(world, agreement_id=elsewhere, line_id="", options=Options(starts=starts)))
    ended(world, mapped, wanted=wanted)
    run = world.push_until_done()
    new = world.record(Mapped("contoso", SKU, mapped.mapping, elsewhere, "")).line_id
    assert new
    assert billed(world, ON_THE_31ST) == {mapped.line: 10}
    assert billed(world, starts) == {new: 10}
    assert run.lines.written == 2
    check_invariants(world)


@pytest.mark.parametrize("takes", ALL)
def test_a_new_line_of_the_same_agreement_is_made_only_once_the_old_one_is_proven_to_end(
    takes: Takes,
) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    starts = ON_THE_31ST + timedelta(days=1)
    wanted = only(first(world, line_id="", options=Options(starts=starts, beside_existing=True)))
    ended(world, mapped, wanted=wanted)
    world.fake.outcomes.append(Outcome.REFUSED)
    world.push_until_done()
    assert [write.kind for write in world.fake.sent] == [WriteKind.END_LINE]
    assert billed(world, starts) == {mapped.line: 10}
    world.night()
    assert [write.kind for write in world.fake.applied] == [WriteKind.END_LINE, WriteKind.CREATE_LINE]
    assert list(billed(world, ON_THE_31ST)) == [mapped.line]
    assert list(billed(world, starts).values()) == [10]
    check_invariants(world)


@pytest.mark.parametrize("takes", ALL)
def test_the_new_line_is_made_in_the_night_that_ends_the_old_one_whatever_else_is_made_beside_it(
    takes: Takes,
) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    world.map_new("fabrikam", 4, agreement=mapped.agreement)
    starts = TODAY + timedelta(days=1)
    wanted = only(first(world, line_id="", options=Options(starts=starts, beside_existing=True)))
    ended(world, mapped, TODAY, wanted=wanted)
    world.night()  # the last day is over: the look after a creation lets the old line go
    assert sorted(billed(world, starts).values()) == [4, 10]
    check_invariants(world)


def test_while_the_old_line_cannot_be_ended_the_new_one_says_why_it_waits() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    elsewhere = world.add_agreement()
    starts = ON_THE_31ST + timedelta(days=1)
    wanted = only(first(world, agreement_id=elsewhere, line_id="", options=Options(starts=starts)))
    ended(world, mapped, wanted=wanted)
    for _ in range(2):
        world.fake.outcomes.append(Outcome.REFUSED)
        world.night()
    new = Mapped("contoso", SKU, mapped.mapping, elsewhere, "")
    assert "not proven to end" in world.why_not_planned(new)
    assert all(write.kind is WriteKind.END_LINE for write in world.fake.sent)


@pytest.mark.parametrize("takes", ALL)
def test_wherever_the_process_ends_the_line_is_ended_once_and_the_new_one_made_once(takes: Takes) -> None:
    moment, stride = 0, 2 if takes is Takes.NUMBERS else 3
    while True:
        moment += stride
        world = World(fake=FakePsa(takes=takes))
        mapped = world.map_line(quantity=10)
        starts = ON_THE_31ST + timedelta(days=1)
        wanted = only(first(world, line_id="", options=Options(starts=starts, beside_existing=True)))
        death = Death(moment)
        tables, psa, died = world.tables, world.psa, False
        world.tables, world.psa = WatchedTables(tables, death), WatchedPsa(psa, death)
        try:
            ended(world, mapped, wanted=wanted)
            world.push_until_done()
        except Killed:
            died = True
        world.tables, world.psa = tables, psa
        world.clock.pass_by(timedelta(minutes=11))
        ended(world, mapped, wanted=wanted)  # the same save again completes it
        world.push_until_done()
        world.night()
        while world.say_what_the_psa_shows():
            world.night()
        kinds = [write.kind for write in world.fake.applied]
        assert kinds == [WriteKind.END_LINE, WriteKind.CREATE_LINE], moment
        assert list(billed(world, ON_THE_31ST)) == [mapped.line], moment
        assert list(billed(world, starts).values()) == [10], moment
        check_invariants(world)
        if not died:
            break
    assert moment > 15


@pytest.mark.parametrize(
    "last_day, why",
    [
        (TODAY - timedelta(days=1), "must be between 2 Mar 2026"),
        (TODAY + timedelta(days=4000), "must be between 2 Mar 2026"),
        (date(2026, 7, 1), "The agreement ends on 30 Jun 2026"),
    ],
    ids=["yesterday", "a slip of the hand", "after the agreement"],
)
def test_a_day_on_which_the_line_cannot_end_is_refused(last_day: date, why: str) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, ends=date(2026, 6, 30))
    with pytest.raises(Rejected, match=why):
        ended(world, mapped, last_day)
    assert endings(world, mapped.agreement) == []


@pytest.mark.parametrize("takes", ALL)
def test_the_last_day_of_the_agreement_is_one_only_where_lines_have_a_day(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, ends=ON_THE_31ST)
    if world.fake.ends_by is EndsBy.DATE:
        ended(world, mapped)
        assert len(endings(world, mapped.agreement)) == 1
    else:
        with pytest.raises(Rejected, match="changes seats only within it"):
            ended(world, mapped)


def test_a_psa_that_ends_no_line_on_a_day_says_so() -> None:
    world = World()
    world.fake.ends_by = EndsBy.A_PERSON
    mapped = world.map_line(quantity=10)
    with pytest.raises(Rejected, match="This PSA ends no line on a day"):
        ended(world, mapped)


def test_a_line_that_ends_sooner_already_is_not_prolonged() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, ends=date(2026, 3, 15))
    with pytest.raises(Rejected, match="ends on 15 Mar 2026 already"):
        ended(world, mapped)


@pytest.mark.parametrize("starts", [None, TODAY, ON_THE_31ST])
def test_a_new_line_that_would_begin_while_the_old_one_is_billed_is_refused(starts: date | None) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    at = world.add_agreement()
    wanted = only(first(world, agreement_id=at, line_id="", options=Options(starts=starts)))
    with pytest.raises(Rejected, match="Give the new line a start date after that day"):
        ended(world, mapped, wanted=wanted)


def test_a_line_that_is_there_already_takes_over_only_when_it_begins_later() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    other = world.fake.add_line(mapped.agreement, world.product.id, 0)
    wanted = only(first(world, line_id=other.id))
    with pytest.raises(Rejected, match="can be billed before line"):
        ended(world, mapped, wanted=wanted)
    starts = ON_THE_31ST + timedelta(days=1)
    world.fake.edit_line(other.id, effective=starts)
    ended(world, mapped, wanted=only(first(world, line_id=other.id, options=Options(starts=starts))))
    world.push_until_done()
    assert billed(world, ON_THE_31ST) == {mapped.line: 10}
    assert billed(world, starts) == {other.id: 10}


@pytest.mark.parametrize("starts", [None, TODAY, ON_THE_31ST])
def test_a_licence_is_not_billed_again_by_another_line_while_the_one_that_it_had_still_bills(
    starts: date | None,
) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was = first(world)
    ended(world, mapped)
    world.push_until_done()
    with pytest.raises(Rejected, match="Give the new line a start date after that day"):
        world.save_mappings(
            "contoso", only(was.model_copy(update={"line_id": "", "options": Options(starts=starts)}))
        )
    other = world.fake.add_line(mapped.agreement, world.product.id, 10)
    with pytest.raises(Rejected, match="can be billed before line"):
        world.save_mappings("contoso", only(was.model_copy(update={"line_id": other.id})))


def test_a_licence_is_billed_again_by_another_line_after_the_last_day_of_the_one_that_it_had() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was, starts = first(world), ON_THE_31ST + timedelta(days=1)
    ended(world, mapped)
    world.push_until_done()
    again = was.model_copy(update={"line_id": "", "options": Options(starts=starts)})
    world.save_mappings("contoso", only(again))
    world.night()
    assert billed(world, ON_THE_31ST) == {mapped.line: 10}
    assert list(billed(world, starts).values()) == [10]
    assert mapped.line not in billed(world, starts)
    world.save_mappings("contoso", only(again))  # the same again changes nothing


@pytest.mark.parametrize("takes", ALL)
@pytest.mark.parametrize("elsewhere", [False, True], ids=["in its agreement", "in another one"])
def test_a_licence_that_is_billed_again_waits_until_the_line_that_it_had_is_proven_to_end(
    takes: Takes, elsewhere: bool
) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    was, starts = first(world), ON_THE_31ST + timedelta(days=1)
    ended(world, mapped)
    where = world.add_agreement() if elsewhere else mapped.agreement
    options = Options(starts=starts, beside_existing=True)
    again = was.model_copy(update={"agreement_id": where, "line_id": "", "options": options})
    world.save_mappings("contoso", only(again))
    for _ in range(2):
        world.fake.outcomes.append(Outcome.REFUSED)
        world.night()
        assert {write.kind for write in world.fake.sent} == {WriteKind.END_LINE}
    assert "not proven to end" in world.why_not_planned(Mapped("contoso", SKU, mapped.mapping, where, ""))
    world.night()
    world.night()
    assert [write.kind for write in world.fake.applied] == [WriteKind.END_LINE, WriteKind.CREATE_LINE]
    assert billed(world, ON_THE_31ST) == {mapped.line: 10}
    assert list(billed(world, starts).values()) == [10]
    check_invariants(world)


def test_a_line_whose_end_is_not_written_yet_is_taken_back_by_its_mapping() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was = first(world)
    ended(world, mapped)
    world.save_mappings("contoso", only(was))
    world.push_until_done()
    assert endings(world, mapped.agreement) == []
    assert billed(world, ON_THE_31ST + timedelta(days=1)) == {mapped.line: 10}


def test_an_end_that_somebody_else_sets_in_the_psa_is_told_and_not_overwritten() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped)
    world.push_until_done()
    world.fake.edit_line(mapped.line, ends=None)
    world.night()
    (line,) = endings(world, mapped.agreement)
    assert line.state is LineState.BLOCKED
    assert len(world.fake.sent) == 1
    world.fake.edit_line(mapped.line, ends=ON_THE_31ST)
    world.night()
    (line,) = endings(world, mapped.agreement)
    assert line.state is LineState.IN_STEP


def test_a_difference_goes_along_to_another_line_only_by_a_persons_word() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    took = first(world, options=Options(difference=2))
    world.save_mappings("contoso", only(took))
    starts = ON_THE_31ST + timedelta(days=1)
    options = Options(difference=2, starts=starts, beside_existing=True)
    wanted = only(first(world, line_id="", options=options))
    with pytest.raises(Rejected, match=r"\+2 seats that were taken over"):
        ended(world, mapped, wanted=wanted)
    world.save_mappings("contoso", wanted, last_days={mapped.line: ON_THE_31ST}, keeps_differences=True)


@pytest.mark.parametrize(
    "renamed", [False, True], ids=["another profile", "the profile bills another product"]
)
def test_a_difference_goes_along_to_a_created_line_of_another_product_only_by_a_persons_word(
    renamed: bool,
) -> None:
    world = World()
    mapped = world.map_new()
    world.push_until_done()
    world.save_mappings("contoso", only(first(world, options=Options(difference=2))))
    world.night()
    old, product = world.record(mapped).line_id, world.fake.add_product().id
    if renamed:
        world.name_product(product)
    else:
        profile = BillingProfile(id="other", name="Other", connection=CONNECTION, product_id=product)
        save_profile(world.tables, ACCOUNT, profile, world.by())
    options = Options(difference=2, starts=ON_THE_31ST + DAY)
    wanted = only(first(world, profile=PROFILE if renamed else "other", options=options))
    with pytest.raises(Rejected, match=r"\+2 seats that were taken over"):
        world.save_mappings("contoso", wanted, last_days={old: ON_THE_31ST})
    world.save_mappings("contoso", wanted, last_days={old: ON_THE_31ST}, keeps_differences=True)


def test_a_difference_stays_with_a_created_line_whose_mapping_is_saved_again() -> None:
    world = World()
    mapped = world.map_new()
    world.push_until_done()
    profile = BillingProfile(
        id="other", name="Other", connection=CONNECTION, product_id=world.record(mapped).product_id
    )
    save_profile(world.tables, ACCOUNT, profile, world.by())
    for changes in ({}, {"profile": "other"}, {"options": Options(difference=3)}):
        world.save_mappings("contoso", only(first(world, **{"options": Options(difference=2), **changes})))


def test_the_preview_shows_the_end_and_the_new_line_and_writes_nothing() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    at, starts = world.add_agreement(), ON_THE_31ST + timedelta(days=1)
    wanted = only(first(world, agreement_id=at, line_id="", options=Options(starts=starts)))
    before = world.record(mapped)
    said = Said(last_days={LineName(CONNECTION, mapped.line): ON_THE_31ST})
    psas = {CONNECTION: world.psa}
    saving = Saving(wanted, world.by(), said)
    found = preview_mappings(world.tables, world.blobs, psas, ACCOUNT, saving)
    (new,), (old,) = found.lines, found.ending
    assert (new.effect, new.after, new.change.effective if new.change else None) == ("created", 10, starts)
    assert (old.line_id, old.seats, old.last_day, old.by) == (mapped.line, 10, ON_THE_31ST, EndsBy.DATE)
    assert old.change is not None
    assert world.record(mapped) == before
    world.save_mappings("contoso", wanted, last_days={mapped.line: ON_THE_31ST})
    world.push_until_done()
    (line,) = endings(world, mapped.agreement)
    told = agreement_store.ledger(world.tables, ACCOUNT, CONNECTION, mapped.agreement, line.mapping_id)
    assert old.change.id in {entry.change_id for entry in told}


def test_a_preview_account_ends_nothing_in_the_psa() -> None:
    world = World(mode=Mode.PREVIEW)
    mapped = world.map_line(quantity=10)
    ended(world, mapped)
    world.push_until_done()
    assert world.fake.sent == []
    (line,) = endings(world, mapped.agreement)
    assert line.would is not None


def test_the_next_save_of_the_mappings_keeps_a_line_that_ends() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped)
    world.save_mappings("contoso", only(LicenceMapping(id=mapped.mapping, sku_id=SKU, bill=False)))
    world.push_until_done()
    assert billed(world, ON_THE_31ST) == {mapped.line: 10}
    assert billed(world, ON_THE_31ST + timedelta(days=1)) == {}


@pytest.mark.parametrize("named", ["kept", "unknown"])
def test_a_last_day_for_a_line_that_is_not_left_is_refused_by_its_field(named: str) -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    before = world.record(mapped)
    line_id = mapped.line if named == "kept" else "nobody-knows"
    with pytest.raises(Rejected) as refused:
        world.save_mappings("contoso", only(first(world)), last_days={line_id: ON_THE_31ST})
    assert (refused.value.code, refused.value.field) == ("not_left", "lastDays")
    assert world.record(mapped) == before


def test_a_last_day_of_a_line_that_ends_is_refused_when_it_is_another_one() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped)
    ended(world, mapped)
    with pytest.raises(Rejected, match=f"Line {mapped.line} is to end on 31 Mar 2026 already") as refused:
        ended(world, mapped, date(2026, 3, 20))
    assert (refused.value.code, refused.value.field) == ("ends_already", "lastDays")
    (line,) = endings(world, mapped.agreement)
    assert line.ending is not None
    assert line.ending.last_day == ON_THE_31ST


def test_all_lines_of_a_tenant_end_on_a_day_but_those_that_end_sooner() -> None:
    world = World()
    first_line, second = world.map_line(quantity=10), world.map_line(quantity=4, sku="e3")
    third = world.map_line(quantity=2, sku="e5")
    world.fake.edit_line(second.line, ends=date(2026, 3, 10))
    world.fake.edit_agreement(third.agreement, ends=date(2026, 3, 20))
    wanted, said = all_lines_end(world.tables, ACCOUNT, "contoso", ON_THE_31ST)
    map_tenant(world.tables, {CONNECTION: world.psa}, ACCOUNT, wanted, world.by(), said)
    world.push_until_done()
    assert {
        line_id: world.fake.line(line_id).ends for line_id in (first_line.line, second.line, third.line)
    } == {
        first_line.line: ON_THE_31ST,
        second.line: date(2026, 3, 10),
        third.line: date(2026, 3, 20),
    }
    check_invariants(world)


@pytest.mark.parametrize("takes", ALL)
@pytest.mark.parametrize("away", ["inactive", "gone from the list"])
def test_a_line_whose_end_was_never_proven_is_ended_when_its_agreement_is_revived(
    takes: Takes, away: str
) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY + DAY)
    agreement = world.fake.edit_agreement(mapped.agreement, active=away != "inactive")
    if away != "inactive":
        world.fake.hide_agreement(mapped.agreement)
        world.map_line("fabrikam"), world.map_line("litware")  # one of three: the list is believed
    for _ in range(4):
        run = world.night()
        (line,) = endings(world, mapped.agreement)
        assert (line.is_ended, line.state) == (False, LineState.SCHEDULED)
        assert "If it comes back" in why_not.of_line(line)
        assert (run.lines.failed, world.fake.sent) == (0, [])
    world.fake.show_agreement(replace(agreement, active=True))
    world.night()
    assert [write.kind for write in world.fake.applied] == [WriteKind.END_LINE]
    assert billed(world, world.clock.at.date() + DAY) == others(world)
    world.night()
    assert endings(world, mapped.agreement) == []


def others(world: World) -> dict[str, int]:
    """What the lines of the other tenants bill."""
    return {
        line.line_id: line.confirmed
        for kept in agreement_store.all_of(world.tables, ACCOUNT, CONNECTION)
        for line in kept.record.lines.values()
        if line.ending is None and line.confirmed
    }


def test_a_line_that_replaces_one_of_an_inactive_agreement_does_not_wait_for_its_proof_for_ever() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    elsewhere, starts = world.add_agreement(), TODAY + 2 * DAY
    wanted = only(first(world, agreement_id=elsewhere, line_id="", options=Options(starts=starts)))
    ended(world, mapped, TODAY + DAY, wanted=wanted)
    world.fake.edit_agreement(mapped.agreement, active=False)
    world.night()
    assert world.fake.sent == []
    world.night()
    assert [write.kind for write in world.fake.applied] == [WriteKind.CREATE_LINE]
    check_invariants(world)


def test_a_licence_that_is_billed_again_does_not_wait_for_ever_for_a_line_that_is_gone() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    was, elsewhere = first(world), world.add_agreement()
    ended(world, mapped, TODAY + DAY)
    options = Options(starts=TODAY + 2 * DAY)
    again = was.model_copy(update={"agreement_id": elsewhere, "line_id": "", "options": options})
    world.save_mappings("contoso", only(again))
    world.fake._lines.pop(mapped.line)
    for _ in range(4):
        world.night()
    assert [write.kind for write in world.fake.applied] == [WriteKind.CREATE_LINE]
    assert endings(world, mapped.agreement) == []
    check_invariants(world)


def test_a_line_that_bills_nothing_when_its_end_is_to_be_written_is_let_go() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY)
    world.clock.pass_by(timedelta(days=2))
    world.fake.edit_line(mapped.line, quantity=Decimal(0))
    world.push_until_done()
    assert endings(world, mapped.agreement) == []
    assert [write for write in world.fake.applied if write.ends] == []


@pytest.mark.parametrize("takes", ALL)
def test_a_line_whose_seats_a_person_changed_before_the_night_is_ended_in_that_night(takes: Takes) -> None:
    world = World(fake=FakePsa(takes=takes))
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY)
    world.fake.edit_line(mapped.line, quantity=Decimal(26))
    world.push_until_done()
    assert billed(world, TODAY) == {mapped.line: 26}
    assert billed(world, TODAY + timedelta(days=1)) == {}
    assert len([write for write in world.fake.applied if write.ends]) == 1


def test_a_line_whose_end_was_never_proven_is_not_let_go_by_one_answer_without_it() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY)
    world.clock.pass_by(timedelta(days=2))
    hidden = world.fake._lines.pop(mapped.line)
    world.night()
    (line,) = endings(world, mapped.agreement)
    assert line.blocked is not None
    world.fake._lines[mapped.line] = hidden
    world.night()  # it is seen again
    world.night()
    assert billed(world, TODAY + timedelta(days=1)) == {}


def test_a_line_that_a_person_removed_is_let_go_by_the_second_look() -> None:
    world = World()
    mapped = world.map_line(quantity=10)
    ended(world, mapped, TODAY)
    world.clock.pass_by(timedelta(days=2))
    world.fake._lines.pop(mapped.line)
    for _ in range(2):
        world.night()
    assert endings(world, mapped.agreement) == []
