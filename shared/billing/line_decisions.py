"""N2 and N3: a person's word on a line: take theirs, keep ours or freeze after a hand edit; undo the newest change.

Each is bound to the numbers that the person saw. A number that a person wants is written by the usual push, as an
approved change; one that is taken over stays as a difference on the mapping, so later seat changes still move the line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import (
    Change,
    FewerSeats,
    Frozen,
    Hold,
    HoldDecision,
    LedgerEntry,
    LedgerEvent,
    LicenceMapping,
    LineKey,
    LineRecord,
    TenantMappings,
    Verdict,
    change_id,
)
from shared.billing.planning.proration import still_paid
from shared.billing.psa_connections import psa_connections
from shared.billing.wanted_now import wanted_now
from shared.errors import NotFound, Rejected
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decider, Decision, decide_after, newest
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables


class Stores(NamedTuple):
    """Who has which licence is looked up only where a line's number depends on it."""

    tables: Tables
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class DecidableLine:
    """A line that somebody changed in the PSA, or that is frozen."""

    key: LineKey
    line: LineRecord


@dataclass(frozen=True, slots=True)
class _Mapped:
    """The line of a mapping with all that a decision about it needs."""

    decided: Decision
    mappings: TenantMappings
    mapping: LicenceMapping
    stored: StoredRecord
    line: LineRecord

    @property
    def key(self) -> LineKey:
        return self.mapping.line_key


def decidable(tables: Tables, account: AccountId) -> Iterator[DecidableLine]:
    """Every line with a hand edit that waits for a choice, and every frozen one."""
    for connection in psa_connections(tables, account):
        for stored in agreement_store.waiting(tables, account, connection.id):
            for line in stored.record.lines.values():
                if line.frozen is not None or line.drift is not None:
                    key = LineKey(connection.id, stored.record.agreement_id, line.mapping_id)
                    yield DecidableLine(key, line)


def take_theirs(
    stores: Stores, account: AccountId, tenant_id: str, mapping_id: str, psa: int, by: Decider
) -> LineRecord:
    """The PSA's number is right: what it is more or less than the licences give stays on the mapping.

    `psa` is the number that the person saw there. Raises NotFound, and Rejected with the sentence to show.
    """
    tables = stores.tables
    mapped = _mapped(tables, account, tenant_id, mapping_id)
    _check_drift(mapped.line, psa)
    _save_difference(stores, account, mapped, psa, by)
    # Cut off here, the next look finds the PSA's number to be the wanted one.
    return _save(
        tables, account, mapped, _says(mapped, psa, by.now), _entry(mapped, LedgerEvent.TAKEN, psa, by)
    )


def keep_ours(
    stores: Stores, account: AccountId, tenant_id: str, mapping_id: str, numbers: tuple[int, int], by: Decider
) -> Hold:
    """Our number is right: the approved change from the PSA's number to it; `approval.push_now` carries it out.

    `numbers` are those that the person saw: in the PSA, and wanted. Raises NotFound, and Rejected.
    """
    psa, ours = numbers
    tables = stores.tables
    mapped = _mapped(tables, account, tenant_id, mapping_id)
    _check_drift(mapped.line, psa)
    if _wanted(stores, account, mapped, mapped.mapping, by.now) != ours:
        raise _other_numbers()
    if psa == ours:
        raise Rejected("The line says the wanted number already.", "same_number", "wanted")
    hold = _approved(mapped, psa, ours, by)
    line = _says(mapped, psa, by.now).model_copy(update={"hold": hold})
    _save(tables, account, mapped, line, _entry(mapped, LedgerEvent.KEPT, psa, by))
    return hold


def freeze(tables: Tables, account: AccountId, tenant_id: str, mapping_id: str, by: Decider) -> LineRecord:
    """Leave the line alone until it is unfrozen. A repeat changes nothing. Raises NotFound, Rejected."""
    mapped = _mapped(tables, account, tenant_id, mapping_id)
    if mapped.line.frozen is not None:
        return mapped.line
    frozen = Frozen(since=by.now, who=by.who, reason=by.reason)
    line = mapped.line.model_copy(update={"frozen": frozen})
    return _save(tables, account, mapped, line, _entry(mapped, LedgerEvent.FROZEN, mapped.line.confirmed, by))


def unfreeze(tables: Tables, account: AccountId, tenant_id: str, mapping_id: str, by: Decider) -> LineRecord:
    """The line is looked after again. A repeat changes nothing. Raises NotFound, Rejected."""
    mapped = _mapped(tables, account, tenant_id, mapping_id)
    if mapped.line.frozen is None:
        return mapped.line
    line = mapped.line.model_copy(update={"frozen": None})
    return _save(
        tables, account, mapped, line, _entry(mapped, LedgerEvent.UNFROZEN, mapped.line.confirmed, by)
    )


