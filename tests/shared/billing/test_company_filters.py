"""K5, K11: one tenant as several companies: each has filters of its own, and nothing is billed to two of them."""

from dataclasses import replace

import pytest

from shared.accounts.companies import added_tenants
from shared.accounts.company import Company, Filters
from shared.billing.company_links import CompanyRequest
from shared.billing.line_names import line_name
from shared.billing.models import Basis, LicenceMapping, Options
from shared.errors import Rejected
from tests.shared.alerts.world import line, mapping
from tests.shared.billing.test_company_links import REQUEST, Acme, anything

NORTH, SOUTH = Filters(office=("North",)), Filters(office=("South", " south "), department=("Sales",))
ASSIGNED = {"options": Options(basis=Basis.ASSIGNED)}


@pytest.fixture
def acme() -> Acme:
    acme = Acme()
    acme.links().add(replace(REQUEST, filters=NORTH), acme.by())
    return acme


def of_company(mapped: LicenceMapping, company: Company) -> LicenceMapping:
    return mapped.model_copy(update={**ASSIGNED, "company": company.name_in_mappings})


def companies(acme: Acme) -> list[tuple[str, Filters]]:
    found = added_tenants(acme.tables, acme.account.id)["t-contoso"].companies
    return [(company.psa_company, company.filters) for company in found]


def test_a_second_company_is_added_beside_the_first_and_the_same_once_more_adds_nothing(acme: Acme) -> None:
    asked = CompanyRequest("t-contoso", "cw", "8", "Contoso South", filters=SOUTH)
    south, new = acme.links().add(asked, acme.by())
    assert new
    assert acme.links().add(asked, acme.by()) == (south, False)
    assert companies(acme) == [("7", NORTH), ("8", SOUTH)]
    assert south.filters.office == ("South",)
    assert south.name_in_mappings == south.id
    assert added_tenants(acme.tables, acme.account.id)["t-contoso"].name == "Contoso, Contoso South"


@pytest.mark.parametrize(
    "asked, why, field",
    [
        (CompanyRequest("t-contoso", "cw", "8"), "only where each has filters", "tenantId"),
        (
            CompanyRequest("t-contoso", "cw", "8", filters=Filters(office=(" NORTH ",))),
            "has the same filters",
            "filters",
        ),
    ],
)
def test_a_second_company_needs_filters_of_its_own(
    acme: Acme, asked: CompanyRequest, why: str, field: str
) -> None:
    with pytest.raises(Rejected, match=why) as refused:
        acme.links().add(asked, acme.by())
    assert refused.value.field == field
    assert companies(acme) == [("7", NORTH)]


def test_beside_a_company_that_has_all_users_there_is_no_second_one() -> None:
    acme = Acme()
    acme.links().add(REQUEST, acme.by())
    with pytest.raises(Rejected, match="Contoso has all users of this tenant"):
        acme.links().add(CompanyRequest("t-contoso", "cw", "8", filters=SOUTH), acme.by())


def test_filters_are_not_taken_from_one_of_several_companies(acme: Acme) -> None:
    south, _ = acme.links().add(CompanyRequest("t-contoso", "cw", "8", filters=SOUTH), acme.by())
    for filters, why in ((Filters(), "only where each has filters"), (NORTH, "has the same filters")):
        with pytest.raises(Rejected, match=why):
            acme.links().change(south.id, {"filters": filters}, anything, acme.by())
    acme.links().remove(south.id, (), acme.by())
    [first] = added_tenants(acme.tables, acme.account.id)["t-contoso"].companies
    acme.links().change(first.id, {"filters": Filters()}, anything, acme.by())
    assert companies(acme) == [("7", Filters())]


def test_a_company_that_is_billed_by_purchased_seats_gets_no_filters() -> None:
    acme = Acme()
    company, _ = acme.links().add(REQUEST, acme.by())
    acme.map("t-contoso", mapping("mapping01", "e3"))
    with pytest.raises(Rejected, match="by assigned seats first") as refused:
        acme.links().change(company.id, {"filters": NORTH}, anything, acme.by())
    assert refused.value.code == "filtered_purchased"
    acme.map("t-contoso", of_company(mapping("mapping01", "e3"), company))
    assert acme.links().change(company.id, {"filters": NORTH}, anything, acme.by())[1].filters == NORTH


def test_only_the_lines_of_the_removed_company_must_be_looked_after(acme: Acme) -> None:
    south, _ = acme.links().add(CompanyRequest("t-contoso", "cw", "8", filters=SOUTH), acme.by())
    acme.map("t-contoso", of_company(mapping("mapping02", "e3"), south))
    acme.lines(line("mapping01", "t-contoso"), line("mapping02", "t-contoso", company=south.id))
    assert [found.line_id for found in acme.links().billed_lines(south)] == ["line-mapping02"]
    with pytest.raises(Rejected, match="line line-mapping02"):
        acme.links().remove(south.id, (), acme.by())
    acme.links().remove(south.id, (line_name("line-mapping02"),), acme.by())
    assert companies(acme) == [("7", NORTH)]
