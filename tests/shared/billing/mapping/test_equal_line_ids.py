"""Two PSA connections of one tenant hold lines of equal ids: what is said of the one is never obeyed for the other."""

from collections.abc import Collection, Mapping
from datetime import date

import pytest

from shared.accounts.companies import add_company
from shared.accounts.company import Company, Filters
from shared.billing import agreement_store
from shared.billing.company_lines import BilledLine, check_looked_after
from shared.billing.line_names import line_name
from shared.billing.mapping.preview import MappingsPreview, Saving, preview_mappings
from shared.billing.mapping.release import Said
from shared.billing.mapping.save import map_tenant
from shared.billing.models import (
    Basis,
    BillingProfile,
    LicenceMapping,
    Options,
    PsaConnection,
    TenantMappings,
)
from shared.billing.profiles import save_profile
from shared.billing.psa_connections import save_psa_connection
from shared.errors import Rejected
from tests.shared.billing.psa.fake import FakePsa
from tests.shared.billing.world import ACCOUNT, CONNECTION, SKU, START, World

OTHER = "at"
NAMED = {"looked_after": "lookedAfter", "last_days": "lastDays"}
ON_THE_31ST, ON_THE_20TH = date(2026, 3, 31), date(2026, 3, 20)


class TwoPsas:
    """The tenant is billed by line 1005 of agreement 1004 in "cw" and, as another company, by the one in "at"."""

    def __init__(self) -> None:
        self.world = World()
        self.other = FakePsa()
        self.psas = {CONNECTION: self.world.fake, OTHER: self.other}
        company, product = self.other.add_company(), self.other.add_product()
        tables, by = self.world.tables, self.world.by()
        save_psa_connection(
            tables, ACCOUNT, PsaConnection(id=OTHER, name="Autotask", kind="autotask", settings_json="{}")
        )
        save_profile(
            tables,
            ACCOUNT,
            BillingProfile(id="other", name="Other", connection=OTHER, product_id=product.id),
            by,
        )
        self.world.add_tenant("contoso")
        south = Company(
            id="south",
            tenant_id="contoso",
            name="South",
            psa_connection=OTHER,
            psa_company=company.id,
            filters=Filters(office=("South",)),
            beside=True,
        )
        add_company(tables, ACCOUNT, south, by)
        self.first = self._mapping(self.world.fake, CONNECTION, "business-premium", self.world.company.id, "")
        self.second = self._mapping(self.other, OTHER, "other", company.id, "south")
        assert self.first.line_id == self.second.line_id
        self.line = self.first.line_id

    def _mapping(
        self, psa: FakePsa, connection: str, profile: str, company: str, named: str
    ) -> LicenceMapping:
        agreement = psa.add_agreement(company).id
        product = psa.products()[0].id
        return LicenceMapping(
            id=f"mappingof{connection}",
            sku_id=SKU,
            company=named,
            profile=profile,
            connection=connection,
            agreement_id=agreement,
            line_id=psa.add_line(agreement, product, 10).id,
            options=Options(basis=Basis.ASSIGNED),
        )

    def _said(
        self, *mappings: LicenceMapping, looked_after: Collection[str], last_days: Mapping[str, date] | None
    ) -> tuple[TenantMappings, Said]:
        days = {line_name(name): day for name, day in (last_days or {}).items()}
        wanted = TenantMappings(tenant_id="contoso", mappings=mappings)
        return wanted, Said(tuple(map(line_name, looked_after)), days)

    def save(
        self,
        *mappings: LicenceMapping,
        looked_after: Collection[str] = (),
        last_days: Mapping[str, date] | None = None,
    ) -> None:
        wanted, said = self._said(*mappings, looked_after=looked_after, last_days=last_days)
        map_tenant(self.world.tables, self.psas, ACCOUNT, wanted, self.world.by(), said)

    def preview(self, *mappings: LicenceMapping, last_days: Mapping[str, date]) -> MappingsPreview:
        wanted, said = self._said(*mappings, looked_after=(), last_days=last_days)
        saving = Saving(wanted, self.world.by(), said)
        return preview_mappings(self.world.tables, self.world.blobs, self.psas, ACCOUNT, saving)

    def ends(self) -> dict[str, date]:
        """The last day of each line that ends, by connection."""
        return {
            connection: line.ending.last_day
            for connection in self.psas
            for kept in agreement_store.all_of(self.world.tables, ACCOUNT, connection)
            for line in kept.record.lines.values()
            if line.ending is not None
        }


@pytest.fixture
def two() -> TwoPsas:
    two = TwoPsas()
    two.save(two.first, two.second)
    return two


