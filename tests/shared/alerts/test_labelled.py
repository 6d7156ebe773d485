"""A generated MSP whose exceptions are known: each is a row, nothing else is, and the digest has them in order."""

import random
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, groupby
from typing import NamedTuple

import pytest

from shared.alerts.digest.decide import decide, key_of
from shared.alerts.digest.memory import DigestMemory
from shared.alerts.digest.wording import DigestWords
from shared.alerts.models import Finding, Slug
from shared.billing.models import Drift, LicenceMapping, LineRecord
from shared.licensing.tenant_state import ReadFailure
from shared.microsoft.models import Customer, FailureCause, Gdap, SharedMailbox, Sku, Subscription, Term
from tests.shared.alerts.world import (
    DAY,
    NIGHT,
    TRANSIENT,
    World,
    box,
    line,
    mapping,
    sku,
    subscription,
    term,
)

CONSENT = ReadFailure(cause=FailureCause.TENANT, code="AADSTS65001", stored_sentence="No consent. Give it.")

type Label = tuple[str, str]
PRICES = (Decimal("5.20"), Decimal(20), Decimal(20), Decimal("33.50"))
"""What a seat may cost: few prices, so that the age of rows decides now and then."""
IN_ORDER = (
    Slug.LINE_DRIFT,
    Slug.INVALID_AUTH,
    Slug.TENANT_REMOVED,
    Slug.NO_BILLING_PROFILE,
    Slug.TENANT_NOT_ADDED,
    Slug.UNUSED_LICENSES,
    Slug.SHARED_MAILBOX_LICENSES,
    Slug.RENEWAL_DUE,
)
"""The types that are generated, as a billing clerk wants to read them."""


class Worth(NamedTuple):
    """What is at stake in a row, each month, and until when."""

    money: Decimal = Decimal(0)
    seats: int = 0
    until: date = date.max


@dataclass
class Tenant:
    """What one tenant has, and which rows that makes: written by hand, case by case, not by the rules' own code."""

    id: str
    skus: list[Sku] = field(default_factory=list)
    subscriptions: list[Subscription] = field(default_factory=list)
    mappings: list[LicenceMapping] = field(default_factory=list)
    lines: list[LineRecord] = field(default_factory=list)
    boxes: list[SharedMailbox] = field(default_factory=list)
    boxes_unread: bool = False
    terms: list[Term] = field(default_factory=list)
    rows: dict[Label, Worth] = field(default_factory=dict)
    price: Decimal = PRICES[0]
    """Of a seat of the SKU that is given now."""

    def give(self, number: int, dice: random.Random) -> None:
        """One more SKU, of a kind that the dice choose."""
        kind, name, seats = dice.randrange(16), f"sku{number}", dice.randint(2, 60)
        self.price = dice.choice(PRICES)
        if kind < 9:
            self._give_licence(kind, name, f"{self.id}x{number:08}", seats, dice)
        else:
            self._give_term_or_mailbox(kind, name, f"{self.id}x{number:08}", seats, dice)

    def _give_licence(self, kind: int, name: str, mapping_id: str, seats: int, dice: random.Random) -> None:
        key = f"{self.id}|{name}"
        match kind:
            case 0:  # billed and all assigned
                self._bill(mapping_id, name)
                self.skus.append(sku(name, seats))
            case 1:  # not billed
                self.skus.append(sku(name, seats))
                self.rows[Slug.NO_BILLING_PROFILE, key] = Worth(seats=seats)
            case 2:  # billed, some spare
                self._bill(mapping_id, name)
                self.skus.append(sku(name, seats, seats - 1, grace=dice.randint(0, 3)))
                self.rows[Slug.UNUSED_LICENSES, key] = Worth(self.price, 1)
            case 3:  # "do not bill", all spare
                self.mappings.append(mapping(mapping_id, name, profile=""))
                self.skus.append(sku(name, seats, 0))
                self.rows[Slug.UNUSED_LICENSES, key] = Worth(seats=seats)
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
                self.rows[Slug.NO_BILLING_PROFILE, f"{key}|{name}-b"] = Worth(seats=3)
            case 7:  # nothing but grace and suspended
                self.skus.append(sku(name, 0, grace=seats, suspended=1))
            case 8:  # billed, and changed by hand
                self._bill(mapping_id, name, drift=Drift(psa=Decimal(seats + 1), since=NIGHT))
                self.skus.append(sku(name, seats))
                self.rows[Slug.LINE_DRIFT, f"cw|12|{mapping_id}"] = Worth(self.price, 1)

    def _give_term_or_mailbox(
        self, kind: int, name: str, mapping_id: str, seats: int, dice: random.Random
    ) -> None:
        if kind != 14:
            self._bill(mapping_id, name)
        match kind:
            case 9:  # the year's term is nearly over
                days = dice.randint(6, 25)
                self._sell(name, seats, term(f"{name}-s", days))
                self.rows[Slug.RENEWAL_DUE, f"{self.id}|{name}-s"] = Worth(
                    seats=seats, until=(NIGHT + days * DAY).date()
                )
            case 10:  # it goes on for long
                self._sell(name, seats, term(f"{name}-s", dice.randint(40, 365)))
            case 11:  # it renews every month
                self._sell(name, seats, term(f"{name}-s", dice.randint(6, 25), duration="P1M"))
            case 12:  # the last month, with seats that are spare
                days = dice.randint(6, 25)
                self._sell(name, seats, term(f"{name}-s", days, duration="P1M", auto_renew=False), spare=1)
                self.rows[Slug.RENEWAL_DUE, f"{self.id}|{name}-s"] = Worth(
                    seats=seats, until=(NIGHT + days * DAY).date()
                )
                self.rows[Slug.UNUSED_LICENSES, f"{self.id}|{name}"] = Worth(self.price, 1)
            case 13:  # a shared mailbox has one
                self.skus.append(sku(name, seats))
                self._share(name, name)
            case 14:  # a shared mailbox has a free one
                self.skus.append(sku(name, 10_000, 3))
                self.boxes.append(box(f"info-{name}", name))
            case 15:  # a shared mailbox with an archive has one, and a free one
                self.skus += [sku(name, seats), sku(f"{name}-free", 10_000, 3)]
                self._share(name, name, f"{name}-free", archive=True)

    def read_in(self, world: World) -> None:
        """A good read of the tenant, its mailboxes too where they can be read."""
        world.read(self.id, *self.skus, subscriptions=self.subscriptions)
        if self.boxes_unread:
            world.no_boxes(self.id, CONSENT)
        else:
            world.boxes(self.id, *self.boxes)

    def _sell(self, name: str, seats: int, told: Term, spare: int = 0) -> None:
        self.skus.append(sku(name, seats, seats - spare))
        self.subscriptions.append(subscription(told.commerce_id.removeprefix("c-"), name, seats))
        self.terms.append(told)

    def _share(self, name: str, *skus: str, archive: bool = False) -> None:
        """One of the SKUs is paid for. With an archive the mailbox may need it, so nothing is known to be at stake."""
        self.boxes.append(box(f"info-{name}", *skus, archive=archive))
        if not self.boxes_unread:
            worth = Worth(Decimal(0) if archive else self.price, 1)
            self.rows[Slug.SHARED_MAILBOX_LICENSES, f"{self.id}|info-{name}"] = worth

    def _bill(self, mapping_id: str, name: str, subscription_id: str = "", **changes: object) -> None:
        self.mappings.append(mapping(mapping_id, name, subscription_id=subscription_id))
        self.lines.append(line(mapping_id, self.id, unit_price=self.price).model_copy(update=changes))


