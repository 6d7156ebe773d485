"""Timers of the app, on the sandbox's clock: runs of one timer never overlap, and a missed one is made up for once."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sandbox.host.messages import TypedData
from sandbox.host.ncrontab import Schedule
from sandbox.host.outputs import Outputs
from sandbox.host.worker import LoadedFunction, Worker

log = logging.getLogger("sandbox.host")

# How often the virtual clock is asked: it can be moved at any moment.
LOOK_SECONDS: Final = 0.25
# A run this late was missed: the host was down or the clock was moved.
PAST_DUE: Final = timedelta(seconds=5)
NEVER: Final = "0001-01-01T00:00:00"


@dataclass(frozen=True)
class Status:
    """When a timer last ran and when it runs next, as Azure keeps it for a monitored timer."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, str]:
        return {
            "Last": self.last.isoformat() if self.last else NEVER,
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class StatusFile:
    """The statuses of all timers, kept beside the state so that a restarted host knows what it missed."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._rows: dict[str, dict[str, str | None]] = {}
        if file and file.exists():
            self._rows = json.loads(file.read_text())

    def read(self, name: str) -> Status | None:
        row = self._rows.get(name)
        if not row or not row["next"] or not row["updated"]:
            return None
        last = datetime.fromisoformat(row["last"]) if row["last"] else None
        return Status(last, datetime.fromisoformat(row["next"]), datetime.fromisoformat(row["updated"]))

    def write(self, name: str, status: Status) -> None:
        self._rows[name] = {
            "last": status.last.isoformat() if status.last else None,
            "next": status.next.isoformat(),
            "updated": status.updated.isoformat(),
        }
        if self._file:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self._rows, indent=1))
            fresh.replace(self._file)


class TimerListener:
    def __init__(
        self,
        function: LoadedFunction,
        schedule: Schedule,
        now: Callable[[], datetime],
        statuses: StatusFile,
        worker: Worker,
        outputs: Outputs,
    ) -> None:
        self._function = function
        self._schedule = schedule
        self._now = now
        self._statuses = statuses
        self._worker = worker
        self._outputs = outputs
        self._one_at_a_time = asyncio.Lock()
        self._monitored = function.trigger.get("useMonitor", True)

    async def run(self) -> None:
        """Follow the schedule until cancelled."""
        due = self._first_due()
        if self._function.trigger.get("runOnStartup", False):
            await self.run_once(past_due=False)
        while due is not None:
            due = await self._until(due)
            started = self._now()
            await self.run_once(past_due=started - due > PAST_DUE)
            # Not from the end of the run: what comes due while it runs, or while the clock is moved, is made up for.
            due = self._schedule.next_after(started)

    async def run_once(self, *, past_due: bool) -> None:
        """Run now. What fails is logged and does not stop the schedule."""
        async with self._one_at_a_time:
            started = self._now()
            value = TypedData(json=json.dumps(self._value(past_due=past_due)))
            outcome = await self._worker.invoke(self._function, value)
            if not outcome.failure:
                await self._outputs.write(self._function, outcome)
            self._note_run(started)

    def _first_due(self) -> datetime | None:
        now = self._now()
        coming = self._schedule.next_after(now)
        before = self._statuses.read(self._function.name) if self._monitored else None
        if before is None:
            if coming:
                self._statuses.write(self._function.name, Status(None, coming, now))
            return coming
        missed = self._schedule.next_after(before.last or before.updated)
        return missed if missed and missed < now else coming

    async def _until(self, due: datetime) -> datetime:
        while (now := self._now()) < due:
            # A clock that was moved back brings an earlier occurrence before this one.
            due = min(due, self._schedule.next_after(now) or due)
            await asyncio.sleep(min((due - now).total_seconds(), LOOK_SECONDS))
        return due

    def _note_run(self, started: datetime) -> None:
        coming = self._schedule.next_after(started)
        if self._monitored and coming:
            self._statuses.write(self._function.name, Status(started, coming, self._now()))

    def _value(self, *, past_due: bool) -> dict[str, Any]:
        status = self._statuses.read(self._function.name) if self._monitored else None
        return {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status.as_json() if status else None,
            "IsPastDue": past_due,
        }
