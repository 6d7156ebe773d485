"""The stand-in of Microsoft Graph v1.0: the partner's relationships, a tenant's licences and users, and $batch."""

import itertools
import json
import random
import zlib
from urllib.parse import urlencode

from sandbox.standins.faults import Fault, Faults, What
from sandbox.standins.protocol import Answer, Call, Request, request_to
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.bearer import claims_of
from sandbox.standins.vendors.exchange import has_mailbox
from sandbox.standins.vendors.graph_groups import members_of
from sandbox.standins.vendors.graph_odata import (
    LICENSED,
    Refused,
    begin_of,
    check_options,
    chosen,
    is_advanced,
    is_eventual,
    ordered,
    page_size,
    selected,
    test_of,
    token_of,
)
from sandbox.standins.vendors.graph_rows import (
    company_subscriptions,
    contract,
    delegated_customer,
    licence_details,
    organization,
    relationships,
    spoil,
    subscribed_skus,
)
from sandbox.standins.vendors.graph_shapes import SHAPES
from sandbox.standins.worlds import people
from sandbox.standins.worlds.types import DIRECTORY_READERS, GLOBAL_READER, Gdap

HOST = "graph.microsoft.com"
AUDIENCE = f"https://{HOST}"
ROOT = f"{AUDIENCE}/v1.0"
ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_LISTS = {
    "tenantrelationships/delegatedadminrelationships": "graph.relationships",
    "tenantrelationships/delegatedadmincustomers": "graph.customers",
    "contracts": "graph.contracts",
    "subscribedskus": "graph.subscribed_skus",
    "directory/subscriptions": "graph.subscriptions",
    "users": "graph.users",
    "organization": "graph.organization",
    "$batch": "graph.batch",
}
_PARTNER_KINDS = frozenset({"graph.relationships", "graph.customers", "graph.contracts"})
_SINGLES = {
    "subscribedskus": ("graph.subscribed_sku", "graph.subscribed_skus"),
    "directory/subscriptions": ("graph.subscription", "graph.subscriptions"),
    "organization": ("graph.tenant", "graph.organization"),
}
"""Of a list by its path: the kind of a request for one of its objects, and the list's own kind."""


