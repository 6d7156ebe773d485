"""K5, K11: what each company of a tenant is billed for, by the users that fit its filters."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.company import AddedTenant, Company, Filters
from shared.billing.models import Basis, LicenceMapping, Options, TenantMappings
from shared.billing.planning.quantities import Shares, wanted
from shared.licensing.coverage import Coverage, fits
from shared.licensing.licences import LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.microsoft.models import User
from tests.shared.billing.planning.test_quantities import licences, mapping
from tests.shared.billing.world import SKU, sku, user
from tests.shared.licensing.bought import bought


def company(name: str, *, beside: bool = False, **filters: tuple[str, ...]) -> Company:
    return Company(
        id=name,
        tenant_id="contoso",
        name=name.title(),
        psa_connection="cw",
        psa_company=name,
        filters=Filters.model_validate(filters),
        beside=beside,
    )


def person(name: str, office: str = "", department: str = "", *skus: str) -> User:
    return replace(user(name), office=office, department=department, skus=skus or (SKU,))


NORTH, SOUTH = company("north", office=("Zürich", "Basel")), company("south", beside=True, office=("Lugano",))
BOTH = AddedTenant((NORTH, SOUTH))
PEOPLE = (
    person("a", " zürich "),
    person("b", "BASEL"),
    person("c", "Lugano"),
    person("d", "Lugano", "", "x"),
)


def counted(
    of: LicenceMapping, people: Sequence[User] = PEOPLE, tenant: AddedTenant = BOTH, seats: int = 5
) -> int:
    one = sku(SKU, seats, consumed=sum(SKU in person.skus for person in people))
    return wanted(of, rows(one), Shares(Coverage(tenant, people)))


def rows(one: object) -> LicenceRows:
    return licences(one, subscriptions=bought(one))  # type: ignore[arg-type]


def assigned(company_name: str = "", **options: object) -> LicenceMapping:
    by_users = Options.model_validate({"basis": Basis.ASSIGNED, **options})
    return mapping().model_copy(update={"company": company_name, "options": by_users})


@pytest.mark.parametrize(
    "of, expected",
    [
        (assigned(), 2),
        (assigned("south"), 1),
        (assigned(included=1), 1),
        (assigned("south", included=5, minimum=3), 3),
        (assigned(difference=4), 6),
    ],
)
def test_each_company_is_billed_for_its_own_users_and_spare_seats_for_nobody(
    of: LicenceMapping, expected: int
) -> None:
    assert counted(of) == expected


def test_filters_are_compared_trimmed_and_without_case_and_all_named_fields_must_fit() -> None:
    both = Filters(office=("Zürich ",), department=("sales", "Support"))
    assert fits(both, person("a", "ZÜRICH", " SALES"))
    assert not fits(both, person("b", "Zürich", "Finance"))
    assert not fits(both, person("c", "", "Sales"))
    assert fits(Filters(), person("d"))


def test_who_fits_no_company_is_billed_to_nobody() -> None:
    people = (*PEOPLE, person("e", "Genève"), person("f"))
    assert [counted(assigned(), people, seats=9), counted(assigned("south"), people, seats=9)] == [2, 1]
    assert [one.id for one in Coverage(BOTH, people).in_none(SKU)] == ["e", "f"]


def test_of_a_licence_whose_user_fits_two_companies_neither_gets_a_number() -> None:
    overlap = AddedTenant((NORTH, company("south", beside=True, office=("lugano", "basel"))))
    for of in (assigned(), assigned("south")):
        with pytest.raises(
            NotCountable, match="1 users of SPB fit the filters of this company and of another"
        ):
            counted(of, tenant=overlap)


def test_a_company_without_filters_beside_another_one_gets_no_number_either() -> None:
    begun = AddedTenant((company("north"), SOUTH))
    with pytest.raises(NotCountable, match="each would be billed"):
        counted(assigned(), tenant=begun)


def test_purchased_seats_of_a_shared_out_tenant_are_nobodys() -> None:
    with pytest.raises(NotCountable, match="belong to no single company"):
        counted(mapping())
    with pytest.raises(NotCountable, match="belong to no single company"):
        counted(mapping("subscription"))


def test_unknown_people_are_no_zero() -> None:
    one = sku(SKU, 5, consumed=3)
    with pytest.raises(NotCountable, match="Who has SPB is not known"):
        wanted(assigned(), rows(one), Shares(None))


def test_nobody_is_billed_who_may_have_a_seat_on_trial() -> None:
    one = sku(SKU, 2, consumed=3, warning=2)
    with pytest.raises(NotCountable, match="3 seats of SPB are assigned, but only 2 can be billed"):
        wanted(assigned(), rows(one), Shares(Coverage(BOTH, PEOPLE)))


def test_two_companies_share_a_licence_by_assigned_seats_only() -> None:
    mine = assigned()
    theirs = assigned("south").model_copy(update={"id": "mapping0002"})
    assert TenantMappings(tenant_id="contoso", mappings=(mine, theirs)).mappings == (mine, theirs)
    purchased = theirs.model_copy(update={"options": mapping().options})
    with pytest.raises(ValueError, match="share is billed by assigned seats"):
        TenantMappings(tenant_id="contoso", mappings=(mine, purchased))
    with pytest.raises(ValueError, match="one mapping"):
        TenantMappings(tenant_id="contoso", mappings=(mine, mine.model_copy(update={"id": "mapping0002"})))


OFFICES = st.sampled_from(["", "Zürich", "Basel", "Lugano", " BASEL", "Genève"])


@given(st.lists(st.tuples(OFFICES, st.booleans()), max_size=30))
def test_all_companies_together_are_never_billed_more_than_all_users(people: list[tuple[str, bool]]) -> None:
    users = [person(f"u{n}", office, "", SKU if has else "x") for n, (office, has) in enumerate(people)]
    coverage = Coverage(BOTH, users)
    numbers = [counted(assigned(name), users, seats=40) for name in ("", "south")]
    assert sum(numbers) + len(coverage.in_none(SKU)) == sum(has for _, has in people)
