"""A line of which anything that decides whether and whom it charges is not what the mapping means is never written."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import BillingProfile, BlockReason, LineState, Options, TenantMappings
from shared.billing.profiles import save_profile
from shared.billing.psa.base import BillableOption, Period
from shared.errors import Rejected
from shared.storage.decisions import decide
from shared.storage.memory import MemoryTables
from tests.shared.billing.hooks import Once, WatchedPsa, WatchedTables
from tests.shared.billing.world import ACCOUNT, CONNECTION, PROFILE, SKU, Mapped, World, check_invariants

type Edit = Callable[[World, Mapped], object]


@pytest.fixture
def world() -> World:
    return World()


def moved(world: World, mapped: Mapped) -> None:
    """A merge of companies, or an edit: the agreement belongs to somebody else now."""
    world.fake.edit_agreement(mapped.agreement, company_id=world.fake.add_company("Somebody else").id)


def linked_anew(world: World, mapped: Mapped) -> None:
    """The customer is linked to another company of the PSA."""
    company = Company(
        id=mapped.tenant,
        tenant_id=mapped.tenant,
        name=mapped.tenant,
        psa_connection=CONNECTION,
        psa_company=world.fake.add_company("The right one").id,
    )
    add_company(world.tables, ACCOUNT, company, world.by())


def of_another_type(world: World, mapped: Mapped) -> None:
    """The billing profile is for one type of agreement, and this one becomes another."""
    profile = BillingProfile(
        id=PROFILE,
        name="Business Premium",
        connection=CONNECTION,
        product_id=world.product.id,
        agreement_types=("managed SERVICES",),
    )
    save_profile(world.tables, ACCOUNT, profile, world.by())
    world.fake.edit_agreement(mapped.agreement, type="Break / fix")


def lose_one_of_three(world: World, mapped: Mapped) -> None:
    """A list that lost most of what is mapped would not be believed tonight."""
    world.map_line("fabrikam")
    world.map_line("tailspin")
    world.fake.remove_agreement(mapped.agreement)


WAYS: dict[str, tuple[Edit, BlockReason]] = {
    "its agreement is another company's": (moved, BlockReason.OTHER_COMPANY),
    "the customer is linked anew": (linked_anew, BlockReason.OTHER_COMPANY),
    "no charge": (
        lambda w, m: w.fake.edit_line(m.line, billable=BillableOption.NO_CHARGE),
        BlockReason.OTHER_BILLING,
    ),
    "do not bill": (
        lambda w, m: w.fake.edit_line(m.line, billable=BillableOption.DO_NOT_BILL),
        BlockReason.OTHER_BILLING,
    ),
    "an option that we do not know": (
        lambda w, m: w.fake.edit_line(m.line, billable=None),
        BlockReason.OTHER_BILLING,
    ),
    "another product": (lambda w, m: w.fake.edit_line(m.line, product_id="999"), BlockReason.OTHER_PRODUCT),
    "its last day was yesterday": (
        lambda w, m: w.fake.edit_line(m.line, ends=date(2026, 3, 1)),
        BlockReason.LINE_ENDED,
    ),
    "it starts next year": (
        lambda w, m: w.fake.edit_line(m.line, effective=date(2027, 1, 1)),
        BlockReason.STARTS_LATER,
    ),
    "its agreement has ended": (
        lambda w, m: w.fake.edit_agreement(m.agreement, active=False),
        BlockReason.AGREEMENT_ENDED,
    ),
    "its agreement ended yesterday and the PSA calls it active": (
        lambda w, m: w.fake.edit_agreement(m.agreement, ends=date(2026, 3, 1)),
        BlockReason.AGREEMENT_ENDED,
    ),
    "its agreement is billed annually": (
        lambda w, m: w.fake.edit_agreement(m.agreement, period=Period.ANNUAL),
        BlockReason.OTHER_PERIOD,
    ),
    "its product is charged annually": (
        lambda w, m: w.fake.edit_product(w.product.id, period=Period.ANNUAL),
        BlockReason.PRODUCT_PERIOD,
    ),
    "its agreement is of another type": (of_another_type, BlockReason.OTHER_TYPE),
    "its agreement is gone": (lose_one_of_three, BlockReason.AGREEMENT_GONE),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_is_not_written_and_says_what_differs(world: World, way: str) -> None:
    edit, reason = WAYS[way]
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    edit(world, mapped)
    run = world.push_until_done()
    assert (world.fake.sent, world.reason(mapped)) == ([], reason)
    assert (run.lines.failed, run.lines.written) == (1, 0)
    assert world.why_blocked(mapped)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_never_in_step_also_when_its_number_is_right(world: World, way: str) -> None:
    edit, reason = WAYS[way]
    mapped = world.map_line(quantity=10)
    edit(world, mapped)
    world.push_until_done()
    world.night()
    assert (world.record(mapped).state, world.reason(mapped)) == (LineState.BLOCKED, reason)


@pytest.mark.parametrize("way", ["no charge", "another product", "its last day was yesterday"])
def test_it_is_looked_at_right_before_the_write(world: World, way: str) -> None:
    """The edit comes after the plan was made and before the fresh read under the claim."""
    edit, reason = WAYS[way]
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    world.psa = WatchedPsa(world.fake, Once("after agreements", lambda: edit(world, mapped)))
    world.push_until_done()
    assert (world.fake.sent, world.reason(mapped)) == ([], reason)


def test_it_is_written_again_once_a_person_has_put_it_right(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    world.fake.edit_line(mapped.line, billable=BillableOption.NO_CHARGE)
    world.push_until_done()
    world.fake.edit_line(mapped.line, billable=BillableOption.BILLABLE)
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


def test_an_agreement_that_is_put_back_is_written_again(world: World) -> None:
    mapped = world.map_line(quantity=10)
    moved(world, mapped)
    world.later_read({SKU: 13})
    world.push_until_done()
    world.fake.edit_agreement(mapped.agreement, company_id=world.company.id)
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


def test_a_type_that_the_profile_names_in_other_letters_is_the_same_and_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    of_another_type(world, mapped)
    world.push_until_done()
    world.fake.edit_agreement(mapped.agreement, type="Managed services")
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


def test_an_agreement_whose_period_is_not_known_any_more_is_written(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.later_read({SKU: 13})
    world.fake.edit_agreement(mapped.agreement, period=Period.UNKNOWN)
    world.push_until_done()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


def test_a_period_that_was_not_known_at_the_save_is_learned(world: World) -> None:
    at = world.add_agreement()
    world.fake.edit_agreement(at, period=Period.UNKNOWN)
    mapped = world.map_line(quantity=10, agreement=at)
    world.fake.edit_agreement(at, period=Period.MONTHLY)
    world.push_until_done()
    world.fake.edit_agreement(at, period=Period.ANNUAL)
    world.later_read({SKU: 13})
    world.night()
    assert (world.fake.sent, world.reason(mapped)) == ([], BlockReason.OTHER_PERIOD)
    assert "is billed annually" in world.why_blocked(mapped)


@pytest.mark.parametrize("adopted", [True, False], ids=["adopted", "created"])
def test_a_new_period_is_right_once_a_person_saves_the_mapping_again(world: World, *, adopted: bool) -> None:
    mapped = world.map_line(quantity=10) if adopted else world.map_new(seats=10)
    world.push_until_done()
    world.fake.edit_agreement(mapped.agreement, period=Period.ANNUAL)
    world.fake.edit_product(world.product.id, period=Period.ANNUAL)
    world.later_read({SKU: 13})
    world.night()
    line = world.record(mapped).line_id
    world.save_mappings(mapped.tenant)
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)
    assert world.record(mapped).line_id == line
    assert len(world.fake._lines) == 1


def test_saving_again_does_not_help_while_the_product_is_charged_for_another_period(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_agreement(mapped.agreement, period=Period.ANNUAL)
    world.push_until_done()
    with pytest.raises(Rejected, match="is billed annually, and Product M365-BP is charged monthly"):
        world.save_mappings(mapped.tenant)


@pytest.mark.parametrize(
    "agreement, product, is_refused",
    [
        (Period.ANNUAL, Period.MONTHLY, True),
        (Period.MONTHLY, Period.ANNUAL, True),
        (Period.OTHER, Period.MONTHLY, True),
        (Period.ANNUAL, Period.ANNUAL, False),
        (Period.UNKNOWN, Period.MONTHLY, False),
        (Period.ANNUAL, Period.UNKNOWN, False),
    ],
)
def test_a_licence_is_mapped_where_its_product_is_charged_as_often_as_the_agreement_is_billed(
    world: World, agreement: Period, product: Period, *, is_refused: bool
) -> None:
    at = world.add_agreement()
    world.fake.edit_agreement(at, period=agreement)
    world.fake.edit_product(world.product.id, period=product)
    if is_refused:
        with pytest.raises(Rejected) as refused:
            world.map_line(quantity=10, agreement=at)
        assert (refused.value.code, refused.value.field) == ("other_period", "agreementId")
    else:
        assert world.record(world.map_line(quantity=10, agreement=at)).line_id


def test_a_profile_that_says_do_not_bill_is_in_step_with_a_line_that_says_so(world: World) -> None:
    profile = BillingProfile(
        id=PROFILE,
        name="Not billed",
        connection=CONNECTION,
        product_id=world.product.id,
        billable=BillableOption.DO_NOT_BILL,
    )
    save_profile(world.tables, ACCOUNT, profile, world.by())
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 10, billable=BillableOption.DO_NOT_BILL)
    world.read("contoso", {SKU: 10})
    mapped = world.map("contoso", SKU, at, line.id)
    world.later_read({SKU: 12})
    world.push_until_done()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)


def without_a_price(world: World) -> Mapped:
    world.fake.prices_new_lines = False
    mapped = world.map_new(seats=10)
    world.push_until_done()
    return mapped


def test_a_new_line_that_charges_nothing_is_told_as_long_as_it_does(world: World) -> None:
    mapped = without_a_price(world)
    told = world.why_blocked(mapped)
    assert "without a price, and its product charges 22" in told
    for seats in (10, 12):
        world.later_read({SKU: seats})
        world.night()
        assert (world.why_blocked(mapped), world.record(mapped).state) == (told, LineState.BLOCKED)
    assert len(world.fake.sent) == 1
    check_invariants(world)


def test_it_is_written_once_a_person_entered_its_price_whatever_it_is_later(world: World) -> None:
    mapped = without_a_price(world)
    line = world.record(mapped).line_id
    world.fake.edit_line(line, unit_price=Decimal(20))
    world.later_read({SKU: 12})
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    world.fake.edit_line(line, unit_price=Decimal())
    world.night()
    assert world.record(mapped).state is LineState.IN_STEP


def test_a_person_may_choose_a_line_that_charges_nothing(world: World) -> None:
    mapped = without_a_price(world)
    (wanted,) = world.mappings(mapped.tenant).mappings
    chosen = wanted.model_copy(update={"line_id": world.record(mapped).line_id})
    world.save_mappings(mapped.tenant, TenantMappings(tenant_id=mapped.tenant, mappings=(chosen,)))
    world.later_read({SKU: 12})
    world.night()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)


@pytest.mark.parametrize(
    "shown, words",
    [
        ({"billable": BillableOption.NO_CHARGE}, "set to “no charge” in the PSA"),
        ({"ends": date(2026, 2, 28)}, "has ended: 28 Feb 2026 was its last day"),
    ],
    ids=["no charge", "ended"],
)
def test_such_a_line_is_not_adopted(world: World, shown: dict[str, object], words: str) -> None:
    at = world.add_agreement()
    line = world.fake.add_line(at, world.product.id, 10, **shown)
    world.read("contoso", {SKU: 10})
    with pytest.raises(Rejected, match=words):
        world.map("contoso", SKU, at, line.id)


# -- history is no rival ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, starts, made",
    [
        ({"ends": date(2025, 3, 1)}, None, True),
        ({"quantity": Decimal(0)}, None, True),
        ({"ends": date(2026, 3, 31)}, date(2026, 4, 1), True),
        ({"ends": date(2026, 3, 31)}, date(2026, 3, 31), False),
        ({"ends": date(2026, 3, 2)}, None, False),
        ({"effective": date(2026, 6, 1)}, None, False),
        ({}, None, False),
    ],
    ids=["ended", "at 0", "ends before", "same day", "ends today", "starts later", "goes on"],
)
def test_a_new_line_waits_only_for_a_line_that_would_bill_on_one_day_with_it(
    world: World, old: dict[str, object], starts: date | None, made: bool
) -> None:
    at = world.add_agreement()
    world.fake.add_line(at, world.product.id, 10)
    (known,) = world.fake._lines
    world.fake.edit_line(known, **old)
    mapped = world.map_new(seats=5, agreement=at, options=Options(starts=starts))
    world.push_until_done()
    assert bool(world.fake.applied) is made
    assert (world.reason(mapped) is None) is made


def test_a_line_with_a_last_day_in_the_future_is_written_until_then(world: World) -> None:
    mapped = world.map_line(quantity=10)
    world.fake.edit_line(mapped.line, ends=date(2026, 3, 31))
    world.later_read({SKU: 13})
    world.push_until_done()
    assert (world.quantity(mapped), world.record(mapped).state) == (13, LineState.IN_STEP)


# -- what is in force is what is looked after -------------------------------------------------------------------------


def test_a_line_that_a_second_save_took_back_is_not_let_go_by_the_first(world: World) -> None:
    """Save 1 removes the mapping; before it lets the line go, save 2 takes it back and is accepted."""
    mapped = world.map_line(quantity=10)
    wanted = world.mappings("contoso")
    tables = world.tables
    assert isinstance(tables, MemoryTables)

    def takes_it_back() -> None:
        world.tables = tables
        decide(tables, ACCOUNT, MAPPINGS, "contoso", wanted, world.by())

    world.tables = WatchedTables(tables, Once("after commit", takes_it_back))
    nothing = TenantMappings(tenant_id="contoso", mappings=())
    world.save_mappings("contoso", nothing, looked_after=(mapped.line,))
    world.tables = tables
    world.later_read({SKU: 12})
    world.push_until_done()
    assert (world.quantity(mapped), world.record(mapped).state) == (12, LineState.IN_STEP)
    check_invariants(world)
