"""Which read counts: the one that began last, whatever arrives first, comes twice or fails."""

import gzip
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import NotFound
from shared.licensing import snapshot
from shared.licensing.tenant_state import Day, ReadFailure, ReadStatus, Snapshot, TenantState
from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import FailureCause, Sku, Subscription, TenantRead, User
from shared.storage import keys
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Put
from tests.shared.billing.hooks import Once, WatchedTables
from tests.shared.billing.world import sku, user

ACCOUNT = keys.account_id("northwind-msp")
T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BAD = ReadFailure(
    cause=FailureCause.TENANT, code="AADSTS50076", stored_sentence="Somebody must sign in with MFA."
)


def read(
    at: datetime = T0,
    skus: tuple[Sku, ...] = (sku("a", 10),),
    subscriptions: tuple[Subscription, ...] = (),
    users: tuple[User, ...] = (user("u1"),),
    doubts: tuple[Doubt, ...] = (),
) -> TenantRead:
    return TenantRead("contoso", "partner", at, at + MINUTE, skus, subscriptions, users, doubts)


class Store:
    def __init__(self) -> None:
        self.tables, self.blobs = MemoryTables(), MemoryBlobs()

    def asked(self, run: str) -> None:
        """A run asks for the tenant."""
        state = self.state() or TenantState(tenant_id="contoso")
        asked = state.model_copy(update={"run": run, "status": ReadStatus.PENDING, "failure": None})
        self.tables.commit([Put(keys.tenant_state(ACCOUNT, "contoso"), asked)])

    def put(self, run: str, one: TenantRead) -> TenantState:
        return snapshot.store_read(
            self.tables, self.blobs, ACCOUNT, snapshot.FreshRead(one, run, one.began.date())
        )

    def fail(self, run: str, now: datetime) -> TenantState:
        return snapshot.store_failure(self.tables, ACCOUNT, "contoso", run, BAD, now)

    def state(self) -> TenantState | None:
        row = self.tables.get(keys.tenant_state(ACCOUNT, "contoso"))
        return row.read(TenantState) if row else None

    def days(self) -> list[Day]:
        return [row.read(Day) for row in self.tables.rows(keys.tenants(ACCOUNT), "day|")]

    def seats(self) -> int:
        state = self.state()
        assert state is not None
        assert state.snapshot is not None
        return state.snapshot.skus[0].enabled


@pytest.fixture
def store() -> Store:
    return Store()


# Order


def test_an_older_read_that_arrives_later_changes_no_number(store: Store) -> None:
    store.put("", read(T0 + MINUTE, (sku("a", 12),)))
    store.put("", read(T0, (sku("a", 10),)))
    assert store.seats() == 12
    assert [day.skus[0].enabled for day in store.days()] == [12]


def test_a_read_that_ended_later_but_began_earlier_is_the_older_one(store: Store) -> None:
    store.put("", read(T0 + MINUTE, (sku("a", 12),)))
    slow = TenantRead("contoso", "partner", T0, T0 + 60 * MINUTE, (sku("a", 10),), (), (user("u1"),))
    store.put("", slow)
    assert store.seats() == 12


@given(st.permutations(range(5)))
def test_in_whatever_order_reads_arrive_the_one_that_began_last_counts(order: list[int]) -> None:
    store = Store()
    for number in order:
        store.put("", read(T0 + number * MINUTE, (sku("a", 10 + number),)))
    assert store.seats() == 14
    assert store.days()[-1].skus[0].enabled == 14


def test_two_reads_stored_at_the_same_moment_end_with_the_newer_one(store: Store) -> None:
    store.put("", read(T0))
    newer = read(T0 + 2 * MINUTE, (sku("a", 12),))
    watched = WatchedTables(store.tables, Once("before commit", lambda: store.put("", newer)))
    late = read(T0 + MINUTE, (sku("a", 11),))
    snapshot.store_read(watched, store.blobs, ACCOUNT, snapshot.FreshRead(late, "", T0.date()))
    assert store.seats() == 12


