"""Agreement additions: how they are shown, created and patched."""

import calendar
from datetime import UTC, datetime
from typing import Any

from sandbox.standins.state import Document, State, parse_stamp, stamp

_LARGEST = 10**15
BILLABLE_OPTIONS = ("Billable", "DoNotBill", "NoCharge")
_NUMBERS = ("quantity", "lessIncluded", "unitPrice", "unitCost", "sequenceNumber")
_TEXTS = {"serialNumber": 50, "invoiceDescription": 6000, "uom": 50}
_DATES = ("effectiveDate", "cancelledDate")
_FLAGS = ("taxableFlag", "purchaseItemFlag", "specialOrderFlag")
_REFERENCES = ("opportunity", "invoiceGrouping")
_WRITABLE = (*_NUMBERS, *_TEXTS, *_DATES, *_FLAGS, *_REFERENCES, "customFields")


class Invalid(Exception):
    """Fields that are refused: of each its name, a code and a sentence, told as ConnectWise tells them."""

    def __init__(self, field: str, code: str, message: str, *others: tuple[str, str, str]) -> None:
        super().__init__(message)
        self.faults = ((field, code, message), *others)


def shown(
    addition: Document, agreement: Document, state: State, linked: str, *, empty_dates: bool = False
) -> Document:
    """The addition as the API answers it, with every computed field; `empty_dates`: "" where a date is not set."""
    product = state.get("cw_product", f"{agreement['site']}/{addition['product']}")
    billed = max(0.0, addition["quantity"] - addition["lessIncluded"])
    price = addition["unitPrice"] if addition["billCustomer"] == "Billable" else 0.0
    ext_price, ext_cost = round(billed * price, 2), round(billed * addition["unitCost"], 2)
    row: Document = {
        "id": addition["id"],
        "product": {
            "id": product["id"],
            "identifier": product["identifier"],
            "serializedFlag": False,
            "_info": {"catalog_href": f"{linked}/procurement/catalog/{product['id']}"},
        },
        **{
            name: addition[name]
            for name in ("quantity", "lessIncluded", "unitPrice", "unitCost", "billCustomer")
        },
        "taxableFlag": addition["taxableFlag"],
        "serialNumber": addition["serialNumber"],
        "invoiceDescription": addition["invoiceDescription"],
        "purchaseItemFlag": addition.get("purchaseItemFlag", False),
        "specialOrderFlag": addition.get("specialOrderFlag", False),
        "agreementId": agreement["id"],
        "description": product["description"],
        "billedQuantity": billed,
        "uom": addition.get("uom", "Each"),
        "extPrice": ext_price,
        "extCost": ext_cost,
        "sequenceNumber": addition["sequenceNumber"],
        "margin": round(ext_price - ext_cost, 2),
        **_prorated(addition, agreement, billed, price, state.now()),
        "agreementStatus": "Cancelled" if agreement["cancelled"] else "Active",
        "_info": {"lastUpdated": addition["updated"], "updatedBy": addition["updatedBy"]},
    }
    for name in _DATES:
        if addition[name]:
            row[name] = addition[name]
        elif empty_dates:
            row[name] = ""
    for name in (*_REFERENCES, "customFields"):
        if addition.get(name):
            row[name] = addition[name]
    return row


def _prorated(
    addition: Document, agreement: Document, billed: float, price: float, now: datetime
) -> Document:
    """Only lines that begin within the current month of an agreement that prorates (the day itself counts)."""
    # A PUT that leaves the date out unsets it: then the line has always been there.
    begins = parse_stamp(addition["effectiveDate"] or "2000-01-01T00:00:00Z")
    within = agreement["prorate"] and (begins.year, begins.month) == (now.year, now.month) and begins.day > 1
    days = calendar.monthrange(now.year, now.month)[1]
    share = (days - begins.day + 1) / days if within else 0.0
    cost = addition["unitCost"]
    return {
        "prorateCost": round(cost * share, 2),
        "proratePrice": round(price * share, 2),
        "extendedProrateCost": round(billed * cost * share, 2),
        "extendedProratePrice": round(billed * price * share, 2),
        "prorateCurrentPeriodFlag": within,
    }


def created(body: Any, agreement: Document, state: State, number: int) -> Document:
    """A new addition from a POST body; raises Invalid."""
    if not isinstance(body, dict):
        raise Invalid("addition", "InvalidObject", "The request body must be an addition.")
    if agreement["cancelled"]:
        raise Invalid("agreement", "InvalidObject", "The agreement is cancelled.")
    faults: list[tuple[str, str, str]] = []
    product: Document = {}
    try:
        product = _product(body.get("product"), agreement["site"], state)
    except Invalid as invalid:
        faults += invalid.faults
    if body.get("billCustomer") not in BILLABLE_OPTIONS:
        text = f"billCustomer must be one of {', '.join(BILLABLE_OPTIONS)}."
        faults.append(("billCustomer", "MissingRequiredField", text))
    if faults:
        raise Invalid(*faults[0], *faults[1:])
    addition: Document = {
        "id": number,
        "product": product["id"],
        "quantity": 1.0,
        "lessIncluded": 0.0,
        "unitPrice": product["price"],
        "unitCost": product["cost"],
        "billCustomer": body["billCustomer"],
        "effectiveDate": stamp(state.now())[:10] + "T00:00:00Z",
        "cancelledDate": None,
        "taxableFlag": True,
        "serialNumber": "",
        "invoiceDescription": product["description"],
        "sequenceNumber": float(len(agreement["additions"]) + 1),
    }
    return addition | {name: checked(name, body[name]) for name in _WRITABLE if body.get(name) is not None}


