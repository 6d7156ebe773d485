"""A person's word on a held change: approve exactly those numbers, or reject them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from shared.accounts import runs
from shared.accounts.account import Account, Mode
from shared.accounts.runs import Run, RunState
from shared.billing import agreement_store
from shared.billing.agreement_store import StoredRecord
from shared.billing.models import (
    Hold,
    HoldDecision,
    HoldReason,
    LedgerEntry,
    LedgerEvent,
    LineRecord,
    Verdict,
)
from shared.billing.psa_connections import psa_connections
from shared.errors import Rejected
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables
from shared.text import one_line


def held(tables: Tables, account: AccountId) -> Iterator[Hold]:
    """Every hold of the account, decided or not."""
    for _, hold in held_lines(tables, account):
        yield hold


def held_lines(tables: Tables, account: AccountId) -> Iterator[tuple[LineRecord, Hold]]:
    """The same, each with its line."""
    for _, line, hold in _held_lines(tables, account):
        yield line, hold


def company_of(tables: Tables, account: AccountId, hold: Hold) -> str:
    """Whose users the held line bills, as mappings name the company."""
    stored = agreement_store.get(tables, account, hold.change.connection, hold.change.agreement_id)
    line = stored.record.lines.get(hold.change.mapping_id)
    return line.company if line else ""


@dataclass(frozen=True, slots=True)
class Approved:
    """The hold with a person's yes on it, and the run that carries it out at once."""

    hold: Hold
    run: Run | None
    """None while the account is in preview: nothing is written then."""


def approve(tables: Tables, account: Account, change_id: str, who: str, now: datetime) -> Approved:
    """Let exactly these numbers be written. A repeat gives the same run. Raises Rejected."""
    hold = decide(tables, account.id, change_id, Verdict.APPROVED, who, now)
    if account.mode is Mode.PREVIEW:
        return Approved(hold, None)
    return Approved(hold, push_now(tables, account.id, hold, now, now.astimezone(account.zone).date()))


def reject(tables: Tables, account: AccountId, change_id: str, who: str, now: datetime) -> Hold:
    """Leave the line as it is for as long as the numbers are these. Raises Rejected."""
    return decide(tables, account, change_id, Verdict.REJECTED, who, now)


def decide(
    tables: Tables, account: AccountId, change_id: str, verdict: Verdict, who: str, now: datetime
) -> Hold:
    """Record the verdict on a held change; the next push carries it out if its numbers still hold then.

    Deciding the same again is harmless. Raises Rejected with the sentence to show.
    """
    kept, line, hold = _found(tables, account, change_id)
    if HoldReason.PRORATION in hold.reasons and verdict is Verdict.APPROVED:
        raise Rejected(
            "This agreement prorates, and nobody said whether agreements of its type are billed in advance. Name the "
            "type in the settings of the PSA connection; or change the line in the PSA yourself.",
            "prorates",
        )
    if hold.decided is not None and hold.decided.verdict is verdict:
        return hold
    decided = hold.model_copy(update={"decided": HoldDecision(verdict=verdict, who=who, at=now)})
    entry = LedgerEntry.of(
        line,
        LedgerEvent.APPROVED if verdict is Verdict.APPROVED else LedgerEvent.REJECTED,
        now,
        change_id=change_id,
        before=decided.change.before,
        after=decided.change.after,
        who=who,
    )
    record = kept.record.with_line(line.model_copy(update={"hold": decided}))
    try:
        agreement_store.save(tables, account, kept, record, [entry])
    except Conflict as conflict:
        raise Rejected(
            "The agreement was changed at this moment. Look at the change again and repeat.", "conflict"
        ) from conflict
    return decided


def _found(tables: Tables, account: AccountId, change_id: str) -> tuple[StoredRecord, LineRecord, Hold]:
    for found in _held_lines(tables, account):
        if found[2].change.id == change_id:
            return found
    raise Rejected(
        f"Nothing is held under '{one_line(change_id, 60)}' any more: its numbers have changed, or it was settled.",
        "not_held",
    )


def _held_lines(tables: Tables, account: AccountId) -> Iterator[tuple[StoredRecord, LineRecord, Hold]]:
    for connection in psa_connections(tables, account):
        for kept in agreement_store.waiting(tables, account, connection.id):
            for line in kept.record.lines.values():
                if line.hold is not None:
                    yield kept, line, line.hold


def push_now(tables: Tables, account: AccountId, hold: Hold, now: datetime, today: date) -> Run:
    """The run that carries an approved change out at once, without reading any tenant."""
    decided = hold.decided.at if hold.decided else now
    run = Run(
        id=f"approved-{hold.change.id}-{decided:%Y%m%dT%H%M%S}",
        on=today,
        started_at=now,
        nightly=False,
        tenants=(),
        state=RunState.PUSHING,
        connections=(hold.change.connection,),
    )
    return runs.start(tables, account, run)
