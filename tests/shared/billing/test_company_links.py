"""Adding, changing and removing companies: checked against the lists, and nothing is stopped."""

import contextlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.accounts.companies import added_tenants, listed_companies
from shared.accounts.company import Company
from shared.billing.company_links import AddOutcome, CompanyLinks, CompanyRequest
from shared.billing.company_matching import MatchState
from shared.billing.line_names import line_name
from shared.billing.models import LicenceMapping
from shared.billing.psa.base import PsaCompany
from shared.errors import NotFound, Rejected
from shared.microsoft.models import Customer
from shared.storage.decisions import Decider
from shared.storage.keys import account_id
from tests.shared.alerts.world import World, line, sku
from tests.shared.billing.hooks import Once, WatchedTables

PSA = (
    PsaCompany("1", "Somebody", "some"),
    PsaCompany("7", "Contoso", "contoso"),
    PsaCompany("8", "Fabrikam Ltd", "fabrikam"),
    PsaCompany("9", "Tailspin", "tailspin", "https://www.tailspin.example"),
)
CUSTOMERS = (
    Customer(tenant_id="t-contoso", name="Contoso"),
    Customer(tenant_id="t-fabrikam", name="Fabrikam Inc"),
    Customer(tenant_id="t-tailspin", name="Tailspin Toys", domain="tailspin.example"),
    Customer(tenant_id="t-unknown", name="Wide World"),
)
REQUEST = CompanyRequest("t-contoso", "cw", "7")


class Acme(World):
    """The MSP with four customers of whom none is added."""

    def __init__(self) -> None:
        super().__init__()
        self.partner("p1", CUSTOMERS)
        self.asked: list[str] = []

    def by(self, reason: str = "agreed") -> Decider:
        return Decider("ann@msp.example", reason, self.now)

    def links(self) -> CompanyLinks:
        return CompanyLinks(self.tables, self.blobs, self.account.id, self._psa)

    def _psa(self, connection: str) -> Sequence[PsaCompany]:
        self.asked.append(connection)
        return PSA

    def added(self) -> dict[str, Company]:
        """Of tenants that are one company."""
        return {
            tenant: added.companies[0]
            for tenant, added in added_tenants(self.tables, self.account.id).items()
        }


@pytest.fixture
def acme() -> Acme:
    return Acme()


def anything(_: Company) -> None:
    """Any version is the one that was seen."""


def test_a_company_is_added_by_the_customers_name(acme: Acme) -> None:
    company, new = acme.links().add(
        CompanyRequest("T-Contoso", "cw", "7", partner_connection="p1"), acme.by()
    )
    assert new
    assert acme.added() == {"t-contoso": company}
    assert (company.name, company.psa_company, company.partner_connection) == ("Contoso", "7", "p1")
    [listed] = listed_companies(acme.tables, acme.account.id)
    assert (listed.who, listed.since) == ("ann@msp.example", acme.now)


def test_adding_the_same_twice_adds_once_and_another_link_is_refused(acme: Acme) -> None:
    first, _ = acme.links().add(REQUEST, acme.by())
    again, new = acme.links().add(REQUEST, acme.by())
    assert (again, new) == (first, False)
    with pytest.raises(Rejected) as refused:
        acme.links().add(CompanyRequest("t-contoso", "cw", "8"), acme.by())
    assert (refused.value.code, refused.value.field) == ("conflict", "tenantId")
    assert acme.added() == {"t-contoso": first}


@pytest.mark.parametrize(
    "asked,field",
    [
        (CompanyRequest("t-nobody", "cw", "7"), "tenantId"),
        (CompanyRequest("t-contoso", "halo", "7"), "psaConnection"),
        (CompanyRequest("t-contoso", "cw", "70"), "psaCompany"),
        (CompanyRequest("t-contoso", "cw", ""), "psaCompany"),
        (CompanyRequest("t-contoso", "cw", "7", partner_connection="p9"), "partnerConnection"),
    ],
)
def test_what_is_not_there_is_refused_by_its_field_and_nothing_is_added(
    acme: Acme, asked: CompanyRequest, field: str
) -> None:
    with pytest.raises(Rejected) as refused:
        acme.links().add(asked, acme.by())
    assert refused.value.field == field
    assert acme.added() == {}


