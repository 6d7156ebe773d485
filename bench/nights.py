"""Seatwise's own nights in a sandbox: unchanged, changed, with faults, and at the PSA's limit."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench import latencies
from sandbox import demo_day, summary
from sandbox.processes import HostProcess, SandboxProcesses
from sandbox.seed import seed
from sandbox.standins.worlds.registry import world_named
from shared.licensing.reading import tenant_states
from shared.storage.keys import AccountId

FAULTS: tuple[dict[str, Any], ...] = (
    {"what": "throttle", "kind": "graph.", "every": 20, "retry_after": 2},
    {"what": "status", "kind": "graph.", "every": 100, "status": 503},
    {"what": "timeout_after", "kind": "connectwise.write", "every": 200, "seconds": 3},
    {"what": "cut", "kind": "connectwise.read", "every": 200},
)
"""W4: 5 % 429 also inside batches, 1 % 503, 0.5 % time-out after a write applied, 0.5 % cut answers."""


PSAS, WAYS = ("connectwise", "autotask", "halo"), ("read", "write", "zone")
"""How the stand-ins count the requests to a PSA: a zone is where an Autotask is."""
PATIENCE = 3 * 3600
"""Seconds: at the end of a month a night of 10,000 tenants reads each agreement, 400 a minute."""


def next_tenth(now: datetime) -> datetime:
    """The 10th of this month, or of the next one."""
    tenth = now.replace(day=10)
    return tenth if tenth >= now else (tenth + timedelta(days=31)).replace(day=10)


class Nights:
    """One MSP of so many tenants, night after night."""

    def __init__(self, processes: SandboxProcesses, host: HostProcess) -> None:
        self.processes, self.host = processes, host

    def unchanged(self) -> dict[str, Any]:
        return self._night("W0")

    def changed(self) -> dict[str, Any]:
        churned = self._churn()
        return self._night("W1") | churned

    def with_faults(self) -> dict[str, Any]:
        churned = self._churn()
        for fault in FAULTS:
            self.processes.stand_ins.control("set-fault", **fault)
        night = self._night("W4") | churned
        self.processes.stand_ins.control("clear-faults")
        latencies.switch_on(self.processes.stand_ins)
        return night

    def at_the_limit(self) -> dict[str, Any]:
        """W5: ConnectWise answers 429 above its real limit of 1,000 calls a minute, of which others make half."""
        (site,) = [one.key for one in world_named(self.processes.world).connectwise]
        self.processes.stand_ins.control("set-limit", site=site, per_minute=1000, others=500)
        churned = self._churn()
        return self._night("W5") | churned

    def _churn(self) -> dict[str, int]:
        """How many quantities change, and of how many tenants."""
        told = self.processes.stand_ins.control("churn")
        return {"changes": told["changes"], "changed_tenants": told["tenants"]}

    def _night(self, name: str) -> dict[str, Any]:
        print(f"{name} ...", file=sys.stderr, flush=True)
        day = demo_day.live(self.processes, self.host, PATIENCE)
        counts = day.measured.calls
        return summary.of(self.processes, day) | {
            "reading_seconds": self._reading_seconds(day),
            "bytes": sum(n for kind, n in counts.items() if kind in ("bytes.graph", "bytes.microsoft")),
            "psa_throttled": sum(counts.get(f"throttled.{psa}", 0) for psa in PSAS),
            "psa_calls": {psa: sum(counts.get(f"{psa}.{way}", 0) for way in WAYS) for psa in PSAS},
        }

    def _reading_seconds(self, day: demo_day.Day) -> float:
        """From the start of the run until the last tenant's answer was there: what the peers do, and storing it."""
        ((account, run),) = day.runs.items()
        states = tenant_states(self.processes.wiring.tables, AccountId(account))
        ended = [s.snapshot.ended for s in states if s.snapshot is not None and s.run == run.id]
        return (max(ended) - run.started_at).total_seconds()


@contextmanager
def nights(state: Path, tenants: int, psa: str = "") -> Iterator[Nights]:
    """Ordinary nights, from the 10th of a month on: in its last two, nearly every agreement is read, because it is
    invoiced soon. The first night is lived already: it stores every tenant for the first time. "" is ConnectWise.
    """
    world = f"wide:{tenants}" + (f":{psa}" if psa else "")
    with SandboxProcesses(state, world) as processes:
        print(f"Setting up {tenants} tenants ...", file=sys.stderr, flush=True)
        processes.clock.move_to(next_tenth(processes.clock.now()))
        seed(processes.wiring, world_named(world), processes.clock.now())
        host = processes.start_host(timers=False)
        lived = Nights(processes, host)
        lived.unchanged()
        latencies.switch_on(processes.stand_ins)
        yield lived
