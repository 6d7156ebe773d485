"""What is due for an account at a tick. The answer depends only on what is stored, so a doubled tick does no harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.accounts import local_time, runs
from shared.accounts.account import Account
from shared.accounts.runs import Run, RunState
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.tables import Conflict, Insert, Replace, Tables

DIGEST_WAITS = timedelta(hours=3)
"""How long a digest waits for its run to close."""
WEST = 3
"""Days that a move west can set an account's date back: two by the zones (UTC+14 to UTC-11), one by the hour."""


class Schedule(Document):
    """How far the account's mails and its retention have come."""

    digest_on: date | None = None
    """The newest due date whose digest was dealt with."""
    urgent_as_of: datetime | None = None
    """Urgent rows that changed up to then were dealt with."""
    urgent_on: date | None = None
    """The newest local date on which urgent mails went out: at most one such mail a day."""
    urgent_again_on: date | None = None
    """From that local date on, what is urgent is mailed again to whom a mail did not reach; None: to nobody."""
    cleaned_on: date | None = None
    """The newest night after which old rows were deleted."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a tick starts. `stuck` are runs whose time is over and that must come to their end."""

    run_on: date | None = None
    stuck: tuple[Run, ...] = ()
    digest_on: date | None = None
    clean_on: date | None = None
    """The night whose run has closed and after which nothing was deleted yet."""


def of(tables: Tables, account: Account, now: datetime) -> Due:
    """What is due now."""
    on = local_time.newest_due(now, account.sync_hour, account.zone)
    run = _night(tables, account, on)
    closed = run is not None and run.state is RunState.CLOSED
    done = stored(tables, account)
    return Due(
        run_on=on if run is None else None,
        stuck=tuple(runs.past_their_end(tables, account.id, now)),
        digest_on=_digest_due(tables, account, done.digest_on, now),
        clean_on=run.on if run is not None and closed and _is_after(run.on, done.cleaned_on) else None,
    )


def _digest_due(tables: Tables, account: Account, done: date | None, now: datetime) -> date | None:
    """The due date of the digest that can go now: its run is closed, or was waited for long enough."""
    on = local_time.newest_due(now, account.digest.hour, account.zone, account.digest.frequency)
    at = local_time.local_instant(on, account.digest.hour, account.zone)
    if not _is_after(on, done) or at.timestamp() < account.since.timestamp():
        return None
    run = _night(tables, account, local_time.newest_due(at, account.sync_hour, account.zone))
    if run is not None and run.state is RunState.CLOSED:
        return on
    return on if now.timestamp() >= at.timestamp() + DIGEST_WAITS.total_seconds() else None


def _is_after(on: date, done: date | None) -> bool:
    return done is None or on > done


def _night(tables: Tables, account: Account, on: date) -> Run | None:
    """The run of that night, or of a later one: an account that moved west has had nights its date has yet to reach."""
    for days in range(WEST + 1):
        run = runs.find(tables, account.id, nightly_id(on + timedelta(days=days)))
        if run is not None:
            return run
    return None


def nightly_id(on: date) -> str:
    """A night's run has its date as id, so that it can be started only once."""
    return on.isoformat()


def stored(tables: Tables, account: Account) -> Schedule:
    row = tables.get(keys.setting(account.id, "schedule"))
    return row.read(Schedule) if row else Schedule()


def advance(
    tables: Tables,
    account: Account,
    *,
    digest_on: date | None = None,
    cleaned_on: date | None = None,
    urgent_again_on: date | None = None,
) -> None:
    """Remember what was dealt with; never goes back. `urgent_again_on`: an urgent mail did not arrive, so it is due."""
    _change(
        tables,
        account,
        lambda before: before.model_copy(
            update={
                "digest_on": _newest(before.digest_on, digest_on),
                "cleaned_on": _newest(before.cleaned_on, cleaned_on),
                "urgent_again_on": urgent_again_on or before.urgent_again_on,
            }
        ),
    )


def mailed(
    tables: Tables,
    account: Account,
    *,
    as_of: datetime,
    digest_on: date | None,
    urgent_on: date | None,
    again_on: date | None,
) -> None:
    """Remember up to when mails told what is urgent, and when they are tried again where they did not arrive."""
    _change(
        tables,
        account,
        lambda before: before.model_copy(
            update={
                "digest_on": _newest(before.digest_on, digest_on),
                "urgent_as_of": _newest(before.urgent_as_of, as_of),
                "urgent_on": _newest(before.urgent_on, urgent_on),
                "urgent_again_on": again_on,
            }
        ),
    )


def _newest[D: date](before: D | None, after: D | None) -> D | None:
    return max(filter(None, (before, after)), default=None)


def _change(tables: Tables, account: Account, change: Callable[[Schedule], Schedule]) -> None:
    key = keys.setting(account.id, "schedule")
    while True:
        row = tables.get(key)
        before = row.read(Schedule) if row else Schedule()
        after = change(before)
        if after == before:
            return
        try:
            tables.commit([Replace(key, after, row.etag) if row else Insert(key, after)])
        except Conflict:
            continue
        return
