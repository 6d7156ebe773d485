"""How many users a group of a tenant has, those of nested groups included: all of them, or an error.

Vendor's page: learn.microsoft.com/graph/api/group-list-transitivemembers (GroupMember.Read.All; an OData cast needs
`$count` and ConsistencyLevel, on further pages too; at most 999 a page).
"""

from functools import cache
from http import HTTPStatus
from typing import Final, NotRequired, TypedDict

from pydantic import TypeAdapter

from shared.microsoft.graph import EVENTUAL, GraphReader
from shared.microsoft.graph_rows import Id, Page, Text, fields_of, invalid
from shared.microsoft.hosts import GRAPH
from shared.microsoft.models import GROUP_ID, FailureCause, GroupCount, NotRead
from shared.microsoft.read_problems import ReadProblem

_GUEST: Final = "guest"
_CAUSES: Final = {
    str(HTTPStatus.FORBIDDEN.value): ReadProblem.GROUP_ROLE,
    str(HTTPStatus.NOT_FOUND.value): ReadProblem.GROUP_GONE,
}


class MemberRow(TypedDict):
    id: Id
    accountEnabled: NotRequired[bool | None]
    userType: NotRequired[Text]


def read_group(reader: GraphReader, group_id: str) -> GroupCount:
    """Raises NotRead, Throttled or Unreachable."""
    if not GROUP_ID.fullmatch(group_id):
        raise invalid("the id of a group is none")
    link = f"{GRAPH}/v1.0/groups/{group_id}/transitiveMembers/microsoft.graph.user"
    params: dict[str, str | int] = {"$select": fields_of(MemberRow), "$count": "true", "$top": 999}
    try:
        first = reader.get(link, _page(), EVENTUAL, params)
        announced = first.get("count")
        rows = reader.rows(first, _page(), EVENTUAL)
    except NotRead as refusal:
        problem = _CAUSES.get(refusal.code.partition(" ")[0])
        raise (NotRead(FailureCause.TENANT, refusal.code, problem) if problem else refusal) from None
    members = {row["id"].lower(): row for row in rows}
    if announced is None or announced != len(members):
        raise invalid(f"a group of {announced} users lists {len(members)}")
    if any(row.get("accountEnabled") is None for row in members.values()):
        raise invalid("a member of a group does not say whether it can sign in")
    guests = {name for name, row in members.items() if (row.get("userType") or "").lower() == _GUEST}
    disabled = {name for name, row in members.items() if not row.get("accountEnabled")}
    return GroupCount(
        group_id=group_id,
        members=len(members),
        guests=len(guests),
        disabled=len(disabled),
        disabled_guests=len(guests & disabled),
    )


@cache
def _page() -> TypeAdapter[Page[MemberRow]]:
    return TypeAdapter(Page[MemberRow])
