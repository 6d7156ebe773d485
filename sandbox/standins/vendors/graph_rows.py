"""Rows of Graph made from a tenant's document, and how faults spoil them."""

from collections import Counter
from typing import Any

from sandbox.standins.faults import Fault, What
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.skus import BY_ID, SkuKind

_UNITS = {"Enabled": "enabled", "Warning": "warning", "Suspended": "suspended", "LockedOut": "lockedOut"}


def subscribed_skus(tenant: Document) -> list[Document]:
    """One row per SKU, its subscriptions summed by their status."""
    return [_subscribed_sku(tenant, holding) for holding in tenant["holdings"]]


def _subscribed_sku(tenant: Document, holding: Document) -> Document:
    sku = BY_ID[holding["sku_id"]]
    units: Counter[str] = Counter()
    for bought in holding["subscriptions"]:
        if bought["status"] in _UNITS:
            units[_UNITS[bought["status"]]] += bought["units"]
    live = next((status for status, name in _UNITS.items() if units[name]), "Deleted")
    applies_to = "Company" if sku.kind is SkuKind.COMPANY else "User"
    return {
        "accountName": tenant["name"],
        "accountId": tenant["id"],
        "appliesTo": applies_to,
        "capabilityStatus": live,
        "consumedUnits": holding["assigned"],
        "id": f"{tenant['id']}_{sku.id}",
        "skuId": sku.id,
        "skuPartNumber": sku.part_number,
        "subscriptionIds": [bought["id"] for bought in holding["subscriptions"]],
        "prepaidUnits": {name: units[name] for name in _UNITS.values()},
        "servicePlans": _service_plans(holding["sku_id"], applies_to),
    }


def _service_plans(sku_id: str, applies_to: str) -> list[Document]:
    return [
        {
            "servicePlanId": plan.id,
            "servicePlanName": plan.name,
            "provisioningStatus": "Success",
            "appliesTo": applies_to,
        }
        for plan in BY_ID[sku_id].plans
    ]


def company_subscriptions(tenant: Document, state: State) -> list[Document]:
    """One row per bought subscription."""
    owner = next(iter(tenant["access"]), None)
    owner_tenant = state.get("partner", owner)["tenant_id"] if owner else None
    return [
        {
            "id": bought["id"],
            "commerceSubscriptionId": bought["commerce_id"],
            "createdDateTime": stamp(state.day(bought["created_in_days"])),
            "isTrial": bought["trial"],
            "nextLifecycleDateTime": stamp(state.day(bought["renews_in_days"])),
            "ownerId": None,
            "ownerTenantId": bought.get("owner_tenant_id") or owner_tenant,
            "ownerType": "User",
            "serviceStatus": _service_plans(holding["sku_id"], "User"),
            "skuId": holding["sku_id"],
            "skuPartNumber": BY_ID[holding["sku_id"]].part_number,
            "status": bought["status"],
            "totalLicenses": bought["units"],
        }
        for holding in tenant["holdings"]
        for bought in holding["subscriptions"]
    ]


def relationships(tenant: Document, partner: str, state: State) -> list[Document]:
    """Every relationship a partner has or had with a tenant: the one that counts, and the others beside it."""
    access = tenant["access"][partner]
    named = {"name": f"{tenant['name']} administration"} | {
        name: access[name] for name in ("gdap", "ends_in_days", "roles")
    }
    every = [named, *access.get("others", ())]
    return [
        _relationship(tenant, (tenant["id"], partner, *([number] if number else [])), told, state)
        for number, told in enumerate(every)
        if told["gdap"] != "none"
    ]


