"""N2 and N3: lines that somebody changed in the PSA, and what a person says of a line: theirs, ours, freeze, undo."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, model_validator

from functions.api.kept import NameOfBilled, billed_companies
from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.queues.alerts import judge_again
from functions.queues.messages import PushConnection
from shared.accounts import audit
from shared.accounts.account import Mode
from shared.accounts.directory import load_account
from shared.billing import line_decisions
from shared.billing.line_decisions import DecidableLine, Stores
from shared.billing.models import Hold, LineRecord
from shared.billing.planning import approval

router = APIRouter(prefix="/accounts/{account}", tags=["lines"])
_LINE = "/tenants/{tenant}/mappings/{mapping}"
type TenantId = Annotated[str, Path(alias="tenant", max_length=64)]
type MappingId = Annotated[str, Path(alias="mapping", max_length=64)]
type Seats = Annotated[int, Field(ge=0, le=1_000_000)]
type Why = Annotated[str, Field(max_length=300)]


class DriftedLine(Shown):
    company: str
    """Of a tenant that is several companies the one whose users the line bills."""
    tenant_id: str
    mapping_id: str
    connection: str
    agreement_id: str
    line_id: str
    confirmed: int | None
    """What the PSA was last proven to say before the hand edit."""
    psa: Decimal | None
    """What it says now; null: nobody edited it, it is frozen only."""
    since: datetime | None
    frozen: bool
    frozen_by: str
    frozen_at: datetime | None
    reason: str
    """Why it is frozen."""


class GivenChoice(Given):
    """Bound to the numbers that you saw: with others by now, nothing happens."""

    model_config = Given.model_config | examples({"choice": "keep_ours", "psa": 12, "wanted": 10})

    choice: Literal["take_theirs", "keep_ours"]
    """take_theirs: the PSA's number is right, and stays a difference to the licences. keep_ours: write the wanted."""
    psa: Seats
    wanted: Seats | None = None
    """Needed to keep ours."""
    reason: Why = ""

    @model_validator(mode="after")
    def _says_what_is_kept(self) -> "GivenChoice":
        if self.choice == "keep_ours" and self.wanted is None:
            raise ValueError("say the wanted number that is kept")
        return self


class GivenFreeze(Given):
    model_config = Given.model_config | examples({"reason": "agreed flat rate until March"})

    reason: Why = ""


class GivenUndo(Given):
    model_config = Given.model_config | examples({"change": "6b1f0c2d9e8a7b6c5d4e"})

    change: Annotated[str, Field(min_length=1, max_length=64)]
    """Id of the line's newest change, as the ledger has it."""
    reason: Why = ""


class DecidedLine(Shown):
    confirmed: int | None
    frozen: bool
    change: str
    """Id of the change that is written now, "" where nothing is."""
    run: str
    """The run that writes it; "" where nothing is written, or while the account is in preview."""


@router.get(
    "/decidable-lines", operation_id="listDecidableLines", response_model=Page[DriftedLine], responses=CSV
)
def list_lines(asking: Reader, paging: Pages) -> Page[DriftedLine] | Response:
    """Lines that somebody changed in the PSA, and frozen ones, by company."""
    named = billed_companies(asking)
    shown = [_shown(found, named) for found in line_decisions.decidable(asking.tables, asking.account)]
    rows = sorted(((f"{line.company}\n{line.mapping_id}", line) for line in shown), key=lambda row: row[0])
    return paging.answer_all(asking, "decidable-lines", rows)


