"""Loading what a plan is made from, and storing its holds before anything is pushed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.accounts import repository as accounts
from shared.accounts.models import Account
from shared.billing import plan, records, repository
from shared.billing.models import AgreementRecord
from shared.billing.plan import Plan, Wish
from shared.billing.records import Kept
from shared.errors import RetryLater
from shared.licensing.reading import heads
from shared.storage import keys
from shared.storage.keys import AccountId
from shared.storage.tables import Change, Conflict, Replace, Tables, chunks


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of an account, and the records it was made from by (connection, agreement id)."""

    plan: Plan
    wishes: dict[str, Wish]
    kept: dict[tuple[str, str], Kept]


def plan_account(tables: Tables, account: Account, now: datetime) -> Planned:
    """Plan the whole account from the newest accepted snapshots and mappings. Writes nothing: this is the preview."""
    kept = {
        (connection.id, one.record.agreement_id): one
        for connection in repository.connections(tables, account.id)
        for one in records.all_of(tables, account.id, connection.id)
    }
    wished, suspicious = _wishes(tables, account, now)
    made = plan.make(
        account, wished.values(), {key: one.record for key, one in kept.items()}, suspicious, now
    )
    return Planned(made, wished, kept)


def _wishes(tables: Tables, account: Account, now: datetime) -> tuple[dict[str, Wish], frozenset[str]]:
    profiles = repository.profiles(tables, account.id)
    mappings = {one.tenant_id: one.mappings for one in repository.mappings(tables, account.id)}
    added = accounts.companies(tables, account.id)
    wished, suspicious = {}, set()
    for head in heads(tables, account.id):
        if head.tenant_id not in added:
            continue
        for wish in plan.wishes(head, mappings.get(head.tenant_id, ()), profiles, now):
            wished[wish.mapping.id] = wish
        if head.snapshot is not None and head.snapshot.doubts:
            suspicious.add(head.tenant_id)
    return wished, frozenset(suspicious)


def store_holds(tables: Tables, account: AccountId, planned: Planned, now: datetime) -> Planned:
    """Store what the plan holds, before the first write of it. Raises RetryLater when a record changed meanwhile."""
    changed: list[tuple[Kept, AgreementRecord]] = []
    for one in planned.kept.values():
        record = plan.apply_to(one.record, planned.plan, now)
        if record is not one.record:
            changed.append((one, record))
    kept = dict(planned.kept)
    for connection in {record.connection for _, record in changed}:
        mine = [(one, record) for one, record in changed if record.connection == connection]
        for one in _replace_all(tables, account, mine):
            kept[(connection, one.record.agreement_id)] = one
    return Planned(planned.plan, planned.wishes, kept)


def _replace_all(
    tables: Tables, account: AccountId, changed: Iterable[tuple[Kept, AgreementRecord]]
) -> Iterable[Kept]:
    for some in chunks(list(changed)):
        replaces: list[Change] = [
            Replace(keys.agreement(account, record.connection, record.agreement_id), record, one.etag)
            for one, record in some
        ]
        try:
            etags = tables.commit(replaces)
        except Conflict as conflict:
            raise RetryLater(
                timedelta(seconds=2), "an agreement changed while the plan was made"
            ) from conflict
        yield from (Kept(record, etag) for (_, record), etag in zip(some, etags, strict=True))
