"""Accounts: opening one, and its name and mode."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.models import Email, Given, Shown, ZoneName, examples
from functions.api.principal import Admin, Owner, Reader, SignedIn, Wired, person_of
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.account import Account
from shared.accounts.directory import load_account, rename_account
from shared.accounts.members import Member, Role
from shared.accounts.opening import open_account
from shared.billing.planning import preview
from shared.errors import Rejected

router = APIRouter(tags=["account"])
type Name = Annotated[str, Field(min_length=1, max_length=80, description="What the MSP calls itself")]

type ModeWord = Literal["preview", "live"]


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


class ModeChange(Given):
    model_config = Given.model_config | examples({"mode": "live", "plan": "5f1d7a84db00d2fce00b31a7"})

    mode: ModeWord
    plan: Annotated[
        str, Field(max_length=64, description="For live: `digest` of the plan that you looked at")
    ] = ""


class ShownAccount(Shown):
    id: str
    name: str
    mode: ModeWord
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


@router.put("/accounts/{account}/mode", operation_id="switchMode")
def switch_mode(asked: ModeChange, asking: Owner, response: Response) -> ShownAccount:
    """Switch the account live, for exactly the plan that you looked at, or back to preview.

    Live, the next push writes to the PSA. The plan shows what it would write; when it is another one by now, nothing is
    switched.
    """
    before = load_account(asking.tables, asking.account)
    if asked.mode == "preview":
        after = preview.back_to_preview(asking.tables, asking.account)
    elif not asked.plan:
        raise Rejected("Look at the plan first, and send its digest along.", "required", "plan")
    else:
        after = preview.go_live(asking.tables, asking.wired.blobs, asking.account, asked.plan, asking.now)
    if after.mode is not before.mode:
        audit.record(
            asking.tables, asking.account, asking.actor, "account.mode", after.id, before.mode, after.mode
        )
    return versioned(response, shown(after))