class Graph:
    """Requests alone and inside $batch go the same way; faults hit a batch's items one by one."""

    name = "graph"
    hosts = frozenset({HOST})

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._batches: dict[tuple[str, bytes], tuple[int, bytes]] = {}
        self._errors = itertools.count(1)
        self._asked_as = ""
        """The caller's own id of the request that is being answered; refusals repeat it."""

    def call(self, request: Request) -> Call:
        self._asked_as = request.headers.get("client-request-id", "")
        claims = claims_of(request, AUDIENCE, self._state)
        tenant = "" if isinstance(claims, str) else claims["tid"]
        return Call(_kind(request), tenant)

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
        except Refused as refused:
            return self._error(refused.status, refused.code, refused.message)
        kind = "text/plain" if _parts(request)[-1].lower() == "$count" else ODATA
        return Answer(200, body, {"OData-Version": "4.0", "x-ms-resource-unit": "1"}, content_type=kind)

    def _check_rights(self, request: Request, call: Call, claims: Document) -> None:
        if request.method != "GET":
            raise Refused(405, "Request_BadRequest", "The stand-in only reads.")
        partner = self._state.get("partner", claims["partner"])
        denied = Refused(
            403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
        )
        if call.kind in _PARTNER_KINDS:
            if claims["tid"] != partner["tenant_id"]:
                raise denied
            return
        if call.kind == "graph.mailbox_settings" and claims["idtyp"] != "app":
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        tenant = self._state.find("tenant", claims["tid"])
        if tenant is None or claims["idtyp"] == "app":
            return
        access = tenant["access"].get(claims["partner"])
        if access is None or not {GLOBAL_READER, DIRECTORY_READERS} & set(access["roles"]):
            raise denied

    def _body(self, request: Request, call: Call, claims: Document, hits: list[Fault]) -> bytes:
        if _version(request) != "v1.0":
            raise Refused(400, "BadRequest", f"Invalid version: {_version(request)}")
        if call.kind == "graph.other":
            raise Refused(400, "BadRequest", f"Resource not found for the segment '{_unknown(request)}'.")
        if call.kind in _PARTNER_KINDS:
            return _json(
                self._list(request, call.kind, self._partner_rows(call.kind, claims["partner"]), hits)
            )
        tenant = self._state.find("tenant", claims["tid"])
        if tenant is None:
            raise Refused(
                404, "Request_ResourceNotFound", "The stand-in keeps no licences for a partner's own tenant."
            )
        if call.kind == "graph.users":
            return _json(self._users(request, tenant, hits))
        if call.kind == "graph.user":
            return self._user(request, tenant)
        if call.kind == "graph.group_members":
            return _json(self._members(request, tenant, hits))
        if call.kind == "graph.mailbox_settings":
            return _json(_purpose(request, tenant))
        single = next((kind for single_kind, kind in _SINGLES.values() if single_kind == call.kind), "")
        if single:
            return _json(self._object(request, single, self._tenant_rows(single, tenant)))
        return _json(self._list(request, call.kind, self._tenant_rows(call.kind, tenant), hits))

    def _tenant_rows(self, kind: str, tenant: Document) -> list[Document]:
        match kind:
            case "graph.subscribed_skus":
                return subscribed_skus(tenant)
            case "graph.subscriptions":
                return company_subscriptions(tenant, self._state)
        return [organization(tenant)]

    def _partner_rows(self, kind: str, partner: str) -> list[Document]:
        tenants = [tenant for tenant in self._state.all("tenant") if partner in tenant["access"]]
        match kind:
            case "graph.relationships":
                return [row for tenant in tenants for row in relationships(tenant, partner, self._state)]
            case "graph.customers":
                return [delegated_customer(t) for t in tenants if t["access"][partner]["gdap"] == Gdap.ACTIVE]
        return [contract(tenant) for tenant in tenants]

    def _users(self, request: Request, tenant: Document, hits: list[Fault]) -> Document:
        only_licensed = request.query.get("$filter", "").strip().lower() == LICENSED
        rows = people.licensed_users(tenant) if only_licensed else people.all_users(tenant)
        page = self._list(request, "graph.users", rows, hits)
        if is_advanced(request) and "$skiptoken" not in request.query:
            test = test_of(SHAPES["graph.users"], request)
            page["@odata.count"] = len(rows) if test is None else sum(map(test, rows))
        return page

    def _members(self, request: Request, tenant: Document, hits: list[Fault]) -> Document:
        rows = members_of(request, tenant, _parts(request)[1])
        page = self._list(request, "graph.group_members", rows, hits)
        if "$skiptoken" not in request.query:
            page["@odata.count"] = len(rows)
        return page

    def _user(self, request: Request, tenant: Document) -> bytes:
        """`/users/$count`, one user, or one user's licence details."""
        _, name, *further = _parts(request)
        if name.lower() == "$count":
            if not is_eventual(request):
                raise Refused(400, "Request_BadRequest", "$count is not currently supported.")
            if request.query:
                raise Refused(400, "Request_UnsupportedQuery", "The stand-in counts all users or none.")
            return str(tenant["users"]).encode()
        shape = SHAPES["graph.licence_details" if further else "graph.users"]
        check_options(request, shape, single=True)
        names = selected(shape, request, single=True)
        found = people.user_of(tenant, name)
        if found is None:
            raise _not_there(name)
        if not further:
            return _json(
                {"@odata.context": f"{ROOT}/$metadata#users/$entity"} | chosen(found[1], names, shape)
            )
        rows = [chosen(row, names, shape) for row in licence_details(found[1])]
        return _json({"@odata.context": f"{ROOT}/$metadata#users('{name}')/licenseDetails", "value": rows})

    def _object(self, request: Request, kind: str, rows: list[Document]) -> Document:
        shape, name = SHAPES[kind], _parts(request)[-1]
        check_options(request, shape, single=True)
        names = selected(shape, request, single=True)
        row = next((row for row in rows if str(row["id"]).lower() == name.lower()), None)
        if row is None:
            raise _not_there(name)
        context = f"{ROOT}/$metadata#{'/'.join(_parts(request)[:-1])}/$entity"
        return {"@odata.context": context} | chosen(row, names, shape)

    def _list(self, request: Request, kind: str, rows: list[Document], hits: list[Fault]) -> Document:
        shape = SHAPES[kind]
        check_options(request, shape)
        names = selected(shape, request)
        test = test_of(shape, request)
        rows = ordered([row for row in rows if test is None or test(row)], shape, request)
        place = "/".join(_parts(request))
        path, following = f"{ROOT}/{place}", dict(request.query)
        page: Document = {"@odata.context": f"{ROOT}/$metadata#{place}"}
        first, end = 0, len(rows)
        if shape.page:
            first, size = begin_of(request), page_size(shape, request)
            end = first + size
            if end < len(rows):
                token = {"$skiptoken": token_of(end)}
                page["@odata.nextLink"] = f"{path}?{urlencode(following | token, safe='$,/')}"
            if first and any(hit.what is What.DUPLICATE_ROW for hit in hits):
                first -= 1
        page["value"] = [chosen(row, names, shape) for row in rows[first:end]]
        return spoil(page, hits, f"{path}?{urlencode(following, safe='$,/')}" if following else path)

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
        if not all(isinstance(item, dict) for item in items):
            return self._error(400, "BadRequest", "Invalid batch payload format.")
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
            answer = self._batch_item(item, request, claims, statuses)
            statuses[str(item["id"])] = answer.status
            headers = {"Cache-Control": "no-cache", "Content-Type": answer.content_type} | answer.headers
            head = json.dumps({"id": str(item["id"]), "status": answer.status, "headers": headers})
            parts.append(head[:-1].encode() + b',"body":' + (answer.raw() or b"null") + b"}")
        order = random.Random(zlib.crc32(request.body + claims["tid"].encode()))
        order.shuffle(parts)
        if len(parts) > 1 and parts[0].startswith(json.dumps({"id": str(items[0]["id"])})[:-1].encode()):
            parts.append(parts.pop(0))
        return b'{"responses":[' + b",".join(parts) + b"]}"

    def _batch_item(
        self, item: Document, outer: Request, claims: Document, statuses: dict[str, int]
    ) -> Answer:
        wrong = _wrong_item(item)
        if wrong:
            return self._error(400, "BadRequest", wrong)
        failed = [name for name in item.get("dependsOn", []) if statuses.get(name, 424) >= 400]
        if failed:
            return self._failed_dependency(failed)
        headers = {name: outer.headers[name] for name in _OF_THE_CALLER if name in outer.headers}
        headers |= {name.lower(): value for name, value in item.get("headers", {}).items()}
        inner = request_to(item["method"], HOST, "/v1.0/" + item["url"].lstrip("/"), headers)
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
        number = people.guid("request", stamp(self._state.now()), next(self._errors))
        asked_as = self._asked_as or number
        inner = {"date": stamp(now)[:-1], "request-id": number, "client-request-id": asked_as}
        headers = {"request-id": number, "client-request-id": asked_as}
        return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}}, headers)