def undo(
    stores: Stores, account: AccountId, tenant_id: str, mapping_id: str, undone: str, by: Decider
) -> Hold:
    """N3: the line says again what it said before the change `undone`, its newest, and stays that far from its seats.

    Returns the approved opposing change; `approval.push_now` carries it out, dated as every write is, so a period that
    is closed stays as it was. Raises NotFound, and Rejected for a change that is not the newest, was changed since, or
    was one of another line, which the mapping had before.
    """
    tables = stores.tables
    mapped = _mapped(tables, account, tenant_id, mapping_id)
    line, entry = mapped.line, _newest_change(tables, account, mapped)
    if entry is None or entry.change_id != undone or entry.before is None or entry.after is None:
        raise Rejected(
            "Only the newest change of a line can be undone: look at its ledger.", "not_newest", "change"
        )
    if (
        not line.line_id
        or entry.line_id != line.line_id
        or entry.after != line.confirmed
        or line.intent
        or line.blocked
        or line.drift
        or line.frozen
    ):
        raise Rejected(
            "The line is not as that change left it: look at the line first.", "changed_since", "change"
        )
    _save_difference(stores, account, mapped, entry.before, by)
    hold = _approved(mapped, entry.after, entry.before, by)
    after = line.model_copy(update={"hold": hold})
    _save(tables, account, mapped, after, _entry(mapped, LedgerEvent.UNDONE, entry.before, by))
    return hold


def _mapped(tables: Tables, account: AccountId, tenant_id: str, mapping_id: str) -> _Mapped:
    decided = newest(tables, account, MAPPINGS, tenant_id.lower())
    mappings = decided.read(TenantMappings) if decided else None
    found = (
        next((mapping for mapping in mappings.mappings if mapping.id == mapping_id), None)
        if mappings
        else None
    )
    if decided is None or mappings is None or found is None or not found.bill:
        raise NotFound("There is no such line.")
    stored = agreement_store.get(tables, account, found.connection, found.agreement_id)
    line = stored.record.lines.get(mapping_id)
    if line is None:
        raise NotFound("There is no such line.")
    return _Mapped(decided, mappings, found, stored, line)


def _check_drift(line: LineRecord, psa: int) -> None:
    if line.drift is None or line.intent is not None or line.blocked or line.frozen:
        raise Rejected("No hand edit of this line waits for a choice any more.", "no_drift")
    if line.drift.psa != psa:
        raise _other_numbers()


def _other_numbers() -> Rejected:
    return Rejected(
        "The numbers are others than those that you saw. Look at the line again and repeat.", "other_numbers"
    )


def _wanted(
    stores: Stores, account: AccountId, mapped: _Mapped, mapping: LicenceMapping, now: datetime
) -> int:
    return wanted_now(stores.tables, stores.blobs, account, mapped.mappings.tenant_id, mapping, now)


def _says(mapped: _Mapped, psa: int, now: datetime) -> LineRecord:
    """What the person saw in the PSA is what was last proven of it."""
    credited = mapped.mapping.options.fewer_seats is FewerSeats.CREDITED
    paid = still_paid(mapped.stored.record, mapped.line, psa, credited=credited)
    said = {"confirmed": psa, "confirmed_at": now, "drift": None, "paid": paid}
    return mapped.line.model_copy(update=said)


def _approved(mapped: _Mapped, before: int, after: int, by: Decider) -> Hold:
    change = Change(
        mapping_id=mapped.mapping.id,
        tenant_id=mapped.mappings.tenant_id,
        connection=mapped.mapping.connection,
        agreement_id=mapped.mapping.agreement_id,
        line_id=mapped.line.line_id,
        before=before,
        after=after,
        id=change_id(mapped.mapping.id, mapped.line.line_id, before, after, None),
    )
    said_yes = HoldDecision(verdict=Verdict.APPROVED, who=by.who, at=by.now)
    return Hold(change=change, reasons=(), since=by.now, decided=said_yes)


def _newest_change(tables: Tables, account: AccountId, mapped: _Mapped) -> LedgerEntry | None:
    confirmed = None
    for entry in agreement_store.ledger(tables, account, *mapped.key):
        if entry.event is LedgerEvent.CONFIRMED:
            confirmed = entry
    return confirmed


def _save_difference(stores: Stores, account: AccountId, mapped: _Mapped, target: int, by: Decider) -> None:
    """The mapping wants `target` now, and keeps that distance from what its licences give."""
    plain = _with_difference(mapped.mapping, 0)
    changed = _with_difference(plain, target - _wanted(stores, account, mapped, plain, by.now))
    mappings = tuple(changed if mapping.id == changed.id else mapping for mapping in mapped.mappings.mappings)
    after = TenantMappings(tenant_id=mapped.mappings.tenant_id, mappings=mappings)
    try:
        decide_after(stores.tables, account, (MAPPINGS, after.tenant_id), mapped.decided, after, by)
    except Conflict as conflict:
        raise _at_this_moment() from conflict


def _with_difference(mapping: LicenceMapping, difference: int) -> LicenceMapping:
    options = mapping.options.model_copy(update={"difference": difference})
    return mapping.model_copy(update={"options": options})


def _entry(mapped: _Mapped, event: LedgerEvent, after: int | None, by: Decider) -> LedgerEntry:
    line = mapped.line
    return LedgerEntry.of(line, event, by.now, before=line.confirmed, after=after, who=by.who, why=by.reason)


def _save(
    tables: Tables, account: AccountId, mapped: _Mapped, line: LineRecord, entry: LedgerEntry
) -> LineRecord:
    try:
        agreement_store.save(tables, account, mapped.stored, mapped.stored.record.with_line(line), [entry])
    except Conflict as conflict:
        raise _at_this_moment() from conflict
    return line


def _at_this_moment() -> Rejected:
    return Rejected("The line was changed at this moment. Look at it again and repeat.", "conflict")
