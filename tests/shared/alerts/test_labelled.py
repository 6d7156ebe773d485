"""A generated MSP whose exceptions are known: each is a row, and nothing else is, also over a night of failures."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from shared.alerts.models import Slug
from shared.billing.models import Drift, LineRecord, Mapping
from shared.licensing.models import Trouble
from shared.microsoft.models import Blame, Customer, Gdap, Sku, Subscription
from tests.shared.alerts.world import NIGHT, TRANSIENT, World, line, mapping, sku, subscription

CONSENT = Trouble(blame=Blame.TENANT, code="AADSTS65001", sentence="No consent. Give it.")

type Label = tuple[Slug, str]


@dataclass
class Tenant:
    """What one tenant has, and which rows that makes: written by hand, case by case, not by the rules' own code."""

    id: str
    skus: list[Sku] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    mappings: list[Mapping] = field(default_factory=list)
    lines: list[LineRecord] = field(default_factory=list)
    rows: set[Label] = field(default_factory=set)

    def give(self, number: int, dice: random.Random) -> None:
        """One more SKU, of a kind that the dice choose."""
        name, seats = f"sku{number}", dice.randint(2, 60)
        key = f"{self.id}|{name}"
        mapping_id = f"{self.id}x{number:08}"
        match dice.randrange(9):
            case 0:  # billed and all assigned
                self._bill(mapping_id, name)
                self.skus.append(sku(name, seats))
            case 1:  # not billed
                self.skus.append(sku(name, seats))
                self.rows.add((Slug.NO_BILLING_PROFILE, key))
            case 2:  # billed, some spare
                self._bill(mapping_id, name)
                self.skus.append(sku(name, seats, seats - 1, grace=dice.randint(0, 3)))
                self.rows.add((Slug.UNUSED_LICENSES, key))
            case 3:  # "do not bill", all spare
                self.mappings.append(mapping(mapping_id, name, profile=""))
                self.skus.append(sku(name, seats, 0))
                self.rows.add((Slug.UNUSED_LICENSES, key))
            case 4:  # a trial, spare and not billed
                self.skus.append(sku(name, seats, 0))
                self.subscriptions.append(subscription(f"{key}-trial", name, seats, trial=True))
            case 5:  # a free one
                self.skus.append(sku(name, 10_000, 3))
            case 6:  # split, the second part not billed
                self._bill(mapping_id, name, f"{name}-a")
                self.skus.append(sku(name, seats + 3))
                parts = (subscription(f"{name}-a", name, seats), subscription(f"{name}-b", name, 3))
                self.subscriptions += parts
                self.rows.add((Slug.NO_BILLING_PROFILE, f"{key}|{name}-b"))
            case 7:  # nothing but grace and suspended
                self.skus.append(sku(name, 0, grace=seats, suspended=1))
            case 8:  # billed, and changed by hand
                self._bill(mapping_id, name, drift=Drift(psa=Decimal(seats + 1), since=NIGHT))
                self.skus.append(sku(name, seats))
                self.rows.add((Slug.LINE_DRIFT, f"cw|12|{mapping_id}"))

    def _bill(self, mapping_id: str, name: str, subscription_id: str = "", **changes: object) -> None:
        self.mappings.append(mapping(mapping_id, name, subscription_id=subscription_id))
        self.lines.append(line(mapping_id, self.id).model_copy(update=changes))


def generated(world: World, seed: int) -> tuple[list[Tenant], set[Label]]:
    """60 tenants and some that nobody added."""
    dice = random.Random(seed)
    tenants = [Tenant(f"t{number}") for number in range(60)]
    expected: set[Label] = set()
    for tenant in tenants:
        for number in range(dice.randint(0, 8)):
            tenant.give(number, dice)
        world.add(tenant.id, *tenant.skus, subscriptions=tenant.subscriptions)
        world.map(tenant.id, *tenant.mappings)
        expected |= tenant.rows
    world.lines(*(one for tenant in tenants for one in tenant.lines))
    strangers = [f"stranger{number}" for number in range(dice.randint(0, 5))]
    expected |= {(Slug.TENANT_NOT_ADDED, stranger) for stranger in strangers}
    names = strangers + [tenant.id for tenant in tenants]
    world.partner("p1", [Customer(tenant_id=one, name=one, gdap=Gdap(status="active")) for one in names])
    return tenants, expected


def told(world: World) -> set[Label]:
    alerts = world.alerts()
    labels = {(alert.finding.slug, alert.finding.identity) for alert in alerts}
    assert len(labels) == len(alerts)
    return labels


@pytest.mark.parametrize("seed", range(6))
def test_every_true_exception_is_a_row_and_nothing_else_is(world: World, seed: int) -> None:
    _, expected = generated(world, seed)
    assert len(expected) > 50
    assert told(world) == expected


@pytest.mark.parametrize("seed", range(6))
def test_over_nights_of_failures_rows_neither_go_nor_come_back_as_new(world: World, seed: int) -> None:
    tenants, expected = generated(world, seed)
    first = {alert.finding.identity: alert for alert in world.alerts()}
    dice = random.Random(seed)
    for _ in range(4):
        world.sleep()
        for tenant in tenants:
            world.read(tenant.id, *tenant.skus, subscriptions=tenant.subscriptions)
        no_consent = dice.sample(tenants, 5)
        for tenant in dice.sample(tenants, 12):
            world.fail(tenant.id, TRANSIENT)
        for tenant in no_consent:
            world.fail(tenant.id, CONSENT)
        refused = {(Slug.INVALID_AUTH, f"tenant|{tenant.id}") for tenant in no_consent}
        labels = told(world)
        assert expected <= labels
        assert refused <= labels
        assert {slug for slug, _ in labels - expected} == {Slug.INVALID_AUTH}
    world.sleep()
    for tenant in tenants:
        world.read(tenant.id, *tenant.skus, subscriptions=tenant.subscriptions)
    assert {alert.finding.identity: alert for alert in world.alerts()} == first
