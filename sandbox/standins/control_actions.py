"""What can be done to the vendors' side of a sandbox: one function per control."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sandbox.standins import churning
from sandbox.standins.connectwise.additions import shown
from sandbox.standins.faults import FIELDS, Faults, What
from sandbox.standins.graph_rows import subscribed_skus
from sandbox.standins.lookup import (
    ControlError,
    find_agreement,
    find_holding,
    find_partner,
    find_site,
    find_tenant,
    new_holding,
    whole,
)
from sandbox.standins.people import guid
from sandbox.standins.skus import find_sku
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendor_login import TROUBLES
from sandbox.standins.world_types import GLOBAL_READER, Gdap

__all__ = ["ACTIONS", "ControlError"]


# -- Microsoft


def add_seats(state: State, faults: Faults, tenant: str, sku: str, n: int = 1) -> Document:
    """Buy n more seats (negative: give back); a SKU the tenant does not have is bought anew."""
    number, chosen, found = whole(n, "n"), find_sku(str(sku)), find_tenant(state, tenant)

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id) or new_holding(document, chosen.id)
        bought = next(part for part in holding["subscriptions"] if part["status"] == "Enabled")
        if bought["units"] + number < 0:
            raise ControlError(
                f"{document['name']} has only {bought['units']} seats of {chosen.part_number}."
            )
        bought["units"] += number

    return _tenant(state.change("tenant", found["id"], edit))


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

    return _tenant(state.change("tenant", found["id"], edit))


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

    return _tenant(state.change("tenant", found["id"], edit))


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
    access |= {"app_consent": True, "ends_in_days": 400, "relationship": "reseller", "trouble": None}
    document: Document = {"id": tenant_id, "name": str(name), "domain": domain, "access": {key: access}}
    document |= {
        "holdings": [],
        "users": max(whole(users, "users"), number),
        "cases": ["added_later"],
        "added": False,
    }
    document |= {"psa_site": None, "psa_company_id": None, "agreement_id": None, "mappings": []}
    document |= {"user_overrides": {}, "version": 1}
    holding = new_holding(document, chosen.id)
    holding["subscriptions"][0]["units"] = holding["assigned"] = number
    state.put("tenant", tenant_id, document)
    return _tenant(document)


def remove_tenant(state: State, faults: Faults, tenant: str) -> Document:
    """The tenant is gone: from every partner's list and from sign-in."""
    found = find_tenant(state, tenant)
    state.remove("tenant", found["id"])
    return {"removed": found["name"], "id": found["id"]}


def set_gdap(state: State, faults: Faults, tenant: str, status: str, partner: str = "") -> Document:
    """Set a tenant's delegated admin relationship: active, expired, terminated, approvalPending, none."""
    if status not in tuple(Gdap):
        raise ControlError(f"There is no status {status!r}. Choose one of: {', '.join(Gdap)}.")
    return _change_access(state, tenant, partner, {"gdap": status})


