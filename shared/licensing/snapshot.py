"""Accepting a complete read: newest beginning wins, and what is hard to believe is marked."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from pydantic import TypeAdapter

from shared.errors import NotFound
from shared.licensing.optional_reads import NOTHING, OptionalReads
from shared.licensing.tenant_state import Day, Gap, ReadFailure, ReadStatus, Snapshot, TenantState
from shared.microsoft.doubts import Doubt, DoubtKind
from shared.microsoft.models import Sku, Subscription, TenantRead, User
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Put, Replace, Row, RowChange, Tables

_USERS = TypeAdapter(list[User])
DOUBTED_FOR = timedelta(hours=36)
"""So long it stays doubted that all is gone, however often it is repeated: a night's plan falls into that."""
_COUNTS = TypeAdapter(tuple[tuple[Sku, ...], tuple[Subscription, ...]])


def snapshot_of(
    read: TenantRead, before: Snapshot | None, users_digest: str, more: OptionalReads = NOTHING
) -> Snapshot:
    """The counts of a read, in a stable order, with every doubt about them."""
    skus = tuple(sorted(read.skus, key=lambda sku: sku.sku_id))
    subscriptions = tuple(sorted(read.subscriptions, key=lambda subscription: subscription.id))
    gone, since = _gone(read, before)
    return Snapshot(
        connection_id=read.connection_id,
        began=read.began,
        ended=read.ended,
        digest=_digest(_COUNTS.dump_json((skus, subscriptions)) + more.counts),
        skus=skus,
        subscriptions=subscriptions,
        user_count=len(read.users),
        users_digest=users_digest,
        doubts=(*read.doubts, *gone),
        groups=more.groups,
        mailbox_counts=more.mailbox_counts,
        gone_since=since,
    )


def _gone(read: TenantRead, before: Snapshot | None) -> tuple[tuple[Doubt, ...], datetime | None]:
    """What is gone from the whole answer that was there at the last accepted read, and since when.

    That it is missing once more a short while later makes it no likelier: the doubt stays as long as it is missing,
    up to DOUBTED_FOR. What it held by then stays held.
    """
    if before is None:
        return (), None
    missing = {
        DoubtKind.SKUS_GONE: (bool(before.skus), not read.skus),
        DoubtKind.SUBSCRIPTIONS_GONE: (bool(before.subscriptions), not read.subscriptions),
        DoubtKind.USERS_GONE: (bool(before.user_count), not read.users),
        DoubtKind.UNITS_GONE: (_any_enabled(before.skus), bool(read.skus) and not _any_enabled(read.skus)),
    }
    since = before.gone_since
    lately = since is not None and read.began - since < DOUBTED_FOR
    doubted = {doubt.kind for doubt in before.doubts}
    gone = tuple(
        Doubt(kind=kind)
        for kind, (was_there, is_missing) in missing.items()
        if is_missing and (was_there or (lately and kind in doubted))
    )
    if not gone:
        return (), None
    return gone, since if lately else read.began


def _any_enabled(skus: tuple[Sku, ...]) -> bool:
    return any(sku.enabled for sku in skus)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def accepted(state: TenantState, snapshot: Snapshot, run: str) -> TenantState:
    """The state after a complete read. A read that began earlier than the stored one changes no number.

    A read of a run that was overtaken gives its numbers, and says nothing about how the newer run's attempt went.
    """
    newest = state.snapshot
    if newest is not None and newest.began >= snapshot.began:
        snapshot = newest
    if state.run != run:
        return state.model_copy(update={"snapshot": snapshot})
    return state.model_copy(
        update={
            "status": ReadStatus.READ,
            "failure": None,
            "attempted_at": snapshot.ended,
            "unread_since": None,
            "snapshot": snapshot,
        }
    )


def refused(state: TenantState, failure: ReadFailure, run: str, now: datetime) -> TenantState:
    """The state after a read that did not complete: its numbers stay, and so does what the run knows already."""
    if state.run != run or state.status is not ReadStatus.PENDING:
        return state
    return state.model_copy(
        update={
            "status": ReadStatus.NOT_READ,
            "failure": failure,
            "attempted_at": now,
            "unread_since": state.unread_since or now,
        }
    )


@dataclass(frozen=True, slots=True)
class FreshRead:
    """A complete read of a run, on a local date, and what else was read with it."""

    read: TenantRead
    run: str
    on: date
    more: OptionalReads = NOTHING
    zone: tzinfo = UTC
    """Of the local dates."""


