"""Writes of which nothing tells whether the PSA applied them: a person looks, and says it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field

from functions.api.kept import NameOfBilled, billed_companies
from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Reader
from functions.queues.alerts import judge_again
from shared.accounts import audit
from shared.billing.models import Intent, LineKey, LineRecord
from shared.billing.psa.write_failures import told
from shared.billing.pushing import settle
from shared.errors import NotFound

router = APIRouter(prefix="/accounts/{account}/unclear-writes", tags=["plan"])
type ChangeId = Annotated[str, Path(alias="change", max_length=64)]


class ShownWrite(Shown):
    change: str
    company: str
    """Of a tenant that is several companies the one whose users the line bills."""
    tenant_id: str
    connection: str
    agreement_id: str
    line_id: str
    """"" for a line that was to be created."""
    before: int
    after: int
    at: datetime
    why: str


class Settlement(Given):
    model_config = Given.model_config | examples({"applied": True, "lineId": "9021"})

    applied: bool
    """What you saw in the PSA: it has the change, or it has not."""
    line_id: Annotated[str, Field(max_length=100, description="Of a line that was created: which it is")] = ""
    reason: Annotated[str, Field(max_length=300)] = ""


class Settled(Shown):
    line_id: str
    confirmed: int | None


def _shown(key: LineKey, line: LineRecord, intent: Intent, named: NameOfBilled) -> ShownWrite:
    return ShownWrite(
        change=intent.change_id,
        company=named(line.tenant_id, line.company),
        tenant_id=line.tenant_id,
        connection=key.connection,
        agreement_id=key.agreement_id,
        line_id=line.line_id,
        before=intent.write.before,
        after=intent.write.after,
        at=intent.at,
        why=told(intent.why),
    )


@router.get("", operation_id="listUnclearWrites", response_model=Page[ShownWrite], responses=CSV)
def list_writes(asking: Reader, paging: Pages) -> Page[ShownWrite] | Response:
    """Each keeps its line as it is until somebody has looked."""
    named = billed_companies(asking)
    found = settle.undecidable(asking.tables, asking.account)
    rows = sorted((intent.change_id, _shown(key, line, intent, named)) for key, line, intent in found)
    return paging.answer_all(asking, "unclear-writes", rows)


@router.post("/{change}/settle", operation_id="settleWrite")
def settle_write(change_id: ChangeId, asked: Settlement, asking: Admin) -> Settled:
    """The line is free again: what was not applied is planned anew, and the next look proves the number."""
    found = settle.undecidable(asking.tables, asking.account)
    key = next((key for key, _, intent in found if intent.change_id == change_id), None)
    if key is None:
        raise NotFound("No write of these numbers waits for somebody's word.")
    by = asking.actor.decider(asked.reason or "looked in the PSA")
    line = settle.settle(
        asking.tables, asking.account, key, by, applied=asked.applied, line_id=asked.line_id.strip()
    )
    said = "applied" if asked.applied else "not applied"
    audit.record(asking.tables, asking.account, asking.actor, "write.settled", change_id, "", said)
    asking.enqueue(*judge_again(asking.wired, asking.account))
    return Settled(line_id=line.line_id, confirmed=line.confirmed)
