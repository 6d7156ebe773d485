"""The plan (N9): what the next push would do and why; and held changes, which a person approves or rejects (N1)."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from functions.api.kept import NameOfBilled, billed_companies, plan_of
from functions.api.lists import CSV, Page, Pages
from functions.api.models import Shown
from functions.api.principal import Admin, Principal, Reader
from functions.queues.alerts import judge_again
from functions.queues.messages import PushConnection
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.billing.models import BillingProfile, Hold
from shared.billing.planning import approval
from shared.billing.planning.preview import LinePreview
from shared.billing.profiles import billing_profiles

router = APIRouter(prefix="/accounts/{account}", tags=["plan"])
type ChangeId = Annotated[str, Path(alias="change", max_length=64)]
type Effect = Literal[
    "in_step",
    "written",
    "created",
    "scheduled",
    "held",
    "drift",
    "frozen",
    "blocked",
    "unknown",
    "not_billed",
    "text",
]
type TextStateWord = Literal["none", "not_known", "in_step", "to_write", "kept", "refused"]
type Reason = Literal["to_zero", "tenant_loss", "account_loss", "suspicious", "proration", "sold_by_others"]
type VerdictWord = Literal["approved", "rejected"]


class ShownSecondLine(Shown):
    """Seats that came within a period that is billed already, for the rest of it."""

    seats: int
    until: date


class ShownLine(Shown):
    """One line, and what the next push does with it."""

    tenant_id: str
    sku_id: str
    subscription_id: str
    mapping_id: str
    connection: str
    agreement_id: str
    line_id: str
    effect: Effect
    before: int | None
    """What the PSA was last proven to say."""
    after: int | None
    """What it should say; null when no number can be trusted."""
    effective: date | None
    """The day from which it counts, where it is not the day on which it is written."""
    second_line: ShownSecondLine | None
    """Written first, where the agreement prorates by a second line."""
    change: str
    """Id of exactly these numbers, "" where nothing would be written."""
    reasons: list[Reason]
    """Why it waits for a person."""
    decided: VerdictWord | None
    why: str
    """Why it cannot be written, as a sentence."""
    text_state: TextStateWord
    """Of what the customer reads. kept: somebody else's text stands there, and stays until a mapping gives it up;
    not_known: what it should say could not be read, and it stays; refused: the PSA does not take it."""
    text_before: str | None
    """Now; null: there is no line, or nobody has looked."""
    text_after: str | None
    """As the mapping wants it, as long as the PSA takes it."""
    text_digest: str
    """Names the text that is there now: `replacesText` of a mapping gives exactly this one up."""


class PlannedLine(ShownLine):
    company: str
    """Of a tenant that is several companies the one whose users the line bills."""
    profile_name: str
    """What its billing profile is called: what the line bills."""


class ShownPlan(Shown):
    at: datetime
    """When it was worked out: at most an hour ago, and nothing was decided or judged since."""
    mode: Literal["preview", "live"]
    digest: str
    """Names exactly this plan; switching live asks for it."""
    lines: int
    written: int
    created: int
    scheduled: int
    """They count from a later day, and are written then."""
    held: int
    drift: int
    frozen: int
    blocked: int
    unknown: int
    seats_more: int
    seats_fewer: int


class ShownHold(Shown):
    change: str
    company: str
    """Of a tenant that is several companies the one whose users the line bills."""
    tenant_id: str
    connection: str
    agreement_id: str
    line_id: str
    before: int
    after: int
    effective: date | None
    reasons: list[Reason]
    since: datetime
    decided: VerdictWord | None
    decided_by: str
    decided_at: datetime | None


class Decided(ShownHold):
    run: str
    """The run that carries it out, "" when there is none."""


def shown_line(line: LinePreview) -> ShownLine:
    change, mapping = line.change, line.mapping
    return ShownLine(
        tenant_id=line.tenant_id,
        sku_id=mapping.sku_id,
        subscription_id=mapping.subscription_id,
        mapping_id=mapping.id,
        connection=mapping.connection,
        agreement_id=mapping.agreement_id,
        line_id=line.line_id,
        effect=line.effect.value,
        before=line.before,
        after=line.after,
        effective=(change.effective or change.counts_from) if change else None,
        second_line=ShownSecondLine(**dict(change.second)) if change and change.second else None,
        change=change.id if change else "",
        reasons=[reason.value for reason in line.reasons],
        decided=line.decided.value if line.decided else None,
        why=line.why,
        text_state=line.text.state.value if line.text else "none",
        text_before=line.text.before if line.text else None,
        text_after=line.text.after if line.text else None,
        text_digest=line.text.digest if line.text else "",
    )


@router.get("/plan", operation_id="getPlan")
def get(asking: Reader) -> ShownPlan:
    """What the next push would do, counted; `/plan/lines` has the lines."""
    found = plan_of(asking)
    counts = Counter(line.effect.value for line in found.lines)
    moves = [line.change.after - line.change.before for line in found.lines if line.change]
    return ShownPlan(
        at=found.at,
        mode=found.mode.value,
        digest=found.digest,
        lines=len(found.lines),
        written=counts["written"],
        created=counts["created"],
        scheduled=counts["scheduled"],
        held=counts["held"],
        drift=counts["drift"],
        frozen=counts["frozen"],
        blocked=counts["blocked"],
        unknown=counts["unknown"],
        seats_more=sum(seats for seats in moves if seats > 0),
        seats_fewer=-sum(seats for seats in moves if seats < 0),
    )


@router.get("/plan/lines", operation_id="listPlannedLines", response_model=Page[PlannedLine], responses=CSV)
def list_lines(
    asking: Reader,
    paging: Pages,
    effect: Annotated[Effect | None, Query(description="Only lines with this effect")] = None,
    tenant: Annotated[str, Query(max_length=64, description="Only lines of this tenant")] = "",
) -> Page[PlannedLine] | Response:
    """Every line that is not in step, by company."""
    named, profiles = billed_companies(asking), billing_profiles(asking.tables, asking.account)
    shown = (
        _planned(line, named, profiles)
        for line in plan_of(asking).lines
        if tenant.lower() in ("", line.tenant_id) and effect in (None, line.effect.value)
    )
    rows = sorted((f"{line.company}\n{line.tenant_id}\n{line.mapping_id}", line) for line in shown)
    return paging.answer_all(asking, "plan", rows)


@router.get("/held-changes", operation_id="listHeldChanges", response_model=Page[ShownHold], responses=CSV)
def list_held(asking: Reader, paging: Pages) -> Page[ShownHold] | Response:
    """Changes that wait for a person's word, and those with one that still stand."""
    named = billed_companies(asking)
    rows = sorted(
        (hold.change.id, ShownHold.model_validate(_hold(hold, named, line.company)))
        for line, hold in approval.held_lines(asking.tables, asking.account)
    )
    return paging.answer_all(asking, "held-changes", rows)


