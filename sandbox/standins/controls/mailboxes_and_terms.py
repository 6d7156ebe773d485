"""Controls of what Microsoft tells apart from the licences: shared mailboxes, who may read them, and terms."""

from datetime import timedelta

from sandbox.standins.controls.lookup import ControlError, find_holding, find_partner, find_tenant, whole
from sandbox.standins.controls.microsoft import change_access, tenant_view
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.worlds.skus import find_sku
from sandbox.standins.worlds.types import DIRECTORY_READERS, GLOBAL_READER, Gdap


def share_mailbox(
    state: State,
    faults: Faults,
    tenant: str,
    number: int,
    archive: bool = False,
    hold: bool = False,
    kind: str = "shared",
) -> Document:
    """The mailbox of one user becomes a shared one, or with kind=room or equipment one of those; its licences stay."""
    if kind not in ("shared", "room", "equipment"):
        raise ControlError(f"There is no kind {kind!r}: shared, room or equipment.")
    found = find_tenant(state, tenant)
    if not 0 <= whole(number, "number") < found["users"]:
        raise ControlError(f"{found['name']} has users 0 to {found['users'] - 1}.")
    box = {"number": number, "name": "", "archive": archive, "hold": hold, "kind": kind}
    others = [box for box in found.get("shared_mailboxes", ()) if box["number"] != number]
    state.change("tenant", found["id"], lambda document: document.update(shared_mailboxes=[*others, box]))
    return box


def unshare_mailbox(state: State, faults: Faults, tenant: str, number: int) -> Document:
    """The mailbox of one user is its own again."""
    found = find_tenant(state, tenant)
    others = [box for box in found.get("shared_mailboxes", ()) if box["number"] != whole(number, "number")]
    if len(others) == len(found.get("shared_mailboxes", ())):
        raise ControlError(f"User {number} of {found['name']} has no shared mailbox.")
    state.change("tenant", found["id"], lambda document: document.update(shared_mailboxes=others))
    return {"number": number}


def refuse_mailbox(state: State, faults: Faults, tenant: str, number: int, on: bool = True) -> Document:
    """One user's mailbox settings are refused to the app (`on=false` ends it)."""
    found = find_tenant(state, tenant)
    if not 0 <= whole(number, "number") < found["users"]:
        raise ControlError(f"{found['name']} has users 0 to {found['users'] - 1}.")
    refused = {*found.get("refused_mailboxes", ())} - {number} | ({number} if on else set())
    state.change("tenant", found["id"], lambda document: document.update(refused_mailboxes=sorted(refused)))
    return {"refused_mailboxes": sorted(refused)}


def add_relationship(
    state: State,
    faults: Faults,
    tenant: str,
    name: str,
    status: str = "active",
    partner: str = "",
    ends_in_days: int = 90,
) -> Document:
    """One more delegated admin relationship beside the one that counts, for example `MLT_...` of Microsoft's own."""
    if status not in tuple(Gdap):
        raise ControlError(f"There is no status {status!r}. Choose one of: {', '.join(Gdap)}.")
    found = find_tenant(state, tenant)
    key = find_partner(state, partner)["key"] if partner else next(iter(found["access"]))
    if key not in found["access"]:
        raise ControlError(f"{found['name']} is not a customer of {key}.")
    told: Document = {"name": str(name), "gdap": status, "roles": [GLOBAL_READER]}
    told |= {"ends_in_days": whole(ends_in_days, "ends_in_days")}
    others = [*found["access"][key].get("others", ()), told]
    return change_access(state, tenant, key, {"others": others})


def restrict_role(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """The role is Directory Readers only: licences can be read, Exchange refuses with 403. Undone by grant-role."""
    return change_access(state, tenant, partner, {"roles": [DIRECTORY_READERS]})


def remove_app_consent(state: State, faults: Faults, tenant: str, partner: str = "") -> Document:
    """The app has no permissions of its own in the tenant (AADSTS700016 when app-only). Undone by grant-consent."""
    return change_access(state, tenant, partner, {"app_consent": False})


def set_renewal(
    state: State,
    faults: Faults,
    tenant: str,
    sku: str,
    days: int,
    auto_renew: bool = True,
) -> Document:
    """The term of a tenant's SKU ends in days from now."""
    number, chosen, found = whole(days, "days"), find_sku(str(sku)), find_tenant(state, tenant)
    ends = (state.now() + timedelta(days=number) - state.day(0)).days

    def edit(document: Document) -> None:
        holding = find_holding(document, chosen.id)
        if holding is None:
            raise ControlError(f"{document['name']} has no {chosen.part_number}.")
        for bought in holding["subscriptions"]:
            bought |= {"renews_in_days": ends, "auto_renew": auto_renew}

    return tenant_view(state.change("tenant", found["id"], edit))