def _relationship(tenant: Document, key: tuple[object, ...], told: Document, state: State) -> Document:
    began = stamp(state.day(told["ends_in_days"] - 730))
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminRelationship",
        "@odata.etag": f'W/"{guid("etag", *key)}"',
        "id": f"{guid('gdap', *key)}-{tenant['id']}",
        "displayName": told["name"],
        "duration": "P730D",
        "customer": {"tenantId": tenant["id"], "displayName": tenant["name"]},
        "accessDetails": {"unifiedRoles": [{"roleDefinitionId": role} for role in told["roles"]]},
        "status": told["gdap"],
        "autoExtendDuration": "P180D",
        "createdDateTime": began,
        "lastModifiedDateTime": began,
        "activatedDateTime": began,
        "endDateTime": stamp(state.day(told["ends_in_days"])),
    }


def delegated_customer(tenant: Document) -> Document:
    return {
        "@odata.type": "#microsoft.graph.delegatedAdminCustomer",
        "id": tenant["id"],
        "tenantId": tenant["id"],
        "displayName": tenant["name"],
    }


def contract(tenant: Document) -> Document:
    return {
        "id": guid("contract", tenant["id"]),
        "contractType": "ResellerPartner",
        "customerId": tenant["id"],
        "defaultDomainName": tenant["domain"],
        "displayName": tenant["name"],
    }


def organization(tenant: Document) -> Document:
    domain = {"name": tenant["domain"], "isDefault": True, "isInitial": True, "type": "Managed"}
    return {"id": tenant["id"], "displayName": tenant["name"], "verifiedDomains": [domain]}


def licence_details(user: Document) -> list[Document]:
    """What one user is assigned, SKU by SKU with its plans."""
    return [
        {
            "id": guid("licence details", user["id"], licence["skuId"]),
            "skuId": licence["skuId"],
            "skuPartNumber": BY_ID[licence["skuId"]].part_number,
            "servicePlans": _service_plans(licence["skuId"], "User"),
        }
        for licence in user["assignedLicenses"]
    ]


def spoil(page: Document, hits: list[Fault], here: str) -> Document:
    """Apply faults of content to a page; `here` is the address of this very page."""
    for hit in hits:
        rows = page["value"]
        if hit.what is What.LOOPING_PAGE:
            page["@odata.nextLink"] = here
        elif hit.what is What.FOREIGN_PAGE:
            page["@odata.nextLink"] = here.replace(
                "graph.microsoft.com", "graph.microsoft.com.attacker.example"
            )
        elif hit.what is What.EMPTY_PAGE:
            page["value"] = []
            page.setdefault("@odata.nextLink", here)
        elif hit.what is What.EMPTY_LIST:
            page["value"] = []
            page.pop("@odata.nextLink", None)
        elif hit.what is What.ODD_DATE and rows:
            page["value"] = [with_odd_date(rows[0], hit.value), *rows[1:]]
        elif hit.what is What.DUPLICATE_SKU and rows:
            page["value"] = [*rows, rows[0]]
        elif hit.what in _WRONG_COUNTS and rows:
            page["value"] = [_wrong_count(rows[0], hit.what), *rows[1:]]
    return page


_WRONG_COUNTS = {What.NULL_COUNT: None, What.NEGATIVE_COUNT: -1, What.MISSING_COUNT: None}


def _wrong_count(row: Document, what: What) -> Document:
    """The first row with its count of enabled units spoiled (of assigned seats where it has no units)."""
    wrong: dict[str, Any] = dict(row)
    place, name = (
        (dict(row["prepaidUnits"]), "enabled") if "prepaidUnits" in row else (wrong, "totalLicenses")
    )
    if what is What.MISSING_COUNT:
        place.pop(name, None)
    else:
        place[name] = _WRONG_COUNTS[what]
    if place is not wrong:
        wrong["prepaidUnits"] = place
    return wrong


def with_odd_date(row: Document, value: str) -> Document:
    """The row with its last date replaced: `nextLifecycleDateTime`, `endDateTime`, `commitmentEndDate` ..."""
    dates = [name for name in row if name.endswith(("DateTime", "Date")) and row[name]]
    ends = [name for name in dates if "next" in name or "end" in name.lower()]
    return row | dict.fromkeys((ends or dates)[-1:], value)
