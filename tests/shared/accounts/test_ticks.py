"""Ticks over days that are odd: late, missed and doubled ones start each night and tell each digest exactly once."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from shared.accounts import due_work, runs
from shared.accounts.account import Account
from shared.accounts.due_work import DIGEST_WAITS
from shared.accounts.preferences import DigestSettings, Frequency
from shared.accounts.runs import Run, RunState
from shared.storage.keys import account_id
from shared.storage.memory import MemoryTables
from tests.shared.accounts.zones import histories

TICK, DAY, HOUR = timedelta(minutes=15), timedelta(days=1), timedelta(hours=1)
LEAP_DAY = datetime(2028, 2, 29, tzinfo=UTC)
MONTH_ENDS = [datetime(2026 + n // 12, n % 12 + 1, 1, tzinfo=UTC) for n in range(1, 60)]
AUCKLAND, HONOLULU = "Pacific/Auckland", "Pacific/Honolulu"


def an_account(
    zone: str, sync_hour: int = 2, digest_hour: int = 7, frequency: Frequency = Frequency.DAILY
) -> Account:
    return Account(
        id=account_id("northwind-msp"),
        name="Northwind",
        since=datetime(2025, 1, 1, tzinfo=UTC),
        timezone=zone,
        sync_hour=sync_hour,
        digest=DigestSettings(recipients=("a@msp.example.com",), hour=digest_hour, frequency=frequency),
    )


@dataclass
class Service:
    """What a tick leads to: a night is started and closes after a while, a digest is told."""

    account: Account
    tables: MemoryTables = field(default_factory=MemoryTables)
    nights: list[tuple[date, datetime]] = field(default_factory=list)
    digests: list[tuple[date, datetime]] = field(default_factory=list)
    takes: timedelta = HOUR
    """How long a run takes."""

    def tick(self, now: datetime) -> None:
        self._close(now)
        due = due_work.of(self.tables, self.account, now)
        if due.run_on is not None:
            run = Run(id=due_work.nightly_id(due.run_on), on=due.run_on, started_at=now)
            runs.start(self.tables, self.account.id, run)
            self.nights.append((due.run_on, now))
        if due.digest_on is not None:
            due_work.advance(self.tables, self.account, digest_on=due.digest_on)
            self.digests.append((due.digest_on, now))

    def _close(self, now: datetime) -> None:
        if self.nights and now >= self.nights[-1][1] + self.takes:
            night = due_work.nightly_id(self.nights[-1][0])
            closed = {"state": RunState.CLOSED, "closed_at": now}
            runs.update(self.tables, self.account.id, night, lambda run: run.model_copy(update=closed))

    def move(self, zone: str) -> None:
        self.account = self.account.model_copy(update={"timezone": zone})


def period(shown: datetime, hour: int, frequency: Frequency = Frequency.DAILY) -> date:
    """The newest period, told by the furthest that the local clock has shown."""
    day = (shown - timedelta(hours=hour)).date()
    if frequency is Frequency.WEEKLY:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if frequency is Frequency.MONTHLY else day


def uneven(middle: datetime, chance: random.Random) -> Iterator[datetime]:
    """The ticks of four days: some late by minutes, some doubled, some missed, one outage of up to thirty hours."""
    start = middle - 2 * DAY
    outage = start + chance.random() * 3 * DAY
    over = outage + chance.random() * 30 * HOUR
    for n in range(4 * DAY // TICK):
        at = start + n * TICK + timedelta(seconds=chance.choice((0, 0, 1, 400)))
        if outage < at < over or chance.random() < 0.3:
            continue
        yield at
        if chance.random() < 0.2:
            yield at


def middles(zone: str, chance: random.Random) -> Iterator[datetime]:
    """A change of the zone's clocks, and a month's end or the leap day."""
    yield from chance.sample(histories()[zone], min(1, len(histories()[zone])))
    yield chance.choice((chance.choice(MONTH_ENDS), LEAP_DAY, LEAP_DAY + DAY))


@pytest.mark.parametrize("zone", histories())
def test_uneven_ticks_start_each_night_and_tell_each_digest_once(zone: str) -> None:
    chance = random.Random(zone)
    for middle in middles(zone, chance):
        # Hours at which clocks change count more than others.
        sync_hour, digest_hour = (chance.choice((0, 1, 2, 3, 23, chance.randrange(24))) for _ in range(2))
        frequency = chance.choice((Frequency.DAILY, Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY))
        service = Service(
            an_account(zone, sync_hour, digest_hour, frequency), takes=chance.random() * 4 * HOUR
        )
        shown: dict[datetime, datetime] = {}
        furthest = datetime.min  # noqa: DTZ901
        minute = middle - 3 * DAY
        for at in uneven(middle, chance):
            while minute <= at:  # the local clock runs between ticks, too
                furthest = max(furthest, minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
                minute += TICK
            shown[at] = furthest
            service.tick(at)
        nights = {period(wall, sync_hour): at for at, wall in reversed(shown.items())}
        assert service.nights == sorted(nights.items()), (middle, sync_hour)
        _told_once(service, shown)


def _told_once(service: Service, shown: dict[datetime, datetime]) -> None:
    """No digest before its hour, twice or out of order; each whose waiting ended at a tick."""
    hour, frequency = service.account.digest.hour, service.account.digest.frequency
    assert all(period(shown[at], hour, frequency) == on for on, at in service.digests)
    assert all(before < after for (before, _), (after, _) in pairwise(service.digests))
    waited = {period(wall - DIGEST_WAITS - HOUR, hour, frequency) for wall in shown.values()}
    newest = {period(wall, hour, frequency) for wall in shown.values()}
    assert {on for on, _ in service.digests} >= waited & newest


# -- an account that is moved to another zone ---------------------------------------------------------------------


def live(service: Service, start: datetime, end: datetime) -> None:
    for n in range((end - start) // TICK):
        service.tick(start + n * TICK)


def dates(dealt_with: list[tuple[date, datetime]]) -> list[int]:
    return [on.day for on, _ in dealt_with]


def test_an_account_moved_west_and_back_has_each_date_once() -> None:
    service = Service(an_account(AUCKLAND))
    # In Auckland the 11th begins at 11:00 UTC of the 10th; its night starts at 13:00, its digest goes at 18:00.
    live(service, datetime(2026, 3, 9, 12, tzinfo=UTC), datetime(2026, 3, 10, 20, tzinfo=UTC))
    assert (dates(service.nights), dates(service.digests)) == ([9, 10, 11], [9, 10, 11])
    service.move(HONOLULU)
    live(service, datetime(2026, 3, 10, 20, tzinfo=UTC), datetime(2026, 3, 12, 11, tzinfo=UTC))
    assert (dates(service.nights), dates(service.digests)) == ([9, 10, 11], [9, 10, 11])
    live(service, datetime(2026, 3, 12, 11, tzinfo=UTC), datetime(2026, 3, 12, 20, tzinfo=UTC))
    assert (dates(service.nights), dates(service.digests)) == ([9, 10, 11, 12], [9, 10, 11, 12])
    service.move(AUCKLAND)
    live(service, datetime(2026, 3, 12, 20, tzinfo=UTC), datetime(2026, 3, 13, 20, tzinfo=UTC))
    assert (dates(service.nights), dates(service.digests)) == (
        [9, 10, 11, 12, 13, 14],
        [9, 10, 11, 12, 13, 14],
    )


def test_a_new_account_moved_west_does_not_start_a_night_before_its_first() -> None:
    service = Service(an_account("Pacific/Kiritimati"))
    service.tick(datetime(2026, 3, 10, 12, 15, tzinfo=UTC))
    assert dates(service.nights) == [11]
    service.move("Pacific/Pago_Pago")  # where it is 01:15 of the 10th: the 9th is the newest night
    live(service, datetime(2026, 3, 10, 12, 15, tzinfo=UTC), datetime(2026, 3, 12, 13, tzinfo=UTC))
    assert dates(service.nights) == [11]
    service.tick(datetime(2026, 3, 12, 13, tzinfo=UTC))
    assert dates(service.nights) == [11, 12]


def test_a_night_left_by_a_move_west_still_comes_to_its_end() -> None:
    service = Service(an_account("Pacific/Kiritimati"), takes=30 * DAY)
    began = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
    service.tick(began)
    service.move("Pacific/Pago_Pago")
    (stuck,) = due_work.of(service.tables, service.account, began + 3 * HOUR).stuck
    assert stuck.on.day == 11


def test_old_rows_are_deleted_after_a_night_left_by_a_move_west_once() -> None:
    service = Service(an_account("Pacific/Kiritimati"))
    began = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
    live(service, began, began + 2 * HOUR)
    service.move("Pacific/Pago_Pago")
    assert due_work.of(service.tables, service.account, began + 3 * HOUR).clean_on == date(2026, 3, 11)
    due_work.advance(service.tables, service.account, cleaned_on=date(2026, 3, 11))
    assert due_work.of(service.tables, service.account, began + 3 * HOUR).clean_on is None


@pytest.mark.parametrize("seed", range(12))
def test_however_often_an_account_moves_no_date_comes_twice_or_after_a_later_one(seed: int) -> None:
    chance = random.Random(seed)
    start = datetime(2026, 3, 27, tzinfo=UTC)
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", AUCKLAND, HONOLULU, "Europe/Zurich"]
    service = Service(an_account(chance.choice(zones), chance.randrange(24), chance.randrange(24)))
    for _ in range(12):
        end = start + chance.randrange(1, 120) * TICK
        live(service, start, end)
        service.move(chance.choice(zones))
        start = end + chance.choice((0, 0, 0, 2)) * DAY  # now and then the service is down
    for dealt_with in (service.nights, service.digests):
        assert all(before < after for (before, _), (after, _) in pairwise(dealt_with))
        assert all(after[1] - before[1] < 5 * DAY for before, after in pairwise(dealt_with))
