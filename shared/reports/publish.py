"""Making a company's monthly report, keeping it, and sending it once to each recipient."""

import gzip
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from shared.accounts.account import Account
from shared.accounts.companies import all_companies
from shared.accounts.company import Company
from shared.accounts.report_settings import settings_of
from shared.errors import NotFound, Rejected, RetryLater
from shared.mail import delivery
from shared.mail.base import Mail, Transport
from shared.mail.delivery import DeliveryResult, MailToSend, deliver
from shared.mail.records import FAILED, REPORT, MailName, MailRow, reported_company
from shared.reports.load import month_of
from shared.reports.mail import MadeReport, bodies
from shared.reports.models import Month
from shared.reports.pdf import pdf
from shared.reports.wording import ReportView, report_view
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.documents import Document
from shared.storage.tables import Put, Tables
from shared.text import header_text

_log = logging.getLogger("seatwise.reports")
_VIEW: Final = TypeAdapter(ReportView)


class ReportState(StrEnum):
    MADE = "made"
    """It is kept; not every recipient has been dealt with."""
    SENT = "sent"
    """Every recipient of then has been dealt with: nothing more is sent by itself."""
    NOTHING = "nothing"
    """There was nothing to tell of the month, so none was made."""


class Report(Document):
    """What became of a company's month."""

    company: str
    month: str
    state: ReportState
    made_at: datetime
    code: str = ""
    """Why there was nothing to tell."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """How an installation's reports are made and leave."""

    tables: Tables
    blobs: Blobs
    transport: Transport
    sender: str
    reply_to: str = ""


def send_due(publisher: Publisher, account: Account, company_id: str, month: Month, now: datetime) -> None:
    """Send the report of a month to each recipient of the company's settings, unless that was done before.

    Safe to repeat, and to be cut off at any moment: what is kept is used again, and each mail leaves at most once.
    Raises RetryLater when a mail could not leave yet.
    """
    tables = publisher.tables
    company = find_company(tables, account, company_id)
    settings = settings_of(tables, account.id, company_id)
    known = report_of(tables, account, company_id, month)
    if company is None or not settings.scheduled or (known and known.state is not ReportState.MADE):
        return
    try:
        made = kept_or_made(publisher, account, company, month, now)
    except Rejected as rejected:
        _note(
            publisher,
            account,
            Report(
                company=company_id,
                month=str(month),
                state=ReportState.NOTHING,
                made_at=now,
                code=rejected.code,
            ),
        )
        _log.warning("%s: no report of %s for %s: %s", account.id, month, company_id, rejected.code)
        return
    _send_to_each(publisher, account, made, (company_id, month, settings.recipients), now)
    done = Report(company=company_id, month=str(month), state=ReportState.SENT, made_at=now)
    _note(publisher, account, done)


def _send_to_each(
    publisher: Publisher,
    account: Account,
    made: MadeReport,
    what: tuple[str, Month, Sequence[str]],
    now: datetime,
) -> None:
    """`what`: company, month and recipients. Raises RetryLater when a mail could not leave yet."""
    company_id, month, recipients = what
    waiting = None
    for recipient in recipients:
        name = mail_name(account, company_id, month, recipient)
        writer = _Writer(publisher, account, made, name)
        try:
            result = deliver(publisher.tables, publisher.transport, name, writer, now)
        except RetryLater as later:
            waiting = later
            continue
        if result.state in FAILED:
            _log.error("%s: the report %s is %s: %s", account.id, name.id, result.state, result.why)
    if waiting is not None:
        raise waiting


def kept_or_made(
    publisher: Publisher, account: Account, company: Company, month: Month, now: datetime
) -> MadeReport:
    """The report that is kept of the month, or a new one, which is kept from now on. Raises Rejected."""
    kept = kept_report(publisher.blobs, account, company.id, month)
    if kept is not None:
        return kept
    if month.last >= now.astimezone(account.zone).date():
        raise Rejected(
            "The month is not over: its report can be looked at, and is sent on the 1st.", "not_over"
        )
    made = make(publisher, account, company, month, now)
    for ending, data in (
        ("png", made.logo),
        ("json.gz", gzip.compress(_VIEW.dump_json(made.view), mtime=0)),
        ("pdf", made.pdf),  # last: a report is kept when its PDF is
    ):
        if data is not None:
            publisher.blobs.put(keys.report_blob(account.id, company.id, str(month), ending), data)
    _note(
        publisher, account, Report(company=company.id, month=str(month), state=ReportState.MADE, made_at=now)
    )
    return made


def kept_report(blobs: Blobs, account: Account, company_id: str, month: Month) -> MadeReport | None:
    """As it was made, with the logo of then."""
    data, view, logo = (
        blobs.get(keys.report_blob(account.id, company_id, str(month), ending))
        for ending in ("pdf", "json.gz", "png")
    )
    if data is None or view is None:
        return None
    return MadeReport(_VIEW.validate_json(gzip.decompress(view)), data, logo)


