"""A year of one customer's counts before the sandbox begins, so that reports and charts have something to tell.

The month before the sandbox begins is the telling one: seats bought and given back, a licence that came and went, one
in grace, days that could not be read, people who came, changed and left. It is what nightly reads would have left.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sandbox.standins.worlds.load import tenant_document
from sandbox.standins.worlds.people import guid, licensed_users
from sandbox.standins.worlds.skus import BY_PART_NUMBER
from sandbox.standins.worlds.types import Partner, Tenant
from shared.licensing.snapshot import FreshRead, store_read
from shared.licensing.tenant_state import Day, Gap
from shared.microsoft.models import Sku, Subscription, TenantRead, User
from shared.reports.models import Month
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryTables
from shared.storage.tables import Put, Tables

CUSTOMER = "alderash.onmicrosoft.com"
PREMIUM, EXCHANGE, VISIO, POWER_BI = "SPB", "EXCHANGESTANDARD", "VISIOCLIENT", "POWER_BI_PRO"
PREMIUM_BEFORE = (14, 14, 15, 16, 16, 18, 18, 19, 20, 21, 21)
"""Seats at the end of each month before the telling one, the oldest first."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Purchased seats by part number, those in grace, and who holds what by the number of the customer's user."""

    bought: dict[str, int]
    grace: dict[str, int]
    holders: dict[int, frozenset[str]]

    def buys(self, part: str, seats: int) -> "Seats":
        return replace(self, bought={**self.bought, part: seats})

    def held(self, *numbers: int, by: frozenset[str]) -> "Seats":
        return replace(self, holders={**self.holders, **dict.fromkeys(numbers, by)})


_ONLY_PREMIUM, _ONLY_EXCHANGE, _NOTHING = frozenset({PREMIUM}), frozenset({EXCHANGE}), frozenset[str]()
_LEAVER = 100
"""Has no number in the customer's tenant of today."""


def telling_month(now: datetime) -> Month:
    return Month.of(now.date()).before


def is_older(tenant: Tenant) -> bool:
    return tenant.domain == CUSTOMER


def began(tenant: Tenant, yesterday: datetime) -> datetime:
    """When the MSP added the customer and took over its lines: late in the telling month, or the day before."""
    if not is_older(tenant):
        return yesterday
    on = telling_month(yesterday + timedelta(days=1)).first + timedelta(days=24)
    return datetime(on.year, on.month, on.day, 9, tzinfo=UTC)


def begin_history(
    tables: Tables, blobs: Blobs, account: AccountId, at: tuple[Tenant, Partner], now: datetime
) -> None:
    """Store the history of the customer `at`, as its nightly reads through the partner would have left it."""
    tenant, _ = at
    memory = MemoryTables()
    people = _people(tenant)
    for on, seats in _months(telling_month(now)):
        read = _read(seats, people, at, datetime(on.year, on.month, on.day, 2, tzinfo=UTC))
        store_read(memory, blobs, account, FreshRead(read, "seeded", on))
    rows = memory.rows(keys.tenants(account), keys.tenant_days(tenant.id))
    tables.commit([Put(row.key, row.read(Day)) for row in rows])
    after, until = (telling_month(now).first + timedelta(days=number) for number in (11, 14))
    tables.commit([Put(keys.tenant_gap(account, tenant.id, until), Gap(after=after, until=until))])


def _months(telling: Month) -> Iterator[tuple[date, Seats]]:
    """Each day on which something changed, and what was in force from then on."""
    holders = dict.fromkeys(range(20), _ONLY_PREMIUM)
    seats = Seats(
        {PREMIUM: 0, EXCHANGE: 8, VISIO: 0, POWER_BI: 4},
        {},
        {**holders, **dict.fromkeys((20, *range(26, 32), _LEAVER), _ONLY_EXCHANGE)},
    )
    month = telling
    for _ in PREMIUM_BEFORE:
        month = month.before
    for number in PREMIUM_BEFORE:
        seats = seats.buys(PREMIUM, number)
        yield month.first + timedelta(days=8), _as_far_as_bought(seats)
        month = month.next
    yield from _telling(seats, telling)