@router.post("/held-changes/{change}/approve", operation_id="approveChange", status_code=202)
def approve(change_id: ChangeId, asking: Admin, response: Response) -> Decided:
    """Let exactly these numbers be written, at once. Other numbers by then are held anew."""
    account = load_account(asking.tables, asking.account)
    approved = approval.approve(asking.tables, account, change_id, asking.actor.who, asking.now)
    hold, run = approved.hold, approved.run
    _record(asking, "change.approved", hold)
    if run is not None:
        asking.enqueue(PushConnection(account=asking.account, run=run.id, connection=hold.change.connection))
        response.headers["Location"] = f"/api/accounts/{asking.account}/runs/{run.id}"
    return _decided(asking, hold, run.id if run else "")


@router.post("/held-changes/{change}/reject", operation_id="rejectChange")
def reject(change_id: ChangeId, asking: Admin) -> Decided:
    """Leave the line as it is for as long as the numbers are these."""
    hold = approval.reject(asking.tables, asking.account, change_id, asking.actor.who, asking.now)
    _record(asking, "change.rejected", hold)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    return _decided(asking, hold, "")


def _decided(asking: Principal, hold: Hold, run: str) -> Decided:
    company = approval.company_of(asking.tables, asking.account, hold)
    return Decided.model_validate({**_hold(hold, billed_companies(asking), company), "run": run})


def _planned(line: LinePreview, named: NameOfBilled, profiles: Mapping[str, BillingProfile]) -> PlannedLine:
    company, profile = named(line.tenant_id, line.mapping.company), profiles.get(line.mapping.profile)
    return PlannedLine(
        **dict(shown_line(line)), company=company, profile_name=profile.name if profile else ""
    )


def _hold(hold: Hold, named: NameOfBilled, name_in_mappings: str) -> dict[str, object]:
    change, decided = hold.change, hold.decided
    return {
        "change": change.id,
        "company": named(change.tenant_id, name_in_mappings),
        "tenant_id": change.tenant_id,
        "connection": change.connection,
        "agreement_id": change.agreement_id,
        "line_id": change.line_id,
        "before": change.before,
        "after": change.after,
        "effective": change.effective,
        "reasons": [reason.value for reason in hold.reasons],
        "since": hold.since,
        "decided": decided.verdict.value if decided else None,
        "decided_by": decided.who if decided else "",
        "decided_at": decided.at if decided else None,
    }


def _record(asking: Principal, action: str, hold: Hold) -> None:
    numbers = str(hold.change.before), str(hold.change.after)
    audit.record(asking.tables, asking.account, asking.actor, action, hold.change.id, *numbers)
