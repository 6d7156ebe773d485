"""The reading half of a run: partner lists, then every added tenant, each as a whole or not at all."""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.accounts import runs
from shared.accounts.companies import added_ids, added_tenants
from shared.accounts.runs import Run, RunState
from shared.errors import RetryLater
from shared.licensing import app_consents, customer_lists, optional_reads, snapshot, terms
from shared.licensing.customer_lists import WAIT, PartnerInRun
from shared.licensing.run_reading import RunReading
from shared.licensing.snapshot import FreshRead
from shared.licensing.tenant_state import ReadFailure, ReadStatus, TenantReadState, TenantState
from shared.microsoft import partner_connections
from shared.microsoft.models import FailureCause, NotRead, PartnerConnection
from shared.microsoft.read_problems import ReadProblem
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Insert, Replace, Row, RowChange, Tables

STATES_AT_ONCE = 40
"""States changed in one transaction: of the largest ones about 4 MB, which is what a transaction may hold."""
TO_READ = timedelta(minutes=5)
"""A wait that leaves less than this to the end of the reading is not begun."""
LONGEST_WAIT = timedelta(minutes=15)
"""Waits grow up to here, when Microsoft does not say how long."""
SPREAD = 0.2
"""The part of a wait by which tenants are spread."""
TIMED_OUT: Final = ReadFailure.own(FailureCause.TRANSIENT, ReadProblem.TIMED_OUT)


NO_ACTIVE_GDAP: Final = ReadFailure.own(FailureCause.TENANT, ReadProblem.NO_ACTIVE_GDAP)
NOT_LISTED: Final = ReadFailure.own(FailureCause.GONE, ReadProblem.NOT_LISTED)


@dataclass(frozen=True, slots=True)
class TenantToRead:
    """Follow-up of `read_partners`: read this tenant through the first of these connections that can."""

    tenant_id: str
    connections: tuple[str, ...]
    terms: bool = False
    """The terms of its subscriptions are due too."""
    attempt: int = 0
    """How often it was put back."""
    by_app: tuple[str, ...] = ()
    """Those of the connections whose app reads this tenant as itself."""


def read_partners(reading: RunReading) -> list[TenantToRead]:
    """Read every partner connection's list and set the states of the run's tenants to pending.

    A repeat asks again only for what is still pending, so a redelivered message does no harm. One that comes when
    the run's reading is over takes no tenant from a newer run.
    Raises RetryLater while a list fails for a passing reason and the run has time.
    """
    account, run = reading.account, reading.run
    if run.state is not RunState.READING or reading.now >= run.reading_ends:
        return []
    by_app = app_consents.tenants_by_app(reading.tables, account.id)
    partners = [
        replace(customer_lists.read(reading, connection), by_app=by_app.get(connection.id, frozenset()))
        for connection in partner_connections.all_of(reading.tables, account.id)
    ]
    to_read, never = _set_pending(reading, partners)
    if not account.watches_terms:
        return to_read
    due = terms.due([tenant.tenant_id for tenant in to_read], never, run.on)
    return [replace(tenant, terms=tenant.tenant_id in due) for tenant in to_read]


def _set_pending(
    reading: RunReading, partners: Sequence[PartnerInRun]
) -> tuple[list[TenantToRead], list[str]]:
    """The tenants that can be read, set to pending, and those of them whose terms nobody ever told."""
    tables, account, run = reading.tables, reading.account, reading.run
    added = added_tenants(tables, account.id)
    wanted = set(added) if run.tenants is None else set(run.tenants) & set(added)
    to_read: list[TenantToRead] = []
    never: list[str] = []
    changes: list[RowChange] = []
    for state, row in _states_of(tables, account.id, wanted):
        if state.run == run.id and not _is_pending(state, run):
            continue
        usable, failure = reachable(state.tenant_id, partners, added[state.tenant_id].partner_connection)
        asked = state.model_copy(update={"run": run.id, "status": ReadStatus.PENDING, "failure": None})
        if failure is not None:
            asked = snapshot.refused(asked, failure, run.id, reading.now)
        else:
            apps = [other.connection.id for other in partners if state.tenant_id in other.by_app]
            to_read.append(TenantToRead(state.tenant_id, usable, by_app=tuple(apps)))
            never += [state.tenant_id] if terms.were_never_told(state) else []
        if asked != state:
            key = keys.tenant_state(account.id, state.tenant_id)
            changes.append(Replace(key, asked, row.etag) if row else Insert(key, asked))
        if len(changes) == STATES_AT_ONCE:
            _commit(tables, changes)
            changes = []
    _commit(tables, changes)
    return to_read, never


def _states_of(
    tables: Tables, account: AccountId, tenants: Set[str]
) -> Iterator[tuple[TenantState, Row | None]]:
    """The states of these tenants, one after the other; at last those that have none yet."""
    missing = set(tenants)
    for row in tables.rows(keys.tenants(account), keys.TENANT_STATES):
        state = row.read(TenantState)
        if state.tenant_id in missing:
            missing.remove(state.tenant_id)
            yield state, row
    for tenant in sorted(missing):
        yield TenantState(tenant_id=tenant), None


def _commit(tables: Tables, changes: Sequence[RowChange]) -> None:
    if not changes:
        return
    try:
        tables.commit(changes)
    except Conflict as conflict:
        raise RetryLater(timedelta(seconds=5), "a tenant changed while the run was starting") from conflict


