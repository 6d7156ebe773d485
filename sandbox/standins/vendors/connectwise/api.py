"""ConnectWise PSA over HTTP: sign-in, routes, paging, limits and error bodies."""

import base64
import re
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.connectwise.additions import Invalid, created, patched, shown
from sandbox.standins.vendors.connectwise.conditions import WrongCondition, condition, field_of, ordered
from sandbox.standins.vendors.connectwise.rows import agreement_row, company_row, product_row, type_rows

_API = re.compile(r"^/(?P<codebase>[^/]+)/apis/3\.0/(?P<rest>.*)$", re.IGNORECASE)
_LARGEST_PAGE = 1000
_RIGHTS = {"company": "companies", "finance": "agreements", "procurement": "catalog", "system": "system"}


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    status: int
    code: str
    message: str
    field: str = ""


class ConnectWise:
    """One or more ConnectWise databases; the login of the Basic header says which."""

    name = "connectwise"
    hosts = frozenset(
        {
            "api-na.myconnectwise.net",
            "api-eu.myconnectwise.net",
            "api-au.myconnectwise.net",
            "na.myconnectwise.net",
            "eu.myconnectwise.net",
            "au.myconnectwise.net",
        }
    )

    def __init__(self, state: State) -> None:
        self._state = state
        self._lately: dict[str, deque[float]] = {}
        self._billed = {str(t["agreement_id"]): t["id"] for t in state.all("tenant") if t["agreement_id"]}

    def call(self, request: Request) -> Call:
        found = _API.match(request.path)
        if not found:
            return Call("connectwise.read.login", counted_as="connectwise.read")
        way = "connectwise.read" if request.method == "GET" else "connectwise.write"
        parts = found["rest"].lower().strip("/").split("/")
        names = [part for part in parts if not part.isdigit() and part != "count"]
        tenant = (
            self._billed.get(parts[2], "")
            if parts[:2] == ["finance", "agreements"] and len(parts) > 2
            else ""
        )
        return Call(f"{way}.{names[-1] if names else 'other'}", tenant, counted_as=way)

    def answer(self, request: Request, call: Call) -> Answer:
        if request.path.lower().startswith("/login/companyinfo/"):
            return self._company_info(request.path.rstrip("/").split("/")[-1])
        found = _API.match(request.path)
        if not found or not request.host.startswith("api-"):
            return (
                _error(403, "Security", "SSL is required.")
                if found
                else _error(404, "NotFound", "Not found.")
            )
        try:
            site = self._signed_in(request, found["codebase"])
            return self._route(request, site, found["rest"].lower().strip("/").split("/"))
        except _Refused as refused:
            return _error(refused.status, refused.code, refused.message, refused.field)
        except Invalid as invalid:
            return _error(
                400,
                "InvalidObject",
                "addition object is invalid",
                invalid.field,
                invalid.code,
                invalid.message,
            )
        except WrongCondition as wrong:
            return _error(400, "InvalidArgument", f"The conditions could not be read. {wrong}")

    def throttled(self, retry_after: int | None) -> Answer:
        wait = 30 if retry_after is None else retry_after
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        message = f"Too many requests. Please try again in {wait} seconds."
        return Answer(429, {"error": "ConnectWiseAPI", "message": message}, headers)

    def failing(self, status: int) -> Answer:
        return _error(status, "UNKNOWN", "An unexpected error occurred.")

    # -- sign-in

    def _company_info(self, login: str) -> Answer:
        site = next((s for s in self._state.all("cw_site") if s["company_login"] == login.lower()), None)
        if site is None:
            return Answer(200, None)
        return Answer(
            200,
            {
                "CompanyName": site["company_login"].title(),
                "Codebase": site["codebase"],
                "VersionCode": "v2026.1",
                "VersionNumber": "v2026.1.101",
                "CompanyID": site["company_login"],
                "IsCloud": True,
                "SiteUrl": site["site"],
            },
        )

    def _signed_in(self, request: Request, codebase: str) -> Document:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            login, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            login, secret = "", ""
        company, _, public = login.partition("+")
        site = next((s for s in self._state.all("cw_site") if s["company_login"] == company.lower()), None)
        known = site is not None and (public, secret) == (site["public_key"], site["private_key"])
        if scheme.lower() != "basic" or site is None or not known:
            if site is not None and site["bad_password_status"] == 401:
                raise _Refused(401, "Unauthorized", "Provided username and/or password is incorrect.")
            raise _Refused(404, "NotFound", "Not found.")
        if "clientid" not in request.headers:
            raise _Refused(403, "Forbidden", "A clientId is required.")
        if codebase.lower() not in ("v4_6_release", site["codebase"].strip("/").lower()):
            raise _Refused(404, "NotFound", "Not found.")
        self._within_limit(site)
        return site

    def _within_limit(self, site: Document) -> None:
        lately = self._lately.setdefault(site["key"], deque())
        now = time.monotonic()
        while lately and now - lately[0] >= 60:
            lately.popleft()
        if len(lately) >= site["limit_per_minute"]:
            raise _Refused(429, "", str(max(1, round(60 - (now - lately[0])))))
        lately.append(now)

    # -- routes

    def _route(self, request: Request, site: Document, parts: list[str]) -> Answer:
        right = _RIGHTS.get(parts[0], "")
        if right in site["missing_rights"] or (
            request.method != "GET" and f"{right}.edit" in site["missing_rights"]
        ):
            raise _Refused(403, "Forbidden", "You do not have security permissions to perform this action.")
        match parts:
            case ["system", "info"]:
                return Answer(
                    200,
                    {"version": "v2026.1.101", "isCloud": True, "serverTimeZone": "Eastern Standard Time"},
                )
            case ["company", "companies", *rest]:
                return self._rows(request, [company_row(c) for c in self._of(site, "cw_company")], rest)
            case ["procurement", "catalog", *rest]:
                return self._rows(request, [product_row(p) for p in self._of(site, "cw_product")], rest)
            case ["finance", "agreements", "types", *rest]:
                return self._rows(request, type_rows(site), rest)
            case ["finance", "agreements", number, "additions", *rest]:
                return self._additions(request, site, self._agreement(site, number), rest)
            case ["finance", "agreements", *rest]:
                rows = [agreement_row(a, site, self._state) for a in self._of(site, "cw_agreement")]
                return self._rows(request, rows, rest)
        raise _Refused(404, "NotFound", "Not found.")

    def _of(self, site: Document, kind: str) -> list[Document]:
        return [document for document in self._state.all(kind) if document["site"] == site["key"]]

    def _agreement(self, site: Document, number: str) -> Document:
        found = self._state.find("cw_agreement", f"{site['key']}/{number}")
        if found is None:
            raise _Refused(404, "NotFound", f"Agreement {number} not found")
        return found

    def _additions(self, request: Request, site: Document, agreement: Document, rest: list[str]) -> Answer:
        if request.method == "POST" and not rest:
            return self._create(request, site, agreement)
        if request.method in ("PATCH", "DELETE") and len(rest) == 1:
            return self._write(request, site, agreement, rest[0])
        linked = f"https://{site['site']}/v4_6_release/apis/3.0"
        rows = [
            shown(addition, agreement, self._state, linked) for addition in agreement["additions"].values()
        ]
        return self._rows(request, rows, rest)

    def _create(self, request: Request, site: Document, agreement: Document) -> Answer:
        number = site["next_addition"]
        addition = created(request.json(), agreement, self._state, number)
        self._state.change("cw_site", site["key"], lambda doc: doc.update(next_addition=number + 1))
        return Answer(201, self._store(site, agreement, addition))

    def _write(self, request: Request, site: Document, agreement: Document, number: str) -> Answer:
        addition = agreement["additions"].get(number)
        if addition is None:
            raise _Refused(404, "NotFound", f"Addition {number} not found")
        if request.method == "DELETE":
            key = f"{site['key']}/{agreement['id']}"
            self._state.change("cw_agreement", key, lambda doc: doc["additions"].pop(number))
            return Answer(204)
        return Answer(
            200, self._store(site, agreement, patched(addition, request.json(), agreement, self._state))
        )

    def _store(self, site: Document, agreement: Document, addition: Document) -> Document:
        addition |= {"updated": stamp(self._state.now()), "updatedBy": site["member"]}
        key = f"{site['key']}/{agreement['id']}"
        self._log(key, agreement["additions"].get(str(addition["id"])), addition)
        fresh = self._state.change(
            "cw_agreement", key, lambda doc: doc["additions"].__setitem__(str(addition["id"]), addition)
        )
        return shown(addition, fresh, self._state, f"https://{site['site']}/v4_6_release/apis/3.0")

    def _log(self, agreement: str, before: Document | None, after: Document) -> None:
        """Remember what was applied, for those who check that it was applied once."""
        number = len(self._state.all("cw_write")) + 1
        written: Document = {"agreement": agreement, "addition": after["id"], "at": after["updated"]}
        written |= {"before": before["quantity"] if before else None, "after": after["quantity"]}
        self._state.put("cw_write", str(number), written)

    # -- lists

    def _rows(self, request: Request, rows: list[Document], rest: list[str]) -> Answer:
        if request.method != "GET":
            raise _Refused(405, "MethodNotAllowed", "The stand-in only reads here.")
        if rest == ["count"]:
            test = condition(request.query.get("conditions", ""))
            return Answer(200, {"count": sum(1 for row in rows if test(row))})
        if rest:
            found = next((row for row in rows if str(row["id"]) == rest[0]), None)
            if found is None or len(rest) > 1:
                raise _Refused(404, "NotFound", f"{rest[0]} not found")
            return Answer(200, _fields(found, request.query.get("fields", "")))
        test = condition(request.query.get("conditions", ""))
        chosen = ordered([row for row in rows if test(row)], request.query.get("orderby", "") or "id")
        return _page(request, chosen)


