"""The words of a digest: its groups, sections and rows in their order, its subject and its lines above and below."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

from shared.accounts.account import Account
from shared.accounts.due import newest_due
from shared.accounts.preferences import Frequency
from shared.alerts.models import Alert, Evaluation, Finding
from shared.alerts.rules import BY_SLUG
from shared.mail.delivery import Told
from shared.text import header_text, one_line

ROWS_SHOWN = 40
"""Of one kind in one mail: nobody works through more in a morning, and mail programs cut longer mails off."""


class DigestKind(StrEnum):
    NEWS = "news"
    REMINDER = "reminder"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class RowView:
    who: str
    what: str
    fix: str
    badge: str
    """"New", "Changed", or "" for a repeat."""
    age: str
    """"open 9 days" for a repeat, else ""."""
    money: str
    """Per month with the currency's symbol, "" when nothing is known to be at stake."""
    unchecked: str
    """"not checked since 20 Nov", or ""."""
    exclude: str
    """The address of the page that excludes what the row is about, "" when that cannot be."""


@dataclass(frozen=True, slots=True)
class SectionView:
    title: str
    to_do: str
    who: str
    """Over the first column."""
    money: str
    count: int
    rows: tuple[RowView, ...]
    """The first ROWS_SHOWN of them."""
    more: str
    """What is said of the others, or ""."""


@dataclass(frozen=True, slots=True)
class GroupView:
    title: str
    sections: tuple[SectionView, ...]

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)


@dataclass(frozen=True, slots=True)
class DigestView:
    """One mail to one recipient, all in words; `as_of` is how far it has told them."""

    kind: DigestKind
    recipient: str
    account_name: str
    subject: str
    preheader: str
    headline: str
    synced: str
    warning: str
    groups: tuple[GroupView, ...]
    reason: str
    as_of: datetime
    now: datetime

    def tell(self, told: Told) -> Told:
        """What the recipient was told once this mail is accepted."""
        if self.kind is DigestKind.URGENT:
            return told.model_copy(
                update={"urgent_as_of": _later(told.urgent_as_of, self.as_of), "urgent_at": self.now}
            )
        return told.model_copy(
            update={"digest_as_of": _later(told.digest_as_of, self.as_of), "all_rows_at": self.now}
        )


def is_news(alert: Alert, told: Told) -> bool:
    """New, changed or raised again since the last mail that would have said so."""
    as_of = _told_up_to(alert, told)
    return as_of is None or alert.changed_at > as_of


def _told_up_to(alert: Alert, told: Told) -> datetime | None:
    """Changes of this alert up to then are known: a digest tells all rows, an urgent mail only the urgent ones."""
    if alert.finding.urgent and told.urgent_as_of:
        return _later(told.digest_as_of, told.urgent_as_of)
    return told.digest_as_of


def _later(a: datetime | None, b: datetime) -> datetime:
    return b if a is None else max(a, b)


def no_link(_: Finding) -> str:
    """Of an installation that has no address for links."""
    return ""


