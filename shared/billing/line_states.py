"""The states of a tenant's lines, by what its mappings want at this moment, and why one is blocked."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from shared.accounts.company import AddedTenant
from shared.billing.models import AgreementRecord, LineRecord, LineState
from shared.billing.planning.line_state import line_state, why_blocked
from shared.billing.planning.tenant_wishes import WishesOf
from shared.billing.planning.wishes import Wish
from shared.billing.psa_connections import connection_failures
from shared.billing.tenant_licences import TenantLicences
from shared.storage.blobs import Blobs
from shared.storage.keys import AccountId
from shared.storage.tables import Tables


class StateNow(NamedTuple):
    state: LineState
    why: str
    """Why it is blocked: a sentence for a person; "" in any other state."""


def states_of(
    tables: Tables,
    blobs: Blobs,
    account: AccountId,
    found: TenantLicences,
    added: Mapping[str, AddedTenant],
    now: datetime,
) -> dict[str, StateNow]:
    """By mapping id, of every line that is remembered; `added` are the account's tenants with a company."""
    lines = [(row.record, row.line) for row in found.rows if row.record and row.line]
    if not lines:
        return {}
    state, mapped = found.state, (row.mapping for row in found.rows if row.mapping)
    wishes_of = WishesOf(tables, blobs, account, now, found.by)
    wanted = wishes_of(state, added.get(state.tenant_id), mapped)
    wished = {wish.mapping_id: wish for wish in wanted.plain} if wanted else {}
    failed = {failure.connection for failure in connection_failures(tables, account)}
    return {
        line.mapping_id: _state(
            record, line, wished.get(line.mapping_id), reached=record.connection not in failed
        )
        for record, line in lines
    }


def _state(record: AgreementRecord, line: LineRecord, wish: Wish | None, *, reached: bool) -> StateNow:
    state = line_state(record, line, wish, reached=reached)
    is_blocked = state is LineState.BLOCKED
    return StateNow(state, why_blocked(record, line, wish, reached=reached) if is_blocked else "")