@router.post(_LINE + "/drift", operation_id="chooseNumber", status_code=202)
def choose(
    tenant: TenantId, mapping: MappingId, asked: GivenChoice, asking: Admin, response: Response
) -> DecidedLine:
    """After a hand edit in the PSA: take their number, or keep ours."""
    stores = Stores(asking.tables, asking.wired.blobs)
    place, by = (stores, asking.account, tenant.lower(), mapping), asking.actor.decider(asked.reason)
    numbers = (str(asked.psa), "" if asked.wanted is None else str(asked.wanted))
    if asked.choice == "take_theirs":
        line = line_decisions.take_theirs(*place, asked.psa, by)
        answer = _decided(line)
        asking.enqueue(*judge_again(asking.wired, asking.account))
    else:
        hold = line_decisions.keep_ours(*place, (asked.psa, asked.wanted or 0), by)
        answer = _carried_out(asking, hold, response)
    audit.record(asking.tables, asking.account, asking.actor, f"line.{asked.choice}", mapping, *numbers)
    return answer


@router.put(_LINE + "/frozen", operation_id="freezeLine")
def freeze(tenant: TenantId, mapping: MappingId, asked: GivenFreeze, asking: Admin) -> DecidedLine:
    """Leave the line alone, whatever its licences and the PSA say, until it is unfrozen."""
    by = asking.actor.decider(asked.reason)
    line = line_decisions.freeze(asking.tables, asking.account, tenant.lower(), mapping, by)
    audit.record(asking.tables, asking.account, asking.actor, "line.frozen", mapping, "", asked.reason)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    return _decided(line)


@router.delete(_LINE + "/frozen", operation_id="unfreezeLine")
def unfreeze(tenant: TenantId, mapping: MappingId, asking: Admin) -> DecidedLine:
    """Look after the line again: the next sync moves it, or tells of a hand edit."""
    by = asking.actor.decider("unfrozen")
    line = line_decisions.unfreeze(asking.tables, asking.account, tenant.lower(), mapping, by)
    audit.record(asking.tables, asking.account, asking.actor, "line.unfrozen", mapping)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    return _decided(line)


@router.post(_LINE + "/undo", operation_id="undoChange", status_code=202)
def undo(
    tenant: TenantId, mapping: MappingId, asked: GivenUndo, asking: Admin, response: Response
) -> DecidedLine:
    """The line says again what it said before its newest change, and later seat changes move it from there."""
    by = asking.actor.decider(asked.reason or "undone")
    hold = line_decisions.undo(
        Stores(asking.tables, asking.wired.blobs), asking.account, tenant.lower(), mapping, asked.change, by
    )
    answer = _carried_out(asking, hold, response)
    numbers = str(hold.change.before), str(hold.change.after)
    audit.record(asking.tables, asking.account, asking.actor, "change.undone", asked.change, *numbers)
    return answer


def _carried_out(asking: Principal, hold: Hold, response: Response) -> DecidedLine:
    """The approved change is written at once, where the account is live."""
    account = load_account(asking.tables, asking.account)
    answer = DecidedLine(confirmed=hold.change.before, frozen=False, change=hold.change.id, run="")
    if account.mode is Mode.PREVIEW:
        return answer
    today = asking.now.astimezone(account.zone).date()
    run = approval.push_now(asking.tables, asking.account, hold, asking.now, today)
    asking.enqueue(PushConnection(account=asking.account, run=run.id, connection=hold.change.connection))
    response.headers["Location"] = f"/api/accounts/{asking.account}/runs/{run.id}"
    return answer.model_copy(update={"run": run.id})


def _decided(line: LineRecord) -> DecidedLine:
    return DecidedLine(confirmed=line.confirmed, frozen=line.frozen is not None, change="", run="")


def _shown(found: DecidableLine, named: NameOfBilled) -> DriftedLine:
    line = found.line
    return DriftedLine(
        company=named(line.tenant_id, line.company),
        tenant_id=line.tenant_id,
        mapping_id=line.mapping_id,
        connection=found.key.connection,
        agreement_id=found.key.agreement_id,
        line_id=line.line_id,
        confirmed=line.confirmed,
        psa=line.drift.psa if line.drift else None,
        since=line.drift.since if line.drift else None,
        frozen=line.frozen is not None,
        frozen_by=line.frozen.who if line.frozen else "",
        frozen_at=line.frozen.since if line.frozen else None,
        reason=line.frozen.reason if line.frozen else "",
    )
