"""Members of an account: who may do what (K18)."""

from datetime import datetime

from fastapi import APIRouter, Response

from functions.api.lists import CSV, Page, Pages
from functions.api.me import RoleWord
from functions.api.models import Given, Shown
from functions.api.principal import Owner, Reader
from shared.accounts import members
from shared.accounts.members import Member, Role

router = APIRouter(prefix="/accounts/{account}/members", tags=["members"])


class ShownMember(Shown):
    id: str
    name: str
    email: str
    role: RoleWord
    since: datetime
    is_you: bool


class RoleChange(Given):
    role: RoleWord


def shown(member: Member, you: str) -> ShownMember:
    return ShownMember.model_validate(
        {
            "id": member.id,
            "name": member.name,
            "email": member.email,
            "role": member.role.word,
            "since": member.since,
            "is_you": member.id == you,
        }
    )


@router.get("", operation_id="listMembers", response_model=Page[ShownMember], responses=CSV)
def list_members(asking: Reader, paging: Pages) -> Page[ShownMember] | Response:
    found = members.members(asking.tables, asking.account)
    return paging.answer_all(
        asking, "members", ((member.id, shown(member, asking.member.id)) for member in found)
    )


@router.put("/{member}/role", operation_id="changeRole")
def change_role(member: str, asked: RoleChange, asking: Owner) -> ShownMember:
    """The last owner cannot become less."""
    role = Role.named(asked.role)
    changed = members.change_role(asking.tables, asking.account, member, role, asking.actor)
    return shown(changed, asking.member.id)


@router.delete("/{member}", operation_id="removeMember", status_code=204)
def remove(member: str, asking: Owner) -> None:
    """The last owner cannot leave."""
    members.remove_member(asking.tables, asking.account, member, asking.actor)


@router.delete("", operation_id="leaveAccount", status_code=204)
def leave(asking: Reader) -> None:
    """Leave the account yourself."""
    members.remove_member(asking.tables, asking.account, asking.member.id, asking.actor)
