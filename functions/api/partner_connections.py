"""Partner connections (K4): by consent at Microsoft, or by an app registration of the partner's own."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import Field, SecretStr

from functions.api.lists import CSV, Page, Pages
from functions.api.models import Given, Shown, examples
from functions.api.principal import Admin, Principal, Reader
from functions.api.versions import Seen, versioned
from shared.accounts import audit
from shared.accounts.rate_limits import RateLimit
from shared.licensing.partner_removal import remove_partner
from shared.microsoft import partner_connections
from shared.microsoft.models import PartnerConnection, SignInMode
from shared.microsoft.partner_connecting import AppWish
from shared.microsoft.partner_consent import LIVES, ConsentAnswer, ConsentWish

router = APIRouter(prefix="/accounts/{account}", tags=["partner connections"])
PARTNER_SIGN_INS = RateLimit("partner-sign-ins", 30, timedelta(minutes=10))
type ConnectionId = Annotated[str, Path(alias="partnerConnection", max_length=64)]
type Guid = Annotated[str, Field(max_length=40, examples=["c1efe1ec-f336-45c2-a522-f962457f04f4"])]
type Secret = Annotated[
    SecretStr, Field(max_length=4000, description="Never read back; without it the stored one is kept")
]
type Mode = Literal["refresh_token", "app_only"]
_NONE = SecretStr("")


class AppGiven(Given):
    model_config = Given.model_config | examples(
        {
            "name": "Harbour IT",
            "tenantId": "6a1d0e07-5b0a-4b70-8f3e-0a8a3a0f9a10",
            "clientId": "c1efe1ec-f336-45c2-a522-f962457f04f4",
            "mode": "app_only",
            "clientSecret": "the app registration's client secret",
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=80)]
    tenant_id: Guid
    client_id: Guid
    mode: Mode
    client_secret: Secret = _NONE
    refresh_token: Secret = _NONE


class ConsentGiven(Given):
    model_config = Given.model_config | examples(
        {
            "name": "Harbour IT",
            "clientId": "c1efe1ec-f336-45c2-a522-f962457f04f4",
            "clientSecret": "the app registration's client secret",
        }
    )

    name: Annotated[str, Field(max_length=80)] = ""
    client_id: Guid = ""
    """"" takes the installation's own app registration, where there is one; it needs no secret."""
    client_secret: Secret = _NONE
    connection: Annotated[
        str,
        Field(max_length=64, description="To consent to this connection again; it keeps what is not given"),
    ] = ""


class ConsentAddress(Shown):
    address: str
    """Lead the browser there. Microsoft leads it back to the front end's page /partner-consent."""
    ends_at: datetime


class ConsentReturn(Given):
    """The parameters of the address that Microsoft led back to."""

    state: Annotated[str, Field(min_length=1, max_length=1000)]
    code: Annotated[SecretStr, Field(max_length=8000)] = _NONE
    error: Annotated[str, Field(max_length=200)] = ""
    error_description: Annotated[str, Field(max_length=4000)] = ""


class ShownPartner(Shown):
    id: str
    name: str
    tenant_id: str
    client_id: str
    by_installation: bool
    """It signs in by the installation's own app registration."""
    mode: Mode


class Tested(Shown):
    customers: int


def shown(connection: PartnerConnection) -> ShownPartner:
    return ShownPartner(
        id=connection.id,
        name=connection.name,
        tenant_id=connection.tenant_id,
        client_id=connection.client_id,
        by_installation=connection.by_installation,
        mode=connection.mode.value,
    )


def wish(asked: AppGiven) -> AppWish:
    return AppWish(
        name=asked.name,
        tenant_id=asked.tenant_id,
        client_id=asked.client_id,
        mode=SignInMode(asked.mode),
        client_secret=asked.client_secret.get_secret_value(),
        refresh_token=asked.refresh_token.get_secret_value(),
    )


@router.get(
    "/partner-connections",
    operation_id="listPartnerConnections",
    response_model=Page[ShownPartner],
    responses=CSV,
)
def list_connections(asking: Reader, paging: Pages) -> Page[ShownPartner] | Response:
    found = partner_connections.all_of(asking.tables, asking.account)
    return paging.answer_all(
        asking, "partner-connections", sorted((connection.id, shown(connection)) for connection in found)
    )