def _page(request: Request, rows: list[Document]) -> Answer:
    size = _whole(request, "pagesize", 25)
    if not 1 <= size <= _LARGEST_PAGE:
        raise _Refused(400, "InvalidArgument", f"pageSize must be between 1 and {_LARGEST_PAGE}.")
    forward = request.headers.get("pagination-type", "").lower() == "forward-only"
    if forward:
        after = _whole(request, "pageid", 0)
        left = [row for row in sorted(rows, key=lambda row: int(row["id"])) if row["id"] > after]
        page, more = left[:size], len(left) > size
        links = {"next": {"pageId": page[-1]["id"]}} if more else {}
    else:
        number = max(1, _whole(request, "page", 1))
        page = rows[(number - 1) * size : number * size]
        last = max(1, -(-len(rows) // size))
        links = {}
        if number > 1:
            links |= {"prev": {"page": number - 1}, "first": {"page": 1}}
        if number < last:
            links |= {"next": {"page": number + 1}, "last": {"page": last}}
    fields = request.query.get("fields", "")
    link = ", ".join(f'<{_address(request, change)}>; rel="{name}"' for name, change in links.items())
    headers = {"Link": link} if link or forward else {}
    return Answer(200, [_fields(row, fields) for row in page], headers)


def _address(request: Request, change: dict[str, int]) -> str:
    kept = {
        name: value for name, value in request.query.items() if name not in {key.lower() for key in change}
    }
    renamed = {_SPELLING.get(name, name): value for name, value in kept.items()}
    return f"https://{request.host}{request.path}?{urlencode(renamed | change)}"


_SPELLING = {"pagesize": "pageSize", "orderby": "orderBy", "pageid": "pageId"}


def _whole(request: Request, name: str, default: int) -> int:
    try:
        return int(request.query.get(name, default))
    except ValueError as wrong:
        raise _Refused(400, "InvalidArgument", f"{name} must be a whole number.") from wrong


def _fields(row: Document, names: str) -> Document:
    """Only the fields asked for; `company/id` keeps the reference with that one field."""
    if not names:
        return row
    chosen: dict[str, Any] = {}
    for name in (part.strip() for part in names.split(",")):
        value = field_of(row, name)
        if value is None:
            continue
        outer, _, inner = name.partition("/")
        if inner:
            chosen.setdefault(outer, {})[inner] = value
        else:
            chosen[name] = value
    return chosen


def _error(status: int, code: str, message: str, field: str = "", detail: str = "", text: str = "") -> Answer:
    if status == 429:
        return Answer(
            429,
            {
                "error": "ConnectWiseAPI",
                "message": f"Too many requests. Please try again in {message} seconds.",
            },
            {"Retry-After": message},
        )
    errors = None
    if field:
        errors = [
            {"code": detail or code, "message": text or message, "resource": "addition", "field": field}
        ]
    return Answer(status, {"code": code, "message": message, "errors": errors})
