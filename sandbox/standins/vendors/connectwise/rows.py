"""Rows of companies, agreements, agreement types and catalogue items."""

import re
from datetime import timedelta

from sandbox.standins.state import Document, State, stamp


def company_row(company: Document) -> Document:
    return {
        "id": company["id"],
        "identifier": company["identifier"],
        "name": company["name"],
        "website": company["website"],
        "status": {"id": 1, "name": "Active"},
        "deletedFlag": company["deleted"],
        "types": [{"id": 1, "name": "Client"}],
        "integratorTags": [],
        "_info": {"lastUpdated": "2026-01-02T00:00:00Z", "updatedBy": "import"},
    }


def type_rows(site: Document) -> list[Document]:
    return [
        {
            "id": number,
            "name": name,
            "inactiveFlag": False,
            "prorateFlag": False,
            "billingCycle": {"id": 2, "name": "Monthly"},
            "employeeCompRate": "Actual",
            "employeeCompNotExceed": "Billing",
            "invoicingCycle": "CalendarYear",
            "billTime": "Billable",
            "billExpenses": "Billable",
            "billProducts": "Billable",
            "_info": {"lastUpdated": "2026-01-02T00:00:00Z", "updatedBy": "import"},
        }
        for number, name in enumerate(site["agreement_types"], start=1)
    ]


def agreement_row(agreement: Document, site: Document, state: State) -> Document:
    company = state.get("cw_company", f"{agreement['site']}/{agreement['company_id']}")
    types = site["agreement_types"]
    row: Document = {
        "id": agreement["id"],
        "name": agreement["name"],
        "type": {"id": types.index(agreement["type_name"]) + 1, "name": agreement["type_name"]},
        "company": {"id": company["id"], "identifier": company["identifier"], "name": company["name"]},
        "contact": {"id": 4000 + company["id"], "name": "Accounts payable"},
        "startDate": agreement["start"],
        "noEndingDateFlag": True,
        "cancelledFlag": agreement["cancelled"],
        "agreementStatus": "Cancelled" if agreement["cancelled"] else "Active",
        "billingCycle": _cycle(agreement["billing_cycle"]),
        "invoicingCycle": "CalendarYear",
        "periodType": "Current",
        "nextInvoiceDate": _next_month(state),
        "billStartDate": agreement["start"],
        "prorateFlag": agreement["prorate"],
        "invoiceProratedAdditionsFlag": False,
        "autoInvoiceFlag": True,
        "currency": {"id": 7, "currencyCode": "USD", "symbol": "$", "name": "US Dollars"},
        "_info": {
            "lastUpdated": agreement["updated"],
            "updatedBy": "import",
            "additions_href": f"https://{site['site']}/v4_6_release/apis/3.0/finance/agreements/{agreement['id']}/additions",
        },
    }
    for path, value in agreement.get("odd", {}).items():
        outer, _, inner = path.partition("/")
        row[outer] = row.get(outer, {}) | {inner: value} if inner else value
    return row


def _cycle(name: str) -> Document:
    return {"id": {"Monthly": 2, "Annual": 5}.get(name, 1), "name": name}


def _next_month(state: State) -> str:
    first = state.now().replace(day=1)
    return stamp((first + timedelta(days=32)).replace(day=1))[:10] + "T00:00:00Z"


def product_row(product: Document) -> Document:
    return {
        "id": product["id"],
        "identifier": product["identifier"],
        "description": product["description"],
        "customerDescription": product["description"],
        "inactiveFlag": product["inactive"],
        "subcategory": {"id": 1, "name": "Cloud subscriptions"},
        "type": {"id": 1, "name": "Agreement"},
        "productClass": product["product_class"],
        "unitOfMeasure": {"id": 1, "name": "Each"},
        "price": product["price"],
        "cost": product["cost"],
        "taxableFlag": True,
        "vendorSku": product["sku_id"] or "",
        "manufacturerPartNumber": "",
        "integrationXRef": "",
        "recurringFlag": True,
        "recurringBillCycle": _cycle(product.get("bill_cycle", "Monthly")),
        "recurringCycleType": "CalendarYear",
        "recurringRevenue": product["price"],
        "recurringCost": product["cost"],
        "_info": {"lastUpdated": "2026-01-02T00:00:00Z", "updatedBy": "import"},
    }


def _names(text: str) -> dict[str, str]:
    """Fields by their lower-case name; `company(id name)` stands for the reference and its own fields."""
    paths: list[str] = []
    for found in re.finditer(r"(\w+)(?:\(([^)]*)\))?", text):
        paths += [found[1], *(f"{found[1]}/{inner}" for inner in (found[2] or "").split())]
    return {path.lower(): path for path in paths}


_INFO = "_info(lastUpdated updatedBy)"
FIELDS = {
    "companies": _names(
        f"id identifier name website status(id name) deletedFlag types integratorTags customFields {_INFO}"
    ),
    "types": _names(
        "id name inactiveFlag prorateFlag billingCycle(id name) employeeCompRate employeeCompNotExceed invoicingCycle "
        f"billTime billExpenses billProducts {_INFO}"
    ),
    "agreements": _names(
        "id name type(id name) company(id identifier name) contact(id name) startDate endDate noEndingDateFlag "
        "cancelledFlag dateCancelled agreementStatus parentAgreement(id name) billingCycle(id name) invoicingCycle "
        "periodType nextInvoiceDate billStartDate prorateFlag invoiceProratedAdditionsFlag autoInvoiceFlag "
        f"currency(id currencyCode symbol name) customFields {_INFO}"
    ),
    "catalog": _names(
        "id identifier description customerDescription inactiveFlag subcategory(id name) type(id name) productClass "
        "unitOfMeasure(id name) price cost taxableFlag vendorSku manufacturerPartNumber integrationXRef recurringFlag "
        f"recurringRevenue recurringCost recurringBillCycle(id name) recurringCycleType customFields {_INFO}"
    ),
    "boards": _names(f"id name inactiveFlag {_INFO}"),
    "statuses": _names(f"id name closedStatus inactive board(id name) {_INFO}"),
    "priorities": _names(f"id name color sortOrder {_INFO}"),
    "tickets": _names(
        "id summary board(id name) status(id name) company(id identifier name) priority(id name) closedFlag "
        f"externalXRef dateEntered {_INFO}"
    ),
    "additions": _names(
        "id product(id identifier) quantity lessIncluded unitPrice unitCost billCustomer effectiveDate cancelledDate "
        "taxableFlag serialNumber invoiceDescription purchaseItemFlag specialOrderFlag agreementId description "
        "billedQuantity uom extPrice extCost sequenceNumber margin prorateCost proratePrice extendedProrateCost "
        "extendedProratePrice prorateCurrentPeriodFlag opportunity(id name) agreementStatus invoiceGrouping(id name) "
        f"customFields {_INFO}"
    ),
}
"""Of each list, the fields that can be named. The stand-in keeps fewer than there are; others are refused."""
CHILDREN = {"companies": _names("types(id name)")}
CUSTOM_FIELDS = {name: f"customFields/{name}" for name in ("id", "caption", "type", "value")}
"""As `customFieldConditions` name them: without the list."""