def reachable(
    tenant: str, partners: Iterable[PartnerInRun], preferred: str
) -> tuple[tuple[str, ...], ReadFailure | None]:
    """The connections a tenant can be read through, the preferred one first; or why there is none.

    A list that failed for a passing reason stands as it was last read; a connection whose sign-in is
    refused is not tried, so that its failure is one alert and not one per tenant.
    """
    usable: list[str] = []
    listed, refused, perhaps = False, None, None
    for partner in sorted(partners, key=lambda p: (p.connection.id != preferred, p.connection.id)):
        customer = partner.customers.get(tenant)
        if customer is None:
            # A list that was not read tonight may hold the tenant; what others say of it counts first.
            perhaps = perhaps or partner.failure
            continue
        listed = True
        if partner.failure is not None and partner.failure.cause is FailureCause.PARTNER:
            refused = partner.failure
        elif partner.can_read(customer):
            usable.append(partner.connection.id)
    if usable:
        return tuple(usable), None
    if refused is not None:
        return (), refused
    if listed:
        return (), NO_ACTIVE_GDAP
    if perhaps is not None:
        return (), perhaps
    return (), NOT_LISTED


def read_tenant(reading: RunReading, partners: Mapping[str, PartnerConnection], asked: TenantToRead) -> None:
    """Read one tenant through the first connection that can, and store the outcome in its state.

    Raises RetryLater while Microsoft is only throttling or down and the run has time. A message that comes
    twice, or after its run was overtaken, costs one look at the state.
    """
    account, run, microsoft, now = reading.account, reading.run, reading.microsoft, reading.now
    row = reading.tables.get(keys.tenant_state(account.id, asked.tenant_id))
    state = row.read(TenantState) if row else None
    if state is None or not _is_pending(state, run):
        return
    failures = []
    for connection in (partners[name] for name in asked.connections if name in partners):
        try:
            way = connection.by_app if connection.id in asked.by_app else connection
            read = microsoft.read_tenant(account.id, way, asked.tenant_id)
        except NotRead as failed:
            failures.append(failed)
            continue
        on = now.astimezone(account.zone).date()
        groups = reading.custom.groups_of(asked.tenant_id)
        counts = reading.custom.counts_mailboxes(asked.tenant_id)
        besides = optional_reads.Asked(asked.terms, groups, counts, connection.id in asked.by_app)
        more = optional_reads.unread(account, besides)
        try:
            more = optional_reads.read(microsoft, account, connection, state, read, besides)
        finally:  # whatever goes wrong with the rest, the licences were read
            fresh = FreshRead(read, run.id, on, more, account.zone)
            snapshot.store_read(reading.tables, reading.blobs, account.id, fresh, row)
        return
    passing = [failed for failed in failures if failed.cause is FailureCause.TRANSIENT]
    if passing:
        wait = _pause(asked, passing)
        if now + wait < run.reading_ends - TO_READ:
            raise RetryLater(wait, f"tenant {asked.tenant_id}: {passing[0].code}")
    failure = ReadFailure.of([*passing, *failures][0]) if failures else TIMED_OUT
    snapshot.store_failure(reading.tables, account.id, asked.tenant_id, run.id, failure, now)


def _pause(asked: TenantToRead, passing: Sequence[NotRead]) -> timedelta:
    """Twice as long after each attempt, a little longer for some tenants than for others so that they do not come
    back all at once; never shorter than any of the connections asks.
    """
    grown = min(LONGEST_WAIT, WAIT * (1 << min(asked.attempt, 10)))
    spread = zlib.crc32(asked.tenant_id.encode()) % 100 / 100
    told = [failed.after for failed in passing if failed.after is not None]
    return max([grown * (1 + SPREAD * spread), *told])


def _is_pending(state: TenantState, run: Run) -> bool:
    return state.run == run.id and state.status is ReadStatus.PENDING


def _was_read_since(state: TenantReadState, run: Run) -> bool:
    """By a run that overtook this one."""
    if state.attempted_at is None or state.status is not ReadStatus.READ:
        return False
    return state.attempted_at >= run.started_at


def finish_reading(tables: Tables, account: AccountId, run: Run, now: datetime) -> Run:
    """Count what was read once no tenant of the run is pending; after 45 minutes the pending ones are "timed out".

    What should have been read and was never asked for counts as not read. Raises RetryLater while tenants are being
    read.
    """
    added = added_ids(tables, account) if run.tenants is None else set()
    pending, count = [], Counter[ReadStatus]()
    for row in tables.rows(keys.tenants(account), keys.TENANT_STATES):
        state = row.read(TenantReadState)
        if state.run == run.id or (state.tenant_id in added and _was_read_since(state, run)):
            count[state.status] += 1
            added.discard(state.tenant_id)
            if state.status is ReadStatus.PENDING:
                pending.append(state.tenant_id)
    read = count[ReadStatus.READ]
    if pending and now < run.reading_ends:
        waiting, not_read = len(pending), count[ReadStatus.NOT_READ]
        so_far = {"read": read, "not_read": not_read, "waiting": waiting}
        runs.update(tables, account, run.id, lambda r: r.model_copy(update=so_far))
        left = (now - run.started_at) * len(pending) / max(1, count.total() - len(pending))
        again = min(timedelta(seconds=30), max(timedelta(seconds=1), left))
        raise RetryLater(again, f"{len(pending)} of {count.total()} tenants are still being read")
    for tenant in pending:
        snapshot.store_failure(tables, account, tenant, run.id, TIMED_OUT, now)
    counted = {"read": read, "not_read": count.total() - read + len(added), "waiting": 0}
    return runs.update(tables, account, run.id, lambda r: r.model_copy(update=counted))


def tenant_states(tables: Tables, account: AccountId) -> Iterator[TenantState]:
    """Every tenant's state, one after the other: a thousand of them need not be in memory at once."""
    return (row.read(TenantState) for row in tables.rows(keys.tenants(account), keys.TENANT_STATES))
