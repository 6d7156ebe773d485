"""What is too old goes in its turn; what is in force, named or young enough stays, whatever is repeated."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared import clean_up
from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.preferences import DigestSettings, RetentionSettings
from shared.accounts.runs import Run
from shared.alerts.models import Alert, Finding, Slug
from shared.billing import agreement_store, ledger
from shared.billing.ledger import LedgerQuery
from shared.billing.models import AgreementRecord, LedgerEntry, LedgerEvent, PsaConnection
from shared.billing.psa_connections import save_psa_connection
from shared.licensing import snapshot
from shared.licensing.tenant_state import Day, TenantState
from shared.mail.records import MailRow, MailState, mails
from shared.microsoft.models import TenantRead
from shared.storage import decisions, keys
from shared.storage.decisions import Decider
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Insert, Tables
from tests.shared.billing.hooks import Killed, Once, WatchedTables
from tests.shared.billing.world import sku, user

ACCOUNT = keys.account_id("northwind-msp")
OTHER = keys.account_id("contoso-msp")
TODAY = date(2026, 3, 15)
TURN = clean_up.TENANTS_TURN
YEAR = clean_up.MONTH * clean_up.YEAR


class Place(Document):
    city: str


def instant(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.tables = MemoryTables()
        self.written = instant(TODAY)
        self.blobs = MemoryBlobs(lambda: self.written)
        self.account = Account(
            id=ACCOUNT,
            name="Northwind",
            since=instant(date(2015, 1, 1)),
            timezone="UTC",
            digest=DigestSettings(recipients=("a@northwind.example",)),
        )

    def clean(self, nights: int = 1, tables: Tables | None = None) -> int:
        """The retention of so many nights, one after the other; how much went."""
        each = (TODAY + timedelta(days=night) for night in range(nights))
        return sum(
            clean_up.clean(tables or self.tables, self.blobs, self.account, on, instant(on)) for on in each
        )

    def read(
        self, on: date, seats: int, *people: str, tenant: str = "contoso", account: AccountId = ACCOUNT
    ) -> None:
        self.written = at = instant(on)
        one = TenantRead(tenant, "partner", at, at, (sku("a", seats),), (), tuple(map(user, people)))
        snapshot.store_read(self.tables, self.blobs, account, snapshot.FreshRead(one, "", on))

    def days(self, tenant: str = "contoso", account: AccountId = ACCOUNT) -> list[date]:
        return [row.read(Day).on for row in self.tables.rows(keys.tenants(account), keys.tenant_days(tenant))]

    def user_lists(self, account: AccountId = ACCOUNT) -> int:
        return len(list(self.blobs.stored(f"{account}/users/")))

    def mail(self, on: date) -> None:
        row = MailRow(
            mail_id="m",
            kind="digest",
            on=on,
            recipient="a@northwind.test",
            state=MailState.DONE,
            since=instant(on),
            free_at=instant(on),
        )
        self.tables.commit([Insert(keys.mail(ACCOUNT, "digest", on, row.recipient), row)])

    def closed_alert(self, name: str, closed: date) -> None:
        slug = Slug.UNUSED_LICENSES
        finding = Finding(slug=slug, identity=name, scope="s", who="w", what="x", fix="f")
        at = instant(closed)
        alert = Alert(finding=finding, opened_at=at, changed_at=at, closed_at=at)
        self.tables.commit([Insert(keys.closed_alert(ACCOUNT, slug, name, at), alert)])

    def closed_alerts(self) -> set[str]:
        rows = self.tables.rows(keys.alerts(ACCOUNT), "closed|")
        return {row.read(Alert).finding.identity for row in rows}

    def ledger(self, agreement: str, *dates: date) -> None:
        kept = agreement_store.get(self.tables, ACCOUNT, "cw", agreement)
        entries = [
            LedgerEntry(
                event=LedgerEvent.CONFIRMED, at=instant(on), run="r", mapping_id="mapping1", line_id="1"
            )
            for on in dates
        ]
        record = AgreementRecord(connection="cw", agreement_id=agreement)
        agreement_store.save(self.tables, ACCOUNT, kept, record, entries)

    def ledger_dates(self, agreement: str) -> list[date]:
        return [one.at.date() for one in agreement_store.ledger(self.tables, ACCOUNT, "cw", agreement)]

    def decide(self, name: str, city: str, on: date) -> None:
        place = Place(city=city)
        decisions.decide(self.tables, ACCOUNT, "place", name, place, Decider("ann", "moved", instant(on)))


@pytest.fixture
def world() -> World:
    return World()


# Counts and users: 25 months


def test_old_counts_go_but_what_was_in_force_when_the_kept_time_begins_stays(world: World) -> None:
    for on, seats in ((date(2023, 5, 1), 1), (date(2023, 6, 1), 2), (date(2025, 6, 1), 3)):
        world.read(on, seats, "u1")
    world.clean(TURN)
    assert world.days() == [date(2023, 6, 1), date(2025, 6, 1)]
    told = snapshot.as_of(world.tables, ACCOUNT, "contoso", date(2024, 9, 9))
    assert told is not None
    assert told.skus[0].enabled == 2


def test_a_tenant_that_never_changes_keeps_its_only_row_and_its_users(world: World) -> None:
    world.read(date(2019, 1, 1), 5, "u1")
    assert world.clean(TURN) == 0
    assert world.days() == [date(2019, 1, 1)]
    row = world.tables.get(keys.tenant_state(ACCOUNT, "contoso"))
    assert row is not None
    state = row.read(TenantState).snapshot
    assert state is not None
    assert [one.id for one in snapshot.users(world.blobs, ACCOUNT, "contoso", state)] == ["u1"]


def test_users_go_when_no_kept_row_names_them(world: World) -> None:
    world.read(date(2023, 5, 1), 1, "gone")
    world.read(date(2023, 6, 1), 1, "in-force")
    world.read(date(2025, 6, 1), 1, "newest")
    assert world.user_lists() == 3
    world.clean(TURN)
    assert world.user_lists() == 2


def test_users_that_a_second_read_of_the_day_replaced_go_too(world: World) -> None:
    world.read(date(2026, 1, 5), 1, "morning")
    at = instant(date(2026, 1, 5)) + timedelta(hours=1)
    one = TenantRead("contoso", "partner", at, at, (sku("a", 1),), (), (user("noon"),))
    snapshot.store_read(world.tables, world.blobs, ACCOUNT, snapshot.FreshRead(one, "", at.date()))
    assert world.user_lists() == 2
    world.clean(TURN)
    assert world.user_lists() == 1


def test_users_that_are_just_being_stored_stay_though_no_row_names_them_yet(world: World) -> None:
    world.read(date(2026, 1, 5), 1, "u1")
    world.written = instant(TODAY + timedelta(days=TURN))
    world.blobs.put(keys.users_blob(ACCOUNT, "contoso", "about-to-be-named"), b"")
    world.clean(TURN)
    assert world.user_lists() == 2


def test_every_tenant_has_its_turn_and_not_all_in_one_night(world: World) -> None:
    tenants = [f"tenant-{number}" for number in range(40)]
    for tenant in tenants:
        world.read(date(2023, 5, 1), 1, "u1", tenant=tenant)
        world.read(date(2023, 6, 1), 2, "u1", tenant=tenant)
    assert world.clean() < 10
    world.clean(TURN)
    assert all(world.days(tenant) == [date(2023, 6, 1)] for tenant in tenants)


def test_another_account_is_not_touched(world: World) -> None:
    for on in (date(2023, 5, 1), date(2023, 6, 1)):
        world.read(on, on.month, f"u{on.month}", account=OTHER)
    assert world.clean(TURN) == 0
    assert len(world.days(account=OTHER)) == world.user_lists(OTHER) == 2


def test_how_long_counts_are_kept_is_a_setting(world: World) -> None:
    for on in (date(2023, 5, 1), date(2023, 6, 1)):
        world.read(on, on.month, "u1")
    settings = RetentionSettings(counts_months=60)
    world.account = world.account.model_copy(update={"retention": settings})
    assert world.clean(TURN) == 0


# Mails, closed alerts, runs


def test_mails_go_after_25_months_and_not_a_day_earlier(world: World) -> None:
    for on in (date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1), TODAY):
        world.mail(on)
    assert world.clean() == 2
    assert [mail.on for mail in mails(world.tables, ACCOUNT)] == [date(2024, 2, 1), TODAY]


def test_closed_alerts_go_in_their_turn(world: World) -> None:
    for number in range(20):
        world.closed_alert(f"old-{number}", date(2023, 12, 1))
        world.closed_alert(f"young-{number}", date(2025, 12, 1))
    world.clean(16)
    assert world.closed_alerts() == {f"young-{number}" for number in range(20)}


def test_runs_of_every_kind_go(world: World) -> None:
    for name, on in (
        ("2023-05-01", date(2023, 5, 1)),
        ("approved-1", date(2023, 5, 2)),
        ("2026-03-14", TODAY),
    ):
        runs.start(world.tables, ACCOUNT, Run(id=name, on=on, started_at=instant(on)))
    world.clean(clean_up.MONTH)
    assert [run.id for run in runs.all_runs(world.tables, ACCOUNT)] == ["2026-03-14"]
    assert len(list(world.tables.rows(keys.runs(ACCOUNT)))) == 2  # and that it has not closed yet


# Ledger and decisions: 10 years


def test_the_ledger_is_kept_for_ten_years(world: World) -> None:
    psa = PsaConnection(id="cw", name="ConnectWise", kind="connectwise", settings_json="{}")
    save_psa_connection(world.tables, ACCOUNT, psa)
    for agreement in map(str, range(30)):
        world.ledger(agreement, date(2015, 5, 1), date(2018, 5, 1), date(2026, 1, 1))
    world.clean(YEAR)
    assert all(
        world.ledger_dates(agreement) == [date(2018, 5, 1), date(2026, 1, 1)]
        for agreement in map(str, range(30))
    )
    assert len(list(agreement_store.all_of(world.tables, ACCOUNT, "cw"))) == 30
    by_time = list(ledger.entries(world.tables, ACCOUNT, LedgerQuery()))
    assert {row.entry.at.date() for row in by_time} == {date(2018, 5, 1), date(2026, 1, 1)}
    assert len(by_time) == 60


def test_a_decision_that_was_in_force_within_ten_years_stays_however_old(world: World) -> None:
    for city, on in (("Bern", date(2013, 1, 1)), ("Chur", date(2014, 1, 1)), ("Genf", date(2020, 1, 1))):
        world.decide("office", city, on)
    world.decide("store", "Basel", date(2013, 1, 1))
    assert world.clean(YEAR) == 1
    then = decisions.as_of(world.tables, ACCOUNT, "place", "office", Place, instant(date(2017, 1, 1)))
    assert then == Place(city="Chur")
    assert decisions.get(world.tables, ACCOUNT, "place", "store", Place) == Place(city="Basel")
    assert len(list(decisions.history(world.tables, ACCOUNT, "place", "store"))) == 1


# Bounds and ends


def test_a_night_deletes_no_more_than_its_share(world: World) -> None:
    first = date(2010, 1, 1)
    for number in range(clean_up.MOST + 50):
        world.mail(first + timedelta(days=number))
    assert world.clean() == clean_up.MOST
    assert world.clean() == 50


def test_a_night_that_is_cut_off_is_finished_by_a_repeat(world: World) -> None:
    for seats, on in enumerate((date(2023, 4, 1), date(2023, 5, 1), date(2023, 6, 1))):
        world.read(on, seats, f"u{seats}")

    def die() -> None:
        raise Killed

    watched = WatchedTables(world.tables, Once("after commit", die))
    with pytest.raises(Killed):
        world.clean(TURN, watched)
    world.clean(2 * TURN)
    assert world.days() == [date(2023, 6, 1)]
    assert world.user_lists() == 1


def test_a_row_that_changes_at_that_moment_is_left_for_the_next_turn(world: World) -> None:
    world.mail(date(2020, 1, 1))
    other = Once("before commit", world.clean)
    assert world.clean(tables=WatchedTables(world.tables, other)) == 0
    assert list(mails(world.tables, ACCOUNT)) == []
