"""The first page: what an account looks like as of its newest evaluation."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from fastapi import APIRouter

from functions.api.models import Shown, examples
from functions.api.principal import Principal, Reader
from shared.accounts.directory import load_account
from shared.accounts.runs import LineCounts
from shared.alerts.rules import BY_SLUG
from shared.alerts.summary import TypeCount, summary
from shared.mail.records import MailRow, mails_since

router = APIRouter(prefix="/accounts/{account}/summary", tags=["summary"])
SHOWN_MAILS = 20


class ShownTypeCount(Shown):
    type: str
    title: str
    rows: int
    urgent: int
    money: Decimal
    """At stake per month, as far as it is known."""


class ShownLineCounts(Shown):
    unchanged: int
    """In step already."""
    written: int
    held: int
    drift: int
    frozen: int
    failed: int
    would_write: int
    """What would be written if the account were live."""
    scheduled: int
    """Written on a later day, or at the next push."""


class ShownMailState(Shown):
    recipient: str
    kind: str
    state: Literal["claimed", "sending", "done", "refused", "unknown", "undeliverable"]


class ShownSummary(Shown):
    model_config = Shown.model_config | examples(
        {
            "asOf": "2026-11-27T02:14:00Z",
            "lastNight": "2026-11-27T02:13:20Z",
            "lastComplete": "2026-11-26T02:12:00Z",
            "tenantsRead": 41,
            "tenantsNotRead": 1,
            "tenantsNotAdded": 3,
            "held": 1,
            "heldSeats": 25,
            "exceptions": [
                {
                    "type": "unused_licenses",
                    "title": "Unused licenses",
                    "rows": 12,
                    "urgent": 0,
                    "money": "1840.50",
                }
            ],
            "pushedOn": "2026-11-27",
            "pushed": {
                "unchanged": 120,
                "written": 4,
                "held": 1,
                "drift": 0,
                "frozen": 0,
                "failed": 0,
                "wouldWrite": 0,
                "scheduled": 0,
            },
            "mails": [{"recipient": "licences@harbour-it.example", "kind": "digest", "state": "done"}],
            "mailsFailed": 0,
            "currencySymbol": "£",
            "mode": "live",
        }
    )

    as_of: datetime | None
    """When the account was last judged; null before its first night."""
    last_night: datetime | None
    """When the newest night closed."""
    last_complete: datetime | None
    """When the newest night that read every tenant closed."""
    tenants_read: int
    tenants_not_read: int
    tenants_not_added: int
    held: int
    """Changes that wait for a person's word."""
    held_seats: int
    exceptions: list[ShownTypeCount]
    pushed_on: date | None
    pushed: ShownLineCounts
    mails: list[ShownMailState]
    """Of the newest night's date and since: at most 20, the newest first. `/mails` has all."""
    mails_failed: int
    """Recipients whose newest mail did not arrive, or of which nothing is known."""
    currency_symbol: str
    mode: str


def shown_count(count: TypeCount) -> ShownTypeCount:
    return ShownTypeCount(
        type=count.slug,
        title=BY_SLUG[count.slug].words.title,
        rows=count.rows,
        urgent=count.urgent,
        money=count.money,
    )


def shown_lines(lines: LineCounts) -> ShownLineCounts:
    return ShownLineCounts.model_validate(lines.model_dump())


@router.get("", operation_id="getSummary")
def get_summary(asking: Reader) -> ShownSummary:
    """What to look at today: what was read, what waits, what is open, what was pushed last night."""
    account = load_account(asking.tables, asking.account)
    found = summary(asking.tables, asking.account)
    return ShownSummary(
        as_of=found.at if found else None,
        last_night=found.last_night if found else None,
        last_complete=found.last_complete if found else None,
        tenants_read=found.tenants_read if found else 0,
        tenants_not_read=found.tenants_not_read if found else 0,
        tenants_not_added=found.tenants_not_added if found else 0,
        held=found.held if found else 0,
        held_seats=found.held_seats if found else 0,
        exceptions=[shown_count(exception) for exception in found.exceptions if exception.slug in BY_SLUG]
        if found
        else [],
        pushed_on=found.pushed_on if found else None,
        pushed=shown_lines(found.pushed if found else LineCounts()),
        mails=[
            ShownMailState(recipient=mail.recipient, kind=mail.kind, state=mail.state.value)
            for mail in _newest_mails(asking, found.pushed_on if found else None)
        ],
        mails_failed=found.mails_failed if found else 0,
        currency_symbol=account.currency_symbol,
        mode=account.mode.value,
    )


def _newest_mails(asking: Principal, since: date | None) -> list[MailRow]:
    if since is None:
        return []
    found = mails_since(asking.tables, asking.account, since)
    return sorted(found, key=lambda mail: mail.since, reverse=True)[:SHOWN_MAILS]
