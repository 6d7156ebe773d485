"""Loading what a plan is made from, and storing its holds before anything is pushed."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import (
    NOT_LISTED,
    AgreementRecord,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineRecord,
)
from shared.billing.planning import in_record, plan
from shared.billing.planning.plan import Plan
from shared.billing.planning.quantities import Numbers
from shared.billing.planning.tenant_wishes import WishesOf
from shared.billing.planning.text_sources import TextSources
from shared.billing.planning.wishes import AccountWishes
from shared.billing.psa_connections import psa_connections
from shared.errors import RetryLater
from shared.licensing.counted_by import counted_by
from shared.licensing.custom_licences.rules import CustomLicence
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import Snapshot, TenantState
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Key, Replace, Row, Tables

RECORDS_AT_ONCE = 40
"""Records replaced in one transaction: the largest take 80 KB on the wire, and a transaction holds 4 MB."""

type AgreementKey = tuple[str, str]
"""PSA connection and agreement id."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a push must know of every agreement. The record itself stays packed until the agreement is worked on."""

    key: Key
    etag: str
    packed: bytes
    """The record, compressed: an account has a thousand of them and more."""
    agreement_id: str
    read_at: datetime | None
    lines: int
    unsettled: bool
    """Some write of it is not settled yet."""
    in_trouble: bool
    """Some line of it was refused, is blocked or was changed by hand: a look may find that this is over."""
    was_there: bool
    """By what is stored the PSA's list has it; of no line that is not true."""
    is_noted: bool
    """What the PSA's list says of it is not stored yet."""

    @classmethod
    def of(cls, row: Row, record: AgreementRecord, noted: AgreementRecord | None = None) -> "Outline":
        """`noted`: the record with what the PSA's list says, where that is something else."""
        told = noted or record
        return cls(
            row.key,
            row.etag,
            zlib.compress(noted.body() if noted else row.body, level=1),
            told.agreement_id,
            told.read_at,
            len(told.lines),
            any(line.intent for line in told.lines.values()),
            any(line.refused or line.blocked or line.drift for line in told.lines.values()),
            any(
                line.blocked is None or line.blocked.reason not in NOT_LISTED
                for line in record.lines.values()
            ),
            noted is not None,
        )

    def kept(self) -> StoredRecord:
        return agreement_store.unpacked(Row(self.key, zlib.decompress(self.packed), self.etag))


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of an account, what it wants of its lines, and the agreements it was made from."""

    plan: Plan
    wishes: AccountWishes
    outlines: dict[AgreementKey, Outline]


@dataclass(frozen=True, slots=True)
class Supposed:
    """A tenant's mappings as if they were in force, with the records that agreements would have then."""

    tenant_id: str
    mappings: tuple[LicenceMapping, ...]
    records: Mapping[AgreementKey, AgreementRecord]


_NOTHING = Supposed("", (), {})


def _as_it_is(record: AgreementRecord) -> AgreementRecord:
    return record


def plan_account(
    tables: Tables,
    blobs: Blobs,
    account: Account,
    now: datetime,
    supposed: Supposed = _NOTHING,
    noted: Callable[[AgreementRecord], AgreementRecord] = _as_it_is,
) -> Planned:
    """Plan the whole account from the newest accepted snapshots and mappings. Writes nothing: this is the preview.

    A plan of something that is supposed is never stored. `noted` gives a record with what the PSA's list says of it.
    """
    wished, suspicious = _wishes(tables, blobs, account, now, supposed)
    outlines: dict[AgreementKey, Outline] = {}

    def each_record() -> Iterator[AgreementRecord]:
        instead = dict(supposed.records)
        for connection in psa_connections(tables, account.id):
            for row in agreement_store.rows_of(tables, account.id, connection.id):
                record = agreement_store.unpacked(row).record
                told = noted(record)
                outline = Outline.of(row, record, None if told is record or told == record else told)
                outlines[connection.id, record.agreement_id] = outline
                yield instead.pop((connection.id, record.agreement_id), told)
        yield from instead.values()

    made = plan.make(account, wished, each_record(), suspicious, now)
    return Planned(made, wished, outlines)