def make(publisher: Publisher, account: Account, company: Company, month: Month, now: datetime) -> MadeReport:
    """A report by what is stored now; nothing is kept or sent. Raises Rejected where there is nothing to tell."""
    figures = month_of(publisher.tables, publisher.blobs, account, company, month, now)
    settings = settings_of(publisher.tables, account.id, company.id)
    view = report_view(figures, account, prices=settings.prices)
    logo = publisher.blobs.get(keys.logo_blob(account.id))
    return MadeReport(view, pdf(view, logo), logo)


def send_test(
    publisher: Publisher, account: Account, company: Company, month: Month, to: str, now: datetime
) -> DeliveryResult:
    """Send one report to whoever asks for it: at most one a minute."""
    made = replace(make(publisher, account, company, month, now), test=True)
    on = now.astimezone(account.zone)
    name = MailName(account.id, f"test-report-{company.id}-{month}-{on:%H%M}", on.date(), to)
    return deliver(publisher.tables, publisher.transport, name, _Writer(publisher, account, made, name), now)


def send_again(
    publisher: Publisher, account: Account, company: Company, month: Month, at: tuple[str, int, datetime]
) -> DeliveryResult:
    """Send the kept report to one of its recipients once more. `at`: to whom, how many mails of it they were sent,
    and when. Two people who ask at once ask for the same mail. Raises NotFound, Rejected and RetryLater.
    """
    recipient, times, now = at
    if recipient not in settings_of(publisher.tables, account.id, company.id).recipients:
        raise Rejected("This is not a recipient of the company's reports.", "not_a_recipient", "recipient")
    made = kept_report(publisher.blobs, account, company.id, month)
    if made is None:
        raise NotFound(f"There is no report of {month} yet.")
    sent = mails_of(publisher.tables, account, company.id, month, recipient)
    if times > len(sent):
        raise Rejected("So many mails of this report were not sent: look again.", "other_numbers", "times")
    name = mail_name(account, company.id, month, recipient)
    for _ in range(times):
        name = name.again
    return deliver(publisher.tables, publisher.transport, name, _Writer(publisher, account, made, name), now)


def send_failed_again(
    publisher: Publisher, account: Account, failed_id: str, now: datetime
) -> DeliveryResult:
    """Send a report whose mail did not arrive once more. No state: its recipient is none any more.

    Raises NotFound, Rejected and RetryLater.
    """

    def write(name: MailName) -> MailToSend | None:
        company_id = reported_company(name.kind)
        made = kept_report(publisher.blobs, account, company_id, Month.of(name.on).before)
        if (
            made is None
            or name.recipient not in settings_of(publisher.tables, account.id, company_id).recipients
        ):
            return None
        return _Writer(publisher, account, made, name)()

    return delivery.send_again(publisher.tables, publisher.transport, account.id, failed_id, write, now)


def mails_of(
    tables: Tables, account: Account, company_id: str, month: Month, recipient: str
) -> list[MailRow]:
    """The mails of a report to one recipient, the first one first."""
    found, name = [], mail_name(account, company_id, month, recipient)
    while (row := tables.get(name.key)) is not None:
        found.append(row.read(MailRow))
        name = name.again
    return found


def mail_name(account: Account, company_id: str, month: Month, recipient: str) -> MailName:
    return MailName(account.id, f"{REPORT}{company_id}", month.next.first, recipient)


def report_of(tables: Tables, account: Account, company_id: str, month: Month) -> Report | None:
    row = tables.get(keys.report(account.id, company_id, str(month)))
    return row.read(Report) if row else None


def reports_of(tables: Tables, account: Account, company_id: str) -> list[Report]:
    """The newest first."""
    rows = tables.rows(keys.reports(account.id), keys.reports_of(company_id))
    return [row.read(Report) for row in rows][::-1]


def find_company(tables: Tables, account: Account, company_id: str) -> Company | None:
    """None: it is not added any more."""
    found = list(all_companies(tables, account.id))
    return next((company for company in found if company.id == company_id), None)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the mail of one recipient."""

    publisher: Publisher
    account: Account
    made: MadeReport
    name: MailName

    def __call__(self) -> MailToSend:
        written, sender = bodies(self.made, self.name.recipient), self.publisher.sender
        return MailToSend(
            Mail(
                id=self.name.id,
                sender=sender,
                sender_name=header_text(self.account.name, 60),
                reply_to=self.publisher.reply_to or sender,
                to=self.name.recipient,
                subject=written.subject,
                text=written.text,
                html=written.html,
                attachments=self.made.attachments,
            )
        )


def _note(publisher: Publisher, account: Account, report: Report) -> None:
    publisher.tables.commit([Put(keys.report(account.id, report.company, report.month), report)])