def test_two_people_who_add_one_tenant_at_once_add_one_company(acme: Acme) -> None:
    meanwhile = Once("before commit", lambda: acme.links().add(REQUEST, acme.by()))
    links = CompanyLinks(WatchedTables(acme.tables, meanwhile), acme.blobs, acme.account.id, lambda _: PSA)
    with pytest.raises(Rejected) as refused:
        links.add(CompanyRequest("t-contoso", "cw", "8"), acme.by())
    assert refused.value.code == "conflict"
    assert acme.added()["t-contoso"].psa_company == "7"


def test_in_bulk_only_sure_matches_are_taken(acme: Acme) -> None:
    rows = [CompanyRequest(one.tenant_id, "cw") for one in CUSTOMERS]
    found = {one.tenant_id: one for one in acme.links().add_all(rows, acme.by())}
    assert {tenant: one.outcome for tenant, one in found.items()} == {
        "t-contoso": AddOutcome.ADDED,
        "t-fabrikam": AddOutcome.UNSURE,
        "t-tailspin": AddOutcome.ADDED,
        "t-unknown": AddOutcome.NO_MATCH,
    }
    match = found["t-fabrikam"].match
    assert match is not None
    assert [one.place.company.id for one in match.candidates] == ["8"]
    assert set(acme.added()) == {"t-contoso", "t-tailspin"}
    assert acme.asked == ["cw"]


def test_in_bulk_a_row_that_cannot_be_added_keeps_no_other_from_being_added(acme: Acme) -> None:
    rows = [
        CompanyRequest("t-nobody", "cw", "7"),
        CompanyRequest("t-fabrikam", "cw", "8"),
        CompanyRequest("t-contoso", "cw", "70"),
        CompanyRequest("t-tailspin", "cw", "9"),
        CompanyRequest("T-tailspin", "cw", "1"),
    ]
    found = acme.links().add_all(rows, acme.by())
    assert [one.outcome for one in found] == ["refused", "added", "refused", "refused", "refused"]
    assert [one.why.field for one in found if one.why] == ["tenantId", "psaCompany", "tenantId", "tenantId"]
    assert set(acme.added()) == {"t-fabrikam"}


def test_a_bulk_add_that_is_repeated_adds_nothing_more(acme: Acme) -> None:
    rows = [CompanyRequest("t-contoso", "cw"), CompanyRequest("t-tailspin", "cw")]
    acme.links().add_all(rows, acme.by())
    before = acme.added()
    again = acme.links().add_all(rows, acme.by())
    assert [one.outcome for one in again] == [AddOutcome.ALREADY_ADDED] * 2
    assert acme.added() == before


def test_a_psa_company_that_a_tenant_has_is_no_sure_match_for_another(acme: Acme) -> None:
    acme.links().add(CompanyRequest("t-unknown", "cw", "7"), acme.by())
    found = {one.customer.tenant_id: one.state for one in acme.links().matches()}
    assert found == {
        "t-contoso": MatchState.UNSURE,
        "t-fabrikam": MatchState.UNSURE,
        "t-tailspin": MatchState.SURE,
    }


def test_a_company_is_changed_in_the_version_that_was_seen(acme: Acme) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    before, after = acme.links().change(company.id, {"name": "Contoso AG\n"}, anything, acme.by())
    assert (before, after.name) == (company, "Contoso AG")
    assert acme.added()["t-contoso"] == after

    def stale(found: Company) -> None:
        assert found == after
        raise Rejected("another version", "stale")

    with pytest.raises(Rejected, match="another version"):
        acme.links().change(company.id, {"name": "X"}, stale, acme.by())
    assert acme.added()["t-contoso"] == after


