"""Fill an empty state with a world."""

from dataclasses import fields, is_dataclass
from typing import Any

from sandbox.standins.state import Document, State, stamp
from sandbox.standins.worlds.autotask import begin_autotask
from sandbox.standins.worlds.halo import begin_halo
from sandbox.standins.worlds.types import Agreement, ConnectWise, Line, Tenant, World


def load_world(state: State, world: World) -> None:
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
            state.put("partner", partner.key, _plain(partner) | {"trouble": None})
        for tenant in world.tenants:
            state.put("tenant", tenant.id, tenant_document(tenant))
        for site in world.connectwise:
            _begin_connectwise(state, site)
        for halo in world.halo:
            begin_halo(state, halo)
        for autotask in world.autotask:
            begin_autotask(state, autotask)


def tenant_document(tenant: Tenant) -> Document:
    document: Document = _plain(tenant)
    document["access"] = {access["partner"]: access | {"trouble": None} for access in document["access"]}
    first = 0
    for holding in document["holdings"]:
        # Where its holders begin: one SKU after the other, so that a tenant's users differ in what they have.
        holding["first"] = first
        first = (first + holding["assigned"]) % max(1, tenant.users)
    document["user_overrides"] = {str(number): changed for number, changed in tenant.user_overrides.items()}
    document["version"] = 1
    return document


def _begin_connectwise(state: State, site: ConnectWise) -> None:
    document = _plain(site)
    for listed in ("companies", "agreements", "products"):
        del document[listed]
    last_line = max((line.id for agreement in site.agreements for line in agreement.lines), default=0)
    document |= {"bad_password_status": 404, "limit_per_minute": 1000, "next_addition": last_line + 1}
    document |= {"others_per_minute": 0, "missing_rights": [], "habits": {}}
    state.put("cw_site", site.key, document)
    for company in site.companies:
        state.put("cw_company", f"{site.key}/{company.id}", _plain(company) | {"site": site.key})
    for product in site.products:
        state.put("cw_product", f"{site.key}/{product.id}", _plain(product) | {"site": site.key})
    names = {product.id: product.description for product in site.products}
    for agreement in site.agreements:
        _put_agreement(state, site.key, agreement, names)


def _put_agreement(state: State, site: str, agreement: Agreement, names: dict[int, str]) -> None:
    document = _plain(agreement)
    del document["lines"]
    document |= {"site": site, "start": stamp(state.day(-400))[:10] + "T00:00:00Z", "version": 1}
    document["updated"] = stamp(state.day(-30))
    document["additions"] = {
        str(line.id): _addition(state, line, sequence, names)
        for sequence, line in enumerate(agreement.lines, start=1)
    }
    state.put("cw_agreement", f"{site}/{agreement.id}", document)


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
        "effectiveDate": _midnight(state, line.effective_in_days),
        "cancelledDate": None if cancelled is None else _midnight(state, cancelled),
        "taxableFlag": True,
        "serialNumber": line.serial_number,
        "invoiceDescription": line.invoice_description or names[line.product_id],
        "sequenceNumber": float(sequence),
        "updated": stamp(state.day(line.updated_in_days)),
        "updatedBy": line.updated_by,
    }


def _plain(value: Any) -> Any:
    """A frozen value as JSON can say it."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _midnight(state: State, days: float) -> str:
    return stamp(state.day(days))[:10] + "T00:00:00Z"
