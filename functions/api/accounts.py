"""Accounts: opening one, and its name and mode."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.models import Email, Given, Shown, ZoneName, examples
from functions.api.principal import Admin, Reader, SignedIn, Wired, person_of
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.account import Account
from shared.accounts.directory import load_account, rename_account
from shared.accounts.members import Member, Role
from shared.accounts.opening import open_account

router = APIRouter(tags=["account"])
type Name = Annotated[str, Field(min_length=1, max_length=80, description="What the MSP calls itself")]


class NewAccount(Given):
    model_config = Given.model_config | examples(
        {
            "name": "Harbour IT",
            "timezone": "Europe/London",
            "notificationAddress": "licences@harbour-it.example",
        }
    )

    name: Name
    timezone: Annotated[ZoneName, Field(description="An IANA zone")]
    notification_address: Annotated[Email, Field(description="Who is mailed what must be fixed")]


class AccountChange(Given):
    name: Name


class ShownAccount(Shown):
    id: str
    name: str
    mode: Literal["preview", "live"]
    timezone: str
    currency_symbol: str
    since: datetime


def shown(account: Account) -> ShownAccount:
    return ShownAccount(
        id=account.id,
        name=account.name,
        mode=account.mode.value,
        timezone=account.timezone,
        currency_symbol=account.currency_symbol,
        since=account.since,
    )


@router.post("/accounts", operation_id="openAccount", status_code=201)
def open_(asked: NewAccount, identity: SignedIn, wired: Wired, response: Response) -> ShownAccount:
    """Open the account of your organisation, in preview mode, with you as its owner. Again, it answers the same."""
    owner = Member(
        person=person_of(identity),
        role=Role.OWNER,
        name=identity.name,
        email=identity.email,
        since=wired.clock(),
    )
    account = open_account(
        wired.tables, owner, asked.name, asked.timezone, asked.notification_address, wired.settings.may_open
    )
    response.headers["Location"] = f"/api/accounts/{account.id}"
    return versioned(response, shown(account))


@router.get("/accounts/{account}", operation_id="getAccount")
def get(asking: Reader, response: Response) -> ShownAccount:
    return versioned(response, shown(load_account(asking.tables, asking.account)))


@router.patch("/accounts/{account}", operation_id="changeAccount")
def change(asked: AccountChange, asking: Admin, seen: Seen, response: Response) -> ShownAccount:
    """Change the account's name."""
    before = load_account(asking.tables, asking.account)
    seen.check(shown(before))
    after = rename_account(asking.tables, before, asked.name)
    audit.record(
        asking.tables, asking.account, asking.actor, "account.named", after.id, before.name, after.name
    )
    return versioned(response, shown(after))
