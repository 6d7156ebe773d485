"""The stand-in of Partner Center's REST API: customers of a partner, and their subscriptions."""

import base64
import json
import re
from typing import Any

from sandbox.standins.protocol import Answer, Call, Request
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.vendors.bearer import claims_of
from sandbox.standins.worlds.people import guid
from sandbox.standins.worlds.skus import BY_ID

RESOURCE = "https://api.partnercenter.microsoft.com"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LARGEST_PAGE = 500


class PartnerCenter:
    """Every answer begins with a byte-order mark; the next page is asked for by a header."""

    name = "partnercenter"
    hosts = frozenset({"api.partnercenter.microsoft.com"})

    def __init__(self, state: State) -> None:
        self._state = state

    def call(self, request: Request) -> Call:
        parts = request.path.strip("/").lower().split("/")
        if parts == ["v1", "customers"]:
            return Call("partnercenter.customers")
        if len(parts) == 4 and parts[3] == "subscriptions":
            return Call("partnercenter.subscriptions", parts[2])
        return Call("partnercenter.other")

    def answer(self, request: Request, call: Call) -> Answer:
        claims = claims_of(request, RESOURCE, self._state)
        if isinstance(claims, str):
            return self._error(401, "400", "Access denied")
        partner = self._state.get("partner", claims["partner"])
        if claims["tid"] != partner["tenant_id"]:
            return self._error(401, "800001", "Partner Token missing")
        if partner["trouble"] == 900421 and claims["idtyp"] == "user":
            return self._error(401, "900421", "MFA is required to call this API.")
        if request.method != "GET" or call.kind == "partnercenter.other":
            return self._error(404, "404", "The resource was not found.")
        if call.kind == "partnercenter.customers":
            return self._customers(request, partner)
        wrong = _unknown(request, set())
        if wrong:
            return self._error(400, "2000", wrong)
        return self._subscriptions(partner, call.tenant)

    def throttled(self, retry_after: int | None) -> Answer:
        wait = 30 if retry_after is None else retry_after
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        message = f"Rate limit is exceeded. Try again in {wait} seconds."
        return _marked(Answer(429, {"statusCode": 429, "message": message}, headers))

    def failing(self, status: int) -> Answer:
        return self._error(status, "5000", "An unexpected error occurred.")

    def _customers(self, request: Request, partner: Document) -> Answer:
        wrong = _unknown(request, {"size", "seekoperation", "filter"})
        if wrong:
            return self._error(400, "2000", wrong)
        tenants = [t for t in self._state.all("tenant") if partner["key"] in t["access"]]
        tenants.sort(key=lambda tenant: (tenant["name"], tenant["id"]))
        begin, text = 0, request.query.get("size", "") or "100"
        try:
            tenants = _filtered(tenants, request.query.get("filter", ""))
            if "seekoperation" in request.query:
                begin, text = _continued(request)
            size = int(text) if re.fullmatch(r"\d{1,9}", text) else -1
        except ValueError as refused:
            return self._error(400, "2000", str(refused))
        if not 0 <= size <= _LARGEST_PAGE:
            return self._error(400, "2000", f"The page size must be between 1 and {_LARGEST_PAGE}.")
        page = tenants[begin : begin + size] if size else tenants
        links: dict[str, Any] = {
            "self": {"uri": f"/v1/customers?size={size}", "method": "GET", "headers": []}
        }
        if size and begin + size < len(tenants):
            token = base64.b64encode(json.dumps([begin + size, size]).encode()).decode()
            links["next"] = {
                "uri": f"/customers?size={size}&seekOperation=Next",
                "method": "GET",
                "headers": [{"key": "MS-ContinuationToken", "value": token}],
            }
        return self._collection([_customer(tenant, partner["key"]) for tenant in page], links)

    def _subscriptions(self, partner: Document, tenant_id: str) -> Answer:
        tenant = self._state.find("tenant", tenant_id)
        access = tenant["access"].get(partner["key"]) if tenant else None
        if tenant is None or access is None or not access.get("sells", True):
            text = f"The partner ID {partner['tenant_id']} has no commerce relationship with {tenant_id}."
            return self._error(403, "20002", text)
        items = [
            self._subscription(holding["sku_id"], bought)
            for holding in tenant["holdings"]
            for bought in holding["subscriptions"]
        ]
        return self._collection(
            items, {"self": {"uri": f"/customers/{tenant_id}/subscriptions", "method": "GET"}}
        )

    def _subscription(self, sku_id: str, bought: Document) -> dict[str, Any]:
        sku = BY_ID[sku_id]
        began, ends = self._state.day(bought["created_in_days"]), self._state.day(bought["renews_in_days"])
        product = guid("product", sku_id).upper().replace("-", "")[:12]
        return {
            "id": bought["commerce_id"],
            "offerId": f"{product}:0001:{product}",
            "offerName": sku.name,
            "friendlyName": sku.name,
            "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
            "quantity": bought["units"],
            "unitType": "Licenses",
            "hasPurchasableAddons": False,
            "creationDate": stamp(began),
            "effectiveStartDate": stamp(began),
            "commitmentEndDate": stamp(ends)[:10] + "T00:00:00Z",
            "cancellationAllowedUntilDate": stamp(self._state.day(bought["created_in_days"] + 7)),
            "status": _STATUS[bought["status"]],
            "autoRenewEnabled": bought["auto_renew"],
            "isTrial": bought["trial"],
            "billingType": "license",
            "billingCycle": bought["cycle"],
            "termDuration": bought["term"],
            "renewalTermDuration": bought["term"] if bought["auto_renew"] else "",
            "isMicrosoftProduct": True,
            "publisherName": "Microsoft",
            "partnerId": "",
            "contractType": "subscription",
            "orderId": guid("order", bought["id"])[:13],
            "attributes": {"objectType": "Subscription"},
        }

    def _collection(self, items: list[dict[str, Any]], links: dict[str, Any]) -> Answer:
        body = {
            "totalCount": len(items),
            "items": items,
            "links": links,
            "attributes": {"objectType": "Collection"},
        }
        return _marked(Answer(200, body))

    def _error(self, status: int, code: str, description: str) -> Answer:
        return _marked(
            Answer(status, {"code": code, "description": description, "data": [], "source": "PartnerFD"})
        )