def replaced(addition: Document, body: Any, agreement: Document, state: State) -> Document:
    """The addition after a PUT, a full replace: whatever is left out becomes nothing. Raises Invalid."""
    fresh = created(body, agreement, state, addition["id"])
    left_out = [name for name in _WRITABLE if body.get(name) is None]
    return fresh | {name: _removed(name) for name in left_out}


def patched(addition: Document, operations: Any, agreement: Document, state: State) -> Document:
    """The addition after a PATCH; raises Invalid. What the API does not understand is ignored, with 200."""
    if not isinstance(operations, list) or not all(isinstance(step, dict) for step in operations):
        raise Invalid("addition", "InvalidObject", "A PATCH body must be an array of operations.")
    fresh = dict(addition)
    paths = {str(step.get("path", "")).removeprefix("/") for step in operations}
    for step in operations:
        operation, path, value = (
            step.get("op"),
            str(step.get("path", "")).removeprefix("/"),
            step.get("value"),
        )
        if operation not in ("add", "replace", "remove"):
            raise Invalid(path, "InvalidObject", f"'{operation}' is not a patch operation.")
        if path == "product" and operation != "remove":
            _change_product(fresh, value, paths, agreement, state)
        elif path == "billCustomer" and operation != "remove":
            if value not in BILLABLE_OPTIONS:
                raise Invalid(
                    path, "InvalidObject", f"billCustomer must be one of {', '.join(BILLABLE_OPTIONS)}."
                )
            fresh[path] = value
        elif path in _WRITABLE:
            fresh[path] = _removed(path) if operation == "remove" else checked(path, value)
    return fresh


def _change_product(fresh: Document, value: Any, paths: set[str], agreement: Document, state: State) -> None:
    product = _product(value, agreement["site"], state)
    fresh["product"] = product["id"]
    catalogue = {
        "unitPrice": product["price"],
        "unitCost": product["cost"],
        "invoiceDescription": product["description"],
        "quantity": 1.0,
        "taxableFlag": True,
        "billCustomer": "Billable",
    }
    fresh.update({name: price for name, price in catalogue.items() if name not in paths})


def _removed(name: str) -> Any:
    if name in _DATES or name in _REFERENCES:
        return None
    if name == "customFields":
        return []
    return 0.0 if name in _NUMBERS else ("" if name in _TEXTS else False)


def checked(name: str, value: Any) -> Any:
    """The value of one writable field, or Invalid."""
    if name in _NUMBERS:
        return _number(name, value)
    if name in _TEXTS:
        if not isinstance(value, str) or len(value) > _TEXTS[name]:
            raise Invalid(name, "MaxLength", f"{name} must be a text of at most {_TEXTS[name]} characters.")
        return value
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise Invalid(name, "InvalidObject", f"{name} must be true or false.")
        return value
    if name in _REFERENCES:
        if value is not None and not (isinstance(value, dict) and isinstance(value.get("id"), int)):
            raise Invalid(name, "InvalidObject", f"{name} must be a reference with an id.")
        return value
    if name == "customFields":
        if not isinstance(value, list) or not all(isinstance(each, dict) and "id" in each for each in value):
            raise Invalid(name, "InvalidObject", "customFields must be the whole array, each with its id.")
        return value
    return _date(name, value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Invalid(name, "InvalidObject", f"{name} must be a number.")
    if not abs(value) <= _LARGEST:
        raise Invalid(name, "InvalidObject", f"{name} is out of range.")
    return float(value)


def _date(name: str, value: Any) -> str | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as wrong:
        raise Invalid(
            name, "InvalidObject", f"{name} must be a date such as 2026-03-17T00:00:00Z."
        ) from wrong
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _product(value: Any, site: str, state: State) -> Document:
    if not isinstance(value, dict):
        raise Invalid("product", "MissingRequiredField", "The product field is required.")
    for product in state.all("cw_product"):
        named = product["id"] == value.get("id") or product["identifier"] == value.get("identifier")
        if product["site"] == site and named:
            if product["product_class"] == "Bundle" or product["inactive"]:
                raise Invalid("product", "InvalidObject", f"{product['identifier']} cannot be an addition.")
            return product
    raise Invalid("product", "InvalidReference", "The product does not exist.")
