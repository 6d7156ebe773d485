"""Removed tenants: those that left every partner connection, and what a member says about them (K1)."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.ending_lines import end_all_lines
from functions.api.kept import names_of
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Editor, Principal, Reader
from functions.queues.alerts import judge_again
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.alerts import removals
from shared.alerts.removals import RemovedTenant
from shared.errors import NotFound

router = APIRouter(prefix="/accounts/{account}/removed-tenants", tags=["tenants"])
type Reason = Annotated[str, Field(max_length=200)]


class Confirmation(Given):
    model_config = Given.model_config | examples(
        {"lastDay": "2026-12-31", "reason": "They moved to another MSP."}
    )

    last_day: date
    """The last day to bill."""
    reason: Reason = ""


class Dismissal(Given):
    reason: Reason = ""


class ShownRemovedTenant(Shown):
    tenant_id: str
    name: str
    missing_since: datetime | None
    """When its alert opened; null while a decision keeps it closed."""
    decision: Literal["confirmed", "dismissed"] | None
    last_day: date | None
    """The last day to bill, as it was confirmed."""
    quiet_until: date | None
    """The first day on which the alert is raised again if the tenant is still missing, and added."""
    who: str
    since: datetime | None
    reason: str


def shown(tenant: RemovedTenant) -> ShownRemovedTenant:
    said = tenant.decided
    removal = said.removal if said else None
    return ShownRemovedTenant(
        tenant_id=tenant.tenant_id,
        name=tenant.name,
        missing_since=tenant.missing_since,
        decision=None if removal is None else "confirmed" if removal.ends else "dismissed",
        last_day=removal.ends if removal else None,
        quiet_until=removal.until if removal else None,
        who=said.who if said else "",
        since=said.since if said else None,
        reason=said.reason if said else "",
    )


@router.get("", operation_id="listRemovedTenants", response_model=Page[ShownRemovedTenant], responses=CSV)
def list_removed(asking: Reader, paging: Pages) -> Page[ShownRemovedTenant] | Response:
    found = removals.removed(asking.tables, asking.account, names_of(asking))
    rows = ((by_name(tenant.name, tenant.tenant_id), shown(tenant)) for tenant in found)
    return paging.answer_all(asking, "removed-tenants", rows)


@router.post("/{tenant}/confirm", operation_id="confirmRemoval")
def confirm(tenant: str, asked: Confirmation, asking: Admin) -> ShownRemovedTenant:
    """The customer has left: each of its lines ends on that day, unless it ends sooner, and the day is recorded.

    `POST /ending-lines/preview` shows the lines before.
    """
    by, place, today = asking.actor.decider(asked.reason), (asking.tables, asking.account), _today(asking)
    removals.check(*place, tenant.lower(), asked.last_day, today)
    end_all_lines(asking, tenant, asked.last_day, asked.reason or "the tenant was removed")
    removals.confirm(*place, tenant.lower(), asked.last_day, today, by)
    return _decided(asking, tenant.lower(), "removal.confirmed", asked.last_day.isoformat())


@router.post("/{tenant}/dismiss", operation_id="dismissRemoval")
def dismiss(tenant: str, asked: Dismissal, asking: Editor) -> ShownRemovedTenant:
    """It needs nobody for 30 days; then the alert is raised again if the tenant is still missing."""
    by = asking.actor.decider(asked.reason)
    removals.dismiss(asking.tables, asking.account, tenant.lower(), _today(asking), by)
    return _decided(asking, tenant.lower(), "removal.dismissed", "")


def _today(asking: Principal) -> date:
    return asking.now.astimezone(load_account(asking.tables, asking.account).zone).date()


def _decided(asking: Principal, tenant: str, action: str, after: str) -> ShownRemovedTenant:
    audit.record(asking.tables, asking.account, asking.actor, action, tenant, "", after)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    for removed in removals.removed(asking.tables, asking.account, names_of(asking)):
        if removed.tenant_id == tenant:
            return shown(removed)
    raise NotFound("There is no such removed tenant any more.")