_STATUS = {
    "Enabled": "active",
    "Warning": "suspended",
    "Suspended": "suspended",
    "LockedOut": "disabled",
    "Deleted": "deleted",
}


def _unknown(request: Request, known: set[str]) -> str:
    unknown = set(request.query) - known
    return f"The query parameter '{min(unknown)}' is not supported." if unknown else ""


def _continued(request: Request) -> tuple[int, str]:
    """Where the next page begins, and its size. Raises ValueError."""
    if request.query["seekoperation"].lower() != "next":
        raise ValueError("The stand-in only seeks the next page.")
    try:
        begin, size = json.loads(
            base64.b64decode(request.headers.get("ms-continuationtoken", ""), validate=True)
        )
    except (ValueError, TypeError):
        begin = size = None
    if not (type(begin) is int and type(size) is int and begin >= 0):
        raise ValueError("The continuation token is missing or not valid.")
    return begin, str(size)


def _filtered(tenants: list[Document], text: str) -> list[Document]:
    """What a filter lets through: `{"Field": "CompanyName", "Value": "Ald", "Operator": "starts_with"}`."""
    if not text:
        return tenants
    try:
        asked = {str(name).lower(): value for name, value in json.loads(text).items()}
    except (ValueError, AttributeError, RecursionError) as wrong:
        raise ValueError("The filter is not valid.") from wrong
    field = {"companyname": "name", "domain": "domain"}.get(str(asked.get("field")).lower())
    value, operator = asked.get("value"), str(asked.get("operator")).lower().replace("_", "")
    if field is None or not isinstance(value, str) or operator != "startswith":
        raise ValueError("The stand-in filters CompanyName or Domain with starts_with.")
    return [tenant for tenant in tenants if tenant[field].lower().startswith(value.lower())]


def _customer(tenant: Document, partner: str) -> dict[str, Any]:
    return {
        "id": tenant["id"],
        "companyProfile": {
            "tenantId": tenant["id"],
            "domain": tenant["domain"],
            "companyName": tenant["name"],
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": tenant["access"][partner]["relationship"],
        "attributes": {"objectType": "Customer"},
    }


def _marked(answer: Answer) -> Answer:
    answer.body = BYTE_ORDER_MARK + answer.raw()
    return answer
