"""Agreements that a PSA's list lost most of at once: what is missing, and a person's word that they are really gone."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from functions.api.kept import names_of
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Reader
from functions.api.psa_connections import ConnectionId
from functions.queues.messages import PushConnection
from shared.accounts import audit
from shared.accounts.directory import load_account
from shared.billing.psa_connections import psa_connection
from shared.billing.pushing import lost_agreements

router = APIRouter(
    prefix="/accounts/{account}/psa-connections/{psaConnection}/lost-agreements", tags=["PSA connections"]
)


class ShownAgreement(Shown):
    agreement_id: str
    companies: list[str]
    """Whose licences are mapped to it, by name; a tenant's id where it has none."""


class ShownLoss(Shown):
    seen: str
    """Names exactly the agreements that are missing now."""
    missing: int
    since: date | None
    """The first night that found them missing. Another night that finds the same believes it."""
    agreements: list[ShownAgreement]
    """At most the first hundred."""


class Believed(Given):
    model_config = Given.model_config | examples({"seen": "5f1d0c9a7b3e4a6f8c2d1e0f9b7a6c5d"})

    seen: Annotated[str, Field(min_length=1, max_length=64)]
    """What of the missing agreements was looked at, as it was read."""


class BelievedIn(Shown):
    run: str
    """It works on the connection at once, and believes the list if just these are missing."""


@router.get("", operation_id="getLostAgreements")
def get(connection_id: ConnectionId, asking: Reader) -> ShownLoss:
    """404 when the list of the connection is not in doubt. Nothing of the connection is read or written meanwhile."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    lost, names = lost_agreements.lost_agreements(asking.tables, asking.account, found.id), names_of(asking)
    return ShownLoss(
        seen=lost.seen,
        missing=lost.missing,
        since=lost.since,
        agreements=[
            ShownAgreement(
                agreement_id=agreement.agreement_id,
                companies=[names.get(tenant, tenant) for tenant in agreement.tenants],
            )
            for agreement in lost.first
        ],
    )


@router.post("/believe", operation_id="believeLostAgreements", status_code=202)
def believe(connection_id: ConnectionId, asked: Believed, asking: Admin, response: Response) -> BelievedIn:
    """They are really gone. Their lines are blocked and told, all others are looked after again."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    account = load_account(asking.tables, asking.account)
    run, is_new = lost_agreements.believe(
        asking.tables, account, found.id, asked.seen, asking.actor.who, asking.now
    )
    if is_new:
        audit.record(
            asking.tables, asking.account, asking.actor, "psa.loss_believed", found.id, "", asked.seen
        )
    asking.enqueue(PushConnection(account=asking.account, run=run.id, connection=found.id))
    response.headers["Location"] = f"/api/accounts/{asking.account}/runs/{run.id}"
    return BelievedIn(run=run.id)