def store_read(
    tables: Tables, blobs: Blobs, account: AccountId, fresh: FreshRead, seen: Row | None = None
) -> TenantState:
    """Store a complete read: users first (a blob), then the state, with a row of history when anything changed, and
    with one of the days since the read before on which there was none.

    `seen` is the state's row as it was last read, if it was: it saves a look. What else was read counts only with a
    read that does.
    """
    read = fresh.read
    users = _USERS.dump_json(sorted(read.users, key=lambda user: user.id))
    users_digest = _digest(users)

    def change(state: TenantState) -> tuple[TenantState, list[RowChange]]:
        snapshot = snapshot_of(read, state.snapshot, users_digest, fresh.more)
        after = accepted(state, snapshot, fresh.run)
        if after.snapshot is not snapshot:
            return after, []
        after = fresh.more.on(after, read.began)
        before = state.snapshot
        if before is None or before.users_digest != users_digest:
            name = keys.users_blob(account, read.tenant_id, users_digest)
            blobs.put(name, gzip.compress(users, compresslevel=1, mtime=0))
        elif before.digest == snapshot.digest:
            return after, _gap(account, before, fresh)
        day = Day(
            on=fresh.on,
            began=read.began,
            digest=snapshot.digest,
            users_digest=users_digest,
            skus=snapshot.skus,
            subscriptions=snapshot.subscriptions,
            groups=snapshot.groups,
            mailbox_counts=snapshot.mailbox_counts,
        )
        key = keys.tenant_day(account, read.tenant_id, fresh.on)
        return after, [Put(key, day), *_gap(account, before, fresh)]

    return _change_state(tables, account, read.tenant_id, change, seen)


def _gap(account: AccountId, before: Snapshot | None, fresh: FreshRead) -> list[RowChange]:
    """The row of the days since the last read that had none."""
    after = before.began.astimezone(fresh.zone).date() if before else fresh.on
    if (fresh.on - after).days < 2:
        return []
    key = keys.tenant_gap(account, fresh.read.tenant_id, fresh.on)
    return [Put(key, Gap(after=after, until=fresh.on))]


def store_failure(
    tables: Tables, account: AccountId, tenant: str, run: str, failure: ReadFailure, now: datetime
) -> TenantState:
    """Store that a tenant could not be read and why."""
    return _change_state(tables, account, tenant, lambda state: (refused(state, failure, run, now), []))


def _change_state(
    tables: Tables,
    account: AccountId,
    tenant: str,
    change: Callable[[TenantState], tuple[TenantState, list[RowChange]]],
    seen: Row | None = None,
) -> TenantState:
    """Apply a change to the newest state, again when somebody else was faster (ETag)."""
    key = keys.tenant_state(account, tenant)
    row = seen or tables.get(key)
    while True:
        before = row.read(TenantState) if row else TenantState(tenant_id=tenant)
        after, history = change(before)
        if after == before:
            return before
        try:
            tables.commit([Replace(key, after, row.etag) if row else Insert(key, after), *history])
        except Conflict:
            row = tables.get(key)
            continue
        return after


def as_of(tables: Tables, account: AccountId, tenant: str, on: date) -> Day | None:
    """What the tenant had at the end of a local date; None before its first read."""
    found = None
    for row in tables.rows(keys.tenants(account), keys.tenant_days(tenant)):
        day = row.read(Day)
        if day.on > on:
            break
        found = day
    return found


def users(blobs: Blobs, account: AccountId, tenant: str, counts: Snapshot | Day) -> list[User]:
    """The licensed users of a snapshot or a day of history. Raises NotFound when their blob is gone (retention)."""
    data = blobs.get(keys.users_blob(account, tenant, counts.users_digest))
    if data is None:
        raise NotFound(f"the users of {counts.began:%Y-%m-%d} are no longer kept")
    return _USERS.validate_json(gzip.decompress(data))


def days_not_read(
    tables: Tables, account: AccountId, tenant: str, last: date, zone: tzinfo
) -> Iterator[date]:
    """The local dates up to `last`, from the first read on, on which the tenant was not read."""
    gaps = [row.read(Gap) for row in tables.rows(keys.tenants(account), keys.tenant_gaps(tenant))]
    row = tables.get(keys.tenant_state(account, tenant))
    newest = row.read(TenantState).snapshot if row else None
    if newest is not None:
        gaps.append(Gap(after=newest.began.astimezone(zone).date(), until=last + timedelta(days=1)))
    for gap in gaps:
        for number in range(1, (min(gap.until, last + timedelta(days=1)) - gap.after).days):
            yield gap.after + timedelta(days=number)