def _parts(request: Request) -> list[str]:
    """The segments behind the version. Graph takes two slashes for one: the official Python SDK asks so."""
    return [part for part in request.path.split("/") if part][1:] or [""]


def _version(request: Request) -> str:
    return request.path.lstrip("/").partition("/")[0].lower()


def _kind(request: Request) -> str:
    if _version(request) != "v1.0":
        return "graph.other"
    match [part.lower() for part in _parts(request)]:
        case ["users", _, "mailboxsettings", "userpurpose"]:
            return "graph.mailbox_settings"
        case ["groups", _, "transitivemembers", "microsoft.graph.user"]:
            return "graph.group_members"
        case ["users", _] | ["users", _, "licensedetails"]:
            return "graph.user"
        case [*place, _] if "/".join(place) in _SINGLES:
            return _SINGLES["/".join(place)][0]
        case place:
            return _LISTS.get("/".join(place), "graph.other")


def _unknown(request: Request) -> str:
    """The first segment that leads nowhere."""
    parts = _parts(request)
    if parts[0].lower() == "users" and len(parts) > 2:
        return parts[2]
    known = [name.split("/") for name in _LISTS]
    for position, part in enumerate(parts):
        begun = [part.lower() for part in parts[: position + 1]]
        if not any(name[: position + 1] == begun for name in known):
            return part
    return parts[-1]


_OF_THE_CALLER = ("authorization", "client-request-id")


def _wrong_item(item: Document) -> str:
    """Why this item of a batch fails by itself; "" for a good one."""
    url, method, headers, after = (item.get(name) for name in ("url", "method", "headers", "dependsOn"))
    if not isinstance(method, str) or not isinstance(url, str) or not url:
        return "Invalid batch request: method and url are required."
    if url.lower().startswith(("https://", "http://")):
        return "Invalid request: the url of a batch item must be relative."
    if "headers" in item and not (
        isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())
    ):
        return "Invalid batch request: headers must be an object of texts."
    if "dependsOn" in item and not (isinstance(after, list) and all(isinstance(name, str) for name in after)):
        return "Invalid batch request: dependsOn must be a list of ids."
    return ""


def _not_there(name: str) -> Refused:
    text = (
        f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    )
    return Refused(404, "Request_ResourceNotFound", text)


def _json(page: Document) -> bytes:
    return json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()


def _purpose(request: Request, tenant: Document) -> Document:
    found = people.user_of(tenant, _parts(request)[1])
    if found is None:
        raise Refused(404, "ErrorInvalidUser", "The requested user is invalid.")
    number, user = found
    if number in tenant.get("refused_mailboxes", ()):
        raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    kinds = {box["number"]: box.get("kind", "shared") for box in tenant.get("shared_mailboxes", ())}
    if number not in kinds and not has_mailbox(user):
        text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise Refused(404, "MailboxNotEnabledForRESTAPI", text)
    context = f"{ROOT}/$metadata#users('{user['id']}')/mailboxSettings/userPurpose"
    return {"@odata.context": context, "value": kinds.get(number, "user")}
