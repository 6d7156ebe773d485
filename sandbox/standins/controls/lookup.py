"""Find what a person means: a tenant, a partner, an agreement, by id or by a part of its name."""

from typing import Any

from sandbox.standins.state import Document, State
from sandbox.standins.worlds.people import guid

_SHOWN = 20


class ControlError(ValueError):
    """A control was refused; the text says why and what can be chosen."""


def find_tenant(state: State, text: Any) -> Document:
    """By id, domain, or a part of the name that fits only one tenant (any case)."""
    wanted = str(text).strip().lower()
    tenants = state.all("tenant")
    for tenant in tenants:
        if wanted in (tenant["id"], tenant["domain"], tenant["name"].lower()):
            return tenant
    fitting = [tenant for tenant in tenants if wanted and wanted in tenant["name"].lower()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ControlError(f"{text!r} fits several tenants: {_names(fitting)}. Say more of the name.")
    raise ControlError(f"There is no tenant {text!r}. Known: {_names(tenants)}.")


def find_partner(state: State, text: Any) -> Document:
    """By key, tenant id or domain; an empty text is the first partner."""
    partners = state.all("partner")
    wanted = str(text).strip().lower()
    if not wanted:
        return partners[0]
    for partner in partners:
        if wanted in (partner["key"], partner["tenant_id"], partner["domain"], partner["name"].lower()):
            return partner
    raise ControlError(
        f"There is no partner {text!r}. Choose one of: {', '.join(p['key'] for p in partners)}."
    )


def find_site(state: State, text: Any) -> Document:
    """A ConnectWise database, by key or company login; an empty text is the first."""
    sites = state.all("cw_site")
    wanted = str(text).strip().lower()
    for site in sites:
        if wanted in ("", site["key"], site["company_login"]):
            return site
    raise ControlError(
        f"There is no ConnectWise {text!r}. Choose one of: {', '.join(s['key'] for s in sites)}."
    )


def find_agreement(state: State, text: Any) -> Document:
    """By agreement id, or by the tenant it bills."""
    agreements = state.all("cw_agreement")
    wanted = str(text).strip()
    for agreement in agreements:
        if wanted == str(agreement["id"]):
            return agreement
    if wanted.isdigit():
        known = ", ".join(str(agreement["id"]) for agreement in agreements[:_SHOWN])
        raise ControlError(f"There is no agreement {text}. Known: {known}.")
    tenant = find_tenant(state, text)
    if tenant["agreement_id"] is None:
        raise ControlError(f"{tenant['name']} has no agreement in the PSA.")
    return state.get("cw_agreement", f"{tenant['psa_site']}/{tenant['agreement_id']}")


def find_holding(tenant: Document, sku_id: str) -> Document | None:
    return next((holding for holding in tenant["holdings"] if holding["sku_id"] == sku_id), None)


def new_holding(tenant: Document, sku_id: str) -> Document:
    """Give the tenant a SKU it did not have, with no seats yet."""
    subscription = {
        "id": guid("subscription", tenant["id"], sku_id, "control"),
        "commerce_id": guid("commerce", tenant["id"], sku_id, "control"),
        "units": 0,
        "status": "Enabled",
        "trial": False,
        "term": "P1Y",
        "cycle": "monthly",
        "auto_renew": True,
        "created_in_days": 0,
        "renews_in_days": 365,
    }
    holding: Document = {"sku_id": sku_id, "subscriptions": [subscription], "assigned": 0, "first": 0}
    tenant["holdings"].append(holding)
    return holding


def whole(value: Any, name: str) -> int:
    """A whole number, or a sentence."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ControlError(f"{name} must be a whole number, not {value!r}.")
    return value


def _names(tenants: list[Document]) -> str:
    shown = ", ".join(tenant["name"] for tenant in tenants[:_SHOWN])
    return shown if len(tenants) <= _SHOWN else f"{shown} and {len(tenants) - _SHOWN} more"
