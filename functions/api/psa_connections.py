"""PSA connections (K3): tested before they are saved; what a PSA offers to choose from; removed when nothing bills."""

import json
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, SecretStr
from pydantic.alias_generators import to_camel, to_snake

from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.api.versions import Seen, versioned
from functions.queues.alerts import judge_again
from functions.queues.messages import RefreshPsaLists
from shared.accounts import audit
from shared.accounts.members import Role
from shared.accounts.rate_limits import RateLimit
from shared.alerts.tickets import settings as tickets
from shared.billing import psa_connecting, psa_lists
from shared.billing.models import PsaConnection
from shared.billing.psa_connecting import PsaWish
from shared.billing.psa_connections import connection_failure, psa_connection, psa_connections

router = APIRouter(prefix="/accounts/{account}/psa-connections", tags=["PSA connections"])
PSA_SIGN_INS = RateLimit("psa-sign-ins", 30, timedelta(minutes=10))
"""Whoever tries passwords or addresses by it tries few."""
REFRESHES = RateLimit("psa-refreshes", 6, timedelta(minutes=10))
type ConnectionId = Annotated[str, Path(alias="psaConnection", max_length=64)]
_SETTINGS = (
    "By the kind of PSA. autotask: userName, integrationCode; connectwise: site, companyId, publicKey, clientId,"
    " billedInAdvance; halo: site, tenant, clientId, quantityByHand, prorates. Where the server is your own: selfHosted"
)


class PsaGiven(Given):
    model_config = Given.model_config | examples(
        {
            "name": "ConnectWise PSA",
            "kind": "connectwise",
            "settings": {
                "site": "api-eu.myconnectwise.net",
                "companyId": "harbourit",
                "publicKey": "pHk3example",
                "clientId": "2f1b9c0e-4a47-4c1e-9a5d-6c1f7f1c9a10",
            },
            "secret": "the API member's private key",
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=80)]
    kind: Annotated[str, Field(min_length=1, max_length=40, examples=["autotask", "connectwise", "halo"])]
    settings: Annotated[
        dict[str, Annotated[str, Field(max_length=300)] | bool], Field(max_length=20, description=_SETTINGS)
    ]
    secret: Annotated[
        SecretStr, Field(max_length=2000, description="Never read back; without it the stored one is kept")
    ] = SecretStr("")


class ShownPsa(Shown):
    id: str
    name: str
    kind: str
    settings: dict[str, str | bool]
    """Never the secret."""


class ShownLists(Shown):
    """How fresh what there is to choose from is."""

    read_at: datetime | None
    refreshing: bool
    companies: int
    agreements: int
    products: int
    failure: str
    """Why the newest refresh failed, "" when it did not."""


class ShownPsaState(ShownPsa):
    failure: str
    """Why the newest attempt to work with it failed as a whole, "" when it did not."""
    lists: ShownLists


def shown(connection: PsaConnection) -> ShownPsa:
    """What can be edited, and so has a version: every setting, as one that is not sent back is set to its default."""
    stored: dict[str, object] = json.loads(connection.settings_json)
    return ShownPsa(
        id=connection.id,
        name=connection.name,
        kind=connection.kind,
        settings={
            to_camel(name): value if isinstance(value, bool) else str(value) for name, value in stored.items()
        },
    )


def shown_state(asking: Principal, connection: PsaConnection) -> ShownPsaState:
    known = psa_lists.state(asking.tables, asking.account, connection.id)
    failed = connection_failure(asking.tables, asking.account, connection.id)
    return ShownPsaState(
        **dict(shown(connection)),
        failure=failed.told(connection.name) if failed else "",
        lists=ShownLists(
            read_at=known.read_at,
            refreshing=known.is_pending,
            companies=known.companies,
            agreements=known.agreements,
            products=known.products,
            failure=known.failure,
        ),
    )


def wish(asking: Principal, asked: PsaGiven) -> PsaWish:
    return PsaWish(
        name=asked.name,
        kind=asked.kind,
        settings={to_snake(name): value for name, value in asked.settings.items()},
        secret=asked.secret.get_secret_value(),
        may_self_host=asking.member.role >= Role.OWNER,
    )


@router.get("", operation_id="listPsaConnections", response_model=Page[ShownPsaState], responses=CSV)
def list_connections(asking: Reader, paging: Pages) -> Page[ShownPsaState] | Response:
    rows = sorted(
        (connection.id, shown_state(asking, connection))
        for connection in psa_connections(asking.tables, asking.account)
    )
    return paging.answer_all(asking, "psa-connections", rows)


