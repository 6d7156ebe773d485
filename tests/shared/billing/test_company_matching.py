"""Matching customers to PSA companies: sure is only what can be nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.billing.company_matching import (
    MOST_CANDIDATES,
    CompanyMatch,
    CompanyPlace,
    MatchedBy,
    MatchState,
    matches,
)
from shared.billing.psa.base import PsaCompany
from shared.microsoft.models import Customer

type Named = tuple[str, str]
"""A name, and a domain or website."""


def match(
    customers: list[Named], companies: list[Named], linked: set[tuple[str, str]] | None = None
) -> list[CompanyMatch]:
    listed = [
        Customer(tenant_id=f"t{n}", name=name, domain=domain) for n, (name, domain) in enumerate(customers)
    ]
    places = [
        CompanyPlace("cw", PsaCompany(str(n), name, name[:5], website))
        for n, (name, website) in enumerate(companies)
    ]
    return matches(listed, places, linked or set())


@pytest.mark.parametrize(
    "customer,company,by",
    [
        (("Contoso Ltd.", ""), ("CONTOSO  LTD", ""), MatchedBy.NAME),
        (("Zürich AG", "contoso.onmicrosoft.com"), ("zürich ag", "https://zuerich.ch"), MatchedBy.NAME),
        (("Ｃｏｎｔｏｓｏ", ""), ("Contoso", ""), MatchedBy.NAME),
        (("Old name", "contoso.com"), ("New name", "http://www.Contoso.com/about"), MatchedBy.DOMAIN),
        (("Old name", "contoso.com"), ("New name", "contoso.com"), MatchedBy.DOMAIN),
    ],
)
def test_one_company_of_the_same_name_or_domain_is_sure(
    customer: Named, company: Named, by: MatchedBy
) -> None:
    [found] = match([customer], [company, ("Somebody else", "else.example")])
    assert found.state is MatchState.SURE
    [candidate] = found.candidates
    assert candidate.place.company.name == company[0]
    assert by in candidate.by


@pytest.mark.parametrize(
    "customers,companies",
    [
        ([("Contoso", "")], [("Contoso", ""), ("contoso", "")]),
        ([("Contoso", "contoso.com")], [("Contoso", ""), ("Holding", "contoso.com")]),
        ([("Contoso", "contoso.com")], [("Contoso", "fabrikam.com")]),
        ([("Contoso Ltd", "")], [("Contoso Inc", "")]),
        ([("Contoso", "contoso.com"), ("Contoso", "")], [("Contoso", "")]),
        ([("A", "contoso.com"), ("Contoso", "")], [("Contoso", "contoso.com")]),
    ],
    ids=[
        "two of one name",
        "name and domain say different ones",
        "the domains differ",
        "another legal form",
        "two customers of one name",
        "one by domain and one by name",
    ],
)
def test_what_could_be_somebody_else_is_marked_with_its_candidates(
    customers: list[Named], companies: list[Named]
) -> None:
    for found in match(customers, companies):
        assert found.state is MatchState.UNSURE
        assert found.candidates


def test_a_company_that_another_tenant_has_is_not_taken() -> None:
    [found] = match([("Contoso", "")], [("Contoso", "")], {("cw", "0")})
    assert found.state is MatchState.UNSURE
    assert found.candidates[0].linked


@pytest.mark.parametrize(
    "customer,company",
    [
        (("Contoso", ""), ("Fabrikam", "")),
        (("A", "gmail.com"), ("B", "https://gmail.com")),
        (("A", "a.onmicrosoft.com"), ("B", "a.onmicrosoft.com")),
        (("", ""), ("", "")),
        (("...", "localhost"), ("---", "localhost")),
        (("A", "x.com"), ("B", "http://[bad")),
    ],
)
def test_what_says_nothing_matches_nothing(customer: Named, company: Named) -> None:
    [found] = match([customer], [company])
    assert found == CompanyMatch(found.customer, MatchState.NONE)


def test_few_candidates_are_shown_the_exact_ones_first() -> None:
    [found] = match([("Contoso AG", "")], [("Contoso Ltd", "")] * 9 + [("Contoso AG", "")] * 2)
    assert len(found.candidates) == MOST_CANDIDATES
    assert [one.place.company.name for one in found.candidates[:3]] == [
        "Contoso AG",
        "Contoso AG",
        "Contoso Ltd",
    ]


_NAMED = st.lists(st.tuples(st.text(max_size=8), st.text(max_size=12)), max_size=6)


@given(_NAMED, _NAMED)
def test_no_company_is_ever_sure_for_two_customers_and_no_text_is_a_fault(
    customers: list[Named], companies: list[Named]
) -> None:
    found = match(customers, companies)
    assert len(found) == len(customers)
    sure = [one.candidates[0].place.key for one in found if one.state is MatchState.SURE]
    assert len(set(sure)) == len(sure)
