"""What must hold after anything that happened: I1, I2 and I4 over the stored records and what the PSA did.

Every function gives the sentences of what is wrong, so that a journey can assert that there are none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from shared.accounts.account import Account
from shared.accounts.companies import added_tenants
from shared.billing import agreement_store
from shared.billing.mapping.in_force import mappings_in_force
from shared.billing.models import (
    AgreementRecord,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineRecord,
    LineState,
)
from shared.billing.planning import load
from shared.billing.planning.line_state import line_state
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import Write, WriteKind
from shared.billing.psa_connections import connection_failures, psa_connections
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.memory import MemoryBlobs
from shared.storage.tables import Tables


def i1_every_line_is_in_step_or_says_why(
    tables: Tables,
    account: Account,
    psa_quantities: Mapping[str, Decimal | int],
    now: datetime,
    blobs: Blobs | None = None,
) -> list[str]:
    """I1: the PSA says what the newest accepted snapshot gives, or the line is in one other state.

    What is decided is walked, not what is remembered: a mapping in force without a line is wrong, too. A line whose
    agreement or connection could not be worked with is proven by nothing: it may not say that it is in step.
    `blobs` are needed where a number depends on who has a licence.
    `psa_quantities` are the true quantities of all connections' lines by line id, read without the adapter.
    """
    troubled = {trouble.connection for trouble in connection_failures(tables, account.id)}
    wishes = load.plan_account(tables, blobs or MemoryBlobs(), account, now).wishes
    wrong: list[str] = []
    for mapping in _billing(tables, account.id):
        record = agreement_store.get(tables, account.id, mapping.connection, mapping.agreement_id).record
        line = record.lines.get(mapping.id)
        if line is None:
            wrong.append(f"{mapping.id}: in force, and no line is kept for it")
            continue
        wish = wishes.of(record).get(mapping.id)
        reached = record.connection not in troubled
        if line_state(record, line, wish, reached=reached) is LineState.IN_STEP:
            wrong += not_proven(record, wish, reached=reached)
            wrong += _out_of_step(line, wish, psa_quantities) if wish else ()
    return wrong


def not_proven(record: AgreementRecord, wish: Wish | None, *, reached: bool) -> Iterator[str]:
    """Why nothing proves what a line of the agreement says."""
    where = f"agreement {record.agreement_id}: a line says in step"
    if wish is None:
        yield f"{where}, and no read tells what is wanted"
    if record.unreadable:
        yield f"{where}, and it could not be worked on: {record.unreadable.reason}"
    if not reached:
        yield f"{where}, and {record.connection} could not be worked with"


def _billing(tables: Tables, account: AccountId) -> Iterator[LicenceMapping]:
    """The mappings in force that bill, of tenants that have a company."""
    added = added_tenants(tables, account)
    for tenant in mappings_in_force(tables, account):
        if tenant.tenant_id in added:
            yield from (mapping for mapping in tenant.mappings if mapping.bill)


def _out_of_step(line: LineRecord, wish: Wish, psa_quantities: Mapping[str, Decimal | int]) -> Iterator[str]:
    if not line.line_id:
        if wish.quantity:
            yield f"{line.mapping_id}: {wish.quantity} wanted, and no line was created"
        return
    there = psa_quantities.get(line.line_id)
    if there != wish.quantity or line.confirmed != wish.quantity:
        yield (
            f"{line.mapping_id}: in step, but wanted {wish.quantity}, confirmed {line.confirmed}, in the PSA {there}"
        )


def i2_every_intent_is_applied_at_most_once(
    tables: Tables, account: AccountId, applied: Iterable[Write]
) -> list[str]:
    """I2: the PSA carried out no more writes than intents, and no line has two mappings."""
    writes, intended = list(applied), _intents(tables, account)
    wrong = [
        f"applied {times} times, intended {intended[write]} times: {write}"
        for write, times in _counted(writes).items()
        if times > intended[write]
    ]
    created = Counter(write.marker for write in writes if write.marker)
    wrong += [f"created twice: {marker}" for marker, times in created.items() if times > 1]
    owners = Counter(
        (record.connection, record.agreement_id, line.line_id)
        for record in records(tables, account)
        for line in record.lines.values()
        if line.line_id
    )
    return wrong + [f"two mappings own {line}" for line, mappings in owners.items() if mappings > 1]


def i4_no_write_without_an_intent_before_it(
    tables: Tables, account: AccountId, sent: Iterable[Write]
) -> list[str]:
    """I4: every request that left, applied or not, has an intent of its own in the ledger."""
    intended = _intents(tables, account)
    return [
        f"sent {times} times, intended {intended[write]} times: {write}"
        for write, times in _counted(sent).items()
        if times > intended[write]
    ]


def i4_the_ledger_was_only_appended(before: Iterable[LedgerEntry], after: Iterable[LedgerEntry]) -> list[str]:
    """I4: whatever was in the ledger is still there, word for word."""
    kept = list(after)
    return [f"gone from the ledger: {entry}" for entry in before if entry not in kept]


def ledger_of(tables: Tables, account: AccountId) -> list[LedgerEntry]:
    """Every entry of the account, oldest first."""
    entries = [
        entry
        for record in records(tables, account)
        for entry in agreement_store.ledger(tables, account, record.connection, record.agreement_id)
    ]
    return sorted(entries, key=lambda entry: entry.at)


type _What = tuple[str, str, int, int]
"""Agreement, line ("" for a new one), before, after: what an intent and its request have in common. Of a text alone
both numbers are -1."""


def _counted(writes: Iterable[Write]) -> Counter[_What]:
    return Counter(
        (w.agreement_id, w.line_id, *((-1, -1) if w.kind is WriteKind.SET_TEXT else (w.before, w.after)))
        for w in writes
    )


def _intents(tables: Tables, account: AccountId) -> Counter[_What]:
    told = [
        (record.agreement_id, entry)
        for record in records(tables, account)
        for entry in agreement_store.ledger(tables, account, record.connection, record.agreement_id)
    ]
    numbers = Counter(
        (agreement, entry.line_id, entry.before or 0, entry.after or 0)
        for agreement, entry in told
        if entry.event is LedgerEvent.INTENDED
    )
    return numbers + Counter(
        (agreement, entry.line_id, -1, -1)
        for agreement, entry in told
        if entry.event is LedgerEvent.TEXT_INTENDED
    )


def records(tables: Tables, account: AccountId) -> Iterator[AgreementRecord]:
    """Of every PSA connection."""
    for connection in psa_connections(tables, account):
        for kept in agreement_store.all_of(tables, account, connection.id):
            yield kept.record
