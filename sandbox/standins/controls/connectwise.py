"""Controls of the PSA side: lines changed by hand, agreements, limits, rights and passwords."""

from sandbox.standins.controls.lookup import ControlError, find_agreement, find_site, whole
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.connectwise.additions import shown


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

    return line_view(state, state.change("cw_agreement", f"{found['site']}/{found['id']}", edit), number)


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


def line_view(state: State, agreement: Document, number: str) -> Document:
    """A line as a control shows it."""
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
