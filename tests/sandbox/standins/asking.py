"""How these tests ask the vendors: plain requests with the demo world's credentials."""

from typing import Any

import msal
import requests

from sandbox.standins.worlds.registry import ConnectWise, Partner, Tenant, demo_world

WORLD = demo_world()
GRAPH = "https://graph.microsoft.com"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com"
EXCHANGE = "https://outlook.office365.com"
LOGIN = "https://login.microsoftonline.com"
LICENSED_USERS = (
    "/users?$select=id,displayName,assignedLicenses&$filter=assignedLicenses/$count ne 0&$count=true"
)
EVENTUAL = {"ConsistencyLevel": "eventual"}
HARBOUR: Partner = WORLD.partners[0]
NORTH: Partner = WORLD.partners[1]
CONNECTWISE: ConnectWise = WORLD.connectwise[0]


def tenant(part: str) -> Tenant:
    return next(found for found in WORLD.tenants if part.lower() in found.name.lower())


def app_for(session: requests.Session, directory: str, partner: Partner = HARBOUR) -> Any:
    return msal.ConfidentialClientApplication(
        partner.client_id,
        client_credential=partner.secret,
        authority=f"{LOGIN}/{directory}",
        http_client=session,
        instance_discovery=False,
    )


def redeemed(
    session: requests.Session, directory: str, resource: str = GRAPH, partner: Partner = HARBOUR
) -> dict[str, Any]:
    """What msal says when the partner's refresh token is redeemed in a tenant."""
    app = app_for(session, directory, partner)
    answer: dict[str, Any] = app.acquire_token_by_refresh_token(
        partner.refresh_token, [f"{resource}/.default"]
    )
    return answer


def bearer(
    session: requests.Session, directory: str, resource: str = GRAPH, *, app_only: bool = False
) -> dict[str, str]:
    """The Authorization header for a tenant; a plain token request, without msal."""
    form = {
        "client_id": HARBOUR.client_id,
        "client_secret": HARBOUR.secret,
        "scope": f"{resource}/.default",
        "grant_type": "client_credentials",
    }
    if not app_only:
        form |= {"grant_type": "refresh_token", "refresh_token": HARBOUR.refresh_token}
    answer = session.post(f"{LOGIN}/{directory}/oauth2/v2.0/token", data=form, timeout=30)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def graph(
    session: requests.Session, part: str, path: str, headers: dict[str, str] | None = None
) -> requests.Response:
    """GET a path of Graph v1.0 in a customer's tenant."""
    signed = bearer(session, tenant(part).id) | (headers or {})
    return session.get(f"{GRAPH}/v1.0{path}", headers=signed, timeout=30)


def batch(session: requests.Session, part: str, items: list[dict[str, Any]]) -> requests.Response:
    signed = bearer(session, tenant(part).id)
    return session.post(f"{GRAPH}/v1.0/$batch", json={"requests": items}, headers=signed, timeout=30)


def connectwise(
    session: requests.Session,
    method: str,
    path: str,
    body: Any = None,
    *,
    password: str = "",
    headers: dict[str, str] | None = None,
    timeout: float = 30,
    raw: bytes | None = None,
) -> requests.Response:
    """Ask the ConnectWise of the demo account; `headers` replaces the usual clientId, `raw` is a body as it is."""
    return session.request(
        method,
        f"https://{CONNECTWISE.site}/v4_6_release/apis/3.0{path}",
        json=body,
        data=raw,
        auth=(f"{CONNECTWISE.company_login}+{CONNECTWISE.public_key}", password or CONNECTWISE.private_key),
        headers={"clientId": CONNECTWISE.client_id} if headers is None else headers,
        timeout=timeout,
    )


def line_of(part: str, number: int = 0) -> str:
    """The path of the n-th mapped line of a tenant."""
    chosen = tenant(part)
    return f"/finance/agreements/{chosen.agreement_id}/additions/{chosen.mappings[number].addition_id}"


def replaced(path: str, value: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": value}]


def get_mailbox(
    session: requests.Session,
    part: str,
    parameters: dict[str, Any] | None = None,
    *,
    url: str = "",
    page: int = 1000,
    signed: dict[str, str] | None = None,
) -> requests.Response:
    """POST Get-Mailbox to the Exchange of a customer's tenant; `url` is the link of a further page."""
    tenant_id = tenant(part).id
    asked = {"RecipientTypeDetails": "SharedMailbox", "ResultSize": "Unlimited"}
    command = {"CmdletName": "Get-Mailbox", "Parameters": asked if parameters is None else parameters}
    headers = signed if signed is not None else bearer(session, tenant_id, EXCHANGE)
    return session.post(
        url or f"{EXCHANGE}/adminapi/beta/{tenant_id}/InvokeCommand",
        json={"CmdletInput": command},
        headers={**headers, "Prefer": f"odata.maxpagesize={page}"},
        timeout=30,
    )
