"""What is kept of each mail: what became of it, for the pages, the alerts and a repeat that a person asks for."""

import hashlib
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from shared.mail.base import UndeliverableReason
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.tables import Key, Tables


class MailState(StrEnum):
    CLAIMED = "claimed"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDELIVERABLE = "undeliverable"
    """The provider delivers nothing to the address, or did not deliver this mail although it had accepted it."""


ENDED = frozenset({MailState.DONE, MailState.REFUSED, MailState.UNKNOWN, MailState.UNDELIVERABLE})
FAILED = ENDED - {MailState.DONE}
"""Nobody can rely on it that such a mail was read."""


class MailRow(Document):
    """One mail of one kind to one recipient on one local date."""

    mail_id: str
    kind: str
    on: date
    recipient: str
    state: MailState
    since: datetime
    """When it came into this state."""
    free_at: datetime
    """Only for `claimed`: from then on anyone may claim it again."""
    refusals: int = 0
    """Definite temporary refusals so far."""
    subject: str = ""
    reference: str = ""
    undeliverable: UndeliverableReason | None = None
    """Only for `undeliverable`."""
    why: str = ""
    """The provider's own words."""

    @property
    def can_be_sent_again(self) -> bool:
        """It did not arrive, or nothing is known of it."""
        return self.state in FAILED


class MailName(NamedTuple):
    """Which mail: there is at most one of a kind, date and recipient."""

    account: keys.AccountId
    kind: str
    on: date
    recipient: str

    @property
    def id(self) -> str:
        """The same mail has the same id, whoever sends it."""
        text = f"{self.account}|{self.kind}|{self.on.isoformat()}|{self.recipient}"
        return f"{self.account}-{self.kind}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @property
    def key(self) -> Key:
        return keys.mail(*self)

    @property
    def again(self) -> "MailName":
        """The one that repeats it: it follows from this one, so two people who ask at once ask for the same mail."""
        found = _SENT_BEFORE.fullmatch(self.kind)
        kind = f"{found[1]}-again{int(found[2]) + 1}" if found else f"{self.kind}-again1"
        return self._replace(kind=kind)


_SENT_BEFORE = re.compile(r"(.+)-again(\d+)")


def first_kind(kind: str) -> str:
    """The kind of the mail that a mail sent again repeats."""
    found = _SENT_BEFORE.fullmatch(kind)
    return found[1] if found else kind


REPORT: Final = "report-"
"""How the kind of a monthly report's mail begins; the company's id follows."""


def reported_company(kind: str) -> str:
    """The id of the company whose report a mail of this kind is; "" for any other mail."""
    kind = first_kind(kind)
    return kind.removeprefix(REPORT) if kind.startswith(REPORT) else ""


def mails(tables: Tables, account: keys.AccountId) -> Iterator[MailRow]:
    """Every mail of the account by date."""
    return (row.read(MailRow) for row in tables.rows(keys.mails(account), keys.MAILS))


def mails_since(tables: Tables, account: keys.AccountId, on: date) -> Iterator[MailRow]:
    """Those of a local date and of later ones."""
    rows = tables.rows(keys.mails(account), keys.MAILS, after=keys.mails_of_day(on))
    return (row.read(MailRow) for row in rows)


def newest_mails(
    tables: Tables, account: keys.AccountId, on: date, kinds: Collection[str]
) -> dict[str, MailRow]:
    """Each recipient's newest mail of these kinds that came to an end, of the month of `on` and the one before."""
    newest: dict[str, MailRow] = {}
    for mail in _ended(tables, account, on):
        if first_kind(mail.kind) in kinds:
            newest[mail.recipient] = max(newest.get(mail.recipient, mail), mail, key=_later)
    return newest


def not_arrived(tables: Tables, account: keys.AccountId, on: date) -> tuple[MailRow, ...]:
    """Each recipient's newest mail, where it did not arrive or nothing is known of it.

    The reports of each company stand for themselves: no other mail makes up for one.
    """
    newest: dict[tuple[str, str], MailRow] = {}
    for mail in _ended(tables, account, on):
        of = mail.recipient, reported_company(mail.kind)
        newest[of] = max(newest.get(of, mail), mail, key=_later)
    return tuple(mail for mail in newest.values() if mail.state in FAILED)


def _ended(tables: Tables, account: keys.AccountId, on: date) -> Iterator[MailRow]:
    for month in ((on.replace(day=1) - timedelta(days=1)).strftime("%Y-%m"), on.strftime("%Y-%m")):
        for row in tables.rows(keys.mails(account), keys.mails_of_month(month)):
            mail = row.read(MailRow)
            if mail.state in ENDED:
                yield mail


def _later(mail: MailRow) -> tuple[datetime, bool]:
    return mail.since, mail.state is MailState.DONE
