"""Controls of the Microsoft side: seats, users, tenants, relationships, consent and sign-in troubles."""

from typing import Any

from sandbox.standins.controls.lookup import (
    ControlError,
    find_holding,
    find_partner,
    find_tenant,
    new_holding,
    whole,
)
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.graph_rows import subscribed_skus
from sandbox.standins.vendors.login_errors import TROUBLES
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.skus import find_sku
from sandbox.standins.worlds.types import GLOBAL_READER, Gdap


def add_seats(state: State, faults: Faults, tenant: str, sku: str, n: int = 1) -> Document:
    """Buy n more seats (negative: give back); a SKU the tenant does not have is bought anew."""
    number, chosen, found = whole(n, "n"), find_sku(str(sku)), find_tenant(state, tenant)

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id) or new_holding(document, chosen.id)
        bought = next((part for part in holding["subscriptions"] if part["status"] == "Enabled"), None)
        if bought is None:
            raise ControlError(
                f"{document['name']} has no active subscription of {chosen.part_number}: buy one (buy), or make its "
                "units active again (set-units)."
            )
        if bought["units"] + number < 0:
            raise ControlError(
                f"{document['name']} has only {bought['units']} seats of {chosen.part_number}."
            )
        bought["units"] += number

    return tenant_view(state.change("tenant", found["id"], edit))


def set_units(
    state: State, faults: Faults, tenant: str, sku: str, units: int, status: str = "Enabled"
) -> Document:
    """Set the units of a SKU that are Enabled, Warning (in grace), Suspended, LockedOut or Deleted."""
    statuses = ("Enabled", "Warning", "Suspended", "LockedOut", "Deleted")
    if status not in statuses:
        raise ControlError(f"There is no status {status!r}. Choose one of: {', '.join(statuses)}.")
    number, chosen, found = whole(units, "units"), find_sku(str(sku)), find_tenant(state, tenant)

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id) or new_holding(document, chosen.id)
        parts = [part for part in holding["subscriptions"] if part["status"] == status]
        if not parts:
            label = guid(document["id"], chosen.id, status)
            parts = [
                dict(holding["subscriptions"][0])
                | {"status": status, "id": label, "commerce_id": guid(label)}
            ]
            holding["subscriptions"].extend(parts)
        parts[0]["units"] = number

    return tenant_view(state.change("tenant", found["id"], edit))


def buy(
    state: State,
    faults: Faults,
    tenant: str,
    sku: str,
    units: int,
    trial: bool = False,
    seller: str = "",
) -> Document:
    """Buy one more subscription of a SKU, on trial or from a seller (the tenant id of another partner)."""
    number, chosen, found = whole(units, "units"), find_sku(str(sku)), find_tenant(state, tenant)

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id) or new_holding(document, chosen.id)
        label = guid(document["id"], chosen.id, f"bought {len(holding['subscriptions'])}")
        bought = {"id": label, "commerce_id": guid(label), "status": "Enabled", "units": number}
        bought |= {"trial": trial, "owner_tenant_id": seller}
        holding["subscriptions"].append(dict(holding["subscriptions"][0]) | bought)

    return tenant_view(state.change("tenant", found["id"], edit))


def assign(state: State, faults: Faults, tenant: str, sku: str, n: int = 1) -> Document:
    """Assign a SKU to n more of the tenant's users."""
    number, chosen, found = whole(n, "n"), find_sku(str(sku)), find_tenant(state, tenant)

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id)
        if holding is None:
            raise ControlError(f"{document['name']} has no {chosen.part_number}. Buy it first: add-seats.")
        wanted = holding["assigned"] + number
        if not 0 <= wanted <= document["users"]:
            text = f"{holding['assigned']} of its {document['users']} users have {chosen.part_number}"
            raise ControlError(f"{document['name']}: {text}; {wanted} is not possible.")
        holding["assigned"] = wanted

    return tenant_view(state.change("tenant", found["id"], edit))


def unassign(state: State, faults: Faults, tenant: str, sku: str, n: int = 1) -> Document:
    """Take a SKU from n of the users who have it."""
    return assign(state, faults, tenant, sku, -whole(n, "n"))


def change_user(state: State, faults: Faults, /, tenant: str, number: int, **fields: Any) -> Document:
    """Change fields of one user, for example `department=Sales accountEnabled=false`."""
    found = find_tenant(state, tenant)
    if not 0 <= whole(number, "number") < found["users"]:
        raise ControlError(f"{found['name']} has users 0 to {found['users'] - 1}.")

    def edit(document: Document) -> None:
        document["user_overrides"].setdefault(str(number), {}).update(fields)

    state.change("tenant", found["id"], edit)
    return fields


