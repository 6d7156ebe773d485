"""What a member asks to exclude is checked against what the account has, and named as it is called today."""

import contextlib
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts import exclusions
from shared.alerts.exclusion_request import LONGEST, ExclusionDesk, ExclusionRequest
from shared.alerts.exclusions import Listed
from shared.alerts.models import Slug
from shared.errors import NotFound, Rejected
from shared.microsoft.models import Customer, Subscription, Term
from shared.storage.decisions import Decider
from tests.shared.alerts.world import World, sku

GUID = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"


@pytest.fixture
def acme(world: World) -> World:
    """Contoso holds ten seats of E3, four of them assigned, and one more customer is not added."""
    world.add("t1", sku("e3", 10, 4), name="Contoso\x00 Ltd")
    world.partner("p1", [Customer(tenant_id="new", name="Fabrikam")])
    return world


def ask(world: World, reason: str = "agreed", **asked: Any) -> tuple[Listed, bool]:
    desk = ExclusionDesk(world.tables, world.blobs, world.account, lambda sku_id, part: part or sku_id)
    by = Decider("ann@msp.example", reason, world.now)
    return desk.record(ExclusionRequest(**asked), by)


def test_an_added_tenant_is_excluded_by_its_name(acme: World) -> None:
    listed, recorded = ask(acme, tenant_id="T1")
    assert recorded
    assert (listed.exclusion.tenant_id, listed.exclusion.customer) == ("t1", "Contoso Ltd")
    assert (listed.who, listed.reason) == ("ann@msp.example", "agreed")
    assert exclusions.excluded_tenants(acme.tables, acme.account.id, date(2026, 11, 20)) == {"t1"}


def test_a_tenant_that_is_not_added_is_excluded_by_the_partners_name_for_it(acme: World) -> None:
    listed, _ = ask(acme, tenant_id="new")
    assert listed.exclusion.customer == "Fabrikam"
    assert acme.alerts(Slug.TENANT_NOT_ADDED) == []


def test_unused_seats_are_excluded_up_to_a_number(acme: World) -> None:
    assert acme.alerts(Slug.UNUSED_LICENSES)
    listed, _ = ask(acme, tenant_id="t1", sku_id="E3", slug="unused_licenses", spare_at_most=6)
    assert (listed.exclusion.product, listed.exclusion.spare_at_most) == ("E3", 6)
    assert acme.alerts(Slug.UNUSED_LICENSES) == []


def test_unused_seats_are_excluded_until_their_term_ends(acme: World) -> None:
    subscription = Subscription(id="s9", sku_id="e3", commerce_id="c9", status="Enabled", total=0)
    acme.read("t1", sku("e3", 10, 4), subscriptions=[subscription])
    acme.terms("t1", Term(commerce_id="c9", duration="P1Y", ends=date(2027, 1, 31)))
    listed, _ = ask(acme, tenant_id="t1", sku_id="e3", slug="unused_licenses", until_renewal=True)
    assert (listed.exclusion.until, listed.exclusion.renewal) == (date(2027, 1, 31), True)


def test_a_sku_is_excluded_for_the_whole_account(acme: World) -> None:
    listed, _ = ask(acme, sku_id=GUID.upper(), until=date(2027, 1, 1))
    assert (listed.exclusion.sku_id, listed.exclusion.tenant_id) == (GUID, "")


def test_asking_twice_records_once_and_another_end_is_another_decision(acme: World) -> None:
    first, recorded = ask(acme, tenant_id="t1", until=date(2027, 1, 1))
    again, twice = ask(acme, tenant_id="t1", until=date(2027, 1, 1))
    longer, changed = ask(acme, tenant_id="t1", until=date(2027, 2, 1))
    assert (recorded, twice, changed) == (True, False, True)
    assert first.id == again.id == longer.id
    assert longer.exclusion.until == date(2027, 2, 1)


@pytest.mark.parametrize(
    "asked,field",
    [
        ({}, "tenantId"),
        ({"slug": "unused_licenses"}, "tenantId"),
        ({"tenant_id": "t1", "sku_id": "e3"}, "type"),
        ({"tenant_id": "t1", "slug": "unused_licenses"}, "type"),
        ({"sku_id": GUID, "slug": "unused_licenses"}, "type"),
        ({"tenant_id": "t1", "sku_id": "e3", "slug": "nothing"}, "type"),
        ({"tenant_id": "t1", "sku_id": "e3", "slug": "push_held"}, "type"),
        ({"tenant_id": "t1", "sku_id": "e5", "slug": "unused_licenses"}, "skuId"),
        ({"sku_id": "e3"}, "skuId"),
        ({"sku_id": "../../other"}, "skuId"),
        ({"tenant_id": "t1", "until": date(2026, 11, 20)}, "until"),
        ({"tenant_id": "t1", "until": date(2026, 11, 20) + LONGEST + timedelta(days=1)}, "until"),
        ({"tenant_id": "t1", "sku_id": "e3", "slug": "unused_licenses", "spare_at_most": 5}, "spareAtMost"),
        (
            {"tenant_id": "t1", "sku_id": "e3", "slug": "unused_licenses", "until_renewal": True},
            "untilRenewal",
        ),
        (
            {"tenant_id": "t1", "until": date(2027, 1, 1), "until_renewal": True},
            "until",
        ),
        ({"tenant_id": "t1", "spare_at_most": 5}, "type"),
        ({"sku_id": GUID, "spare_at_most": 5}, "type"),
    ],
)
def test_what_cannot_be_excluded_is_refused_by_its_field_and_nothing_is_recorded(
    acme: World, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as refused:
        ask(acme, **asked)
    assert refused.value.field == field
    assert list(exclusions.listed(acme.tables, acme.account.id, date(2026, 11, 20))) == []


@given(st.text(min_size=1, max_size=40), st.text(max_size=40), st.text(max_size=20), st.text(max_size=300))
def test_any_text_is_refused_or_not_found_and_never_a_fault(
    tenant: str, sku_id: str, slug: str, reason: str
) -> None:
    world = World()
    with contextlib.suppress(Rejected, NotFound):
        ask(world, reason, tenant_id=tenant, sku_id=sku_id, slug=slug)
    assert list(exclusions.listed(world.tables, world.account.id, date(2026, 11, 20))) == []


def test_a_reason_is_kept_as_one_line(acme: World) -> None:
    listed, _ = ask(acme, "agreed\r\nBcc: everybody " + "x" * 500, tenant_id="t1")
    assert "\n" not in listed.reason
    assert len(listed.reason) <= 200


def test_another_accounts_tenant_is_not_found(acme: World) -> None:
    with pytest.raises(NotFound):
        ask(acme, tenant_id="t2")