def _wishes(
    tables: Tables, blobs: Blobs, account: Account, now: datetime, supposed: Supposed
) -> tuple[AccountWishes, frozenset[str]]:
    added, by = added_tenants(tables, account.id), counted_by(tables, account.id)
    wishes_of = WishesOf(tables, blobs, account.id, now, by)
    texts = TextSources(tables, blobs, account.id, wishes_of.profiles, now)
    wished, suspicious = AccountWishes(), set[str]()
    for state, mappings in _side_by_side(tables, account.id):
        decided = supposed.mappings if state.tenant_id == supposed.tenant_id else mappings
        found = wishes_of(state, added.get(state.tenant_id), decided)
        if found is None or state.snapshot is None:
            continue
        plain, mapped, rules, numbers = found
        wished.add(texts.with_texts(plain, state, mapped, numbers, rules))
        if is_doubted(state.snapshot, numbers, rules.values()):
            suspicious.add(state.tenant_id)
    return wished, frozenset(suspicious)


def is_doubted(snapshot: Snapshot, numbers: Numbers | None, rules: Iterable[CustomLicence] = ()) -> bool:
    """The numbers of the tenant's lines are hard to believe; those of people too, where some line counts people."""
    counts_people = numbers is not None and (
        numbers.shares is not None or any(licence.rule.counts_people for licence in rules)
    )
    return snapshot.users_are_doubted if counts_people else snapshot.counts_are_doubted


def _side_by_side(
    tables: Tables, account: AccountId
) -> Iterator[tuple[TenantState, tuple[LicenceMapping, ...]]]:
    """Every tenant's head with its mappings. Both lists come in the order of the tenant's key, so neither is kept."""

    def place(tenant: str) -> str:
        return keys.tenant_state(account, tenant).row

    mapped = mappings_in_force(tables, account)
    next_mapped = next(mapped, None)
    for state in tenant_states(tables, account):
        while next_mapped is not None and place(next_mapped.tenant_id) < place(state.tenant_id):
            next_mapped = next(mapped, None)
        if next_mapped is not None and next_mapped.tenant_id == state.tenant_id:
            yield state, next_mapped.mappings
        else:
            yield state, ()


def store_holds(tables: Tables, account: AccountId, planned: Planned, now: datetime, run: str = "") -> None:
    """Store what the PSA's list says, and what the plan holds, before the first write of it.

    What is held anew goes into the ledger. In `planned` a record that was stored takes the place of the one before: of
    ten thousand agreements there are never both in memory.

    Raises RetryLater when a record changed meanwhile.
    """
    outlines = planned.outlines
    try:
        for connection, mine in groupby(outlines.items(), key=lambda item: item[0][0]):
            for outline in _with_holds(tables, account, (each for _, each in mine), planned.plan, now, run):
                outlines[connection, outline.agreement_id] = outline
    except Conflict as conflict:
        raise RetryLater(timedelta(seconds=2), "an agreement changed while the plan was made") from conflict


def _with_holds(
    tables: Tables, account: AccountId, outlines: Iterable[Outline], made: Plan, now: datetime, run: str
) -> Iterator[Outline]:
    """The outlines of the records of a connection that were stored. Of a first night that is every record: no more
    than go into one transaction are in memory at once.
    """
    changed: list[tuple[Outline, AgreementRecord]] = []
    for outline in outlines:
        kept = outline.kept()
        record = in_record.apply_to(kept.record, made, now)
        if entries := _held_anew(kept.record, record, now, run):
            saved = agreement_store.save(tables, account, kept, record, entries)
            yield _outline(outline, record, saved.etag)
        elif record is not kept.record or outline.is_noted:
            changed.append((outline, record))
        if len(changed) == RECORDS_AT_ONCE:
            yield from _replace_all(tables, changed)
            changed = []
    if changed:
        yield from _replace_all(tables, changed)


def _held_anew(before: AgreementRecord, after: AgreementRecord, now: datetime, run: str) -> list[LedgerEntry]:
    """One entry for each line whose present numbers were not held before."""
    return [
        LedgerEntry.of(
            line,
            LedgerEvent.HELD,
            now,
            run=run,
            change_id=line.hold.change.id,
            before=line.hold.change.before,
            after=line.hold.change.after,
            held=line.hold.reasons,
        )
        for line in after.lines.values()
        if line.hold is not None and not _holds(before.lines[line.mapping_id], line.hold.change.id)
    ]


def _holds(line: LineRecord, change_id: str) -> bool:
    return line.hold is not None and line.hold.change.id == change_id


def _replace_all(tables: Tables, changed: Sequence[tuple[Outline, AgreementRecord]]) -> Iterator[Outline]:
    etags = tables.commit([Replace(outline.key, record, outline.etag) for outline, record in changed])
    for (outline, record), etag in zip(changed, etags, strict=True):
        yield _outline(outline, record, etag)


def _outline(before: Outline, record: AgreementRecord, etag: str) -> Outline:
    return Outline.of(Row(before.key, record.body(), etag), record)