def add_tenant(
    state: State,
    faults: Faults,
    name: str,
    sku: str = "SPB",
    seats: int = 5,
    partner: str = "",
    users: int = 10,
) -> Document:
    """A new customer tenant in a partner's list (the first partner unless named)."""
    chosen, number = find_sku(str(sku)), whole(seats, "seats")
    domain = "".join(letter for letter in str(name).lower() if letter.isalnum()) + ".onmicrosoft.com"
    tenant_id = guid("tenant", "control", domain)
    if state.find("tenant", tenant_id):
        raise ControlError(f"{name} is there already.")
    key = find_partner(state, partner)["key"]
    access = {"partner": key, "gdap": Gdap.ACTIVE.value, "roles": [GLOBAL_READER], "consent": True}
    access |= {
        "app_consent": True,
        "ends_in_days": 400,
        "relationship": "reseller",
        "trouble": None,
        "sells": True,
    }
    document: Document = {"id": tenant_id, "name": str(name), "domain": domain, "access": {key: access}}
    document |= {
        "holdings": [],
        "users": max(whole(users, "users"), number),
        "cases": ["added_later"],
        "added": False,
    }
    document |= {"psa_site": None, "psa_company_id": None, "agreement_id": None, "mappings": []}
    document |= {"user_overrides": {}, "shared_mailboxes": [], "version": 1}
    holding = new_holding(document, chosen.id)
    holding["subscriptions"][0]["units"] = holding["assigned"] = number
    state.put("tenant", tenant_id, document)
    return tenant_view(document)


def remove_tenant(state: State, faults: Faults, tenant: str) -> Document:
    """The tenant is gone: from every partner's list and from sign-in."""
    found = find_tenant(state, tenant)
    state.remove("tenant", found["id"])
    return {"removed": found["name"], "id": found["id"]}


def set_gdap(state: State, faults: Faults, tenant: str, status: str, partner: str = "") -> Document:
    """Set a tenant's delegated admin relationship: active, expired, terminated, approvalPending, none."""
    if status not in tuple(Gdap):
        raise ControlError(f"There is no status {status!r}. Choose one of: {', '.join(Gdap)}.")
    return change_access(state, tenant, partner, {"gdap": status})


def remove_role(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Sign-in works, but reading the directory is refused with 403."""
    return change_access(state, tenant, partner, {"roles": []})


def grant_role(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Undo remove-role."""
    return change_access(state, tenant, partner, {"roles": [GLOBAL_READER]})


def remove_consent(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """The app is no longer consented in the tenant (AADSTS65001)."""
    return change_access(state, tenant, partner, {"consent": False, "app_consent": False})


def grant_consent(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Undo remove-consent."""
    return change_access(state, tenant, partner, {"consent": True, "app_consent": True})


def tenant_trouble(state: State, faults: Faults, tenant: str, code: int, partner: str = "") -> Document:
    """Sign-in to this tenant fails with an AADSTS code; 0 ends it."""
    return change_access(state, tenant, partner, {"trouble": _trouble(code, TROUBLES)})


def partner_trouble(state: State, faults: Faults, partner: str, code: int) -> Document:
    """Every sign-in of this partner fails with an AADSTS code (900421: Partner Center wants MFA); 0 ends it."""
    return _change_partner(state, partner, {"trouble": _trouble(code, TROUBLES | {900421})})


def expire_secret(state: State, faults: Faults, partner: str) -> Document:
    """The partner's app secret has expired (AADSTS7000222)."""
    return _change_partner(state, partner, {"secret_expired": True})


def renew_secret(state: State, faults: Faults, partner: str) -> Document:
    """The same secret works again."""
    return _change_partner(state, partner, {"secret_expired": False})


def tenant_view(document: Document) -> Document:
    """A tenant as a control shows it."""
    skus = {
        row["skuPartNumber"]: row["prepaidUnits"] | {"assigned": row["consumedUnits"]}
        for row in subscribed_skus(document)
    }
    link = {name: document[name] for name in ("psa_site", "psa_company_id", "agreement_id")}
    partners = {
        key: {name: access[name] for name in ("gdap", "consent", "trouble")}
        for key, access in document["access"].items()
    }
    facts = {name: document[name] for name in ("id", "name", "domain", "users", "cases")}
    return facts | {"skus": skus, "partners": partners} | link


def change_access(state: State, tenant: str, partner: str, change: Document) -> Document:
    found = find_tenant(state, tenant)
    keys = [find_partner(state, partner)["key"]] if partner else list(found["access"])
    missing = [key for key in keys if key not in found["access"]]
    if missing:
        raise ControlError(
            f"{found['name']} is not a customer of {missing[0]}, but of {', '.join(found['access'])}."
        )

    def edit(document: Document) -> None:
        for key in keys:
            document["access"][key].update(change)

    return tenant_view(state.change("tenant", found["id"], edit))


def _change_partner(state: State, partner: str, change: Document) -> Document:
    key = find_partner(state, partner)["key"]
    fresh = state.change("partner", key, lambda document: document.update(change))
    return {name: fresh[name] for name in ("key", "name", "secret_expired", "trouble")}


def _trouble(code: int, known: frozenset[int]) -> int | None:
    if code == 0:
        return None
    if code not in known:
        raise ControlError(
            f"The sandbox cannot fail with {code}. Choose one of: {', '.join(map(str, sorted(known)))}."
        )
    return code
