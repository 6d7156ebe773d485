"""A small Microsoft behind a session: one partner, one tenant, and answers that a test may bend."""

import io
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter

from shared.http.client import Http
from shared.microsoft.connector import Microsoft
from shared.microsoft.models import PartnerConnection, SignInMode
from shared.storage.keys import AccountId, account_id
from shared.storage.secrets import SecretMissing, SecretsUnavailable

ACCOUNT = account_id("msp")
HOME = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
CONNECTION = PartnerConnection(id="main", name="Main", tenant_id=HOME, client_id="app")
APP_ONLY = CONNECTION.model_copy(update={"mode": SignInMode.APP_ONLY})
SPB, E3 = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", "05e9a617-0261-4cee-bb44-138d3ef5d965"
EXCHANGE = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

type Row = dict[str, Any]
type Answer = tuple[int, Mapping[str, str], bytes]


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode()


def graph_error(status: int, code: str, headers: Mapping[str, str] | None = None) -> Answer:
    return json_answer({"error": {"code": code, "message": "secret-looking text"}}, status, headers)


def sku(sku_id: str = SPB, name: str = "SPB", **other: Any) -> Row:
    units = {"enabled": 25, "warning": 0, "suspended": 0, "lockedOut": 0}
    row = {"skuId": sku_id, "skuPartNumber": name, "appliesTo": "User", "consumedUnits": 2}
    return {**row, "prepaidUnits": units, "subscriptionIds": [f"sub-of-{name}".lower()], **other}


def subscription(of: str = SPB, name: str = "SPB", **other: Any) -> Row:
    row: Row = {"id": f"sub-of-{name}".lower(), "skuId": of, "status": "Enabled", "totalLicenses": 25}
    return {
        **row,
        "nextLifecycleDateTime": "2026-12-01T10:00:00.1234567Z",
        "commerceSubscriptionId": "C0FFEE",
        "ownerTenantId": HOME,
        "isTrial": False,
        **other,
    }


def user(number: int, **other: Any) -> Row:
    row: Row = {
        "id": f"user-{number:05d}",
        "displayName": f"User {number}",
        "userPrincipalName": f"u{number}@a.example",
    }
    place = {"department": "Sales", "officeLocation": "Kiel", "state": None, "city": "Kiel"}
    licences = {"assignedLicenses": [{"skuId": SPB, "disabledPlans": []}]}
    return {**row, "mail": None, "accountEnabled": True, "userType": "Member", **place, **licences, **other}


def customer(tenant_id: str = TENANT, name: str = "Alder", relationship: str = "reseller") -> Row:
    profile = {"tenantId": tenant_id, "domain": f"{name.lower()}.example", "companyName": name}
    return {"id": tenant_id, "companyProfile": profile, "relationshipToPartner": relationship}


def relationship(tenant_id: str = TENANT, ends: str | None = "2027-05-01T00:00:00Z", **other: Any) -> Row:
    row: Row = {"id": "r", "displayName": "Ours", "status": "active", "endDateTime": ends}
    return {**row, "customer": {"tenantId": tenant_id, "displayName": "Alder"}, **other}


class FakeSecrets:
    """Two secrets, a count of reads, and a switch for a store that is down."""

    def __init__(self) -> None:
        self.values = {CONNECTION.client_secret: "client-s3cret", CONNECTION.refresh_token: "refresh-s3cret"}
        self.reads = 0
        self.down = False

    def get(self, account: AccountId, name: str) -> str:
        self.reads += 1
        if self.down:
            raise SecretsUnavailable("the store is down")
        if account != ACCOUNT or name not in self.values:
            raise SecretMissing(name)
        return self.values[name]

    def put(self, account: AccountId, name: str, value: str) -> None:
        self.values[name] = value

    def delete(self, account: AccountId, name: str) -> None:
        del self.values[name]