def test_a_message_that_comes_twice_changes_nothing_the_second_time(store: Store) -> None:
    store.asked("r1")
    store.put("r1", read())
    row = store.tables.get(keys.tenant_state(ACCOUNT, "contoso"))
    store.put("r1", read())
    again = store.tables.get(keys.tenant_state(ACCOUNT, "contoso"))
    assert row is not None
    assert again is not None
    assert again.etag == row.etag


# Failed reads


def test_a_read_that_fails_keeps_the_snapshot_and_says_since_when(store: Store) -> None:
    store.put("", read())
    store.asked("r2")
    store.fail("r2", T0 + 5 * MINUTE)
    store.asked("r3")
    state = store.fail("r3", T0 + 90 * MINUTE)
    assert store.seats() == 10
    assert (state.status, state.failure) == (ReadStatus.NOT_READ, BAD)
    assert state.unread_since == T0 + 5 * MINUTE


def test_a_good_read_ends_the_trouble(store: Store) -> None:
    store.asked("r1")
    store.fail("r1", T0)
    store.asked("r2")
    state = store.put("r2", read(T0 + MINUTE))
    assert (state.status, state.failure, state.unread_since) == (ReadStatus.READ, None, None)


def test_a_failure_of_an_overtaken_run_changes_nothing(store: Store) -> None:
    store.asked("r1")
    store.asked("r2")
    store.put("r2", read())
    state = store.fail("r1", T0 + MINUTE)
    assert (state.status, state.failure) == (ReadStatus.READ, None)


def test_a_second_attempt_of_the_same_run_that_fails_takes_nothing_back(store: Store) -> None:
    """The message came twice: one attempt read the tenant, the other one was throttled."""
    store.asked("r1")
    store.put("r1", read())
    state = store.fail("r1", T0 + MINUTE)
    assert (state.status, state.failure, state.unread_since) == (ReadStatus.READ, None, None)


def test_a_late_read_of_an_overtaken_run_gives_its_numbers_but_does_not_hide_the_newer_trouble(
    store: Store,
) -> None:
    store.put("", read(T0, (sku("a", 10),)))
    store.asked("r1")
    store.asked("r2")
    store.fail("r2", T0 + 10 * MINUTE)
    state = store.put("r1", read(T0 + MINUTE, (sku("a", 11),)))
    assert store.seats() == 11
    assert (state.status, state.failure) == (ReadStatus.NOT_READ, BAD)
    assert state.unread_since == T0 + 10 * MINUTE


def test_a_late_read_of_an_overtaken_run_does_not_answer_for_the_run_that_waits(store: Store) -> None:
    store.asked("r1")
    store.asked("r2")
    state = store.put("r1", read())
    assert (state.run, state.status) == ("r2", ReadStatus.PENDING)


# Doubts


A_FIELD = Doubt(kind=DoubtKind.FIELD_GONE, of="users.department", expected=3)
SUBSCRIPTION = Subscription(id="s", sku_id="a", status="Enabled", total=10)


@pytest.mark.parametrize(
    "now, kind",
    [
        (read(T0 + MINUTE, ()), DoubtKind.SKUS_GONE),
        (read(T0 + MINUTE, subscriptions=()), DoubtKind.SUBSCRIPTIONS_GONE),
        (read(T0 + MINUTE, subscriptions=(SUBSCRIPTION,), users=()), DoubtKind.USERS_GONE),
        (read(T0 + MINUTE, (sku("a", 0),), (SUBSCRIPTION,)), DoubtKind.UNITS_GONE),
        (read(T0 + MINUTE, subscriptions=(SUBSCRIPTION,), doubts=(A_FIELD,)), DoubtKind.FIELD_GONE),
    ],
)
def test_what_was_there_and_is_wholly_gone_is_accepted_with_a_doubt(
    store: Store, now: TenantRead, kind: DoubtKind
) -> None:
    store.put("", read(subscriptions=(SUBSCRIPTION,)))
    state = store.put("", now)
    assert state.snapshot is not None
    assert kind in {doubt.kind for doubt in state.snapshot.doubts}
    assert state.snapshot.counts_are_doubted


