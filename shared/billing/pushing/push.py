"""One PSA connection's part of a run: look, plan, hold, then write what may be written."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.runs import LineCounts, Run, RunState
from shared.billing import agreement_store
from shared.billing.models import AgreementRecord, LineRecord, LineState, PsaConnection
from shared.billing.planning import load, plan
from shared.billing.planning.load import Planned
from shared.billing.psa.base import Agreement, PsaRefused, PsaUnavailable
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, save_connection_failure
from shared.billing.pushing import agreement
from shared.billing.pushing.agreement import PushContext
from shared.billing.pushing.lost_list import AGREEMENT_ENDED, AGREEMENT_GONE, loss_of_list
from shared.billing.pushing.worklist import AgreementWork, worklist
from shared.errors import RetryLater
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

BUDGET = timedelta(minutes=5)
"""After this a push puts itself back, so that no invocation runs for long."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An agreement that must be looked at again after a while."""

    agreement_id: str
    again: timedelta
    why: str
    asked_for: bool = False
    """True: the PSA asked for this wait, so nothing of the connection goes on sooner."""


def push_connection(context: PushContext, account: Account, connection: PsaConnection, run: Run) -> None:
    """Do the connection's part of the run, whatever an earlier attempt of it left behind.

    Raises RetryLater until all of it is done or the run's time is over; it never waits for longer than that.
    """
    started = context.now()
    if connection.id not in run.connections:
        return
    try:
        listed = {one.id: one for one in context.psa.agreements()}
        today = started.astimezone(account.zone).date()
        if loss := loss_of_list(context.tables, account.id, connection.id, listed, today):
            _give_up(context.tables, account.id, run, loss, context.now())
            return
        _note_agreements(context, connection.id, listed)
        planned = load.plan_account(context.tables, account, started)
        planned = load.store_holds(context.tables, account.id, planned, started, run.id)
        work = worklist(connection.id, planned, listed, run, today)
        unfinished = _work_through(context, connection.id, planned, work, started + BUDGET)
    except (PsaRefused, PsaUnavailable) as why:
        not_reached(context.tables, account, connection, run, why, context.now())
        return
    except RetryLater as later:
        passing = PsaUnavailable(later.why, later.after)
        not_reached(context.tables, account, connection, run, passing, context.now())
        return
    if unfinished:
        first = _goes_on_with(unfinished)
        if context.now() + first.again < run.ends:
            raise RetryLater(first.again, f"{connection.name}, agreement {first.agreement_id}: {first.why}")
        _note_unreadable(context, connection.id, unfinished)
    save_connection_failure(context.tables, account.id, ConnectionFailure(connection=connection.id))
    _close(context.tables, account.id, connection.id, run, context.now())


def _goes_on_with(unfinished: Sequence[Unfinished]) -> Unfinished:
    """The agreement that can be looked at soonest, but not before the PSA wants to hear of us again."""
    pauses = [one for one in unfinished if one.asked_for]
    if pauses:
        return max(pauses, key=lambda one: one.again)
    return min(unfinished, key=lambda one: one.again)


def not_reached(
    tables: Tables,
    account: Account,
    connection: PsaConnection,
    run: Run,
    why: PsaRefused | PsaUnavailable,
    now: datetime,
) -> None:
    """The whole connection cannot be worked with: one trouble, and the run goes on without it.

    Raises RetryLater while it may only be passing and the run has time.
    """
    if isinstance(why, PsaUnavailable):
        if now < run.ends:
            raise RetryLater(min(why.after, run.ends - now), f"{connection.name}: {why}") from why
        why = PsaRefused.for_all(connection.name, Cause.UNAVAILABLE, "unavailable", str(why))
    _give_up(tables, account.id, run, ConnectionFailure.of(connection.id, why), now)


def _give_up(tables: Tables, account: AccountId, run: Run, failure: ConnectionFailure, now: datetime) -> None:
    save_connection_failure(tables, account, failure)
    _close(tables, account, failure.connection, run, now)


def _note_agreements(context: PushContext, connection: str, listed: Mapping[str, Agreement]) -> None:
    """Remember what the PSA's list says of each agreement that we have lines in."""
    for kept in agreement_store.all_of(context.tables, context.account, connection):
        # A row without an id may be any of those that are missing: none of them is gone.
        there = listed.get(kept.record.agreement_id) or listed.get("")
        record = noted(kept.record, there)
        if record != kept.record:
            try:
                agreement_store.save(context.tables, context.account, kept, record)
            except Conflict as conflict:
                raise RetryLater(
                    timedelta(seconds=2), "an agreement changed while it was listed"
                ) from conflict


def noted(record: AgreementRecord, there: Agreement | None) -> AgreementRecord:
    """The record by the PSA's list: lines of a gone or ended agreement are blocked, and freed when it is back."""
    if there is not None and there.not_understood:
        why = f"The PSA lists it with what is not understood: {there.not_understood}."
        # As if it was never read: it is then the first to be read once it is understood.
        return record.model_copy(update={"unreadable": why, "read_at": None}) if record.lines else record
    blocked = AGREEMENT_GONE if there is None else "" if there.active else AGREEMENT_ENDED
    changed = [
        line.model_copy(update={"blocked": blocked})
        for line in record.lines.values()
        if line.blocked != blocked and (blocked or line.blocked in {AGREEMENT_GONE, AGREEMENT_ENDED})
    ]
    changes: dict[str, object] = {"prorates": record.prorates if there is None else there.prorates}
    if blocked:
        changes["unreadable"] = ""  # its lines say what is wrong, and nobody reads it any more
    if changed:
        changes["lines"] = {**record.lines, **{line.mapping_id: line for line in changed}}
    if changed and not blocked:
        changes["read_at"] = None  # what the lines say now is not known any more
    return record.model_copy(update=changes)


