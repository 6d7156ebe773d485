"""The digest of one recipient: whether a mail goes out, and the mail itself."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NamedTuple

from shared import templates
from shared.accounts.account import Account
from shared.alerts.digest.view import DigestKind, DigestView, Writer, is_news, no_link
from shared.alerts.models import Alert, Evaluation, Finding
from shared.mail.delivery import Told


class Rendered(NamedTuple):
    subject: str
    text: str
    html: str


def decide(
    alerts: Iterable[Alert],
    told: Told,
    account: Account,
    evaluation: Evaluation,
    *,
    recipient: str,
    due: bool,
    now: datetime,
    exclude: Callable[[Finding], str] = no_link,
) -> DigestView | None:
    """The mail that this recipient should get now, or None: silence is the normal case.

    `alerts` are those that concern the recipient; `due`: today is a date of their digest and its run is closed or
    overdue. What changed after the evaluation is left for the next mail, which will call it new.
    """
    rows = [alert for alert in alerts if alert.open and alert.changed_at <= evaluation.at]
    if not due:
        rows = [alert for alert in rows if alert.finding.urgent]
        if told.urgent_at and _date(account, told.urgent_at) == _date(account, now):
            return None
    news = [alert for alert in rows if is_news(alert, told)]
    if news:
        kind = DigestKind.NEWS if due else DigestKind.URGENT
    elif due and any(_repeat_is_due(alert, told, account, now) for alert in rows):
        kind = DigestKind.REMINDER
    else:
        return None
    return Writer(told, account, evaluation, recipient, now, exclude).view(kind, rows, news)


def render(view: DigestView) -> Rendered:
    """The mail's subject, plain text and HTML with its style inlined; what stands inside @media stays in the head."""
    from css_inline import CSSInliner

    page = templates.html().get_template("digest.html").render(view=view)
    inliner = CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
    text = templates.text().get_template("digest.txt").render(view=view)
    return Rendered(view.subject, text, inliner.inline(page))


def _repeat_is_due(alert: Alert, told: Told, account: Account, now: datetime) -> bool:
    """Counted in local days, so that a digest some seconds earlier in the morning does not wait another day.

    An urgent mail says all urgent rows and no others.
    """
    mails = (told.all_rows_at, told.urgent_at if alert.finding.urgent else None)
    last = max(filter(None, mails), default=None)
    return (
        last is None or (_date(account, now) - _date(account, last)).days >= account.digest.repeat_after_days
    )


def _date(account: Account, at: datetime) -> date:
    return at.astimezone(account.zone).date()
