"""Every word of a digest that is not a row's own: subject, head, sections, and what it says of rows left out."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from shared.accounts.account import Account
from shared.accounts.local_time import newest_due
from shared.accounts.preferences import Frequency
from shared.alerts.digest.decide import DigestKind, DueMail, key_of, rank
from shared.alerts.digest.memory import RowState
from shared.alerts.digest.view import BlockView, DigestView, GroupView, RowView, SectionView
from shared.alerts.listing import alert_id
from shared.alerts.models import Alert, Evaluation, Finding
from shared.alerts.rules import BY_SLUG
from shared.text import header_text, one_line, unlinked

BADGES = {
    RowState.NEW: "New",
    RowState.OPEN_AGAIN: "Open again",
    RowState.CHANGED: "Changed",
    RowState.OPEN: "",
}


def no_link(_: Finding) -> str:
    """Of an installation that has no address for links."""
    return ""


@dataclass(frozen=True, slots=True)
class DigestWords:
    """Puts a mail into words for one account and recipient."""

    account: Account
    evaluation: Evaluation
    recipient: str
    now: datetime
    exclude: Callable[[Finding], str] = no_link
    """Makes the exclude link of a row for this recipient, "" for none."""
    web: str = ""
    """The address of the front end, without a path: each row links to itself there. "" is none."""

    def view(self, mail: DueMail, shown: Collection[str]) -> DigestView:
        """The mail with the rows whose keys are in `shown`; of the others it tells the number and the money."""
        first = min(mail.news or mail.still_open, key=rank).finding
        rows = len(mail.rows)
        more = f" · and {rows - 1:,} more" if rows > 1 else ""
        groups = ((self._fresh(mail), mail.news), ("Still open", mail.still_open))
        return DigestView(
            kind=mail.kind,
            recipient=self.recipient,
            account_name=unlinked(one_line(self.account.name, 80)),
            subject=self._subject(mail),
            preheader=unlinked(f"{one_line(first.who, 60)}: {one_line(first.what, 120)}{more}"),
            headline=self._headline(mail),
            synced=self._synced(),
            warning=self._warning(mail.kind),
            attached=self._attached(mail, len(shown)),
            groups=tuple(
                GroupView(title, self._sections(mail, members, shown)) for title, members in groups if members
            ),
            reason=self._reason(mail.kind),
        )

    def _subject(self, mail: DueMail) -> str:
        if mail.kind is DigestKind.REMINDER:
            return f"Reminder: {_items(len(mail.rows))}"
        lead = "Urgent" if mail.kind is DigestKind.URGENT else self._counted(mail)
        if len(mail.news) == 1:
            only = mail.news[0].finding
            return f"{lead}: {BY_SLUG[only.slug].words.one} – {unlinked(header_text(only.who, 60))}"
        counts = Counter(alert.finding.slug for alert in mail.news)
        rules = [rule for rule in BY_SLUG.values() if rule.slug in counts]
        story = [rule.words.count(counts[rule.slug]) for rule in rules]
        rest = len(mail.news) - sum(counts[rule.slug] for rule in rules[:3])
        return f"{lead}: {', '.join(story[:3] + ([f'{rest:,} more'] if rest else []))}"

    def _fresh(self, mail: DueMail) -> str:
        found = {mail.state(alert) for alert in mail.news}
        words = [BADGES[state].lower() for state in BADGES if state in found]
        return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))).capitalize()

    def _counted(self, mail: DueMail) -> str:
        counts = Counter(mail.state(alert) for alert in mail.news)
        return ", ".join(f"{counts[state]:,} {BADGES[state].lower()}" for state in BADGES if counts[state])

    def _headline(self, mail: DueMail) -> str:
        if mail.kind is DigestKind.REMINDER:
            return f"{len(mail.still_open):,} still open"
        still = f", {len(mail.still_open):,} still open" if mail.still_open else ""
        if mail.kind is DigestKind.URGENT:
            return f"{len(mail.news):,} urgent{still}"
        return self._counted(mail) + still

    def _sections(
        self, mail: DueMail, members: Sequence[Alert], shown: Collection[str]
    ) -> tuple[SectionView, ...]:
        order = list(BY_SLUG)
        ranked = sorted(members, key=lambda alert: (order.index(alert.finding.slug), rank(alert)))
        return tuple(
            self._section(mail, slug, list(rows), shown)
            for slug, rows in groupby(ranked, key=lambda alert: alert.finding.slug)
        )

    def _section(
        self, mail: DueMail, slug: str, alerts: Sequence[Alert], shown: Collection[str]
    ) -> SectionView:
        words = BY_SLUG[slug].words
        seen = [alert for alert in alerts if key_of(alert) in shown]
        left_out = [alert for alert in alerts if key_of(alert) not in shown]
        return SectionView(
            title=words.title,
            to_do=words.to_do if seen else "",
            who=words.who,
            money=self._money_of(alerts) if len(alerts) > 1 or not seen else "",
            count=len(alerts),
            blocks=self._blocks(mail, seen),
            more=self._more(left_out) if seen else "",
        )

    def _blocks(self, mail: DueMail, alerts: Sequence[Alert]) -> tuple[BlockView, ...]:
        """The rows of one customer together, where the first of them stands."""
        blocks: dict[str, list[RowView]] = {}
        for alert in alerts:
            of = alert.finding.tenant_id or key_of(alert)
            blocks.setdefault(of, []).append(self._row(alert, mail.state(alert)))
        return tuple(BlockView(rows[0].who, tuple(rows)) for rows in blocks.values())

    def _more(self, left_out: Sequence[Alert]) -> str:
        if not left_out:
            return ""
        money = self._money_of(left_out)
        return f"And {len(left_out):,} more of this kind{f', {money} together' if money else ''}."

    def _attached(self, mail: DueMail, shown: int) -> str:
        rows, left_out = len(mail.rows), len(mail.rows) - shown
        if not left_out:
            return ""
        new = len(mail.news) - min(shown, len(mail.news))
        waits = f" {new:,} of them are new or changed and come first in the next mails." if new else ""
        return f"{shown:,} of {rows:,} rows are shown, {left_out:,} are counted; all are in the attached file.{waits}"

    def _row(self, alert: Alert, state: RowState) -> RowView:
        since = alert.not_checked_since
        return RowView(
            who=unlinked(one_line(alert.finding.who, 120)),
            what=unlinked(one_line(alert.finding.what)),
            fix=unlinked(one_line(alert.finding.fix)),
            badge=BADGES[state],
            age=self._age(alert, state),
            money=self._money(alert.finding.money),
            unchecked=f"not checked since {self._day(since)}" if since else "",
            exclude=self.exclude(alert.finding),
            open=f"{self.web}/accounts/{self.account.id}/exceptions/{alert_id(alert)}" if self.web else "",
        )

    def _age(self, alert: Alert, state: RowState) -> str:
        if state is RowState.NEW:
            return ""
        if state is RowState.OPEN_AGAIN and alert.first_opened_at is not None:
            return f"first seen {self._day(alert.first_opened_at)}"
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
            single = run.tenants_not_read == 1
            count = f"{run.tenants_not_read:,} tenant{'' if single else 's'} could not be read"
            return (
                f"{count}; {'its' if single else 'their'} rows and quantities stay as they were. {complete}"
            )
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

    def _money_of(self, alerts: Sequence[Alert]) -> str:
        return self._money(sum((alert.finding.money for alert in alerts), Decimal(0)))

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


def _items(count: int) -> str:
    return f"{count:,} open item{'' if count == 1 else 's'}"
