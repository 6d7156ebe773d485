"""What the first page says about an account: one stored row, written by each evaluation."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from shared.accounts import due_work, runs
from shared.accounts.runs import LineCounts
from shared.alerts.models import Evaluation, Finding
from shared.alerts.rules import BY_SLUG
from shared.alerts.view import AccountView
from shared.storage import keys
from shared.storage.documents import Document
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class TypeCount(Document):
    """The open alerts of one type."""

    slug: str
    rows: int = 0
    urgent: int = 0
    money: Decimal = Decimal(0)
    """At stake per month, as far as it is known."""

    def and_one(self, finding: Finding) -> "TypeCount":
        return TypeCount(
            slug=self.slug,
            rows=self.rows + 1,
            urgent=self.urgent + finding.urgent,
            money=self.money + finding.money,
        )


class Summary(Document):
    """What the first page says about an account, as of its newest evaluation."""

    at: datetime
    run_id: str
    last_complete: datetime | None = None
    """When the newest night that read every tenant closed."""
    last_night: datetime | None = None
    """When the newest night closed."""
    tenants_read: int
    tenants_not_read: int
    tenants_not_added: int
    held: int
    """Changes that wait for a person."""
    held_seats: int
    """Seats that they would take away."""
    exceptions: tuple[TypeCount, ...] = ()
    pushed_on: date | None = None
    """The night whose lines these are."""
    pushed: LineCounts = LineCounts()
    mails_failed: int = 0
    """Recipients whose newest mail did not arrive, or of which nothing is known."""


def summary(tables: Tables, account: AccountId) -> Summary | None:
    """As of the newest evaluation; None before the first."""
    row = tables.get(keys.summary(account))
    return row.read(Summary) if row else None


def add(counts: dict[str, TypeCount], finding: Finding) -> None:
    """One more open alert, in the counts by slug."""
    counts[finding.slug] = counts.get(finding.slug, TypeCount(slug=finding.slug)).and_one(finding)


def in_order(counts: Mapping[str, TypeCount]) -> tuple[TypeCount, ...]:
    """As the sections of a digest."""
    return tuple(counts[slug] for slug in BY_SLUG if slug in counts)


def summed_up(
    tables: Tables, view: AccountView, evaluation: Evaluation, found: Mapping[str, TypeCount]
) -> Summary:
    """The summary of an evaluation; `found` is how much is open, by the slug of its type."""
    night = runs.find(tables, view.account.id, due_work.nightly_id(view.nights.on))
    waiting = [hold for own in view.all_lines() if (hold := own.waiting) is not None]
    not_added = {customer.tenant_id for partner in view.partners for customer in partner.not_added}
    return Summary(
        at=evaluation.at,
        run_id=evaluation.run_id,
        last_complete=evaluation.last_complete,
        last_night=view.nights.last_closed,
        tenants_read=evaluation.tenants_read,
        tenants_not_read=evaluation.tenants_not_read,
        tenants_not_added=len(not_added),
        held=len(waiting),
        held_seats=sum(hold.change.loss for hold in waiting),
        exceptions=in_order(found),
        pushed_on=night.on if night else None,
        pushed=night.lines if night else LineCounts(),
        mails_failed=len(view.mails),
    )
