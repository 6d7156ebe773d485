"""Invitations: by mail, single use, bound to whoever signs in with it (K18)."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.lists import CSV, Page, Pages
from functions.api.me import RoleWord
from functions.api.models import Email, Given, Shown, examples
from functions.api.principal import Owner, SignedIn, Wired, person_of
from functions.queues.messages import SendInvitation
from shared.accounts import invitations
from shared.accounts.invitations import Invitation
from shared.accounts.members import Member, Role
from shared.accounts.rate_limits import RateLimit

router = APIRouter(tags=["members"])
INVITATIONS = RateLimit("invitations", 60, timedelta(days=1))
"""Each is a mail to somebody who did not ask for it."""


class NewInvitation(Given):
    model_config = Given.model_config | examples({"email": "eva@harbour-it.example", "role": "editor"})

    email: Annotated[Email, Field(description="Where the invitation is mailed to")]
    role: RoleWord


class ShownInvitation(Shown):
    id: str
    email: str
    role: RoleWord
    made_at: datetime
    made_by: str
    ends_at: datetime
    state: Literal["open", "accepted", "withdrawn", "expired"]


class Acceptance(Given):
    code: Annotated[str, Field(min_length=1, max_length=500, description="From the link in the mail")]


class Joined(Shown):
    account: str
    role: RoleWord


def shown(invitation: Invitation, now: datetime) -> ShownInvitation:
    state = (
        "accepted"
        if invitation.accepted_by
        else "withdrawn"
        if invitation.withdrawn
        else "open"
        if invitation.is_open(now)
        else "expired"
    )
    return ShownInvitation.model_validate(
        {
            "id": invitation.id,
            "email": invitation.email,
            "role": invitation.role.word,
            "made_at": invitation.made_at,
            "made_by": invitation.made_by,
            "ends_at": invitation.made_at + invitations.LIVES,
            "state": state,
        }
    )


@router.get(
    "/accounts/{account}/invitations",
    operation_id="listInvitations",
    response_model=Page[ShownInvitation],
    responses=CSV,
)
def list_invitations(asking: Owner, paging: Pages) -> Page[ShownInvitation] | Response:
    found = invitations.invitations(asking.tables, asking.account)
    return paging.answer_all(
        asking, "invitations", ((invitation.id, shown(invitation, asking.now)) for invitation in found)
    )


@router.post("/accounts/{account}/invitations", operation_id="invite", status_code=201)
def invite(asked: NewInvitation, asking: Owner) -> ShownInvitation:
    """Mail an invitation. It works for a week, once; asking again on the same day mails it no second time."""
    asking.spend(INVITATIONS)
    made = invitations.invite(
        asking.tables, asking.account, asked.email, Role.named(asked.role), asking.actor
    )
    asking.enqueue(SendInvitation(account=asking.account, invitation=made.id))
    return shown(made, asking.now)


@router.delete(
    "/accounts/{account}/invitations/{invitation}", operation_id="withdrawInvitation", status_code=204
)
def withdraw(invitation: str, asking: Owner) -> None:
    invitations.withdraw(asking.tables, asking.account, invitation, asking.actor)


@router.post("/invitations/accept", operation_id="acceptInvitation")
def accept(asked: Acceptance, identity: SignedIn, wired: Wired) -> Joined:
    """Become a member with the code of an invitation. The same person may repeat it."""
    who = Member(
        person=person_of(identity),
        role=Role.READER,
        name=identity.name,
        email=identity.email,
        since=wired.clock(),
    )
    account, joined = invitations.accept(wired.tables, wired.invitation_codes, asked.code, who, wired.clock())
    return Joined.model_validate({"account": account, "role": joined.role.word})
