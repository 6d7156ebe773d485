"""A tenant's groups at Graph's stand-in: who is in one, by itself or by groups within it."""

from sandbox.standins.protocol import Request
from sandbox.standins.state import Document
from sandbox.standins.vendors.graph_odata import Refused, is_advanced
from sandbox.standins.worlds import people


def members_of(request: Request, tenant: Document, group_id: str) -> list[Document]:
    """The rows of `transitiveMembers/microsoft.graph.user`: each user once. Raises Refused."""
    if not is_advanced(request):
        text = "Request with OData cast is not supported without $count and ConsistencyLevel."
        raise Refused(400, "Request_UnsupportedQuery", text)
    if tenant.get("refuses_groups"):
        raise Refused(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
    groups = {group["id"]: group for group in tenant.get("groups", ())}
    if group_id.lower() not in groups:
        raise Refused(
            404,
            "Request_ResourceNotFound",
            f"Resource '{group_id}' does not exist or one of its queried reference-property objects are not present.",
        )
    numbers: set[int] = set()
    seen, left = set[str](), [group_id.lower()]
    while left:
        group = groups.get(left.pop())
        if group is None or group["id"] in seen:
            continue
        seen.add(group["id"])
        numbers.update(range(group["first"], group["first"] + group["members"]))
        left += group["within"]
    everybody = people.all_users(tenant)
    return [everybody[number] for number in sorted(numbers) if number < len(everybody)]
