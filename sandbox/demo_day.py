"""One virtual day of a sandbox: the clock jumps to the sync hour, the tick fires, the run closes, the digest goes."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sandbox.processes import HostProcess, SandboxProcesses
from shared.accounts import due_work, local_time, runs
from shared.accounts.account import Account
from shared.accounts.directory import account_ids, load_account
from shared.accounts.runs import Run, RunState
from shared.alerts.evaluate import evaluation_of

SELDOM = 10.0
"""Seconds between two lines of progress where nobody watches a terminal."""
PATIENCE = 1800
"""Seconds of real time that a run may take before the day is given up, of an MSP with up to some thousand tenants."""


class DayFailed(Exception):
    """The day did not come to its end; the text says where it stopped."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the run cost, from its tick to its close."""

    calls: Counter[str]
    storage: Counter[str]
    cpu_ms: float
    """Of the app, without the local host's own thread."""
    host_cpu_ms: float
    """Of that thread, which looks for messages as Azure does for a deployed app."""
    peak_mb: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was lived: the closed run of each account, and what it cost together."""

    runs: dict[str, Run]
    began: datetime
    ended: datetime
    measured: Measured


def live(processes: SandboxProcesses, host: HostProcess, patience: float = PATIENCE) -> Day:
    """Live the accounts' next day to its end. Raises DayFailed, also when a run takes more seconds than `patience`."""
    tables = processes.wiring.tables
    accounts = [load_account(tables, known) for known in account_ids(tables)]
    _move_to_next(processes, ((account.sync_hour, account.zone) for account in accounts))
    began = processes.clock.now()
    meter = _Meter(processes, host)
    host.tick()
    closed = {
        str(account.id): _closed(processes, host, account, began, meter, patience) for account in accounts
    }
    measured = meter.read()
    _move_to_next(processes, ((account.digest.hour, account.zone) for account in accounts))
    host.tick()
    for account in accounts:
        _told(processes, host, account)
    return Day(closed, began, processes.clock.now(), measured)


def _move_to_next(processes: SandboxProcesses, hours: Iterable[tuple[int, ZoneInfo]]) -> None:
    """Jump to the next of these local hours."""
    now = processes.clock.now()
    processes.clock.move_to(min(local_time.next_due(now, hour, zone) for hour, zone in hours))


def _closed(
    processes: SandboxProcesses,
    host: HostProcess,
    account: Account,
    began: datetime,
    meter: "_Meter",
    patience: float,
) -> Run:
    """The account's run of that night, once it is closed and judged."""
    tables = processes.wiring.tables
    run_id = due_work.nightly_id(local_time.newest_due(began, account.sync_hour, account.zone))

    shown: list[float] = []

    def done() -> Run | None:
        meter.own_looks += 1
        run = runs.find(tables, account.id, run_id)
        if run is None or run.state is not RunState.CLOSED:
            _progress(processes, account, run, shown)
            return None
        meter.own_looks += 1
        evaluation = evaluation_of(tables, account.id)
        return run if evaluation is not None and evaluation.run_id == run_id else None

    return _wait(host, f"the run of {account.name}", done, patience)


def _progress(processes: SandboxProcesses, account: Account, run: Run | None, shown: list[float]) -> None:
    """One line that tells how far the night is: rewritten on a terminal, now and then elsewhere."""
    terminal = sys.stderr.isatty()
    if not terminal and shown and time.monotonic() - shown[-1] < SELDOM:
        return
    shown.append(time.monotonic())
    counts = processes.stand_ins.counts()
    doing = {RunState.READING: "reading", RunState.PUSHING: "planning and writing"}
    line = (
        f"  {account.name}: {doing.get(run.state, 'judging') if run else 'starting'} · "
        f"{counts.get('graph.batch', 0)} tenants asked · {counts.get('connectwise.read', 0)} PSA reads · "
        f"{counts.get('connectwise.write', 0)} PSA writes"
    )
    print(f"\r{line:<110}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)


def _told(processes: SandboxProcesses, host: HostProcess, account: Account) -> None:
    on = local_time.newest_due(
        processes.clock.now(), account.digest.hour, account.zone, account.digest.frequency
    )

    def done() -> date | None:
        told = due_work.stored(processes.wiring.tables, account).digest_on
        return told if told is not None and told >= on else None

    _wait(host, f"the digest of {account.name}", done)


def _wait[R](host: HostProcess, what: str, done: Callable[[], R | None], patience: float = PATIENCE) -> R:
    give_up = time.monotonic() + patience
    pause = 0.2
    while time.monotonic() < give_up:
        found = done()
        if found is not None:
            return found
        if not host.alive():
            raise DayFailed(f"The host ended while waiting for {what}; its own words are above.")
        time.sleep(pause)
        pause = min(1.0, pause * 1.3)
    raise DayFailed(f"{what} did not come to its end within {patience / 60:.0f} minutes.")


class _Meter:
    """Counts of the stand-ins and Azurite, and the host process's own use, from here to `read`."""

    def __init__(self, processes: SandboxProcesses, host: HostProcess) -> None:
        self._processes, self._host = processes, host
        self.own_looks = 0
        processes.stand_ins.reset_counts()
        self._storage = Counter(processes.azurite.operations())
        self._before = host.stats()
        self._began = time.monotonic()

    def read(self) -> Measured:
        after = self._host.stats()
        storage = Counter(self._processes.azurite.operations())
        storage.subtract(self._storage)
        # The local host's empty looks at its queues are its own, and so are ours at the run.
        storage["queue_get"] -= after["empty_polls"] - self._before["empty_polls"]
        storage["table_get"] -= self.own_looks
        all_cpu, host_cpu = (after[name] - self._before[name] for name in ("cpu_ms", "host_cpu_ms"))
        return Measured(
            calls=Counter(self._processes.stand_ins.counts()),
            storage=+storage,
            cpu_ms=all_cpu - host_cpu,
            host_cpu_ms=host_cpu,
            peak_mb=after["peak_mb"],
            seconds=time.monotonic() - self._began,
        )
