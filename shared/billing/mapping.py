"""Mapping licences to lines (K7): a mapping owns exactly one line, and a line belongs to at most one mapping."""

from dataclasses import dataclass
from datetime import datetime

from shared.billing import records, repository
from shared.billing.models import (
    AgreementRecord,
    BillingProfile,
    LedgerEntry,
    LedgerEvent,
    LineRecord,
    Mapping,
    TenantMappings,
)
from shared.billing.observe import observed
from shared.billing.plan import Wish
from shared.billing.psa.base import Line, Psa
from shared.errors import Rejected
from shared.storage.decisions import decide
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, when, and why: kept with every version of a decision."""

    who: str
    reason: str
    now: datetime


def save_profile(tables: Tables, account: AccountId, profile: BillingProfile, by: Decider) -> None:
    decide(
        tables,
        account,
        repository.PROFILE,
        profile.id,
        profile,
        who=by.who,
        reason=by.reason,
        now=by.now,
    )


def map_tenant(
    tables: Tables, psas: dict[str, Psa], account: AccountId, wanted: TenantMappings, by: Decider
) -> None:
    """Put a tenant's mappings in force. `psas` are the signed-in PSA connections by id.

    Lines are claimed before the decision is stored, so that no two mappings can own one. An adopted line's present
    quantity becomes its confirmed baseline: nothing is written here. Raises Rejected with the sentence to show.
    """
    profiles = repository.profiles(tables, account)
    for mapping in wanted.mappings:
        if mapping.bill:
            _own(tables, psas, account, wanted.tenant_id, mapping, profiles, by)
    decide(
        tables,
        account,
        repository.MAPPINGS,
        wanted.tenant_id,
        wanted,
        who=by.who,
        reason=by.reason,
        now=by.now,
    )


def _own(
    tables: Tables,
    psas: dict[str, Psa],
    account: AccountId,
    tenant_id: str,
    mapping: Mapping,
    profiles: dict[str, BillingProfile],
    by: Decider,
) -> None:
    profile = profiles.get(mapping.profile)
    if profile is None or profile.connection != mapping.connection:
        raise Rejected(
            f"There is no billing profile '{mapping.profile}' for this PSA connection. Choose another one."
        )
    kept = records.get(tables, account, mapping.connection, mapping.agreement_id)
    known = kept.record.lines.get(mapping.id)
    if known is not None and known.line_id == mapping.line_id:
        return
    psa = psas[mapping.connection]
    fresh = {line.id: line for line in psa.lines(mapping.agreement_id)}
    line = LineRecord(
        mapping_id=mapping.id, tenant_id=tenant_id, product_id=profile.product_id, line_id=mapping.line_id
    )
    if mapping.line_id:
        _check_adoptable(kept.record, fresh.get(mapping.line_id), mapping, profile)
    wish = Wish(mapping, profile.billable, tenant_id, quantity=None)
    record = observed(kept.record.with_line(line), fresh, {mapping.id: wish}, by.now)
    line = record.lines[mapping.id]
    entry = LedgerEntry(
        event=LedgerEvent.ADOPTED,
        at=by.now,
        run="",
        mapping_id=mapping.id,
        line_id=line.line_id,
        after=line.confirmed,
        who=by.who,
        why=by.reason,
    )
    try:
        records.save(tables, account, kept, record, [entry] if line.line_id else [])
    except Conflict as conflict:
        raise Rejected(
            "The agreement was changed at this moment. Look at its lines again and repeat."
        ) from conflict


def _check_adoptable(
    record: AgreementRecord, line: Line | None, mapping: Mapping, profile: BillingProfile
) -> None:
    if line is None:
        raise Rejected(
            f"Line {mapping.line_id} is not in agreement {mapping.agreement_id}. Choose one that is."
        )
    if line.product_id != profile.product_id:
        raise Rejected(f"Line {line.id} bills another product than the billing profile '{profile.name}'.")
    owner = next((one for one in record.lines.values() if one.line_id == line.id), None)
    if owner is not None and owner.mapping_id != mapping.id:
        raise Rejected(f"Line {line.id} already belongs to another mapping. A line has one mapping.")
