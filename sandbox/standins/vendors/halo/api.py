"""HaloPSA over HTTP: sign-in, routes, limits and rights."""

import json
import re
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from sandbox.standins.late import ARRIVED
from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.halo.documents import Change, shown, shown_header, store
from sandbox.standins.vendors.halo.edits import after_a_read
from sandbox.standins.vendors.halo.habits import habit
from sandbox.standins.vendors.halo.lists import answer_list, check_parameters, flag, whole
from sandbox.standins.vendors.halo.refusals import Refused, error, throttled
from sandbox.standins.vendors.halo.rows import client_row, item_row
from sandbox.standins.vendors.halo.tickets import AREAS, ticket_desk
from sandbox.standins.vendors.tokens import seal, unseal

_WINDOW = timedelta(minutes=5)
_TOKEN_SECONDS = 3600
_RIGHTS = {
    "client": "customers",
    "item": "items",
    "recurringinvoice": "invoices",
    "invoicechange": "invoices",
    **dict.fromkeys(AREAS, "tickets"),
}
_INACTIVE = frozenset({"includeinactive"})
_POINT_ZERO = re.compile(rb'"qty_order"\s*:\s*-?\d+\.0+\s*[,}]')
_TEXT_NUMBER = re.compile(rb'"qty_order"\s*:\s*"')


