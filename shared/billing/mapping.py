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
from shared.storage.decisions import decide, get
from shared.storage.keys import AccountId
from shared.storage.tables import Conflict, Tables

MOST_LINES = 300
"""Lines of one agreement that Seatwise keeps: they are one row, which holds some 500 with all that may befall them."""


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

    Lines are claimed before the decision is stored, so that no two mappings can own one, and let go after it. An
    adopted line's present quantity becomes its confirmed baseline: nothing is written to the PSA here. What stays as
    it was is not touched. Raises Rejected with the sentence to show.
    """
    profiles = repository.profiles(tables, account)
    before = {one.id: one for one in _in_force(tables, account, wanted.tenant_id)}
    let_go = [one for one in before.values() if one.bill and not _stays_in_its_agreement(one, wanted)]
    for mapping in let_go:
        kept = records.get(tables, account, mapping.connection, mapping.agreement_id)
        _check_settled(kept.record.lines.get(mapping.id))
    for mapping in wanted.mappings:
        if mapping.bill:
            was = before.get(mapping.id)
            _own(tables, psas, account, wanted.tenant_id, mapping, was, profiles, by)
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
    for mapping in let_go:
        _release(tables, account, mapping, by)


def _in_force(tables: Tables, account: AccountId, tenant_id: str) -> tuple[Mapping, ...]:
    found = get(tables, account, repository.MAPPINGS, tenant_id, TenantMappings)
    return found.mappings if found else ()


def _stays_in_its_agreement(mapping: Mapping, wanted: TenantMappings) -> bool:
    return any(
        one.id == mapping.id
        and one.bill
        and (one.connection, one.agreement_id) == (mapping.connection, mapping.agreement_id)
        for one in wanted.mappings
    )


def _check_settled(line: LineRecord | None) -> None:
    if line is not None and line.intent is not None:
        raise Rejected(
            "A write to the line is not settled yet: nobody knows whether the PSA has it. Repeat this after the next "
            "sync, which finds out."
        )


def _release(tables: Tables, account: AccountId, mapping: Mapping, by: Decider) -> None:
    """The line stays in the PSA as it is, and may be mapped again."""
    while True:
        kept = records.get(tables, account, mapping.connection, mapping.agreement_id)
        line = kept.record.lines.get(mapping.id)
        if line is None or line.intent is not None:
            return
        others = {name: one for name, one in kept.record.lines.items() if name != mapping.id}
        entry = LedgerEntry(
            event=LedgerEvent.RELEASED,
            at=by.now,
            run="",
            mapping_id=mapping.id,
            line_id=line.line_id,
            before=line.confirmed,
            who=by.who,
            why=by.reason,
        )
        try:
            records.save(tables, account, kept, kept.record.model_copy(update={"lines": others}), [entry])
        except Conflict:
            continue
        return


def _own(
    tables: Tables,
    psas: dict[str, Psa],
    account: AccountId,
    tenant_id: str,
    mapping: Mapping,
    was: Mapping | None,
    profiles: dict[str, BillingProfile],
    by: Decider,
) -> None:
    """Claim the mapping's line, unless it names the same one as before; `was` is the mapping in force."""
    profile = profiles.get(mapping.profile)
    if profile is None or profile.connection != mapping.connection:
        raise Rejected(
            f"There is no billing profile '{mapping.profile}' for this PSA connection. Choose another one."
        )
    kept = records.get(tables, account, mapping.connection, mapping.agreement_id)
    known = kept.record.lines.get(mapping.id)
    if known is not None and known.tenant_id != tenant_id:
        raise Rejected(f"The mapping id '{mapping.id}' belongs to another tenant. Use a new one.")
    if known is not None and known.product_id == profile.product_id:
        unchanged = was is not None and was.line_id == mapping.line_id
        if unchanged or known.line_id == mapping.line_id:
            return
    _check_settled(known)
    if known is None and len(kept.record.lines) >= MOST_LINES:
        raise Rejected(
            f"Agreement {mapping.agreement_id} has {MOST_LINES} mapped lines, which is the most. Use another agreement."
        )
    psa = psas[mapping.connection]
    fresh = {line.id: line for line in psa.lines(mapping.agreement_id)}
    line = LineRecord(
        mapping_id=mapping.id,
        tenant_id=tenant_id,
        product_id=profile.product_id,
        line_id=mapping.line_id,
        losses=known.losses if known else (),
    )
    if mapping.line_id:
        _check_adoptable(kept.record, fresh.get(mapping.line_id), mapping, profile)
    wish = Wish.of(mapping, profile, tenant_id)
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