def generated(world: World, seed: int) -> tuple[list[Tenant], dict[Label, Worth]]:
    """60 tenants, some that nobody added, and some that left."""
    dice = random.Random(seed)
    tenants = [Tenant(f"t{number}", boxes_unread=dice.random() < 0.1) for number in range(60)]
    for tenant in tenants:
        for number in range(dice.randint(0, 8)):
            tenant.give(number, dice)
        world.add(tenant.id)
    live_on(world, tenants)
    expected = rows_of(tenants)
    if any(tenant.boxes_unread for tenant in tenants):
        expected[Slug.INVALID_AUTH, "mailboxes|p1|AADSTS65001"] = Worth()
    left = [f"left{number}" for number in range(dice.randint(0, 3))]
    for one in left:
        world.add(one, sku("sku0", 5))
    strangers = [f"stranger{number}" for number in range(dice.randint(0, 5))]
    expected |= {(Slug.TENANT_NOT_ADDED, stranger): Worth() for stranger in strangers}
    names = strangers + [tenant.id for tenant in tenants]
    world.partner("p1", [Customer(tenant_id=one, name=one, gdap=Gdap(status="active")) for one in names])
    world.leave(*left)
    expected |= {(Slug.TENANT_REMOVED, one): Worth() for one in left}
    return tenants, expected


def live_on(world: World, tenants: Sequence[Tenant]) -> None:
    """What the tenants have now is mapped, has its lines, and is read."""
    for tenant in tenants:
        world.map(tenant.id, *tenant.mappings)
        world.terms(tenant.id, *tenant.terms)
        tenant.read_in(world)
    world.lines(*(one for tenant in tenants for one in tenant.lines))


def rows_of(tenants: Sequence[Tenant]) -> dict[Label, Worth]:
    return {label: worth for tenant in tenants for label, worth in tenant.rows.items()}