def _as_far_as_bought(seats: Seats) -> Seats:
    """Nobody holds what is not bought."""
    most = seats.bought[PREMIUM]
    return replace(
        seats, holders={n: held for n, held in seats.holders.items() if held != _ONLY_PREMIUM or n < most}
    )


def _telling(seats: Seats, month: Month) -> Iterator[tuple[date, Seats]]:
    def on(day: int) -> date:
        return month.first + timedelta(days=day - 1)

    seats = seats.buys(PREMIUM, 23).held(21, 22, by=_ONLY_PREMIUM)
    yield on(6), seats
    seats = seats.buys(VISIO, 3).held(0, 21, by=_ONLY_PREMIUM | {VISIO})
    yield on(9), seats
    seats = replace(seats.buys(POWER_BI, 0), grace={POWER_BI: 4})
    yield on(15), seats
    seats = seats.buys(PREMIUM, 24).held(23, by=_ONLY_PREMIUM)
    yield on(19), seats
    seats = seats.buys(EXCHANGE, 6).held(20, by=_ONLY_PREMIUM).held(_LEAVER, by=_NOTHING)
    yield on(22), seats
    seats = seats.buys(VISIO, 0).held(0, 21, by=_ONLY_PREMIUM)
    yield on(27), seats
    yield month.next.first, replace(seats, grace={})


def _people(tenant: Tenant) -> dict[int, User]:
    """Those of today by number, and one who has left."""
    found = {
        number: _user(row["id"], row["displayName"], row["userPrincipalName"])
        for number, row in enumerate(licensed_users(tenant_document(tenant)))
    }
    left = f"maria.p@{tenant.domain}"
    return {**found, _LEAVER: _user(guid(tenant.id, "left"), "Μαρία Παπαδοπούλου", left)}


def _user(id_: str, name: str, upn: str) -> User:
    return User(id_, name, upn, upn, True, "Member", "", "", "", "", ())


def _read(seats: Seats, people: dict[int, User], at: tuple[Tenant, Partner], moment: datetime) -> TenantRead:
    tenant, partner = at
    users = [
        replace(people[number], skus=tuple(sorted(BY_PART_NUMBER[part].id for part in held)))
        for number, held in seats.holders.items()
        if held
    ]
    parts = [part for part in seats.bought if seats.bought[part] or seats.grace.get(part)]
    return TenantRead(
        tenant_id=tenant.id,
        connection_id=partner.key,
        began=moment,
        ended=moment,
        skus=tuple(_sku(part, seats, tenant) for part in parts),
        subscriptions=tuple(_subscription(part, seats, at) for part in parts),
        users=tuple(users),
    )


def _sku(part: str, seats: Seats, tenant: Tenant) -> Sku:
    sku = BY_PART_NUMBER[part]
    return Sku(
        sku_id=sku.id,
        part_number=part,
        enabled=seats.bought[part],
        warning=seats.grace.get(part, 0),
        suspended=0,
        locked_out=0,
        consumed=sum(part in held for held in seats.holders.values()),
        subscription_ids=(guid("subscription", tenant.id, sku.id, 1),),
    )


def _subscription(part: str, seats: Seats, at: tuple[Tenant, Partner]) -> Subscription:
    tenant, partner = at
    sku, grace = BY_PART_NUMBER[part], seats.grace.get(part, 0)
    return Subscription(
        id=guid("subscription", tenant.id, sku.id, 1),
        sku_id=sku.id,
        commerce_id=guid("commerce", tenant.id, sku.id, 1),
        owner_tenant_id=partner.tenant_id,
        status="Warning" if grace else "Enabled",
        total=grace or seats.bought[part],
    )