EMPTY = read(skus=(), users=())


def later(one: TenantRead, wait: timedelta) -> TenantRead:
    return replace(one, began=T0 + wait, ended=T0 + wait)


def doubts_of(state: TenantState) -> tuple[Doubt, ...]:
    assert state.snapshot is not None
    return state.snapshot.doubts


def test_what_is_gone_is_doubted_also_when_it_is_missing_a_second_time(store: Store) -> None:
    store.put("", read())
    first = doubts_of(store.put("", later(EMPTY, MINUTE)))
    assert len(first) == 2
    for wait in (2 * MINUTE, timedelta(hours=1), timedelta(hours=24)):
        assert doubts_of(store.put("", later(EMPTY, wait))) == first


def test_the_doubt_ends_with_the_second_night(store: Store) -> None:
    store.put("", read())
    for night in (1, 2):
        assert doubts_of(store.put("", later(EMPTY, timedelta(days=night))))
    for night in (3, 4, 5):
        assert doubts_of(store.put("", later(EMPTY, timedelta(days=night)))) == ()


def test_the_doubt_ends_as_soon_as_what_was_gone_is_back(store: Store) -> None:
    store.put("", read())
    store.put("", later(EMPTY, MINUTE))
    assert doubts_of(store.put("", later(read(skus=()), 2 * MINUTE))) == (Doubt(kind=DoubtKind.SKUS_GONE),)
    assert doubts_of(store.put("", later(read(), 3 * MINUTE))) == ()
    assert len(doubts_of(store.put("", later(EMPTY, timedelta(days=9))))) == 2


@pytest.mark.parametrize(
    "told, kind",
    [
        ("Microsoft now lists no licences at all", DoubtKind.SKUS_GONE),
        ("Microsoft now lists no subscriptions at all", DoubtKind.SUBSCRIPTIONS_GONE),
        ("Microsoft now lists no licensed users at all", DoubtKind.USERS_GONE),
        ("every licence now counts 0 units", DoubtKind.UNITS_GONE),
        ("14 licences are assigned, but no user has one.", DoubtKind.OTHER),
    ],
)
def test_doubts_that_were_stored_as_sentences_are_still_doubts_of_their_kind(
    store: Store, told: str, kind: DoubtKind
) -> None:
    stored = snapshot.snapshot_of(read(), None, "u").model_dump(mode="json") | {"doubts": [told]}
    loaded = Snapshot.model_validate_json(json.dumps(stored))
    assert loaded.doubts == (Doubt(kind=kind),)
    assert loaded.counts_are_doubted
    assert Snapshot.model_validate_json(loaded.body()) == loaded


def test_a_snapshot_of_before_this_has_no_sellers_and_no_doubts() -> None:
    before = Snapshot.model_validate_json(
        b'{"connection_id":"p","began":"2026-11-20T02:00:00Z","ended":"2026-11-20T02:00:01Z","digest":"d",'
        b'"skus":[{"sku_id":"a","part_number":"SPB","enabled":9,"warning":0,"suspended":0,"locked_out":0,'
        b'"consumed":8,"subscription_ids":["s"]}],"subscriptions":[{"id":"s","sku_id":"a","commerce_id":"c",'
        b'"status":"Enabled","total":9}],"user_count":8,"users_digest":"u"}'
    )
    assert (before.subscriptions[0].owner_tenant_id, before.doubts) == ("", ())


def test_users_that_were_stored_with_their_mailbox_plans_are_still_read(store: Store) -> None:
    state = store.put("", read())
    assert state.snapshot is not None
    name = keys.users_blob(ACCOUNT, "contoso", state.snapshot.users_digest)
    before = [{**asdict(one), "has_exchange": True} for one in read().users]
    store.blobs.put(name, gzip.compress(json.dumps(before).encode()))
    assert snapshot.users(store.blobs, ACCOUNT, "contoso", state.snapshot) == list(read().users)