def test_the_last_day_of_a_line_does_not_end_the_line_of_equal_id_in_the_other_psa(two: TwoPsas) -> None:
    with pytest.raises(Rejected, match=f"Line {two.line} in agreement .* still bills 10 seats"):
        two.save(last_days={f"{CONNECTION}/{two.line}": ON_THE_31ST})
    assert two.ends() == {}
    two.save(last_days={f"{CONNECTION}/{two.line}": ON_THE_31ST, f"{OTHER}/{two.line}": ON_THE_20TH})
    assert two.ends() == {CONNECTION: ON_THE_31ST, OTHER: ON_THE_20TH}


def test_who_looks_after_a_line_does_not_look_after_the_one_in_the_other_psa(two: TwoPsas) -> None:
    with pytest.raises(Rejected, match="nobody would look after it any more"):
        two.save(looked_after=(f"{OTHER}/{two.line}",))
    two.save(looked_after=(f"{OTHER}/{two.line}", f"{CONNECTION}/{two.line}"))


@pytest.mark.parametrize("field", ["looked_after", "last_days"])
def test_an_id_that_both_have_is_asked_about(two: TwoPsas, field: str) -> None:
    both = f"'{OTHER}/{two.line}' or '{CONNECTION}/{two.line}'"
    with pytest.raises(Rejected, match=both) as refused:
        two.save(**{field: {two.line: ON_THE_31ST}})
    assert (refused.value.code, refused.value.field) == ("ambiguous", NAMED[field])


def test_an_id_is_enough_where_only_one_of_them_is_left(two: TwoPsas) -> None:
    two.save(two.first, last_days={two.line: ON_THE_20TH})
    assert two.ends() == {OTHER: ON_THE_20TH}


def test_a_line_with_two_last_days_is_asked_about(two: TwoPsas) -> None:
    with pytest.raises(Rejected, match="is named twice"):
        two.save(two.first, last_days={two.line: ON_THE_20TH, f"{OTHER}/{two.line}": ON_THE_31ST})


def test_the_same_save_again_is_the_same_and_another_day_of_the_other_line_is_refused(two: TwoPsas) -> None:
    two.save(two.first, last_days={f"{OTHER}/{two.line}": ON_THE_20TH})
    two.save(two.first, last_days={f"{OTHER}/{two.line}": ON_THE_20TH})
    with pytest.raises(Rejected, match="20 Mar 2026 already"):
        two.save(last_days={f"{OTHER}/{two.line}": ON_THE_31ST, f"{CONNECTION}/{two.line}": ON_THE_31ST})
    two.save(last_days={f"{CONNECTION}/{two.line}": ON_THE_31ST})
    assert two.ends() == {CONNECTION: ON_THE_31ST, OTHER: ON_THE_20TH}


def test_a_line_of_equal_id_in_the_other_psa_is_another_line_that_would_bill_the_same_seats(
    two: TwoPsas,
) -> None:
    two.save(two.first, last_days={two.line: START.date()})
    of_the_first = two.second.model_copy(update={"company": two.first.company})
    with pytest.raises(Rejected) as refused:
        two.save(of_the_first, last_days={f"{CONNECTION}/{two.line}": ON_THE_31ST})
    assert (refused.value.code, refused.value.field) == ("both_billed", "lineId")


def test_a_preview_names_each_line_that_is_left_as_it_can_be_said(two: TwoPsas) -> None:
    days = {f"{CONNECTION}/{two.line}": ON_THE_31ST, f"{OTHER}/{two.line}": ON_THE_20TH}
    found = two.preview(last_days=days)
    assert found.left == (f"{OTHER}/{two.line}", f"{CONNECTION}/{two.line}")
    assert {line.connection: line.last_day for line in found.ending} == {
        CONNECTION: ON_THE_31ST,
        OTHER: ON_THE_20TH,
    }
    two.save(two.first, last_days={f"{OTHER}/{two.line}": ON_THE_20TH})
    later = two.preview(last_days={f"{CONNECTION}/{two.line}": ON_THE_31ST})
    assert later.left == (two.line,)
    assert [line.connection for line in later.ending] == [CONNECTION]


def test_who_removes_a_company_looks_after_the_line_of_each_psa_that_they_name_and_of_no_other() -> None:
    lines = [BilledLine(CONNECTION, "12", "7", 25), BilledLine(OTHER, "9", "7", 3)]
    with pytest.raises(Rejected, match="line 7 in agreement 9 still bill 3 seats"):
        check_looked_after(lines, [line_name(f"{CONNECTION}/7")])
    with pytest.raises(Rejected) as refused:
        check_looked_after(lines, [line_name("7")])
    assert (refused.value.code, refused.value.field) == ("ambiguous", "lookedAfter")
    check_looked_after(lines, [line_name(f"{CONNECTION}/7"), line_name(f"{OTHER}/7")])


def test_a_line_that_is_not_made_yet_can_be_named_by_nobody() -> None:
    lines = [BilledLine(CONNECTION, "12", "", 25)]
    for name in ("", f"{CONNECTION}/"):
        with pytest.raises(Rejected):
            check_looked_after(lines, [line_name(name)])
