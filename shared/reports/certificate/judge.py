"""Where each paid licence stands: billed, excluded with a reason, or open; and whether that balances. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from shared.alerts.models import Target
from shared.billing.models import LicenceMapping, LineKey, LineRecord, LineState
from shared.billing.planning.freshness import not_fresh
from shared.billing.planning.quantities import Numbers, wanted
from shared.billing.psa.base import BillableOption
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import Sku
from shared.reports.certificate import shared_out
from shared.reports.certificate.models import (
    Certificate,
    CertificateFacts,
    CertificateRow,
    KeptLine,
    ReadTenant,
    Reason,
    Standing,
)
from shared.reports.certificate.shared_out import SharedTenant

LINES_READ_WITHIN: Final = timedelta(hours=24)
"""A line that was read in the PSA longer ago may have been changed by hand since: it is not certified."""
_OF_STATE: Final = {
    LineState.UNKNOWN: Reason.UNKNOWN,
    LineState.BLOCKED: Reason.BLOCKED,
    LineState.FROZEN: Reason.FROZEN,
    LineState.DRIFT: Reason.DRIFT,
    LineState.HELD: Reason.HELD,
}

_OLD: Final = (Reason.STALE, Reason.NEVER_READ)


def certificate(facts: CertificateFacts, read: Iterable[ReadTenant]) -> Certificate:
    """Each added tenant's licences by its newest accepted read, each customer that is not added, each line of ours."""
    rows = list(_lists(facts))
    unaccounted: list[str] = []
    known: set[str] = set()
    for tenant in read:
        known.add(tenant.state.tenant_id)
        mine = list(_of_tenant(facts, tenant))
        rows += mine
        unaccounted += _unbalanced(facts, tenant, mine)
    never = [(tenant_id, of.name) for tenant_id, of in facts.companies.items() if tenant_id not in known]
    rows += [_whole(*customer, Reason.NEVER_READ) for customer in never]
    rows += _lines_without_row(facts, rows)
    told = Counter(row.line for row in rows if row.line is not None)
    unaccounted += [f"line {key}" for key, times in told.items() if times > 1]
    ordered = sorted(rows, key=lambda row: (row.customer.casefold(), row.part_number, str(row.licence)))
    return Certificate(facts.now, tuple(ordered), tuple(unaccounted))


def _lists(facts: CertificateFacts) -> Iterator[CertificateRow]:
    """What is not known of whole customers."""
    for name in facts.incomplete_lists:
        yield _whole("", name, Reason.LIST_INCOMPLETE)
    for tenant, customer in facts.not_added.items():
        excluded = facts.exclusions.hold(Target(tenant_id=tenant))
        reason = Reason.TENANT_EXCLUDED if excluded else Reason.NOT_ADDED
        standing = Standing.EXCLUDED if excluded else Standing.OPEN
        yield _whole(tenant, customer.name or customer.domain or tenant, reason, standing)


def _whole(
    tenant_id: str, customer: str, reason: Reason, standing: Standing = Standing.OPEN
) -> CertificateRow:
    return CertificateRow(tenant_id, customer, None, "", None, standing, reason)


def _unbalanced(
    facts: CertificateFacts, tenant: ReadTenant, rows: Collection[CertificateRow]
) -> Iterator[str]:
    snapshot, added = tenant.state.snapshot, facts.companies[tenant.state.tenant_id]
    if snapshot is None or tenant.numbers is None:
        return
    licences, shares = tenant.numbers
    if shares is None:
        yield from unbalanced(added.name, snapshot, facts.ours, rows)
        return
    yield from shared_out.unbalanced(SharedTenant(added, snapshot, licences, shares.coverage), rows)


