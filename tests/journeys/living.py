"""A sandbox that lives for a test: its nights and mornings, and what can be seen of it from outside."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

from sandbox import demo_day, summary
from sandbox.operator.control import control
from sandbox.processes import HostProcess, SandboxProcesses
from shared.accounts import due_work, local_time, runs
from shared.accounts.account import Account
from shared.accounts.directory import load_account
from shared.accounts.runs import Run, RunState
from shared.alerts.evaluate import evaluation_of, open_alerts
from shared.alerts.models import Alert
from shared.billing import agreement_store
from shared.billing.models import Hold, LedgerEntry, LineRecord
from shared.billing.planning import approval
from shared.billing.psa_connections import psa_connections
from shared.licensing.reading import tenant_states
from shared.licensing.tenant_state import TenantState
from shared.storage.keys import account_id
from shared.storage.tables import Tables

DEMO = account_id("demo")
PREVIEW = account_id("preview")
PATIENCE = 90.0
"""Seconds that anything awaited may take: a busy machine is slow, not wrong."""
SHORT_WAITS = {"SEATWISE_CLAIM_SECONDS": "3", "SEATWISE_SETTLE_SECONDS": "1"}
"""Settings of the product under which a killed worker's claim lapses while a test waits."""


def eventually[T](look: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What `look` says once that is true. Fails when it does not become so."""
    give_up = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < give_up, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.1)
    return seen


class Living:
    """One sandbox with its host; `host` is another one after a restart."""

    def __init__(self, stage: SandboxProcesses, host: HostProcess) -> None:
        self.stage = stage
        self.host = host

    @property
    def tables(self) -> Tables:
        return self.stage.wiring.tables

    def account(self, of: str = DEMO) -> Account:
        return load_account(self.tables, account_id(of))

    # -- time

    def day(self) -> dict[str, Any]:
        """Live a whole day as `make demo` does, and give the numbers it tells."""
        return summary.of(self.stage, demo_day.live(self.stage, self.host))

    def night(self, meanwhile: Callable[[], None] = lambda: None) -> Run:
        """The next sync hour: tick, do something meanwhile, and wait until the run is closed and judged."""
        run_id = self.begin_night()
        meanwhile()
        return self.night_ended(run_id)

    def begin_night(self) -> str:
        """Jump to the next sync hour and tick; the id of the run that begins."""
        clock, account = self.stage.clock, self.account()
        clock.move_to(local_time.next_due(clock.now(), account.sync_hour, account.zone))
        self.host.tick()
        return due_work.nightly_id(local_time.newest_due(clock.now(), account.sync_hour, account.zone))

    def night_ended(self, run_id: str, of: str = DEMO) -> Run:
        eventually(lambda: self.is_judged(run_id, of), f"the end of run {run_id} of {of}")
        return runs.get(self.tables, account_id(of), run_id)

    def is_judged(self, run_id: str, of: str) -> bool:
        run = runs.find(self.tables, account_id(of), run_id)
        judged = evaluation_of(self.tables, account_id(of))
        return (
            run is not None
            and run.state is RunState.CLOSED
            and judged is not None
            and judged.run_id == run_id
        )

    def begin_morning(self) -> date:
        """Jump to the next digest hour and tick; the date of the digest that is due."""
        clock, account = self.stage.clock, self.account()
        clock.move_to(local_time.next_due(clock.now(), account.digest.hour, account.zone))
        self.host.tick()
        return local_time.newest_due(clock.now(), account.digest.hour, account.zone)

    def morning(self) -> None:
        """The next digest hour, until the digest was dealt with."""
        self.morning_ended(self.begin_morning())

    def morning_ended(self, on: date) -> None:
        def told() -> bool:
            dealt_with = due_work.stored(self.tables, self.account()).digest_on
            return dealt_with is not None and dealt_with >= on

        eventually(told, f"the digest of {on}")

    # -- what people do

    def control(self, *words: str) -> Any:
        """As `python -m sandbox control` would."""
        return control(self.stage.state, words)

    def fault(self, what: str, **conditions: Any) -> None:
        self.stage.stand_ins.control("set_fault", what=what, **conditions)

    def no_faults(self) -> None:
        self.stage.stand_ins.control("clear_faults")

    # -- what can be seen

    def count(self, kind: str) -> int:
        """Requests of this kind that the stand-ins were asked since they started."""
        return self.stage.stand_ins.counts().get(kind, 0)

    def in_psa(self, tenant: str) -> dict[str, int]:
        """Quantity of every line of a tenant's agreement by line id, as the PSA itself has it."""
        rows = self.stage.stand_ins.control("lines", agreement=tenant)
        return {str(row["id"]): int(row["quantity"]) for row in rows}

    def head(self, tenant: str, of: str = DEMO) -> TenantState:
        wanted = self.tenant_id(tenant)
        return next(head for head in tenant_states(self.tables, account_id(of)) if head.tenant_id == wanted)

    def heads(self) -> list[TenantState]:
        return list(tenant_states(self.tables, DEMO))

    def tenant_id(self, tenant: str) -> str:
        found: str = self.stage.stand_ins.control("tenant", tenant=tenant)["id"]
        return found

    def lines(self, tenant: str = "", of: str = DEMO) -> list[LineRecord]:
        """What Seatwise remembers of the lines of one tenant, or of all."""
        wanted = self.tenant_id(tenant) if tenant else ""
        return [
            line
            for connection in psa_connections(self.tables, account_id(of))
            for kept in agreement_store.all_of(self.tables, account_id(of), connection.id)
            for line in kept.record.lines.values()
            if wanted in ("", line.tenant_id)
        ]

    def ledger(self, line: LineRecord, of: str = DEMO) -> list[LedgerEntry]:
        """Everything that happened to one line, oldest first."""
        return [
            entry
            for connection in psa_connections(self.tables, account_id(of))
            for kept in agreement_store.all_of(self.tables, account_id(of), connection.id)
            if line.mapping_id in kept.record.lines
            for entry in agreement_store.ledger(
                self.tables, account_id(of), connection.id, kept.record.agreement_id, line.mapping_id
            )
        ]

    def alerts(self, slug: str | None = None, of: str = DEMO) -> list[Alert]:
        return [
            alert for alert in open_alerts(self.tables, account_id(of)) if slug in (None, alert.finding.slug)
        ]

    def alerts_about(self, tenant: str) -> dict[str, Alert]:
        """The open alerts of one tenant by identity."""
        wanted = self.tenant_id(tenant)
        return {a.finding.identity: a for a in self.alerts() if a.finding.tenant_id == wanted}

    def holds(self, tenant: str) -> list[Hold]:
        wanted = self.tenant_id(tenant)
        return [hold for hold in approval.held(self.tables, DEMO) if hold.change.tenant_id == wanted]

    def mails(self) -> Counter[str]:
        """How many files of mails there are by their ending."""
        folder = self.stage.mails
        return Counter(file.suffix for file in folder.iterdir()) if folder.exists() else Counter()