def told(world: World) -> set[Label]:
    alerts = world.alerts()
    labels = {(alert.finding.slug, alert.finding.identity) for alert in alerts}
    assert len(labels) == len(alerts)
    return labels


@pytest.mark.parametrize("seed", range(6))
def test_every_true_exception_is_a_row_and_nothing_else_is(world: World, seed: int) -> None:
    _, expected = generated(world, seed)
    assert len(expected) > 50
    assert told(world) == set(expected)


@pytest.mark.parametrize("seed", range(6))
def test_over_nights_of_failures_rows_neither_go_nor_come_back_as_new(world: World, seed: int) -> None:
    tenants, expected = generated(world, seed)
    first = {alert.finding.identity: alert for alert in world.alerts()}
    dice = random.Random(seed)
    for _ in range(4):
        world.sleep()
        for tenant in tenants:
            tenant.read_in(world)
        for tenant in dice.sample(tenants, 10):
            world.no_boxes(tenant.id)
        no_consent = dice.sample(tenants, 5)
        for tenant in dice.sample(tenants, 12):
            world.fail(tenant.id, TRANSIENT)
        for tenant in no_consent:
            world.fail(tenant.id, CONSENT)
        refused = {(Slug.INVALID_AUTH, f"tenant|{tenant.id}") for tenant in no_consent}
        labels = told(world)
        assert expected.keys() <= labels
        assert refused <= labels
        assert {slug for slug, _ in labels - expected.keys()} == {Slug.INVALID_AUTH}
    world.sleep()
    for tenant in tenants:
        tenant.read_in(world)
    assert {alert.finding.identity: alert for alert in world.alerts()} == first


@pytest.mark.parametrize("seed", range(6))
def test_the_digest_has_new_rows_first_and_of_each_type_what_costs_most_then_what_is_due_soonest_or_open_longest(
    world: World, seed: int
) -> None:
    tenants, worth = generated(world, seed)
    ages = dict.fromkeys(worth, world.evaluate().at)
    known = world.now
    for dice in (random.Random(seed + 100), random.Random(seed + 200)):
        known = world.now
        world.sleep()
        for tenant in dice.sample(tenants, 25):
            tenant.give(len(tenant.skus) + 100, dice)
        live_on(world, tenants)
        worth |= rows_of(tenants)
        ages |= dict.fromkeys(worth.keys() - ages.keys(), world.evaluate().at)

    groups = shown(world, DigestMemory(digest_as_of=known))
    whose = {
        (str(row.slug), row.identity): row.tenant_id or row.identity
        for row in (alert.finding for alert in world.alerts())
    }

    new = [label for label, at in ages.items() if at > known]
    assert [title for title, _ in groups] == ["New", "Still open"]
    for (_, sections), labels in zip(groups, (new, ages.keys() - set(new)), strict=True):
        assert [slug for slug, _ in sections] == [
            slug for slug in IN_ORDER if slug in {of for of, _ in labels}
        ]
        for slug, rows in sections:
            due = sorted(_place(label, worth, ages) for label in labels if label[0] == slug)
            blocks = [list(block) for _, block in groupby(rows, key=whose.__getitem__)]
            assert len(blocks) == len({whose[label] for label in rows}), (
                "the rows of a customer stand together"
            )
            places = [[_place(label, worth, ages) for label in block] for block in blocks]
            assert [block[0] for block in places] == sorted(min(block) for block in places)
            assert all(block == sorted(block) for block in places)
            assert sorted(chain.from_iterable(places)) == due
            assert len(set(rows)) == len(rows)


def _place(
    label: Label, worth: MappingOf[Label, Worth], ages: MappingOf[Label, datetime]
) -> tuple[Decimal, date, datetime, int]:
    """Where a row belongs among those of its type; rows of one place may stand in any order."""
    at_stake = worth[label]
    return -at_stake.money, at_stake.until, ages[label], -at_stake.seats


def shown(world: World, told: DigestMemory) -> list[tuple[str, list[tuple[Slug, list[Label]]]]]:
    """The labels in a recipient's digest: groups, their sections, and the rows as they stand there."""
    mail = decide(world.alerts(), told, world.account, world.evaluate(), due=True, now=world.now)
    assert mail is not None

    def named(finding: Finding) -> str:
        """The row, where its link would be."""
        return f"{finding.slug} {finding.identity}"

    words = DigestWords(world.account, world.evaluate(), "clerk@acme.example", world.now, named)
    view = words.view(mail, frozenset(map(key_of, mail.candidates)))
    labels = [
        (group.title, [[row.exclude.split(" ", 1) for row in section.rows] for section in group.sections])
        for group in view.groups
    ]
    return [
        (
            title,
            [(Slug(rows[0][0]), [(Slug(slug), identity) for slug, identity in rows]) for rows in sections],
        )
        for title, sections in labels
    ]