def _of_tenant(facts: CertificateFacts, tenant: ReadTenant) -> Iterator[CertificateRow]:
    state, numbers = tenant
    snapshot, customer = state.snapshot, facts.companies[state.tenant_id].name
    if snapshot is None or numbers is None:
        yield _whole(state.tenant_id, customer, Reason.NEVER_READ)
        return
    stale = not_fresh(state.status, snapshot, facts.now) is not None
    if stale:
        yield _whole(state.tenant_id, customer, Reason.STALE)
    mapped = {mapping.licence: mapping for mapping in facts.mappings.get(state.tenant_id, ())}
    licences, shares = numbers
    if shares is not None:
        shared = SharedTenant(facts.companies[state.tenant_id], snapshot, licences, shares.coverage)
        for row, mapping in shared_out.rows_of(facts, shared):
            yield _judged(facts, row, mapping, numbers, stale=stale)
        return
    told: set[LicenceKey] = set()
    for sku in snapshot.skus:
        for key, counts in _licences(licences, sku, mapped):
            told.add(key)
            mapping = mapped.get(key)
            if mapping is None and not _is_paid(sku, snapshot, counts):
                continue
            row = CertificateRow(
                tenant_id=state.tenant_id,
                customer=customer,
                licence=key,
                part_number=sku.part_number,
                seats=counts.purchased if counts else None,
                standing=Standing.OPEN,
                reason=Reason.NOT_MAPPED if counts else Reason.NOT_COUNTABLE,
            )
            yield _judged(facts, row, mapping, numbers, stale=stale)
    for key, mapping in mapped.items():
        if key not in told and mapping.bill:
            row = CertificateRow(state.tenant_id, customer, key, "", 0, Standing.OPEN, Reason.NOT_MAPPED)
            row = _beside(row, licences)
            yield _judged(facts, row, mapping, numbers, stale=stale)


def _beside(row: CertificateRow, licences: LicenceRows) -> CertificateRow:
    """Of a licence that is gone, whose line must say what is billed without any; or of a custom one."""
    if row.licence is None or not row.licence.is_custom:
        return row
    try:
        counts = licences.find(row.licence)
    except NotCountable as unclear:
        return replace(row, part_number=unclear.why.part_number, seats=None, reason=Reason.NOT_COUNTABLE)
    return replace(row, part_number=counts.part_number, seats=counts.purchased) if counts else row


def _licences(
    licences: LicenceRows, sku: Sku, mapped: Collection[LicenceKey]
) -> list[tuple[LicenceKey, Licence | None]]:
    """The rows of a SKU: by subscription where a mapping names one. None: not countable."""
    parts = [key for key in mapped if key.sku_id == sku.sku_id and key.subscription_id]
    try:
        found = licences.split(sku.sku_id) if parts else [licences.whole(sku.sku_id)]
    except NotCountable:
        return [(key, None) for key in parts or [LicenceKey(sku.sku_id)]]
    return [(row.key, row) for row in found]


def _is_paid(sku: Sku, snapshot: Snapshot, counts: Licence | None) -> bool:
    """Not free, a trial or of the whole company; and seats are paid for, or nobody can tell how many."""
    if not is_watched(sku, snapshot):
        return False
    return sku.enabled > 0 if counts is None else counts.purchased > 0


def _judged(
    facts: CertificateFacts,
    row: CertificateRow,
    mapping: LicenceMapping | None,
    numbers: Numbers,
    *,
    stale: bool,
) -> CertificateRow:
    if mapping is not None and not mapping.bill:
        return replace(row, standing=Standing.EXCLUDED, reason=Reason.DO_NOT_BILL)
    if mapping is None:
        excluded = row.licence is not None and facts.exclusions.hold(Target(sku_id=row.licence.sku_id))
        if excluded:
            return replace(row, standing=Standing.EXCLUDED, reason=Reason.SKU_EXCLUDED)
        return _until_its_last_day(facts, row) if row.reason is Reason.NOT_MAPPED else row
    key = mapping.line_key
    kept = facts.lines.get(key)
    if kept is None:
        return replace(row, reason=Reason.NO_LINE)
    line = kept.record
    row = _on_line(row, key, line)
    reason = Reason.STALE if stale else _open(facts, mapping, kept, numbers)
    if reason is not None:
        return replace(row, reason=reason)
    profile = facts.profiles.get(mapping.profile)
    if profile is not None and profile.billable is not BillableOption.BILLABLE:
        return replace(row, standing=Standing.EXCLUDED, reason=Reason.NO_CHARGE, money=Decimal(0))
    if _begins_later(facts, line) and (row.tenant_id, row.customer, mapping.sku_id) not in facts.still_billed:
        return replace(row, standing=Standing.EXCLUDED, reason=Reason.BEGINS_LATER, money=Decimal(0))
    return replace(row, standing=Standing.BILLED, reason=Reason.ON_ITS_LINE)


