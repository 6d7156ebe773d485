"""Runs: the nights, "sync now", and how far each of them is."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, model_validator

from functions.api.lists import CSV, Page, Pages, descending
from functions.api.models import Given, Shown, examples
from functions.api.principal import Editor, Principal, Reader
from functions.api.summary import ShownLineCounts, shown_lines
from functions.queues.messages import StartRun
from shared.accounts import audit, runs
from shared.accounts.companies import company
from shared.accounts.directory import load_account
from shared.accounts.runs import Run
from shared.accounts.sync_now import sync_now
from shared.billing.tenant_licences import tenant_licences
from shared.errors import Rejected

router = APIRouter(prefix="/accounts/{account}/runs", tags=["runs"])


class LicenceToSync(Given):
    tenant_id: Annotated[str, Field(min_length=1, max_length=64)]
    sku_id: Annotated[str, Field(min_length=1, max_length=64)]


class SyncNow(Given):
    """What to sync: one company, one licence (with its whole tenant), or, with neither, the whole account."""

    model_config = Given.model_config | examples({"companyId": "3f9a1c2b4d5e"}, {})

    company_id: Annotated[str | None, Field(max_length=64)] = None
    licence: LicenceToSync | None = None
    every_agreement: bool = False
    """Read the lines of every agreement in the PSAs too, not only those that may have changed: before an invoice."""

    @model_validator(mode="after")
    def _names_one_thing(self) -> "SyncNow":
        if self.company_id is not None and self.licence is not None:
            raise ValueError("name a company or a licence, not both")
        return self


class ShownRun(Shown):
    model_config = Shown.model_config | examples(
        {
            "id": "now-20261127T101500",
            "kind": "sync_now",
            "on": "2026-11-27",
            "who": "eva@harbour-it.example",
            "tenants": ["9c1f7e52-8a4b-4f0e-9a5d-6c1f7f1c9a10"],
            "state": "reading",
            "startedAt": "2026-11-27T10:15:00Z",
            "closedAt": None,
            "read": 0,
            "notRead": 0,
            "waiting": 1,
            "connectionsLeft": 0,
            "lines": {
                "unchanged": 0,
                "written": 0,
                "held": 0,
                "drift": 0,
                "frozen": 0,
                "failed": 0,
                "wouldWrite": 0,
                "scheduled": 0,
            },
        }
    )

    id: str
    kind: Literal["nightly", "sync_now", "approval"]
    on: date
    who: str
    """Who asked for it; "" for a night."""
    tenants: list[str] | None
    """Null: every added tenant."""
    state: Literal["reading", "pushing", "closed"]
    started_at: datetime
    closed_at: datetime | None
    read: int
    not_read: int
    waiting: int
    """Tenants still to be read, as last counted."""
    connections_left: int
    """PSA connections still worked on."""
    lines: ShownLineCounts


def shown(run: Run) -> ShownRun:
    return ShownRun(
        id=run.id,
        kind=run.kind.value,
        on=run.on,
        who=run.who,
        tenants=None if run.tenants is None else list(run.tenants),
        state=run.state.value,
        started_at=run.started_at,
        closed_at=run.closed_at,
        read=run.read,
        not_read=run.not_read,
        waiting=run.waiting,
        connections_left=len(run.connections),
        lines=shown_lines(run.lines),
    )


@router.get("", operation_id="listRuns", response_model=Page[ShownRun], responses=CSV)
def list_runs(
    asking: Reader,
    paging: Pages,
    kind: Annotated[
        Literal["nightly", "sync_now", "approval"] | None, Query(description="Only runs of this kind")
    ] = None,
) -> Page[ShownRun] | Response:
    """The newest first."""
    found = (run for run in runs.all_runs(asking.tables, asking.account) if kind in (None, run.kind))
    rows = sorted((descending(run.started_at, run.id), run) for run in found)
    return paging.answer_all(asking, "runs", ((key, shown(run)) for key, run in rows))


@router.get("/{run}", operation_id="getRun")
def get_run(run: str, asking: Reader) -> ShownRun:
    """How far a run is. Ask again every few seconds until its state is `closed`."""
    return shown(runs.get(asking.tables, asking.account, run))


@router.post("", operation_id="syncNow", status_code=202)
def start_sync(asked: SyncNow, asking: Editor, response: Response) -> ShownRun:
    """Read now, and push what changed: at most every ten minutes. Follow the run at its Location."""
    account = load_account(asking.tables, asking.account)
    by = asking.actor.decider("sync now")
    run = sync_now(asking.tables, account, _tenants(asking, asked), by, every_agreement=asked.every_agreement)
    asking.enqueue(StartRun.of(asking.account, run))
    audit.record(
        asking.tables, asking.account, asking.actor, "run.started", run.id, "", ",".join(run.tenants or ())
    )
    response.headers["Location"] = f"/api/accounts/{asking.account}/runs/{run.id}"
    return shown(run)


def _tenants(asking: Principal, asked: SyncNow) -> tuple[str, ...] | None:
    """Whose tenants the run reads; a licence is read with its tenant, never alone."""
    if asked.company_id is not None:
        return (company(asking.tables, asking.account, asked.company_id).tenant_id,)
    if asked.licence is None:
        return None
    tenant, sku = asked.licence.tenant_id.lower(), asked.licence.sku_id.lower()
    found = tenant_licences(asking.tables, asking.wired.blobs, asking.account, tenant, asking.now)
    if all(row.key.sku_id != sku for row in found.rows):
        raise Rejected("This tenant has no such licence.", "unknown", "licence.skuId")
    return (tenant,)
