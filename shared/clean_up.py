"""What is kept for how long: each night a share of what is too old is deleted, so that nothing grows without an end.

The shares follow from the date alone, so nothing has to be remembered; a night that is missed is made up for by the
next turn. What is in force is never deleted, however old: a tenant's last day row, the newest decision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

from shared.accounts.account import Account
from shared.accounts.runs import OpenRun, Run
from shared.alerts.models import Alert
from shared.alerts.rules import BY_SLUG
from shared.alerts.tickets.models import Ticket
from shared.billing import agreement_store
from shared.billing.models import AgreementRecord, LedgerEntry
from shared.billing.psa_connections import ever_connected
from shared.licensing.tenant_state import Day, Gap, TenantState
from shared.mail.records import MailRow
from shared.reports.publish import Report
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import Decision
from shared.storage.tables import Conflict, Delete, Row, Tables, chunks

TENANTS_TURN = 30
"""Nights within which every tenant has its turn."""
MONTH = 30
"""Nights between two looks at what is small, or kept for years."""
YEAR = 12
"""Such looks within which every agreement and decision has its turn."""
MOST = 2_000
"""Rows of one kind that a night deletes."""
BEING_STORED = timedelta(days=2)
"""A blob this young may be about to be named by a row."""


def clean(tables: Tables, blobs: Blobs, account: Account, on: date, now: datetime) -> int:
    """Delete this night's share of what the account's settings say is kept no longer; how many rows and blobs it was.

    Safe to repeat, and to be cut off at any moment.
    """
    night = _Night(tables, blobs, account, on, now)
    count = night.tenants() + night.mails() + night.closed_alerts()
    match night.number % MONTH:
        case 0:
            count += night.runs()
        case 1:
            count += night.ledgers()
        case 2:
            count += night.decisions()
        case 3:
            count += night.reports()
    return count


@dataclass(frozen=True, slots=True)
class _Night:
    """One account's share of one night."""

    tables: Tables
    blobs: Blobs
    account: Account
    on: date
    now: datetime

    @property
    def number(self) -> int:
        """Counts the nights; accounts are apart, so that they do not all do their rare work in the same one."""
        return self.on.toordinal() + _number_of(self.account.id)

    @property
    def counts_end(self) -> date:
        """Counts, users, runs, closed alerts and mails of earlier dates go."""
        return _months_before(self.on, self.account.retention.counts_months)

    @property
    def ledger_end(self) -> date:
        """Entries of the ledger and decisions of earlier dates go."""
        return _months_before(self.on, 12 * self.account.retention.ledger_years)

    def tenants(self) -> int:
        rows = self.tables.rows(keys.tenants(self.account.id), keys.TENANT_STATES)
        turn = (row for row in rows if _has_turn(row.key.row, self.number, TENANTS_TURN))
        return sum(self._tenant(row.read(TenantState).tenant_id) for row in turn)

    def _tenant(self, tenant: str) -> int:
        """Rows first: a blob that no row names any more is found again, a row without its blob would be a hole."""
        kept: set[str] = set()
        old: list[Row] = []
        for row in self.tables.rows(keys.tenants(self.account.id), keys.tenant_days(tenant)):
            day = row.read(Day)
            if day.on <= self.counts_end:
                old.append(row)  # by date: of these only the last one tells what the tenant had from then on
            else:
                kept.add(day.users_digest)
        if old:
            kept.add(old.pop().read(Day).users_digest)
        gaps = self.tables.rows(keys.tenants(self.account.id), keys.tenant_gaps(tenant))  # by date
        old += takewhile(lambda row: row.read(Gap).until < self.counts_end, gaps)
        return self._delete(old) + self._users(tenant, kept)

    def _users(self, tenant: str, kept: set[str]) -> int:
        state = self.tables.get(keys.tenant_state(self.account.id, tenant))
        snapshot = state.read(TenantState).snapshot if state else None
        digests = kept | ({snapshot.users_digest} if snapshot else set())
        named = {keys.users_blob(self.account.id, tenant, digest) for digest in digests}
        unnamed = [
            blob
            for blob in self.blobs.stored(keys.users_blobs(self.account.id, tenant))
            if blob.name not in named and blob.written_at < self.now - BEING_STORED
        ]
        for blob in unnamed:
            self.blobs.delete(blob.name, blob.etag)
        return len(unnamed)

    def mails(self) -> int:
        rows = self.tables.rows(keys.mails(self.account.id), keys.MAILS)  # by date
        return self._delete(takewhile(lambda row: row.read(MailRow).on < self.counts_end, rows))

    def reports(self) -> int:
        """Rows and bodies of the months before the counts that they were made from."""
        end = f"{self.counts_end:%Y-%m}"
        rows = self.tables.rows(keys.reports(self.account.id), keys.REPORTS)
        blobs = self.blobs.stored(keys.report_blobs(self.account.id))
        old = [blob for blob in blobs if blob.name.rpartition("/")[2][: len(end)] < end]
        for blob in old:
            self.blobs.delete(blob.name, blob.etag)
        return len(old) + self._delete(row for row in rows if row.read(Report).month < end)

    def closed_alerts(self) -> int:
        digit = f"{self.number % 16:x}"
        return sum(
            self._closed_alerts(keys.closed_alerts(slug, digit))
            + self._tickets(keys.ended_tickets(slug, digit))
            for slug in BY_SLUG
        )

    def _tickets(self, prefix: str) -> int:
        rows = self.tables.rows(keys.alerts(self.account.id), prefix)
        return self._delete(row for row in rows if self._is_before(row.read(Ticket).since, self.counts_end))

    def _closed_alerts(self, prefix: str) -> int:
        rows = self.tables.rows(keys.alerts(self.account.id), prefix)
        return self._delete(
            row for row in rows if self._is_before(row.read(Alert).closed_at, self.counts_end)
        )

    def runs(self) -> int:
        runs, unclosed = (
            self.tables.rows(keys.runs(self.account.id), kind) for kind in (keys.RUNS, keys.OPEN_RUNS)
        )
        return self._delete(row for row in runs if row.read(Run).on < self.counts_end) + self._delete(
            row for row in unclosed if self._is_before(row.read(OpenRun).ends, self.counts_end)
        )

    def ledgers(self) -> int:
        connections = list(ever_connected(self.tables, self.account.id))
        return sum(self._newest(connection.id) for connection in connections) + sum(
            self._ledger(connection.id, row.read(AgreementRecord).agreement_id)
            for connection in connections
            for row in agreement_store.rows_of(self.tables, self.account.id, connection.id)
            if _has_turn(row.key.row, self.number // MONTH, YEAR)
        )

    def _newest(self, connection: str) -> int:
        """The same entries in the order of time: behind the first that is too old, all are."""
        end = datetime.combine(self.ledger_end, time(), self.account.zone)
        partition = keys.agreements(self.account.id, connection)
        return self._delete(self.tables.rows(partition, keys.NEWEST_OF_LEDGER, keys.ledger_from(end) + "~"))

    def _ledger(self, connection: str, agreement_id: str) -> int:
        partition = keys.agreements(self.account.id, connection)
        rows = self.tables.rows(partition, keys.ledger_prefix(agreement_id))
        return self._delete(row for row in rows if self._is_before(row.read(LedgerEntry).at, self.ledger_end))

    def decisions(self) -> int:
        turn = (
            row
            for row in self.tables.rows(keys.decisions(self.account.id), keys.DECISIONS_IN_FORCE)
            if _has_turn(row.key.row, self.number // MONTH, YEAR)
        )
        return sum(self._versions(row.read(Decision)) for row in turn)

    def _versions(self, newest: Decision) -> int:
        """The version in force when the kept time begins stays: it is what decided until the next one."""
        prefix = keys.decision_versions(newest.kind, newest.id)
        rows = self.tables.rows(keys.decisions(self.account.id), prefix)
        old = list(
            takewhile(lambda row: self._is_before(row.read(Decision).valid_from, self.ledger_end), rows)
        )
        return self._delete(old[:-1])

    def _is_before(self, at: datetime | None, end: date) -> bool:
        return at is not None and at.astimezone(self.account.zone).date() < end

    def _delete(self, rows: Iterable[Row]) -> int:
        """Rows of one partition. What changes meanwhile is left for the next turn."""
        return sum(self._deleted(some) for some in chunks(list(islice(rows, MOST))))

    def _deleted(self, rows: Sequence[Row]) -> int:
        try:
            self.tables.commit([Delete(row.key, row.etag) for row in rows])
        except Conflict:
            return 0
        return len(rows)


def _has_turn(name: str, number: int, turns: int) -> bool:
    """Each name has its turn once in so many."""
    return (_number_of(name) - number) % turns == 0


def _number_of(name: str) -> int:
    return int(keys.hashed(name)[:8], 16)


def _months_before(on: date, months: int) -> date:
    """The first of the month so many months ago: nothing goes a day too early."""
    years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(years, month + 1, 1)
