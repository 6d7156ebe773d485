"""An account with companies that were read, and a provider that remembers what it took."""

import gzip
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from shared.accounts.account import Account
from shared.accounts.companies import add_company
from shared.accounts.company import Company
from shared.accounts.directory import save_account
from shared.accounts.report_settings import ReportSettings, save
from shared.accounts.runs import Run, RunState
from shared.errors import RetryLater
from shared.licensing.tenant_state import Snapshot, TenantState
from shared.microsoft.models import Sku, User
from shared.reports import schedule
from shared.reports.models import Month
from shared.reports.publish import Publisher, send_due
from shared.storage import keys
from shared.storage.decisions import Decider
from shared.storage.memory import MemoryBlobs, MemoryTables
from shared.storage.tables import Put
from tests.shared.alerts.world import sku
from tests.shared.mail.test_delivery import Provider
from tests.shared.reports.test_figures import E3, day, user
from tests.shared.reports.test_pdf import an_account

HOUR = timedelta(hours=1)
USERS = TypeAdapter(list[User])


class ReportWorld:
    def __init__(
        self,
        tables: MemoryTables | None = None,
        blobs: MemoryBlobs | None = None,
        zone: str = "Europe/London",
    ) -> None:
        self.tables, self.blobs = tables or MemoryTables(), blobs or MemoryBlobs()
        self.account: Account = an_account(timezone=zone)
        self.provider = Provider()
        self.publisher = Publisher(self.tables, self.blobs, self.provider, "reports@seatwise.example")
        save_account(self.tables, self.account)

    def company(
        self,
        name: str,
        *recipients: str,
        since: datetime,
        place: tuple[str, str] | None = None,
        **settings: Any,
    ) -> Company:
        """Added, and with its report scheduled when somebody gets it. `place`: its id and its tenant's."""
        known_as, tenant = place or (f"c{name.lower()}", f"t-{name.lower()}")
        added = Company(id=known_as, tenant_id=tenant, name=name, psa_connection="cw", psa_company="1")
        by = Decider("tester", "", since)
        add_company(self.tables, self.account.id, added, by)
        wanted = ReportSettings(scheduled=bool(recipients), recipients=recipients, **settings)
        save(self.tables, self.account.id, added, wanted, by)
        return added

    def read(
        self, company: Company, on: str, *skus: Sku, until: str = "", users: tuple[User, ...] = ()
    ) -> None:
        """Counts from a day on; the tenant is read every night up to `until`."""
        found = day(on, *(skus or (sku(E3, 12, 10),)), users=f"u{len(users)}")
        at = date.fromisoformat(until or on)
        began = datetime(at.year, at.month, at.day, 3, tzinfo=UTC)
        name = keys.users_blob(self.account.id, company.tenant_id, found.users_digest)
        people = users or (user("Ann Archer", E3),)
        self.blobs.put(name, gzip.compress(USERS.dump_json(list(people)), mtime=0))
        newest = Snapshot(
            connection_id="p1",
            began=began,
            ended=began,
            digest=on,
            skus=found.skus,
            subscriptions=found.subscriptions,
            user_count=1,
            users_digest=found.users_digest,
        )
        state = TenantState(tenant_id=company.tenant_id, snapshot=newest)
        self.tables.commit(
            [
                Put(keys.tenant_day(self.account.id, company.tenant_id, found.on), found),
                Put(keys.tenant_state(self.account.id, company.tenant_id), state),
            ]
        )

    def night(self, on: str, *, closed: bool = True) -> None:
        at = date.fromisoformat(on)
        began = datetime(at.year, at.month, at.day, 2, tzinfo=UTC)
        state = RunState.CLOSED if closed else RunState.READING
        self.tables.commit(
            [Put(keys.run(self.account.id, on), Run(id=on, on=at, started_at=began, state=state))]
        )

    def tick(self, now: datetime) -> list[tuple[str, Month]]:
        """What is due is sent, one after the other, as by the queue; what must wait is left to a later tick."""
        due = list(schedule.due(self.tables, self.account, now))
        for company, month in due:
            try:
                send_due(self.publisher, self.account, company, month, now)
            except RetryLater:
                continue
        return due
