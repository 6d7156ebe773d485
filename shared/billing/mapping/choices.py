"""What a licence can be mapped to: agreements of the tenant's company, and their lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.accounts.companies import added_tenants
from shared.accounts.company import AddedTenant, Company
from shared.billing import agreement_store, psa_lists
from shared.billing.mapping.in_force import MAPPINGS
from shared.billing.models import LicenceMapping, TenantMappings
from shared.billing.psa.base import Agreement, Line, Psa
from shared.billing.psa.texts import longest
from shared.billing.psa_connections import psa_connections
from shared.billing.reconcile import is_second_line
from shared.errors import NotFound
from shared.licensing.licences import LicenceKey
from shared.storage import keys
from shared.storage.blobs import Blobs
from shared.storage.decisions import get
from shared.storage.keys import AccountId
from shared.storage.tables import Tables
from shared.text import one_line


@dataclass(frozen=True, slots=True)
class AgreementChoices:
    """Of the company that the tenant is linked to, as the PSA's list was at `read_at` (None: never read)."""

    company: Company
    read_at: datetime | None
    agreements: tuple[Agreement, ...]
    longest_text: int
    """Characters that a text on an invoice may have in its PSA."""


@dataclass(frozen=True, slots=True)
class LineChoice:
    """A line of an agreement, and the mapping that it belongs to, if any."""

    line: Line
    tenant_id: str = ""
    mapping_id: str = ""


def agreements_for(
    tables: Tables, blobs: Blobs, account: AccountId, tenant_id: str, company_id: str = ""
) -> AgreementChoices:
    """Of the company with this id, "" is the tenant's first. Raises NotFound for one that is not added."""
    mine_all = _tenant(tables, account, tenant_id).companies
    company = next((company for company in mine_all if company_id in ("", company.id)), None)
    if company is None:
        raise NotFound(f"This tenant has no company '{one_line(company_id, 60)}'.")
    lists = psa_lists.load(blobs, account, company.psa_connection)
    mine = (
        [agreement for agreement in lists.agreements if agreement.company_id == company.psa_company]
        if lists
        else []
    )
    mine.sort(key=lambda agreement: (not agreement.active, agreement.name.casefold(), agreement.id))
    kind = next((c.kind for c in psa_connections(tables, account) if c.id == company.psa_connection), "")
    return AgreementChoices(company, lists.read_at if lists else None, tuple(mine), longest(kind))


def lines_of(
    tables: Tables, account: AccountId, psa: Psa, connection: str, agreement_id: str
) -> list[LineChoice]:
    """As the PSA says now: what is adopted is the number of this moment. Raises PsaRefused or PsaUnavailable.

    What bills the rest of a period is part of another line, and can be none of a mapping.
    """
    record = agreement_store.get(tables, account, connection, agreement_id).record
    owners = {line.line_id: line for line in record.lines.values() if line.line_id}
    found = [line for line in psa.lines(agreement_id) if not is_second_line(line)]
    lines = sorted(found, key=lambda line: (line.description.casefold(), line.id))
    return [
        LineChoice(line, owner.tenant_id, owner.mapping_id)
        if (owner := owners.get(line.id))
        else LineChoice(line)
        for line in lines
    ]


def mappings_of(tables: Tables, account: AccountId, tenant_id: str) -> TenantMappings:
    """Those in force; none are an empty set of them. Raises NotFound for a tenant that is not added."""
    tenant = tenant_id.lower()
    found = get(tables, account, MAPPINGS, tenant, TenantMappings)
    if found is None:
        _tenant(tables, account, tenant)
    return found or TenantMappings(tenant_id=tenant, mappings=())


def _tenant(tables: Tables, account: AccountId, tenant_id: str) -> AddedTenant:
    found = added_tenants(tables, account).get(tenant_id.lower())
    if found is None:
        raise NotFound(f"There is no added tenant '{one_line(tenant_id, 60)}'.")
    return found


def mapping_id(
    tenant_id: str,
    sku_id: str,
    subscription_id: str,
    known: Mapping[str, LicenceMapping],
    company: str = "",
) -> str:
    """A licence keeps the id of its mapping in force; else the id follows from the licence, so that a repeated save
    is the same save. `known` are the tenant's mappings in force by id; `company` is as mappings name it.
    """
    licence = LicenceKey(sku_id.lower(), subscription_id.lower())
    for mapping in known.values():
        if (mapping.company, mapping.licence) == (company, licence):
            return mapping.id
    return keys.hashed("|".join((tenant_id.lower(), *licence, *([company] if company else ()))))[:16]
