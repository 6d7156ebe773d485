"""A run: one pass over an account, from the tick to its close."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum

from shared.errors import NotFound
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Delete, Insert, Replace, RowChange, Tables

READING_LIMIT = timedelta(minutes=45)
"""After this the tenants still pending are "timed out"."""
RUN_LIMIT = timedelta(hours=2, minutes=30)
"""After this waiting work of the run gives up: the digest waits for its run at most 3 h."""
DAY = timedelta(days=1)
LEFT_AFTER = timedelta(days=1)
"""So long after its end a run that does not close is asked to; what still fails then is not mended by waiting."""


class RunState(StrEnum):
    READING = "reading"
    PUSHING = "pushing"
    """The plan was made and its held changes are stored; PSA connections are being worked on."""
    CLOSED = "closed"


class RunKind(StrEnum):
    """Why there is a run."""

    NIGHTLY = "nightly"
    SYNC_NOW = "sync_now"
    APPROVAL = "approval"
    """It carries out what a person decided, an approved change or a list that is believed, and reads no tenant."""


class LineCounts(Document):
    """What the mapped lines looked like when the run closed."""

    unchanged: int = 0
    """In step, and not written by this run."""
    written: int = 0
    held: int = 0
    drift: int = 0
    frozen: int = 0
    failed: int = 0
    """Unknown, blocked, or not read in the PSA."""
    would_write: int = 0
    """Wanted differs, but the account is in preview."""
    scheduled: int = 0
    """Written on a later day, or at the next push."""

    def __add__(self, other: "LineCounts") -> "LineCounts":
        return LineCounts(
            **{name: getattr(self, name) + getattr(other, name) for name in LineCounts.model_fields}
        )


class Run(Document):
    """The nightly run has its local date as id; "sync now" and an approval have runs of their own."""

    id: str
    on: date
    started_at: datetime
    nightly: bool = True
    tenants: tuple[str, ...] | None = None
    """Which tenants to read; None: every added one."""
    state: RunState = RunState.READING
    connections: tuple[str, ...] = ()
    """PSA connections still to be worked on."""
    read: int = 0
    not_read: int = 0
    waiting: int = 0
    """Tenants that were still to be read when the reading was last looked at."""
    lines: LineCounts = LineCounts()
    closed_at: datetime | None = None
    who: str = ""
    """Who asked for it; "" for a night."""
    every_agreement: bool = False
    """It reads the lines of every agreement, for the certificate; else a share of those that need no write."""
    believes_lost: str = ""
    """A person said that the agreements which a PSA's list lost are gone: which, as a hash of their ids."""

    @property
    def kind(self) -> RunKind:
        if self.nightly:
            return RunKind.NIGHTLY
        return RunKind.APPROVAL if self.tenants == () else RunKind.SYNC_NOW

    @property
    def reading_ends(self) -> datetime:
        return self.started_at + READING_LIMIT

    @property
    def ends(self) -> datetime:
        return self.started_at + RUN_LIMIT


class OpenRun(Document):
    """A run that has not closed."""

    id: str
    ends: datetime


def start(tables: Tables, account: AccountId, run: Run) -> Run:
    """Store a run once; a second start of the same id gives the one that is there."""
    try:
        tables.commit(rows_of(account, run))
    except Conflict:
        return get(tables, account, run.id)
    return run


def rows_of(account: AccountId, run: Run) -> list[RowChange]:
    """The rows of a run that is new."""
    new: list[RowChange] = [Insert(keys.run(account, run.id), run)]
    if run.state is not RunState.CLOSED:
        new.append(Insert(keys.open_run(account, run.id), OpenRun(id=run.id, ends=run.ends)))
    return new


def get(tables: Tables, account: AccountId, run_id: str) -> Run:
    """Raises NotFound when there is no such run."""
    found = find(tables, account, run_id)
    if found is None:
        raise NotFound(f"there is no run '{run_id}'")
    return found


def find(tables: Tables, account: AccountId, run_id: str) -> Run | None:
    row = tables.get(keys.run(account, run_id))
    return row.read(Run) if row else None


def all_runs(tables: Tables, account: AccountId) -> Iterator[Run]:
    """Every kept run: two years of them, so ask `recent_nights` where that will do."""
    return (row.read(Run) for row in tables.rows(keys.runs(account), keys.RUNS))


def recent_nights(tables: Tables, account: AccountId, today: date) -> list[Run]:
    """The nightly runs of this month and the last, and of the next day: a zone may be ahead. Oldest first."""
    months = sorted({f"{day:%Y-%m}" for day in (today.replace(day=1) - DAY, today, today + DAY)})
    rows = (row for month in months for row in tables.rows(keys.runs(account), keys.runs_of_month(month)))
    return [run for run in (row.read(Run) for row in rows) if run.nightly]


def is_any_open(tables: Tables, account: AccountId) -> bool:
    """Something is read or pushed at this moment."""
    return any(True for _ in tables.rows(keys.runs(account), keys.OPEN_RUNS))


def past_their_end(tables: Tables, account: AccountId, now: datetime) -> Iterator[Run]:
    """Runs of night and day that ended within the last day and have not closed."""
    for row in tables.rows(keys.runs(account), keys.OPEN_RUNS):
        open_run = row.read(OpenRun)
        if open_run.ends < now <= open_run.ends + LEFT_AFTER:
            yield get(tables, account, open_run.id)


def update(tables: Tables, account: AccountId, run_id: str, change: Callable[[Run], Run]) -> Run:
    """Apply a change to the newest version of the run, again when somebody else was faster."""
    key = keys.run(account, run_id)
    while True:
        row = tables.get(key)
        if row is None:
            raise NotFound(f"there is no run '{run_id}'")
        before = row.read(Run)
        after = change(before)
        if after == before:
            return before
        changes: list[RowChange] = [Replace(key, after, row.etag)]
        if after.state is RunState.CLOSED and (mark := tables.get(keys.open_run(account, run_id))):
            changes.append(Delete(mark.key, mark.etag))
        try:
            tables.commit(changes)
        except Conflict:
            continue
        return after
