"""Findings of today against the alerts that are open: only what became different is written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.accounts import due_work, runs
from shared.accounts.account import Account
from shared.alerts import loading, removals
from shared.alerts.models import Alert, Evaluation
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.base import Rule
from shared.alerts.rules.invalid_auth import has_own_row, is_told
from shared.alerts.rules.sync_overdue import NIGHT_AND_A_BIT
from shared.alerts.summary import summed_up
from shared.alerts.transitions import Transitions
from shared.alerts.view import AccountView
from shared.errors import RetryLater
from shared.licensing import reading, readings
from shared.licensing.readings import TenantReading
from shared.licensing.tenant_state import ReadStatus, TenantState
from shared.microsoft.models import FailureCause
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import (
    Conflict,
    Put,
    Tables,
)


def evaluate(
    tables: Tables,
    blobs: Blobs,
    account: Account,
    run_id: str,
    names: Callable[[str, str], str],
    now: datetime,
) -> Evaluation:
    """Judge the account and write the transitions of its alerts, then the evaluation itself.

    Safe to repeat: what is simply still open costs no write. Raises RetryLater when another evaluation was faster, and
    NotFound for a run that is not there.
    """
    view = loading.account_view(tables, blobs, account, runs.get(tables, account.id, run_id), names, now)
    rows = {row.key.row: row for row in tables.rows(keys.alerts(account.id), keys.OPEN_ALERTS)}
    view = replace(view, open_rows=frozenset(rows))
    before = evaluation_of(tables, account.id)
    transitions = Transitions(tables, view, rows, was_judged=before is not None)
    rules = [rule for rule in RULES if view.is_on(rule.slug)]
    for rule in rules:
        transitions.take(rule, rule.account(view))
    reads = _judge_tenants(tables, view, rules, transitions)
    transitions.finish()
    _end_removals(tables, view)
    readings.store(blobs, account.id, reads.seen)
    evaluation = Evaluation(
        at=now,
        run_id=_newest_run(tables, view, before),
        tenants_read=reads.read,
        tenants_not_read=reads.not_read,
        last_complete=_last_complete(view, before, reads.missed),
        urgent_at=transitions.urgent_at,
        on_date=view.nights.on,
        overdue_at=(view.nights.last_closed or account.since) + NIGHT_AND_A_BIT,
    )
    told = summed_up(tables, view, evaluation, transitions.open)
    # Last, because a digest tells what changed up to an evaluation: what is written later is told by the next.
    tables.commit([Put(keys.evaluation(account.id), evaluation), Put(keys.summary(account.id), told)])
    return evaluation


@dataclass(slots=True)
class _Reads:
    """What became of the reads of the account's tenants; `missed` of them for a reason that nobody knew."""

    seen: list[TenantReading] = field(default_factory=list)
    read: int = 0
    not_read: int = 0
    missed: int = 0


def _judge_tenants(
    tables: Tables, view: AccountView, rules: Sequence[Rule], transitions: Transitions
) -> _Reads:
    """Every rule's findings of every tenant are taken, state by state."""
    reads = _Reads()
    for state in reading.tenant_states(tables, view.account.id):
        reads.seen.append(TenantReading.of(state))
        if state.tenant_id in view.companies and state.tenant_id not in view.left:
            good = _was_read(view, state)
            reads.read, reads.not_read = reads.read + good, reads.not_read + (not good)
            reads.missed += not good and not _is_known_to_be_unreadable(view, state)
        for rule in rules:
            transitions.take(rule, rule.tenant(view, state))
    return reads


def _end_removals(tables: Tables, view: AccountView) -> None:
    try:
        removals.end_for_returned(tables, view.account.id, view.removals, view.listed, view.now)
    except Conflict as conflict:
        raise RetryLater(timedelta(seconds=5), "a person was deciding about a removed tenant") from conflict


def _newest_run(tables: Tables, view: AccountView, before: Evaluation | None) -> str:
    """The run that is judged, or one that began later and was judged already: messages come in any order."""
    judged = runs.find(tables, view.account.id, before.run_id) if before else None
    return judged.id if judged and judged.started_at > view.run.started_at else view.run.id


def _was_read(view: AccountView, state: TenantState) -> bool:
    """Completely, and since the newest night that has ended began: older numbers are no read of that night."""
    if state.status is not ReadStatus.READ or state.snapshot is None:
        return False
    return view.nights.last_started is None or state.snapshot.began >= view.nights.last_started


def _is_known_to_be_unreadable(view: AccountView, state: TenantState) -> bool:
    """A row of its own says why, and what a person must do: no sync can read it before."""
    partner_is_out = state.failure is not None and state.failure.cause is FailureCause.PARTNER
    return (is_told(view, state) and not partner_is_out) or has_own_row(view, state.tenant_id)


def _last_complete(view: AccountView, before: Evaluation | None, missed: int) -> datetime | None:
    """When every tenant was read that can be; a night's own count has those among the others that cannot."""
    nights = [view.nights.last_complete, before.last_complete if before else None]
    if view.run.nightly and not missed:
        nights.append(view.nights.last_closed)
    return max(filter(None, nights), default=None)


def open_alerts(tables: Tables, account: AccountId) -> Iterator[Alert]:
    """Of the types that there are: what a rule found that is no more waits to be closed."""
    alerts = (row.read(Alert) for row in tables.rows(keys.alerts(account), keys.OPEN_ALERTS))
    return (alert for alert in alerts if alert.finding.slug in BY_SLUG)


def closed_alerts(tables: Tables, account: AccountId) -> Iterator[Alert]:
    """Of the types that there are, as long as they are kept."""
    for slug in BY_SLUG:
        for row in tables.rows(keys.alerts(account), keys.closed_alerts(slug)):
            yield row.read(Alert)


def evaluation_of(tables: Tables, account: AccountId) -> Evaluation | None:
    """The newest evaluation, if there was one."""
    row = tables.get(keys.evaluation(account))
    return row.read(Evaluation) if row else None


def version(tables: Tables, account: AccountId) -> str:
    """Another text after each evaluation; "" before the first. Alerts change by nothing else."""
    row = tables.get(keys.evaluation(account))
    return row.etag if row else ""


def has_urgent_news(tables: Tables, account: Account, now: datetime) -> bool:
    """Something urgent opened or changed that no mail has dealt with, and no urgent mail went out today yet.

    Or something urgent is open, and the mail that told it did not reach everybody on an earlier day.
    """
    evaluation = evaluation_of(tables, account.id)
    if evaluation is None or evaluation.urgent_at is None:
        return False
    dealt_with = due_work.stored(tables, account)
    today = now.astimezone(account.zone).date()
    if dealt_with.urgent_again_on is not None and dealt_with.urgent_again_on <= today:
        return True
    if dealt_with.urgent_on is not None and dealt_with.urgent_on >= today:  # an account may have moved west
        return False
    return dealt_with.urgent_as_of is None or evaluation.urgent_at > dealt_with.urgent_as_of


def is_overdue(tables: Tables, account: AccountId, now: datetime) -> Evaluation | None:
    """The newest evaluation when no night has ended for 26 h since: only a new one can say that the sync is overdue.

    One that came in between, because a person excluded something, could not say it yet.
    """
    evaluation = evaluation_of(tables, account)
    if evaluation is None:
        return None
    overdue_at = evaluation.overdue_at
    unsaid = overdue_at is not None and now > overdue_at >= evaluation.at
    return evaluation if unsaid or now - evaluation.at > NIGHT_AND_A_BIT else None
