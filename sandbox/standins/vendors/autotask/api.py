"""Autotask over HTTP: the zone of a user, routes, rights, and the hourly calls of the whole database."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State
from sandbox.standins.vendors.autotask.changes import add_service, adjust, change_service
from sandbox.standins.vendors.autotask.queries import answer_page, matching, search_of
from sandbox.standins.vendors.autotask.refusals import PERMISSIONS, THREADS, Refused, error, throttled
from sandbox.standins.vendors.autotask.tickets import change_ticket, make_ticket, ticket_fields
from sandbox.standins.vendors.autotask.units import unit_rows

_FRONT = "webservices.autotask.net"
_HOUR = timedelta(hours=1)
_ENTITIES = {
    name.lower(): name
    for name in (
        *("Companies", "Contracts", "Services", "ContractServices", "ContractServiceUnits"),
        *("ContractServiceAdjustments", "Tickets"),
    )
}
_PERIODS = {"2": "Monthly", "3": "Quarterly", "4": "Semi-Annual", "5": "Yearly"}
_HIDDEN = frozenset({"site", "services", "version"})


class Autotask:
    """One or more databases; the user's name says which."""

    name = "autotask"

    def __init__(self, state: State) -> None:
        self._state = state
        self._lately: dict[str, deque[datetime]] = {}
        self.hosts = frozenset({_FRONT, *(site["zone"] for site in state.all("at_site"))})
        self._billed = {
            (tenant["psa_site"], str(tenant["agreement_id"])): tenant["id"]
            for tenant in state.all("tenant")
            if tenant["agreement_id"]
        }

    def call(self, request: Request) -> Call:
        parts = _parts(request)
        if parts[:1] == ["zoneinformation"]:
            return Call("autotask.zone", counted_as="autotask.zone")
        asks = request.method == "GET" or "query" in parts
        way = "autotask.read" if asks else "autotask.write"
        site = self._site(request)
        tenant = self._billed.get((site["key"], parts[1]), "") if site and not asks and len(parts) > 1 else ""
        what = parts[2] if not asks and len(parts) > 2 else (parts[0] if parts else "other")
        return Call(f"{way}.{what}", tenant, counted_as=way)

    def answer(self, request: Request, call: Call) -> Answer:
        parts = _parts(request)
        try:
            if request.host == _FRONT:
                return self._front(request, parts)
            site = self._site(request)
            if site is None or request.host != site["zone"]:
                return error(401, "Unauthorized")
            if self._is_too_much(site):
                return throttled(site["habits"].get("retry_after"))
            if site["habits"].get("threads_exceeded"):
                return error(site["habits"].get("threads_status", 500), THREADS)
            return self._route(request, site, parts)
        except Refused as refused:
            return error(refused.status, refused.message)

    def throttled(self, retry_after: int | None) -> Answer:
        return throttled(retry_after)

    def failing(self, status: int) -> Answer:
        return error(status, "An unexpected error occurred.")

    def _front(self, request: Request, parts: list[str]) -> Answer:
        if parts == ["versioninformation"]:
            return Answer(200, {"apiVersions": ["V1.0"]})
        if parts != ["zoneinformation"]:
            return error(404, "Not found.")
        user = request.query.get("user", "").lower()
        site = next((site for site in self._state.all("at_site") if site["user"].lower() == user), None)
        if site is None:
            return error(500, "IntegrationCode: Zone information could not be determined.")
        zone = f"https://{site['zone']}/ATServicesRest/"
        return Answer(200, {"zoneName": "America East", "url": zone, "webUrl": zone, "ci": 1234})

    def _site(self, request: Request) -> Document | None:
        """The database of a sign-in that is right."""
        given = tuple(request.headers.get(name, "") for name in ("username", "secret", "apiintegrationcode"))
        for site in self._state.all("at_site"):
            if given == (site["user"], site["secret"], site["integration_code"]):
                return site
        return None

    def _is_too_much(self, site: Document) -> bool:
        """Count the call; what other tools use is spread evenly over the hour."""
        lately = self._calls(site)
        if len(lately) + site["others_an_hour"] >= site["calls_an_hour"]:
            return True
        lately.append(self._state.now())
        return False

    def _calls(self, site: Document) -> deque[datetime]:
        lately = self._lately.setdefault(site["key"], deque())
        while lately and lately[0] <= self._state.now() - _HOUR:
            lately.popleft()
        return lately

    # Routes

    def _route(self, request: Request, site: Document, parts: list[str]) -> Answer:
        if request.method == "GET" and parts == ["thresholdinformation"]:
            used = len(self._calls(site)) + site["others_an_hour"]
            return Answer(
                200,
                {
                    "externalRequestThreshold": site["calls_an_hour"],
                    "requestThresholdTimeframe": 60,
                    "currentTimeframeRequestCount": used,
                },
            )
        if not parts or parts[0] not in _ENTITIES:
            raise Refused("The stand-in does not have this.", 404)
        entity, rest = _ENTITIES[parts[0]], parts[1:]
        if request.method in ("GET", "POST") and rest[:1] == ["query"]:
            return self._query(request, site, entity, rest[1:])
        if request.method == "GET" and rest[:1] == ["entityinformation"]:
            return self._information(site, entity, rest[1:])
        if request.method == "GET" and len(rest) == 1:
            self._allowed(site, entity, "query")
            rows = self._rows(site, entity)
            return Answer(200, {"item": next((row for row in rows if str(row["id"]) == rest[0]), None)})
        return self._write(request, site, entity, rest)

    def _query(self, request: Request, site: Document, entity: str, rest: list[str]) -> Answer:
        if entity == "ContractServiceAdjustments":
            raise Refused("The requested resource does not support http method.", 405)
        self._allowed(site, entity, "query")
        asked = search_of(request)
        rows = matching(asked, self._rows(site, entity, asked["filter"]), entity)
        if rest == ["count"]:
            return Answer(200, {"queryCount": len(rows)})
        if rest not in ([], ["next"]):
            raise Refused("Not found.", 404)
        return answer_page(request, asked, rows, site, entity)

    def _information(self, site: Document, entity: str, rest: list[str]) -> Answer:
        if rest == ["fields"] and entity == "Tickets":
            return ticket_fields()
        if rest == ["fields"] and entity == "Services":
            values = [{"value": value, "label": label, "isActive": True} for value, label in _PERIODS.items()]
            return Answer(
                200, {"fields": [{"name": "periodType", "isPickList": True, "picklistValues": values}]}
            )
        if rest:
            raise Refused("The stand-in does not have this.", 404)
        may = {way: f"{entity}.{way}" not in site["missing_rights"] for way in ("query", "all", "create")}
        listed = entity != "ContractServiceAdjustments"
        made = entity in ("Contracts", "ContractServices", "ContractServiceAdjustments")
        told = {
            "name": entity,
            "canQuery": listed,
            "canCreate": made,
            "userAccessForQuery": "All"
            if listed and may["query"] and may["all"]
            else "Mine"
            if listed and may["query"]
            else "None",
            "userAccessForCreate": "All" if made and may["create"] else "None",
        }
        return Answer(200, {"info": told})

    def _write(self, request: Request, site: Document, entity: str, rest: list[str]) -> Answer:
        body: Any = request.json()
        if entity == "Tickets" and not rest and request.method in ("POST", "PATCH"):
            self._allowed(site, entity, "create")
            write = make_ticket if request.method == "POST" else change_ticket
            return write(self._state, site, body)
        if entity == "ContractServiceAdjustments" and not rest and isinstance(body, dict):
            rest, entity = [str(body.get("contractID")), "serviceadjustments"], "Contracts"
        if entity != "Contracts" or len(rest) != 2:
            raise Refused("The requested resource does not support http method.", 405)
        found = self._state.find("at_contract", f"{site['key']}/{rest[0]}")
        if found is None:
            raise Refused("contractID: No matching records found.")
        if request.method == "POST" and rest[1] == "serviceadjustments":
            self._allowed(site, "ContractServiceAdjustments", "create")
            return adjust(self._state, site, found, body)
        if request.method == "POST" and rest[1] == "services":
            self._allowed(site, "ContractServices", "create")
            return add_service(self._state, site, found, body)
        if request.method == "PATCH" and rest[1] == "services":
            return change_service(self._state, site, found, body)
        raise Refused("The requested resource does not support http method.", 405)

    def _allowed(self, site: Document, entity: str, way: str) -> None:
        if f"{entity}.{way}" in site["missing_rights"]:
            raise Refused(PERMISSIONS.format(what=way))

    def _rows(self, site: Document, entity: str, conditions: Sequence[Any] = ()) -> list[Document]:
        """Every row of an entity. A restricted user gets none, and no error.

        Rows of units are only computed for the contract or service that is asked for: they are many.
        """
        if site["sees_nothing"] or f"{entity}.all" in site["missing_rights"]:
            return []
        contracts = self._of(site, "at_contract")
        match entity:
            case "Companies":
                return [_plain(row) for row in self._of(site, "at_company")]
            case "Services":
                return [_plain(row) for row in self._of(site, "at_service")]
            case "Tickets":
                return [_plain(row) for row in self._of(site, "at_ticket")]
            case "Contracts":
                return [_plain(row) for row in contracts]
            case "ContractServices":
                return [_service_row(of, one) for of in contracts for one in of["services"].values()]
            case _:
                today = self._state.now().date()
                plain = [one for one in conditions if isinstance(one, dict) and one.get("op") == "eq"]
                only = {str(one.get("field")): one.get("value") for one in plain}
                return [
                    row
                    for of in contracts
                    if only.get("contractID", of["id"]) == of["id"]
                    for one in of["services"].values()
                    if only.get("contractServiceID", one["id"]) == one["id"]
                    if one["begins"] or one["adjustments"]
                    for row in unit_rows(of, one, today)
                ]

    def _of(self, site: Document, kind: str) -> list[Document]:
        return [document for document in self._state.all(kind) if document["site"] == site["key"]]


def _plain(row: Document) -> Document:
    return {name: value for name, value in row.items() if name not in _HIDDEN}


def _service_row(contract: Document, service: Document) -> Document:
    return {
        "id": service["id"],
        "contractID": contract["id"],
        "serviceID": service["serviceID"],
        "unitPrice": service["unitPrice"],
        "internalCurrencyUnitPrice": service["unitPrice"],
        "internalCurrencyAdjustedPrice": service["adjustedPrice"],
        "unitCost": 0.0,
        "invoiceDescription": service["invoiceDescription"] or None,
        "internalDescription": service["internalDescription"] or None,
        "quoteItemID": None,
    }


def _parts(request: Request) -> list[str]:
    """The path behind /atservicesrest/v1.0/, in small letters."""
    parts = request.path.lower().strip("/").split("/")
    return parts[2:] if parts[:2] == ["atservicesrest", "v1.0"] else ["", *parts]
