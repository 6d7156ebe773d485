"""Lines that end on a day, as they are shown; and ending all lines of a tenant (K1, K15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.billing import agreement_store, why_not
from shared.billing.line_names import LineName
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.mapping.release import Said
from shared.billing.models import AgreementRecord, Change, LineKey, LineState, TenantMappings
from shared.billing.planning.plan import Plan
from shared.billing.psa.base import EndsBy
from shared.billing.psa_connections import psa_connections
from shared.storage.decisions import get
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


@dataclass(frozen=True, slots=True)
class EndingLine:
    """A line that bills `seats` until its last day."""

    tenant_id: str
    connection: str
    agreement_id: str
    line_id: str
    seats: int
    last_day: date
    proven: bool
    """The PSA is proven to bill nothing after that day."""
    state: LineState
    why: str
    """Why it cannot be ended, "" when it can."""
    who: str
    by: EndsBy | None = None
    """How the PSA ends it, where that was asked for."""
    change: Change | None = None
    """What the next push writes to end it."""
    company: str = ""
    """Of a tenant that is several companies the one that it bills, as mappings name it."""


def ending_lines(
    record: AgreementRecord, by: EndsBy | None = None, plan: Plan | None = None
) -> Iterator[EndingLine]:
    for line in record.lines.values():
        if line.ending is None:
            continue
        key = LineKey(record.connection, record.agreement_id, line.mapping_id)
        yield EndingLine(
            tenant_id=line.tenant_id,
            connection=record.connection,
            agreement_id=record.agreement_id,
            line_id=line.line_id,
            seats=line.confirmed or 0,
            last_day=line.ending.last_day,
            proven=line.is_ended,
            state=line.state,
            why=why_not.of_line(line),
            who=line.ending.who,
            by=by,
            company=line.company,
            change=plan.by_line.get(key) if plan else None,
        )


def all_ending_lines(tables: Tables, account: AccountId) -> Iterator[EndingLine]:
    """Of every PSA connection, until their last day is over."""
    for connection in psa_connections(tables, account):
        for kept in agreement_store.all_of(tables, account, connection.id):
            yield from ending_lines(kept.record)


def all_lines_end(
    tables: Tables, account: AccountId, tenant_id: str, last_day: date, company: str | None = None
) -> tuple[TenantMappings, Said]:
    """The save that ends every line of a tenant: its mappings are in force no more, but those that bill nothing.

    With `company`, as mappings name it, only that company's. What ends sooner stays as it is.
    """
    tenant = tenant_id.lower()
    now = get(tables, account, MAPPINGS, tenant, TenantMappings)
    decided = now.mappings if now else ()
    stay = tuple(m for m in decided if not m.bill or company not in (None, m.company))
    lines = {
        LineName(connection.id, line.line_id): last_day
        for connection in psa_connections(tables, account)
        for kept in agreement_store.all_of(tables, account, connection.id)
        for line in kept.record.lines.values()
        if line.tenant_id == tenant
        and line.ending is None
        and line.line_id
        and company in (None, line.company)
    }
    return TenantMappings(tenant_id=tenant, mappings=stay), Said(last_days=lines, or_sooner=True)
