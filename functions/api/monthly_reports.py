"""S19: reports of companies: how they look, which there are, and sending one again."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.models import Email, Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.api.reports import CompanyId, MonthName
from functions.queues.reports import publisher
from shared.accounts import audit
from shared.accounts.account import Account
from shared.accounts.companies import company
from shared.accounts.company import Company
from shared.accounts.directory import load_account
from shared.accounts.report_settings import settings_of
from shared.errors import NotFound, Rejected
from shared.mail.delivery import DeliveryResult
from shared.reports import publish
from shared.reports.mail import MadeReport, bodies
from shared.reports.models import Month
from shared.text import address

router = APIRouter(prefix="/accounts/{account}", tags=["reports"])
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
type State = Literal["claimed", "sending", "done", "refused", "unknown", "undeliverable"]


class ShownReportMail(Shown):
    recipient: str
    times: int
    """Mails of this report that were written to them."""
    state: State | None
    """Of the newest; null: none was written yet."""


class ShownReport(Shown):
    month: str
    state: Literal["made", "sent", "nothing"]
    made_at: datetime
    code: str
    """Why there was nothing to tell."""
    mails: list[ShownReportMail]


class ShownMailPreview(Shown):
    subject: str
    html: str
    text: str


class SendAgainRequest(Given):
    model_config = Given.model_config | examples({"recipient": "anna@quayside.example", "times": 1})

    recipient: Email
    times: Annotated[int, Field(ge=0, le=100)]
    """How many mails of the report they had been sent when you looked: twice the same sends one."""


class ShownDelivery(Shown):
    state: State | None
    sent_now: bool
    why: str


def _of(asking: Principal, company_id: str) -> tuple[Account, Company]:
    return load_account(asking.tables, asking.account), company(asking.tables, asking.account, company_id)


@router.get("/companies/{company}/reports", operation_id="listReports")
def list_reports(company_id: CompanyId, asking: Reader) -> list[ShownReport]:
    """The newest month first, and what became of the mails."""
    account, of = _of(asking, company_id)
    recipients = settings_of(asking.tables, account.id, of.id).recipients
    return [
        _report(asking, account, report, recipients)
        for report in publish.reports_of(asking.tables, account, of.id)
    ]


def _report(
    asking: Principal, account: Account, report: publish.Report, recipients: tuple[str, ...]
) -> ShownReport:
    month, mails = Month.named(report.month), []
    for recipient in recipients:
        sent = publish.mails_of(asking.tables, account, report.company, month, recipient)
        state: State | None = sent[-1].state.value if sent else None
        mails.append(ShownReportMail(recipient=recipient, times=len(sent), state=state))
    return ShownReport(
        month=report.month,
        state=report.state.value,
        made_at=report.made_at,
        code=report.code,
        mails=mails,
    )


@router.get(
    "/companies/{company}/reports/{month}",
    operation_id="downloadReport",
    response_class=Response,
    responses=PDF,
)
def download(company_id: CompanyId, month: MonthName, asking: Reader) -> Response:
    """The PDF as it was sent."""
    account, of = _of(asking, company_id)
    kept = publish.kept_report(asking.wired.blobs, account, of.id, Month.named(month))
    if kept is None:
        raise NotFound(f"There is no report of {month} yet.")
    return as_pdf(kept)


@router.post("/companies/{company}/reports/{month}/send-again", operation_id="sendReportAgain")
def send_again(
    company_id: CompanyId, month: MonthName, asked: SendAgainRequest, asking: Admin
) -> ShownDelivery:
    """Send the kept report to one of its recipients once more."""
    account, of = _of(asking, company_id)
    at = (asked.recipient, asked.times, asking.now)
    sent = publish.send_again(publisher(asking.wired), account, of, Month.named(month), at)
    _record_mail(asking, "report.sent_again", f"{of.id} {month}", sent)
    return _delivery(sent)


@router.get(
    "/companies/{company}/months/{month}/pdf",
    operation_id="previewReport",
    response_class=Response,
    responses=PDF,
)
def preview(company_id: CompanyId, month: MonthName, asking: Reader) -> Response:
    """The report as it would be made now; nothing is kept or sent."""
    return as_pdf(_made(asking, company_id, month))


@router.get("/companies/{company}/months/{month}/mail", operation_id="previewReportMail")
def preview_mail(company_id: CompanyId, month: MonthName, asking: Reader) -> ShownMailPreview:
    """The mail as it would be written now, with the logo in it."""
    made = _made(asking, company_id, month)
    logo = f"data:image/png;base64,{base64.b64encode(made.logo or b'').decode()}"
    written = bodies(made, "recipient@example.com", logo)
    return ShownMailPreview(subject=written.subject, html=written.html, text=written.text)


@router.post("/companies/{company}/months/{month}/test", operation_id="testReport")
def test_report(company_id: CompanyId, month: MonthName, asking: Admin) -> ShownDelivery:
    """Send the report to yourself: to the address that you signed in with. At most one a minute."""
    account, of = _of(asking, company_id)
    try:
        to = address(asking.member.email)
    except ValueError:
        raise Rejected("Your sign-in shows no e-mail address to send a test to.", "no_address") from None
    sent = publish.send_test(publisher(asking.wired), account, of, Month.named(month), to, asking.now)
    _record_mail(asking, "report.tested", f"{of.id} {month}", sent)
    return _delivery(sent)


def _made(asking: Principal, company_id: str, month: str) -> MadeReport:
    account, of = _of(asking, company_id)
    return publish.make(publisher(asking.wired), account, of, Month.named(month), asking.now)


def as_pdf(report: MadeReport) -> Response:
    """Shown by the browser itself, and named well when it is saved."""
    headers = {
        "Content-Disposition": f'inline; filename="{report.file_name}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(report.pdf, media_type="application/pdf", headers=headers)


def _delivery(sent: DeliveryResult) -> ShownDelivery:
    return ShownDelivery(state=sent.state.value if sent.state else None, sent_now=sent.sent_now, why=sent.why)


def _record_mail(asking: Principal, action: str, subject: str, sent: DeliveryResult) -> None:
    became = sent.state.value if sent.state else ""
    audit.record(asking.tables, asking.account, asking.actor, action, subject, "", became)
