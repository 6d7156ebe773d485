"""What can be written: a new contract service, and a signed adjustment, which can be neither listed nor undone."""

from datetime import date
from typing import Any

from sandbox.standins.protocol import Answer
from sandbox.standins.state import Document, State, stamp
from sandbox.standins.texts import Texts, stored_text
from sandbox.standins.vendors.autotask.refusals import Refused
from sandbox.standins.vendors.autotask.units import units_on

_ADJUSTMENT = frozenset(
    {"contractID", "contractServiceID", "serviceID", "unitChange", "effectiveDate", "allowRepeatService"}
)
_SERVICE = frozenset({"contractID", "serviceID", "internalDescription", "invoiceDescription", "unitPrice"})
_INTERNAL_DESCRIPTION, _INVOICE_DESCRIPTION = 100, 1000


def adjust(state: State, site: Document, contract: Document, body: Any) -> Answer:
    """POST an adjustment. Raises Refused."""
    asked = _fields(body, _ADJUSTMENT)
    change, day = asked.get("unitChange"), _day(asked.get("effectiveDate"))
    if not isinstance(change, int) or isinstance(change, bool):
        raise Refused("unitChange must be an integer.")
    number = str(asked.get("contractServiceID", ""))
    if number not in contract["services"]:
        # The real one makes the service when contractID and serviceID are sent; nobody should rely on that.
        raise Refused("No matching records found for contractServiceID.")
    if not contract["startDate"][:10] <= day.isoformat() <= contract["endDate"][:10]:
        raise Refused("effectiveDate must be between the start date and end date of the Contract.")
    adjustments = contract["services"][number]["adjustments"]
    if any(one["effectiveDate"] == day.isoformat() for one in adjustments):
        raise Refused("Attempt to insert duplicate data into contract_service_period.")
    before = units_on(contract["services"][number], date.fromisoformat(contract["endDate"][:10]))
    if site["habits"].get("forgets_to_apply"):
        return _item(state, site)

    def apply(document: Document) -> None:
        document["services"][number]["adjustments"].append(
            {"effectiveDate": day.isoformat(), "unitChange": change}
        )

    state.change("at_contract", f"{site['key']}/{contract['id']}", apply)
    _log(
        state,
        site,
        {"contract": contract["id"], "service": int(number), "before": before, "after": before + change},
    )
    return _item(state, site)


def add_service(state: State, site: Document, contract: Document, body: Any) -> Answer:
    """POST a contract service, which has no units until they are adjusted. Raises Refused."""
    asked = _fields(body, _SERVICE)
    service = state.find("at_service", f"{site['key']}/{asked.get('serviceID')}")
    if service is None or not service["isActive"]:
        raise Refused("serviceID: No matching records found.")
    if len(str(asked.get("internalDescription") or "")) > _INTERNAL_DESCRIPTION:
        raise Refused("internalDescription is too long.")
    number = state.get("at_site", site["key"])["next_service"]
    price = asked.get("unitPrice", service["unitPrice"])
    kept = site["habits"].get("keeps_description", True)
    made: Document = {
        "id": number,
        "serviceID": service["id"],
        "unitPrice": price,
        "adjustedPrice": price,
        "invoiceDescription": asked.get("invoiceDescription") or "",
        "internalDescription": (asked.get("internalDescription") or "") if kept else "",
        "begins": 0,
        "adjustments": [],
    }
    state.change("at_site", site["key"], lambda document: document.update(next_service=number + 1))
    state.change(
        "at_contract",
        f"{site['key']}/{contract['id']}",
        lambda document: document["services"].update({str(number): made}),
    )
    _log(state, site, {"contract": contract["id"], "service": number, "before": None, "after": 0})
    return Answer(200, {"itemId": number})


def change_service(state: State, site: Document, contract: Document, body: Any) -> Answer:
    """PATCH a contract service: only its price and its text on the invoice can be changed. Raises Refused."""
    asked = _fields(body, frozenset({"id", "adjustedPrice", "invoiceDescription"}))
    if len(str(asked.get("invoiceDescription") or "")) > _INVOICE_DESCRIPTION:
        raise Refused("invoiceDescription is too long.")
    if "invoiceDescription" in asked:
        asked["invoiceDescription"] = stored_text(
            site["habits"].get("texts", Texts.KEPT), asked["invoiceDescription"]
        )
    number = str(asked.pop("id", ""))
    if number not in contract["services"]:
        raise Refused("No matching records found.")
    state.change(
        "at_contract",
        f"{site['key']}/{contract['id']}",
        lambda document: document["services"][number].update(asked),
    )
    return Answer(200, {"itemId": int(number)})


def _fields(body: Any, known: frozenset[str]) -> Document:
    if not isinstance(body, dict):
        raise Refused("The body must be an object.")
    names = {name.lower(): name for name in known}
    if unknown := [name for name in body if name.lower() not in names]:
        raise Refused(f"The stand-in does not know {', '.join(sorted(unknown))}.")
    return {names[name.lower()]: value for name, value in body.items()}


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        raise Refused("effectiveDate is required.") from None


def _item(state: State, site: Document) -> Answer:
    number = state.get("at_site", site["key"])["next_item"]
    state.change("at_site", site["key"], lambda document: document.update(next_item=number + 1))
    return Answer(200, {"itemId": number})


def _log(state: State, site: Document, written: Document) -> None:
    """Remember what was applied, for those who check that it was applied once."""
    count = len(state.all("at_write")) + 1
    state.put("at_write", str(count), written | {"site": site["key"], "at": stamp(state.now())})
