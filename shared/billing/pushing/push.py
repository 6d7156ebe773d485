"""One PSA connection's part of a run: look, plan, hold, then write what may be written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.accounts import runs
from shared.accounts.account import Account
from shared.accounts.companies import added_ids
from shared.accounts.runs import LineCounts, Run, RunState
from shared.billing import agreement_store
from shared.billing.models import (
    OF_THE_AGREEMENT,
    AgreementRecord,
    LineKey,
    PsaConnection,
    Unreadable,
    UnreadableReason,
)
from shared.billing.planning import load
from shared.billing.planning.load import Planned
from shared.billing.planning.plan_again import must_plan_again
from shared.billing.planning.wishes import Wish
from shared.billing.psa.base import PsaRefused, PsaUnavailable
from shared.billing.psa.causes import Cause
from shared.billing.psa_connections import ConnectionFailure, save_connection_failure
from shared.billing.pushing import agreement
from shared.billing.pushing.context import PushContext
from shared.billing.pushing.counts import count, without_line
from shared.billing.pushing.listed_agreements import Listed, Meant, loss_of_list
from shared.billing.pushing.unlisted_agreements import UnlistedAgreements
from shared.billing.pushing.which_agreements import AgreementWork, worklist
from shared.errors import RetryLater
from shared.packed import ByTenant
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

BUDGET = timedelta(minutes=5)
"""After this a push puts itself back, so that no invocation runs for long."""


_NOT_FINISHED: Final = Unreadable(reason=UnreadableReason.NOT_FINISHED)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An agreement that must be looked at again after a while."""

    agreement_id: str
    again: timedelta
    why: str
    unreadable: Unreadable = _NOT_FINISHED
    """What is remembered of it when the run has no time left."""
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
        there = {agreement.id: agreement for agreement in context.psa.agreements()}
        today = started.astimezone(account.zone).date()
        meant = Meant.of(context.tables, account.id, context.psa, there, today)
        unlisted = UnlistedAgreements(context.psa)
        listed = Listed(connection.id, there, meant, unlisted.may_bill_on)
        planned = load.plan_account(context.tables, context.blobs, account, started, noted=listed.noted)
        if loss := loss_of_list(context.tables, account, planned, listed, run, started):
            _give_up(context.tables, account.id, run, loss, context.now())
            return
        load.store_holds(context.tables, account.id, planned, started, run.id)
        work = worklist(connection.id, planned, there, run, today)
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
    _close(context.tables, account.id, connection.id, run, context.now(), planned.wishes.of)


def _goes_on_with(unfinished: Sequence[Unfinished]) -> Unfinished:
    """The agreement that can be looked at soonest, but not before the PSA wants to hear of us again."""
    pauses = [waiting for waiting in unfinished if waiting.asked_for]
    if pauses:
        return max(pauses, key=lambda waiting: waiting.again)
    return min(unfinished, key=lambda waiting: waiting.again)


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
    _close(tables, account, failure.connection, run, now, None)


def removed(tables: Tables, account: AccountId, connection_id: str, run: Run, now: datetime) -> None:
    """The connection was removed while the run went on, which closes without it."""
    _close(tables, account, connection_id, run, now, lambda _: {})


def _work_through(
    context: PushContext, connection: str, planned: Planned, work: Sequence[AgreementWork], until: datetime
) -> list[Unfinished]:
    """Work on the agreements side by side. Raises PsaRefused when the whole connection was refused."""
    side_by_side = _SideBySide(context, connection, planned, until)
    with ThreadPoolExecutor(max_workers=context.psa.max_parallel) as pool:
        unfinished = list(pool.map(side_by_side.work_on, work))
    if side_by_side.refusal is not None:
        raise side_by_side.refusal
    return [waiting for waiting in unfinished if waiting is not None]


