"""Rows of companies, agreements, agreement types and catalogue items."""

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
            "_info": {"lastUpdated": "2026-01-02T00:00:00Z", "updatedBy": "import"},
        }
        for number, name in enumerate(site["agreement_types"], start=1)
    ]


def agreement_row(agreement: Document, site: Document, state: State) -> Document:
    company = state.get("cw_company", f"{agreement['site']}/{agreement['company_id']}")
    types = site["agreement_types"]
    cycle = agreement["billing_cycle"]
    return {
        "id": agreement["id"],
        "name": agreement["name"],
        "type": {"id": types.index(agreement["type_name"]) + 1, "name": agreement["type_name"]},
        "company": {"id": company["id"], "identifier": company["identifier"], "name": company["name"]},
        "startDate": agreement["start"],
        "noEndingDateFlag": True,
        "cancelledFlag": agreement["cancelled"],
        "agreementStatus": "Cancelled" if agreement["cancelled"] else "Active",
        "billingCycle": {"id": {"Monthly": 2, "Annual": 5}.get(cycle, 1), "name": cycle},
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
        "recurringRevenue": product["price"],
        "recurringCost": product["cost"],
        "_info": {"lastUpdated": "2026-01-02T00:00:00Z", "updatedBy": "import"},
    }
