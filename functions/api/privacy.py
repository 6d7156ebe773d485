"""All that is kept of an account: taken along, or deleted for good. Owners only."""

import hashlib
import tempfile
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Response
from itsdangerous import BadData, URLSafeSerializer
from pydantic import Field

from functions.api.models import Given, Shown, examples
from functions.api.principal import Owner, Principal
from functions.queues.messages import DeleteAccount
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.accounts.rate_limits import RateLimit
from shared.errors import Rejected
from shared.privacy import deletion, export

router = APIRouter(tags=["privacy"])

EXPORTS = RateLimit("export", 4, timedelta(hours=1))
LIVES = timedelta(minutes=10)
"""So long a confirmation counts."""
_SALT = "seatwise.deletion.1"
ZIP: dict[int | str, dict[str, Any]] = {
    HTTPStatus.OK.value: {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The ZIP file",
    }
}


class DeletionBegun(Shown):
    """What would be deleted, and what must be sent back to delete it."""

    name: str
    confirmation: str
    until: datetime


class DeletionConfirmed(Given):
    model_config = Given.model_config | examples({"name": "Harbour IT", "confirmation": "WyJoYXJib3Vy..."})

    name: Annotated[str, Field(max_length=80, description="The account's name, typed by the person")]
    confirmation: Annotated[str, Field(max_length=1000, description="`confirmation` of the first step")]


class DeletionAccepted(Shown):
    account: str


@router.get(
    "/accounts/{account}/export", operation_id="exportAccount", response_class=Response, responses=ZIP
)
def export_account(asking: Owner) -> Response:
    """Everything that is kept of the account, as a ZIP file; without secrets."""
    asking.spend(EXPORTS)
    audit.record(asking.tables, asking.account, asking.actor, "account.exported", asking.account)
    with tempfile.TemporaryFile() as file:
        export.write(asking.wired.storage.tables, asking.wired.blobs, asking.account, asking.now, file)
        file.seek(0)
        data = file.read()
    name = f"seatwise-{asking.account}-{asking.now:%Y-%m-%d}.zip"
    return Response(
        data,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.post("/accounts/{account}/deletion", operation_id="beginDeletion")
def begin(asking: Owner) -> DeletionBegun:
    """The first of two steps: nothing is deleted yet. Show the name, and let the person type it."""
    until = asking.now + LIVES
    sent = _serializer(asking).dumps([asking.account, asking.member.id, until.isoformat()])
    name = load_account(asking.tables, asking.account).name
    return DeletionBegun(name=name, confirmation=str(sent), until=until)


@router.post(
    "/accounts/{account}/deletion/confirmed", operation_id="confirmDeletion", status_code=HTTPStatus.ACCEPTED
)
def confirm(asked: DeletionConfirmed, asking: Owner) -> DeletionAccepted:
    """The second step: everything of the account is deleted, within half an hour, and cannot be brought back.

    What stands in the PSA stays there as it is. Export the account first.
    """
    if not _is_confirmed(asking, asked.confirmation):
        raise Rejected(
            "This confirmation is not of you, or is older than ten minutes. Begin again.",
            "not_confirmed",
            "confirmation",
        )
    if asked.name.strip() != load_account(asking.tables, asking.account).name:
        raise Rejected("Type the name of the account exactly as it is shown.", "other_name", "name")
    audit.record(asking.tables, asking.account, asking.actor, "account.deletion", asking.account)
    deletion.begin(asking.tables, asking.account, asking.now)
    asking.enqueue(DeleteAccount(account=asking.account))
    return DeletionAccepted(account=asking.account)


def _is_confirmed(asking: Principal, sent: str) -> bool:
    try:
        account, member, until = _serializer(asking).loads(sent)
        in_time = datetime.fromisoformat(until) >= asking.now
    except (BadData, ValueError, TypeError):
        return False
    return in_time and (account, member) == (asking.account, asking.member.id)


def _serializer(asking: Principal) -> URLSafeSerializer:
    return URLSafeSerializer(
        list(reversed(asking.wired.signing_keys)),
        salt=_SALT,
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
