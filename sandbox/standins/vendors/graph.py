"""The stand-in of Microsoft Graph v1.0: the partner's relationships, a tenant's licences and users, and $batch."""

import json
import random
import re
import zlib
from urllib.parse import urlencode

from sandbox.standins.faults import Fault, Faults, What
from sandbox.standins.protocol import Answer, Call, Request, request_to
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.bearer import claims_of
from sandbox.standins.vendors.exchange import has_mailbox
from sandbox.standins.vendors.graph_rows import (
    company_subscriptions,
    delegated_customer,
    relationship,
    spoil,
    subscribed_skus,
)
from sandbox.standins.worlds import people
from sandbox.standins.worlds.types import DIRECTORY_READERS, GLOBAL_READER, Gdap

HOST = "graph.microsoft.com"
AUDIENCE = f"https://{HOST}"
ROOT = f"{AUDIENCE}/v1.0"
ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
LICENSED = "assignedlicenses/$count ne 0"
_DEFAULT_USER_FIELDS = (
    "businessPhones,displayName,givenName,id,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,"
    "userPrincipalName"
)
_KINDS = {
    "/tenantrelationships/delegatedadminrelationships": "graph.relationships",
    "/tenantrelationships/delegatedadmincustomers": "graph.customers",
    "/contracts": "graph.contracts",
    "/subscribedskus": "graph.subscribed_skus",
    "/directory/subscriptions": "graph.subscriptions",
    "/users": "graph.users",
    "/organization": "graph.organization",
    "/$batch": "graph.batch",
}
_PURPOSE = re.compile(r"/users/([^/]+)/mailboxsettings/userpurpose", re.IGNORECASE)
_PARTNER_KINDS = frozenset({"graph.relationships", "graph.customers", "graph.contracts"})


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Graph:
    """Requests alone and inside $batch go the same way; faults hit a batch's items one by one."""

    name = "graph"
    hosts = frozenset({HOST})

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._batches: dict[tuple[str, bytes], tuple[int, bytes]] = {}

    def call(self, request: Request) -> Call:
        claims = claims_of(request, AUDIENCE, self._state)
        tenant = "" if isinstance(claims, str) else claims["tid"]
        path = request.path.rstrip("/").lower()
        if not path.startswith("/v1.0/"):
            return Call("graph.other", tenant)
        place = path.removeprefix("/v1.0")
        if _PURPOSE.fullmatch(place):
            return Call("graph.mailbox_settings", tenant)
        return Call(_KINDS.get(place, "graph.other"), tenant)

    def answer(self, request: Request, call: Call) -> Answer:
        claims = claims_of(request, AUDIENCE, self._state)
        if isinstance(claims, str):
            return self._error(401, "InvalidAuthenticationToken", claims)
        if call.kind == "graph.batch":
            return self._batch(request, claims)
        return self._single(request, call, claims, [])

    def throttled(self, retry_after: int | None) -> Answer:
        answer = self._error(429, "TooManyRequests", "Too many requests.")
        answer.headers["x-ms-throttle-information"] = "ResourceUnitLimitExceeded"
        answer.headers["x-ms-throttle-scope"] = "Tenant_Application/ReadWrite/sandbox/sandbox"
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def failing(self, status: int) -> Answer:
        return self._error(
            status, "ServiceNotAvailable" if status == 503 else "UnknownError", "Service unavailable."
        )

    def spoiled(self, request: Request, call: Call, hits: list[Fault]) -> Answer:
        """The answer of a request outside a batch that faults of content hit."""
        claims = claims_of(request, AUDIENCE, self._state)
        if isinstance(claims, str) or call.kind == "graph.batch":
            return self.answer(request, call)
        return self._single(request, call, claims, hits)

    # -- one request

    def _single(self, request: Request, call: Call, claims: Document, hits: list[Fault]) -> Answer:
        try:
            self._check_rights(request, call, claims)
            body = self._body(request, call, claims, hits)
        except _Refused as refused:
            return self._error(refused.status, refused.code, refused.message)
        return Answer(200, body, {"OData-Version": "4.0", "x-ms-resource-unit": "1"}, content_type=ODATA)

    def _check_rights(self, request: Request, call: Call, claims: Document) -> None:
        if request.method != "GET":
            raise _Refused(405, "Request_BadRequest", "The stand-in only reads.")
        partner = self._state.get("partner", claims["partner"])
        denied = _Refused(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
        if call.kind in _PARTNER_KINDS:
            if claims["tid"] != partner["tenant_id"]:
                raise denied
            return
        if call.kind == "graph.mailbox_settings" and claims["idtyp"] != "app":
            raise _Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        tenant = self._state.find("tenant", claims["tid"])
        if tenant is None or claims["idtyp"] == "app":
            return
        access = tenant["access"].get(claims["partner"])
        if access is None or not {GLOBAL_READER, DIRECTORY_READERS} & set(access["roles"]):
            raise denied

    def _body(self, request: Request, call: Call, claims: Document, hits: list[Fault]) -> bytes:
        if call.kind in _PARTNER_KINDS:
            return _json(self._partner_rows(request, call.kind, claims, hits))
        tenant = self._state.find("tenant", claims["tid"])
        if tenant is None:
            raise _Refused(
                404, "Request_ResourceNotFound", "The stand-in keeps no licences for a partner's own tenant."
            )
        if call.kind == "graph.users":
            return self._users(request, tenant, hits)
        if call.kind == "graph.mailbox_settings":
            return _json(_purpose(request, tenant))
        if call.kind == "graph.subscribed_skus":
            rows = subscribed_skus(tenant)
        elif call.kind == "graph.subscriptions":
            rows = company_subscriptions(tenant, self._state)
        elif call.kind == "graph.organization":
            rows = [_organization(tenant)]
        else:
            raise _Refused(400, "BadRequest", f"Resource not found for the segment '{request.path}'.")
        chosen = request.query.get("$select", "")
        page = {
            "@odata.context": f"{ROOT}/$metadata#{request.path[6:]}",
            "value": [_select(row, chosen) for row in rows],
        }
        return _json(spoil(page, hits, AUDIENCE + request.path))

    def _partner_rows(self, request: Request, kind: str, claims: Document, hits: list[Fault]) -> Document:
        partner = claims["partner"]
        tenants = [tenant for tenant in self._state.all("tenant") if partner in tenant["access"]]
        largest = 300
        if kind == "graph.relationships":
            rows = [
                relationship(t, partner, self._state)
                for t in tenants
                if t["access"][partner]["gdap"] != Gdap.NONE
            ]
            rows = _with_status(rows, request.query.get("$filter", ""))
        elif kind == "graph.customers":
            rows = [delegated_customer(t) for t in tenants if t["access"][partner]["gdap"] == Gdap.ACTIVE]
        else:
            rows, largest = [_contract(tenant) for tenant in tenants], 999
        return self._page(request, rows, hits, default=100, largest=largest)

    def _users(self, request: Request, tenant: Document, hits: list[Fault]) -> bytes:
        eventual = request.headers.get("consistencylevel", "").lower() == "eventual"
        wanted = request.query.get("$filter", "")
        if wanted and wanted.lower() != LICENSED:
            raise _Refused(
                400, "Request_UnsupportedQuery", f"The stand-in does not know the filter '{wanted}'."
            )
        if wanted and not (eventual and request.query.get("$count", "").lower() == "true"):
            text = "Operator 'ne' is not supported: $count=true and the header ConsistencyLevel: eventual are required."
            raise _Refused(400, "Request_UnsupportedQuery", text)
        rows = people.licensed_users(tenant) if wanted else people.all_users(tenant)
        page = self._page(request, rows, hits, default=100, largest=999)
        if (
            eventual
            and "$skiptoken" not in request.query
            and request.query.get("$count", "").lower() == "true"
        ):
            page["@odata.count"] = len(rows)
        return _json(page)

    def _page(
        self, request: Request, rows: list[Document], hits: list[Fault], *, default: int, largest: int
    ) -> Document:
        size = int(request.query.get("$top", default))
        if not 1 <= size <= largest:
            text = f"Invalid page size specified: '{size}'. Must be between 1 and {largest} inclusive."
            raise _Refused(400, "Request_BadRequest", text)
        begin = _begin(request.query.get("$skiptoken", ""))
        names = request.query.get("$select", "")
        if not names and request.path.lower().endswith("/users"):
            names = _DEFAULT_USER_FIELDS
        path = AUDIENCE + request.path
        page: Document = {"@odata.context": f"{ROOT}/$metadata#{request.path[6:]}"}
        following = dict(request.query)
        if begin + size < len(rows):
            page["@odata.nextLink"] = (
                f"{path}?{urlencode(following | {'$skiptoken': _token(begin + size)}, safe='$,/')}"
            )
        first = begin - 1 if begin and any(hit.what is What.DUPLICATE_ROW for hit in hits) else begin
        page["value"] = [_select(row, names) for row in rows[first : begin + size]]
        return spoil(page, hits, f"{path}?{urlencode(following, safe='$,/')}")

    # -- $batch

    def _batch(self, request: Request, claims: Document) -> Answer:
        content = request.json()
        items = content.get("requests") if isinstance(content, dict) else None
        if request.method != "POST" or not isinstance(items, list) or not items:
            return self._error(400, "BadRequest", "Invalid batch payload format.")
        if len(items) > 20:
            return self._error(
                400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20."
            )
        ids = [str(item.get("id", "")).lower() for item in items]
        if len(set(ids)) != len(ids) or "" in ids:
            return self._error(400, "BadRequest", "Request Id has to be unique within a batch.")
        tenant = self._state.find("tenant", claims["tid"])
        quiet = tenant is not None and not self._faults.active()
        key = (f"{claims['partner']}/{claims['tid']}/{claims['idtyp']}", request.body)
        known = self._batches.get(key)
        if tenant is not None and quiet and known and known[0] == tenant["version"]:
            return Answer(200, None, content_type="application/json", gzipped=known[1])
        body = self._batch_body(items, request, claims)
        packed = zlib.compress(body, 1, wbits=31)
        if tenant is not None and quiet:
            self._batches[key] = (tenant["version"], packed)
        return Answer(200, body, content_type="application/json", gzipped=packed)

    def _batch_body(self, items: list[Document], request: Request, claims: Document) -> bytes:
        statuses: dict[str, int] = {}
        parts = []
        for item in items:
            failed = [name for name in item.get("dependsOn", []) if statuses.get(str(name), 424) >= 400]
            answer = self._failed_dependency(failed) if failed else self._batch_item(item, request, claims)
            statuses[str(item["id"])] = answer.status
            headers = {"Cache-Control": "no-cache", "Content-Type": answer.content_type} | answer.headers
            head = json.dumps({"id": str(item["id"]), "status": answer.status, "headers": headers})
            parts.append(head[:-1].encode() + b',"body":' + (answer.raw() or b"null") + b"}")
        order = random.Random(zlib.crc32(request.body + claims["tid"].encode()))
        order.shuffle(parts)
        if len(parts) > 1 and parts[0].startswith(json.dumps({"id": str(items[0]["id"])})[:-1].encode()):
            parts.append(parts.pop(0))
        return b'{"responses":[' + b",".join(parts) + b"]}"

    def _batch_item(self, item: Document, outer: Request, claims: Document) -> Answer:
        url = str(item.get("url", ""))
        if url.startswith("https://"):
            return self._error(
                400, "BadRequest", "Invalid request: the url of a batch item must be relative."
            )
        headers = {"authorization": outer.headers.get("authorization", "")} | item.get("headers", {})
        inner = request_to(str(item.get("method", "GET")), HOST, "/v1.0/" + url.lstrip("/"), headers)
        call = self.call(inner)
        if call.kind == "graph.batch":
            return self._error(400, "BadRequest", "A batch inside a batch is not supported.")
        hits = self._faults.take(inner, call, self.name, inside_batch=True)
        for hit in hits:
            if hit.what in (What.THROTTLE, What.THROTTLE_SILENT):
                return self.throttled(hit.retry_after if hit.what is What.THROTTLE else None)
            if hit.what in (What.STATUS, What.STATUS_AFTER):
                return self.failing(hit.status or 503)
        return self._single(inner, call, claims, hits)

    def _failed_dependency(self, names: list[str]) -> Answer:
        return self._error(424, "FailedDependency", f"The requests {', '.join(names)} failed.")

    def _error(self, status: int, code: str, message: str) -> Answer:
        now = self._state.now()
        inner = {
            "date": stamp(now)[:-1],
            "request-id": people.guid("request", now, code),
            "client-request-id": people.guid("client", now, code),
        }
        return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}})


