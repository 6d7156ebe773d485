"""The ledger (N3): everything that happened to lines, the newest first."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime

from functions.api.lists import CSV, Page, Pages
from functions.api.models import Shown
from functions.api.principal import Reader
from shared.billing import ledger, why_not
from shared.billing.ledger import LedgerQuery, LedgerRow
from shared.billing.models import LedgerEvent

router = APIRouter(prefix="/accounts/{account}/ledger", tags=["ledger"])
type Id = Annotated[str, Query(max_length=100)]


class ShownLedgerEntry(Shown):
    at: AwareDatetime
    event: LedgerEvent
    tenant_id: str
    connection: str
    agreement_id: str
    mapping_id: str
    line_id: str
    change: str
    before: int | None
    after: int | None
    last_day: date | None
    """Of a line that ends, or of a second line."""
    who: str
    why: str
    run: str


def shown(row: LedgerRow) -> ShownLedgerEntry:
    entry = row.entry
    return ShownLedgerEntry(
        at=entry.at,
        event=entry.event,
        tenant_id=entry.tenant_id,
        connection=row.connection,
        agreement_id=entry.agreement_id,
        mapping_id=entry.mapping_id,
        line_id=entry.line_id,
        change=entry.change_id,
        before=entry.before,
        after=entry.after,
        last_day=entry.last_day,
        who=entry.who,
        why=why_not.of_entry(entry),
        run=entry.run,
    )


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which entries are asked for."""

    tenant: Id = ""
    connection: Id = ""
    agreement: Annotated[str, Query(max_length=100, description="Needs `connection`")] = ""
    mapping: Annotated[str, Query(max_length=100, description="Needs `tenant` or `agreement`")] = ""
    line: Annotated[str, Query(max_length=100, description="Needs `tenant` or `agreement`")] = ""
    event: LedgerEvent | None = None
    since: Annotated[AwareDatetime | None, Query(description="Not before this instant")] = None
    until: Annotated[AwareDatetime | None, Query(description="Not after this instant")] = None

    def query(self) -> LedgerQuery:
        return LedgerQuery(
            self.tenant,
            self.connection,
            self.agreement,
            self.mapping,
            self.line,
            self.event,
            self.since,
            self.until,
        )


@router.get("", operation_id="listLedger", response_model=Page[ShownLedgerEntry], responses=CSV)
def list_entries(
    asking: Reader, paging: Pages, asked: Annotated[LedgerFilter, Depends(LedgerFilter)]
) -> Page[ShownLedgerEntry] | Response:
    """The newest first: of the account, of a tenant's lines, or of an agreement."""
    rows = ledger.entries(asking.tables, asking.account, asked.query(), paging.after(asking, "ledger"))
    return paging.answer(asking, "ledger", ((row.key, shown(row)) for row in rows))