@pytest.mark.parametrize(
    "changes,field",
    [
        ({"name": " \x00 "}, "name"),
        ({"psa_company": "70"}, "psaCompany"),
        ({"psa_connection": "halo"}, "psaConnection"),
        ({"partner_connection": "p9"}, "partnerConnection"),
    ],
)
def test_a_change_to_what_is_not_there_is_refused(acme: Acme, changes: dict[str, str], field: str) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    with pytest.raises(Rejected) as refused:
        acme.links().change(company.id, changes, anything, acme.by())
    assert refused.value.field == field
    assert acme.added() == {"t-contoso": company}


def test_a_company_whose_lines_are_mapped_stays_with_its_psa_company_and_may_change_its_name(
    acme: Acme,
) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    mapping = LicenceMapping(id="mapping01", sku_id="e3", profile="gold", connection="cw", agreement_id="12")
    acme.map("t-contoso", mapping)
    with pytest.raises(Rejected) as refused:
        acme.links().change(company.id, {"psa_company": "8"}, anything, acme.by())
    assert (refused.value.field, refused.value.code) == ("psaCompany", "conflict")
    acme.links().change(company.id, {"name": "New", "partner_connection": "p1"}, anything, acme.by())
    assert acme.added()["t-contoso"].psa_company == "7"


def test_a_company_without_lines_is_removed_with_the_reason(acme: Acme) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    assert acme.links().remove(company.id, (), acme.by("left")) == company
    assert acme.added() == {}
    with pytest.raises(NotFound):
        acme.links().remove(company.id, (), acme.by())


def test_a_company_whose_lines_bill_is_not_removed_in_silence(acme: Acme) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    acme.lines(line("mapping01", "t-contoso"), line("mapping02", "t-contoso"))
    for looked_after in ((), (line_name("line-mapping01"),)):
        with pytest.raises(Rejected) as refused:
            acme.links().remove(company.id, looked_after, acme.by())
        assert refused.value.code == "lines_still_bill"
        assert "line-mapping02 in agreement 12" in refused.value.reason
    assert acme.added() == {"t-contoso": company}


def test_a_person_may_look_after_the_lines_of_a_removed_company_and_the_alert_still_tells_of_them(
    acme: Acme,
) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    acme.read("t-contoso", sku("e3", 25))
    acme.lines(line("mapping01", "t-contoso"))
    acme.links().remove(company.id, (line_name("line-mapping01"),), acme.by("They leave."))
    assert acme.added() == {}
    [alert] = acme.alerts("tenant_removed")
    assert "1 line on agreement 12 in ConnectWise still bills 25 seats" in alert.finding.what


def test_another_accounts_company_is_not_found(acme: Acme) -> None:
    company, _ = acme.links().add(REQUEST, acme.by())
    other = CompanyLinks(acme.tables, acme.blobs, account_id("other"), lambda _: PSA)
    with pytest.raises(NotFound):
        other.remove(company.id, (), acme.by())
    with pytest.raises(NotFound):
        other.change(company.id, {"name": "X"}, anything, acme.by())
    with pytest.raises(Rejected):
        other.add(REQUEST, acme.by())


_TEXT = st.text(max_size=30)


@given(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT)
def test_any_text_is_refused_or_kept_as_one_line(
    tenant: str, psa: str, company: str, name: str, partner: str
) -> None:
    acme = Acme()
    with contextlib.suppress(Rejected):
        acme.links().add(CompanyRequest(tenant, psa, company, name, partner), acme.by())
    added, _ = acme.links().add(CompanyRequest("t-contoso", "cw", "7", name), acme.by())
    assert added.name == " ".join(added.name.split())
    with contextlib.suppress(Rejected, NotFound):
        acme.links().change(tenant, {"name": name, "psa_company": company}, anything, acme.by())