class Halo:
    """One or more Halo instances; the host name says which."""

    name = "halo"

    def __init__(self, state: State) -> None:
        self._state = state
        self._lately: dict[str, deque[datetime]] = {}
        self.hosts = frozenset(site["host"] for site in state.all("halo_site"))
        self._billed = {
            (tenant["psa_site"], str(tenant["agreement_id"])): tenant["id"]
            for tenant in state.all("tenant")
            if tenant["agreement_id"]
        }

    def call(self, request: Request) -> Call:
        parts = request.path.lower().strip("/").split("/")
        if parts[0] == "auth":
            return Call("halo.sign_in", counted_as="halo.sign_in")
        way = "halo.read" if request.method == "GET" else "halo.write"
        site = self._site(request)
        number = parts[2] if len(parts) > 2 else _posted_id(request)
        tenant = self._billed.get((site["key"], number), "") if site else ""
        return Call(f"{way}.{parts[1] if len(parts) > 1 else 'other'}", tenant, counted_as=way)

    def answer(self, request: Request, call: Call) -> Answer:
        site = self._site(request)
        parts = request.path.lower().strip("/").split("/")
        if site is None:
            return error(404, "No such instance.")
        try:
            if parts == ["auth", "token"]:
                return self._token(request, site)
            if parts[:1] != ["api"] or len(parts) < 2:
                return error(404, "Not found.")
            if parts == ["api", "authinfo"]:
                check_parameters(request)
                return Answer(200, {"auth_url": f"https://{site['host']}/auth", "tenant_id": site["tenant"]})
            self._signed_in(request, site)
            if self._is_too_much(site):
                return throttled(site["limit_per_5_minutes"], habit(site, "retry_after"))
            self._allowed(request, site, parts[1])
            return self._route(request, site, parts[1:])
        except Refused as refused:
            return error(refused.status, refused.message)

    def throttled(self, retry_after: int | None) -> Answer:
        return throttled(300, retry_after)

    def failing(self, status: int) -> Answer:
        return error(status, "An unexpected error occurred.")

    def _site(self, request: Request) -> Document | None:
        return next((s for s in self._state.all("halo_site") if s["host"] == request.host), None)

    # Sign-in and limits

    def _token(self, request: Request, site: Document) -> Answer:
        check_parameters(request, frozenset({"tenant"}))
        if request.method != "POST":
            raise Refused(404, "Not found.")
        if request.query.get("tenant", "").lower() != site["tenant"]:
            raise Refused(500, "Object reference not set to an instance of an object.")
        form = request.form()
        if form.get("grant_type") != "client_credentials" or not form.get("scope"):
            return Answer(
                400, {"error": "unsupported_grant_type", "error_description": "Client credentials."}
            )
        if (form.get("client_id"), form.get("client_secret")) != (site["client_id"], site["client_secret"]):
            raise Refused(401, "The client credentials are not valid.")
        claims = {"halo": site["key"], "exp": self._state.now().timestamp() + _TOKEN_SECONDS}
        told = {"token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "scope": form["scope"]}
        return Answer(200, {"access_token": seal("", claims), **told})

    def _signed_in(self, request: Request, site: Document) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = unseal("", token) if scheme.lower() == "bearer" else None
        if claims is None or claims.get("halo") != site["key"]:
            raise Refused(401, "The token is not valid.")
        came = request.headers.get(ARRIVED, self._state.now().timestamp())
        if claims["exp"] < float(came):
            raise Refused(401, "The token is expired.")

    def _is_too_much(self, site: Document) -> bool:
        """Count the call; what other tools use is spread evenly over the window."""
        lately = self._lately.setdefault(site["key"], deque())
        now = self._state.now()
        while lately and lately[0] <= now - _WINDOW:
            lately.popleft()
        if len(lately) + site["others_per_5_minutes"] >= site["limit_per_5_minutes"]:
            return True
        lately.append(now)
        return False

    def _allowed(self, request: Request, site: Document, area: str) -> None:
        right = _RIGHTS.get(area, "")
        missing = site["missing_rights"]
        if right in missing or (request.method != "GET" and f"{right}.edit" in missing):
            raise Refused(403, "Forbidden")

    # Routes

    def _route(self, request: Request, site: Document, parts: list[str]) -> Answer:
        if parts[0] in AREAS:
            return ticket_desk(request, site, self._state, parts)
        match request.method, parts:
            case "GET", ["client"]:
                return answer_list(
                    request, site, "clients", self._active(request, site, "halo_client"), _INACTIVE
                )
            case "GET", ["item"]:
                return answer_list(
                    request, site, "items", self._active(request, site, "halo_item"), _INACTIVE
                )
            case "GET", ["item", number]:
                check_parameters(request)
                item = self._state.find("halo_item", f"{site['key']}/{number}")
                if item is None:
                    raise Refused(404, f"Item {number} not found")
                return Answer(200, item_row(item))
            case "GET", ["recurringinvoice"]:
                rows = [shown_header(invoice, self._state) for invoice in self._of(site, "halo_invoice")]
                return answer_list(request, site, "invoices", rows)
            case "GET", ["recurringinvoice", number]:
                return self._document(request, site, number)
            case "POST", ["recurringinvoice"]:
                return self._post(request, site)
            case "GET", ["invoicechange"]:
                return self._changes(request, site)
        raise Refused(404, "The stand-in does not have this.")

    def _of(self, site: Document, kind: str) -> list[Document]:
        return [document for document in self._state.all(kind) if document["site"] == site["key"]]

    def _active(self, request: Request, site: Document, kind: str) -> list[Document]:
        """Rows of clients or items; inactive ones only when they are asked for."""
        row = client_row if kind == "halo_client" else item_row
        every = flag(request, "includeinactive")
        return [row(found) for found in self._of(site, kind) if every or not found["inactive"]]

    def _document(self, request: Request, site: Document, number: str) -> Answer:
        check_parameters(request, frozenset({"includedetails"}))
        invoice = self._invoice(site, number)
        told = (
            shown(invoice, self._state)
            if flag(request, "includedetails")
            else shown_header(invoice, self._state)
        )
        after_a_read(self._state, site, invoice)
        return Answer(200, told)

    def _invoice(self, site: Document, number: str) -> Document:
        found = self._state.find("halo_invoice", f"{site['key']}/{number}")
        if found is None:
            raise Refused(404, f"Recurring invoice {number} not found")
        return found

    def _changes(self, request: Request, site: Document) -> Answer:
        wanted = whole(request, "invoice_id", 0)
        if not wanted:
            raise Refused(400, "The stand-in lists changes of one invoice_id.")
        rows = [row for row in self._of(site, "halo_change") if row["invoice_id"] == wanted]
        told = [{name: value for name, value in row.items() if name != "site"} for row in rows]
        return answer_list(request, site, "changes", told, frozenset({"invoice_id"}))

    def _post(self, request: Request, site: Document) -> Answer:
        check_parameters(request)
        body = request.json()
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise Refused(400, "Expected an array of invoices.")
        if _POINT_ZERO.search(request.body) or _TEXT_NUMBER.search(request.body):
            raise Refused(400, "Could not convert qty_order.")
        if not body:
            return Answer(201, [])
        if len(body) > 1 or not isinstance(body[0].get("id"), int):
            raise Refused(400, "The stand-in changes one invoice that exists.")
        invoice = self._invoice(site, str(body[0]["id"]))
        change = Change(self._state, site, site["agent"])
        fresh = change.posted(invoice, body[0])
        if habit(site, "forgets_to_apply"):
            return Answer(201, shown(fresh, self._state))
        self._log(invoice, fresh)
        return Answer(201, shown(store(self._state, site, fresh, change.log), self._state))

    def _log(self, before: Document, after: Document) -> None:
        """Remember what was applied to each line, for those who check that it was applied once."""
        for number in sorted({*before["lines"], *after["lines"]}, key=int):
            was, now = before["lines"].get(number), after["lines"].get(number)
            if was == now:
                continue
            count = len(self._state.all("halo_write")) + 1
            written: Document = {"invoice": f"{after['site']}/{after['id']}", "line": int(number)}
            written |= {"at": after["last_modified"], "before": was and was["qty_order"]}
            written |= {"after": now and now["qty_order"], "rows": len(now["prorata_data"]) if now else 0}
            written |= {"fields": [name for name in now or () if was and was.get(name) != now[name]]}
            self._state.put("halo_write", str(count), written)


def _posted_id(request: Request) -> str:
    try:
        body: Any = json.loads(request.body or b"null")
    except ValueError:
        return ""
    first = body[0] if isinstance(body, list) and body else None
    return str(first.get("id", "")) if isinstance(first, dict) else ""