@router.post("", operation_id="connectPsa", status_code=201)
def connect(asked: PsaGiven, asking: Admin, response: Response) -> ShownPsaState:
    """Test and save. What of the sign-in or the rights is missing is said, and nothing is saved then."""
    asking.spend(PSA_SIGN_INS)
    wired = asking.wired
    made = psa_connecting.connect(
        asking.tables, wired.secrets, wired.psas, asking.account, wish(asking, asked)
    )
    _record(asking, "psa.connected", made.id, "", made.name)
    _refresh(asking, made.id)
    response.headers["Location"] = f"/api/accounts/{asking.account}/psa-connections/{made.id}"
    versioned(response, shown(made))
    return shown_state(asking, made)


@router.get("/{psaConnection}", operation_id="getPsaConnection")
def get(connection_id: ConnectionId, asking: Reader, response: Response) -> ShownPsaState:
    found = psa_connection(asking.tables, asking.account, connection_id)
    versioned(response, shown(found))
    return shown_state(asking, found)


@router.put("/{psaConnection}", operation_id="changePsaConnection")
def change(
    connection_id: ConnectionId, asked: PsaGiven, asking: Admin, seen: Seen, response: Response
) -> ShownPsaState:
    """Test and save. Without a secret the stored one is kept."""
    before = psa_connection(asking.tables, asking.account, connection_id)
    seen.check(shown(before))
    asking.spend(PSA_SIGN_INS)
    wired = asking.wired
    after = psa_connecting.change(
        asking.tables, wired.secrets, wired.psas, asking.account, connection_id, wish(asking, asked)
    )
    _record(asking, "psa.changed", after.id, _told(before), _told(after))
    versioned(response, shown(after))
    return shown_state(asking, after)


@router.delete("/{psaConnection}", operation_id="removePsaConnection", status_code=204)
def remove(
    connection_id: ConnectionId,
    asking: Admin,
    lines_looked_after: Annotated[
        bool,
        Query(alias="linesLookedAfter", description="A person ends lines of inactive agreements in the PSA"),
    ] = False,
) -> None:
    """Only when no licence is billed through it, no line of it is to end, no company is linked to it and no alerts
    become tickets in it. Its ledger is kept."""
    wired, by = asking.wired, asking.actor.decider("PSA connection removed")
    found = psa_connecting.check_unused(
        asking.tables, asking.account, connection_id, looked_after=lines_looked_after
    )
    tickets.check_unused(asking.tables, asking.account, found)
    removed = psa_connecting.remove(
        asking.tables, wired.blobs, wired.secrets, asking.account, connection_id, by
    )
    _record(asking, "psa.removed", removed.id, removed.name, "")


@router.post("/{psaConnection}/test", operation_id="testPsaConnection", status_code=204)
def test(connection_id: ConnectionId, asking: Admin) -> None:
    """Prove that the stored sign-in and its rights are good; else the problem says what is missing."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    asking.spend(PSA_SIGN_INS)
    psa_connecting.test(asking.tables, asking.account, found, asking.wired.psa(asking.account, found))
    asking.enqueue(*judge_again(asking.wired, asking.account))


@router.post("/{psaConnection}/refresh", operation_id="refreshPsaConnection", status_code=202)
def refresh(connection_id: ConnectionId, asking: Admin, response: Response) -> ShownPsaState:
    """Read companies, agreements and products again. `lists.refreshing` is true until it is done."""
    found = psa_connection(asking.tables, asking.account, connection_id)
    asking.spend(REFRESHES)
    _refresh(asking, found.id)
    response.headers["Location"] = f"/api/accounts/{asking.account}/psa-connections/{found.id}"
    return shown_state(asking, found)


def _refresh(asking: Principal, connection_id: str) -> None:
    if psa_lists.ask(asking.tables, asking.account, connection_id, asking.now):
        asking.enqueue(RefreshPsaLists(account=asking.account, connection=connection_id))


def _told(connection: PsaConnection) -> str:
    return shown(connection).model_dump_json(by_alias=True)


def _record(asking: Principal, action: str, subject: str, before: str, after: str) -> None:
    audit.record(asking.tables, asking.account, asking.actor, action, subject, before, after)
