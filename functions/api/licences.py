"""Licences of a tenant: what it holds, what is mapped, who has them, how they changed."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from functions.api.kept import tenants_of
from functions.api.lists import CSV, Page, Pages, by_name
from functions.api.principal import Reader
from functions.api.shown_licences import ShownDay, ShownLicence, ShownUser, shown, shown_day, shown_user
from shared.accounts.directory import load_account
from shared.billing.line_states import states_of
from shared.billing.tenant_licences import (
    history,
    parts_of,
    tenant_licences,
    users_with,
)
from shared.licensing import product_names
from shared.licensing.licences import LicenceKey

router = APIRouter(prefix="/accounts/{account}/tenants/{tenant}/licences", tags=["licences"])
type TenantId = Annotated[str, Path(alias="tenant", max_length=64)]
type SkuId = Annotated[str, Path(alias="sku", max_length=64)]
SHOWN_DAYS = 400
"""Of a history, unless an earlier day is asked for."""


def _mapped_for(licence: ShownLicence) -> str:
    """Tells the rows of one licence apart."""
    return f"\n{licence.mapped.company_id}" if licence.mapped and licence.mapped.company_id else ""


@router.get("", operation_id="listLicences", response_model=Page[ShownLicence], responses=CSV)
def list_licences(tenant: TenantId, asking: Reader, paging: Pages) -> Page[ShownLicence] | Response:
    """As of the newest complete read. A SKU that is mapped by subscription is a row for each subscription."""
    found = tenant_licences(asking.tables, asking.wired.blobs, asking.account, tenant.lower(), asking.now)
    names = product_names.load(asking.wired.blobs)
    parts = parts_of(asking.tables, asking.account, found)
    splits = bool(parts) and load_account(asking.tables, asking.account).split_licences
    states = states_of(
        asking.tables, asking.wired.blobs, asking.account, found, tenants_of(asking), asking.now
    )
    rows = [
        shown(
            row,
            names(row.key.sku_id, row.part_number),
            states.get(row.mapping.id) if row.mapping else None,
            parts.get(row.key, ()),
            splits=splits,
        )
        for row in found.rows
    ]
    ordered = sorted(
        (
            f"{licence.name.casefold()}\n{licence.sku_id}\n{licence.subscription_id}{_mapped_for(licence)}",
            licence,
        )
        for licence in rows
    )
    return paging.answer_all(asking, "licences", ordered)


@router.get("/{sku}/users", operation_id="listLicenceUsers", response_model=Page[ShownUser], responses=CSV)
def list_users(tenant: TenantId, sku: SkuId, asking: Reader, paging: Pages) -> Page[ShownUser] | Response:
    """The users behind the number of assigned seats, by name."""
    found = users_with(asking.tables, asking.wired.blobs, asking.account, tenant.lower(), sku)
    rows = ((by_name(person.name, person.id), shown_user(person)) for person in found)
    return paging.answer_all(asking, "licence-users", rows)


@router.get("/{sku}/history", operation_id="listLicenceHistory", response_model=Page[ShownDay], responses=CSV)
def list_history(
    tenant: TenantId,
    sku: SkuId,
    asking: Reader,
    paging: Pages,
    subscription: Annotated[str, Query(max_length=64, description="Of one subscription of the SKU")] = "",
    since: Annotated[date | None, Query(description="The first day; else about a year ago")] = None,
) -> Page[ShownDay] | Response:
    """The days on which the counts changed, oldest first. The first row was in force on the first day."""
    begins = since or (asking.now - timedelta(days=SHOWN_DAYS)).date()
    key = LicenceKey(sku.lower(), subscription.lower())
    found = history(asking.tables, asking.account, tenant.lower(), key, begins)
    return paging.answer_all(
        asking, "licence-history", ((day.on.isoformat(), shown_day(day)) for day in found)
    )
