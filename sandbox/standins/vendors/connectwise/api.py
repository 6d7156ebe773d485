"""ConnectWise PSA over HTTP: sign-in, versions, routes, limits and error bodies."""

import base64
import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.texts import stored_text
from sandbox.standins.vendors.connectwise.additions import Invalid, created, patched, replaced, shown
from sandbox.standins.vendors.connectwise.conditions import WrongCondition
from sandbox.standins.vendors.connectwise.habits import Marker, habit, is_hidden, stored_marker
from sandbox.standins.vendors.connectwise.lists import Refused, answer_list, check_parameters
from sandbox.standins.vendors.connectwise.rows import agreement_row, company_row, product_row, type_rows
from sandbox.standins.vendors.connectwise.tickets import ticket_desk

_API = re.compile(r"^/(?P<codebase>[^/]+)/apis/3\.0/(?P<rest>.*)$", re.IGNORECASE)
_WINDOW = timedelta(minutes=1)
_NEWEST = "2026.1"
"""The version of the models that is served to who asks for none."""
_MODEL = "application/vnd.connectwise.com+json"
_RIGHTS = {
    "company": "companies",
    "finance": "agreements",
    "procurement": "catalog",
    "service": "tickets",
    "system": "system",
}


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
        self._lately: dict[str, deque[datetime]] = {}
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
        if not found:
            return _error(404, "NotFound", "Not found.")
        if not request.host.startswith("api-"):
            return _error(403, "Security", "SSL is required.")
        try:
            site = self._signed_in(request, found["codebase"])
            version = _version(request, site)
            answer = self._route(request, site, found["rest"].lower().strip("/").split("/"))
        except Refused as refused:
            return _error(refused.status, refused.code, refused.message)
        except Invalid as invalid:
            return _error(400, "InvalidObject", "addition object is invalid", invalid.faults)
        except WrongCondition as wrong:
            return _error(400, "InvalidArgument", f"The conditions could not be read. {wrong}")
        answer.content_type = f"{_MODEL}; version={version}"
        return answer

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
            return Answer(200, b"null")
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
                raise Refused(401, "Unauthorized", "Provided username and/or password is incorrect.")
            raise Refused(404, "NotFound", "Not found.")
        if "clientid" not in request.headers:
            raise Refused(403, "Forbidden", "A clientId is required.")
        if codebase.lower() not in ("v4_6_release", site["codebase"].strip("/").lower()):
            raise Refused(404, "NotFound", "Not found.")
        self._within_limit(site)
        return site

    def _within_limit(self, site: Document) -> None:
        lately = self._lately.setdefault(site["key"], deque())
        now = self._state.now()
        while lately and now - lately[0] >= _WINDOW:
            lately.popleft()
        if len(lately) + site["others_per_minute"] >= site["limit_per_minute"]:
            left = _WINDOW - (now - lately[0]) if lately else _WINDOW
            raise Refused(429, "", str(max(1, round(left.total_seconds()))))
        lately.append(now)

    # -- routes

    def _route(self, request: Request, site: Document, parts: list[str]) -> Answer:
        right = _RIGHTS.get(parts[0], "")
        if right in site["missing_rights"] or (
            request.method != "GET" and f"{right}.edit" in site["missing_rights"]
        ):
            raise Refused(403, "Forbidden", "You do not have security permissions to perform this action.")
        match parts:
            case ["system", "info"]:
                check_parameters(request)
                return Answer(
                    200,
                    {"version": "v2026.1.101", "isCloud": True, "serverTimeZone": "Eastern Standard Time"},
                )
            case ["company", "companies", *rest]:
                rows = [company_row(c) for c in self._of(site, "cw_company")]
                return answer_list(request, site, "companies", rows, rest)
            case ["procurement", "catalog", *rest]:
                rows = [product_row(p) for p in self._of(site, "cw_product")]
                return answer_list(request, site, "catalog", rows, rest)
            case ["service", *rest]:
                return ticket_desk(request, site, self._state, rest)
            case ["finance", "agreements", "types", *rest]:
                return answer_list(request, site, "types", type_rows(site), rest)
            case ["finance", "agreements", number, "additions", *rest]:
                return self._additions(request, site, self._agreement(site, number), rest)
            case ["finance", "agreements", *rest]:
                rows = [agreement_row(a, site, self._state) for a in self._of(site, "cw_agreement")]
                return answer_list(request, site, "agreements", rows, rest)
        raise Refused(404, "NotFound", "Not found.")

    def _of(self, site: Document, kind: str) -> list[Document]:
        return [document for document in self._state.all(kind) if document["site"] == site["key"]]

    def _agreement(self, site: Document, number: str) -> Document:
        found = self._state.find("cw_agreement", f"{site['key']}/{number}")
        if found is None or is_hidden(site, "agreements", found["id"]):
            raise Refused(404, "NotFound", f"Agreement {number} not found")
        return found

    def _additions(self, request: Request, site: Document, agreement: Document, rest: list[str]) -> Answer:
        if request.method != "GET":
            check_parameters(request)
        if request.method == "POST" and not rest:
            return self._create(request, site, agreement)
        if request.method in ("PATCH", "PUT", "DELETE") and len(rest) == 1:
            return self._write(request, site, agreement, rest[0])
        rows = [self._shown(addition, agreement, site) for addition in agreement["additions"].values()]
        return answer_list(request, site, "additions", rows, rest)

    def _shown(self, addition: Document, agreement: Document, site: Document) -> Document:
        linked = f"https://{site['site']}/v4_6_release/apis/3.0"
        row = shown(addition, agreement, self._state, linked, empty_dates=habit(site, "empty_dates"))
        if habit(site, "marker") == Marker.HIDDEN:
            del row["serialNumber"]
        return row

    def _create(self, request: Request, site: Document, agreement: Document) -> Answer:
        number = site["next_addition"]
        body = request.json()
        addition = created(body, agreement, self._state, number)
        if not habit(site, "prices_from_catalogue") and body.get("unitPrice") is None:
            addition["unitPrice"] = 0.0
        self._state.change("cw_site", site["key"], lambda doc: doc.update(next_addition=number + 1))
        answered = self._store(site, agreement, addition)
        marker = stored_marker(site, addition["serialNumber"])
        if marker != addition["serialNumber"]:
            # A workflow rule runs behind the API's back: the answer still has what was sent.
            key = f"{site['key']}/{agreement['id']}"
            self._state.change(
                "cw_agreement", key, lambda doc: doc["additions"][str(number)].update(serialNumber=marker)
            )
        return Answer(201, answered)

    def _write(self, request: Request, site: Document, agreement: Document, number: str) -> Answer:
        addition = agreement["additions"].get(number)
        if addition is None:
            raise Refused(404, "NotFound", f"Addition {number} not found")
        if request.method == "DELETE":
            key = f"{site['key']}/{agreement['id']}"
            self._state.change("cw_agreement", key, lambda doc: doc["additions"].pop(number))
            return Answer(204)
        change = patched if request.method == "PATCH" else replaced
        fresh = change(addition, request.json(), agreement, self._state)
        if fresh["invoiceDescription"] != addition["invoiceDescription"]:
            fresh["invoiceDescription"] = stored_text(habit(site, "texts"), fresh["invoiceDescription"])
        return Answer(200, self._store(site, agreement, fresh))

    def _store(self, site: Document, agreement: Document, addition: Document) -> Document:
        addition |= {"updated": stamp(self._state.now()), "updatedBy": site["member"]}
        key = f"{site['key']}/{agreement['id']}"
        self._log(key, agreement["additions"].get(str(addition["id"])), addition)
        fresh = self._state.change(
            "cw_agreement", key, lambda doc: doc["additions"].__setitem__(str(addition["id"]), dict(addition))
        )
        return self._shown(addition, fresh, site)

    def _log(self, agreement: str, before: Document | None, after: Document) -> None:
        """Remember what was applied, for those who check that it was applied once."""
        number = len(self._state.all("cw_write")) + 1
        written: Document = {"agreement": agreement, "addition": after["id"], "at": after["updated"]}
        written |= {"before": before["quantity"] if before else None, "after": after["quantity"]}
        written |= {"marker": after["serialNumber"], "fields": _changed(before, after)}
        self._state.put("cw_write", str(number), written)


def _changed(before: Document | None, after: Document) -> list[str]:
    """Fields of an addition that say something else now."""
    changed = [name for name in after if before is not None and before.get(name) != after[name]]
    return [name for name in changed if name not in ("updated", "updatedBy")]


def _version(request: Request, site: Document) -> str:
    """The version of the models that is asked for. Raises Refused for one that is retired."""
    found = re.search(r"version=(\d{4})\.(\d{1,2})", request.headers.get("accept", ""))
    version = f"{found[1]}.{found[2]}" if found else _NEWEST
    if _order(version) < _order(habit(site, "oldest_version")):
        raise Refused(406, "NotAcceptable", f"The version {version} is no longer supported.")
    return version


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _error(status: int, code: str, message: str, faults: Sequence[tuple[str, str, str]] = ()) -> Answer:
    if status == 429:
        return Answer(
            429,
            {
                "error": "ConnectWiseAPI",
                "message": f"Too many requests. Please try again in {message} seconds.",
            },
            {"Retry-After": message},
        )
    errors = [
        {"code": detail, "message": text, "resource": "addition", "field": field}
        for field, detail, text in faults
    ]
    return Answer(status, {"code": code, "message": message, "errors": errors or None})
