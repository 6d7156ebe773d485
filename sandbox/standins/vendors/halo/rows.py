"""Rows of clients and items."""

from sandbox.standins.state import Document


def client_row(client: Document) -> Document:
    return {
        "id": client["id"],
        "name": client["name"],
        "website": client["website"],
        "inactive": client["inactive"],
        "toplevel_name": "Customers",
        "ref": "",
    }


def item_row(item: Document) -> Document:
    return {
        "id": item["id"],
        "name": item["name"],
        "internalreference": item["code"],
        "externalreference": "",
        "baseprice": item["price"],
        "costprice": item["cost"],
        "recurringprice": item["price"],
        "recurringcost": item["cost"],
        "isrecurringitem": True,
        "dontinvoice": False,
    }
