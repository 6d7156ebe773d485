"""Certificate rows of a tenant that is several companies: each seat is one company's, nobody's, or spare. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from shared.accounts.company import AddedTenant, Company
from shared.alerts.models import Slug, Target
from shared.billing.models import LicenceMapping
from shared.licensing.coverage import Coverage
from shared.licensing.licences import Licence, LicenceKey, LicenceRows
from shared.licensing.not_countable import NotCountable
from shared.licensing.tenant_state import Snapshot
from shared.licensing.watched_skus import is_watched
from shared.microsoft.models import Sku
from shared.reports.certificate.models import CertificateFacts, CertificateRow, Reason, Standing


class SharedTenant(NamedTuple):
    added: AddedTenant
    snapshot: Snapshot
    licences: LicenceRows
    coverage: Coverage | None
    """None: its people are not known."""


def rows_of(
    facts: CertificateFacts, tenant: SharedTenant
) -> Iterator[tuple[CertificateRow, LicenceMapping | None]]:
    """Each row with what bills it. What is in no company, and what is spare, is open until a person excludes it."""
    tenant_id = tenant.added.companies[0].tenant_id
    decided = facts.mappings.get(tenant_id, ())
    mapped = {(mapping.company, mapping.sku_id): mapping for mapping in decided}
    listed = {sku.sku_id for sku in tenant.snapshot.skus}
    for sku in tenant.snapshot.skus:
        counts = _whole(tenant.licences, sku)
        is_mapped = any(name == sku.sku_id for _, name in mapped)
        if is_mapped or (is_watched(sku, tenant.snapshot) and (counts is None or counts.purchased)):
            yield from _of_companies(tenant, sku, counts, mapped)
            yield from ((row, None) for row in _of_nobody(facts, tenant, sku, counts))
    for (name, sku_id), mapping in mapped.items():
        company = tenant.added.company(name)
        if sku_id not in listed and mapping.bill and company is not None:
            yield _row(company, sku_id, "", 0), mapping


def _of_companies(
    tenant: SharedTenant, sku: Sku, counts: Licence | None, mapped: Mapping[tuple[str, str], LicenceMapping]
) -> Iterator[tuple[CertificateRow, LicenceMapping | None]]:
    for company in tenant.added.companies:
        name = company.name_in_mappings
        mapping = mapped.get((name, sku.sku_id))
        if counts is None or tenant.coverage is None:
            yield _row(company, sku.sku_id, sku.part_number, None, Reason.NOT_COUNTABLE), mapping
            continue
        users = len(tenant.coverage.of(name, sku.sku_id))
        if users or mapping is not None:
            yield _row(company, sku.sku_id, sku.part_number, users), mapping


def _of_nobody(
    facts: CertificateFacts, tenant: SharedTenant, sku: Sku, counts: Licence | None
) -> Iterator[CertificateRow]:
    if counts is None or tenant.coverage is None:
        return
    whole = tenant.added.companies[0].model_copy(update={"name": tenant.added.name})
    if users := len(tenant.coverage.in_none(sku.sku_id)):
        yield _row(whole, sku.sku_id, sku.part_number, users, Reason.IN_NO_COMPANY)
    if counts.spare:
        told = Target(Slug.UNUSED_LICENSES, whole.tenant_id, sku.sku_id)
        standing = Standing.EXCLUDED if facts.exclusions.hold(told) else Standing.OPEN
        yield replace(_row(whole, sku.sku_id, sku.part_number, counts.spare, Reason.SPARE), standing=standing)


def _row(
    company: Company, sku_id: str, part_number: str, seats: int | None, reason: Reason = Reason.NOT_MAPPED
) -> CertificateRow:
    return CertificateRow(
        tenant_id=company.tenant_id,
        customer=company.name,
        licence=LicenceKey(sku_id),
        part_number=part_number,
        seats=seats,
        standing=Standing.OPEN,
        reason=reason,
    )


def _whole(licences: LicenceRows, sku: Sku) -> Licence | None:
    try:
        return licences.whole(sku.sku_id)
    except NotCountable:
        return None


def unbalanced(tenant: SharedTenant, rows: Collection[CertificateRow]) -> Iterator[str]:
    """Paid SKUs of which the rows' seats are not every user once for each company, and what is spare."""
    for sku in tenant.snapshot.skus:
        mine = [row for row in rows if row.licence is not None and row.licence.sku_id == sku.sku_id]
        counts = _whole(tenant.licences, sku)
        if counts is None or tenant.coverage is None:
            continue
        if not mine and not (is_watched(sku, tenant.snapshot) and counts.purchased):
            continue
        people = [max(1, tenant.coverage.companies_of(user)) for user in tenant.coverage.having(sku.sku_id)]
        if sum(row.seats or 0 for row in mine) != sum(people) + max(0, counts.purchased - sku.consumed):
            yield f"{tenant.added.name}: {sku.part_number}"