def test_a_doubt_about_the_answer_itself_lasts_only_as_long_as_the_answer(store: Store) -> None:
    store.put("", read(doubts=(A_FIELD,)))
    assert doubts_of(store.put("", later(read(), MINUTE))) == ()


def test_a_first_read_and_an_ordinary_decrease_are_not_doubted(store: Store) -> None:
    first = store.put("", read(skus=(), users=()))
    second = store.put("", read(T0 + MINUTE, (sku("a", 10), sku("b", 1))))
    third = store.put("", read(T0 + 2 * MINUTE, (sku("a", 1),)))
    assert [state.snapshot.doubts for state in (first, second, third) if state.snapshot] == [(), (), ()]


# What is kept


def test_the_order_in_which_microsoft_lists_things_does_not_change_the_digest(store: Store) -> None:
    one = store.put("", read(skus=(sku("a", 1), sku("b", 2))))
    two = store.put("", read(T0 + MINUTE, (sku("b", 2), sku("a", 1))))
    assert one.snapshot is not None
    assert two.snapshot is not None
    assert one.snapshot.digest == two.snapshot.digest


def test_users_are_kept_apart_and_come_back_as_they_were(store: Store) -> None:
    state = store.put("", read(users=(user("u2"), user("u1"))))
    assert state.snapshot is not None
    kept = snapshot.users(store.blobs, ACCOUNT, "contoso", state.snapshot)
    assert kept == [user("u1"), user("u2")]
    assert state.snapshot.user_count == 2


def test_users_that_are_no_longer_kept_are_not_an_empty_list(store: Store) -> None:
    state = store.put("", read())
    assert state.snapshot is not None
    with pytest.raises(NotFound, match="no longer kept"):
        snapshot.users(MemoryBlobs(), ACCOUNT, "contoso", state.snapshot)


# History


def test_a_night_that_changed_nothing_adds_no_row_of_history(store: Store) -> None:
    for night in range(5):
        store.put("", read(T0 + night * timedelta(days=1)))
    assert [day.on for day in store.days()] == [T0.date()]


def test_the_counts_of_any_past_day_can_be_told(store: Store) -> None:
    store.put("", read(T0, (sku("a", 10),)))
    store.put("", read(T0 + timedelta(days=3), (sku("a", 12),)))
    store.put("", read(T0 + timedelta(days=6), (sku("a", 12),), users=(user("u1"), user("u2"))))

    def seats(days: int) -> int | None:
        found = snapshot.as_of(store.tables, ACCOUNT, "contoso", T0.date() + timedelta(days=days))
        return found.skus[0].enabled if found else None

    assert [seats(days) for days in (-1, 0, 2, 3, 5, 6, 9)] == [None, 10, 10, 12, 12, 12, 12]
    assert len({day.users_digest for day in store.days()}) == 2


def not_read(store: Store, last: datetime) -> list[str]:
    found = snapshot.days_not_read(store.tables, ACCOUNT, "contoso", last.date(), UTC)
    return [str(day) for day in found]


def test_days_without_a_read_are_remembered_whatever_the_reason_was(store: Store) -> None:
    """Two nights fail, then the app stands still for a night; the read of the 6th finds the same numbers."""
    day = timedelta(days=1)
    store.put("1", read())
    for number in (1, 2):
        store.asked(str(number))
        store.fail(str(number), T0 + number * day)
    assert not_read(store, T0 + 2 * day) == ["2026-03-03", "2026-03-04"]
    store.put("4", read(T0 + 4 * day))
    store.put("5", read(T0 + 5 * day))
    assert len(store.days()) == 1
    assert not_read(store, T0 + 5 * day) == ["2026-03-03", "2026-03-04", "2026-03-05"]


def test_a_tenant_that_was_never_read_has_no_unread_days(store: Store) -> None:
    store.asked("1")
    store.fail("1", T0)
    assert not_read(store, T0) == []
