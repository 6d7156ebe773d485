"""What becomes of an account's alerts at an evaluation: only what became different is written."""

from collections import defaultdict
from datetime import datetime, timedelta

from shared.alerts import summary
from shared.alerts.matching import matched
from shared.alerts.models import Alert, ExclusionScope, Finding
from shared.alerts.rules import BY_SLUG
from shared.alerts.rules.base import Judgement, Rule, is_gone
from shared.alerts.summary import TypeCount
from shared.alerts.view import AccountView
from shared.errors import RetryLater
from shared.storage import keys
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


class Transitions:
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
        self.open: dict[str, TypeCount] = {}
        """How much is open, by the slug of its type."""
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
        summary.add(self.open, alert.finding)
        if alert.finding.urgent:
            self.urgent_at = max(self.urgent_at or alert.changed_at, alert.changed_at)

    def _is_covered(self, finding: Finding, rule: Rule) -> bool:
        """A person said that it needs nobody: by an exclusion, or because its tenant has left."""
        has_left = ExclusionScope.TENANT in rule.reach and finding.tenant_id in self._view.left
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