def _on_line(row: CertificateRow, key: LineKey, line: LineRecord) -> CertificateRow:
    money = (line.confirmed or 0) * (line.unit_price or Decimal(0))
    return replace(row, line=key, line_id=line.line_id, billed=line.confirmed, money=money)


def _last_line(facts: CertificateFacts, row: CertificateRow) -> LineKey | None:
    """The line that bills the licence of a row until a last day, whatever the mapping in force says."""
    return facts.billed_until.get((row.tenant_id, row.customer, row.licence)) if row.licence else None


def _until_its_last_day(facts: CertificateFacts, row: CertificateRow) -> CertificateRow:
    key = _last_line(facts, row)
    if key is None:
        return row
    line = facts.lines[key].record
    return replace(_on_line(row, key, line), reason=Reason.BILLED_UNTIL if line.is_ended else Reason.TO_END)


def _begins_later(facts: CertificateFacts, line: LineRecord) -> bool:
    """It has its number, or waits for it, and its first day is still to come."""
    waits = line.waits is not None and line.waits.more and line.confirmed == 0
    return waits or (line.begins is not None and line.begins > facts.today)


def _open(
    facts: CertificateFacts, mapping: LicenceMapping, kept: KeptLine, numbers: Numbers
) -> Reason | None:
    """Why the line is not proven to say what it must; None: it is."""
    line = kept.record
    if line.state in _OF_STATE:
        return _OF_STATE[line.state]
    if line.confirmed is None or not line.line_id:
        return Reason.NO_LINE
    try:
        number = wanted(mapping, *numbers)
    except NotCountable:
        return Reason.NOT_COUNTABLE
    waits = line.waits is not None and line.waits.more == (number > line.confirmed)
    if number != line.confirmed and not waits:
        return Reason.DIFFERS
    if not kept.is_read or kept.read_at is None or facts.now - kept.read_at > LINES_READ_WITHIN:
        return Reason.LINE_NOT_READ
    return None


def _lines_without_row(facts: CertificateFacts, rows: Iterable[CertificateRow]) -> Iterator[CertificateRow]:
    """Lines of ours that bill and that no licence of an added tenant stands for."""
    told = {row.line for row in rows}
    old = {row.tenant_id for row in rows if row.licence is None and row.reason in _OLD}
    for key, kept in facts.lines.items():
        line = kept.record
        if key in told or not line.line_id or not line.confirmed or line.is_ended or line.rests:
            continue
        customer = facts.company_of(line)
        reason = _why_without_row(line, is_old=line.tenant_id in old) if customer else Reason.WITHOUT_COMPANY
        yield _on_line(_whole(line.tenant_id, customer or line.tenant_id, reason), key, line)


def _why_without_row(line: LineRecord, *, is_old: bool) -> Reason:
    """Of a company's line: its last day is over or to come, its customer's numbers are old, or nothing writes it."""
    if line.ending is not None:
        return Reason.TO_END
    return Reason.STALE if is_old else Reason.BLOCKED


def unbalanced(
    customer: str, snapshot: Snapshot, ours: Collection[str], rows: Collection[CertificateRow]
) -> Iterator[str]:
    """Paid SKUs of which the rows' seats do not add up to what was read: counted again from the other side."""
    licences = LicenceRows(snapshot, ours)
    for sku in snapshot.skus:
        mine = [row for row in rows if row.licence is not None and row.licence.sku_id == sku.sku_id]
        try:
            counts: Licence | None = licences.whole(sku.sku_id)
        except NotCountable:
            counts = None
        if not mine and not _is_paid(sku, snapshot, counts):
            continue
        if not mine or (counts is not None and sum(row.seats or 0 for row in mine) != counts.purchased):
            yield f"{customer}: {sku.part_number}"