class _SideBySide:
    """One agreement's fault does not stop the next; a pause of the PSA does, and a refusal of the whole connection."""

    def __init__(self, context: PushContext, connection: str, planned: Planned, until: datetime) -> None:
        self._context = context
        self._connection = connection
        self._wishes = planned.wishes
        self._until = until
        self._pause: tuple[datetime, str] | None = None
        self.refusal: PsaRefused | None = None

    def work_on(self, item: AgreementWork) -> Unfinished | None:
        """None: done, or nothing more can be done tonight."""
        if self.refusal is not None:
            return None
        agreement_id, now = item.outline.agreement_id, self._context.now()
        if self._pause and now < self._pause[0]:
            return Unfinished(
                agreement_id, self._pause[0] - now, self._pause[1], _by_psa(self._pause[1]), True
            )
        if now >= self._until:
            return Unfinished(agreement_id, timedelta(seconds=1), "more agreements are waiting")
        try:
            return self._worked_on(item, agreement_id)
        except RetryLater as later:
            return Unfinished(agreement_id, later.after, later.why)
        except PsaUnavailable as unavailable:
            if unavailable.asked_for:
                self._pause = (self._context.now() + unavailable.after, str(unavailable))
            why = str(unavailable)
            return Unfinished(agreement_id, unavailable.after, why, _by_psa(why), unavailable.asked_for)
        except Conflict:
            return Unfinished(agreement_id, timedelta(seconds=2), "it was changed by somebody else")
        except PsaRefused as refused:
            self._refused(refused, agreement_id)
            return None

    def _worked_on(self, item: AgreementWork, agreement_id: str) -> Unfinished | None:
        kept = item.outline.kept()
        wishes = self._wishes.of(kept.record)
        if item.writes:
            after = agreement.work_on(self._context, kept, item.changes, wishes, item.texts)
        else:
            after = agreement.look_at(self._context, kept, wishes)
        if must_plan_again(kept.record, after, wishes):
            return Unfinished(
                agreement_id,
                timedelta(seconds=1),
                "a line of it is free again, and is written at the next chance",
            )
        return None

    def _refused(self, refused: PsaRefused, agreement_id: str) -> None:
        if refused.is_for_all:
            self.refusal = refused
        else:
            gone = Unfinished(agreement_id, timedelta(), refused.sentence, _by_psa(refused.sentence))
            _note_unreadable(self._context, self._connection, [gone])


def _by_psa(words: str) -> Unreadable:
    return Unreadable(reason=UnreadableReason.PSA, text=words)


def _note_unreadable(context: PushContext, connection: str, unfinished: Iterable[Unfinished]) -> None:
    """Remember why agreements could not be worked on, so that it is shown and not lost."""
    for waiting in unfinished:
        kept = agreement_store.get(context.tables, context.account, connection, waiting.agreement_id)
        if all(
            line.blocked and line.blocked.reason in OF_THE_AGREEMENT for line in kept.record.lines.values()
        ):
            continue
        record = kept.record.model_copy(update={"unreadable": waiting.unreadable})
        try:
            agreement_store.save(context.tables, context.account, kept, record)
        except Conflict:
            continue  # somebody else is working on it: theirs is the newer word


def _close(
    tables: Tables,
    account: AccountId,
    connection: str,
    run: Run,
    now: datetime,
    wishes_of: Callable[[AgreementRecord], Mapping[str, Wish]] | None,
) -> None:
    """Count the connection's lines into the run; the run closes with its last connection.

    `wishes_of` tells what was wanted of an agreement's; None: the connection could not be worked with.
    """
    counts, lines, added = LineCounts(), ByTenant[LineKey](), added_ids(tables, account)
    for kept in agreement_store.all_of(tables, account, connection):
        counts += count(kept.record, run.id, wishes_of(kept.record) if wishes_of else None, added)
        where = (connection, kept.record.agreement_id)
        lines.add((line.tenant_id, LineKey(*where, name)) for name, line in kept.record.lines.items())
    counts += LineCounts(failed=without_line(tables, account, connection, lines.of, added))

    def closed(run: Run) -> Run:
        if connection not in run.connections:
            return run
        left = tuple(other for other in run.connections if other != connection)
        changes: dict[str, object] = {"connections": left, "lines": run.lines + counts}
        if not left:
            changes |= {"state": RunState.CLOSED, "closed_at": now}
        return run.model_copy(update=changes)

    runs.update(tables, account, run.id, closed)
