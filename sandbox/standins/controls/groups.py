"""Controls of a tenant's groups: who is in one, that it is gone, and who may look."""

from sandbox.standins.controls.lookup import ControlError, find_tenant, whole
from sandbox.standins.faults import Faults
from sandbox.standins.state import Document, State
from sandbox.standins.worlds.people import guid


def set_group(
    state: State,
    faults: Faults,
    tenant: str,
    name: str,
    members: int,
    first: int = 0,
    within: str = "",
) -> Document:
    """A group with so many of the tenant's users, from the first number on; within= names a group that is in it."""
    found = find_tenant(state, tenant)
    begin, number = whole(first, "first"), whole(members, "members")
    if not 0 <= begin <= begin + number <= found["users"]:
        raise ControlError(f"{found['name']} has users 0 to {found['users'] - 1}.")
    group = {"id": guid(found["id"], "group", name), "name": str(name), "first": begin, "members": number}
    group |= {"within": [guid(found["id"], "group", within)] if within else []}
    others = [other for other in found.get("groups", ()) if other["id"] != group["id"]]
    state.change("tenant", found["id"], lambda document: document.update(groups=[*others, group]))
    return group


def remove_group(state: State, faults: Faults, tenant: str, name: str) -> Document:
    """The group is deleted: whoever asks for it gets 404."""
    found = find_tenant(state, tenant)
    others = [group for group in found.get("groups", ()) if group["name"] != name]
    if len(others) == len(found.get("groups", ())):
        raise ControlError(f"{found['name']} has no group {name!r}.")
    state.change("tenant", found["id"], lambda document: document.update(groups=others))
    return {"name": name}


def refuse_groups(state: State, faults: Faults, tenant: str, on: bool = True) -> Document:
    """The app may not read the members of the tenant's groups: GroupMember.Read.All is missing (`on=false` ends it)."""
    found = find_tenant(state, tenant)
    state.change("tenant", found["id"], lambda document: document.update(refuses_groups=bool(on)))
    return {"refuses_groups": bool(on)}
