"""Findings of today against the alerts that are open: only what became different is written."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.accounts import runs, schedule
from shared.accounts.account import Account
from shared.alerts import loading, removals
from shared.alerts.matching import matched
from shared.alerts.models import Alert, Evaluation, Finding, Reach
from shared.alerts.rules import BY_SLUG, RULES
from shared.alerts.rules.base import Judgement, Rule, is_gone
from shared.alerts.rules.invalid_auth import has_own_row, is_told
from shared.alerts.rules.sync_overdue import NIGHT_AND_A_BIT
from shared.alerts.summary import summed_up
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
    TRANSACTION_LIMIT,
    Conflict,
    Delete,
    Insert,
    Key,
    Put,
    Replace,
    Row,
    RowChange,
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
    book = _Book(tables, view, rows, was_judged=before is not None)
    rules = [rule for rule in RULES if view.is_on(rule.slug)]
    for rule in rules:
        book.take(rule, rule.account(view))
    read = not_read = missed = 0
    seen = []
    for state in reading.tenant_states(tables, account.id):
        seen.append(TenantReading.of(state))
        if state.tenant_id in view.companies and state.tenant_id not in view.left:
            good = _was_read(view, state)
            read, not_read = read + good, not_read + (not good)
            missed += not good and not _is_known_to_be_unreadable(view, state)
        for rule in rules:
            book.take(rule, rule.tenant(view, state))
    book.finish()
    _end_removals(tables, view)
    readings.store(blobs, account.id, seen)
    evaluation = Evaluation(
        at=now,
        run_id=_newest_run(tables, view, before),
        tenants_read=read,
        tenants_not_read=not_read,
        last_complete=_last_complete(view, before, missed),
        urgent_at=book.urgent_at,
        on_date=view.nights.on,
        overdue_at=(view.nights.last_closed or account.since) + NIGHT_AND_A_BIT,
    )
    told = summed_up(tables, view, evaluation, book.open)
    # Last, because a digest tells what changed up to an evaluation: what is written later is told by the next.
    tables.commit([Put(keys.evaluation(account.id), evaluation), Put(keys.summary(account.id), told)])
    return evaluation


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
    of, partner_is_out = (
        state.tenant_id,
        state.failure is not None and state.failure.cause is FailureCause.PARTNER,
    )
    return (is_told(view, state) and not partner_is_out) or has_own_row(view, of)


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
    dealt_with = schedule.stored(tables, account)
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


class _Book:
    """The account's open alerts while they are compared. Rows stay bytes until they are needed: there may be many."""

    def __init__(self, tables: Tables, view: AccountView, rows: dict[str, Row], *, was_judged: bool) -> None:
        self._tables = tables
        self._view = view
        self._account = view.account.id
        self._left = dict(rows)
        self._was_judged = was_judged  # before that, nothing can have been closed
        self._seen: set[str] = set()
        self._others: dict[str, Finding] = {}
        """By row: the first finding of the same identity that is not about what the open alert is about."""
        self._scopes: defaultdict[str, set[str]] = defaultdict(set)
        self._settled: defaultdict[str, set[str]] = defaultdict(set)
        self._changes: list[RowChange] = []
        self.open: defaultdict[str, list[Finding]] = defaultdict(list)
        """What is open, by the slug of its type."""
        self.urgent_at: datetime | None = None
        """When the newest of the open urgent alerts last changed."""

    def take(self, rule: Rule, judgement: Judgement) -> None:
        """Write what a judgement found and nobody excluded. The first finding of an identity counts.

        A row that tells one of several for all of them stays with that one until it is put right.
        """
        self._scopes[rule.slug] |= judgement.scopes
        self._settled[rule.slug] |= judgement.settled
        for finding in judgement.findings:
            key = keys.alert(self._account, rule.slug, finding.identity)
            if key.row in self._seen or self._is_covered(finding, rule):
                continue
            row = self._left.get(key.row)
            stored = row.read(Alert) if row else None
            if stored is not None and stored.finding.scope != finding.scope:
                self._others.setdefault(key.row, finding)
                continue
            self._seen.add(key.row)
            self._left.pop(key.row, None)
            self._found(key, finding, row, stored)

    def _found(self, key: Key, finding: Finding, row: Row | None, stored: Alert | None) -> None:
        first = self._first_opened(finding) if stored is None else None
        alert = matched(stored, finding, self._view.now, first)
        if alert is not None:
            self._write(Replace(key, alert, row.etag) if row else Insert(key, alert))
        self._note(alert or stored)

    def _first_opened(self, finding: Finding) -> datetime | None:
        """When an alert that comes back was open for the first time; None for one that was never closed."""
        if not self._was_judged:
            return None
        closed = keys.closed_before(finding.slug, finding.identity)
        for row in self._tables.rows(keys.alerts(self._account), closed):
            alert = row.read(Alert)
            return alert.first_opened_at or alert.opened_at
        return None

    def finish(self) -> None:
        """Close what was judged and not found; mark what could not be judged."""
        for row in self._left.values():
            alert, other = row.read(Alert), self._others.get(row.key.row)
            if self._is_over(alert.finding):
                if other is None:
                    self._close(row, alert)
                else:
                    self._found(row.key, other, row, alert)
                continue
            self._note(alert)
            if alert.not_checked_since is None:
                unchecked = alert.model_copy(update={"not_checked_since": self._view.now})
                self._write(Replace(row.key, unchecked, row.etag))
        self._commit()

    def _note(self, alert: Alert | None) -> None:
        """An alert that is open after this evaluation."""
        if alert is None:
            return
        self.open[alert.finding.slug].append(alert.finding)
        if alert.finding.urgent:
            self.urgent_at = max(self.urgent_at or alert.changed_at, alert.changed_at)

    def _is_covered(self, finding: Finding, rule: Rule) -> bool:
        """A person said that it needs nobody: by an exclusion, or because its tenant has left."""
        has_left = Reach.TENANT in rule.reach and finding.tenant_id in self._view.left
        return has_left or self._view.exclusions.cover(finding, rule.reach)

    def _is_over(self, finding: Finding) -> bool:
        """Also when it was excluded, its day is over, its type switched off, or its tenant or connection removed."""
        slug, until, rule = finding.slug, finding.until, BY_SLUG.get(finding.slug)
        return (
            rule is None
            or not self._view.is_on(slug)
            or self._is_covered(finding, rule)
            or finding.scope in self._scopes[slug]
            or finding.identity in self._settled[slug]
            or is_gone(self._view, finding.scope)
            or (until is not None and until < self._view.today)
        )

    def _close(self, row: Row, alert: Alert) -> None:
        finding, now = alert.finding, self._view.now
        key = keys.closed_alert(self._account, finding.slug, finding.identity, alert.opened_at)
        closed = alert.model_copy(update={"closed_at": now, "not_checked_since": None})
        self._write(Delete(row.key, row.etag), Put(key, closed))

    def _write(self, *changes: RowChange) -> None:
        """Changes that belong together are in one transaction."""
        if len(self._changes) + len(changes) > TRANSACTION_LIMIT:
            self._commit()
        self._changes += changes

    def _commit(self) -> None:
        if not self._changes:
            return
        try:
            self._tables.commit(self._changes)
        except Conflict as conflict:
            raise RetryLater(
                timedelta(seconds=5), "another evaluation of the account was at work"
            ) from conflict
        self._changes = []