class FakeMicrosoft(BaseAdapter):
    """Answers what is asked. `bend` may replace any answer; `item_faults` hit a question inside the batch, in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.skus, self.subscriptions, self.users = [sku()], [subscription()], [user(1), user(2)]
        self.unlicensed: list[Row] = []
        self.page_size = 999
        self.shared: dict[str, Row] = {}
        """What Exchange says of a shared mailbox beyond its user, by the user's id; of another kind if it says so."""
        self.mailbox_page = 1000
        self.customers: list[list[Row]] = [[customer()]]
        self.relationships: list[list[Row]] = [[relationship()]]
        self.item_faults: dict[str, deque[Row]] = {}
        self.order: Callable[[list[Row]], list[Row]] = lambda items: items
        self.bend: Callable[[requests.PreparedRequest], Answer | None] = lambda _: None
        self.sent: list[requests.PreparedRequest] = []
        self.batches: list[list[Row]] = []
        self.slept: list[float] = []
        self.now = NOW
        self.secrets = FakeSecrets()
        self.tokens = 0

    def connector(self) -> Microsoft:
        return Microsoft(self.http(), self.secrets, self.clock)

    def http(self) -> Http:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", self)
        session.mount("http://", self)
        return Http(session, self.slept.append, self.clock)

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=10)
        return self.now

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.sent]

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.sent.append(request)
        status, headers, body = self.bend(request) or self._answer(request)
        response = requests.Response()
        response.status_code, response.url, response.request = status, str(request.url), request
        response.headers.update(headers)
        response.raw = io.BytesIO(body)
        return response

    def close(self) -> None:
        """There is nothing to close."""

    def _answer(self, request: requests.PreparedRequest) -> Answer:
        parts = urlsplit(str(request.url))
        query = dict(parse_qsl(parts.query))
        match parts.hostname, parts.path.lower():
            case "login.microsoftonline.com", path if path.endswith("/oauth2/v2.0/token"):
                return self._token(request)
            case "graph.microsoft.com", "/v1.0/$batch":
                return self._batch(json.loads(request.body or b"{}"))
            case "graph.microsoft.com", "/v1.0/tenantrelationships/delegatedadminrelationships":
                number = int(query.get("page", "0"))
                page: Row = {"value": self.relationships[number]}
                if number + 1 < len(self.relationships):
                    page["@odata.nextLink"] = f"https://graph.microsoft.com{parts.path}?page={number + 1}"
                return json_answer(page)
            case "outlook.office365.com", path:
                command = json.loads(request.body or b"{}")["CmdletInput"]["Parameters"]
                return self._mailbox_page(int(query.get("$skiptoken", "0")), command)
            case "graph.microsoft.com", path:
                return json_answer(self._list(path.removeprefix("/v1.0"), query, dict(request.headers)))
            case "api.partnercenter.microsoft.com", "/v1/customers":
                return self._customer_page(int(request.headers.get("MS-ContinuationToken", "t0")[1:]))
            case host, path:
                raise AssertionError(f"nobody is at {host}{path}")

    def _token(self, request: requests.PreparedRequest) -> Answer:
        self.tokens += 1
        form = dict(parse_qsl(str(request.body)))
        body: Row = {"token_type": "Bearer", "expires_in": 3599, "access_token": f"access-{self.tokens}"}
        if form["grant_type"] == "refresh_token":
            body["refresh_token"] = f"rotated-{self.tokens}"
        return json_answer(body)

    def _batch(self, body: Row) -> Answer:
        self.batches.append(body["requests"])
        return json_answer({"responses": self.order([self._item(each) for each in body["requests"]])})

    def _item(self, asked: Row) -> Row:
        faults = self.item_faults.get(asked["id"])
        if faults:
            return {"id": asked["id"], **faults.popleft()}
        parts = urlsplit(asked["url"])
        query = dict(parse_qsl(parts.query))
        if parts.path.endswith("/mailboxSettings/userPurpose"):
            mailbox = self.shared.get(parts.path.split("/")[2])
            kind = "User" if mailbox is None else str(mailbox.get("RecipientTypeDetails", "SharedMailbox"))
            return {"id": asked["id"], "status": 200, "body": {"value": kind.removesuffix("Mailbox").lower()}}
        page = self._list(parts.path.lower(), query, asked.get("headers", {}))
        return {
            "id": asked["id"],
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": page,
        }

    def _list(self, path: str, query: dict[str, str], headers: Mapping[str, Any]) -> Row:
        if path == "/subscribedskus":
            return {"value": self.skus}
        if path == "/directory/subscriptions":
            return {"value": self.subscriptions}
        assert path == "/users"
        assert query.get("$filter", "") in ("", "assignedLicenses/$count ne 0")
        users = self.users if query.get("$filter") else [*self.users, *self.unlicensed]
        assert headers["ConsistencyLevel"] == "eventual"
        begin = int(query.get("$skiptoken", "0"))
        end = begin + self.page_size
        page: Row = {"value": users[begin:end]}
        if not begin:
            page["@odata.count"] = len(users)
        if end < len(users):
            page["@odata.nextLink"] = user_link(end, licensed="$filter" in query)
        return page

    def _mailbox_page(self, begin: int, asked: Row) -> Answer:
        rows: list[Row] = [
            {
                "ExternalDirectoryObjectId": user_id,
                "RecipientTypeDetails": "SharedMailbox",
                "DisplayName": f"Box of {user_id}",
                "PrimarySmtpAddress": f"{user_id}@box.example",
                "ArchiveGuid": "00000000-0000-0000-0000-000000000000",
                "LitigationHoldEnabled": False,
                **more,
            }
            for user_id, more in self.shared.items()
        ]
        if "RecipientTypeDetails" not in asked:
            rows += [
                {"ExternalDirectoryObjectId": each["id"], "RecipientTypeDetails": "UserMailbox"}
                for each in self.users
                if each["id"] not in self.shared
            ]
        end = begin + self.mailbox_page
        page: Row = {"value": rows[begin:end]}
        if end < len(rows):
            page["@odata.nextLink"] = (
                f"https://outlook.office365.com/adminapi/beta/{TENANT}/InvokeCommand?$skiptoken={end}"
            )
        return json_answer(page)

    def _customer_page(self, number: int) -> Answer:
        headers = []
        if number + 1 < len(self.customers):
            headers = [{"key": "MS-ContinuationToken", "value": f"t{number + 1}"}]
        links: Row = {"self": {"uri": "/customers"}}
        if headers:
            links["next"] = {
                "uri": "https://elsewhere.example/customers",
                "method": "GET",
                "headers": headers,
            }
        status, content_type, body = json_answer({"items": self.customers[number], "links": links})
        return status, content_type, b"\xef\xbb\xbf" + body


def user_link(begin: int, *, licensed: bool = True) -> str:
    only = "$filter=assignedLicenses/$count%20ne%200&" if licensed else ""
    query = f"{only}$count=true&$top=999&$skiptoken={begin}"
    return f"https://graph.microsoft.com/v1.0/users?{query}"


def refusal(error: str, *codes: int) -> Answer:
    """What the token endpoint answers to a sign-in it refuses."""
    text = f"AADSTS{codes[0]}: secret-looking text" if codes else "secret-looking text"
    return json_answer({"error": error, "error_description": text, "error_codes": list(codes)}, 400)


def is_token(request: requests.PreparedRequest) -> bool:
    return str(request.url).endswith("/token")
