"""One virtual clock for every process of a sandbox, kept in its state folder."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path


class SandboxClock:
    """Real time plus an offset that `control` moves; every process sees a move at its next question."""

    def __init__(self, state: Path) -> None:
        self._file = state / "clock.json"
        self._read_at = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._current_offset()

    def move_to(self, instant: datetime) -> None:
        self.move_by(instant - self.now())

    def move_by(self, span: timedelta) -> None:
        offset = self._current_offset() + span
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_seconds": offset.total_seconds()}))
        fresh.replace(self._file)

    def _current_offset(self) -> timedelta:
        try:
            written = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return timedelta()
        if written != self._read_at:
            self._offset = timedelta(seconds=json.loads(self._file.read_text())["offset_seconds"])
            self._read_at = written
        return self._offset
