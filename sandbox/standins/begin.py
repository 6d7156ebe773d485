"""Fill an empty state with a world."""

import json
from dataclasses import asdict
from typing import Any

from sandbox.standins.state import State, stamp
from sandbox.standins.world_types import Agreement, ConnectWise, Line, Tenant, World


def begin(state: State, world: World) -> None:
    """Write a world into an empty state; a state that has one already keeps it."""
    if not state.empty:
        return
    with state.in_one_go():
        now = state.now().replace(microsecond=0)
        state.put(
            "meta",
            "world",
            {"name": world.name, "began": stamp(now), "sendgrid_key": world.sendgrid_key, "churns": 0},
        )
        for partner in world.partners:
            state.put("partner", partner.key, asdict(partner) | {"trouble": None})
        for tenant in world.tenants:
            state.put("tenant", tenant.id, _tenant(tenant))
        for site in world.connectwise:
            _begin_connectwise(state, site)


def _tenant(tenant: Tenant) -> dict[str, Any]:
    document = asdict(tenant)
    document["access"] = {access["partner"]: access | {"trouble": None} for access in document["access"]}
    first = 0
    for holding in document["holdings"]:
        # Where its holders begin: one SKU after the other, so that a tenant's users differ in what they have.
        holding["first"] = first
        first = (first + holding["assigned"]) % max(1, tenant.users)
    document["user_overrides"] = {str(number): fields for number, fields in tenant.user_overrides.items()}
    document["version"] = 1
    return json.loads(json.dumps(document))  # type: ignore[no-any-return]


def _begin_connectwise(state: State, site: ConnectWise) -> None:
    document = asdict(site)
    for listed in ("companies", "agreements", "products"):
        del document[listed]
    last_line = max((line.id for agreement in site.agreements for line in agreement.lines), default=0)
    document |= {"bad_password_status": 404, "limit_per_minute": 1000, "next_addition": last_line + 1}
    document["missing_rights"] = []
    state.put("cw_site", site.key, document)
    for company in site.companies:
        state.put("cw_company", f"{site.key}/{company.id}", asdict(company) | {"site": site.key})
    for product in site.products:
        state.put("cw_product", f"{site.key}/{product.id}", asdict(product) | {"site": site.key})
    products = {product.id: product for product in site.products}
    for agreement in site.agreements:
        put_agreement(
            state, site.key, agreement, {product.id: product.description for product in products.values()}
        )


def put_agreement(state: State, site: str, agreement: Agreement, names: dict[int, str]) -> None:
    fields = asdict(agreement)
    del fields["lines"]
    fields |= {"site": site, "start": stamp(state.day(-400))[:10] + "T00:00:00Z", "version": 1}
    fields["updated"] = stamp(state.day(-30))
    fields["additions"] = {
        str(line.id): _addition(state, line, sequence, names)
        for sequence, line in enumerate(agreement.lines, start=1)
    }
    state.put("cw_agreement", f"{site}/{agreement.id}", fields)


def _addition(state: State, line: Line, sequence: int, names: dict[int, str]) -> dict[str, Any]:
    cancelled = line.cancelled_in_days
    return {
        "id": line.id,
        "product": line.product_id,
        "quantity": line.quantity,
        "lessIncluded": 0.0,
        "unitPrice": line.unit_price,
        "unitCost": line.unit_cost,
        "billCustomer": line.bill_customer,
        "effectiveDate": midnight(state, line.effective_in_days),
        "cancelledDate": None if cancelled is None else midnight(state, cancelled),
        "taxableFlag": True,
        "serialNumber": line.serial_number,
        "invoiceDescription": line.invoice_description or names[line.product_id],
        "sequenceNumber": float(sequence),
        "updated": stamp(state.day(line.updated_in_days)),
        "updatedBy": line.updated_by,
    }


def midnight(state: State, days: float) -> str:
    return stamp(state.day(days))[:10] + "T00:00:00Z"