@router.post("/partner-connections", operation_id="connectPartner", status_code=201)
def connect(asked: AppGiven, asking: Admin, response: Response) -> ShownPartner:
    """By an app registration: test and save. A partner tenant that is connected already is changed."""
    asking.spend(PARTNER_SIGN_INS)
    made = asking.wired.partner_connecting.connect(asking.account, wish(asked))
    return _connected(asking, made, response)


@router.get("/partner-connections/{partnerConnection}", operation_id="getPartnerConnection")
def get(connection_id: ConnectionId, asking: Reader, response: Response) -> ShownPartner:
    found, _ = partner_connections.stored(asking.tables, asking.account, connection_id)
    return versioned(response, shown(found))


@router.put("/partner-connections/{partnerConnection}", operation_id="changePartnerConnection")
def change(
    connection_id: ConnectionId, asked: AppGiven, asking: Admin, seen: Seen, response: Response
) -> ShownPartner:
    """Test and save. A secret that is not given is kept."""
    before, _ = partner_connections.stored(asking.tables, asking.account, connection_id)
    seen.check(shown(before))
    asking.spend(PARTNER_SIGN_INS)
    after = asking.wired.partner_connecting.change(asking.account, connection_id, wish(asked))
    _record(asking, "partner.changed", after.id, before, after)
    return versioned(response, shown(after))


@router.delete(
    "/partner-connections/{partnerConnection}", operation_id="removePartnerConnection", status_code=204
)
def remove(connection_id: ConnectionId, asking: Admin) -> None:
    """Only when every added tenant is still listed by another connection."""
    wired = asking.wired
    removed = remove_partner(wired.partner_connecting, wired.blobs, asking.account, connection_id, asking.now)
    _record(asking, "partner.removed", removed.id, removed, None)


@router.post("/partner-connections/{partnerConnection}/test", operation_id="testPartnerConnection")
def test(connection_id: ConnectionId, asking: Admin) -> Tested:
    """Sign in and list the customers; else the problem says who must do what."""
    asking.spend(PARTNER_SIGN_INS)
    return Tested(customers=asking.wired.partner_connecting.test(asking.account, connection_id))


@router.post("/partner-consents", operation_id="beginPartnerConsent")
def begin_consent(asked: ConsentGiven, asking: Admin) -> ConsentAddress:
    """Where an administrator of the partner signs in and consents. It is good once, for you, and for 15 minutes."""
    asking.spend(PARTNER_SIGN_INS)
    wanted = ConsentWish(
        asked.name, asked.client_id, asked.client_secret.get_secret_value(), asked.connection
    )
    address = asking.wired.partner_consent.begin(asking.account, asking.member.id, wanted, asking.now)
    return ConsentAddress(address=address, ends_at=asking.now + LIVES)


@router.post("/partner-consents/finish", operation_id="finishPartnerConsent", status_code=201)
def finish_consent(asked: ConsentReturn, asking: Admin, response: Response) -> ShownPartner:
    """What Microsoft led back with. The same partner again updates its connection."""
    answer = ConsentAnswer(asked.state, asked.code.get_secret_value(), asked.error, asked.error_description)
    made = asking.wired.partner_consent.finish(asking.account, asking.member.id, answer, asking.now)
    return _connected(asking, made, response)


def _connected(asking: Principal, made: PartnerConnection, response: Response) -> ShownPartner:
    _record(asking, "partner.connected", made.id, None, made)
    response.headers["Location"] = f"/api/accounts/{asking.account}/partner-connections/{made.id}"
    return versioned(response, shown(made))


def _record(
    asking: Principal,
    action: str,
    subject: str,
    before: PartnerConnection | None,
    after: PartnerConnection | None,
) -> None:
    told = [
        shown(connection).model_dump_json(by_alias=True) if connection else ""
        for connection in (before, after)
    ]
    audit.record(asking.tables, asking.account, asking.actor, action, subject, *told)