def remove_role(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Sign-in works, but reading the directory is refused with 403."""
    return _change_access(state, tenant, partner, {"roles": []})


def grant_role(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Undo remove-role."""
    return _change_access(state, tenant, partner, {"roles": [GLOBAL_READER]})


def remove_consent(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """The app is no longer consented in the tenant (AADSTS65001)."""
    return _change_access(state, tenant, partner, {"consent": False, "app_consent": False})


def grant_consent(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """Undo remove-consent."""
    return _change_access(state, tenant, partner, {"consent": True, "app_consent": True})


def tenant_trouble(state: State, faults: Faults, tenant: str, code: int, partner: str = "") -> Document:
    """Sign-in to this tenant fails with an AADSTS code; 0 ends it."""
    return _change_access(state, tenant, partner, {"trouble": _trouble(code, TROUBLES)})


def partner_trouble(state: State, faults: Faults, partner: str, code: int) -> Document:
    """Every sign-in of this partner fails with an AADSTS code (900421: Partner Center wants MFA); 0 ends it."""
    return _change_partner(state, partner, {"trouble": _trouble(code, TROUBLES | {900421})})


def expire_secret(state: State, faults: Faults, partner: str) -> Document:
    """The partner's app secret has expired (AADSTS7000222)."""
    return _change_partner(state, partner, {"secret_expired": True})


def renew_secret(state: State, faults: Faults, partner: str) -> Document:
    """The same secret works again."""
    return _change_partner(state, partner, {"secret_expired": False})


# -- ConnectWise


def edit_line(
    state: State, faults: Faults, agreement: str, addition: int, quantity: float, by: str = "mkeller"
) -> Document:
    """A person changes a line's quantity by hand in the PSA."""
    found = find_agreement(state, agreement)
    number = str(addition)
    if number not in found["additions"]:
        known = ", ".join(found["additions"]) or "none"
        raise ControlError(f"Agreement {found['id']} has no addition {addition}. It has: {known}.")
    if isinstance(quantity, bool) or not isinstance(quantity, (int, float)):
        raise ControlError(f"quantity must be a number, not {quantity!r}.")

    def edit(document: Document) -> None:
        document["additions"][number] |= {
            "quantity": float(quantity),
            "updated": stamp(state.now()),
            "updatedBy": str(by),
        }

    return _line(state, state.change("cw_agreement", f"{found['site']}/{found['id']}", edit), number)


def set_prorate(state: State, faults: Faults, agreement: str, on: bool = True) -> Document:
    """Switch an agreement's prorate flag."""
    return _change_agreement(state, agreement, {"prorate": bool(on)})


def cancel_agreement(state: State, faults: Faults, agreement: str, on: bool = True) -> Document:
    """Cancel an agreement (`on=false` revives it)."""
    return _change_agreement(state, agreement, {"cancelled": bool(on)})


def set_limit(state: State, faults: Faults, site: str, per_minute: int) -> Document:
    """How many requests a minute a ConnectWise database takes before it answers 429."""
    return _change_site(state, site, {"limit_per_minute": whole(per_minute, "per_minute")})


def set_bad_password(state: State, faults: Faults, site: str, status: int) -> Document:
    """How a ConnectWise database answers a bad password: 404 as the cloud does, or 401."""
    if status not in (401, 404):
        raise ControlError("A bad password is answered with 404 or 401.")
    return _change_site(state, site, {"bad_password_status": status})


def set_psa_password(state: State, faults: Faults, site: str, password: str) -> Document:
    """Change the API member's private key, so that the one Seatwise has is wrong."""
    return _change_site(state, site, {"private_key": str(password)})


def set_missing_rights(state: State, faults: Faults, site: str, rights: str = "") -> Document:
    """Rights the API member lacks: companies, agreements, agreements.edit, catalog (comma between, empty = none)."""
    known = {"companies", "agreements", "agreements.edit", "catalog", "system"}
    wanted = [right.strip() for right in str(rights).split(",") if right.strip()]
    if not set(wanted) <= known:
        raise ControlError(f"Rights are: {', '.join(sorted(known))}.")
    return _change_site(state, site, {"missing_rights": wanted})


# -- both


def churn(state: State, faults: Faults) -> Document:
    """Change seats of many mapped licences at once, none of it so much that the guard holds it."""
    return churning.churn(state)


def move_clock(state: State, faults: Faults, hours: float) -> Document:
    """Move the virtual clock of the whole sandbox by hours (negative: back)."""
    state.clock.move_by(timedelta(hours=hours))
    return {"now": stamp(state.now())}


def set_fault(state: State, faults: Faults, what: str, **conditions: Any) -> Document:
    """Switch a fault on; conditions: vendor, kind, path, method, tenant, count, every, seconds, status, pid ..."""
    if what not in tuple(What):
        raise ControlError(f"There is no fault {what!r}. Choose one of: {', '.join(What)}.")
    unknown = set(conditions) - set(FIELDS)
    if unknown:
        raise ControlError(f"A fault has no {', '.join(sorted(unknown))}. It has: {', '.join(FIELDS)}.")
    if conditions.get("tenant"):
        conditions["tenant"] = find_tenant(state, conditions["tenant"])["id"]
    if what == What.KILL and not conditions.get("pid"):
        raise ControlError("A kill needs the pid of the process that is to be killed.")
    return asdict(faults.add(What(what), conditions))


def clear_faults(state: State, faults: Faults) -> Document:
    """Switch every fault off."""
    return {"cleared": faults.clear()}


# -- to look


def tenant(state: State, faults: Faults, tenant: str) -> Document:
    """Show one tenant: its SKUs, its partners, its PSA link."""
    return _tenant(find_tenant(state, tenant))


def tenants(state: State, faults: Faults) -> list[Document]:
    """List all tenants."""
    return [
        {"id": t["id"], "name": t["name"], "domain": t["domain"], "cases": t["cases"]}
        for t in state.all("tenant")
    ]


def lines(state: State, faults: Faults, agreement: str) -> list[Document]:
    """Show an agreement's lines; the agreement may be an id or a tenant."""
    found = find_agreement(state, agreement)
    return [_line(state, found, number) for number in found["additions"]]


def active_faults(state: State, faults: Faults) -> list[Document]:
    """List the faults that are on."""
    return [asdict(fault) for fault in faults.active()]


def mails(state: State, faults: Faults) -> list[Document]:
    """List what SendGrid accepted."""
    return state.all("mail")


ACTIONS: dict[str, Callable[..., Any]] = {
    action.__name__: action
    for action in (
        *(add_seats, set_units, assign, unassign, change_user, add_tenant, remove_tenant, set_gdap),
        *(remove_role, grant_role, remove_consent, grant_consent, tenant_trouble, partner_trouble),
        *(expire_secret, renew_secret, edit_line, set_prorate, cancel_agreement, set_limit, set_bad_password),
        *(set_psa_password, set_missing_rights, churn, move_clock, set_fault, clear_faults),
        *(tenant, tenants, lines, active_faults, mails),
    )
}


def _tenant(document: Document) -> Document:
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


def _line(state: State, agreement: Document, number: str) -> Document:
    row = shown(agreement["additions"][number], agreement, state, "")
    return {
        "id": row["id"],
        "agreement": agreement["id"],
        "product": row["product"]["identifier"],
        "quantity": row["quantity"],
        "extPrice": row["extPrice"],
        "updated": row["_info"]["lastUpdated"],
        "updatedBy": row["_info"]["updatedBy"],
    }


def _change_access(state: State, tenant: str, partner: str, change: Document) -> Document:
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

    return _tenant(state.change("tenant", found["id"], edit))


def _change_partner(state: State, partner: str, change: Document) -> Document:
    key = find_partner(state, partner)["key"]
    fresh = state.change("partner", key, lambda document: document.update(change))
    return {name: fresh[name] for name in ("key", "name", "secret_expired", "trouble")}


def _change_agreement(state: State, agreement: str, change: Document) -> Document:
    found = find_agreement(state, agreement)
    fresh = state.change(
        "cw_agreement",
        f"{found['site']}/{found['id']}",
        lambda document: document.update(change | {"updated": stamp(state.now())}),
    )
    return {name: fresh[name] for name in ("id", "name", "prorate", "cancelled")}


def _change_site(state: State, site: str, change: Document) -> Document:
    key = find_site(state, site)["key"]
    fresh = state.change("cw_site", key, lambda document: document.update(change))
    return {
        name: fresh[name] for name in ("key", "limit_per_minute", "bad_password_status", "missing_rights")
    }


def _trouble(code: int, known: frozenset[int]) -> int | None:
    if code == 0:
        return None
    if code not in known:
        raise ControlError(
            f"The sandbox cannot fail with {code}. Choose one of: {', '.join(map(str, sorted(known)))}."
        )
    return code
