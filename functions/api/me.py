"""Who is signed in, and the accounts that they belong to."""

from datetime import date
from typing import Literal

from fastapi import APIRouter

from functions.api.models import Shown, examples
from functions.api.principal import SignedIn, Wired, person_of
from shared.accounts.directory import load_account
from shared.accounts.members import accounts_of, member
from shared.accounts.opening import may_open
from shared.errors import NotFound

router = APIRouter(tags=["me"])
type RoleWord = Literal["reader", "editor", "admin", "owner"]


class MyAccount(Shown):
    id: str
    name: str
    role: RoleWord
    mode: Literal["preview", "live"]
    today: date
    """The day that it is in the account's zone."""


class Me(Shown):
    model_config = Shown.model_config | examples(
        {
            "id": "1c6f3d0a9b7e4c21",
            "name": "Eva Berger",
            "email": "eva@harbour-it.example",
            "accounts": [
                {
                    "id": "harbour-it-1a2b3c4d",
                    "name": "Harbour IT",
                    "role": "owner",
                    "mode": "preview",
                    "today": "2026-11-27",
                }
            ],
            "canOpen": False,
            "hasPartnerApp": True,
        }
    )

    id: str
    name: str
    email: str
    accounts: list[MyAccount]
    can_open: bool
    """The person's organisation may open an account, and has none yet."""
    has_partner_app: bool
    """The installation has an app registration that partners may consent to, instead of making one of their own."""


@router.get("/me", operation_id="getMe")
def get_me(identity: SignedIn, wired: Wired) -> Me:
    """Who is signed in, and the accounts that they are a member of."""
    person = person_of(identity)
    mine = []
    for account_id in accounts_of(wired.tables, person):
        known = member(wired.tables, account_id, person)
        if known is None:
            continue
        try:
            account = load_account(wired.tables, account_id)
        except NotFound:
            continue
        mine.append(
            MyAccount.model_validate(
                {
                    "id": account.id,
                    "name": account.name,
                    "role": known.role.word,
                    "mode": account.mode.value,
                    "today": wired.clock().astimezone(account.zone).date(),
                }
            )
        )
    return Me(
        id=person.id,
        name=identity.name,
        email=identity.email,
        accounts=mine,
        can_open=may_open(wired.tables, person, wired.settings.may_open),
        has_partner_app=wired.installation_app is not None,
    )
