"""Whether a recipient gets a mail now, of which kind, and which rows may stand in it: silence is the normal case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from shared.accounts.account import Account
from shared.alerts.digest.memory import NEWS, DigestMemory, RowState
from shared.alerts.models import Alert, Evaluation

OPEN_LINES = 10
"""Rows that are only still open, in a mail that is no repeat: the rest is counted."""


class DigestKind(StrEnum):
    NEWS = "news"
    REMINDER = "reminder"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail that should go out, before it is known how much of it fits."""

    kind: DigestKind
    states: dict[str, RowState]
    """What each row is to the recipient, by `key_of`."""
    news: tuple[Alert, ...]
    """The first are the last to be left out."""
    still_open: tuple[Alert, ...]
    repeats: bool
    """What is only still open is repeated, too."""

    @property
    def rows(self) -> tuple[Alert, ...]:
        return self.news + self.still_open

    @property
    def candidates(self) -> tuple[Alert, ...]:
        """The rows that may be shown, in the order in which they get their place."""
        return self.news + (self.still_open if self.repeats else self.still_open[:OPEN_LINES])

    def state(self, alert: Alert) -> RowState:
        return self.states[key_of(alert)]


def decide(
    alerts: Iterable[Alert],
    memory: DigestMemory,
    account: Account,
    evaluation: Evaluation,
    *,
    due: bool,
    now: datetime,
) -> DueMail | None:
    """The mail that this recipient should get now, or None.

    `alerts` are those that concern the recipient; `due`: today is a date of their digest and its run is closed or
    overdue. What changed after the evaluation is left for the next mail, which will call it new.
    """
    rows = [alert for alert in alerts if alert.open and alert.changed_at <= evaluation.at]
    if not due:
        rows = [alert for alert in rows if alert.finding.urgent]
        if memory.urgent_at and _date(account, memory.urgent_at) == _date(account, now):
            return None
    states = {key_of(alert): memory.state(alert) for alert in rows}
    rows.sort(key=lambda alert: (not alert.finding.urgent, rank(alert)))
    news = tuple(alert for alert in rows if states[key_of(alert)] in NEWS)
    still_open = tuple(alert for alert in rows if states[key_of(alert)] not in NEWS)
    repeats = due and any(_repeat_is_due(alert, memory, account, now) for alert in still_open)
    if news:
        kind = DigestKind.NEWS if due else DigestKind.URGENT
    elif repeats:
        kind = DigestKind.REMINDER
    else:
        return None
    return DueMail(kind, states, news, still_open, repeats)


def key_of(alert: Alert) -> str:
    return f"{alert.finding.slug}|{alert.finding.identity}"


def rank(alert: Alert) -> tuple[Decimal, date, datetime, int, str, str]:
    """Most money first, then the soonest, the oldest, most seats; the rest makes the order the same every time."""
    row = alert.finding
    due = row.until or date.max
    return -row.money, due, alert.opened_at, -row.seats, row.who.casefold(), row.identity


def _repeat_is_due(alert: Alert, memory: DigestMemory, account: Account, now: datetime) -> bool:
    """Counted in local days, so that a digest some seconds earlier in the morning does not wait another day.

    An urgent mail says all urgent rows and no others.
    """
    mails = (memory.all_rows_at, memory.urgent_at if alert.finding.urgent else None)
    last = max(filter(None, mails), default=None)
    return (
        last is None or (_date(account, now) - _date(account, last)).days >= account.digest.repeat_after_days
    )


def _date(account: Account, at: datetime) -> date:
    return at.astimezone(account.zone).date()