def _json(page: Document) -> bytes:
    return json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()


def _select(row: Document, names: str) -> Document:
    """The chosen properties; `id` always comes along as it does for directory objects."""
    if not names:
        return row
    wanted = ["id", *(name.strip() for name in names.split(","))]
    return {name: row[name] for name in dict.fromkeys(wanted) if name in row}


def _token(begin: int) -> str:
    return f"RFNwdAIAAQAAAB{begin:08x}"


def _begin(token: str) -> int:
    if not token:
        return 0
    try:
        return int(token.removeprefix("RFNwdAIAAQAAAB"), 16)
    except ValueError as wrong:
        raise _Refused(
            400, "Directory_ExpiredPageToken", "The specified page token value has expired."
        ) from wrong


def _with_status(rows: list[Document], wanted: str) -> list[Document]:
    if not wanted:
        return rows
    name, _, value = wanted.partition(" eq ")
    if name.strip() != "status" or not value:
        raise _Refused(400, "BadRequest", f"The stand-in does not know the filter '{wanted}'.")
    return [row for row in rows if row["status"] == value.strip().strip("'")]


def _purpose(request: Request, tenant: Document) -> Document:
    asked = _PURPOSE.fullmatch(request.path.removeprefix("/v1.0").rstrip("/"))
    found = people.user_of(tenant, asked[1]) if asked else None
    if found is None:
        raise _Refused(404, "ErrorInvalidUser", "The requested user is invalid.")
    number, user = found
    shared = number in {box["number"] for box in tenant.get("shared_mailboxes", ())}
    if not shared and not has_mailbox(user):
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise _Refused(404, "MailboxNotEnabledForRESTAPI", text)
    context = f"{ROOT}/$metadata#users('{user['id']}')/mailboxSettings/userPurpose"
    return {"@odata.context": context, "value": "shared" if shared else "user"}


def _organization(tenant: Document) -> Document:
    domain = {"name": tenant["domain"], "isDefault": True, "isInitial": True, "type": "Managed"}
    return {"id": tenant["id"], "displayName": tenant["name"], "verifiedDomains": [domain]}


def _contract(tenant: Document) -> Document:
    return {
        "id": people.guid("contract", tenant["id"]),
        "contractType": "ResellerPartner",
        "customerId": tenant["id"],
        "defaultDomainName": tenant["domain"],
        "displayName": tenant["name"],
    }