def _work_through(
    context: PushContext, connection: str, planned: Planned, work: Sequence[AgreementWork], until: datetime
) -> list[Unfinished]:
    """Work on the agreements side by side; one agreement's fault does not stop the next; a pause of the PSA does, and a
    refusal of the whole connection, which is raised.
    """

    pause: tuple[datetime, str] | None = None
    begun = _Begun()

    def one(item: AgreementWork) -> Unfinished | None:
        nonlocal pause
        agreement_id, now = item.outline.agreement_id, context.now()
        if pause and now < pause[0]:
            return Unfinished(agreement_id, pause[0] - now, pause[1], asked_for=True)
        if now >= until:
            return Unfinished(agreement_id, timedelta(seconds=1), "more agreements are waiting")
        kept = item.outline.kept()
        try:
            if item.writes:
                after = agreement.work_on(context, kept, item.changes, planned.wishes)
            else:
                after = agreement.look_at(context, kept, planned.wishes)
        except RetryLater as later:
            return Unfinished(agreement_id, later.after, later.why)
        except PsaUnavailable as unavailable:
            if unavailable.asked_for:
                pause = (context.now() + unavailable.after, str(unavailable))
            return Unfinished(agreement_id, unavailable.after, str(unavailable), unavailable.asked_for)
        except Conflict:
            return Unfinished(agreement_id, timedelta(seconds=2), "it was changed by somebody else")
        except PsaRefused as refused:
            if refused.is_for_all:
                raise
            gone = Unfinished(agreement_id, timedelta(), refused.sentence)
            _note_unreadable(context, connection, [gone])
            return None
        if plan.must_plan_again(kept.record, after, planned.wishes):
            return Unfinished(
                agreement_id,
                timedelta(seconds=1),
                "a line of it is free again, and is written at the next chance",
            )
        return None

    with ThreadPoolExecutor(max_workers=context.psa.max_parallel) as pool:
        unfinished = list(pool.map(partial(begun.unless_refused, one), work))
    begun.raise_what_was_refused()
    return [one for one in unfinished if one is not None]


class _Begun:
    """Work side by side, of which no more is begun once the whole connection was refused."""

    def __init__(self) -> None:
        self._refusal: PsaRefused | None = None

    def unless_refused(
        self, work: Callable[[AgreementWork], Unfinished | None], item: AgreementWork
    ) -> Unfinished | None:
        if self._refusal is not None:
            return None
        try:
            return work(item)
        except PsaRefused as refused:
            self._refusal = refused
            return None

    def raise_what_was_refused(self) -> None:
        if self._refusal is not None:
            raise self._refusal


def _note_unreadable(context: PushContext, connection: str, unfinished: Iterable[Unfinished]) -> None:
    """Remember why agreements could not be worked on, so that it is shown and not lost."""
    for one in unfinished:
        kept = agreement_store.get(context.tables, context.account, connection, one.agreement_id)
        if all(line.blocked in {AGREEMENT_GONE, AGREEMENT_ENDED} for line in kept.record.lines.values()):
            continue
        record = kept.record.model_copy(update={"unreadable": one.why})
        try:
            agreement_store.save(context.tables, context.account, kept, record)
        except Conflict:
            continue  # somebody else is working on it: theirs is the newer word


def _close(tables: Tables, account: AccountId, connection: str, run: Run, now: datetime) -> None:
    """Count the connection's lines into the run; the run closes with its last connection."""
    counts = LineCounts()
    for kept in agreement_store.all_of(tables, account, connection):
        counts += count(kept.record, run.id)

    def closed(run: Run) -> Run:
        if connection not in run.connections:
            return run
        left = tuple(one for one in run.connections if one != connection)
        changes: dict[str, object] = {"connections": left, "lines": run.lines + counts}
        if not left:
            changes |= {"state": RunState.CLOSED, "closed_at": now}
        return run.model_copy(update=changes)

    runs.update(tables, account, run.id, closed)


def count(record: AgreementRecord, run_id: str) -> LineCounts:
    """What became of an agreement's lines, each in exactly one class."""
    counted = Counter(_class(line, run_id) for line in record.lines.values())
    if record.unreadable:
        counted["failed"] += counted.pop("unchanged", 0)
    return LineCounts(**counted)


def _class(line: LineRecord, run_id: str) -> str:
    match line.state:
        case LineState.UNKNOWN | LineState.BLOCKED:
            return "failed"
        case LineState.DRIFT:
            return "drift"
        case LineState.HELD:
            return "held"
        case LineState.IN_STEP:
            if line.would is not None:
                return "would_write"
            return "written" if line.written_in == run_id else "unchanged"