@dataclass(frozen=True, slots=True)
class Writer:
    """Puts alerts into words for one account and recipient."""

    told: Told
    account: Account
    evaluation: Evaluation
    recipient: str
    now: datetime
    exclude: Callable[[Finding], str] = no_link
    """Makes the exclude link of a row for this recipient, "" for none."""

    def view(self, kind: DigestKind, rows: Sequence[Alert], news: Sequence[Alert]) -> DigestView:
        old = [alert for alert in rows if not is_news(alert, self.told)]
        first = min(news or old, key=rank).finding
        more = f" · and {len(rows) - 1:,} more" if len(rows) > 1 else ""
        return DigestView(
            kind=kind,
            recipient=self.recipient,
            account_name=one_line(self.account.name, 80),
            subject=self._subject(kind, rows, news),
            preheader=f"{one_line(first.who, 60)}: {one_line(first.what, 120)}{more}",
            headline=self._headline(kind, news, old),
            synced=self._synced(),
            warning=self._warning(kind),
            groups=tuple(
                GroupView(title, self._sections(members))
                for title, members in ((self._fresh(news), news), ("Still open", old))
                if members
            ),
            reason=self._reason(kind),
            as_of=self.evaluation.at,
            now=self.now,
        )

    def _subject(self, kind: DigestKind, rows: Sequence[Alert], news: Sequence[Alert]) -> str:
        if kind is DigestKind.REMINDER:
            return f"Reminder: {_items(len(rows))}"
        lead = "Urgent" if kind is DigestKind.URGENT else self._counted(news)
        if len(news) == 1:
            only = news[0].finding
            return f"{lead}: {BY_SLUG[only.slug].words.one} – {header_text(only.who, 60)}"
        counts = Counter(alert.finding.slug for alert in news)
        rules = [rule for rule in BY_SLUG.values() if rule.slug in counts]
        story = [rule.words.count(counts[rule.slug]) for rule in rules]
        rest = len(news) - sum(counts[rule.slug] for rule in rules[:3])
        return f"{lead}: {', '.join(story[:3] + ([f'{rest:,} more'] if rest else []))}"

    def _fresh(self, news: Sequence[Alert]) -> str:
        return " and ".join(sorted({self._badge(alert) for alert in news}, reverse=True)).capitalize()

    def _counted(self, news: Sequence[Alert]) -> str:
        changed = sum(self._badge(alert) == "Changed" for alert in news)
        parts = [f"{n:,} {word}" for n, word in ((len(news) - changed, "new"), (changed, "changed")) if n]
        return ", ".join(parts)

    def _headline(self, kind: DigestKind, news: Sequence[Alert], old: Sequence[Alert]) -> str:
        if kind is DigestKind.REMINDER:
            return f"{len(old):,} still open"
        still = f", {len(old):,} still open" if old else ""
        if kind is DigestKind.URGENT:
            return f"{len(news):,} urgent{still}"
        return self._counted(news) + still

    def _sections(self, members: Sequence[Alert]) -> tuple[SectionView, ...]:
        order = list(BY_SLUG)
        ranked = sorted(members, key=lambda alert: (order.index(alert.finding.slug), rank(alert)))
        return tuple(
            self._section(slug, list(rows)) for slug, rows in groupby(ranked, key=lambda a: a.finding.slug)
        )

    def _section(self, slug: str, alerts: Sequence[Alert]) -> SectionView:
        words = BY_SLUG[slug].words
        total = sum((alert.finding.money for alert in alerts), Decimal(0))
        return SectionView(
            title=words.title,
            to_do=words.to_do,
            who=words.who,
            money=self._money(total) if len(alerts) > 1 else "",
            count=len(alerts),
            rows=tuple(self._row(alert) for alert in alerts[:ROWS_SHOWN]),
            more=self._more(alerts[ROWS_SHOWN:]),
        )

    def _more(self, alerts: Sequence[Alert]) -> str:
        if not alerts:
            return ""
        money = self._money(sum((alert.finding.money for alert in alerts), Decimal(0)))
        worth = f", {money} together" if money else ""
        return f"And {len(alerts):,} more of this kind{worth}: settle the ones above first."

    def _row(self, alert: Alert) -> RowView:
        badge = self._badge(alert)
        since = alert.not_checked_since
        return RowView(
            who=one_line(alert.finding.who, 120),
            what=one_line(alert.finding.what),
            fix=one_line(alert.finding.fix),
            badge=badge,
            age="" if badge == "New" else self._age(alert),
            money=self._money(alert.finding.money),
            unchecked=f"not checked since {self._day(since)}" if since else "",
            exclude=self.exclude(alert.finding),
        )

    def _badge(self, alert: Alert) -> str:
        if not is_news(alert, self.told):
            return ""
        known = _told_up_to(alert, self.told)
        return "Changed" if known and alert.opened_at <= known else "New"

    def _age(self, alert: Alert) -> str:
        days = (self._date(self.now) - self._date(alert.opened_at)).days
        return "open since today" if days < 1 else f"open {days:,} day{'s' if days > 1 else ''}"

    def _synced(self) -> str:
        run = self.evaluation
        at = self._local(run.at)
        of = f"{run.tenants_read:,} of {run.tenants_read + run.tenants_not_read:,} tenants read"
        return f"Synced {self._day(run.at)} {at:%H:%M} · {of}"

    def _warning(self, kind: DigestKind) -> str:
        run = self.evaluation
        complete = f"Last complete sync: {self._day_and_time(run.last_complete)}."
        if kind is not DigestKind.URGENT and run.on_date < self._night():
            return f"Tonight's sync has not finished, so these rows are as of the one before. {complete}"
        if run.tenants_not_read:
            one = run.tenants_not_read == 1
            count = f"{run.tenants_not_read:,} tenant{'' if one else 's'} could not be read"
            return f"{count}; {'its' if one else 'their'} rows and quantities stay as they were. {complete}"
        return ""

    def _night(self) -> date:
        """The newest date whose sync has begun: an account may sync after its digest."""
        return newest_due(self.now, self.account.sync_hour, self.account.zone)

    def _reason(self, kind: DigestKind) -> str:
        often = {
            Frequency.DAILY: "every day",
            Frequency.WEEKLY: "on Mondays",
            Frequency.MONTHLY: "on the 1st of a month",
        }[self.account.digest.frequency]
        if kind is DigestKind.URGENT:
            return "Urgent mails go out as soon as something must not wait, at most one a day."
        return (
            f"Digests go out {often} at {self.account.digest.hour:02}:00 ({self.account.timezone}) when something is "
            f"new or changed. What is only still open is repeated {self._again()}."
        )

    def _again(self) -> str:
        """When a reminder comes: on a due date of the digest, so never before the next."""
        days, frequency = self.account.digest.repeat_after_days, self.account.digest.frequency
        shortest = {Frequency.DAILY: 1, Frequency.WEEKLY: 7, Frequency.MONTHLY: 28}[frequency]
        if days <= shortest:
            return {Frequency.DAILY: "every day", Frequency.WEEKLY: "every Monday"}.get(
                frequency, "every month"
            )
        return (
            f"after {days} days"
            if frequency is Frequency.DAILY
            else f"with the first digest after {days} days"
        )

    def _money(self, amount: Decimal) -> str:
        if amount <= 0:
            return ""
        symbol = one_line(self.account.currency_symbol, 8)
        return f"{symbol}{'\u00a0' if symbol[-1:].isalpha() else ''}{amount:,.2f} a month"

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.account.zone)

    def _date(self, at: datetime) -> date:
        return self._local(at).date()

    def _day(self, at: datetime) -> str:
        local = self._local(at)
        year = "" if local.year == self._local(self.now).year else f" {local.year}"
        return f"{local.day} {local:%b}{year}"

    def _day_and_time(self, at: datetime | None) -> str:
        return f"{self._day(at)} {self._local(at):%H:%M}" if at else "none yet"


def rank(alert: Alert) -> tuple[Decimal, date, datetime, int, str, str]:
    """Most money first, then the soonest, the oldest, most seats; the rest makes the order the same every time."""
    row = alert.finding
    due = row.until or date.max
    return -row.money, due, alert.opened_at, -row.seats, row.who.casefold(), row.identity


def _items(count: int) -> str:
    return f"{count:,} open item{'' if count == 1 else 's'}"
