"""The open alerts as a person looks through them."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.digest.decide import rank
from shared.alerts.listing import AlertFilter, AlertSort, alert_id, arranged, by_type, place_of
from shared.alerts.models import Alert, Finding, Slug
from shared.alerts.rules import BY_SLUG
from shared.alerts.summary import TypeCount
from shared.storage.keys import account_id
from tests.shared.alerts.world import NIGHT, World, mapping, sku


def alert_of(
    slug: str,
    money: Decimal,
    seats: int,
    until: date | None,
    who: str,
    identity: str,
    opened: datetime = NIGHT,
) -> Alert:
    finding = Finding(
        slug=slug,
        identity=identity,
        scope="account",
        who=who,
        what="",
        fix="",
        money=money,
        seats=seats,
        until=until,
    )
    return Alert(finding=finding, opened_at=opened, changed_at=opened)


def found(world: World, sort: AlertSort = AlertSort.WORST, **wanted: object) -> list[str]:
    asked = AlertFilter(**wanted)  # type: ignore[arg-type]
    alerts = (alert for _, alert in arranged(world.tables, world.account.id, sort) if asked.wants(alert))
    return [f"{alert.finding.slug} {alert.finding.tenant_id}" for alert in alerts]


@pytest.fixture
def busy(world: World) -> World:
    """Three customers: two with unused seats, one of them unmapped; the third cannot be read any more."""
    world.add("t1", sku("e3", 10, 4), name="Zeta")
    world.add("t2", sku("e3", 10, 1), name="Alpha")
    world.add("t3", sku("e3", 10, 2), name="Beta")
    world.map("t1", mapping("mapping01", "e3"))
    world.map("t3", mapping("mapping03", "e3"))
    world.evaluate()
    world.sleep()
    world.fail("t3")
    world.read("t2", sku("e3", 10, 2))
    world.evaluate()
    return world


def test_alerts_come_in_the_order_of_a_digest(busy: World) -> None:
    assert found(busy) == [
        "no_billing_profile t2",
        "unused_licenses t2",
        "unused_licenses t3",
        "unused_licenses t1",
    ]


def test_alerts_are_found_by_type_by_company_by_change_and_by_being_unchecked(busy: World) -> None:
    assert found(busy, slug="no_billing_profile") == ["no_billing_profile t2"]
    assert found(busy, tenants=frozenset({"t1"})) == ["unused_licenses t1"]
    assert found(busy, changed_since=busy.now - timedelta(hours=1)) == ["unused_licenses t2"]
    assert found(busy, not_checked=True) == ["unused_licenses t3"]
    assert found(busy, not_checked=False, slug="unused_licenses") == [
        "unused_licenses t2",
        "unused_licenses t1",
    ]
    assert found(busy, urgent=True) == []


def test_alerts_are_sorted_by_change_age_and_customer(busy: World) -> None:
    assert found(busy, AlertSort.CHANGED)[0] == "unused_licenses t2"
    assert found(busy, AlertSort.CUSTOMER)[0] == "no_billing_profile t2"
    assert found(busy, AlertSort.CUSTOMER)[-1] == "unused_licenses t1"
    assert len(found(busy, AlertSort.OPENED)) == len(found(busy, AlertSort.MONEY)) == 4


def test_alerts_are_counted_by_type(busy: World) -> None:
    counts = by_type(one for _, one in arranged(busy.tables, busy.account.id))
    assert counts == (
        TypeCount(slug="no_billing_profile", rows=1, money=Decimal(0)),
        TypeCount(slug="unused_licenses", rows=3),
    )


def test_an_alert_keeps_its_id_while_its_count_changes(busy: World) -> None:
    before = {alert_id(one) for _, one in arranged(busy.tables, busy.account.id)}
    busy.read("t2", sku("e3", 10, 5))
    busy.evaluate()
    assert {alert_id(one) for _, one in arranged(busy.tables, busy.account.id)} == before
    assert len(before) == 4


def test_another_accounts_alerts_are_not_seen(busy: World) -> None:
    assert arranged(busy.tables, account_id("other")) == []


@given(
    st.lists(
        st.builds(
            alert_of,
            slug=st.sampled_from([str(one) for one in Slug]),
            money=st.decimals(0, 100_000_000, places=2),
            seats=st.integers(0, 10**9),
            until=st.none() | st.dates(),
            who=st.text(max_size=20),
            identity=st.text(max_size=5),
        ),
        max_size=8,
    )
)
def test_the_text_that_a_page_goes_on_behind_sorts_as_a_digest_does(alerts: list[Alert]) -> None:
    order = list(BY_SLUG)
    by_digest = sorted(alerts, key=lambda one: (order.index(one.finding.slug), rank(one)[:4]))
    by_text = sorted(alerts, key=place_of)
    assert [_sorted_by(one) for one in by_text] == [_sorted_by(one) for one in by_digest]


def _sorted_by(alert: Alert) -> tuple[object, ...]:
    return (alert.finding.slug, *rank(alert)[:4])
